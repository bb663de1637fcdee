"""Chatwoot's webhooks: bodies of the documented shape into canonical events."""

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
from streams.sources.chatwoot_legs import ReopenedLegs
from tests.streams.sources.any_body import json_values, mutations, shuffled

SECRET = b"a secret of the test"
SETTINGS: dict[str, Any] = {
    "queues": {"1": "Web", "3": "Shop"}, "agents": {"1": "A1"}, "motives": {"refund": "return"},
}  # fmt: skip
T0 = 1_763_177_714
RESOLVED: dict[str, Any] = {
    "event": "conversation_status_changed", "id": 10, "inbox_id": 1,
    "channel": "Channel::WebWidget", "status": "resolved", "timestamp": 1_627_063_520,
    "meta": {"sender": {"id": 12, "type": "contact"},
             "assignee": {"id": 1, "availability_status": "online"}},
}  # fmt: skip
HANDED_OVER: dict[str, Any] = {
    "event": "conversation_status_changed", "id": 42, "inbox_id": 3, "status": "open",
    "first_reply_created_at": None, "waiting_since": T0, "timestamp": T0, "created_at": T0,
    "updated_at": T0 + 0.155967,
    "changed_attributes": [{"status": {"previous_value": "pending", "current_value": "open"}}],
    "meta": {"sender": {"id": 163, "name": "Joe", "type": "contact"}, "assignee": None},
}  # fmt: skip
TALK: dict[str, Any] = {
    "id": 42, "inbox_id": 1, "channel": "Channel::WebWidget", "status": "open",
    "first_reply_created_at": None, "created_at": T0, "updated_at": T0 + 0.5, "timestamp": T0,
    "labels": ["vip", "refund"], "account": {"id": 1, "name": "Acme"},
    "meta": {"sender": {"id": 163, "name": "Joe", "email": "joe@example.com"},
             "assignee": None, "team": {"id": 5, "name": "Care"}},
}  # fmt: skip
CREATED = {**TALK, "event": "conversation_created"}
REPLY: dict[str, Any] = {
    "event": "message_created", "id": "77", "content": "How can I help?",
    "created_at": "2025-11-15T03:36:14.250Z", "message_type": "outgoing", "private": False,
    "sender": {"id": 1, "name": "Jane", "email": "jane@example.com", "type": "user"},
    "inbox": {"id": 1, "name": "Web"}, "conversation": TALK,
}  # fmt: skip
REPLY_MS = (T0 + 60) * 1000 + 250
CSAT: dict[str, Any] = {
    **REPLY, "event": "message_updated", "id": 90, "message_type": "template",
    "content_type": "input_csat", "sender": None, "updated_at": "2025-11-15T03:50:00Z",
    "content_attributes": {"submitted_values": {
        "csat_survey_response": {"rating": 4, "feedback_message": "Nice, Jane"}}},
}  # fmt: skip
SAMPLES = [RESOLVED, HANDED_OVER, CREATED, REPLY, CSAT]


def status(now: str, before: str | None, after_s: float, **more: Any) -> dict[str, Any]:
    changed = [{"status": {"previous_value": before, "current_value": now}}] if before else None
    return {
        **TALK, "event": "conversation_status_changed", "status": now,
        "updated_at": T0 + after_s, "changed_attributes": changed, **more,
    }  # fmt: skip


def message(number: int, after_s: float, kind: str = "outgoing", **more: Any) -> dict[str, Any]:
    return {**REPLY, "id": number, "created_at": T0 + after_s, "message_type": kind, **more}


def source(**settings: Any) -> Any:
    return build_source("chatwoot", {"chatwoot": {**SETTINGS, **settings}}, secret=SECRET)


def read(*bodies: Any, **settings: Any) -> list[ev.Envelope | Refused]:
    adapter = source(**settings)
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


def types(*bodies: Any, **settings: Any) -> list[str]:
    return [row["type"] for row in rows(*bodies, **settings)]


def ignored(one: Any) -> dict[str, int]:
    adapter = source()
    assert list(adapter.feed(SourceLine(1, json.dumps(one)))) == []
    return dict(adapter.ignored)


def test_the_documented_solve_ends_the_conversation() -> None:
    """With the whole second that the old body has, and no leg: whichever is in talk ends."""
    assert rows(RESOLVED) == [
        {"v": 1, "type": "contact.ended", "event_id": "chatwoot:10:resolved:1627063520",
         "source": "chatwoot", "event_time_ms": 1_627_063_520_000, "time_quality": "second",
         "contact_id": "chatwoot:10", "channel": "chat", "queue": "Web", "agent_id": "A1",
         "resolved": True},
    ]  # fmt: skip


def test_the_documented_hand_over_leaves_the_bot_and_enters_the_queue() -> None:
    """Pending to open, at the fraction of updated_at."""
    same = {"v": 1, "source": "chatwoot", "event_time_ms": T0 * 1000 + 156, "queue": "Shop",
            "contact_id": "chatwoot:42"}  # fmt: skip
    assert rows(HANDED_OVER) == [
        {**same, "type": "selfcare.handed_off", "session_id": "chatwoot:42", "reason": "other",
         "event_id": "chatwoot:42:open:1763177714.155967:bot"},
        {**same, "type": "contact.queued", "event_id": "chatwoot:42:1:queued", "leg_id": "1",
         "channel": "chat"},
    ]  # fmt: skip


def test_a_new_conversation_is_created_and_queued() -> None:
    """A label of the map is its motive, the sender a keyed hash."""
    same = {"v": 1, "source": "chatwoot", "event_time_ms": T0 * 1000, "time_quality": "second",
            "contact_id": "chatwoot:42", "channel": "chat", "queue": "Web", "team": "5",
            "motive": "return"}  # fmt: skip
    assert rows(CREATED) == [
        {**same, "type": "contact.created", "event_id": "chatwoot:42:created",
         "customer_key": customer_key(SECRET, "chatwoot:163")},
        {**same, "type": "contact.queued", "event_id": "chatwoot:42:1:queued", "leg_id": "1"},
    ]  # fmt: skip


def test_a_conversation_that_begins_with_a_bot_is_not_queued() -> None:
    """A session of self-care begins; solved by the bot it was contained."""
    assert types({**CREATED, "status": "pending"}) == [
        "contact.created",
        "selfcare.session_started",
    ]
    [contained] = rows(status("resolved", "pending", 60))
    assert (contained["type"], contained["outcome"]) == ("selfcare.contained", "assumed")


def test_the_first_reply_of_a_person_answers_the_leg() -> None:
    """The message, and the answer by its author."""
    posted, answered = rows(REPLY)
    assert (posted["type"], posted["message_id"], posted["author"], posted["agent_id"]) == (
        "message.posted", "chatwoot:42:message:77", "agent", "A1",
    )  # fmt: skip
    assert answered == {
        "v": 1, "type": "contact.answered", "event_id": "chatwoot:42:1:answered",
        "source": "chatwoot", "event_time_ms": REPLY_MS, "contact_id": "chatwoot:42",
        "leg_id": "1", "channel": "chat", "queue": "Web", "team": "5", "agent_id": "A1",
        "motive": "return", "revision": 2_339_267_026,
    }  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"private": True},
        {"message_type": "incoming"},
        {"message_type": "template", "sender": None},
        {"sender": {"id": 3, "type": "agent_bot"}},
        {"content_attributes": {"automation_rule_id": 5}},
        {"conversation": {**TALK, "first_reply_created_at": T0 + 20}},
        {"message_type": 0},
    ],
)
def test_other_messages_answer_nothing(more: dict[str, Any]) -> None:
    """Notes, customers, templates, bots, rules, and a reply that is not the first."""
    assert types({**REPLY, **more}) == ["message.posted"]


@pytest.mark.parametrize(
    ("kind", "author"),
    [("incoming", "customer"), ("outgoing", "agent"), ("template", "system"), (0, "customer"),
     (1, "agent"), (3, "system")],
)  # fmt: skip
def test_the_author_follows_from_the_type_of_the_message(kind: Any, author: str) -> None:
    """As a word or as the number of the same."""
    assert rows({**REPLY, "message_type": kind})[0]["author"] == author


def test_times_are_read_in_each_form_that_chatwoot_writes() -> None:
    """ISO 8601, seconds, fractions, and the old text with UTC at its end."""
    for told, at_ms in (
        ("2020-03-03 13:05:57 UTC", 1_583_240_757_000),
        ("2020-03-03T13:05:57.250Z", 1_583_240_757_250),
        (1_583_240_757, 1_583_240_757_000),
        (1_583_240_757.25, 1_583_240_757_250),
    ):
        [posted] = rows({**REPLY, "created_at": told, "private": True})
        assert posted["event_time_ms"] == at_ms
        assert posted.get("time_quality") == (None if at_ms % 1000 else "second")


def test_an_e_mail_inbox_gives_tickets() -> None:
    """Opened, replied, assigned, solved and reopened; nothing goes to the chats."""
    mail = {"channel": "Channel::Email"}
    moved = [{"assignee_id": {"previous_value": None, "current_value": 1}}]
    meta = {**TALK["meta"], "assignee": {"id": 1}}
    found = rows(
        {**CREATED, **mail},
        {**status("open", None, 5, **mail, meta=meta), "event": "conversation_updated",
         "changed_attributes": moved},
        message(1, 60, conversation={**TALK, **mail}),
        status("resolved", "open", 120, **mail),
        status("open", "resolved", 900, **mail),
    )  # fmt: skip
    assert [row["type"] for row in found] == [
        "ticket.opened", "ticket.assigned", "ticket.replied", "ticket.solved", "ticket.reopened",
    ]  # fmt: skip
    assert {row["channel"] for row in found} == {"email"}
    assert found[1]["agent_id"] == "A1"


def test_the_settings_may_say_the_channel_of_an_inbox() -> None:
    """Also where a body does not tell the kind of its inbox."""
    assert types(HANDED_OVER, channels={"3": "email"}) == ["ticket.reopened"]
    assert rows(CREATED, channels={"1": "messaging"})[0]["channel"] == "messaging"
    [refused] = [one for one in read(REPLY, channels={"1": "pigeon"}) if isinstance(one, Refused)][
        :1
    ]
    assert refused.reason is Reason.BAD_VALUE


def test_two_accounts_keep_their_conversations_apart() -> None:
    """Ids of conversations begin at 1 in each account."""
    assert rows(CREATED, prefix="shop")[0]["contact_id"] == "shop:42"


def test_a_solved_conversation_that_nobody_replied_to_left_the_queue() -> None:
    """Neither answered nor given up."""
    [left] = rows(status("resolved", "open", 60))
    assert (left["type"], left["reason"], left["leg_id"]) == ("contact.flow_out", "other", "1")


def test_a_survey_is_sent_and_answered() -> None:
    """The rating alone; what the customer wrote goes nowhere."""
    sent, answered = rows({**CSAT, "event": "message_created"}, CSAT)
    assert (sent["type"], answered["type"]) == ("survey.sent", "survey.answered")
    assert sent["survey_id"] == answered["survey_id"] == "chatwoot:42:csat:90"
    assert (answered["score"], answered["survey_kind"]) == (4.0, "csat")
    assert answered["event_time_ms"] == 1_763_178_600_000
    assert "Nice" not in json.dumps(answered)


def test_what_is_left_out_is_counted_and_what_nobody_knows_refused() -> None:
    """Snoozing, typing, changes of attributes; an event of another program."""
    assert ignored(status("snoozed", "open", 5)) == {"conversation_status_changed to snoozed": 1}
    assert ignored({"event": "conversation_typing_on"}) == {"conversation_typing_on": 1}
    assert ignored({**CREATED, "event": "conversation_updated"}) == {"conversation_updated": 1}
    assert ignored({**REPLY, "event": "message_updated"}) == {"message_updated": 1}
    assert ignored({**REPLY, "message_type": "activity"}) == {
        "message_created of the kind activity": 1
    }
    for odd, reason in (
        ({"event": "ticket_created"}, Reason.UNMAPPED_SOURCE),
        ({"id": 1}, Reason.MISSING_FIELD),
        ({**CREATED, "id": None}, Reason.MISSING_FIELD),
        ({**REPLY, "message_type": "shout"}, Reason.BAD_VALUE),
        (status("gone", "open", 1), Reason.BAD_VALUE),
    ):
        [refused] = read(odd)
        assert isinstance(refused, Refused)
        assert refused.reason is reason


def total(found: list[ev.Envelope | Refused], at_s: float) -> Any:
    policy = QueuePolicy(threshold_ms=90_000, short_limit_ms=10_000)
    rules = Rules(channels={"chat": policy}, retention_ms=None)
    shard = Shard("chats", 0, rules)
    for event in found:
        assert isinstance(event, ev.ContactEvent), event
        shard.apply(event, event.event_time_ms)
    at_ms = round((T0 + at_s) * 1000)
    return board([shard], at_ms, rules, ["whole"]).windows["whole"].total


STORY = [
    CREATED, message(1, 0, "incoming"), message(2, 60),
    message(3, 100, conversation={**TALK, "first_reply_created_at": T0 + 60}),
    status("resolved", "open", 300, first_reply_created_at=T0 + 60),
]  # fmt: skip


OLD = [message(3, 100), *STORY[:3], STORY[4]]  # bodies that never tell the first reply


@pytest.mark.parametrize("bodies", [STORY, [*STORY, *STORY], STORY[::-1], OLD])
def test_a_conversation_waits_60_seconds_and_is_talked_on_for_240(bodies: list[Any]) -> None:
    """In any order, and however often a body comes."""
    figures = total(read(*bodies), 301)
    assert (figures["contacts_offered"], figures["contacts_answered"]) == (1, 1)
    assert (figures["asa_seconds"]["queue"], figures["talk_mean_seconds"]) == (60.0, 240.0)
    assert figures["first_response_seconds"]["calendar"] == 60.0


def test_a_conversation_that_is_opened_again_waits_a_second_time() -> None:
    """60 seconds and then 30: two legs, a mean of 45 seconds."""
    replied = {**TALK, "first_reply_created_at": T0 + 60}
    again = [
        status("open", "resolved", 1000, first_reply_created_at=T0 + 60),
        message(4, 1030, conversation=replied),
        message(5, 1050, conversation=replied),
        status("resolved", "open", 1090, first_reply_created_at=T0 + 60),
    ]
    figures = total(read(*STORY, *again), 1100)
    assert (figures["contacts_offered"], figures["contacts_answered"]) == (2, 2)
    assert (figures["asa_seconds"]["queue"], figures["talk_mean_seconds"]) == (45.0, 150.0)


def test_a_second_leg_that_nobody_answered_leaves_the_queue_with_the_solve() -> None:
    """Otherwise it would wait for ever."""
    again = [
        status("open", "resolved", 1000, first_reply_created_at=T0 + 60),
        status("resolved", "open", 1090, first_reply_created_at=T0 + 60),
    ]
    figures = total(read(*STORY, *again), 1100)
    assert (figures["contacts_offered"], figures["contacts_answered"]) == (2, 1)
    assert figures["contacts_waiting"] == 0


def test_of_reopened_conversations_only_the_newest_are_remembered() -> None:
    """The oldest of three is forgotten where two fit; an older reopening changes nothing."""
    legs = ReopenedLegs(most=2)
    for contact, at_ms in (("a", 10), ("b", 20), ("c", 30), ("c", 25)):
        assert legs.begin(contact, at_ms) == str(at_ms)
    assert len(legs) == 2
    assert (legs.at("a", 99), legs.at("b", 99), legs.at("c", 99)) == (None, "20", "30")
    assert legs.at("c", 29) is None
    assert legs.waits("b")
    legs.answer("b")
    legs.answer("a")
    assert (legs.waits("b"), legs.waits("a")) == (False, False)


def test_no_name_no_address_and_no_text_gets_through() -> None:
    """In none of the events of all samples."""
    told = json.dumps(rows(*SAMPLES))
    words = ("Joe", "Jane", "example.com", "help", "Nice", "163", "Acme")
    assert [word for word in words if word in told] == []


@pytest.mark.parametrize("sample", [*SAMPLES, *STORY, status("resolved", "pending", 5)])
def test_order_and_case_of_keys_and_unknown_fields_change_nothing(sample: Any) -> None:
    """The same events, to the last field."""
    more = {**sample, "later": {"type": 1}, "meta": {**sample.get("meta", {}), "new": [1]}}
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
