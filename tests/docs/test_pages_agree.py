"""The pages name only what exists: files, headings, tests, KPIs, metrics."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from aggregators.kpis.catalogue import CATALOGUE
from exporters.prometheus.catalogue import catalogue
from streams.reasons import Reason
from tests.docs.pages import MADE, ROOT, WRITTEN, anchors, code_words, links, pages, text_of
from vigie import formulas_docs

METRICS = {metric.name for metric in catalogue()}
WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
KPI_LIKE = re.compile(
    r"(contacts|agents|callbacks?|tickets?|service_level|agent|answer)_\w+|\w+_(rate|mean|seconds)"
)
NO_KPIS = {"agent_id", "agents_gone", "answered_only"}
"""Words of the pages that look like KPIs and are a field, an incident, a variant."""
PICTURES = ROOT / "docs" / "pictures"


def source_words() -> set[str]:
    """Every identifier of the code, the page's files and the example."""
    words: set[str] = set()
    for room in ("aggregators", "streams", "exporters", "vigie", "tests", "examples"):
        for path in (ROOT / room).rglob("*"):
            if path.suffix in {".py", ".js", ".yaml"}:
                words |= set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    return words


@pytest.mark.parametrize("page", pages())
def test_relative_links_lead_somewhere(page: str) -> None:
    """To a file of the repository and, with an anchor, to a heading of it."""
    broken = []
    for _, target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", pages())
def test_tests_named_in_the_pages_exist(page: str) -> None:
    """A law without its test would be a claim."""
    for text, target in links(page):
        if text.startswith("`test_"):
            path = ((ROOT / page).parent / target).resolve()
            assert f"def {text.strip('`')}(" in path.read_text(), text
    for name in re.findall(r"`(test_\w+)`", text_of(page)):
        assert any(f"def {name}(" in p.read_text() for p in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("page", [page for page in pages() if page not in MADE])
def test_metrics_named_in_the_pages_exist(page: str) -> None:
    """As in the metric catalogue, histograms also with their suffixes; recorded ones are apart."""
    named = set(re.findall(r"(?<![:\w])vigie_[a-z_]*[a-z]\b", text_of(page)))
    unknown = {
        name
        for name in named
        if name not in METRICS
        and f"{name}_total" not in METRICS  # the family, as OpenMetrics calls it
        and re.sub(r"_(bucket|sum|count)$", "", name) not in METRICS
    }
    assert unknown == set()


@pytest.mark.parametrize("page", [page for page in pages() if page not in MADE])
def test_kpis_named_in_the_pages_exist(page: str) -> None:
    """A word in code marks that looks like a KPI is one, or another word of the code."""
    known = {*CATALOGUE, *METRICS, *NO_KPIS}
    words = source_words()
    for word in code_words(page):
        if WORD.fullmatch(word) and word not in known:
            assert word in words, f"{word} is no word of the code"
            assert not KPI_LIKE.fullmatch(word), f"{word} looks like a KPI and is none"


def test_the_guide_lists_the_reasons_of_dead_letters() -> None:
    """All of them, in the order of the code."""
    guide = text_of("docs/guide.md")
    listed = re.findall(
        r"`(\w+)`", guide.split("The reasons are a closed list:")[1].split("\n\n")[0]
    )
    assert listed == [reason.value for reason in Reason]


def test_the_page_of_formulas_is_current() -> None:
    """docs/formulas.md is what the catalogue says; else run python -m vigie.formulas_docs."""
    assert formulas_docs.TARGET.read_text(encoding="utf-8") == formulas_docs.page()
    assert formulas_docs.main(["--check"]) == 0


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    """Each with its three parts."""
    folder = ROOT / "docs" / "decisions"
    records = sorted(folder.glob("[0-9]*.md"))
    assert [path.name[:4] for path in records] == [f"{n + 1:04}" for n in range(len(records))]
    listed = (folder / "README.md").read_text()
    for path in records:
        assert f"({path.name})" in listed
        text = path.read_text()
        assert text.startswith(f"# {path.name[:4]} ")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
            "Context", "Decision", "Consequences",
        ]  # fmt: skip


def test_the_readme_opens_with_picture_commands_and_promise() -> None:
    """Within its first thirty lines."""
    opening = "\n".join(text_of("README.md").splitlines()[:30])
    for wanted in ("docs/pictures/wallboard.png", "$ make run", "$ make test", "exactly once"):
        assert wanted in opening


@pytest.mark.parametrize("name", ["wallboard.png", "alerts.png"])
def test_the_pictures_are_small_pngs_of_a_whole_screen(name: str) -> None:
    """1920 x 1080, under 300 KB."""
    data = (PICTURES / name).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (1920, 1080)
    assert len(data) < 300_000


@pytest.mark.parametrize("page", [*WRITTEN, *(p for p in pages() if "decisions" in p)])
def test_lines_of_the_pages_are_not_wider_than_100(page: str) -> None:
    """Tables and outputs apart."""
    fenced = False
    for line in (ROOT / Path(page)).read_text(encoding="utf-8").splitlines():
        fenced ^= line.startswith("```")
        if not fenced and not line.startswith("|"):
            assert len(line) <= 100, line
