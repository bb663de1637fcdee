"""The panel of a metric that is no KPI: its shape follows from the metric's type and labels."""

from __future__ import annotations

from exporters.grafana import panels
from exporters.grafana.layout import Panel
from exporters.grafana.metric_titles import METRIC_TITLES
from exporters.grafana.panels import BAD, GOOD, PLAIN, target, values
from exporters.grafana.queries import select
from exporters.grafana.words import Words
from exporters.prometheus.metric import Metric

WORKER = 'job=~"$job",instance=~"$instance"'
"""Matchers of the chosen workers."""

FLAGS: dict[str, tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    "vigie_view_complete": (("▲ not complete", "▲ incomplète", BAD),
                            ("✔ complete", "✔ complète", GOOD)),
    "vigie_recovery_in_progress": (("✔ live", "✔ en direct", GOOD),
                                   ("● restores", "● se restaure", panels.WARN)),
    "vigie_redis_up": (("▲ away", "▲ absent", BAD), ("✔ up", "✔ présent", GOOD)),
    "vigie_leader": (("follows", "suit", PLAIN), ("✔ leads", "✔ mène", GOOD)),
    "vigie_web_config_last_reload_successful": (("▲ wrong file", "▲ fichier faux", BAD),
                                                ("✔ in force", "✔ en vigueur", GOOD)),
    "vigie_config_last_reload_successful": (("▲ wrong file", "▲ fichier faux", BAD),
                                            ("✔ in force", "✔ en vigueur", GOOD)),
}  # fmt: skip
"""Metrics that are 0 or 1: text and colour of each."""

_BY = ("reason", "report", "target", "label", "call", "window", "topic")
"""By which label a metric is told apart: the first of these that it has."""


def metric_panel(metric: Metric, words: Words, scope: str = WORKER) -> Panel:
    """Return the panel of a metric; ``scope`` are matchers of all its series."""
    title, about = words(*METRIC_TITLES[metric.name]), words.metric_about(metric)
    by = next((label for label in _BY if label in metric.labels), "instance" if scope else "")
    legend = f"{{{{{by}}}}}" if by else title
    selected = select(metric.name, scope)
    if metric.name in FLAGS:
        low, high = FLAGS[metric.name]
        shown = values({
            "0": (words(*low[:2]), low[2]), "1": (words(*high[:2]), high[2]),
        })  # fmt: skip
        one = [target("A", _by("max", by, selected), legend)]
        return panels.state_timeline(title, about, one, [shown])
    if metric.type == "info":
        return _facts(metric, title, about, selected, words)
    if metric.type == "histogram":
        rate = f"sum by (le) (rate({select(f'{metric.name}_bucket', scope)}[$__rate_interval]))"
        quantiles = [
            target(ref_id, f"histogram_quantile({q}, {rate})", f"q {q}")
            for ref_id, q in (("A", 0.5), ("B", 0.9), ("C", 0.99))
        ]
        return panels.timeseries(title, about, quantiles, "s", decimals=2)
    if metric.type == "counter":
        expr, unit = _by("sum", by, f"rate({selected}[$__rate_interval])"), "cps"
    elif metric.name.endswith("_expiry_timestamp_seconds"):
        expr, unit = f"{_by('min', by, selected)} - time()", "s"
    elif metric.name.endswith("_timestamp_seconds"):
        expr, unit = f"time() - {_by('min', by, selected)}", "s"
    elif metric.unit == "seconds":
        expr, unit = _by("max", by, selected), "s"
    elif metric.unit == "bytes":
        expr, unit = _by("max", by, selected), "bytes"
    elif "topic" in metric.labels or "target" in metric.labels:
        expr, unit = _by("sum", by, selected), "short"
    else:
        expr, unit = _by("max", by, selected), "short"
    return panels.timeseries(title, about, [target("A", expr, legend)], unit)


def _by(operation: str, label: str, expr: str) -> str:
    return f"{operation} by ({label}) ({expr})" if label else f"{operation}({expr})"


def _facts(metric: Metric, title: str, about: str, selected: str, words: Words) -> Panel:
    """Return a table of the labels of a metric that is always 1, a line for each worker."""
    by = ("instance", *metric.labels)
    shown = {"instance": "Worker", **dict(zip(metric.labels, ("vigie", "Python", "Faust"),
                                               strict=True))}  # fmt: skip
    tidy = panels.organize(by, shown, "Time", "Value")
    one = [target("A", f"max by ({', '.join(by)}) ({selected})", table=True)]
    return panels.table(title, about, one, "none", transformations=[tidy])
