"""Short stories of contacts for tests: build canonical events, fold them, look at the board."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from aggregators import events as ev
from aggregators.board import Board, KpiValues, board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard

T0 = 1_717_372_800_000  # 2024-06-03T00:00:00Z, a Monday

_serial = count(1)


def s(seconds: float) -> int:
    """Return the instant that lies so many seconds after the start of the story."""
    return T0 + round(seconds * 1000)


def event(kind: type[ev.Envelope], at_s: float, /, **fields: Any) -> Any:
    """Make an event at so many seconds; its id is unique unless given."""
    fields.setdefault("event_id", f"e{next(_serial)}")
    return kind(v=1, source="story", event_time_ms=s(at_s), **fields)


def queued(c: str, at_s: float, leg: str = "L1", queue: str = "q", **kw: Any) -> Any:
    kw.setdefault("channel", "voice")
    return event(ev.ContactQueued, at_s, contact_id=c, leg_id=leg, queue=queue, **kw)


def answered(c: str, at_s: float, leg: str = "L1", agent: str = "A1", **kw: Any) -> Any:
    return event(ev.ContactAnswered, at_s, contact_id=c, leg_id=leg, agent_id=agent, **kw)


def abandoned(c: str, at_s: float, leg: str = "L1", **kw: Any) -> Any:
    kw.setdefault("stage", "queue")
    return event(ev.ContactAbandoned, at_s, contact_id=c, leg_id=leg, **kw)


def flow_out(c: str, at_s: float, leg: str = "L1", reason: Any = "timeout", **kw: Any) -> Any:
    return event(ev.FlowOut, at_s, contact_id=c, leg_id=leg, reason=reason, **kw)


def ended(c: str, at_s: float, leg: str = "L1", **kw: Any) -> Any:
    return event(ev.ContactEnded, at_s, contact_id=c, leg_id=leg, **kw)


def left_after(
    c: str, kind: str, wait_s: float, at_s: float = 1000.0, queue: str = "q"
) -> list[Any]:
    """Return a leg that entered so that it left at ``at_s`` after exactly ``wait_s``."""
    enter = queued(c, at_s - wait_s, queue=queue)
    if kind == "answered":
        return [enter, answered(c, at_s)]
    if kind == "abandoned":
        return [enter, abandoned(c, at_s)]
    if kind == "callback":
        return [
            enter,
            event(ev.CallbackRequested, at_s, contact_id=c, leg_id="L1", callback_id="cb"),
        ]
    return [enter, flow_out(c, at_s)]


def rules(**policy: Any) -> Rules:
    """Rules whose every channel has a 20 s threshold and a 10 s short limit, unless told."""
    made = QueuePolicy(**{"threshold_ms": 20_000, "short_limit_ms": 10_000, **policy})
    return Rules(channels=dict.fromkeys(("voice", "chat", "email"), made), retention_ms=None)


def fold(events: Iterable[Any], with_rules: Rules | None = None, *, topic: str = "calls") -> Shard:
    """Fold events in the order given, into one shard."""
    shard = Shard(topic, 0, with_rules or rules())
    for item in events:
        shard.apply(item, item.event_time_ms)
    return shard


def look(*shards: Shard, at_s: float, window: str = "whole") -> Board:
    """Return the board at so many seconds."""
    return board(shards, s(at_s), shards[0].rules, [window])


def kpis(
    events: Iterable[Any], at_s: float, with_rules: Rules | None = None, window: str = "whole"
) -> KpiValues:
    """Return the total KPIs of a story, all in one shard."""
    ordered = sorted(events, key=lambda e: e.event_time_ms)
    return look(fold(ordered, with_rules), at_s=at_s, window=window).windows[window].total
