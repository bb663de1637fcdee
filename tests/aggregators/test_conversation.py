"""First responses, later replies and open tickets."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from aggregators import events as ev
from aggregators.policy import Hours
from tests.aggregators.story import abandoned, answered, ended, event, fold, look, queued, rules


def says(author: str, at_s: float, *, contact: str = "c", public: bool = True) -> Any:
    return event(
        ev.MessagePosted, at_s, contact_id=contact, message_id=f"m{next(_message)}", author=author,
        public=public, channel="chat",
    )  # fmt: skip


_message = count(1)


def chat(*messages: Any, at_s: float = 1000) -> Any:
    events = [
        event(ev.ContactCreated, 0, contact_id="c", channel="chat"),
        queued("c", 1, channel="chat"),
        answered("c", 5, channel="chat"),
        *messages,
    ]
    return look(fold(events, topic="chats"), at_s=at_s).windows["whole"].total


@pytest.mark.proves("first_response_seconds")
def test_the_first_public_reply_of_a_person_is_the_first_response() -> None:
    """Bot turns and private notes do not count."""
    found = chat(
        says("customer", 0), says("bot", 2), says("agent", 4, public=False), says("agent", 12)
    )
    assert found["first_response_seconds"] == {"calendar": 12.0, "business": 12.0}
    assert found["reply_seconds"] is None


@pytest.mark.proves("reply_seconds")
def test_later_replies_are_measured_from_the_first_unanswered_message() -> None:
    """Two customer messages, one answer: one pair, from the first of the two."""
    found = chat(
        says("customer", 0), says("agent", 10), says("customer", 100), says("customer", 130),
        says("agent", 160),
    )  # fmt: skip
    assert found["reply_seconds"] == 60.0


@pytest.mark.proves("conversations_awaiting_reply", "reply_wait_longest_seconds")
def test_a_chat_whose_last_message_is_the_customers_awaits_a_reply() -> None:
    """The wait grows by the clock and ends with the chat."""
    found = chat(says("agent", 10), says("customer", 100), at_s=145)
    assert found["conversations_awaiting_reply"] == 1
    assert found["reply_wait_longest_seconds"] == 45.0
    over = chat(says("agent", 10), says("customer", 100), ended("c", 120, channel="chat"))
    assert over["conversations_awaiting_reply"] == 0


def test_a_chat_that_ended_without_a_reply_stays_decided() -> None:
    """The limits that passed before its end keep counting after it; later ones never do."""
    events = [
        event(ev.ContactCreated, 0, contact_id="c", channel="chat"),
        queued("c", 0, channel="chat"),
        says("customer", 1),
        abandoned("c", 45, channel="chat"),
    ]
    rate = (
        look(fold(events, topic="chats"), at_s=5000)
        .windows["whole"]
        .total["first_response_within_rate"]
    )
    assert rate["30"] == 0.0  # type: ignore[index]
    assert rate["60"] is None  # type: ignore[index]


def ticket(kind: type[ev.Envelope], at_s: float, name: str = "t", **kw: Any) -> Any:
    return event(kind, at_s, contact_id=name, **kw)


def opened(at_s: float, name: str = "t") -> Any:
    return ticket(ev.TicketOpened, at_s, name, channel="email", queue="mail")


def replied(at_s: float, name: str = "t", author: str = "agent") -> Any:
    return ticket(ev.TicketReplied, at_s, name, message_id=f"{name}{at_s}", author=author)


HOUR = 3600


@pytest.mark.example(21)
@pytest.mark.proves("first_response_within_rate")
def test_example_21_replies_within_a_day_are_decided_by_reply_or_by_the_clock() -> None:
    """After 1 h, 3 h, 30 h, and one unanswered for 25 h: 2/4; while it is 23 h old: 2/3."""
    answered_three = []
    for name, hours in (("a", 1), ("b", 3), ("c", 30)):
        answered_three += [opened(0, name), replied(hours * HOUR, name)]
    events = sorted([*answered_three, opened(10 * HOUR, "d")], key=lambda e: e.event_time_ms)
    shard = fold(events, topic="tickets")

    def within_day(at_h: float) -> Any:
        row = look(shard, at_s=at_h * HOUR).windows["whole"].total
        return row["first_response_within_rate"]["86400"]  # type: ignore[index]

    assert within_day(33) == pytest.approx(2 / 3)
    assert within_day(35) == pytest.approx(2 / 4)


@pytest.mark.example(20)
@pytest.mark.proves("first_response_seconds")
def test_example_20_the_business_clock_counts_open_hours_only() -> None:
    """Friday 17:55 to Monday 09:05, Paris: 600 s in business time, 227,400 s by the calendar."""
    day = (((9 * 60, 18 * 60),),)
    hours = Hours(shifts=(*(day * 5), (), ()))
    friday = 4 * 24 * HOUR + 15 * HOUR + 55 * 60  # the story starts on Monday 00:00 UTC
    monday = 7 * 24 * HOUR + 7 * HOUR + 5 * 60
    shard = fold(
        [opened(friday), replied(monday)], rules(hours=hours, zone="Europe/Paris"),
        topic="tickets",
    )  # fmt: skip
    rows = look(shard, at_s=monday + 60).windows["whole"].total
    assert rows["first_response_seconds"] == {"calendar": 227_400.0, "business": 600.0}


@pytest.mark.proves("tickets_open", "tickets_unanswered", "ticket_oldest_unanswered_seconds")
def test_the_backlog_counts_open_and_unanswered_tickets() -> None:
    """Solved leaves both, reopened comes back to the backlog only."""
    shard = fold([opened(0, "a"), opened(100, "b"), replied(200, "b")], topic="tickets")
    now = look(shard, at_s=300).windows["whole"].total
    assert (now["tickets_open"], now["tickets_unanswered"]) == (2, 1)
    assert now["ticket_oldest_unanswered_seconds"] == {"business": 300.0, "calendar": 300.0}
    shard.apply(ticket(ev.TicketSolved, 400, "b"), 0)
    assert look(shard, at_s=500).windows["whole"].total["tickets_open"] == 1
    shard.apply(ticket(ev.TicketReopened, 600, "b"), 0)
    again = look(shard, at_s=700).windows["whole"].total
    assert (again["tickets_open"], again["tickets_unanswered"]) == (2, 1)
