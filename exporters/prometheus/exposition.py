"""The three metrics pages, each in the format that the reader asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from exporters.prometheus.encode import openmetrics, text

Exposition: TypeAlias = Callable[[str], tuple[str, bytes]]
"""Takes the Accept header, returns the content type and the body."""

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_ACCEPTED = {
    ("application/openmetrics-text", "1.0.0"): OPENMETRICS,
    ("application/openmetrics-text", ""): OPENMETRICS,
    ("text/plain", "0.0.4"): TEXT,
    ("text/plain", ""): TEXT,
    ("text/*", ""): TEXT,
    ("*/*", ""): TEXT,
}


def content_type(accept: str) -> str:
    """Return the content type that an Accept header prefers: highest ``q``, then first named.

    What vigie cannot write is passed over; a header without anything it can write gets the
    Prometheus text format, as a scrape must not fail for a header.
    """
    best, best_q = TEXT, 0.0
    for choice in accept.lower().split(","):
        media, *rest = (part.strip() for part in choice.split(";"))
        parameters = dict(part.partition("=")[::2] for part in rest)
        written = _ACCEPTED.get((media, parameters.get("version", "").strip('"')))
        q = _quality(parameters.get("q", "1"))
        if written is not None and q > best_q:
            best, best_q = written, q
    return best


def _quality(text: str) -> float:
    try:
        return min(float(text), 1.0)
    except ValueError:
        return 0.0


def exposition(*collectors: Collector) -> Exposition:
    """Return a page over the collectors, in this order, on a registry of its own.

    Nothing is registered globally, and nothing is collected before somebody asks. What two
    collectors tell of is there once, as the first one tells it.
    """
    registry = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)

    def expose(accept: str) -> tuple[str, bytes]:
        chosen = content_type(accept)
        encode = openmetrics if chosen == OPENMETRICS else text
        return chosen, encode(_once(registry.collect()))

    return expose


def _once(families: Iterable[Family]) -> Iterator[Family]:
    """Between the two halves of a page a lease may end, and the second tell what the first has."""
    told: set[str] = set()
    for family in families:
        if family.name not in told:
            told.add(family.name)
            yield family


def expositions(kpis: Collector, pipeline: Collector) -> dict[str, Exposition]:
    """Return the pages by address: everything, the worker's own series, the KPI and view series.

    KPI series go first on ``/metrics``, so that the pipeline series tell what that scrape cost.
    """
    return {
        "/metrics": exposition(kpis, pipeline),
        "/metrics/worker": exposition(pipeline),
        "/metrics/kpi": exposition(kpis),
    }
