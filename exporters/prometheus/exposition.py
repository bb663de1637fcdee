"""The three metrics pages, each in the format that the reader asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from aggregators.steps import at_once
from exporters.prometheus.collector import KpiCollector
from exporters.prometheus.encode import (
    EOF,
    block_steps,
    openmetrics,
    openmetrics_of,
    text,
    text_of,
)
from exporters.prometheus.gzipped import NOTHING, accepts_gzip, gzipped
from exporters.prometheus.kpi_pages import KpiPages

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Scraped(NamedTuple):
    """A page as it goes out."""

    content_type: str
    body: bytes
    is_gzip: bool


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


class Exposition:
    """A page: the KPI series, if it has them, and what other collectors tell.

    Called with an Accept header it is made anew. :meth:`scrape` has the KPI series of a board
    written once for all who ask.
    """

    def __init__(self, *others: Collector, kpis: KpiPages | None = None) -> None:
        """``others`` come after the KPI series, in this order.

        What two tell of is there once, as the first one tells it.
        """
        self._kpis = kpis
        self._others = others

    def __call__(self, accept: str) -> tuple[str, bytes]:
        """Return content type and body, as of now."""
        chosen = content_type(accept)
        encode = openmetrics if chosen == OPENMETRICS else text
        kpis = () if self._kpis is None else self._kpis.collector.collect()
        return chosen, encode(_once(chain(kpis, self._collected())))

    async def scrape(self, accept: str, accept_encoding: str) -> Scraped:
        """Return the page; the part that is the same for all readers is made in steps."""
        chosen, is_gzip = content_type(accept), accepts_gzip(accept_encoding)
        kpis = self._kpis
        made = None if kpis is None else await kpis.made(chosen, is_gzip=is_gzip)
        # No pause from here on: the lease of the view may end with any.
        own: Iterable[Family] = ()
        if kpis is not None and made is not None:
            if kpis.collector.is_exposed():
                own = kpis.collector.view_families(made.board)
            else:
                made = None
        blocks = at_once(block_steps(_once(chain(own, self._collected()))))
        rest = openmetrics_of(blocks) + EOF if chosen == OPENMETRICS else text_of(blocks)
        if is_gzip:
            return Scraped(chosen, gzipped(NOTHING if made is None else made.deflated, rest), True)
        return Scraped(chosen, rest if made is None else made.body + rest, False)

    def _collected(self) -> Iterator[Family]:
        for collector in self._others:
            yield from collector.collect()


def exposition(*collectors: Collector) -> Exposition:
    """Return a page over collectors; nothing is collected before somebody asks."""
    return Exposition(*collectors)


def _once(families: Iterable[Family]) -> Iterator[Family]:
    """Between the two halves of a page a lease may end, and the second tell what the first has."""
    told: set[str] = set()
    for family in families:
        if family.name not in told:
            told.add(family.name)
            yield family


def expositions(kpis: KpiCollector, pipeline: Collector) -> dict[str, Exposition]:
    """Return the pages by address: everything, the worker's own series, the KPI and view series.

    KPI series go first on ``/metrics``, so that the pipeline series tell what they cost.
    """
    pages = KpiPages(kpis)
    return {
        "/metrics": Exposition(pipeline, kpis=pages),
        "/metrics/worker": Exposition(pipeline),
        "/metrics/kpi": Exposition(kpis=pages),
    }
