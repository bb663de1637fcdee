"""The metrics of the merged view that are not one KPI each: window sums, counters, settings."""

from __future__ import annotations

from exporters.prometheus.metric import Metric

PAIR = ("queue", "channel")

_CUMULATIVE = " Cumulative, as of the last durable checkpoint."
_DURABLE = (
    f"{_CUMULATIVE} First outcomes only, for trends: what corrections change is in"
    " vigie_window_contacts."
)

FIXED_KPI_METRICS: tuple[Metric, ...] = (
    Metric(
        name="vigie_window_contacts",
        type="gauge",
        unit="count",
        labels=(*PAIR, "window", "outcome"),
        help="Legs that left the queue in the event-time window, by outcome: offered = answered"
        " + abandoned + flow_out. Never sum over outcome: answered_in_target is a part of answered,"
        " abandoned_short of abandoned; transferred ones are booked at the end of their leg.",
        group="service",
    ),
    Metric(
        name="vigie_window_wait_time_seconds",
        type="gauge",
        unit="seconds",
        labels=(*PAIR, "window", "outcome"),
        help="Summed waits of the legs that left in the event-time window. Divide by"
        " vigie_window_contacts of the same outcome for the mean wait.",
        group="waiting",
        kpi="wait_sum_seconds",
    ),
    Metric(
        name="vigie_window_wait_percentile_seconds",
        type="gauge",
        unit="seconds",
        labels=(*PAIR, "window", "q"),
        help="Percentile q of the waits of answered legs in the event-time window. No sample"
        " without answered legs; do not average.",
        group="waiting",
        kpi="wait_quantile_seconds",
    ),
    Metric(
        name="vigie_agents",
        type="gauge",
        unit="count",
        labels=(*PAIR, "state"),
        help="Agents by shown state: available, on_contact, in_wrap_up, ringing, paused, other,"
        " unresponsive. An agent in several queues counts in each: do not sum.",
        group="agents",
    ),
    Metric(
        name="vigie_oldest_waiting_timestamp_seconds",
        type="gauge",
        unit="seconds",
        labels=PAIR,
        help="When the leg that waits longest entered the queue. No sample when nobody waits."
        " time() minus this keeps growing even if the exporter stops.",
        group="live",
        by_team=False,
    ),
    Metric(
        name="vigie_service_level_instant_ratio",
        type="gauge",
        unit="ratio",
        labels=PAIR,
        help="Service level of those waiting now: (waiting - waiting over the threshold) /"
        " waiting. No sample when nobody waits; 0 to 1; do not average.",
        group="live",
        kpi="service_level",
    ),
    Metric(
        name="vigie_service_level_target_ratio",
        type="gauge",
        unit="ratio",
        labels=PAIR,
        help="Setting: the share to reach within the threshold. Do not average.",
        group="settings",
        by_team=False,
    ),
    Metric(
        name="vigie_service_level_threshold_seconds",
        type="gauge",
        unit="seconds",
        labels=PAIR,
        help="Setting: a wait up to and including this is inside the service level.",
        group="settings",
        by_team=False,
    ),
    *(
        Metric(
            name=f"vigie_contacts_{outcome}_total",
            type="counter",
            unit="count",
            labels=PAIR,
            help=meaning + (_CUMULATIVE if outcome == "corrected" else _DURABLE),
            group="counters",
        )
        for outcome, meaning in (
            ("offered", "Legs answered, abandoned or flowed out."),
            ("answered", "Legs answered by an agent."),
            ("answered_in_target", "Legs answered within the service-level threshold."),
            ("abandoned", "Legs whose customer left in the queue or while ringing."),
            ("abandoned_short", "Abandoned legs with a wait below the short limit."),
            ("transferred", "Legs ended by a transfer."),
            ("corrected", "Outcomes that a later event changed."),
        )
    ),
    Metric(
        name="vigie_contact_wait_seconds",
        type="histogram",
        unit="seconds",
        labels=(*PAIR, "outcome"),
        help=f"Waits of answered and of abandoned legs.{_DURABLE}",
        group="counters",
    ),
    Metric(
        name="vigie_contact_handle_seconds",
        type="histogram",
        unit="seconds",
        labels=PAIR,
        help=f"Handle times (talk + hold + after-contact work) of finished legs.{_DURABLE}",
        group="counters",
    ),
)

VIEW_METRICS: tuple[Metric, ...] = (
    Metric(
        name="vigie_view_complete",
        type="gauge",
        unit="count",
        labels=(),
        help="1 when the KPI series cover every expected shard and all are fresh, else 0. Also 0,"
        " on the page of the worker itself, while a worker shows no KPI series and Redis does not"
        " do its part.",
        remedy="0 for over a minute: vigie_redis_up, then compare the vigie_view_shards series,"
        " then the worker's log for a rebalance or a recovery.",
        group="view",
    ),
    Metric(
        name="vigie_view_event_timestamp_seconds",
        type="gauge",
        unit="seconds",
        labels=(),
        help="Data up to: the newest event time in the merged view.",
        remedy="Old: nothing comes in; compare vigie_last_event_timestamp_seconds and"
        " vigie_lag_events. In the future: a producer's clock is ahead.",
        group="view",
    ),
    Metric(
        name="vigie_view_shards_expected",
        type="gauge",
        unit="count",
        labels=(),
        help="Shards (source partitions) that the view should cover.",
        remedy="Must equal the number of partitions of the source topics.",
        group="view",
    ),
    Metric(
        name="vigie_view_shards_present",
        type="gauge",
        unit="count",
        labels=(),
        help="Shards of which the view knows a state.",
        remedy="Below expected: a partition has no owner, or its owner still recovers.",
        group="view",
    ),
    Metric(
        name="vigie_view_shards_fresh",
        type="gauge",
        unit="count",
        labels=(),
        help="Shards whose state is up to date.",
        remedy="Below present: a worker hangs or just lost the partition.",
        group="view",
    ),
)
