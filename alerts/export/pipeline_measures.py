"""The measures of vigie's own health as expressions over its pipeline series."""

from __future__ import annotations

from alerts.export.selectors import NotInPromQLError
from alerts.export.terms import Term
from exporters.prometheus.catalogue import catalogue

SHARD = {"topic": "vigie.calls", "partition": "0"}

_TERMS: dict[str, Term] = {
    "data_age_seconds": Term(
        text="time() - max(vigie_view_event_timestamp_seconds)",
        metric="vigie_view_event_timestamp_seconds",
        unit="seconds",
        shape="age",
    ),
    "lag_events": Term(text="sum(vigie_lag_events)", metric="vigie_lag_events", labels=SHARD),
    "view_incomplete": Term(
        text="(1 - max(vigie_view_complete) or absent(vigie_view_complete))",
        metric="vigie_view_complete",
        shape="complement",
        absent=1.0,
    ),
    "dead_lettered_per_minute": Term(
        text="sum(increase(vigie_events_dead_lettered_total[1m]))",
        metric="vigie_events_dead_lettered_total",
        labels={**SHARD, "reason": "unknown_type"},
        shape="per_minute",
    ),
    "gap_events": Term(
        text="sum(vigie_source_gap_events_total)",
        metric="vigie_source_gap_events_total",
        labels=SHARD,
    ),
    "rules_not_loaded": Term(
        text="1 - min(vigie_config_last_reload_successful)",
        metric="vigie_config_last_reload_successful",
        shape="complement",
    ),
}
"""By measure of :data:`alerts.rules.HEALTH`; those that are not here have no series."""


def pipeline_term(measure: str) -> Term:
    """Return a measure of health. Raises NotInPromQLError when no series tells it."""
    term = _TERMS.get(measure)
    if term is None or term.metric not in {metric.name for metric in catalogue()}:
        raise NotInPromQLError(f"pipeline.{measure} has no series; vigie's own alerts have it")
    return term
