"""The words of the boards: both languages whole, and saying the same."""

from __future__ import annotations

import re

import pytest

from aggregators.kpis.catalogue import CATALOGUE
from exporters.grafana.french_formulas import FRENCH_FORMULAS
from exporters.grafana.french_metrics import FRENCH_METRICS
from exporters.grafana.metric_titles import METRIC_TITLES
from exporters.grafana.words import Words
from exporters.prometheus.catalogue import catalogue
from exporters.prometheus.kpi_metrics import FIXED_KPI_METRICS
from tests.grafana.board_parts import boards, panels

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def numbers(text: str) -> list[str]:
    """The numbers in a text, sorted."""
    return sorted(_NUMBER.findall(text))


@pytest.mark.parametrize("kpi_id", CATALOGUE)
def test_the_french_formula_has_the_numbers_of_the_english_one(kpi_id: str) -> None:
    """A limit that changes in one changes in the other."""
    assert numbers(FRENCH_FORMULAS[kpi_id]) == numbers(CATALOGUE[kpi_id].formula)


def test_no_french_formula_is_left_of_a_kpi_that_went() -> None:
    """And none is missing."""
    assert FRENCH_FORMULAS.keys() == CATALOGUE.keys()


def test_every_metric_of_the_pipeline_and_the_alerts_has_its_words() -> None:
    """Title, meaning and remedy in both languages; metrics named in one are named in the other."""
    by_name = {metric.name: metric for metric in catalogue()}
    of_workers = {
        n for n, m in by_name.items() if m.group in ("pipeline", "reports", "view", "alerts")
    }
    assert METRIC_TITLES.keys() == of_workers
    counted = {metric.name for metric in FIXED_KPI_METRICS if metric.type != "gauge"}
    assert FRENCH_METRICS.keys() == of_workers | counted
    for name, (meaning, remedy) in FRENCH_METRICS.items():
        metric = by_name[name]
        assert bool(remedy) == bool(metric.remedy), name
        for english, french in ((metric.help, meaning), (metric.remedy, remedy)):
            named = set(re.findall(r"vigie_\w+", english))
            assert set(re.findall(r"vigie_\w+", french)) == named, name


def test_a_description_says_what_its_letters_stand_for() -> None:
    """An analyst finds the formula, which way is better, and the names in code and Prometheus."""
    kpi = CATALOGUE["answer_rate"]
    assert Words("en").about(kpi, "vigie_answer_rate_ratio") == (
        "A / O. A answered, O = A + B + F. Higher is better."
        " KPI `answer_rate`, metric `vigie_answer_rate_ratio`."
    )
    assert Words("fr").about(kpi, "vigie_answer_rate_ratio") == (
        "A / O. A décrochés, O = A + B + F. Plus c'est haut, mieux c'est."
        " Indicateur `answer_rate`, série `vigie_answer_rate_ratio`."
    )


@pytest.mark.parametrize("path", [path for path in boards() if path.startswith("fr/")])
def test_no_panel_of_a_french_board_speaks_english(path: str) -> None:
    """No title, description, legend or text for a value is that of the English board."""
    english = boards()[path.replace("fr/", "en/")]
    same = []
    for french, other in zip(panels(boards()[path]), panels(english), strict=True):
        assert french["description"] != other["description"], french["title"]
        if french["title"] == other["title"]:
            same.append(french["title"])
    international = {"CSAT", "NPS", "CES", "Net Promoter Score", "Verbatims", "Redis", "Versions",
                     "Workers", "Effort (CES)", "MTTA, 24 h", "MTTR, 24 h"}  # fmt: skip
    assert set(same) <= international
