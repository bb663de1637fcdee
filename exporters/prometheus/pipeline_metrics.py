"""The metrics of one worker about itself, each with the remedy for when it moves."""

from __future__ import annotations

from functools import partial

from exporters.prometheus.metric import Metric, worker_metric

SHARD = ("topic", "partition")

_DURABLE = "As of the last durable checkpoint."

_metric = partial(worker_metric, group="pipeline")

PIPELINE_METRICS: tuple[Metric, ...] = (
    _metric(
        "events_read_total",
        "counter",
        SHARD,
        f"Events taken from the topic: applied + late + duplicate + dead-lettered. {_DURABLE}",
        "Flat while vigie_lag_events grows: the worker is stuck; flat without lag: the producer"
        " is silent.",
    ),
    _metric(
        "events_applied_total",
        "counter",
        SHARD,
        f"Events folded into the state. {_DURABLE}",
        "Much below read: see late, duplicate and dead-lettered.",
    ),
    _metric(
        "events_ignored_total",
        "counter",
        SHARD,
        f"Test traffic, acknowledged and in no KPI; a part of applied. {_DURABLE}",
        "Harmless; unexpected growth: a producer flags real traffic as test.",
    ),
    _metric(
        "events_late_total",
        "counter",
        SHARD,
        f"Events behind the watermark. {_DURABLE}",
        "Raise the allowed lateness, or look for the slow or badly set clock of a producer.",
    ),
    _metric(
        "events_duplicate_total",
        "counter",
        SHARD,
        f"Events that were there already. {_DURABLE}",
        "Harmless for the figures; steady growth: a producer sends everything twice.",
    ),
    _metric(
        "events_dead_lettered_total",
        "counter",
        (*SHARD, "reason"),
        f"Messages that were refused and went to the dead-letter topic. {_DURABLE}",
        "Read the dead-letter topic, most frequent reason first; fix the producer or the settings.",
    ),
    _metric(
        "events_replayed_total",
        "counter",
        SHARD,
        "Messages skipped because the restored state has them already. Since process start.",
        "Normal after a restart; steady growth: the consumer position does not follow the"
        " checkpoint.",
    ),
    _metric(
        "source_gap_events_total",
        "counter",
        SHARD,
        "Offsets that the broker no longer had. Since process start.",
        "Events are lost: lengthen the topic's retention, or keep the worker from being down that"
        " long.",
    ),
    _metric(
        "fold_failures_total",
        "counter",
        SHARD,
        "Events on which the fold itself failed: put aside as dead letters with the reason"
        " internal_error. Since process start.",
        "Any: a bug of vigie; report it with the lines of the log that name the partition.",
    ),
    _metric(
        "partition_owned",
        "gauge",
        SHARD,
        "1 for each partition that this worker owns now.",
        "The sum over workers must equal the number of partitions: less means no owner, more means"
        " a worker that missed its revocation.",
    ),
    _metric(
        "next_offset",
        "gauge",
        SHARD,
        "First offset that is not folded in yet.",
        "Stopped while the topic grows: see vigie_lag_events.",
    ),
    _metric(
        "lag_events",
        "gauge",
        SHARD,
        "Messages in the partition that are not folded in yet.",
        "Growing: add workers (up to one per partition), or look at the load of the machine.",
    ),
    _metric(
        "open_contacts",
        "gauge",
        SHARD,
        "Contacts held open in the state.",
        "Growing without end: ends of contacts do not arrive; lower max_wait or mend the source.",
    ),
    _metric(
        "watermark_timestamp_seconds",
        "gauge",
        SHARD,
        "Largest event time less the allowed lateness: what is older counts as late.",
        "Stopped: producer silent or worker stuck; compare with vigie_lag_events.",
        unit="seconds",
    ),
    _metric(
        "last_event_timestamp_seconds",
        "gauge",
        SHARD,
        "Event time of the newest event folded in.",
        "Old: producer silent or worker stuck. In the future: a producer's clock is ahead.",
        unit="seconds",
    ),
    _metric(
        "checkpoint_timestamp_seconds",
        "gauge",
        SHARD,
        "When the last checkpoint of the partition became durable.",
        "Old: the broker is slow or the worker is stuck.",
        unit="seconds",
    ),
    _metric(
        "checkpoint_bytes",
        "gauge",
        SHARD,
        "Size of the last checkpoint record of the partition.",
        "Near the broker's message limit: see vigie_open_contacts, or use more partitions.",
        unit="bytes",
    ),
    _metric(
        "recovery_in_progress",
        "gauge",
        (),
        "1 while the worker restores its state, else 0.",
        "1 for long: the changelog is too large or the broker is slow.",
    ),
    _metric(
        "last_commit_timestamp_seconds",
        "gauge",
        (),
        "When the consumer group's offsets were last committed.",
        "Old while checkpoints are young: commits fail. Harmless for the state, but lag tools"
        " are wrong.",
        unit="seconds",
    ),
    _metric(
        "event_lag_seconds",
        "histogram",
        (),
        "Time from the broker's append of an event to its folding. Since process start.",
        "Growing: capacity; compare vigie_lag_events.",
        unit="seconds",
    ),
    _metric(
        "redis_up",
        "gauge",
        (),
        "1 if Redis did the last it was asked of each kind (publish, read, lease), else 0. Only"
        " with several workers.",
        "0: Redis is away, slow, full or read-only. Folding goes on, nobody shows KPI series.",
    ),
    _metric(
        "redis_failures_total",
        "counter",
        ("call",),
        "Calls that Redis did not answer in time or refused: publish, read, lease. Since process"
        " start.",
        "Growing: see vigie_redis_up, Redis's own log and its memory.",
    ),
    _metric(
        "publish_timestamp_seconds",
        "gauge",
        (),
        "When Redis last took something of this worker's shards, or that they are as they were.",
        "Old: the other workers show old figures of these shards; see vigie_redis_failures_total.",
        unit="seconds",
    ),
    _metric(
        "leader",
        "gauge",
        (),
        "1 on the worker that has the lease and shows the KPI series, else 0.",
        "The sum over workers must be 1. 0 for over ten seconds: Redis is away; 2: the clocks of"
        " two machines run differently.",
    ),
    _metric(
        "lease_term",
        "gauge",
        (),
        "Number of the last term in which this worker had the lease. No sample before the first.",
        "The highest one rises often: workers or Redis are restarted, or a worker's loop hangs.",
    ),
    _metric(
        "label_values_dropped_total",
        "counter",
        ("label",),
        "Distinct label values (for queue: queue and channel together) left out because a limit"
        " was reached or two values looked the same after cleaning. Since process start.",
        "Raise the limit (and the sample limit of the scrape job), or stop the source from making"
        " up names.",
    ),
    _metric(
        "collect_seconds",
        "gauge",
        (),
        "How long the KPI series of the newest board took to write.",
        "Near the scrape interval: fewer windows, queues or opt-in series.",
        unit="seconds",
    ),
    _metric(
        "collect_series",
        "gauge",
        (),
        "Samples among the KPI series of the newest board.",
        "Keep it well below the scrape job's sample_limit: beyond, the whole scrape fails.",
    ),
    _metric(
        "build_info",
        "info",
        ("version", "python", "faust"),
        "Constant 1, with the versions of vigie, Python and Faust as labels.",
        "Different versions among workers: an upgrade is not finished.",
        unit="info",
    ),
)
"""One row per metric of the worker's page, in the order in which they are exposed."""
