"""One size of the core in this process: what folding, boards, checkpoints and pages cost."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from msgspec import Struct, structs

from aggregators.board import Board, Boards
from aggregators.carrying import carry
from aggregators.events import CUSTOMERS, TOPICS, Envelope, topic_of
from aggregators.policy import MINUTE_MS, Rules
from aggregators.shard import Shard
from benchmarks.centre import FOREVER_MS
from benchmarks.growth.figures import Point
from benchmarks.growth.traffic import BEFORE_MS, START_MS, centre, held, minutes_before
from benchmarks.guard import Sample
from benchmarks.measures import median
from exporters.prometheus.collector import KpiCollector
from exporters.prometheus.exposition import OPENMETRICS
from exporters.prometheus.kpi_pages import KpiPage, KpiPages
from streams.collector import calm_collector
from streams.simulator.simulation import Simulation

T = TypeVar("T")

QUEUES = 50
"""Where something else than queues grows."""
STEP_MS = 1_000
LATENESS_MS = MINUTE_MS
"""Instead of an hour, so that a run of minutes has all that happens to a contact, to its end."""
WARM_UP = 2
"""Chunks that are folded before, so that contacts end and are swept at the rate they come."""
FAR_S = 1e9


class Effort(Struct, frozen=True):
    """How much is measured: ``chunks`` of ``events`` folded, then ``seconds`` with boards.

    A chunk is a minute of the centre, so each has one sweep.
    """

    events: int = 15_000
    chunks: int = 4
    seconds: int = 12


def resident_kib() -> int:
    """Return the resident memory of this process now."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU seconds that something takes, and what it returns."""
    began_s = time.process_time()
    made = work()
    return time.process_time() - began_s, made


class Centre:
    """Shards of one partition each, and the events that go on coming."""

    def __init__(self, queues: int) -> None:
        self.rules = Rules(lateness_ms=LATENESS_MS)
        self.shards = {topic: Shard(topic, 0, self.rules) for topic in TOPICS}
        self.start_ms = START_MS + BEFORE_MS
        self._queues = queues
        self._written: dict[str, int] = {}

    def fold(self, topics: Iterable[str], events: Iterable[Envelope]) -> None:
        """Fold events, each into the shard of its topic."""
        shards = self.shards
        for topic, event in zip(topics, events, strict=True):
            shards[topic].apply(event, event.event_time_ms)

    def tell(self) -> None:
        """Fold what became known of customers meanwhile."""
        customers = self.shards[CUSTOMERS]
        for topic, shard in self.shards.items():
            if topic != CUSTOMERS:
                carry(shard, customers)

    def fill(self, events: Iterable[Envelope]) -> None:
        """Fold contacts from before; nothing is timed."""
        for event in events:
            self.shards[topic_of(event)].apply(event, event.event_time_ms)
        self.tell()

    def coming(self) -> Simulation:
        """Return the events from the start on."""
        return Simulation(centre(self._queues), seed=1, start_ms=self.start_ms)

    def checkpoint(self) -> tuple[int, int]:
        """Write what moved, as a worker does; return the bytes of records and of rows."""
        records = rows = 0
        for topic, shard in self.shards.items():
            if shard.counts.read != self._written.get(topic):
                self._written[topic] = shard.counts.read
                made = shard.encode()
                records += len(made.record)
                rows += sum(map(len, made.rows.values()))
                shard.confirm(made)
        return records, rows

    @property
    def newest_ms(self) -> int:
        """The instant after the newest event."""
        return max(shard.max_event_ms for shard in self.shards.values()) + 1

    @property
    def open_contacts(self) -> int:
        """How many contacts are open."""
        return sum(len(shard.open) for shard in self.shards.values())


def measure(size: int, queues: int, contacts: int, windows: Sequence[str], how: Effort) -> Point:
    """Measure the core with so many queues, contacts that stay open, and windows.

    ``size`` is which of them it stands for.
    """
    calm_collector()
    it = Centre(queues)
    empty_kib = resident_kib()
    it.fill(minutes_before(queues, it.start_ms))
    it.fill(held(contacts, queues, it.start_ms))
    gc.collect()
    filled_kib = resident_kib() - empty_kib
    simulation = it.coming()
    decode_s, fold, told = _folded(it, simulation, how)
    it.checkpoint()  # the first one holds all that was before
    boards = Boards(it.rules)

    def look() -> Board:
        return boards.make(it.shards.values(), it.newest_ms, windows)

    first_s, board = timed(look)
    seen: list[_Second] = []
    for at_ms in range(it.newest_ms + STEP_MS, it.newest_ms + how.seconds * STEP_MS + 1, STEP_MS):
        events = list(simulation.events(at_ms))
        it.fold(map(topic_of, events), events)
        it.tell()
        board_s, board = timed(look)
        checkpoint_s, written = timed(it.checkpoint)
        seen.append(_Second(len(events), board_s, checkpoint_s, *written))
    page_s, page = page_of(board, how.chunks)
    return Point(
        size=size,
        decode_us=round(decode_s / how.events * 1e6, 4),
        fold=round(fold, 2),
        told=round(told, 2),
        events_per_s=round(sum(one.events for one in seen) / len(seen), 1),
        open_contacts=it.open_contacts,
        first_board_ms=round(first_s * 1e3, 2),
        board_ms=round(median([one.board_s for one in seen]) * 1e3, 3),
        checkpoint_ms=round(median([one.checkpoint_s for one in seen]) * 1e3, 3),
        record_bytes=round(median([one.record_bytes for one in seen])),
        row_bytes=round(median([one.row_bytes for one in seen])),
        page_ms=round(page_s * 1e3, 2),
        page_bytes=page.size,
        series=page.series,
        left_out=page.left_out,
        filled_mib=round(filled_kib / 1024, 2),
    )


class _Second(NamedTuple):
    events: int
    board_s: float
    checkpoint_s: float
    record_bytes: int
    row_bytes: int


def _folded(it: Centre, simulation: Simulation, how: Effort) -> tuple[float, float, float]:
    """Return seconds to decode a chunk, and multiples of it to fold it and to tell of it."""
    coming = simulation.events(FOREVER_MS)
    decode_s = fold = told = FAR_S
    for number in range(how.chunks + WARM_UP):
        sample = Sample(islice(coming, how.events))
        read_s = min(timed(sample.read)[0] for _ in range(3))
        gc.disable()  # when it looks depends on what was before
        fold_s, _ = timed(lambda sample=sample: it.fold(sample.topics, sample.events))  # type: ignore[misc]
        told_s, _ = timed(it.tell)
        gc.enable()
        if number >= WARM_UP:
            decode_s = min(decode_s, read_s)
            fold, told = min(fold, fold_s / read_s), min(told, told_s / read_s)
    return decode_s, fold, told


class Page(Struct, frozen=True):
    """What a page of metrics holds; ``left_out`` are label values for which it had no place."""

    size: int
    series: int
    left_out: int


def page_of(board: Board, times: int) -> tuple[float, Page]:
    """Return CPU seconds of a page of a new board, the best of some times, and what it holds."""
    shown = [board]

    async def fresh() -> Board:
        return shown[0]

    collector = KpiCollector(lambda: shown[0], lambda: True, fresh=fresh)
    pages = KpiPages(collector)

    async def page() -> KpiPage | None:
        return await pages.made(OPENMETRICS, is_gzip=True)

    best_s, size = FAR_S, 0
    with asyncio.Runner() as runner:
        for _ in range(times):
            spent_s, made = timed(lambda: runner.run(page()))
            assert made is not None
            best_s, size = min(best_s, spent_s), len(made.body)
            shown[0] = structs.replace(board)
    cost = collector.cost()
    assert cost is not None
    return best_s, Page(size, cost.series, sum(cost.dropped.values()))
