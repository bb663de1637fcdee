"""Freshchat's webhooks: bodies of the documented shape into canonical events."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from aggregators import events as ev
from aggregators.board import board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused, SourceLine, build_source
from tests.streams.sources.any_body import json_values, mutations, shuffled

SECRET = b"a secret of the test"
SETTINGS: dict[str, Any] = {
    "queues": {"ch1": "Web"}, "agents": {"a1": "A1"}, "teams": {"g1": "Care"}, "bots": {"b1": "Bo"},
}  # fmt: skip
RESOLVED: dict[str, Any] = {
    "actor": {"actor_type": "agent", "actor_id": "a1"}, "action": "conversation_resolution",
    "action_time": "2020-04-06T15:59:46.407Z",
    "data": {"resolve": {"resolver": "agent", "resolver_id": "a1", "conversation": {
        "conversation_id": "c1", "status": "resolved", "channel_id": "ch1"}}},
}  # fmt: skip
T0_MS = 1_586_188_786_407


def message(number: int, after_s: int, kind: str, who: str, **more: Any) -> dict[str, Any]:
    minute, second = divmod(after_s, 60)
    time = f"2020-04-06T16:{minute:02}:{second:02}.500Z"
    return {
        "actor": {"actor_type": kind, "actor_id": who}, "action": "message_create",
        "action_time": time.replace(".500", ".750"),
        "data": {"message": {
            "message_parts": [{"text": {"content": "Hello Jane"}}], "app_id": "p1",
            "actor_id": who, "id": f"m{number}", "channel_id": "ch1", "conversation_id": "c1",
            "interaction_id": "77-1586188800000", "message_type": "normal", "actor_type": kind,
            "created_time": time, "user_id": "joe-u1", "message_source": "web", **more,
        }},
    }  # fmt: skip


def conversation(action: str, after_s: int, part: dict[str, Any]) -> dict[str, Any]:
    minute, second = divmod(after_s, 60)
    name = {"conversation_assignment": "assignment", "conversation_reopen": "reopen"}.get(
        action, "resolve"
    )
    talk = {"conversation_id": "c1", "channel_id": "ch1", "assigned_group_id": "g1"}
    return {
        "actor": {"actor_type": "agent", "actor_id": "a1"}, "action": action,
        "action_time": f"2020-04-06T16:{minute:02}:{second:02}.500Z",
        "data": {name: {"conversation": talk, "interaction_id": "77-1586188800000", **part}},
    }  # fmt: skip


START_MS = 1_586_188_800_500
ASSIGNED = conversation(
    "conversation_assignment", 30, {"from_agent_id": "", "to_agent_id": "a1", "to_group_id": "g1"}
)
STORY = [
    message(1, 0, "user", "joe-u1"), ASSIGNED, message(2, 60, "agent", "a1"),
    message(3, 90, "user", "joe-u1"), message(4, 120, "agent", "a2"),
    conversation("conversation_resolution", 300, {"resolver": "agent", "resolver_id": "a1"}),
]  # fmt: skip
REOPENED = conversation("conversation_reopen", 600, {"interaction_id": "77-2", "reopener": "user"})
SAMPLES = [RESOLVED, REOPENED, *STORY]


def read(*bodies: Any, **settings: Any) -> list[ev.Envelope | Refused]:
    adapter = build_source("freshchat", {"freshchat": {**SETTINGS, **settings}}, secret=SECRET)
    found: list[ev.Envelope | Refused] = []
    for number, one in enumerate(bodies, start=1):
        text = one if isinstance(one, str) else json.dumps(one)
        found += adapter.feed(SourceLine(number, text))
    return [*found, *adapter.finish()]


def rows(*bodies: Any, **settings: Any) -> list[dict[str, Any]]:
    told = []
    for event in read(*bodies, **settings):
        assert isinstance(event, ev.Envelope), event
        told.append(msgspec.to_builtins(event))
    return told


def ignored(one: Any) -> dict[str, int]:
    adapter = build_source("freshchat", {"freshchat": SETTINGS})
    assert list(adapter.feed(SourceLine(1, json.dumps(one)))) == []
    return dict(adapter.ignored)


def test_the_documented_solve_ends_the_conversation() -> None:
    """By its agent, to the millisecond."""
    assert rows(RESOLVED) == [
        {"v": 1, "type": "contact.ended", "source": "freshchat", "event_time_ms": T0_MS,
         "event_id": "freshchat:c1:conversation_resolution:2020-04-06T15:59:46.407Z",
         "contact_id": "freshchat:c1", "channel": "chat", "queue": "Web", "agent_id": "A1",
         "ended_by": "agent", "resolved": True},
    ]  # fmt: skip


def test_a_message_of_a_customer_tells_the_beginning_too() -> None:
    """At the time of the message, not of the body; an earlier message has a higher revision."""
    same = {"v": 1, "source": "freshchat", "event_time_ms": START_MS, "channel": "chat",
            "contact_id": "freshchat:c1", "queue": "Web"}  # fmt: skip
    leg = {"leg_id": "77-1586188800000"}
    assert rows(STORY[0]) == [
        {**same, "type": "contact.created", "event_id": "freshchat:c1:created",
         "revision": 2_516_256_000, "customer_key": customer_key(SECRET, "freshchat:joe-u1")},
        {**same, **leg, "type": "contact.queued", "revision": 2_516_256_000,
         "event_id": "freshchat:c1:77-1586188800000:queued"},
        {**same, **leg, "type": "message.posted", "event_id": "freshchat:c1:message:m1",
         "message_id": "freshchat:c1:message:m1", "author": "customer"},
    ]  # fmt: skip
    later = rows(STORY[3])
    assert (later[0]["event_id"], later[0]["revision"]) == ("freshchat:c1:created", 2_516_255_910)


def test_a_reply_of_an_agent_is_the_answer_of_its_leg() -> None:
    """The message, and the answer; lower by its revision when it comes later."""
    posted, answered = rows(STORY[2])
    assert (posted["type"], posted["author"], posted["agent_id"]) == (
        "message.posted", "agent", "A1",
    )  # fmt: skip
    assert answered == {
        "v": 1, "type": "contact.answered", "source": "freshchat", "revision": 2_516_255_940,
        "event_id": "freshchat:c1:77-1586188800000:answered", "event_time_ms": START_MS + 60_000,
        "contact_id": "freshchat:c1", "channel": "chat", "queue": "Web", "agent_id": "A1",
        "leg_id": "77-1586188800000",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "who", "more", "author"),
    [
        ("agent", "a1", {"message_type": "private"}, "agent"),
        ("agent", "a1", {"botsPrivateNote": True}, "agent"),
        ("agent", "b1", {}, "bot"),
        ("agent", "B1", {}, "bot"),
        ("system", "s", {}, "system"),
    ],
)
def test_notes_bots_and_the_system_answer_nothing(
    kind: str, who: str, more: dict[str, Any], author: str
) -> None:
    """A bot that writes as an agent is one by the settings."""
    [posted] = rows(message(1, 0, kind, who, **more))
    assert (posted["type"], posted["author"]) == ("message.posted", author)
    assert posted.get("public", True) is (not more)


def test_an_assignment_offers_the_conversation_and_takes_it_from_the_one_before() -> None:
    """An empty id is nobody."""
    [offered] = rows(ASSIGNED)
    assert (offered["type"], offered["agent_id"], offered["team"]) == (
        "contact.agent_offered", "A1", "Care",
    )  # fmt: skip
    moved = conversation(
        "conversation_assignment", 40, {"from_agent_id": "a1", "to_agent_id": "a2"}
    )
    taken, again = rows(moved)
    assert (taken["type"], taken["outcome"], taken["offer_id"]) == (
        "contact.agent_offer_missed", "canceled", offered["offer_id"],
    )  # fmt: skip
    assert (again["type"], again["agent_id"]) == ("contact.agent_offered", "a2")
    left = conversation("conversation_assignment", 50, {"from_agent_id": "a1", "to_agent_id": ""})
    assert [row["type"] for row in rows(left)] == ["contact.agent_offer_missed"]
    group = conversation("conversation_assignment", 50, {"from_agent_id": "", "to_agent_id": ""})
    assert ignored(group) == {"conversation_assignment to no other agent": 1}


def test_a_reopening_begins_a_leg_of_its_own() -> None:
    """Its interaction names it; without one nothing could be said of what follows."""
    [queued] = rows(REOPENED)
    assert (queued["type"], queued["leg_id"]) == ("contact.queued", "77-2")
    old = conversation("conversation_reopen", 600, {"interaction_id": None})
    assert ignored(old) == {"conversation_reopen without interaction_id": 1}


def test_a_body_without_a_channel_has_the_queue_of_the_settings() -> None:
    """As in bodies of 2018."""
    body = message(1, 0, "user", "u1", channel_id=None)
    assert {row["queue"] for row in rows(body)} == {"inbox"}
    assert {row["queue"] for row in rows(body, queue="Front desk")} == {"Front desk"}


def test_what_is_left_out_is_counted_and_what_nobody_knows_refused() -> None:
    """Changes of users; an action that does not exist; a message without its conversation."""
    assert ignored({**RESOLVED, "action": "user_update"}) == {"user_update": 1}
    for odd, reason in (
        ({**RESOLVED, "action": "explode"}, Reason.UNMAPPED_SOURCE),
        ({"id": 1}, Reason.MISSING_FIELD),
        ({**RESOLVED, "data": None}, Reason.MISSING_FIELD),
        (message(1, 0, "user", "u1", conversation_id=""), Reason.MISSING_FIELD),
        (message(1, 0, "ghost", "u1"), Reason.BAD_VALUE),
        ({**RESOLVED, "action_time": "2020-04-06T15:59:46"}, Reason.BAD_TIME),
    ):
        [refused] = read(odd)
        assert isinstance(refused, Refused)
        assert refused.reason is reason


def total(found: list[ev.Envelope | Refused], after_s: int) -> Any:
    policy = QueuePolicy(threshold_ms=90_000, short_limit_ms=10_000)
    rules = Rules(channels={"chat": policy}, retention_ms=None)
    shard = Shard("chats", 0, rules)
    for event in found:
        assert isinstance(event, ev.ContactEvent), event
        shard.apply(event, event.event_time_ms)
    at_ms = START_MS + after_s * 1000
    return board([shard], at_ms, rules, ["whole"]).windows["whole"].total


AGAIN = [
    REOPENED,
    message(5, 601, "user", "joe-u1", interaction_id="77-2"),
    message(6, 630, "agent", "a1", interaction_id="77-2"),
    conversation("conversation_resolution", 690, {"interaction_id": "77-2", "resolver": "agent"}),
]


@pytest.mark.parametrize("bodies", [STORY, [*STORY, *STORY], STORY[::-1]])
def test_a_conversation_waits_60_seconds_and_is_talked_on_for_240(bodies: list[Any]) -> None:
    """In any order, and however often a body comes."""
    figures = total(read(*bodies), 301)
    assert (figures["contacts_offered"], figures["contacts_answered"]) == (1, 1)
    assert (figures["asa_seconds"]["queue"], figures["talk_mean_seconds"]) == (60.0, 240.0)
    assert figures["first_response_seconds"]["calendar"] == 60.0


@pytest.mark.parametrize("bodies", [[*STORY, *AGAIN], [*AGAIN[::-1], *STORY[::-1]]])
def test_a_conversation_that_is_opened_again_waits_a_second_time(bodies: list[Any]) -> None:
    """60 seconds and then 30: two legs, in any order."""
    figures = total(read(*bodies), 700)
    assert (figures["contacts_offered"], figures["contacts_answered"]) == (2, 2)
    assert (figures["asa_seconds"]["queue"], figures["talk_mean_seconds"]) == (45.0, 150.0)


def test_a_conversation_that_nobody_replied_to_leaves_the_queue_with_its_solve() -> None:
    """Neither answered nor given up."""
    figures = total(read(STORY[0], STORY[-1]), 301)
    assert (figures["contacts_offered"], figures["contacts_answered"]) == (1, 0)
    assert (figures["contacts_waiting"], figures["contacts_abandoned"]) == (0, 0)


def test_no_name_and_no_text_gets_through() -> None:
    """In none of the events of all samples."""
    told = json.dumps(rows(*SAMPLES))
    assert [word for word in ("Hello", "Jane", "joe") if word in told] == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_order_and_case_of_keys_and_unknown_fields_change_nothing(sample: Any) -> None:
    """The same events, to the last field."""
    more = {**sample, "later": {"type": 1}, "data": {**sample["data"], "new": [1]}}
    assert read(shuffled(sample)) == read(sample) == read(more)


@given(json_values)
def test_any_json_gives_events_or_refusals(value: Any) -> None:
    """Never an error."""
    for found in read(json.dumps(value)):
        assert isinstance(found, ev.Envelope | Refused)


@given(mutations(SAMPLES))
def test_any_change_of_a_sample_gives_events_or_refusals(changed: Any) -> None:
    """One value of a body, at any depth, is replaced by anything."""
    for found in read(changed):
        assert isinstance(found, ev.Envelope | Refused)
