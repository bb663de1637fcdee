"""What the growth benchmark writes down, as it writes it to JSON."""

from __future__ import annotations

from msgspec import Struct, field

from benchmarks.measures import Machine


class Point(Struct, frozen=True, kw_only=True):
    """The core at one size, in a process of its own; times are CPU.

    ``fold`` and ``told`` (of customers) are per event, in multiples of ``decode_us``: msgspec
    decoding the same messages. Boards and checkpoints were made once per simulated second, in
    which ``events_per_s`` were folded; medians. ``record_bytes`` and ``row_bytes`` are of such a
    checkpoint. ``filled_mib`` is resident memory that the state took beside an empty process.
    """

    size: int
    decode_us: float
    fold: float
    told: float
    events_per_s: float
    open_contacts: int
    first_board_ms: float
    board_ms: float
    checkpoint_ms: float
    record_bytes: int
    row_bytes: int
    page_ms: float
    page_bytes: int
    series: int
    left_out: int
    filled_mib: float


class Remembered(Struct, frozen=True, kw_only=True):
    """One shard of customers at one size; ``fold`` in multiples of decoding such a message."""

    size: int
    decode_us: float
    fold: float
    resident_mib: float


class Kept(Struct, frozen=True, kw_only=True):
    """Queues with days of history: resident memory of the shards alone and with what is kept for
    boards and pages, and the whole checkpoint, as Kafka and Redis hold it."""

    size: int
    days: int
    shards_mib: float
    with_boards_mib: float
    record_bytes: int
    row_bytes: int
    rows: int


class Spread(Struct, frozen=True, kw_only=True):
    """The same events over so many partitions of each topic, on a real Kafka.

    ``cpu_us`` and ``wall_us`` per event of a worker, from when its shards are there until all
    events are folded, and what it told itself of customers, too: ``customer_bytes`` in their topic.
    ``ready_s`` from the start of ``vigie worker`` until ``/readyz`` says yes, with the state that
    is left, of it ``ready_cpu_s`` CPU.
    """

    size: int
    events: int
    cpu_us: float
    wall_us: float
    customer_bytes: int
    peak_mib: int
    ready_s: float
    ready_cpu_s: float


class Written(Struct, frozen=True, kw_only=True):
    """What a centre of so many agents costs at its own time, on a real Kafka and a real Redis.

    Bytes on Kafka's disk (one copy) of events and checkpoints.
    ``redis_bytes`` went to Redis, ``redis_mib`` is what it held at the end.
    """

    size: int
    seconds: float
    events: int
    event_bytes: int
    checkpoint_bytes: int
    redis_bytes: int
    redis_mib: float
    worker_cpu_s: float
    resident_mib: int


class CaughtUp(Struct, frozen=True, kw_only=True):
    """A worker that came back after an outage and worked off what had been sent meanwhile.

    Seconds from the start of the service: ``restored_s`` until its shards were there again,
    ``caught_up_s`` until the last event was folded, and ``told_s`` until what it told of customers
    was, too.
    """

    core: str
    agents: int
    queues: int
    outage_s: float
    events: int
    open_contacts: int
    restored_s: float
    caught_up_s: float
    told_s: float
    cpu_s: float
    boards: int
    peak_mib: int

    @property
    def size(self) -> int:
        """The busy agents."""
        return self.agents

    @property
    def times_real(self) -> float:
        """How many seconds of the centre one second of catching up is worth."""
        return self.outage_s / self.told_s


class Growth(Struct, frozen=True, kw_only=True):
    """All parts; one that was not measured is empty. ``taken_at`` and ``load_per_core`` by part.

    ``agents`` and ``events_per_s`` are of the centre of ``queues``, ``windows`` and ``open``.
    """

    machine: Machine
    agents: int
    events_per_s: float
    taken_at: dict[str, str] = field(default_factory=dict)
    load_per_core: dict[str, float] = field(default_factory=dict)
    queues: list[Point] = field(default_factory=list)
    windows: list[Point] = field(default_factory=list)
    open: list[Point] = field(default_factory=list)
    customers: list[Remembered] = field(default_factory=list)
    memory: list[Kept] = field(default_factory=list)
    partitions: list[Spread] = field(default_factory=list)
    bytes: list[Written] = field(default_factory=list)
    outage: list[CaughtUp] = field(default_factory=list)
