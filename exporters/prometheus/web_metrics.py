"""The metrics of the web side: who was refused, and whether its configuration is good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from msgspec import Struct
from prometheus_client.core import Metric as Family

from exporters.prometheus.metric import Metric, counter, gauge, worker_metric

_metric = partial(worker_metric, group="pipeline")

WEB_METRICS: tuple[Metric, ...] = (
    _metric(
        "http_requests_denied_total", "counter", ("reason",),
        "Requests and connections that were refused, by reason. Since process start.",
        "wrong_credentials or failures growing: somebody guesses, or a scrape job has an old"
        " password; rate: a client asks too often, or raise web.rate_limit; others: the log has"
        " the addresses.",
    ),
    _metric(
        "web_config_last_reload_successful", "gauge", (),
        "1 when the web configuration file on disk is the one in force, 0 when it is wrong and the"
        " one before it holds. Only with such a file.",
        "0: run `vigie web check`.",
    ),
    _metric(
        "web_certificate_expiry_timestamp_seconds", "gauge", (),
        "When the certificate of the web side ends. Only with TLS.",
        "Near: renew the file; vigie takes it over by itself.", "seconds",
    ),
)  # fmt: skip
_METRICS = {metric.name.removeprefix("vigie_"): metric for metric in WEB_METRICS}


class WebStats(Struct, frozen=True, kw_only=True):
    """What one worker knows of its web side. None where there is no file, and no certificate."""

    denied: Mapping[str, int]
    is_reload_good: bool | None = None
    expires_s: float | None = None


def web_families(stats: WebStats) -> Iterator[Family]:
    """Yield the families that have a sample."""
    denied = [((reason,), count) for reason, count in stats.denied.items()]
    yield counter(_METRICS["http_requests_denied_total"], denied)
    gauges = {
        "web_config_last_reload_successful": stats.is_reload_good,
        "web_certificate_expiry_timestamp_seconds": stats.expires_s,
    }
    for name, value in gauges.items():
        if value is not None:
            yield gauge(_METRICS[name], [((), float(value))])
