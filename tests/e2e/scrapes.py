"""A checker that scrapes `/metrics` of several workers five times a second, and what it saw."""

from __future__ import annotations

import http.client
import re
import threading
import time
import urllib.error
from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from tests.bench.web import get_text

EVERY_S = 0.2
_SAMPLE = re.compile(r"^(vigie_[a-z_]+)(\{.*\})? (\S+)$", re.MULTILINE)
_KEPT = re.compile(
    r"vigie_(contacts_[a-z_]+_total|contact_[a-z_]+_seconds_(bucket|sum|count)|contacts_waiting"
    r"|view_[a-z_]+|leader|lease_term|redis_up)"
)


class Scrape(Struct, frozen=True):
    """What one worker showed, asked and answered at these instants of the steady clock."""

    worker: int
    began_s: float
    ended_s: float
    samples: dict[str, float]

    @property
    def shows_kpis(self) -> bool:
        """Whether it showed KPI and view series; any worker may say that the view is not whole."""
        return "vigie_view_shards_expected" in self.samples

    @property
    def is_complete(self) -> bool:
        """Whether it called its view complete."""
        return self.samples.get("vigie_view_complete") == 1

    @property
    def term(self) -> float:
        """The term in which it showed them."""
        return self.samples["vigie_lease_term"]

    @property
    def counters(self) -> dict[str, float]:
        """The cumulative series."""
        return {name: value for name, value in self.samples.items()
                if "_total" in name or name.startswith("vigie_contact_")}  # fmt: skip


class Checker:
    """Scrapes until stopped; each worker in a thread of its own, so that a slow one delays none."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._stop = threading.Event()
        self._seen: list[Scrape] = []
        self._threads = [
            threading.Thread(target=self._watch, args=(number,), daemon=True)
            for number in range(len(urls))
        ]

    def start(self) -> None:
        """Begins to scrape."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[Scrape]:
        """Ends and returns what was seen, in the order of the answers."""
        self._stop.set()
        for thread in self._threads:
            thread.join(10)
        return self.seen()

    def seen(self) -> list[Scrape]:
        """What was seen so far, in the order of the answers."""
        return sorted(self._seen, key=lambda scrape: scrape.ended_s)

    def leader(self) -> int | None:
        """The worker whose KPI series were seen last, None if that was over a second ago."""
        found = [scrape for scrape in self.seen() if scrape.shows_kpis]
        recent = found and found[-1].ended_s > time.monotonic() - 1.0
        return found[-1].worker if recent else None

    def is_whole(self) -> bool:
        """Whether the last answer with KPI series is a second old at most, complete, with
        counters."""
        found = [scrape for scrape in self.seen() if scrape.shows_kpis]
        return self.leader() is not None and found[-1].is_complete and bool(found[-1].counters)

    def _watch(self, number: int) -> None:
        next_s = time.monotonic()
        while not self._stop.is_set():
            began_s = time.monotonic()
            try:
                text = get_text(f"{self._urls[number]}/metrics", timeout_s=3.0)
            except (urllib.error.URLError, http.client.HTTPException, OSError):
                pass  # it is down, or starts
            else:
                samples = {
                    name + labels: float(value)
                    for name, labels, value in _SAMPLE.findall(text)
                    if _KEPT.fullmatch(name)
                }
                self._seen.append(Scrape(number, began_s, time.monotonic(), samples))
            next_s = max(next_s + EVERY_S, time.monotonic())
            self._stop.wait(next_s - time.monotonic())


def older_terms(seen: Sequence[Scrape]) -> Iterator[str]:
    """Tell of each scrape that began after an answer of a later term, yet showed its own."""
    shown = [scrape for scrape in seen if scrape.shows_kpis]
    highest = (0.0, 0.0, -1)
    for scrape in shown:
        if scrape.term < highest[0] and scrape.began_s > highest[1]:
            yield f"worker {scrape.worker} showed term {scrape.term} after {highest}"
        if scrape.term > highest[0]:
            highest = scrape.term, scrape.ended_s, scrape.worker


def overlaps(seen: Sequence[Scrape]) -> Iterator[str]:
    """Tell of each worker that showed KPI series between two scrapes of another that did."""
    shown = [scrape for scrape in seen if scrape.shows_kpis]
    by_worker: dict[int, list[Scrape]] = {}
    for scrape in seen:
        by_worker.setdefault(scrape.worker, []).append(scrape)
    for worker, scrapes in by_worker.items():
        for before, after in pairwise(scrapes):
            if before.shows_kpis and after.shows_kpis and before.term == after.term:
                yield from (
                    f"workers {worker} and {other.worker} both at {other.began_s}"
                    for other in shown
                    if other.worker != worker
                    and before.ended_s < other.began_s
                    and other.ended_s < after.began_s
                )


def falls(seen: Sequence[Scrape]) -> Iterator[str]:
    """Tell of each counter that was lower than in an answer that came before it was asked for."""
    shown = [scrape for scrape in seen if scrape.shows_kpis]
    highest: dict[str, tuple[float, float, int]] = {}
    for scrape in shown:
        for name, value in scrape.counters.items():
            known = highest.get(name)
            if known is None or value > known[0]:
                highest[name] = value, scrape.ended_s, scrape.worker
            elif value < known[0] and scrape.began_s > known[1]:
                yield f"{name} {value} at worker {scrape.worker} after {known}"
