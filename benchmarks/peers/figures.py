"""What the benchmark of the peers writes down, as it writes it to JSON."""

from __future__ import annotations

from msgspec import Struct

from benchmarks.measures import Machine, Spent

BARE = "bare"


class PeerRun(Spent, frozen=True, kw_only=True):
    """A peer's run over all events.

    ``cells`` are the pairs of key and window that it holds, None where it counts in no windows of
    one minute; ``peak_mib`` is the largest memory of the process, None where nobody looked.
    """

    cells: int | None = None
    peak_mib: int | None = None


class Peers(Struct, frozen=True, kw_only=True):
    """All rounds; ``runs`` by peer, a run per round, and ``orders`` says who ran after whom."""

    machine: Machine
    taken_at: str
    load_per_core: float
    events_by_topic: dict[str, int]
    value_bytes: int
    span_s: float
    partitions: int
    window_s: int
    cells: int
    versions: dict[str, str]
    orders: list[list[str]]
    runs: dict[str, list[PeerRun]]

    @property
    def events(self) -> int:
        """Number of all events."""
        return sum(self.events_by_topic.values())

    def ratios(self, name: str, base: str = BARE) -> list[float]:
        """Events per second against another peer in the same round; empty if it did not run."""
        pairs = zip(self.runs.get(base, []), self.runs[name], strict=False)
        return [run.per_s / other.per_s for other, run in pairs]

    def cpu_ratios(self, name: str, base: str = BARE) -> list[float]:
        """The same, of events per second of CPU."""
        pairs = zip(self.runs.get(base, []), self.runs[name], strict=False)
        return [run.per_cpu_s / other.per_cpu_s for other, run in pairs]
