"""Any JSON body by a mapping: the bodies of real platforms, and laws of what a mapping does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.board import board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused, SourceLine
from tests.streams.sources.json_mapping_reading import SECRET, read, rows, source

FRESHDESK = """
topic: tickets
event_id: "{ticket.id}:{ticket.status}:{ticket.updated}"
type: {path: ticket.status, map: {Open: ticket.opened, Resolved: ticket.solved, Closed: ignore}}
event_time: {path: ticket.updated, format: "%d %b %Y %H:%M", zone: Europe/Paris}
contact_id: "freshdesk:{ticket.id}"
queue: {path: ticket.group}
agent_id: {path: ticket.agent}
customer_key: {path: requester.id, hash: true}
"""
SOLVED: dict[str, Any] = {
    "ticket": {
        "id": "812", "status": "Resolved", "updated": "17 Apr 2024 19:18", "group": "Support",
        "agent": "9",
    },
    "requester": {"id": "44"},
}  # fmt: skip

DIXA = """
topic: chats
event_id: "{event_id}"
event_time: {path: event_timestamp}
contact_id: "dixa:{data.conversation.csid}"
channel:
  path: data.conversation.channel
  map: {EMAIL: email, CHAT: chat, PSTNPHONE: voice, MESSENGER: messaging}
queue: {path: data.conversation.queue.name}
leg_id: {path: data.conversation.queue.id, default: none}
agent_id: {path: data.conversation.assignee.id}
events:
  - {type: contact.created, when: {path: event_fqn, is: CONVERSATION_CREATED}}
  - {type: contact.queued, when: {path: event_fqn, is: CONVERSATION_ENQUEUED}}
  - {type: contact.answered, when: {path: event_fqn, is: CONVERSATION_ASSIGNED}}
  - type: contact.abandoned
    stage: queue
    when:
      - {path: event_fqn, is: CONVERSATION_CLOSED}
      - {path: data.conversation.assignee, present: false}
  - type: contact.ended
    when:
      - {path: event_fqn, is: CONVERSATION_CLOSED}
      - {path: data.conversation.assignee, present: true}
  - type: message.posted
    message_id: "{data.message_id}"
    author: {path: data.author.user_type, map: {Member: agent, Contact: customer}}
    when: {path: event_fqn, is: CONVERSATION_MESSAGE_ADDED}
  - {type: ignore, when: {path: event_fqn, is: [CONVERSATION_TAG_ADDED, CONVERSATION_RATED]}}
"""

KAZOO = """
topic: calls
event_id: "{member_call_id}"
event_time: {path: now, format: gregorian_s}
contact_id: "{member_call_id}"
leg_id: "{queue_id}"
queue: {path: queue_id}
agent_id: {path: agent_id}
customer_key: {path: caller_id_number, hash: true}
events:
  - {type: contact.answered, when: {path: call_state, is: pickup}}
  - {type: contact.ended, when: {path: call_state, is: hangup}}
"""


def dixa(name: str, at: str, *, assignee: Any = None, **data: Any) -> dict[str, Any]:
    conversation = {
        "csid": 2, "channel": "CHAT", "queue": {"id": "q-1", "name": "default"},
        "assignee": assignee, "requester": {"id": "u-1", "email": "somebody@example.com"},
    }  # fmt: skip
    return {
        "event_id": f"e-{at}", "event_fqn": name, "event_timestamp": f"2025-01-14T22:{at}.429Z",
        "data": {"conversation": conversation, **data},
    }  # fmt: skip


def test_the_documented_body_of_freshdesk_is_a_solved_ticket() -> None:
    """At 2024-04-17T17:18:00Z, whole seconds, the requester only as a keyed hash."""
    [event] = read(FRESHDESK, SOLVED)
    assert msgspec.to_builtins(event) == {
        "v": 1, "type": "ticket.solved", "event_id": "812:Resolved:17 Apr 2024 19:18",
        "source": "hook", "event_time_ms": 1_713_374_280_000, "time_quality": "second",
        "contact_id": "freshdesk:812", "channel": "ticket", "queue": "Support", "agent_id": "9",
        "customer_key": customer_key(SECRET, "44"),
    }  # fmt: skip


def test_a_word_of_the_map_may_be_left_out_and_one_that_it_lacks_is_told() -> None:
    """Left out is counted by the word of the settings; unknown words are never repeated."""
    adapter = source(FRESHDESK)
    closed = {**SOLVED, "ticket": {**SOLVED["ticket"], "status": "Closed"}}
    assert list(adapter.feed(SourceLine(1, json.dumps(closed)))) == []
    assert adapter.ignored == {"ticket.status closed": 1}
    odd = {**SOLVED, "ticket": {**SOLVED["ticket"], "status": "Waiting on Jane"}}
    [refused] = adapter.feed(SourceLine(2, json.dumps(odd)))
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.UNMAPPED_SOURCE
    assert refused.detail == "ticket.status has a word that sources.hook.type.map does not have"


def test_without_a_secret_the_customer_is_dropped() -> None:
    """Never told in clear."""
    [event] = source(FRESHDESK, secret=b"").feed(SourceLine(1, json.dumps(SOLVED)))
    assert isinstance(event, ev.TicketSolved)
    assert event.customer_key is None


def test_bodies_like_those_of_dixa_give_one_event_each() -> None:
    """Several events in the settings, chosen by the name of the event and by who has it."""
    jane = {"id": "a-7", "name": "Jane"}
    found = read(
        DIXA,
        dixa("CONVERSATION_CREATED", "00:00"),
        dixa("CONVERSATION_ENQUEUED", "00:01"),
        dixa("CONVERSATION_ASSIGNED", "00:31", assignee=jane),
        dixa("CONVERSATION_MESSAGE_ADDED", "00:40", assignee=jane, message_id="m-1",
             author={"user_type": "Member", "email": "jane@example.com"}, text="Hello"),
        dixa("CONVERSATION_TAG_ADDED", "00:50"),
        dixa("CONVERSATION_CLOSED", "02:31", assignee=jane),
    )  # fmt: skip
    at_ms = 1_736_892_000_429
    chat = {"contact_id": "dixa:2", "channel": "chat", "queue": "default", "leg_id": "q-1"}
    held = {**chat, "agent_id": "a-7"}
    names = ("event_time_ms", "contact_id", "channel", "queue", "leg_id", "agent_id", "message_id",
             "author", "time_quality")  # fmt: skip
    assert rows(found, *names) == [
        {"type": "contact.created", "event_time_ms": at_ms, **chat},
        {"type": "contact.queued", "event_time_ms": at_ms + 1_000, **chat},
        {"type": "contact.answered", "event_time_ms": at_ms + 31_000, **held},
        {"type": "message.posted", "event_time_ms": at_ms + 40_000, **held, "message_id": "m-1",
         "author": "agent"},
        {"type": "contact.ended", "event_time_ms": at_ms + 151_000, **held},
    ]  # fmt: skip


def test_a_conversation_closed_with_nobody_assigned_was_abandoned() -> None:
    """The condition on the assignee decides; the fold counts it so."""
    found = read(DIXA, dixa("CONVERSATION_ENQUEUED", "00:01"), dixa("CONVERSATION_CLOSED", "00:35"))
    assert folded(found, "chats", 1_736_892_100_000) == {
        "contacts_offered": 1, "contacts_answered": 0, "contacts_abandoned": 1,
        "asa_seconds": None, "abandon_wait_mean_seconds": 34.0, "talk_mean_seconds": None,
    }  # fmt: skip


def test_all_events_of_a_topic_are_of_it() -> None:
    """Without a channel in the body it is the topic's; one of another topic is refused."""
    queued = dixa("CONVERSATION_ENQUEUED", "00:01")
    queued["data"]["conversation"]["channel"] = None
    assert rows(read(DIXA, queued), "channel") == [{"type": "contact.queued", "channel": "chat"}]
    queued["data"]["conversation"]["channel"] = "PstnPhone"
    [refused] = read(DIXA, queued)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.WRONG_TOPIC
    assert refused.detail == "the channel belongs to calls, the source to the topic chats"


def test_bodies_like_those_of_kazoo_have_gregorian_seconds() -> None:
    """63,888,488,665 less 62,167,219,200 is 2024-07-18T02:24:25Z."""
    body = {
        "account_id": "acc", "agent_id": "a1", "call_state": "pickup", "member_call_id": "c1",
        "caller_id_number": "+33123456789", "now": 63_888_488_665, "queue_id": "q1",
    }  # fmt: skip
    found = read(KAZOO, body, {**body, "call_state": "hangup", "now": "63888488765"})
    assert rows(found, "event_id", "event_time_ms", "time_quality", "customer_key") == [
        {"type": "contact.answered", "event_id": "c1:contact.answered", "time_quality": "second",
         "event_time_ms": 1_721_269_465_000, "customer_key": customer_key(SECRET, "+33123456789")},
        {"type": "contact.ended", "event_id": "c1:contact.ended", "time_quality": "second",
         "event_time_ms": 1_721_269_565_000, "customer_key": customer_key(SECRET, "+33123456789")},
    ]  # fmt: skip


def test_one_body_may_give_several_events_with_ids_of_their_own() -> None:
    """A finished call in one body: queued, answered, ended, and the fold's wait and talk."""
    call = """
    topic: calls
    event_id: "{id}"
    contact_id: "{id}"
    leg_id: "1"
    queue: "{skill}"
    agent_id: "{agent}"
    queues: {S1: Support}
    events:
      - {type: contact.queued, event_time: {path: times.0}}
      - type: contact.answered
        event_time: {path: times.1}
        wait_ms: {path: waited, unit: s}
        when: {path: agent, present: true}
      - {type: contact.ended, event_time: {path: times.2}, talk_ms: {path: talked, unit: hms}}
    """
    times = ["2024-06-03T09:00:00Z", "2024-06-03T09:00:12.000Z", "2024-06-03T09:03:00+00:00"]
    body = {"id": 7, "skill": "s1", "agent": "A1", "times": times, "waited": "12.0",
            "talked": "0:02:48"}  # fmt: skip
    found = read(call, body)
    assert rows(found, "event_id", "queue", "wait_ms", "talk_ms", "time_quality") == [
        {"type": "contact.queued", "event_id": "7:contact.queued", "queue": "Support",
         "time_quality": "second"},
        {"type": "contact.answered", "event_id": "7:contact.answered", "queue": "Support",
         "wait_ms": 12_000},
        {"type": "contact.ended", "event_id": "7:contact.ended", "queue": "Support",
         "talk_ms": 168_000, "time_quality": "second"},
    ]  # fmt: skip
    assert folded(found, "calls", 1_717_406_000_000) == {
        "contacts_offered": 1, "contacts_answered": 1, "contacts_abandoned": 0,
        "asa_seconds": 12.0, "abandon_wait_mean_seconds": None, "talk_mean_seconds": 168.0,
    }  # fmt: skip


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@given(JSON)
def test_no_body_makes_a_mapping_raise(body: Any) -> None:
    """Whatever comes, out come events and refusals."""
    for settings in (FRESHDESK, DIXA, KAZOO):
        for one in source(settings).feed(SourceLine(1, json.dumps(body))):
            assert isinstance(one, ev.Envelope | Refused)


@given(st.sampled_from(["id", "status", "updated", "group", "agent"]), JSON)
def test_no_change_of_a_field_makes_a_mapping_raise(name: str, value: Any) -> None:
    """One field of a good body may be anything."""
    [*found] = read(FRESHDESK, {**SOLVED, "ticket": {**SOLVED["ticket"], name: value}})
    assert all(isinstance(one, ev.Envelope | Refused) for one in found)


@given(st.dictionaries(st.text(min_size=1, max_size=8).map("x".__add__), JSON), st.randoms())
def test_unknown_fields_and_the_order_and_case_of_names_change_nothing(
    extra: dict[str, Any], chance: Any
) -> None:
    """The law for every source of bodies."""
    pairs = [(name.upper(), value) for name, value in SOLVED["ticket"].items()]
    chance.shuffle(pairs)
    body = {"Requester": SOLVED["requester"], **extra, "TICKET": {**extra, **dict(pairs)}}
    assert read(FRESHDESK, body) == read(FRESHDESK, SOLVED)


def folded(found: Iterable[ev.Envelope | Refused], topic: str, at_ms: int) -> dict[str, Any]:
    """Fold events, and look at the volumes of all queues."""
    rules = Rules(
        channels=dict.fromkeys(
            ("voice", "chat"), QueuePolicy(threshold_ms=20_000, short_limit_ms=0)
        ),
        retention_ms=None,
    )
    shard = Shard(topic, 0, rules)
    for event in found:
        assert isinstance(event, ev.Envelope), event
        assert ev.topic_of(event) == topic
        shard.apply(event, event.event_time_ms)
    total = board([shard], at_ms, rules, ["whole"]).windows["whole"].total
    names = ("contacts_offered", "contacts_answered", "contacts_abandoned",
             "asa_seconds", "abandon_wait_mean_seconds", "talk_mean_seconds")  # fmt: skip
    found_kpis: dict[str, Any] = {name: total[name] for name in names}
    return {**found_kpis, "asa_seconds": found_kpis["asa_seconds"]["queue"]}
