"""Stories of costs, orders, carts, customers and staff, and the board over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aggregators import events as ev
from aggregators.board import KpiValues, Rows, board
from aggregators.policy import Rules
from aggregators.shard import Shard
from tests.aggregators.story import event, s

DAY = 86_400
LIVE = Rules(retention_ms=None, long_retention_ms=None)


def eur(amount: str, currency: str = "EUR") -> ev.Money:
    return ev.Money(amount, currency)


def order(n: int, at_s: float, amount: str, **more: Any) -> Any:
    return event(ev.OrderPlaced, at_s, order_id=f"O{n}", money=eur(amount), **more)


def cart(n: int, at_s: float, **more: Any) -> Any:
    return event(ev.CartCreated, at_s, cart_id=f"K{n}", **more)


def cost(name: str, amount: str, days: tuple[int, int] = (0, 30), **more: Any) -> Any:
    more = {"scope": "all", "kind": "salary"} | more
    return event(
        ev.CostBooked, days[1] * DAY, cost_id=name, money=eur(amount),
        period_start_ms=s(days[0] * DAY), period_end_ms=s(days[1] * DAY), **more,
    )  # fmt: skip


def counted(total: int, new: int, days: tuple[int, int], **more: Any) -> Any:
    return event(
        ev.CustomersCounted, days[1] * DAY, **{"scope": "all"} | more, total=total,
        new_in_period=new, period_start_ms=s(days[0] * DAY), period_end_ms=s(days[1] * DAY),
    )  # fmt: skip


def staff(start: int, end: int, leavers: int, days: tuple[int, int] = (0, 30), **more: Any) -> Any:
    return event(
        ev.StaffCounted, days[1] * DAY, **{"scope": "all"} | more, start=start, end=end,
        leavers=leavers, period_start_ms=s(days[0] * DAY), period_end_ms=s(days[1] * DAY),
    )  # fmt: skip


def handled(n: int, channel: str, talk_s: int, at_s: float = 100, prefix: str = "") -> list[Any]:
    """Contacts that were answered, talked and done."""
    found: list[Any] = []
    for number in range(n):
        ids: dict[str, Any] = {"contact_id": f"{prefix}{channel}{number}", "leg_id": "L1"}
        found += [
            event(ev.ContactQueued, at_s, channel=channel, queue=f"q-{channel}", **ids),
            event(ev.ContactAnswered, at_s, agent_id="A1", **ids),
            event(ev.ContactEnded, at_s + talk_s, talk_ms=talk_s * 1000, **ids),
            event(ev.WrapUpEnded, at_s + talk_s, agent_id="A1", acw_ms=0, **ids),
        ]
    return found


def folded(events: Sequence[Any], topic: str = "business", rules: Rules = LIVE) -> Shard:
    shard = Shard(topic, 0, rules)
    for item in events:
        shard.apply(item, item.event_time_ms)
    return shard


def rows(*shards: Shard, at_day: float = 31, window: str = "whole") -> Rows:
    made = board(shards, s(at_day * DAY), shards[0].rules, [window])
    return made.windows[window]


def total(events: Sequence[Any], at_day: float = 31, window: str = "whole") -> KpiValues:
    return rows(folded(events), at_day=at_day, window=window).total


def salaries(values: KpiValues) -> Any:
    booked: Any = values["costs_booked"]
    return booked["salary"]
