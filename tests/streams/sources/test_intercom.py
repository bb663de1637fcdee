"""Intercom's webhooks: bodies of the documented shape into canonical events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from aggregators import events as ev
from aggregators.board import board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused
from tests.streams.sources.any_body import json_values, mutations, shuffled
from tests.streams.sources.intercom_reading import (
    ADMIN,
    ASKED,
    CALL,
    CLOSED,
    CREATED,
    FIRST,
    RATED,
    REPLIED,
    REPLY,
    SAMPLES,
    SECRET,
    STORY,
    ignored,
    notice,
    part,
    read,
    rows,
    types,
)


def test_the_documented_reply_is_a_message_and_the_answer() -> None:
    """620 seconds by the clock, where the statistic without the hours out of office says 540."""
    same = {"v": 1, "source": "intercom", "time_quality": "second", "contact_id": "intercom:77",
            "channel": "chat", "queue": "Care", "team": "2", "agent_id": "A5"}  # fmt: skip
    assert rows(REPLY) == [
        {**same, "type": "message.posted", "event_id": "intercom:77:message:notif_1",
         "event_time_ms": 1_410_188_628_000, "message_id": "intercom:77:message:notif_1",
         "author": "agent"},
        {**same, "type": "contact.answered", "event_id": "intercom:77:1:answered",
         "event_time_ms": REPLIED * 1000, "leg_id": "1", "wait_ms": 620_000,
         "revision": 2_692_256_180},
    ]  # fmt: skip


def test_times_of_old_bodies_are_text() -> None:
    """Seconds in quotes are seconds."""
    old = {**REPLY, "created_at": "1410188628", "first_sent_at": "1410188629"}
    assert rows(old) == rows(REPLY)


def test_a_new_conversation_is_created_queued_and_begins_with_a_message() -> None:
    """A tag of the map is its motive, the contact a keyed hash."""
    same = {"v": 1, "source": "intercom", "event_time_ms": ASKED * 1000, "time_quality": "second",
            "contact_id": "intercom:77", "channel": "chat", "queue": "Care", "team": "2",
            "motive": "return"}  # fmt: skip
    assert rows(CREATED) == [
        {**same, "type": "contact.created", "event_id": "intercom:77:created",
         "customer_key": customer_key(SECRET, "intercom:u9")},
        {**same, "type": "contact.queued", "event_id": "intercom:77:1:queued", "leg_id": "1"},
        {**same, "type": "message.posted", "event_id": "intercom:77:message:s1",
         "message_id": "intercom:77:message:s1", "author": "customer"},
    ]  # fmt: skip


def test_a_conversation_of_no_team_has_the_queue_of_the_settings() -> None:
    """And no team."""
    alone = notice("conversation.user.created", 0, team_assignee_id=None)
    assert {row["queue"] for row in rows(alone)} == {"inbox"}
    assert {row["queue"] for row in rows(alone, queue="Front desk")} == {"Front desk"}


@pytest.mark.parametrize(
    ("kind", "channel"),
    [("email", "email"), ("whatsapp", "messaging"), ("twitter", "social"), ("odd", "chat")],
)
def test_the_channel_is_the_type_of_the_source(kind: str, channel: str) -> None:
    """What is not known is a chat."""
    assert rows(notice("conversation.user.created", 0, source={"type": kind}))[0]["channel"] == (
        channel
    )


def test_a_reply_that_is_not_the_first_answers_nothing() -> None:
    """The statistics say when the first one was; a bot's reply is none of a person."""
    assert types(STORY[3]) == ["message.posted"]
    bot = notice("conversation.admin.replied", 60, parts=[part(1, ASKED + 60, "bot", "b1")])
    assert [(row["type"], row["author"]) for row in rows(bot)] == [("message.posted", "bot")]
    fin = notice("conversation.operator.replied", 5)
    assert [row["author"] for row in rows(fin)] == ["bot"]


def test_a_reply_to_a_customer_who_never_wrote_answers_nothing() -> None:
    """In a conversation that an agent began, nobody waited for it."""
    silent = {"first_contact_reply_at": None, "count_reopens": 0}
    reply = [part(1, ASKED + 60, "admin", "5")]
    assert types(notice("conversation.admin.replied", 60, told=silent, parts=reply)) == [
        "message.posted"
    ]
    unknown = notice("conversation.admin.replied", 60, parts=reply)
    assert types(unknown) == ["message.posted", "contact.answered"]


def test_an_assignment_offers_the_conversation_to_an_agent() -> None:
    """One to a team alone says nothing of a person."""
    [offered] = rows(notice("conversation.admin.assigned", 10, admin_assignee_id=5))
    assert (offered["type"], offered["agent_id"], offered["offer_id"]) == (
        "contact.agent_offered", "A5", "intercom:77:1:A5",
    )  # fmt: skip
    assert rows(notice("conversation.admin.assigned", 10)) == []


def test_an_old_body_names_the_assignee_with_its_type() -> None:
    """An admin or a team."""
    old = {"team_assignee_id": None, "admin_assignee_id": None}
    to_admin = notice("conversation.admin.assigned", 1, **old, assignee={"type": "admin", "id": 5})
    assert [row["agent_id"] for row in rows(to_admin)] == ["A5"]
    to_team = notice("conversation.user.created", 1, **old, assignee={"type": "team", "id": 2})
    assert rows(to_team)[0]["queue"] == "Care"


def test_a_close_ends_the_conversation() -> None:
    """By the agent who closed it; without a reply before, the leg left the queue."""
    [ended] = rows(CLOSED)
    assert (ended["type"], ended["ended_by"], ended["resolved"]) == ("contact.ended", "agent", True)
    unread = notice("conversation.admin.closed", 60, told={"first_admin_reply_at": None, "x": 1})
    left, _ = rows(unread)
    assert (left["type"], left["reason"], left["leg_id"]) == ("contact.flow_out", "other", "1")


@pytest.mark.parametrize(
    ("state", "outcome"), [("confirmed_resolution", "confirmed"), ("assumed_resolution", "assumed")]
)
def test_what_the_ai_agent_resolved_was_contained(state: str, outcome: str) -> None:
    """A session of self-care from the start of the conversation to its close."""
    body = notice(
        "conversation.admin.closed", 60, told={"count_reopens": 0},
        ai_agent={"resolution_state": state},
    )  # fmt: skip
    left, _, started, contained = rows(body)
    assert left["reason"] == "selfcare"
    assert (started["type"], started["event_time_ms"]) == (
        "selfcare.session_started", ASKED * 1000,
    )  # fmt: skip
    assert (contained["type"], contained["outcome"]) == ("selfcare.contained", outcome)


@pytest.mark.parametrize(
    ("state", "reason"),
    [("escalated", "asked"), ("negative_feedback", "negative_feedback"),
     ("procedure_handoff", "policy"), ("routed_to_team", "other")],
)  # fmt: skip
def test_what_the_ai_agent_gave_up_was_handed_off(state: str, reason: str) -> None:
    """To the conversation itself."""
    body = notice("conversation.admin.assigned", 60, ai_agent={"resolution_state": state})
    _, handed = rows(body)
    assert (handed["type"], handed["reason"], handed["contact_id"]) == (
        "selfcare.handed_off", reason, "intercom:77",
    )  # fmt: skip


def test_a_rating_is_a_survey_without_its_remark() -> None:
    """Of the teammate who was rated; a second rating is of the same survey."""
    [rated] = rows(RATED)
    assert (rated["type"], rated["survey_id"], rated["survey_kind"], rated["score"]) == (
        "survey.answered", "intercom:77:rating", "csat", 4.0,
    )  # fmt: skip
    assert rated["agent_id"] == "A5"
    [refused] = read(notice("conversation.rating.added", 400))
    assert isinstance(refused, Refused)


def test_admins_log_in_go_away_and_come_back() -> None:
    """The platform's reason is the label."""
    item = {**ADMIN["data"]["item"], "away_mode_enabled": False}
    back = {**ADMIN, "data": {"item": item}}
    found = rows(
        {**ADMIN, "topic": "admin.logged_in"}, ADMIN, back, {**ADMIN, "topic": "admin.logged_out"}
    )
    names = ("type", "agent_id", "state", "label")
    assert [{name: row[name] for name in names if name in row} for row in found] == [
        {"type": "agent.login", "agent_id": "A5"},
        {"type": "agent.state", "agent_id": "A5", "state": "pause", "label": "On lunch"},
        {"type": "agent.state", "agent_id": "A5", "state": "available"},
        {"type": "agent.logout", "agent_id": "A5"},
    ]  # fmt: skip


def test_a_call_tells_all_that_is_known_of_it() -> None:
    """15 seconds of waiting, 80 of talk, of one body; its number goes nowhere."""
    found = rows(CALL)
    assert [(row["type"], row["event_time_ms"] // 1000 - ASKED) for row in found] == [
        ("contact.created", 0), ("contact.queued", 0), ("contact.answered", 15),
        ("contact.ended", 95),
    ]  # fmt: skip
    assert {row["channel"] for row in found} == {"voice"}
    assert "33123456789" not in json.dumps(found)


@pytest.mark.parametrize(
    ("more", "last"),
    [({}, "contact.abandoned"), ({"ended_reason": "voicemail"}, "contact.flow_out")],
)
def test_a_call_that_nobody_answered_was_given_up(more: dict[str, Any], last: str) -> None:
    """Unless it went to voicemail."""
    item = {**CALL["data"]["item"], "answered_at": None, "admin_id": None, **more}
    assert types({**CALL, "data": {"item": item}})[-1] == last


def test_outgoing_calls_and_conversations_count_in_no_queue() -> None:
    """Their direction says so."""
    item = {**CALL["data"]["item"], "direction": "outbound"}
    assert {row["direction"] for row in rows({**CALL, "data": {"item": item}})} == {"out"}
    [begun] = rows(notice("conversation.admin.single.created", 0))
    assert (begun["initiated_by"], begun["direction"]) == ("agent", "out")


def test_what_is_left_out_is_counted_and_what_nobody_knows_refused() -> None:
    """Notes and snoozing, other domains; a topic that does not exist."""
    for topic in ("conversation.admin.noted", "conversation.admin.snoozed", "company.created",
                  "ping", "ticket.created"):  # fmt: skip
        assert ignored({**REPLY, "topic": topic}) == {topic: 1}
    assert ignored(notice("conversation.admin.opened", 5)) == {
        "conversation.admin.opened without count_reopens": 1
    }
    phone = notice("conversation.user.created", 0, source={"type": "phone_call"})
    assert ignored(phone) == {"conversation of a phone call": 1}
    for odd, reason in (
        ({**REPLY, "topic": "conversation.exploded"}, Reason.UNMAPPED_SOURCE),
        ({"id": 1}, Reason.MISSING_FIELD),
        ({**REPLY, "data": None}, Reason.MISSING_FIELD),
        ({**REPLY, "created_at": "soon"}, Reason.BAD_TIME),
        ({**ADMIN, "data": {"item": {"id": 5}}}, Reason.BAD_TYPE),
    ):
        [refused] = read(odd)
        assert isinstance(refused, Refused)
        assert refused.reason is reason


def total(found: list[ev.Envelope | Refused], after_s: int, topic: str = "chats") -> Any:
    policy = QueuePolicy(threshold_ms=90_000, short_limit_ms=10_000)
    rules = Rules(channels={"chat": policy, "voice": policy}, retention_ms=None)
    shard = Shard(topic, 0, rules)
    for event in found:
        assert isinstance(event, ev.ContactEvent), event
        shard.apply(event, event.event_time_ms)
    at_ms = (ASKED + after_s) * 1000
    return board([shard], at_ms, rules, ["whole"]).windows["whole"].total


@pytest.mark.parametrize("bodies", [STORY, [*STORY, *STORY], STORY[::-1], STORY[1:]])
def test_a_conversation_waits_60_seconds_and_is_talked_on_for_240(bodies: list[Any]) -> None:
    """In any order, however often a body comes, and also where the first one never came."""
    figures = total(read(*bodies), 301)
    assert (figures["contacts_offered"], figures["contacts_answered"]) == (1, 1)
    assert (figures["asa_seconds"]["queue"], figures["talk_mean_seconds"]) == (60.0, 240.0)


def test_the_documented_reply_alone_gives_a_wait_of_620_seconds() -> None:
    """The wait is told with the answer."""
    figures = total(read(REPLY), 1_000)
    assert figures["asa_seconds"]["queue"] == 620.0


def test_a_conversation_that_is_opened_again_waits_a_second_time() -> None:
    """The number of reopenings names the leg, so nothing has to be remembered."""
    again = {**FIRST, "count_reopens": 1}
    more = [
        notice("conversation.user.replied", 1000, told=again,
               parts=[part(20, ASKED + 1000, "user", "u9")]),
        notice("conversation.admin.replied", 1030, told=again,
               parts=[part(21, ASKED + 1030, "admin", "5")]),
        notice("conversation.admin.closed", 1099, told=again, admin_assignee_id=5),
    ]  # fmt: skip
    more += [
        notice("conversation.user.replied", 1010, told=again,
               parts=[part(22, ASKED + 1010, "user", "u9")]),
        notice("conversation.admin.replied", 1040, told=again,
               parts=[part(23, ASKED + 1040, "admin", "6")]),
    ]  # fmt: skip
    for bodies in ([*STORY, *more], [*more[::-1], *STORY]):
        figures = total(read(*bodies), 1_101)
        assert (figures["contacts_offered"], figures["contacts_answered"]) == (2, 2)
        assert (figures["asa_seconds"]["queue"], figures["talk_mean_seconds"]) == (45.0, 155.0)


def test_a_call_waits_15_seconds_and_is_talked_on_for_80() -> None:
    """From the body of its end alone, or with that of its start."""
    item = {**CALL["data"]["item"], "answered_at": None, "ended_at": None}
    started = {**CALL, "topic": "call.started", "data": {"item": item}}
    for bodies in ([CALL], [started, CALL]):
        figures = total(read(*bodies), 100, "calls")
        assert (figures["asa_seconds"]["queue"], figures["talk_mean_seconds"]) == (15.0, 80.0)


def test_no_name_no_address_and_no_text_gets_through() -> None:
    """In none of the events of all samples."""
    told = json.dumps(rows(*SAMPLES))
    words = ("Joe", "Jane", "example.com", "Hello", "Thanks", "u9", "+33")
    assert [word for word in words if word in told] == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_order_and_case_of_keys_and_unknown_fields_change_nothing(sample: Any) -> None:
    """The same events, to the last field."""
    data = {**sample["data"], "item": {**sample["data"]["item"], "new": [1]}}
    more = {**sample, "later": {"type": 1}, "data": data}
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
