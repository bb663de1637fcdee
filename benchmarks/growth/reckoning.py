"""From measured costs and named assumptions to the machines that a centre needs."""

from __future__ import annotations

import math

from msgspec import Struct

from aggregators.policy import DAY_MS, Rules
from exporters.live import REST_FACTOR
from streams.settings import RETENTION_MS, StreamSettings
from streams.topics import CUSTOMERS_KEPT_MS, plan

BOARD_SHARE = 1 / (1 + REST_FACTOR)
"""Of a thread, for boards at most: they come less often then."""
BOARDS_PER_S = 2.0
MIB, GIB = 2**20, 2**30
HOURS_S = 3_600


class Costs(Struct, frozen=True, kw_only=True):
    """What was measured; bytes are of one copy.

    ``agent_cpu`` is what a busy agent adds to the CPU share of a whole worker (events, boards,
    checkpoints, Redis), with ``events_per_contact``; further events cost ``event_us`` each.
    ``recent_event_mib`` is what an event takes as long as its contact may be corrected.
    ``checkpoint_bytes_s`` and ``redis_bytes_s`` are what an idle centre writes a second, the same
    with ``_per_agent`` what each busy agent adds.
    """

    event_us: float
    events_per_contact: float
    agent_cpu: float
    idle_cpu: float
    idle_mib: float
    queue_mib: float
    open_contact_mib: float
    recent_event_mib: float
    customer_mib: float
    customers_measured: int
    board_s: float
    board_s_per_queue: float
    event_bytes: float
    customer_bytes: float
    checkpoint_bytes_s: float
    checkpoint_bytes_s_per_agent: float
    redis_bytes_s: float
    redis_bytes_s_per_agent: float
    state_bytes_per_queue: float
    state_bytes_per_open_contact: float
    state_bytes_per_event: float
    series_per_queue: float
    open_per_agent: float
    ready_s: float
    ready_s_per_partition: float


class Assumptions(Struct, frozen=True, kw_only=True):
    """What nobody measured, and you may know better."""

    contacts_per_agent_h: float
    events_per_contact: float
    peak: float = 1.5
    busy_hours_a_day: float = 10.0
    agents_per_queue: float = 40.0
    new_customers: float = 0.7
    customer_days: int = 30
    core_used: float = 0.5
    catch_up: float = 20.0
    spare_workers: int = 1
    worker_mib: int = 4_096
    partitions_per_worker: int = 4
    open_per_partition: int = 50_000
    copies: int = 3
    retention_days: float = RETENTION_MS / DAY_MS
    customers_days: float = CUSTOMERS_KEPT_MS / DAY_MS
    state_copies: float = 2.0
    lateness_s: float = Rules().lateness_ms / 1_000


class Size(Struct, frozen=True, kw_only=True):
    """What a centre needs. ``cores`` are used on average at the peak, all workers together;
    ``worker_mib`` is of each, the rest of all."""

    agents: int
    queues: int
    events_per_s: float
    peak_per_s: float
    events_a_day: float
    open_contacts: float
    customers: float
    cores: float
    catch_up_cores: float
    workers: int
    partitions: int
    worker_mib: float
    board_every_s: float
    series: float
    kafka_bytes_s: float
    kafka_gib: float
    redis_bytes_s: float
    redis_mib: float
    ready_s: float


def size_of(agents: int, queues: int, costs: Costs, given: Assumptions) -> Size:
    """Reckon a centre of so many agents on duty in its busiest hours."""
    mean_per_s = agents * given.contacts_per_agent_h * given.events_per_contact / HOURS_S
    peak_per_s = mean_per_s * given.peak
    events_a_day = mean_per_s * given.busy_hours_a_day * HOURS_S
    open_contacts = agents * costs.open_per_agent * given.peak
    contacts = events_a_day / given.events_per_contact * given.customer_days
    customers = contacts * given.new_customers
    board_s = costs.board_s + costs.board_s_per_queue * queues
    every_s = max(1 / BOARDS_PER_S, board_s / BOARD_SHARE)
    more_events = max(0.0, given.events_per_contact - costs.events_per_contact)
    more_us = given.contacts_per_agent_h * more_events / HOURS_S * costs.event_us
    work = agents * given.peak * (costs.agent_cpu + more_us / 1e6)
    catch_up = given.catch_up * mean_per_s * costs.event_us / 1e6
    whole_mib = (
        costs.queue_mib * queues
        + costs.open_contact_mib * open_contacts
        + costs.recent_event_mib * mean_per_s * given.lateness_s
    )
    customers_mib = costs.customer_mib * customers
    room_mib = given.worker_mib - costs.idle_mib - whole_mib
    least = max(
        1, math.ceil(work / (given.core_used - costs.idle_cpu)), math.ceil(catch_up),
        math.ceil(customers_mib / max(room_mib, given.worker_mib / 10)),
    )  # fmt: skip
    workers = least + given.spare_workers
    partitions = _power_of_two(
        max(
            given.partitions_per_worker * least,
            workers,
            math.ceil(open_contacts / given.open_per_partition),
            math.ceil(customers / costs.customers_measured),
        )
    )
    state = (
        costs.state_bytes_per_queue * queues
        + costs.state_bytes_per_open_contact * open_contacts
        + costs.state_bytes_per_event * mean_per_s * given.lateness_s
    )
    told = costs.customer_bytes * events_a_day * given.customers_days
    events = costs.event_bytes * events_a_day * given.retention_days
    checkpoints_s = checkpoint_bytes_s(agents, costs)
    kept = given.state_copies * state + segments_bytes(partitions)
    return Size(
        agents=agents,
        queues=queues,
        events_per_s=mean_per_s,
        peak_per_s=peak_per_s,
        events_a_day=events_a_day,
        open_contacts=open_contacts,
        customers=customers,
        cores=work + workers * costs.idle_cpu,
        catch_up_cores=catch_up,
        workers=workers,
        partitions=partitions,
        worker_mib=costs.idle_mib + whole_mib + customers_mib / least,
        board_every_s=every_s,
        series=costs.series_per_queue * queues,
        kafka_bytes_s=peak_per_s * (costs.event_bytes + costs.customer_bytes) + checkpoints_s,
        kafka_gib=given.copies * (events + told + kept) / GIB,
        redis_bytes_s=costs.redis_bytes_s + costs.redis_bytes_s_per_agent * agents,
        redis_mib=state / MIB,
        ready_s=costs.ready_s + costs.ready_s_per_partition * partitions,
    )


def checkpoint_bytes_s(agents: int, costs: Costs) -> float:
    """Return what the checkpoints of so many busy agents write a second."""
    return costs.checkpoint_bytes_s + costs.checkpoint_bytes_s_per_agent * agents


def segments_bytes(partitions: int) -> int:
    """Return what changelogs may hold before Kafka compacts them: a segment of each partition."""
    settings = StreamSettings(partitions=partitions)
    return sum(
        spec.partitions * int(spec.config["segment.bytes"])
        for spec in plan(settings)
        if "segment.bytes" in spec.config and not spec.has_own_count
    )


def _power_of_two(least: int) -> int:
    return 1 << max(0, least - 1).bit_length()
