"""docs/kpis.md is whole: every KPI has a metric, a page, an API field and a test that proves it."""

from __future__ import annotations

import pytest

from aggregators.board import board
from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.groups import GROUPS
from aggregators.kpis.samples import AT_MOST, SAMPLES, sample
from aggregators.kpis.values import KpiValues
from aggregators.policy import Rules
from exporters.board_pages import BOARD_PAGES, page_of, pages_json
from exporters.headline import empty_row
from exporters.http.board_json import board_json, kpi_json
from exporters.prometheus.catalogue import catalogue
from vigie import kpi_docs
from vigie.proofs import marks, read_proofs

KPIS = list(CATALOGUE.values())
PROOFS = read_proofs()


def named(kpi: Kpi) -> str:
    return kpi.id


@pytest.mark.parametrize("kpi", KPIS, ids=named)
def test_every_kpi_has_a_metric(kpi: Kpi) -> None:
    """Its name, or that of the centre's where it has none by queue, is in the metric catalogue."""
    names = {metric.name for metric in catalogue()}
    shown = [name.replace("*", "centre") for name in kpi_docs.metric_names(kpi)]
    assert set(shown) & names


@pytest.mark.parametrize("kpi", KPIS, ids=named)
def test_every_kpi_has_a_place_on_the_wallboard(kpi: Kpi) -> None:
    """On exactly one page, among the figures that the page asks for."""
    assert page_of(kpi) is not None
    pages = [page["id"] for page in pages_json() if kpi.id in page["kpis"]]
    assert len(pages) == 1


def test_every_kpi_is_a_field_of_the_api() -> None:
    """In the row of everything together, also of a centre in which nothing happened yet."""
    empty = board([], 0, Rules(), ["1h"])
    total = board_json(empty, mode="live", min_sample=20)["windows"]["1h"]["total"]
    assert set(total) == set(CATALOGUE)
    for kpi_id in CATALOGUE:
        assert kpi_json(empty, kpi_id)["windows"]["1h"]["total"] == total[kpi_id]


@pytest.mark.parametrize("kpi", KPIS, ids=named)
def test_every_kpi_is_proved_by_a_test(kpi: Kpi) -> None:
    """Mark the test with @pytest.mark.proves("the_kpi_id")."""
    assert PROOFS.kpis.get(kpi.id)


def test_no_test_proves_a_kpi_that_there_is_not() -> None:
    """A renamed KPI is renamed in the marks of its tests."""
    assert set(PROOFS.kpis) <= set(CATALOGUE)


@pytest.mark.parametrize("number", range(1, 41))
def test_every_worked_example_is_a_test(number: int) -> None:
    """Mark the test with @pytest.mark.example(number)."""
    assert PROOFS.examples.get(number)


def test_there_are_forty_worked_examples() -> None:
    """No test claims another one, and the page lists as many."""
    assert set(PROOFS.examples) <= set(range(1, 41))
    assert kpi_docs.EXAMPLES == 40


def test_marks_are_read_from_the_text_of_a_test() -> None:
    """Marks of functions that are no tests, and other marks, are no proofs."""
    source = (
        "@pytest.mark.proves('a', 'b')\n@pytest.mark.example(3)\n"
        "@pytest.mark.parametrize('x', [1])\ndef test_it(x): ...\n"
        "@pytest.mark.proves('c')\ndef helper(): ...\n"
        "@pytest.mark.proves('d')\nasync def test_other(): ...\n"
    )
    assert list(marks(source)) == [
        ("test_it", "proves", ["a", "b"]),
        ("test_it", "example", [3]),
        ("test_it", "parametrize", ["x"]),
        ("test_other", "proves", ["d"]),
    ]


def test_every_group_of_kpis_is_on_one_page_and_has_a_heading() -> None:
    """A new group without a page would be nowhere on the wall."""
    groups = [group for page in BOARD_PAGES for group in page.groups]
    assert len(set(groups)) == len(groups)
    for group in GROUPS:
        assert group.name in groups
        assert group.name in kpi_docs.HEADINGS


def test_every_lead_of_a_page_is_one_of_its_kpis() -> None:
    """With a value for each of its labels."""
    for page in pages_json():
        for path in page["leads"]:
            kpi = CATALOGUE[path.partition(".")[0]]
            assert kpi.id in page["kpis"]
            assert len(path.split(".")) - 1 == len(kpi.labels), path


def test_every_n_is_a_count_of_the_same_row() -> None:
    """Of a KPI that is a ratio, a mean or a score; no KPI has both an n and a bound of it."""
    assert set(SAMPLES) & set(AT_MOST) == set()
    for kpi_id, path in {**SAMPLES, **AT_MOST}.items():
        assert CATALOGUE[kpi_id].unit != "count", kpi_id
        assert CATALOGUE[path.partition(".")[0]].unit == "count"
        assert sample(kpi_id, empty_row()) == 0, path


def test_an_n_is_read_by_its_path_or_summed_over_its_labels() -> None:
    """Answers of one kind of survey; all sendings together; nothing where nothing is known."""
    row: KpiValues = {
        "survey_answers": {"csat": 3, "nps": 4},
        "surveys_sent": {"csat": 5, "nps": 6},
    }
    assert sample("csat", row) == 3
    assert sample("survey_response_rate", row) == 11
    assert sample("ces", row) is None
    assert sample("contacts_waiting", row) is None


def test_every_ratio_says_how_many_are_behind_it() -> None:
    """What says nothing is named here, with the reason; agents' shares are of time."""
    assert {
        kpi.id
        for kpi in KPIS
        if kpi.unit == "ratio" and kpi.id not in {**SAMPLES, **AT_MOST} and kpi.group != "agents"
    } == NO_SAMPLE


NO_SAMPLE = {
    "agent_answer_rate",  # closed agent offers are no KPI
    "callback_success_rate",  # neither are callbacks done
    "contact_rate",  # a share of all customers
    "escalation_rate",  # handled legs and solved tickets together
    "first_response_within_rate",  # decided conversations differ by limit
    "promise_kept_rate",  # tickets with a promise, by promise
    "retention_rate",  # a share of all customers
    "staff_turnover_rate",  # a share of the staff
}


def test_the_page_is_current() -> None:
    """docs/kpis.md is what the catalogue and the marks say; else run python -m vigie.kpi_docs."""
    assert kpi_docs.TARGET.read_text(encoding="utf-8") == kpi_docs.page()
    assert kpi_docs.main(["--check"]) == 0


def test_the_page_has_a_row_for_every_kpi_with_both_names() -> None:
    """One row each, with the formula and the metric."""
    page = kpi_docs.page()
    for kpi in KPIS:
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{kpi.id}`")]
        cells = [cell.strip() for cell in row.strip("|").replace("\\|", "/").split("|")]
        assert cells[1:3] == [kpi.english, kpi.french]
        assert cells[5] == kpi.formula.replace("|", "/")
        assert all(cells)
