"""The tables of docs/sizing.md."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.growth.cluster import HANDLE_S
from benchmarks.growth.figures import Written
from benchmarks.growth.reckoning import MIB, Assumptions, Costs, Size
from benchmarks.tables import table
from exporters.prometheus.collector import MAX_SERIES
from streams.settings import StreamSettings
from streams.simulator.studies import LOAD_OCCUPANCY
from streams.topics import plan


def sizes_table(sizes: list[tuple[str, Size]]) -> str:
    """Return a column per centre."""
    rows: list[tuple[str, ...]] = [
        ("queues", *(f"{size.queues:,}" for _, size in sizes)),
        ("events a second, busy hour", *(f"{size.events_per_s:,.1f}" for _, size in sizes)),
        ("at the peak", *(f"{size.peak_per_s:,.1f}" for _, size in sizes)),
        ("open contacts", *(f"{size.open_contacts:,.0f}" for _, size in sizes)),
        ("customers remembered", *(f"{size.customers:,.0f}" for _, size in sizes)),
        ("**workers**, one of them to spare", *(f"**{size.workers}**" for _, size in sizes)),
        ("**partitions** of each topic", *(f"**{size.partitions}**" for _, size in sizes)),
        ("**cores** in use at the peak, all workers", *(f"**{s.cores:.2f}**" for _, s in sizes)),
        ("cores to catch up 20 times", *(f"{size.catch_up_cores:.2f}" for _, size in sizes)),
        ("**memory of a worker**", *(f"**{_mib(size.worker_mib)}**" for _, size in sizes)),
        ("a new board every, s", *(f"{size.board_every_s:.1f}" for _, size in sizes)),
        ("ready after, s", *(f"{size.ready_s:.1f}" for _, size in sizes)),
        ("KPI series", *(_series(size) for _, size in sizes)),
        (
            "**Kafka**, written a second, one copy",
            *(_rate(size.kafka_bytes_s) for _, size in sizes),
        ),
        (
            "**Kafka**, disk of all brokers, all copies",
            *(f"**{s.kafka_gib:,.0f} GiB**" for _, s in sizes),
        ),
        ("**Redis**, written a second", *(_rate(size.redis_bytes_s) for _, size in sizes)),
        ("**Redis**, memory for data", *(f"**{_mib(size.redis_mib)}**" for _, size in sizes)),
    ]
    return table(("", *(name for name, _ in sizes)), rows)


def _mib(mib: float) -> str:
    return f"{mib / 1024:,.1f} GiB" if mib >= 1024 else f"{mib:,.0f} MiB"


def _rate(bytes_s: float) -> str:
    return f"{bytes_s / MIB:,.1f} MiB" if bytes_s >= MIB else f"{bytes_s / 1024:,.0f} KiB"


def _series(size: Size) -> str:
    return f"{size.series:,.0f}" + (", too many" if size.series > MAX_SERIES else "")


def costs_table(costs: Costs) -> str:
    """Return what was measured, and by which benchmark."""
    open_kib, customer_bytes = costs.open_contact_mib * 1024, costs.customer_mib * MIB
    board = f"{costs.board_s * 1e3:.0f} + {costs.board_s_per_queue * 1e3:.2f} ms a queue"
    ready = f"{costs.ready_s:.1f} + {costs.ready_s_per_partition:.3f} s a partition"
    return table(
        ("measured", "", "by"),
        [
            ("an event, all groups of KPIs", f"{costs.event_us:.1f} µs of CPU", "groups"),
            ("a worker with next to nothing to do", f"{costs.idle_cpu:.1%} of a core", "growth"),
            ("a thousand busy agents more", f"{costs.agent_cpu * 1e3:.1%} of a core", "growth"),
            ("its memory", f"{costs.idle_mib:.0f} MiB", "growth"),
            ("memory of a queue, 8 days", f"{costs.queue_mib:.2f} MiB", "growth"),
            ("memory of an open contact", f"{open_kib:.1f} KiB", "growth"),
            ("memory of an event of the last hour, at most",
             f"{costs.recent_event_mib * MIB:.0f} bytes", "growth"),
            ("memory of a customer remembered", f"{customer_bytes:.0f} bytes", "growth"),
            ("a board of all windows", board, "growth"),
            ("an event in its topic", f"{costs.event_bytes:.0f} bytes", "growth"),
            ("told of customers, per event", f"{costs.customer_bytes:.0f} bytes", "growth"),
            ("checkpoints, a second", _per_agent(
                costs.checkpoint_bytes_s, costs.checkpoint_bytes_s_per_agent), "growth"),
            ("to Redis, a second", _per_agent(
                costs.redis_bytes_s, costs.redis_bytes_s_per_agent), "growth"),
            ("state of a queue, 8 days", f"{costs.state_bytes_per_queue / 1024:.0f} KiB", "growth"),
            ("state of an open contact", f"{costs.state_bytes_per_open_contact:.0f} bytes",
             "growth"),
            ("state of an ended contact, per event", f"{costs.state_bytes_per_event:.0f} bytes",
             "growth"),
            ("KPI series of a queue", f"{costs.series_per_queue:,.0f}", "growth"),
            ("open contacts of a busy agent", f"{costs.open_per_agent:.2f}", "growth"),
            ("a worker is ready after", ready, "growth"),
        ],
    )  # fmt: skip


def _per_agent(idle: float, each: float) -> str:
    return f"{idle / 1024:.0f} KiB + {each:.0f} bytes an agent"


def assumptions_table(given: Assumptions) -> str:
    """Return what is only assumed, and why."""
    return table(
        ("assumed", "", "because"),
        [
            ("contacts of an agent in a busy hour", f"{given.contacts_per_agent_h:.1f}",
             f"{HANDLE_S / 60:.0f} minutes each, wrap-up included; {LOAD_OCCUPANCY:.0%} busy"),
            ("events of a contact", f"{given.events_per_contact:.1f}",
             "as the demo's centres make them, surveys, carts and self-care included"),
            ("peak against the busy hour", f"{given.peak:g}", "the worst minutes of a day"),
            ("busy hours a day", f"{given.busy_hours_a_day:g}", "agents of two shifts"),
            ("new customers", f"{given.new_customers:.0%}",
             f"of the contacts of {given.customer_days} days; the others come back"),
            ("of a core, in use at most", f"{given.core_used:.0%}", "room for what nobody foresaw"),
            ("catching up", f"{given.catch_up:g} times",
             "real time, so an hour without workers is gone in three minutes"),
            ("workers to spare", f"{given.spare_workers}",
             "one may be lost or restarted at the peak"),
            ("memory of a worker, at most", _mib(given.worker_mib),
             "more customers than fit make more workers"),
            ("partitions of a worker", f"{given.partitions_per_worker}",
             "that is needed, so that more of them can share the work later"),
            ("open contacts of a partition, at most", f"{given.open_per_partition:,}",
             "a quarter of the limit; they are in each of its checkpoints"),
            ("copies in Kafka", f"{given.copies}", "replication factor"),
            ("events are kept, days", f"{given.retention_days:g}", "`kafka.topic_retention`"),
            ("what is told of customers, days", f"{given.customers_days:g}", "as its figures are"),
            ("state in changelogs", f"{given.state_copies:g} times",
             "two slots of each row; and a segment of every partition"),
        ],
    )  # fmt: skip


def provider_row(name: str, size: Size, installations: int) -> tuple[str, ...]:
    """Return what so many installations of a size need together."""
    workers = size.workers * installations
    return (
        name,
        f"{installations:,}",
        f"{workers:,}",
        f"{size.cores * installations:,.0f}",
        _mib(size.worker_mib * workers),
        f"{size.kafka_gib * installations / 1024:,.1f} TiB",
        _mib(size.redis_mib * installations),
        f"{partitions_in_all(size.partitions) * installations:,}",
    )


def provider_table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return a row per way to serve many tenants."""
    return table(
        (
            "", "installations", "workers", "cores", "memory of workers", "Kafka, disk",
            "Redis", "partitions in Kafka",
        ),
        rows,
    )  # fmt: skip


def partitions_in_all(partitions: int) -> int:
    """Return how many partitions the topics and changelogs of an installation have."""
    return sum(spec.partitions for spec in plan(StreamSettings(partitions=partitions)))


def fit_table(rows: Sequence[Written], costs: Costs) -> str:
    """Return the CPU of whole workers as measured, beside what the reckoning says of them."""
    return table(
        ("", "measured", "reckoned", "memory"),
        [
            (
                f"{row.size:,} agents, {row.events / row.seconds:,.1f} events/s",
                f"{cpu_share(row):.1%}",
                f"{costs.idle_cpu + costs.agent_cpu * (row.size - rows[0].size):.1%}",
                f"{row.resident_mib:,} MiB",
            )
            for row in rows
        ],
    )


def cpu_share(row: Written) -> float:
    """Return the share of a core that a worker took."""
    return row.worker_cpu_s / row.seconds
