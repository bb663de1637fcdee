"""The metric catalogue keeps the rules of Prometheus, and the documents keep to it."""

from __future__ import annotations

import re
from collections import Counter

from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.groups import GROUPS
from exporters.prometheus import docs
from exporters.prometheus.catalogue import SHARED, catalogue, kpi_metrics, twin_metrics

METRICS = catalogue()
OTHERS = [
    twin
    for twin in (*kpi_metrics(CATALOGUE), *twin_metrics(kpi_metrics(CATALOGUE)))
    if twin not in METRICS
]

TARGET_LABELS = set(
    re.findall(
        r"\w+", "type region zone cluster owner customer stage service environment env job instance"
    )
)
RESERVED_SUFFIXES = ("_sum", "_count", "_bucket", "_created", "_gsum", "_gcount")


def family(name: str) -> str:
    """The name of the OpenMetrics family: without the suffix of its type."""
    return name.removesuffix("_total").removesuffix("_info")


def test_no_two_metrics_are_one_openmetrics_family() -> None:
    """A gauge x beside a counter x_total is legal text but a clash in OpenMetrics."""
    families = Counter(family(metric.name) for metric in (*METRICS, *OTHERS))
    assert [name for name, n in families.items() if n > 1] == []


def test_names_follow_the_conventions() -> None:
    """One prefix, snake case, base units, _total on counters alone, reserved ends on none."""
    for metric in (*METRICS, *OTHERS):
        assert re.fullmatch(r"vigie_[a-z][a-z0-9]*(_[a-z0-9]+)*", metric.name), metric.name
        assert metric.name.endswith("_total") == (metric.type == "counter"), metric.name
        assert not metric.name.endswith(RESERVED_SUFFIXES), metric.name
        if metric.unit in ("seconds", "ratio", "bytes"):
            assert metric.name.endswith(f"_{metric.unit}"), metric.name


def test_labels_are_neither_reserved_nor_those_of_targets() -> None:
    """le, quantile and the usual target labels would be overwritten or refused."""
    for metric in (*METRICS, *OTHERS):
        assert not {"le", "quantile", *TARGET_LABELS} & set(metric.labels), metric.name
        assert len(set(metric.labels)) == len(metric.labels), metric.name


def test_every_metric_explains_itself() -> None:
    """HELP says what it is, ratios say not to average them, pipeline series say what to do."""
    for metric in (*METRICS, *OTHERS):
        assert metric.help.endswith("."), metric.name
        if metric.unit == "ratio":
            assert "o not average" in metric.help, metric.name
        if metric.group in ("pipeline", "view"):
            assert metric.remedy.endswith("."), metric.name


def test_windows_belong_to_figures_of_a_window() -> None:
    """Kind R carries the label window, kind N does not."""
    for metric in METRICS:
        if metric.kpi in CATALOGUE and metric.name != "vigie_service_level_instant_ratio":
            assert ("window" in metric.labels) == (CATALOGUE[metric.kpi].kind == "R"), metric.name


def test_every_kpi_has_a_metric() -> None:
    """A KPI has a metric of its own or shares one that exists."""
    names = {metric.name for metric in METRICS}
    own = {metric.kpi for metric in METRICS}
    for kpi_id in CATALOGUE:
        assert kpi_id in own or f"vigie_{SHARED[kpi_id].metric}" in names, kpi_id


def test_a_group_without_pairs_is_listed_under_the_centre() -> None:
    """Its metric by pair never has a sample, so no page names it."""
    for group in GROUPS:
        names = {metric.name for metric in METRICS if metric.group == group.name}
        assert names
        is_centre = {name.startswith("vigie_centre_") for name in names}
        assert is_centre == {not group.by_pair}, group.name


def test_the_page_about_metrics_is_current() -> None:
    """docs/metrics.md is what the catalogue says; else run python -m exporters.prometheus.docs."""
    assert docs.TARGET.read_text(encoding="utf-8") == docs.page()
    assert docs.main(["--check"]) == 0


def test_the_page_names_every_metric() -> None:
    """No metric is exposed that the page does not explain."""
    page = docs.page()
    for metric in METRICS:
        assert f"| `{metric.name}` |" in page, metric.name
