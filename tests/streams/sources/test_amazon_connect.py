"""Contact events and contact records of Amazon Connect, and how they come wrapped.

The bodies have the shapes that the vendor documents; none comes from a real instance.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from aggregators import events as ev
from aggregators.board import Board, board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused, Source, SourceLine, SourceSettingsError, build_source

SECRET = b"a secret of the test"
ARN = "arn:aws:connect:us-west-2:111122223333:instance/i1"

ANSWERED: dict[str, Any] = {
    "detail-type": "Amazon Connect Contact Event", "source": "aws.connect", "id": "abca",
    "time": "2021-08-04T17:43:48Z",
    "detail": {
        "eventType": "CONNECTED_TO_AGENT", "contactId": "1111", "channel": "VOICE",
        "initiationMethod": "INBOUND", "initiationTimestamp": "2021-08-04T17:17:53.000Z",
        "queueInfo": {"queueArn": "arn:q1", "enqueueTimestamp": "2021-08-04T17:29:04.000Z"},
        "agentInfo": {"agentArn": "arn:a1",
                      "connectedToAgentTimestamp": "2021-08-04T17:29:09.000Z"},
    },
}  # fmt: skip
RECORD: dict[str, Any] = {
    "ContactId": "15a5cf14", "Channel": "VOICE", "InitiationMethod": "INBOUND",
    "InitiationTimestamp": "2022-04-08T14:59:38Z", "DisconnectTimestamp": "2022-04-08T15:01:22Z",
    "DisconnectReason": "CUSTOMER_DISCONNECT",
    "Queue": {"Name": "BasicQueue", "EnqueueTimestamp": "2022-04-08T15:00:42Z",
              "DequeueTimestamp": "2022-04-08T15:00:49Z", "Duration": 7},
    "Agent": {"Username": "admin1", "ConnectedToAgentTimestamp": "2022-04-08T15:00:49Z",
              "AgentInteractionDuration": 33, "CustomerHoldDuration": 0, "NumberOfHolds": 0,
              "AfterContactWorkDuration": 32,
              "AfterContactWorkStartTimestamp": "2022-04-08T15:01:22Z",
              "AfterContactWorkEndTimestamp": "2022-04-08T15:01:54Z"},
    "AgentConnectionAttempts": 1, "InitialContactId": None, "PreviousContactId": None,
    "NextContactId": None, "LastUpdateTimestamp": "2022-04-08T15:03:02Z",
}  # fmt: skip
UPDATED_MS = 1_649_430_182_000
T0 = 1_649_430_000_000  # 2022-04-08T15:00:00Z


def source(**settings: Any) -> Source:
    given = {"connect": {"format": "amazon-connect", **settings}}
    return build_source("connect", given, file="stream.jsonl", secret=SECRET)


def read(bodies: Iterable[Any], adapter: Source | None = None) -> list[ev.Envelope | Refused]:
    adapter = adapter or source()
    found: list[ev.Envelope | Refused] = []
    for number, one in enumerate(bodies, start=1):
        found += adapter.feed(SourceLine(number, json.dumps(one)))
    return found


def rows(found: Iterable[ev.Envelope | Refused], *names: str) -> list[dict[str, Any]]:
    """The events as JSON, with the type and the named fields alone."""
    told = []
    for event in found:
        assert isinstance(event, ev.Envelope), event
        row = msgspec.to_builtins(event)
        told.append({name: row[name] for name in ("type", *names) if name in row})
    return told


def look(found: Iterable[ev.Envelope | Refused], at_ms: int) -> Board:
    """Fold events in the order given, and look at an instant."""
    policy = QueuePolicy(threshold_ms=20_000, short_limit_ms=0)
    rules = Rules(channels=dict.fromkeys(("voice", "chat"), policy), retention_ms=None)
    shards = {topic: Shard(topic, 0, rules) for topic in ("calls", "chats", "agents")}
    for event in found:
        assert isinstance(event, ev.Envelope), event
        shards[ev.topic_of(event)].apply(event, event.event_time_ms)
    return board(list(shards.values()), at_ms, rules, ["whole"])


def kpis(found: Iterable[ev.Envelope | Refused], at_ms: int = T0 + 600_000) -> dict[str, Any]:
    return dict(look(found, at_ms).windows["whole"].total)


def at(second: int) -> str:
    return f"2022-04-08T15:{second // 60:02}:{second % 60:02}.000Z"


def contact_event(kind: str, sent: int, contact: str = "c1", **detail: Any) -> dict[str, Any]:
    base = {"eventType": kind, "contactId": contact, "channel": "VOICE",
            "initiationMethod": "INBOUND", "initiationTimestamp": at(0)}  # fmt: skip
    return {
        "detail-type": "Amazon Connect Contact Event", "source": "aws.connect",
        "id": f"{contact}-{kind}", "time": at(sent), "detail": {**base, **detail},
    }  # fmt: skip


QUEUE = {"queueArn": f"{ARN}/queue/q1", "queueType": "STANDARD", "enqueueTimestamp": at(10)}
AGENT = {"agentArn": f"{ARN}/agent/a1", "connectedToAgentTimestamp": at(25)}
CALL = [
    contact_event("INITIATED", 1, customerEndpoint={"address": "+33123456789"}),
    contact_event("QUEUED", 12, queueInfo=QUEUE),
    contact_event("CONNECTED_TO_AGENT", 27, queueInfo=QUEUE, agentInfo=AGENT),
    contact_event("DISCONNECTED", 99, queueInfo=QUEUE, agentInfo=AGENT, disconnectTimestamp=at(95),
                  disconnectReason="AGENT_DISCONNECT"),
    contact_event("COMPLETED", 120, queueInfo=QUEUE, disconnectTimestamp=at(95),
                  disconnectReason="AGENT_DISCONNECT", agentInfo={
                      **AGENT, "afterContactWorkStartTimestamp": at(95),
                      "afterContactWorkEndTimestamp": at(115), "afterContactWorkDuration": 20}),
]  # fmt: skip


def test_the_sample_of_an_answer_waits_five_seconds_from_the_queue() -> None:
    """From the entry into the queue, not from the first sign, and not to when it was sent."""
    (found,) = read([ANSWERED])
    assert msgspec.to_builtins(found) == {
        "type": "contact.answered", "v": 1, "event_id": "1111:answered", "source": "connect",
        "event_time_ms": 1_628_098_149_000, "revision": 1, "time_quality": "second",
        "contact_id": "1111", "leg_id": "1111", "channel": "voice", "queue": "arn:q1",
        "agent_id": "arn:a1", "wait_ms": 5_000,
    }  # fmt: skip


def test_agent_info_may_be_spelled_with_capitals() -> None:
    """One official sample writes AgentInfo and AgentArn, and the channel as Voice."""
    detail = dict(ANSWERED["detail"])
    agent = detail.pop("agentInfo")
    detail["channel"] = "Voice"
    detail["AgentInfo"] = {
        "AgentArn": agent["agentArn"],
        "ConnectedToAgentTimestamp": agent["connectedToAgentTimestamp"],
    }
    assert read([{**ANSWERED, "detail": detail}]) == read([ANSWERED])


def test_an_old_event_without_times_happened_when_it_was_sent() -> None:
    """The first form of the events had neither enqueueTimestamp nor connectedToAgentTimestamp."""
    old = contact_event("CONNECTED_TO_AGENT", 27, queueInfo={"queueArn": f"{ARN}/queue/q1"},
                        AgentInfo={"AgentArn": f"{ARN}/agent/a1"})  # fmt: skip
    assert rows(read([old]), "event_time_ms", "agent_id", "wait_ms") == [
        {"type": "contact.answered", "event_time_ms": T0 + 27_000, "agent_id": "a1"}
    ]


def test_a_call_gives_exactly_these_events() -> None:
    """Later events repeat what earlier ones told, under the same ids."""
    names = ("event_id", "event_time_ms", "leg_id", "queue", "agent_id", "customer_key",
             "wait_ms", "acw_ms", "ended_by", "revision")  # fmt: skip
    leg = {"leg_id": "c1", "queue": "Sales", "revision": 1}
    by = {**leg, "agent_id": "a1"}
    answered = {"type": "contact.answered", "event_id": "c1:answered",
                "event_time_ms": T0 + 25_000, **by, "wait_ms": 15_000}  # fmt: skip
    ended = {"type": "contact.ended", "event_id": "c1:ended", "event_time_ms": T0 + 95_000, **by,
             "ended_by": "agent"}  # fmt: skip
    assert rows(read(CALL, source(queues={"q1": "Sales"})), *names) == [
        {"type": "contact.created", "event_id": "c1:created", "event_time_ms": T0,
         "revision": 1, "customer_key": customer_key(SECRET, "+33123456789")},
        {"type": "contact.queued", "event_id": "c1:queued", "event_time_ms": T0 + 10_000, **leg},
        answered,
        answered, ended,
        answered, ended,
        {"type": "contact.wrap_up_started", "event_id": "c1:wrap_up_started",
         "event_time_ms": T0 + 95_000, **by},
        {"type": "contact.wrap_up_ended", "event_id": "c1:wrap_up_ended",
         "event_time_ms": T0 + 115_000, **by, "acw_ms": 20_000},
    ]  # fmt: skip


def test_events_in_any_order_and_with_one_lost_give_the_same_handled_call() -> None:
    """Delivery is best effort and unordered; what follows tells again what was lost."""
    wanted = None
    for order in itertools.permutations(CALL):
        for lost in (None, 1, 2, 3):
            found = kpis(read(e for e in order if lost is None or e is not CALL[lost]))
            got = [found[name] for name in (
                "contacts_offered", "contacts_answered", "contacts_handled",
                "talk_mean_seconds", "acw_mean_seconds", "asa_seconds",
            )]  # fmt: skip
            wanted = wanted or got
            assert got == wanted
    assert wanted is not None
    assert wanted[:5] == [1, 1, 1, 70.0, 20.0]
    assert wanted[5]["queue"] == 15.0


def test_a_customer_who_leaves_the_queue_has_abandoned() -> None:
    """Queued and never connected; the wait runs to the disconnect."""
    left = [CALL[1], contact_event("DISCONNECTED", 50, queueInfo=QUEUE,
                                   disconnectTimestamp=at(44))]  # fmt: skip
    found = kpis(read(left))
    assert (found["contacts_offered"], found["contacts_abandoned"]) == (1, 1)
    assert found["abandon_wait_mean_seconds"] == 34.0


@pytest.mark.parametrize(
    ("reason", "queue", "wanted"),
    [
        ("CUSTOMER_DISCONNECT", None, {"type": "contact.abandoned", "stage": "ivr"}),
        (None, None, {"type": "contact.abandoned", "stage": "ivr"}),
        ("CONTACT_FLOW_DISCONNECT", None, {"type": "contact.ended"}),
        ("CUSTOMER_DISCONNECT", QUEUE, {"type": "contact.abandoned", "stage": "queue"}),
        ("CONTACT_FLOW_DISCONNECT", QUEUE, {"type": "contact.flow_out", "reason": "other"}),
        ("EXPIRED", QUEUE, {"type": "contact.flow_out", "reason": "timeout"}),
        ("TELECOM_PROBLEM", QUEUE, {"type": "contact.flow_out", "reason": "error"}),
    ],
)
def test_who_hung_up_tells_how_an_unanswered_contact_left(
    reason: str | None, queue: Any, wanted: dict[str, Any]
) -> None:
    """Only a customer abandons; a flow that hangs up, or a time-out, is another way out."""
    one = contact_event("DISCONNECTED", 50, queueInfo=queue, disconnectTimestamp=at(44),
                        disconnectReason=reason)  # fmt: skip
    assert rows(read([one]), "stage", "reason") == [wanted]


def test_a_transfer_between_queues_is_one_contact_in_two_legs() -> None:
    """The first queue was left for the second one, in whichever order both are told."""
    second = {"initialContactId": "c1", "previousContactId": "c1", "queueInfo": {
        **QUEUE, "queueArn": f"{ARN}/queue/q2", "enqueueTimestamp": at(44)},
        "initiationMethod": "QUEUE_TRANSFER", "initiationTimestamp": at(44)}  # fmt: skip
    told = [
        *CALL[:2],
        contact_event("DISCONNECTED", 45, queueInfo=QUEUE, disconnectTimestamp=at(44)),
        contact_event("INITIATED", 45, "c2", **second),
        contact_event("QUEUED", 45, "c2", **second),
    ]
    names = ("contact_id", "leg_id", "reason", "to_queue", "transferred_from")
    assert rows(read(told[3:]), *names)[0::2] == [
        {"type": "contact.flow_out", "contact_id": "c1", "leg_id": "c1", "reason": "divert",
         "to_queue": "q2"},
        {"type": "contact.queued", "contact_id": "c1", "leg_id": "c2", "transferred_from": "c1"},
    ]  # fmt: skip
    for order in (told, told[::-1]):
        found = kpis(read(order), T0 + 60_000)
        assert (found["contacts_abandoned"], found["contacts_flow_out"]["divert"]) == (0, 1)
        assert found["contacts_waiting"] == 1


def test_a_callback_ends_the_wait_and_is_no_offer() -> None:
    """The customer waits no more once the callback exists; the call back goes out."""
    back = {"initialContactId": "c1", "previousContactId": "c1", "initiationMethod": "CALLBACK",
            "initiationTimestamp": at(44)}  # fmt: skip
    agent = {**AGENT, "connectedToAgentTimestamp": at(300)}
    told = [
        *CALL[:2],
        contact_event("DISCONNECTED", 46, queueInfo=QUEUE, disconnectTimestamp=at(45)),
        contact_event("INITIATED", 45, "c2", **back),
        contact_event("CONNECTED_TO_AGENT", 301, "c2", agentInfo=agent, **back),
        contact_event("DISCONNECTED", 400, "c2", agentInfo=agent, disconnectTimestamp=at(399),
                      connectedToSystemTimestamp=at(310), **back),
    ]  # fmt: skip
    for order in (told, told[::-1]):
        found = kpis(read(order))
        assert (found["contacts_offered"], found["contacts_abandoned"]) == (0, 0)
        assert found["contacts_callback_requested"] == 1
        assert found["contacts_waiting"] == 0
    assert rows(read(told[-1:]), "outcome", "direction")[1:] == [
        {"type": "contact.callback_attempted", "outcome": "reached", "direction": "out"},
        {"type": "contact.ended", "direction": "out"},
        {"type": "contact.callback_done", "outcome": "reached", "direction": "out"},
    ]


def test_a_chat_and_a_text_message_go_to_the_chats() -> None:
    """Each event of the contact has its channel: the topic goes by it."""
    chat = [{**e, "detail": {**e["detail"], "channel": "CHAT"}} for e in CALL]
    for event in read(chat):
        assert isinstance(event, ev.ContactEvent)
        assert (event.channel, ev.topic_of(event)) == ("chat", "chats")
    sms = {"connect:Subtype": {"valueString": "connect:SMS"}}
    chat[1]["detail"]["segmentAttributes"] = sms
    assert rows(read(chat[1:2]), "channel") == [{"type": "contact.queued", "channel": "messaging"}]


def test_what_is_left_out_on_purpose_is_counted_by_name() -> None:
    """Supervisors who listen in, updates of data, other events of the service."""
    adapter = source()
    monitor = contact_event("INITIATED", 1, initiationMethod="MONITOR")
    others = [contact_event("CONNECTED_TO_SYSTEM", 1), monitor,
              {"detail-type": "Contact Lens Analysis State Change", "detail": {}},
              {"Type": "SubscriptionConfirmation", "Message": "{}"}]  # fmt: skip
    assert read(others, adapter) == []
    assert dict(adapter.ignored) == {
        "CONNECTED_TO_SYSTEM": 1, "initiationMethod MONITOR": 1,
        "detail-type contact lens analysis state change": 1, "SubscriptionConfirmation": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (contact_event("TELEPORTED", 1), Reason.UNMAPPED_SOURCE),
        ({"detail-type": "Order Placed"}, Reason.UNMAPPED_SOURCE),
        ({"hello": 1}, Reason.MALFORMED_SOURCE),
        (contact_event("QUEUED", 1), Reason.MISSING_FIELD),
        (contact_event("CONNECTED_TO_AGENT", 1), Reason.MISSING_FIELD),
        ({**RECORD, "InitiationTimestamp": "yesterday"}, Reason.BAD_TIME),
        (7, Reason.BAD_TYPE),
    ],
)
def test_what_nobody_knows_is_refused(body: Any, reason: Reason) -> None:
    """One refusal, with the reason."""
    (found,) = read([body])
    assert isinstance(found, Refused)
    assert found.reason == reason


def test_a_status_class_that_does_not_exist_is_refused_at_the_start() -> None:
    """The message names the setting and the choices."""
    with pytest.raises(SourceSettingsError, match=r"connect\.states\.lunch: must be one of"):
        source(states={"Lunch": "eating"})
