"""Genesys Cloud: documented bodies to literal events."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aggregators import events as ev
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused, SourceSettingsError
from streams.sources.genesys_conversations import Conversations
from tests.streams.sources.genesys_reading import (
    ABANDON,
    CALL,
    DETAIL,
    OBSERVATIONS,
    SECRET,
    TRANSFERRED,
    T,
    detail,
    folded,
    presence,
    read,
    routing,
    rows,
    source,
)


def test_the_documented_end_of_an_acd_session_is_an_abandon() -> None:
    """At its time in milliseconds; the connected duration of 0 is not the wait."""
    [event] = read(ABANDON)
    assert msgspec.to_builtins(event) == {
        "v": 1, "type": "contact.abandoned", "event_id": "c1:s1:left", "source": "genesys-cloud",
        "event_time_ms": 1_735_551_914_839, "contact_id": "c1", "leg_id": "s1",
        "channel": "voice", "queue": "q1", "stage": "queue",
    }  # fmt: skip
    start = detail("acd.start", 3.058, conversationId="c1", sessionId="s1", queueId="q1")
    for bodies in ([start, ABANDON], [ABANDON, start]):
        figures = folded(read(*bodies))
        assert (figures["offered"], figures["abandoned"]) == (1, 1)
        assert figures["abandon_s"] == 11.781


def test_observations_of_queues_are_never_folded() -> None:
    """They are counted as left out."""
    adapter = source()
    assert read(OBSERVATIONS, adapter=adapter) == []
    assert adapter.ignored == {"v2.analytics.queues": 1}


def test_a_call_is_one_leg_from_its_queue_to_its_wrap_up() -> None:
    """The agent's session is joined to the ACD's by who answered."""
    adapter = source(queues={"q1": "Support"}, agents={"U2": "Ana"}, motives={"w7": "billing"})
    names = ("event_id", "leg_id", "queue", "agent_id", "talk_ms", "hold_ms", "acw_ms", "motive",
             "ended_by")  # fmt: skip
    assert rows(read(*CALL, adapter=adapter), *names) == [
        {"type": "contact.created", "event_id": "c2:created"},
        {"type": "contact.queued", "event_id": "c2:a1:queued", "leg_id": "a1",
         "queue": "Support"},
        {"type": "contact.agent_offered", "event_id": "u2:offered", "leg_id": "a1",
         "queue": "Support", "agent_id": "Ana"},
        {"type": "contact.answered", "event_id": "c2:a1:left", "leg_id": "a1",
         "queue": "Support", "agent_id": "Ana"},
        {"type": "contact.ended", "event_id": "c2:u2:ended", "leg_id": "a1", "queue": "Support",
         "agent_id": "Ana", "talk_ms": 80_000, "hold_ms": 20_000, "ended_by": "customer"},
        {"type": "contact.wrap_up_ended", "event_id": "c2:u2:acw", "leg_id": "a1",
         "queue": "Support", "agent_id": "Ana", "acw_ms": 10_000, "motive": "billing"},
    ]  # fmt: skip
    assert adapter.ignored == {"customer.end after a queue": 1}


def test_a_transfer_is_a_second_acd_session_of_the_same_conversation() -> None:
    """Waits of 20 and 30 s, talks of 80 and 150 s; the held time is told beside the talk."""
    found = read(*TRANSFERRED)
    assert rows(found[4:], "leg_id", "kind", "transferred_from", "hold_ms", "talk_ms") == [
        {"type": "contact.queued", "leg_id": "a2", "transferred_from": "a1"},
        {"type": "contact.hold_ended", "leg_id": "a1", "hold_ms": 20_000},
        {"type": "contact.transferred", "leg_id": "a1", "kind": "attended", "talk_ms": 80_000},
        {"type": "contact.answered", "leg_id": "a2"},
        {"type": "contact.ended", "leg_id": "a2", "talk_ms": 150_000},
        {"type": "contact.wrap_up_ended", "leg_id": "a2"},
    ]  # fmt: skip
    assert folded(found) == {
        "offered": 2, "answered": 2, "abandoned": 0, "wait_s": 25.0, "abandon_s": None,
        "talk_s": 115.0, "ivr": 0,
    }  # fmt: skip


def test_a_call_that_comes_back_to_the_same_agent_has_two_legs_of_theirs() -> None:
    """Each talk ends the leg that was answered last before."""
    found = read(
        *CALL[:5],
        detail("acd.start", 140, sessionId="a2", queueId="q1"),
        detail("acd.end", 150, sessionId="a2", queueId="q1", acdOutcome="ANSWERED",
               answeredUserId="U2"),
        CALL[5],
        detail("user.end", 210, sessionId="u9", userId="U2", interactingDurationMs=60_000),
    )  # fmt: skip
    assert rows(found[4:], "leg_id") == [
        {"type": "contact.ended", "leg_id": "a1"},
        {"type": "contact.queued", "leg_id": "a2"},
        {"type": "contact.answered", "leg_id": "a2"},
        {"type": "contact.wrap_up_ended", "leg_id": "a1"},
        {"type": "contact.ended", "leg_id": "a2"},
    ]


def test_who_leaves_before_a_queue_left_in_the_ivr() -> None:
    """Until a queue turns out to have been reached: then it is taken back."""
    gone = read(CALL[0], CALL[6])
    assert rows(gone, "stage", "event_time_ms") == [
        {"type": "contact.created", "event_time_ms": T},
        {"type": "contact.abandoned", "stage": "ivr", "event_time_ms": T + 130_000},
    ]
    assert folded(gone)["ivr"] == 1
    late = read(CALL[0], CALL[6], CALL[1])
    assert rows(late[1:], "event_id", "revision", "retracted") == [
        {"type": "contact.abandoned", "event_id": "c2:ivr_left"},
        {"type": "contact.abandoned", "event_id": "c2:ivr_left", "revision": 1,
         "retracted": True},
        {"type": "contact.queued", "event_id": "c2:a1:queued"},
    ]  # fmt: skip
    assert folded(late)["ivr"] == 0


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"acdOutcome": "ABANDON"}, {"type": "contact.abandoned"}),
        ({"acdOutcome": "FLOW_OUT"}, {"type": "contact.flow_out", "reason": "other"}),
        ({"acdOutcome": "FLOW_OUT", "disconnectType": "TIMEOUT"},
         {"type": "contact.flow_out", "reason": "timeout"}),
        ({"acdOutcome": "flow-out", "disconnectType": "TRANSFER"},
         {"type": "contact.flow_out", "reason": "divert"}),
        ({"acdOutcome": "UNKNOWN"}, {"type": "contact.flow_out", "reason": "other"}),
        ({"acdOutcome": "answered", "answeredUserId": "U2"}, {"type": "contact.answered"}),
    ],
)  # fmt: skip
def test_the_outcome_of_an_acd_session(fields: dict[str, str], expected: dict[str, str]) -> None:
    """In upper and lower case."""
    body = detail("acd.end", 30, sessionId="a1", queueId="q1", **fields)
    assert rows(read(body), "reason") == [expected]


def test_an_outcome_that_nobody_knows_is_told() -> None:
    """As is an answer without who gave it."""
    for fields, reason in (
        ({"acdOutcome": "PARKED"}, Reason.UNMAPPED_SOURCE),
        ({"acdOutcome": "ANSWERED"}, Reason.MISSING_FIELD),
        ({}, Reason.MISSING_FIELD),
    ):
        [refused] = read(detail("acd.end", 30, sessionId="a1", queueId="q1", **fields))
        assert isinstance(refused, Refused)
        assert refused.reason is reason


@pytest.mark.parametrize(
    ("word", "outcome"),
    [("TIMEOUT", "timeout"), ("CLIENT", "rejected"), ("ERROR", "error"), ("PEER", "canceled")],
)
def test_a_ring_in_vain_is_a_missed_offer(word: str, outcome: str) -> None:
    """An agent's session that ends without a talk."""
    rung = detail("user.start", 12, sessionId="u1", userId="U1", queueId="q1")
    vain = detail("user.end", 22, sessionId="u1", userId="U1", queueId="q1",
                  alertingDurationMs=10_000, disconnectType=word)  # fmt: skip
    assert rows(read(CALL[1], rung, vain)[1:], "leg_id", "offer_id", "outcome", "ring_ms") == [
        {"type": "contact.agent_offered", "leg_id": "a1", "offer_id": "u1"},
        {"type": "contact.agent_offer_missed", "leg_id": "a1", "offer_id": "u1",
         "outcome": outcome, "ring_ms": 10_000},
    ]  # fmt: skip


def test_a_callback_is_asked_for_tried_and_done() -> None:
    """Its ACD session leaves the queue at once; the wait for the call counts from when due."""
    back = {"mediaType": "CALLBACK", "queueId": "q1"}
    found = read(
        detail("acd.start", 10, sessionId="k1", callbackScheduledTime=T + 600_000, **back),
        detail("acd.end", 700, sessionId="k1", acdOutcome="ANSWERED", answeredUserId="U2", **back),
        detail("user.end", 800, sessionId="u2", userId="U2", interactingDurationMs=60_000, **back),
    )
    assert rows(found, "callback_id", "due_at_ms", "attempt", "outcome", "agent_id") == [
        {"type": "contact.queued"},
        {"type": "contact.callback_requested", "callback_id": "k1", "due_at_ms": T + 600_000},
        {"type": "contact.callback_attempted", "callback_id": "k1", "attempt": 1,
         "agent_id": "U2"},
        {"type": "contact.callback_done", "callback_id": "k1", "outcome": "reached",
         "agent_id": "U2"},
    ]  # fmt: skip


def test_the_end_of_a_talk_that_nothing_is_known_of_ends_the_conversation() -> None:
    """As after a restart: whoever talks does no more. A talk without a queue is none of ours."""
    assert rows(read(CALL[4]), "leg_id") == [{"type": "contact.ended"}]
    adapter = source()
    direct = {**CALL[4], "eventBody": {**CALL[4]["eventBody"], "queueId": None}}
    assert read(direct, adapter=adapter) == []
    assert adapter.ignored == {"user.end without a queue": 1}


@pytest.mark.parametrize(
    ("media", "channel", "topic"),
    [("VOICE", "voice", "calls"), ("voice", "voice", "calls"), ("CHAT", "chat", "chats"),
     ("message", "messaging", "chats"), ("EMAIL", "email", "chats")],
)  # fmt: skip
def test_each_event_carries_the_channel_of_its_media(media: str, channel: str, topic: str) -> None:
    """In upper and lower case, so that all events of a conversation are of one topic."""
    bodies = [{**body, "eventBody": {**body["eventBody"], "mediaType": media}} for body in CALL]
    found = [event for event in read(*bodies) if isinstance(event, ev.ContactEvent)]
    assert {(event.channel, ev.topic_of(event)) for event in found} == {(channel, topic)}
    assert len(found) == 6


def test_side_sessions_are_left_out() -> None:
    """A shared screen is no contact of its own."""
    adapter = source()
    body = detail("acd.start", 1, sessionId="x", queueId="q1", mediaType="COBROWSE")
    assert read(body, adapter=adapter) == []
    assert adapter.ignored == {"sessions of cobrowse": 1}


def test_an_event_of_eventbridge_carries_the_same_in_its_detail() -> None:
    """The topic names no id there; the body does."""
    for body in TRANSFERRED:
        kind = body["topicName"].removeprefix(f"{DETAIL}c2.")
        bridged = {
            "detail-type": f"{DETAIL}{{id}}.{kind}", "source": "aws.partner/genesys.com/x",
            "time": "2024-12-30T09:45:00Z", "detail": {"eventBody": body["eventBody"]},
        }  # fmt: skip
        assert read(bridged) == read(body)


def test_customers_are_keyed_hashes() -> None:
    """Of their address; of an outbound call it is the called one."""
    out = detail("customer.start", 0, sessionId="sc", direction="OUTBOUND", ani="tel:+33900000000",
                 dnis="tel:+33123456789")  # fmt: skip
    key = customer_key(SECRET, "+33123456789")
    assert rows(read(CALL[0], out), "customer_key", "direction", "initiated_by") == [
        {"type": "contact.created", "customer_key": key},
        {"type": "contact.created", "customer_key": key, "direction": "out",
         "initiated_by": "agent"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "state"),
    [("IDLE", "available"), ("INTERACTING", "available"), ("COMMUNICATING", "available"),
     ("NOT_RESPONDING", "other"), ("OFF_QUEUE", "pause")],
)  # fmt: skip
def test_a_routing_status_is_a_state(status: str, state: str) -> None:
    """The contacts tell who talks."""
    assert rows(read(routing(status, T)), "agent_id", "state", "event_time_ms", "label") == [
        {"type": "agent.state", "agent_id": "Ua-1", "state": state, "event_time_ms": T,
         "label": status},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "state"),
    [("Meal", "pause"), ("OFFLINE", "offline"), ("On Queue", "available"), ("Away", "pause"),
     ("ON_QUEUE", "available"), ("Out fishing", "other")],
)  # fmt: skip
def test_a_presence_is_a_state(name: str, state: str) -> None:
    """In each way that it is written."""
    [found] = rows(read(presence(name, "2024-12-30T09:45:00.000Z")), "state", "event_time_ms")
    assert found == {"type": "agent.state", "state": state, "event_time_ms": T}


def test_being_off_queue_is_what_the_presence_says() -> None:
    """Who went offline does not pause; settings may call a presence otherwise."""
    found = read(presence("Offline", "2024-12-30T09:44:59.000Z"), routing("OFF_QUEUE", T))
    assert [row["state"] for row in rows(found, "state")] == ["offline", "offline"]
    adapter = source(presences={"p1": "other"})
    found = read(presence("Meal", "2024-12-30T09:44:59Z"), routing("OFF_QUEUE", T), adapter=adapter)
    assert [row["state"] for row in rows(found, "state")] == ["other", "other"]


def test_an_activity_tells_presence_and_routing_at_once() -> None:
    """On queue the routing status counts, off queue the presence, since the later of both."""
    body = {
        "id": "U1",
        "routingStatus": {"status": "OFF_QUEUE", "startTime": "2024-12-30T09:45:01.000Z"},
        "presence": {"presenceDefinition": {"id": "P1", "systemPresence": "BREAK"},
                     "modifiedDate": "2024-12-30T09:45:00.000Z"},
    }  # fmt: skip
    bridged = {"detail-type": "v2.users.{id}.activity", "detail": {"eventBody": body}}
    names = ("agent_id", "state", "reason", "event_time_ms")
    assert rows(read(bridged), *names) == [
        {"type": "agent.state", "agent_id": "U1", "state": "pause", "reason": "break",
         "event_time_ms": T + 1_000},
    ]  # fmt: skip


def test_topics_are_left_out_or_told() -> None:
    """Known ones are counted, nobody's are refused."""
    adapter = source()
    names = ["v2.users.U1.station", "channel.metadata", f"{DETAIL}c1.attributes",
             "v2.conversations.c1.transcription"]  # fmt: skip
    assert read(*({"topicName": name, "eventBody": {}} for name in names), adapter=adapter) == []
    assert adapter.ignored == {
        "v2.users": 1, "channel.metadata": 1, "attributes": 1, "v2.conversations": 1
    }  # fmt: skip
    for name in ("v3.users.U1.presence", f"{DETAIL}c1.exploded"):
        [refused] = read({"topicName": name, "eventBody": {}})
        assert isinstance(refused, Refused)
        assert refused.reason is Reason.UNMAPPED_SOURCE


@pytest.mark.parametrize("settings", [{"presences": {"meal": "eating"}}, {"presence": {}}])
def test_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    """With the path of the setting."""
    with pytest.raises(SourceSettingsError, match=r"^sources\.genesys-cloud\.presence"):
        source(**settings)


def test_the_memory_is_bounded() -> None:
    """The conversation told of longest ago is forgotten."""
    known = Conversations(most=2)
    first = known.of("c1")
    known.of("c2")
    assert known.of("c1") is first
    known.of("c3")
    assert len(known) == 2
    assert known.of("c1") is first
