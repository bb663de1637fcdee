"""Blocks of Asterisk's manager for tests, read into events and folded by the core."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from aggregators import events as ev
from aggregators.board import board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from streams.sources import SourceLine
from streams.sources.asterisk_ami import AsteriskAmi

SECRET = b"a secret of the test"
T0 = 1_717_397_243
CALL = {"Uniqueid": "1717397243.239826", "Linkedid": "1717397243.239826", "Queue": "1501"}
AGENT = {
    "MemberName": "Anna", "Interface": "PJSIP/7009", "DestUniqueid": "1717397259.239827",
}  # fmt: skip
RULES = Rules(
    channels={"voice": QueuePolicy(threshold_ms=20_000, short_limit_ms=10_000)}, retention_ms=None
)


def ami(**settings: Any) -> AsteriskAmi:
    made = AsteriskAmi("pbx", settings, file="pbx", secret=SECRET)
    made.clock = lambda: T0 * 1000
    return made


def block(name: str, at_s: float | None = None, *parts: dict[str, str], **more: str) -> str:
    """A block as the manager sends it, without a time stamp where no time is given."""
    headers: dict[str, str] = {"Event": name}
    if at_s is not None:
        headers["Timestamp"] = f"{T0 + at_s:.6f}"
    for part in (*parts, more):
        headers |= part
    return "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n"


def join(at_s: float | None = 0, **more: str) -> str:
    return block("QueueCallerJoin", at_s, CALL, Position="1", Count="1", **more)


def leave(at_s: float) -> str:
    return block("QueueCallerLeave", at_s, CALL, Position="1", Count="0")


def connect(at_s: float, hold_s: int, ring_s: int = 2) -> str:
    return block(
        "AgentConnect", at_s, CALL, AGENT, HoldTime=str(hold_s), RingTime=str(ring_s)
    )  # fmt: skip


def complete(at_s: float, hold_s: int, talk_s: int, reason: str = "caller") -> str:
    return block(
        "AgentComplete", at_s, CALL, AGENT, HoldTime=str(hold_s), TalkTime=str(talk_s),
        Reason=reason,
    )  # fmt: skip


def read(text: str, source: AsteriskAmi | None = None, *, end: bool = True) -> list[Any]:
    """All that a text gives; the end of the text is the end of the log, unless told."""
    source = source or ami()
    found: list[Any] = []
    for number, line in enumerate(text.split("\n"), start=1):
        found += source.feed(SourceLine(number, line))
    return [*found, *source.finish()] if end else found


def told(items: Iterable[Any], *names: str) -> list[dict[str, Any]]:
    rows = []
    for item in items:
        assert isinstance(item, ev.Envelope), item
        row = msgspec.to_builtins(item)
        rows.append({name: row[name] for name in ("type", *names) if name in row})
    return rows


def total(items: Iterable[Any], at_s: float) -> Any:
    """The figures of a story, folded by the core, just before an instant."""
    shard = Shard("calls", 0, RULES)
    for item in items:
        if isinstance(item, ev.ContactEvent) and item.event_time_ms <= (T0 + at_s) * 1000:
            shard.apply(item, item.event_time_ms)
    return board([shard], round((T0 + at_s) * 1000), RULES, ["whole"]).windows["whole"].total
