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
    """All rounds of the throughput benchmark; ``profile`` is a run of its own, not timed."""

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

    @property
    def ratios(self) -> list[float]:
        """Worker against bare loop, wall clock, by round."""
        return [b.per_s / a.per_s for a, b in zip(self.bare, self.worker, strict=True)]

    @property
    def cpu_ratios(self) -> list[float]:
        """Worker against bare loop, CPU time, by round."""
        return [b.per_cpu_s / a.per_cpu_s for a, b in zip(self.bare, self.worker, strict=True)]


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


class Latency(Struct, frozen=True, kw_only=True):
    """From handing a marked event to the producer until a poll of the metrics shows it."""

    machine: Machine
    taken_at: str
    load_per_core: float
    events_per_s: float
    seconds: float
    events: int
    queues: int
    poll_ms: int
    page: str
    page_ms: float
    page_bytes: int
    latencies_ms: list[float]

    def quantile_ms(self, q: float) -> float:
        """Return the smallest latency that at least the share ``q`` of the markers kept."""
        return quantile(self.latencies_ms, q)


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
