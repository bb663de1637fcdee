"""The state of vigie as it lies in Kafka: durable checkpoints, read back and summed.

This reads with vigie's own reader, on purpose: it is the state that is on trial, and the oracle
that it is held against shares nothing with it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from faust.types import TP

from aggregators import facts as f
from aggregators.counts import Counts
from aggregators.due import due_facts, in_conversation, is_waiting
from aggregators.policy import Rules
from aggregators.shard import Shard
from aggregators.slices import SCOPE_BITS, SCOPE_MASK, SLICE_MS
from streams.changelog import read_changelogs
from streams.checkpoint import restore
from streams.settings import StreamSettings
from tests.faults.oracle import Place

SOURCES = ("calls", "chats")
TOTALS = (
    "offered", "answered", "answered_in_target", "abandoned", "abandoned_short", "flow_out",
    "transferred", "handled",
)  # fmt: skip
"""Counters that the oracle counts too; of corrections it does not keep count."""


def _named_facts() -> dict[int, tuple[Any, ...]]:
    named: dict[int, tuple[Any, ...]] = {
        f.ENTERED: ("entered",),
        f.TRANSFERRED_IN: ("transferred_in",),
        f.TIMER_MISSED: ("timer_missed",),
        f.CREATED: ("created",),
        f.IVR_ABANDONED: ("ivr_abandoned",),
        f.FROM_START_MS: ("from_start_ms",),
        f.VOICE_START_MS: ("from_start_ms",),
        f.HOLD_ABANDONED: ("hold_abandoned",),
        f.HANDLED: ("handled",),
        f.TALK_MS: ("talk_ms",),
        f.HOLD_MS: ("hold_ms",),
        f.ACW_MS: ("acw_ms",),
        f.HELD: ("held",),
        f.LOST: ("lost",),
        f.ANSWERED_UNKNOWN_WAIT: ("answered_unknown_wait",),
        f.RESPONSE: ("first_response",),
        f.RESPONSE_MS: ("first_response_ms",),
        f.REPLY: ("reply",),
        f.REPLY_MS: ("reply_ms",),
    }
    for n, outcome in enumerate(f.OFFER_OUTCOMES):
        named[f.OFFER_MISSED + n] = ("offer_missed", outcome)
    for n, outcome in enumerate(f.CALLBACK_OUTCOMES):
        named[f.CALLBACK_DONE + n] = ("callback_done", outcome)
    for k, kind in enumerate(f.TRANSFER_KINDS):
        for s, scope in enumerate(f.TRANSFER_SCOPES):
            named[f.TRANSFERRED + 2 * k + s] = ("transferred", kind, scope)
    return named


NAMED = _named_facts()
LEFT: dict[int, tuple[Any, ...]] = {
    f.WAIT_ANSWERED: ("answered",),
    f.WAIT_ABANDONED: ("abandoned",),
    f.WAIT_CALLBACK: ("callback",),
    **{f.WAIT_FLOW_OUT + n: ("flow_out", reason) for n, reason in enumerate(f.FLOW_OUT_REASONS)},
}


@dataclass
class Found:
    """What the checkpoints hold; the same shape as the oracle's ``Expected``.

    ``melted`` are the spans (start, end) whose slices grew old and became one: a fact inside may
    stand at the start of its span.
    """

    counts: dict[tuple[str, int], tuple[int, Counts]]
    facts: Counter[Place]
    open: Counter[tuple[str, str, str]]
    counters: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    melted: set[tuple[int, int]] = field(default_factory=set)


def name_of(key: int) -> tuple[Any, ...] | None:
    """What a key of a cell is called by the oracle; None for what the oracle does not count."""
    if key >> f.VALUE_BITS:
        return (*LEFT[key >> f.VALUE_BITS], key & f.VALUE_MASK)
    return NAMED.get(key)


async def durable_shards(settings: StreamSettings, rules: Rules) -> dict[tuple[str, int], Shard]:
    """The shards of the two contact topics as their last durable checkpoints have them."""
    wanted = {
        TP(settings.topic(name), partition): settings.changelog(name)
        for name in SOURCES
        for partition in range(settings.partitions)
    }
    found = {}
    for tp, rows in (await read_changelogs(settings, wanted)).items():
        snapshot = restore(rows, tp.topic, tp.partition)
        if snapshot is not None:
            found[tp.topic, tp.partition] = Shard.decode(snapshot.body, snapshot.rows, rules)
    return found


def summed(shards: dict[tuple[str, int], Shard], as_of_ms: int) -> Found:
    """Everything that the shards hold, seen from an instant."""
    facts: Counter[Place] = Counter()
    going_on: Counter[tuple[str, str, str]] = Counter()
    counters: Counter[tuple[str, str, str]] = Counter()
    melted: set[tuple[int, int]] = set()
    for shard in shards.values():
        _count_totals(counters, shard)
        for minute, row in shard.slices.rows.items():
            if row.level:
                melted.add((row.start_ms, row.end_ms))
            for cell_key, cell in row.cells.items():
                start_ms = minute * 60_000
                if row.level == 0:
                    start_ms += (cell_key >> SCOPE_BITS) * SLICE_MS
                for key, amount in cell.items():
                    _book(facts, shard, start_ms, cell_key & SCOPE_MASK, key, amount)
        for contact in shard.open.values():
            for at_ms, scope, key, amount in due_facts(
                contact, as_of_ms, shard.rules, shard.scopes
            ):
                _book(facts, shard, at_ms // SLICE_MS * SLICE_MS, scope, key, amount)
            for leg in contact.legs.values():
                what = ""
                if is_waiting(leg, as_of_ms):
                    what = "waiting"
                elif in_conversation(leg, as_of_ms):
                    what = "in_progress"
                if what and leg.booked:
                    scope_of = shard.scopes.known[leg.scope]
                    going_on[scope_of.queue, scope_of.channel, what] += 1
    return Found(
        {where: (shard.next_offset, shard.counts) for where, shard in shards.items()},
        Counter({place: amount for place, amount in facts.items() if amount}),
        going_on,
        Counter({place: amount for place, amount in counters.items() if amount}),
        melted,
    )


def _count_totals(counters: Counter[tuple[str, str, str]], shard: Shard) -> None:
    for (queue, channel), totals in shard.totals.items():
        amounts = {name: getattr(totals, name) for name in TOTALS}
        amounts["handle_ms"] = totals.handle_sum_ms
        for how, sum_ms in totals.wait_sum_ms.items():
            amounts[f"{how}_wait_ms"] = sum_ms
        for name, amount in amounts.items():
            counters[queue, channel, name] += amount


def _book(
    facts: Counter[Place], shard: Shard, start_ms: int, scope: int, key: int, amount: int
) -> None:
    name = name_of(key)
    if name is not None:
        found = shard.scopes.known[scope]
        facts[start_ms, found.queue, found.channel, name] += amount
