"""Short stories of tickets for tests."""

from __future__ import annotations

from itertools import count
from typing import Any

from aggregators import events as ev
from aggregators.board import KpiValues
from aggregators.policy import Hours, QueuePolicy, Rules
from aggregators.promises import Promise, Sla
from aggregators.shard import Shard
from tests.aggregators.story import event, fold, look

HOUR = 3_600
DAY = 24 * HOUR
OFFICE = Hours(shifts=(*((((9 * 60, 18 * 60),),) * 5), (), ()))

_message = count(1)


def opened(at_s: float, name: str = "t", **kw: Any) -> Any:
    return event(
        ev.TicketOpened, at_s, **{"contact_id": name, "channel": "email", "queue": "mail", **kw}
    )


def replied(at_s: float, name: str = "t", author: str = "agent", **kw: Any) -> Any:
    return event(
        ev.TicketReplied, at_s, contact_id=name, message_id=f"m{next(_message)}", author=author,
        **kw,
    )  # fmt: skip


def solved(at_s: float, name: str = "t", **kw: Any) -> Any:
    return event(ev.TicketSolved, at_s, contact_id=name, **kw)


def reopened(at_s: float, name: str = "t", **kw: Any) -> Any:
    return event(ev.TicketReopened, at_s, contact_id=name, **kw)


def escalated(at_s: float, name: str = "t", **kw: Any) -> Any:
    return event(ev.TicketEscalated, at_s, contact_id=name, level=2, **kw)


def assigned(at_s: float, name: str = "t", **kw: Any) -> Any:
    return event(ev.TicketAssigned, at_s, contact_id=name, **kw)


def ticket_rules(
    *, hours: Hours | None = None, zone: str = "UTC", sla: Sla | None = None, **kw: Any
) -> Rules:
    """Rules of a help desk that keeps everything."""
    policy = QueuePolicy(threshold_ms=DAY * 1000, max_wait_ms=None, hours=hours, zone=zone)
    made: dict[str, Any] = {
        "channels": {"email": policy, "voice": QueuePolicy()}, "retention_ms": None,
        "sla": sla or Sla(), **kw,
    }  # fmt: skip
    return Rules(**made)


def promised(*, at_risk_s: float = HOUR, **by_priority: Promise) -> Sla:
    return Sla(promises=by_priority, at_risk_ms=round(at_risk_s * 1000))


def desk(events: list[Any], rules: Rules | None = None) -> Shard:
    """Fold tickets in the order given."""
    return fold(events, rules or ticket_rules(), topic="tickets")


def total(shard: Shard, at_s: float, window: str = "whole") -> KpiValues:
    return look(shard, at_s=at_s, window=window).windows[window].total
