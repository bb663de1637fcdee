"""The metrics of the alerts: what fires, how long people take, how messages fare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from msgspec import Struct
from prometheus_client.core import Metric as Family

from exporters.prometheus.metric import Metric, counter, gauge, seconds, worker_metric

SEVERITIES = ("warning", "critical")
STATES = ("pending", "firing", "acknowledged")

_metric = partial(worker_metric, group="alerts")

ALERT_METRICS: tuple[Metric, ...] = (
    _metric(
        "alerts", "gauge", ("severity", "state"),
        "Alerts by severity and state: pending, firing (nobody has taken it), acknowledged. Only"
        " on the worker that makes the alerts.",
        "The wallboard's page Alerts lists them.",
    ),
    _metric(
        "alert_acknowledge_mean_seconds", "gauge", ("window",),
        "MTTA: mean time from fired to acknowledged, of the alerts that fired in the window. No"
        " sample without any; do not average.",
        "Growing: ladders reach the wrong people, or there are too many alerts.", "seconds",
    ),
    _metric(
        "alert_resolve_mean_seconds", "gauge", ("window",),
        "MTTR: mean time from fired to resolved, of the alerts resolved in the window. No sample"
        " without any; do not average.",
        "Growing: look at the alerts that stay longest.", "seconds",
    ),
    _metric(
        "alert_rules", "gauge", (), "Alert rules in force.",
        "0: alerts are switched off, or the rule file is empty.",
    ),
    _metric(
        "alert_evaluation_seconds", "gauge", (),
        "CPU time of the last look at all rules.",
        "Near a second: fewer rules, or narrower scopes.", "seconds",
    ),
    _metric(
        "alert_evaluation_timestamp_seconds", "gauge", (),
        "When the rules were last looked at. Only on the worker that makes the alerts.",
        "Old: the worker's loop hangs, or no worker leads (vigie_leader).", "seconds",
    ),
    _metric(
        "alert_journal_failures_total", "counter", (),
        "Times the journal of alerts could not be written. Since process start.",
        "Growing: the broker is away or refuses; alerts are told unwritten after ten seconds.",
    ),
    _metric(
        "alert_notifications_total", "counter", ("target",),
        "Messages that reached a target. Since process start.",
        "Flat while alerts fire: see the failures.",
    ),
    _metric(
        "alert_notifications_failed_total", "counter", ("target", "reason"),
        "Attempts to reach a target that failed, by reason. Since process start.",
        "Growing: look at the target's address, its secret, and whether it is up.",
    ),
    _metric(
        "alert_queue_length", "gauge", ("target",),
        "Messages that wait for a target.", "Growing: the target is slow or away.",
    ),
    _metric(
        "config_last_reload_successful", "gauge", (),
        "1 when the rule file on disk is the one in force, 0 when it is wrong and the rules before"
        " it hold.",
        "0: run `vigie alerts check`.",
    ),
    _metric(
        "config_last_reload_timestamp_seconds", "gauge", (),
        "When a rule file was last taken over.", "Older than your last change: see above.",
        "seconds",
    ),
)  # fmt: skip
_METRICS = {metric.name.removeprefix("vigie_"): metric for metric in ALERT_METRICS}


class AlertStats(Struct, frozen=True, kw_only=True):
    """What one worker knows of the alerts. ``alerts`` by (severity, state), ``mtta_ms`` and
    ``mttr_ms`` by window; failures by (target, reason). Counts since the process started.
    """

    is_leading: bool
    rules: int
    alerts: Mapping[tuple[str, str], int]
    mtta_ms: Mapping[str, int | None]
    mttr_ms: Mapping[str, int | None]
    evaluation_s: float
    evaluated_ms: int | None
    journal_failures: int
    sent: Mapping[str, int]
    failed: Mapping[tuple[str, str], int]
    queued: Mapping[str, int]
    is_reload_good: bool
    reloaded_ms: int


def alert_families(stats: AlertStats) -> Iterator[Family]:
    """Yield the families that have a sample; those of the alerts only where they are made."""
    return (family for family in _families(stats) if family.samples)


def _families(stats: AlertStats) -> Iterator[Family]:
    if stats.is_leading:
        counts = {
            (severity, state): stats.alerts.get((severity, state), 0)
            for severity in SEVERITIES
            for state in STATES
        }
        yield gauge(_METRICS["alerts"], counts.items())
        for name, by_window in (
            ("alert_acknowledge_mean_seconds", stats.mtta_ms),
            ("alert_resolve_mean_seconds", stats.mttr_ms),
        ):
            means = (((window,), seconds(mean_ms)) for window, mean_ms in by_window.items())
            yield gauge(_METRICS[name], means)
        if stats.evaluated_ms is not None:
            yield _one("alert_evaluation_seconds", stats.evaluation_s)
            yield _one("alert_evaluation_timestamp_seconds", stats.evaluated_ms / 1000)
    yield _one("alert_rules", stats.rules)
    yield counter(_METRICS["alert_journal_failures_total"], [((), stats.journal_failures)])
    yield counter(_METRICS["alert_notifications_total"], _by_target(stats.sent))
    yield counter(_METRICS["alert_notifications_failed_total"], stats.failed.items())
    yield gauge(_METRICS["alert_queue_length"], _by_target(stats.queued))
    yield _one("config_last_reload_successful", float(stats.is_reload_good))
    yield _one("config_last_reload_timestamp_seconds", stats.reloaded_ms / 1000)


def _one(name: str, value: float) -> Family:
    return gauge(_METRICS[name], [((), value)])


def _by_target(counts: Mapping[str, int]) -> list[tuple[tuple[str, ...], int]]:
    return [((target,), count) for target, count in counts.items()]
