"""What is in the catalogues is on the boards, and what is on the boards is in the catalogues."""

from __future__ import annotations

from functools import cache

import pytest

from aggregators.kpis.catalogue import CATALOGUE
from exporters.grafana.french_formulas import FRENCH_FORMULAS
from exporters.grafana.queries import source
from exporters.prometheus.catalogue import catalogue, kpi_metrics, twin_metrics
from exporters.prometheus.metric import Metric
from tests.grafana.board_parts import (
    LANGUAGES,
    boards,
    grouped,
    legend_labels,
    made_labels,
    panels,
    queries,
    selectors,
    variables,
    written_selectors,
)

PROMETHEUS_OWN = {
    "ALERTS": {"alertname", "alertstate", "severity", "queue", "channel"},
    "ALERTS_FOR_STATE": {"alertname", "severity", "queue", "channel"},
}
SCRAPED = {"job", "instance"}


@cache
def known_metrics() -> dict[str, Metric]:
    """Every metric of the catalogue by name, those of other rows too."""
    listed = (*catalogue(), *kpi_metrics(CATALOGUE))
    return {metric.name: metric for metric in (*listed, *twin_metrics(listed))}


def labels_of(name: str) -> set[str] | None:
    """The labels that the series of this name have, None if there are no such series."""
    if name in PROMETHEUS_OWN:
        return PROMETHEUS_OWN[name]
    for suffix in ("", "_bucket", "_sum", "_count"):
        metric = known_metrics().get(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if metric is not None and (not suffix or metric.type == "histogram"):
            return {*metric.labels, *SCRAPED, *(("le",) if suffix == "_bucket" else ())}
    return None


def shown_names(language: str) -> set[str]:
    """The metrics that the panels of a language name."""
    return {
        name
        for path in boards()
        if path.startswith(language)
        for query in queries(path)
        if query.kind != "mark"
        for name, _ in selectors(query.expr)
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kpi_id", CATALOGUE)
def test_every_kpi_has_its_panel(language: str, kpi_id: str) -> None:
    """Titled with its name, described with its formula, with its own series and unit."""
    kpi, of = CATALOGUE[kpi_id], source(kpi_id)
    name = kpi.english if language == "en" else kpi.french
    formula = kpi.formula if language == "en" else FRENCH_FORMULAS[kpi_id]
    found = [
        panel
        for path, board in boards().items()
        if path.startswith(language)
        for panel in panels(board)
        if f"`{kpi_id}`, " in panel["description"] and panel["title"].lower() == name.lower()
    ]
    assert found, kpi_id
    unit = {"count": "short", "ratio": "percentunit", "seconds": "dthms", "number": "none",
            "money": "locale"}[kpi.unit]  # fmt: skip
    for panel in found:
        assert formula[1:] in panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"] == unit
        kinds = {of.metric.name, of.name, *(twin.name for twin in twin_metrics([of.metric]))}
        exprs = [target["expr"] for target in panel["targets"]]
        mine = [e for e in exprs if {name for name, _ in selectors(e)} & kinds]
        assert mine, exprs
        for label, value in of.fixed:
            assert all(f'{label}="{value}"' in expr for expr in mine)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_metric_of_the_catalogue_is_on_a_board(language: str) -> None:
    """Itself, or its twin in other rows where it has no series by queue."""
    shown = shown_names(language)
    missing = []
    for metric in catalogue():
        names = {metric.name, *(twin.name for twin in twin_metrics([metric]))}
        if metric.type == "histogram":
            names = {f"{name}_bucket" for name in names}
        if not names & shown:
            missing.append(metric.name)
    assert missing == []


@pytest.mark.parametrize("path", boards())
def test_every_metric_and_label_of_a_query_is_in_the_catalogue(path: str) -> None:
    """Matchers, groupings and joins name labels that the series have."""
    for query in queries(path):
        known: set[str] = made_labels(query.expr)
        for name, matched in selectors(query.expr):
            labels = labels_of(name)
            assert labels is not None, (query.where, name)
            assert matched <= labels, (query.where, name)
            known |= labels
        assert grouped(query.expr) <= known, query.where
        assert legend_labels(query.legend) <= known, query.where


@pytest.mark.parametrize("path", boards())
def test_variables_ask_for_metrics_and_labels_of_the_catalogue(path: str) -> None:
    """By name, or by a pattern of names."""
    for variable in variables(path).values():
        if variable["type"] != "query":
            continue
        query = variable["query"]["query"]
        label = query.rpartition(", ")[2].removesuffix(")")
        for name, matched in selectors(query):
            labels = labels_of(name)
            assert labels is not None, (path, query)
            assert {label, *matched} <= labels, (path, query)


@pytest.mark.parametrize("path", boards())
def test_windows_and_variants_are_selected_one_at_a_time(path: str) -> None:
    """A sum over windows or over variants of a formula means nothing."""
    for query in queries(path):
        for name, part in written_selectors(query.expr):
            labels = labels_of(name) or set()
            if "window" in labels and name not in ("vigie_alert_acknowledge_mean_seconds",
                                                   "vigie_alert_resolve_mean_seconds"):  # fmt: skip
                assert 'window="' in part, query.where
            if "variant" in labels and "place" not in made_labels(query.expr):
                assert 'variant="' in part, query.where


@pytest.mark.parametrize("path", boards())
def test_no_ratio_mean_or_percentile_is_averaged(path: str) -> None:
    """`avg` stands before counts only; ratios, seconds and scores are never summed alone."""
    units = {metric.name: metric.unit for metric in known_metrics().values()}
    for query in queries(path):
        names = {name for name, _ in selectors(query.expr)}
        if "avg" in query.expr:
            assert {units[name] for name in names} == {"count"}, query.where
        if query.expr.startswith(("sum(vigie", "sum by")) and "_bucket" not in query.expr:
            first = next(selectors(query.expr))[0]
            weighted = "vigie_aht_seconds" in names and "vigie_contacts_handled" in names
            summed = {"vigie_window_wait_time_seconds"}
            assert units.get(first) == "count" or first in summed or weighted, query.where
