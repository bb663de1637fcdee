"""What the receiver tells Prometheus. No label holds anything that a sender wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from streams.ingest.limits import Room

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OUTCOMES = (
    "accepted", "unauthorised", "too_large", "unsupported", "slow", "rate_limited", "overloaded",
    "unavailable",
)  # fmt: skip
"""How a request can end, by source; ``unknown`` paths are counted without one."""
REFUSALS = ("no_signature", "stale", "bad_signature")
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class IngestMetrics:
    """The series of one receiver, in a registry of their own."""

    def __init__(self, sources: tuple[str, ...], room: Room, is_away: Callable[[], bool]) -> None:
        """Every series by source begins at 0, so that the first increase is seen."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "vigie_ingest_requests", "Requests answered.", ("source", "outcome"),
            registry=self.registry,
        )  # fmt: skip
        self._unknown = Counter(
            "vigie_ingest_unknown_paths", "Requests to a path of no source.",
            registry=self.registry,
        )  # fmt: skip
        self._refused = Counter(
            "vigie_ingest_signatures_refused", "Requests without a valid proof of who sent them.",
            ("source", "why"), registry=self.registry,
        )  # fmt: skip
        self._events = Counter(
            "vigie_ingest_events", "Events that Kafka has.", ("source",), registry=self.registry
        )
        self._ignored = Counter(
            "vigie_ingest_ignored", "Bodies, or parts, that are left out on purpose.", ("source",),
            registry=self.registry,
        )  # fmt: skip
        self._letters = Counter(
            "vigie_ingest_dead_letters", "Dead letters that Kafka has.", ("source", "reason"),
            registry=self.registry,
        )  # fmt: skip
        self._answer = Histogram(
            "vigie_ingest_accept_seconds", "From the whole head of an accepted request to its "
            "answer.", buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._gauge("vigie_ingest_open_requests", "Requests under way.", lambda: room.requests)
        self._gauge(
            "vigie_ingest_open_bytes", "Bytes that requests under way may take.", lambda: room.size
        )
        self._gauge(
            "vigie_ingest_kafka_up", "Whether Kafka takes events.", lambda: int(not is_away())
        )
        self._ends = {
            (source, word): self._requests.labels(source, word)
            for source in sources
            for word in OUTCOMES
        }
        self._told = {source: self._events.labels(source) for source in sources}
        for source in sources:
            self._ignored.labels(source)
            for why in REFUSALS:
                self._refused.labels(source, why)

    def ended(self, source: str, outcome: str) -> None:
        """Count a request; ``outcome`` is one of :data:`OUTCOMES`."""
        self._ends[source, outcome].inc()

    def unknown(self) -> None:
        """Count a request to a path of no source."""
        self._unknown.inc()

    def refused(self, source: str, why: str) -> None:
        """Count a request without a valid signature."""
        self._refused.labels(source, why).inc()

    def accepted(self, source: str, events: int, reasons: list[str], seconds: float) -> None:
        """Count what Kafka has of a request: its events and the reasons of its dead letters."""
        self._told[source].inc(events)
        for reason in reasons:
            self._letters.labels(source, reason).inc()
        self._answer.observe(seconds)

    def ignored(self, source: str, count: int) -> None:
        """Count what a source left out on purpose."""
        self._ignored.labels(source).inc(count)

    def page(self) -> bytes:
        """Return the page of metrics."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        Gauge(name, meaning, registry=self.registry).set_function(value)
