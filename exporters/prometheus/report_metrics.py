"""The metrics of e-mailed reports: what was sent, what failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from msgspec import Struct
from prometheus_client.core import Metric as Family

from exporters.prometheus.metric import Metric, counter, gauge, seconds, worker_metric

_metric = partial(worker_metric, group="reports")

REPORT_METRICS: tuple[Metric, ...] = (
    _metric(
        "reports_sent_total", "counter", ("report",),
        "Reports that this worker finished sending. Since process start.",
        "Flat over a day on all workers: see the failures and vigie_leader.",
    ),
    _metric(
        "reports_failed_total", "counter", ("report", "reason"),
        "Tries to mail a report to somebody that failed, by reason; gave_up: nobody got it. Since"
        " process start.",
        "Growing: look at mail in the settings, the mail server, and the addresses.",
    ),
    _metric(
        "reports_last_sent_timestamp_seconds", "gauge", ("report",),
        "When a report was sent last, by whichever worker. No sample before the first.",
        "Older than its period: nobody sends it; see the failures.", "seconds",
    ),
)  # fmt: skip
_SENT, _FAILED, _LAST = REPORT_METRICS


class ReportStats(Struct, frozen=True, kw_only=True):
    """What one worker knows of reports, by name; failures by (name, reason)."""

    sent: Mapping[str, int]
    failed: Mapping[tuple[str, str], int]
    last_sent_ms: Mapping[str, int | None]


def report_families(stats: ReportStats) -> Iterator[Family]:
    """Yield the families that have a sample."""
    found = (
        counter(_SENT, [((name,), count) for name, count in stats.sent.items()]),
        counter(_FAILED, stats.failed.items()),
        gauge(_LAST, [((name,), seconds(at_ms)) for name, at_ms in stats.last_sent_ms.items()]),
    )
    return (family for family in found if family.samples)
