"""What the benchmarks write down, as they write it to JSON."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from msgspec import Struct


class Machine(Struct, frozen=True):
    """What a reader needs to know of the machine, and nothing that names it."""

    cpu: str
    cores: int
    memory_gib: int
    system: str
    python: str
    versions: dict[str, str]


class Spent(Struct, frozen=True, kw_only=True):
    """One run over all events: seconds on the wall clock and of CPU (all threads)."""

    wall_s: float
    cpu_s: float
    events: int

    @property
    def per_s(self) -> float:
        """Events per second of wall clock."""
        return self.events / self.wall_s

    @property
    def per_cpu_s(self) -> float:
        """Events per second of CPU."""
        return self.events / self.cpu_s


class WorkerRun(Spent, frozen=True, kw_only=True):
    """A worker's run, with what it did besides folding.

    ``parts_s`` (main thread by part, sampled) is empty unless profiled. ``durable_events`` were
    in acknowledged checkpoints when the last event was folded; ``told`` records of customers were
    written and ``told_folded`` of them read by then. ``peak_mib`` is the largest memory of the
    process.
    """

    threads_s: dict[str, float]
    parts_s: dict[str, float]
    boards: int
    board_s: float
    collector_s: float
    collector_runs: int
    durable_events: int
    duplicate: int
    late: int
    peak_mib: int
    told: int = 0
    told_folded: int = 0


class Throughput(Struct, frozen=True, kw_only=True):
    """All rounds of the throughput benchmark; ``profile`` is a run of its own, not timed.

    ``compiled`` are the runs with the compiled core, empty where there was none.
    """

    machine: Machine
    taken_at: str
    load_per_core: float
    events_by_topic: dict[str, int]
    value_bytes: int
    span_s: float
    partitions: int
    bare: list[Spent]
    worker: list[WorkerRun]
    profile: WorkerRun | None = None
    compiled: list[WorkerRun] = []
    compiled_profile: WorkerRun | None = None

    def ratios(self, runs: Sequence[Spent]) -> list[float]:
        """Return the rates of runs against those of the bare loop, wall clock, by round."""
        return [b.per_s / a.per_s for a, b in zip(self.bare, runs, strict=True)]

    def cpu_ratios(self, runs: Sequence[Spent]) -> list[float]:
        """Return the rates of runs against those of the bare loop, CPU time, by round."""
        return [b.per_cpu_s / a.per_cpu_s for a, b in zip(self.bare, runs, strict=True)]


class Groups(Struct, frozen=True, kw_only=True):
    """The groups benchmark: the same day with all groups of KPIs, and with the first three."""

    machine: Machine
    taken_at: str
    load_per_core: float
    events: int
    all_groups: list[WorkerRun]
    first_three: list[WorkerRun]

    @property
    def ratios(self) -> list[float]:
        """Events per second of CPU with all groups against the first three, by round."""
        return [
            b.per_cpu_s / a.per_cpu_s
            for a, b in zip(self.first_three, self.all_groups, strict=True)
        ]


class RuleLooks(Struct, frozen=True, kw_only=True):
    """Looks at the same rules: CPU ms of those after the first, and of that; ``breaching`` is the
    median number of pairs of rule and row in breach."""

    name: str
    looks_ms: list[float]
    first_ms: float
    breaching: int


class AlertLooks(Struct, frozen=True, kw_only=True):
    """The benchmark of alert rules; ``board_ms`` is what the board cost that they look at."""

    machine: Machine
    taken_at: str
    load_per_core: float
    rules: int
    queues: int
    measures: int
    board_ms: float
    cases: list[RuleLooks]


class Customers(Struct, frozen=True, kw_only=True):
    """The customers benchmark: one shard that remembers many, by itself in a process."""

    machine: Machine
    taken_at: str
    customers: int
    contacts: int
    days: int
    fold_us: float
    resident_mib: int
    checkpoint_mib: float
    checkpoint_s: float
    restore_s: float


class Stall(Struct, frozen=True, kw_only=True):
    """One pause of a worker's loop in ms, how much of it was CPU of its thread, and where it was
    seen (looks by place)."""

    ms: float
    cpu_ms: float
    while_scraped: bool
    parts: dict[str, int]


class Watched(Struct, frozen=True, kw_only=True):
    """What a worker with a heartbeat tells at its end."""

    beats: int
    stalls: list[Stall]
    boards: int
    pages: int
    cpu_s: float
    peak_mib: int


class ScrapeRow(Struct, frozen=True, kw_only=True):
    """Scrapes of one worker; ``series`` and ``page_bytes`` of the last page, as it went out."""

    agents: int
    queues: int
    series: int
    page_bytes: int
    gzip_bytes: int
    events_per_s: float
    scrapes_ms: list[float]
    watched: Watched

    def stall(self, *, while_scraped: bool) -> Stall | None:
        """Return the longest pause, with or without a scrape under way."""
        found = [s for s in self.watched.stalls if s.while_scraped is while_scraped]
        return max(found, key=lambda stall: stall.ms, default=None)


class Scrape(Struct, frozen=True, kw_only=True):
    """The scrape benchmark, a row per size."""

    machine: Machine
    taken_at: str
    load_per_core: float
    every_ms: int
    rows: list[ScrapeRow]


class Crowd(Struct, frozen=True, kw_only=True):
    """What those who watched got: boards by stream client, whole pages by scraper."""

    boards: list[int]
    board_bytes: int
    selections: int
    asked: int
    pages: list[int]
    page_bytes: int
    page_ms: list[float]
    cpu_s: float


class WatchedRun(Spent, frozen=True, kw_only=True):
    """A worker's run over all events, alone or watched."""

    boards: int
    encodings: int
    pages: int
    peak_mib: int
    crowd: Crowd | None = None


class Watchers(Struct, frozen=True, kw_only=True):
    """The watchers benchmark: the same events alone and watched, turn by turn."""

    machine: Machine
    taken_at: str
    load_per_core: float
    streams: int
    scrapers: int
    scrape_every_s: float
    events: int
    alone: list[WatchedRun]
    watched: list[WatchedRun]

    @property
    def losses(self) -> list[float]:
        """Share of the events per second of wall clock that is lost, by round."""
        return [1 - b.per_s / a.per_s for a, b in zip(self.alone, self.watched, strict=True)]

    @property
    def cpu_losses(self) -> list[float]:
        """Share of the events per second of CPU that is lost, by round."""
        pairs = zip(self.alone, self.watched, strict=True)
        return [1 - b.per_cpu_s / a.per_cpu_s for a, b in pairs]


class PaintPage(Struct, frozen=True, kw_only=True):
    """One page of the wallboard: ms until painted and until its numbers stand there, with nothing
    cached; ms of the browser's main thread per update (scripts, styles and layout)."""

    page: str
    first_paint_ms: list[float]
    numbers_ms: list[float]
    script_ms: list[float]
    layout_ms: list[float]
    updates: int


class PaintBoard(Struct, frozen=True, kw_only=True):
    """A wallboard of so many queues; ``message_bytes`` of one update of the first page."""

    queues: int
    message_bytes: int
    pages: list[PaintPage]


class Paint(Struct, frozen=True, kw_only=True):
    """The paint benchmark."""

    machine: Machine
    taken_at: str
    load_per_core: float
    browser: str
    boards: list[PaintBoard]


def quantile(values: Sequence[float], q: float) -> float:
    """Return the nearest-rank quantile."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(q * 1_000_000) * len(ordered) // 1_000_000) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


class Built(Struct, frozen=True, kw_only=True):
    """What lies in the changelogs."""

    records: int
    bytes: int
    largest_record: int
    rows: int


class Restart(Struct, frozen=True, kw_only=True):
    """One start: seconds until restored, of the first board and of the first checkpoints.

    ``peak_mib`` is the largest memory of the process up to there.
    """

    restore_s: float
    cpu_s: float
    board_s: float
    checkpoint_s: float
    open_contacts: int
    peak_mib: int


class Recovery(Struct, frozen=True, kw_only=True):
    """The recovery benchmark: the state that was left, and some starts that came back to it."""

    machine: Machine
    taken_at: str
    load_per_core: float
    contacts: int
    queues: int
    days: int
    built: Built
    restarts: list[Restart]
