"""Every metric that vigie exposes: name, type, unit, labels, HELP and what to do when it moves.

KPI metrics follow from the KPI catalogue by one rule (:func:`kpi_metric`), a few KPIs share a
family (:data:`SHARED`), everything else is listed in :mod:`.kpi_metrics` and
:mod:`.pipeline_metrics`. Boards, rules and ``docs/metrics.md`` are checked against
:func:`catalogue`, the one list of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.groups import FACETS, GROUPS
from aggregators.kpis.service_level import VARIANTS
from exporters.prometheus.alert_metrics import ALERT_METRICS
from exporters.prometheus.kpi_metrics import FIXED_KPI_METRICS, VIEW_METRICS
from exporters.prometheus.metric import Metric
from exporters.prometheus.pipeline_metrics import PIPELINE_METRICS
from exporters.prometheus.report_metrics import REPORT_METRICS
from exporters.prometheus.web_metrics import WEB_METRICS
from exporters.row_kinds import ROW_KINDS

PREFIX = "vigie_"

LABEL_NAMES = {"le": "within", "window": "horizon"}
"""KPI labels that are taken: ``le`` belongs to histograms only, ``window`` to the board."""

BEFORE_QUEUES = ("contact_volume", "ivr_abandon_rate")
"""KPIs of contacts that have no queue yet: by channel and centre like those of the groups."""

_GROUPS = {group.name: group for group in GROUPS}


class Place(Struct, frozen=True):
    """Where a KPI is shown when it shares a metric with others.

    ``labels`` are the fixed label values; those of the KPI itself come after them.
    """

    metric: str
    labels: tuple[str, ...] = ()


SHARED: dict[str, Place] = {
    "contacts_offered": Place("window_contacts", ("offered",)),
    "contacts_answered": Place("window_contacts", ("answered",)),
    "contacts_answered_in_target": Place("window_contacts", ("answered_in_target",)),
    "contacts_abandoned": Place("window_contacts", ("abandoned",)),
    "contacts_short_abandoned": Place("window_contacts", ("abandoned_short",)),
    "contacts_transferred": Place("window_contacts", ("transferred",)),
    "wait_sum_seconds": Place("window_wait_time_seconds"),
    "wait_quantile_seconds": Place("window_wait_percentile_seconds"),
    "agents_available": Place("agents", ("available",)),
    "agents_on_contact": Place("agents", ("on_contact",)),
    "agents_in_wrap_up": Place("agents", ("in_wrap_up",)),
    "agents_ringing": Place("agents", ("ringing",)),
    "agents_other": Place("agents", ("other",)),
    "agents_unresponsive": Place("agents", ("unresponsive",)),
}
"""KPIs without a metric of their own. A gauge named ``vigie_contacts_offered`` would be the same
OpenMetrics family as the counter ``vigie_contacts_offered_total``; agents get one metric by
state because their states exclude each other (logged in and staffed do not, so they stay apart).
"""

SUMMED: dict[str, Place] = {
    "contacts_flow_out": Place("window_contacts", ("flow_out",)),
    "agents_paused": Place("agents", ("paused",)),
}
"""KPIs whose sum over their label is shown too, beside their own metric."""

SPLIT: dict[tuple[str, str], Place] = {
    ("service_level", "instant"): Place("service_level_instant_ratio"),
}
"""Variants that belong to no window and so to a metric of their own (KPI id, label value)."""


def kpi_name(kpi: Kpi) -> str:
    """Return the metric name of a KPI without prefix: its id and the unit's suffix.

    A final ``_count`` or ``_created`` goes: Prometheus keeps them for histograms and summaries.
    """
    if kpi.unit == "ratio":
        return f"{kpi.id}_ratio"
    if kpi.unit == "seconds" and not kpi.id.endswith("_seconds"):
        return f"{kpi.id}_seconds"
    return kpi.id.removesuffix("_count").removesuffix("_created")


def kpi_metric(kpi: Kpi) -> Metric:
    """Return the metric of a KPI that is not in :data:`SHARED`."""
    window = ("window",) if kpi.kind == "R" else ()
    own = tuple(LABEL_NAMES.get(label, label) for label in kpi.labels)
    return Metric(
        name=PREFIX + kpi_name(kpi),
        type="gauge",
        unit=kpi.unit,
        labels=("queue", "channel", *window, *own),
        help=_help(kpi),
        group=kpi.group,
        kpi=kpi.id,
    )


def _help(kpi: Kpi) -> str:
    """English name, formula, and what one must know before using the value in PromQL."""
    parts = [f"{kpi.english[:1].upper()}{kpi.english[1:]}: {kpi.formula.rstrip('.')}."]
    if kpi.id == "service_level":
        here = {name: of for name, of in VARIANTS.items() if (kpi.id, name) not in SPLIT}
        parts.append("; ".join(f"{name} = {formula}" for name, formula in here.items()) + ".")
    if "variant" in kpi.labels:
        parts.append("One series per formula variant: always select one.")
    if "le" in kpi.labels:
        inside = "itself inside" if kpi.unit == "ratio" else "inf for everything above"
        parts.append(f"Label within: the limit in seconds, {inside}.")
    if kpi.kind == "R":
        parts.append("Event-time window up to now, so not a rate over scrapes.")
    if kpi.unit == "ratio" and kpi.group in _GROUPS:
        parts.append("0 to 1; do not average.")
    elif kpi.unit == "ratio":
        parts.append("0 to 1; do not average, divide sums of vigie_window_contacts or select one.")
    elif kpi.unit == "money":
        parts.append("In the currency of the settings; no sample without a value.")
    elif kpi.unit in ("seconds", "number") and kpi.direction != "none":
        parts.append("No sample without a value; do not average.")
    elif kpi.id.startswith(("agents_", "agent_free")):
        parts.append("An agent in several queues counts in each: do not sum.")
    return " ".join(parts)


def kpi_metrics(kpis: Mapping[str, Kpi]) -> tuple[Metric, ...]:
    """Return the metrics of all KPIs, shared ones first, in the order of the KPI catalogue."""
    own = (kpi_metric(kpi) for kpi_id, kpi in kpis.items() if kpi_id not in SHARED)
    return (*FIXED_KPI_METRICS, *own)


def is_by_pair(metric: Metric) -> bool:
    """Tell whether a metric has series by queue and channel."""
    group = _GROUPS.get(metric.group)
    return metric.kpi not in BEFORE_QUEUES and (group is None or group.by_pair)


def twin_metric(metric: Metric, kind: str) -> Metric | None:
    """Return the twin of a metric for a kind of row, None if it has no such series.

    It has a name of its own: under the same name a sum over queues would count everything twice.
    """
    if metric.type != "gauge" or metric.labels[:2] != ("queue", "channel") or not metric.by_team:
        return None
    group = _GROUPS.get(metric.group)
    if group is None and kind != "team":
        return _twin(metric, kind) if _is_before_queues(metric, kind) else None
    if group is not None and kind in FACETS and kind not in group.facets:
        return None
    if kind in metric.labels[2:]:
        return None  # a figure by theme in the row of one theme
    return _twin(metric, kind)


def _is_before_queues(metric: Metric, kind: str) -> bool:
    return metric.kpi in BEFORE_QUEUES and kind in ("centre", "channel")


def _twin(metric: Metric, kind: str) -> Metric:
    outer = () if kind == "centre" else (kind,)
    return replace(
        metric,
        name=f"{PREFIX}{kind}_{metric.name.removeprefix(PREFIX)}",
        labels=(*outer, *metric.labels[2:]),
    )


def twin_metrics(metrics: Iterable[Metric], kinds: Iterable[str] = ROW_KINDS) -> Iterator[Metric]:
    """Yield the twins of metrics for some kinds of rows."""
    for metric in metrics:
        for kind in kinds:
            twin = twin_metric(metric, kind)
            if twin is not None:
                yield twin


def shown_metrics(kpis: Mapping[str, Kpi] = CATALOGUE) -> Iterator[Metric]:
    """Yield the metric under which each KPI is listed: that by pair, else that of the centre."""
    for metric in kpi_metrics(kpis):
        found = metric if is_by_pair(metric) else twin_metric(metric, "centre")
        if found is not None:
            yield found


def catalogue(kpis: Mapping[str, Kpi] = CATALOGUE) -> tuple[Metric, ...]:
    """Return every metric that ``/metrics`` can show, without the twins by other rows."""
    others = (*VIEW_METRICS, *PIPELINE_METRICS, *WEB_METRICS, *ALERT_METRICS, *REPORT_METRICS)
    return (*shown_metrics(kpis), *others)
