"""What the pages tell the reader to type works, and says what the pages say it says."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

from aggregators.customer_events import CustomerContact
from exporters.prometheus.catalogue import catalogue
from tests.bench.kafka import Kafka
from tests.bench.process import require_program
from tests.bench.receiver import receiving
from tests.docs.commands import Session, compare, contains
from tests.docs.pages import ROOT, Block, blocks, pages
from vigie.cli import run

ALL = [block for page in pages() for block in blocks(page)]
QUEUE_LOG = next(b.text for b in ALL if (b.note, b.about) == ("file", "queue_log"))
RUN = frozenset({"sh", "console"})
SECRETS = {".url": "json://127.0.0.1:9", ".key": "whsec_" + "dmlnaWUtcGFnZXMtb25seS1zZWNyZXQtMzI="}
"""What the files hold that settings of the pages name."""
KNOWN = RUN | {"yaml", "promql", "python", "json", "text", "ini"}


@pytest.fixture
def session(tmp_path: Path, kafka: Kafka, topic_prefix: str) -> Iterator[Session]:
    """A terminal in an empty folder, with a real broker."""
    folder = tmp_path / topic_prefix.rstrip("-")
    folder.mkdir()
    one = Session(folder, kafka.bootstrap_servers)
    yield one
    one.close()


def test_every_block_is_of_a_kind_that_is_checked() -> None:
    """No fenced block stands in the pages that nobody tries."""
    assert [block.where for block in ALL if block.language not in KNOWN] == []
    unread = [b for b in ALL if b.language in {"json", "text"} and not b.note]
    assert [block.where for block in unread] == []


def test_the_guide_can_be_followed(session: Session) -> None:
    """All commands of the guide, in order, with its own files."""
    for block in blocks("docs/guide.md"):
        if block.note == "file":
            (session.folder / block.about).write_text(block.text)
        elif block.note == "part of":
            whole = json.loads((session.folder / block.about).read_text())
            assert contains(whole, json.loads(block.text)), block.where
        elif block.note == "answer of":
            assert session.answer(block.about) == json.loads(block.text), block.where
        elif block.language == "sh":
            if any(line.startswith("curl ") for line in block.text.splitlines()):
                session.serve("vigie run")  # its queues are those that the page asks for
            session.commands(block)
        elif block.language == "console":
            session.console(block)


def test_the_commands_of_the_readme_work(session: Session) -> None:
    """Everything but `make`, with the queue_log of the guide."""
    (session.folder / "queue_log").write_text(QUEUE_LOG)
    for block in blocks("README.md"):
        if block.language == "sh":
            session.commands(block)


def test_the_topic_of_customers_is_read_as_the_page_says(
    session: Session, kafka: Kafka, topic_prefix: str
) -> None:
    """kcat shows a key and the record that vigie writes for a customer's contact."""
    topic = f"{topic_prefix}customers"
    kafka.create_topics(topic)
    told = CustomerContact(
        v=1, event_id="contact/calls/C1", source="vigie", event_time_ms=1_717_397_660_000,
        customer_key="k9f2", contact_id="C1", channel="voice", opened_ms=1_717_397_600_000,
    )  # fmt: skip
    kafka.produce(topic, [(b"k9f2", msgspec.json.encode(told))])
    (block,) = [b for b in blocks("docs/customers.md") if b.language == "console"]
    session.console(msgspec.structs.replace(
        block, text=block.text.replace("-t customers", f"-t {topic}")
    ))  # fmt: skip


def test_a_phone_rings_after_what_the_page_of_alerts_says(session: Session) -> None:
    """Its commands with its settings, and a receiver on this machine instead of the phone."""
    with receiving() as phone:
        for block in blocks("docs/alerts.md"):
            if block.note == "file":
                (session.folder / block.about).write_text(
                    block.text.replace("alerts:", "alerts:\n  hosts: [127.0.0.1]")
                )
            elif block.language == "sh":
                url = phone.url.replace("http:", "json:")
                text = block.text.replace("ntfys://ntfy.sh/vigie-8f3kq0", url)
                session.commands(msgspec.structs.replace(block, text=text))
        (request,) = phone.requests
        assert request.json()["title"] == "vigie reaches you: this is only a test"


def test_the_readme_shows_what_make_run_says(session: Session) -> None:
    """Its last lines are those of the demo, the first ones those of the Makefile."""
    shown = next(b for b in blocks("README.md") if "make run" in b.text).text.splitlines()
    planned = subprocess.run(
        ["make", "--dry-run", "run", f"VENV={session.folder / 'new'}"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert shown[0] == "$ make run"
    assert shown[1].startswith("Making the environment .venv with Python 3.")
    assert 'echo "Making the environment' in planned
    assert shown[2] == "Installing requirements/run.txt into .venv ..."
    assert f'"Installing requirements/run.txt into {session.folder / "new"} ..."' in planned
    assert f"{session.folder / 'new'}/bin/vigie run" in planned
    said = session.serve("vigie run")
    compare(session.ours("\n".join(shown[3:])), said, "README.md")


def test_the_readme_names_what_make_test_does() -> None:
    """The lines shown are those that the Makefile prints."""
    shown = next(b for b in blocks("README.md") if "make test" in b.text).text
    makefile = (ROOT / "Makefile").read_text()
    assert "Installing requirements/test.txt into .venv ..." in shown
    assert "$(call install,requirements/test.txt)" in makefile
    assert "Fetching Apache Kafka into tests/kafka/libs ..." in shown
    assert 'echo "Fetching Apache Kafka into $(KAFKA_LIBS) ..."' in makefile


def _of(language: str) -> list[Block]:
    return [block for block in ALL if block.language == language]


@pytest.mark.parametrize("block", _of("yaml"), ids=lambda block: block.where)
def test_yaml_of_the_pages_is_valid(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `vigie settings check`, `vigie alerts check`, promtool or amtool, whatever it is."""
    path = tmp_path / "page.yaml"
    text = block.text.replace("/run/secrets/", "")
    path.write_text(text)
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"\b\w*(?:url|secret|token)_file: ([\w.]+)", text):
        (tmp_path / name).write_text(SECRETS.get(Path(name).suffix, "a secret of the page"))
    if "scrape_configs" in yaml.safe_load(block.text):
        promtool = require_program("promtool", "prometheus")
        checked = subprocess.run(
            [promtool, "check", "config", "--syntax-only", path], capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
    elif "receivers" in yaml.safe_load(block.text):
        amtool = require_program("amtool", "prometheus-alertmanager")
        checked = subprocess.run([amtool, "check-config", path], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    elif "rules" in yaml.safe_load(block.text):
        assert run(["alerts", "check", str(path)]) == 0
    else:
        assert run(["settings", "check", str(path)]) == 0


@pytest.mark.parametrize("block", _of("ini"), ids=lambda block: block.where)
def test_ini_of_the_pages_has_sections_and_lines_of_name_and_value(block: Block) -> None:
    """As other programs read them; what they make of it is not tried here."""
    read = configparser.ConfigParser(strict=True)
    read.read_string(block.text)
    assert read.sections()


@pytest.mark.parametrize("block", _of("promql"), ids=lambda block: block.where)
def test_promql_of_the_pages_is_valid(block: Block, tmp_path: Path) -> None:
    """promtool reads each expression, and its labels are those of the metric."""
    lines = block.text.strip().splitlines()
    rules = [{"record": f"page:line:n{n}", "expr": line} for n, line in enumerate(lines)]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "page", "rules": rules}]}))
    promtool = require_program("promtool", "prometheus")
    checked = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    labels = {metric.name: {*metric.labels} for metric in catalogue()}
    for line in lines:
        for name, chosen in re.findall(r"(?<![:\w])(vigie_\w+)(?:\{(.*?)\})?", line):
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            assert (
                set(re.findall(r"(\w+)=", chosen)) <= labels[name if name in labels else family]
            ), line


@pytest.mark.parametrize("block", _of("python"), ids=lambda block: block.where)
def test_python_of_the_pages_runs(block: Block) -> None:
    """As it stands, with nothing before it."""
    exec(compile(block.text, block.where, "exec"), {})
