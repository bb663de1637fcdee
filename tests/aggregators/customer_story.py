"""Customers for tests: records of the topic ``customers``, and shards that tell them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aggregators import events as ev
from aggregators.board import Board, KpiValues, board
from aggregators.carrying import carry, carry_all
from aggregators.policy import HOUR_MS, Rules
from aggregators.shard import Shard
from tests.aggregators.story import T0

RULES = Rules(lateness_ms=0)


def at(hours: float) -> int:
    """Return the instant so many hours after the start of the story."""
    return T0 + round(hours * HOUR_MS)


def contact(
    customer: str, name: str, opened_h: float, minutes: float = 6, /, **fields: Any
) -> ev.CustomerContact:
    """A contact of a customer that was handled and lasted some minutes, unless told otherwise."""
    opened_ms = at(opened_h)
    ended_ms = fields.pop("ended_ms", opened_ms + round(minutes * 60_000))
    given: dict[str, Any] = {
        "v": 1, "source": "vigie", "event_id": f"contact/calls/{name}", "contact_id": name,
        "customer_key": customer, "channel": "voice", "queue": "q", "motive": "bill",
        "opened_ms": opened_ms, "ended_ms": ended_ms, "done_ms": ended_ms,
        "event_time_ms": opened_ms if ended_ms is None else ended_ms,
        "handled": True, "outcome": "handled", "revision": 8,
    }  # fmt: skip
    return ev.CustomerContact(**(given | fields))


def session(
    customer: str, name: str, ended_h: float, minutes: float = 5, /, **fields: Any
) -> ev.CustomerSession:
    """A self-care session of a customer, contained unless it was handed over."""
    ended_ms = at(ended_h)
    given: dict[str, Any] = {
        "v": 1, "source": "vigie", "event_id": f"session/{name}", "session_id": name,
        "customer_key": customer, "tool": "bot", "motive": "bill", "event_time_ms": ended_ms,
        "started_ms": ended_ms - round(minutes * 60_000), "ended_ms": ended_ms,
        "contained": "handed_off_ms" not in fields, "revision": 8,
    }  # fmt: skip
    return ev.CustomerSession(**(given | fields))


def score(customer: str, about: str, at_h: float, good: bool, kind: Any = "csat") -> Any:
    """An answer about a contact."""
    return ev.CustomerScore(
        v=1, source="vigie", event_id=f"score/{kind}/{about}", survey_id=about, revision=8,
        survey_kind=kind, customer_key=customer, event_time_ms=at(at_h), value_micro=0, good=good,
        contact_id=about,
    )  # fmt: skip


def folded(events: Iterable[Any], rules: Rules = RULES) -> Shard:
    """Fold records of customers in the order given."""
    shard = Shard(ev.CUSTOMERS, 0, rules)
    for event in events:
        shard.apply(event, event.event_time_ms)
    return shard


def passing(hours: float) -> ev.CustomerContact:
    """A sign of another customer, abroad, by which time passes."""
    return contact(f"passer-by {hours}", f"p{hours}", hours, queue="abroad", direction="out")


def look(shard: Shard, hours: float, window: str = "whole") -> Board:
    """Return the board of one shard."""
    return board([shard], at(hours), shard.rules, [window])


def total(events: Iterable[Any], hours: float = 1000, rules: Rules = RULES) -> KpiValues:
    """Return the figures of everything together, told in the order of time."""
    told = sorted(events, key=lambda event: event.event_time_ms)
    return look(folded(told, rules), hours).windows["whole"].total


class Centre:
    """Shards by topic, whose outboxes go into the shard of customers."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules = rules
        self.shards = {topic: Shard(topic, 0, rules) for topic in ev.TOPICS}

    def take(self, events: Iterable[Any]) -> Centre:
        """Fold events in the order given, each by the shard of its topic."""
        for event in events:
            shard = self.shards[ev.topic_of(event)]
            shard.apply(event, event.event_time_ms)
            carry(shard, self.shards[ev.CUSTOMERS])
        return self

    def board(self, at_ms: int, window: str = "whole") -> Board:
        """Return the board of all shards at an instant, with all that is known of customers."""
        carry_all(self.shards, at_ms)
        return board(self.shards.values(), at_ms, self.rules, [window])
