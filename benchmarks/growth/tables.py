"""The tables of the growth benchmark, for docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.growth.figures import Growth, Point
from benchmarks.growth.laws import Law, laws
from benchmarks.tables import table

KIB, MIB = 1024, 2**20


def core_table(first: str, rows: Sequence[Point]) -> str:
    """Return a row per size of the core."""
    return table(
        (
            first, "fold, times decoding", "told of customers", "board, ms", "first board",
            "page, ms", "series", "checkpoint, ms", "record, KiB", "rows, KiB",
        ),
        [
            (
                f"{row.size:,}", f"{row.fold:.1f}", f"{row.told:.1f}", f"{row.board_ms:,.0f}",
                f"{row.first_board_ms:,.0f}", f"{row.page_ms:,.0f}", f"{row.series:,}",
                f"{row.checkpoint_ms:,.0f}", f"{row.record_bytes / KIB:,.0f}",
                f"{row.row_bytes / KIB:,.0f}",
            )
            for row in rows
        ],
    )  # fmt: skip


def customers_table(found: Growth) -> str:
    """Return a row per number of customers."""
    return table(
        ("customers", "fold of a contact, times decoding", "memory, MiB"),
        [
            (f"{row.size:,}", f"{row.fold:.1f}", f"{row.resident_mib:,.0f}")
            for row in found.customers
        ],
    )


def memory_table(found: Growth) -> str:
    """Return a row per number of queues that are kept for days."""
    return table(
        ("queues", "shards, MiB", "and boards", "whole checkpoint, MiB", "rows"),
        [
            (
                f"{row.size:,}", f"{row.shards_mib:,.0f}", f"{row.with_boards_mib:,.0f}",
                f"{(row.row_bytes + row.record_bytes) / MIB:,.1f}", f"{row.rows:,}",
            )
            for row in found.memory
        ],
    )  # fmt: skip


def partitions_table(found: Growth) -> str:
    """Return a row per number of partitions."""
    return table(
        (
            "partitions", "CPU per event, µs", "wall, µs", "memory, MiB",
            "told of customers per event, bytes", "ready after, s", "CPU, s",
        ),
        [
            (
                f"{row.size:,}", f"{row.cpu_us:.1f}", f"{row.wall_us:.1f}", f"{row.peak_mib:,}",
                f"{row.customer_bytes / row.events:.0f}", f"{row.ready_s:.1f}",
                f"{row.ready_cpu_s:.1f}",
            )
            for row in found.partitions
        ],
    )  # fmt: skip


def bytes_table(found: Growth) -> str:
    """Return a row per size of a centre at its own time."""
    return table(
        (
            "busy agents", "events/s", "event, bytes", "checkpoints per event",
            "Redis per event", "Redis holds, MiB", "CPU of the worker",
            "its memory, MiB",
        ),
        [
            (
                f"{row.size:,}", f"{row.events / row.seconds:,.1f}",
                f"{row.event_bytes / row.events:,.0f}",
                f"{row.checkpoint_bytes / row.events:,.0f}",
                f"{row.redis_bytes / row.events:,.0f}", f"{row.redis_mib:,.1f}",
                f"{row.worker_cpu_s / row.seconds:.1%}", f"{row.resident_mib:,}",
            )
            for row in found.bytes
        ],
    )  # fmt: skip


def outage_table(found: Growth) -> str:
    """Return a row per core."""
    return table(
        (
            "core", "agents", "events", "open contacts", "restored, s", "caught up, s",
            "customers too, s", "CPU, s", "memory, MiB", "times real time",
        ),
        [
            (
                row.core, f"{row.agents:,}", f"{row.events:,}", f"{row.open_contacts:,}",
                f"{row.restored_s:.1f}", f"{row.caught_up_s:.1f}", f"{row.told_s:.1f}",
                f"{row.cpu_s:.1f}", f"{row.peak_mib:,}", f"{row.times_real:,.0f}",
            )
            for row in found.outage
        ],
    )  # fmt: skip


def laws_table(found: Growth) -> str:
    """Return what each figure may do, what it does, and whether that is well."""
    return table(
        ("", "from", "to", "sizes", "expected", "times", "power at the end", ""),
        [_law_cells(one) for one in laws(found)],
    )


def _law_cells(one: Law) -> tuple[str, ...]:
    return (
        one.name,
        f"{one.values[0]:,.4g}",
        f"{one.values[-1]:,.4g}",
        f"{one.sizes[0]:,.0f} to {one.sizes[-1]:,.0f}",
        "flat" if one.is_flat else "linear",
        f"{one.factor:,.3g}",
        f"{one.power:.2f}",
        "kept" if one.is_kept else "**not kept**",
    )
