"""Twilio TaskRouter: documented bodies to literal events."""

from __future__ import annotations

import itertools
import json
from typing import Any

import msgspec
import pytest

from aggregators import events as ev
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused, SourceSettingsError
from streams.sources.twilio_tasks import Tasks
from tests.streams.sources.twilio_reading import (
    ACCEPTED,
    BY_1,
    BY_2,
    CALL,
    CANCELED_FORM,
    IN_TECH,
    SECRET,
    TRANSFER,
    T,
    callback,
    folded,
    read,
    rows,
    source,
)


def test_the_form_of_a_hang_up_is_an_abandon_after_34_seconds() -> None:
    """The caller only as a keyed hash; the leg began 34 s before."""
    [event] = read(CANCELED_FORM)
    assert msgspec.to_builtins(event) == {
        "v": 1, "type": "contact.abandoned", "event_id": "WT1:canceled",
        "source": "twilio-taskrouter", "event_time_ms": 1_719_821_115_000, "contact_id": "WT1",
        "leg_id": "Support:1719821081", "channel": "voice", "queue": "Support",
        "stage": "queue", "wait_ms": 34_000, "customer_key": customer_key(SECRET, "+3312"),
    }  # fmt: skip
    assert folded([event]) == {
        "offered": 1, "answered": 0, "abandoned": 1, "wait_s": None, "abandon_s": 34.0,
        "talk_s": None,
    }  # fmt: skip


def test_the_cloud_event_of_an_answer_has_its_wait_of_12_seconds() -> None:
    """By the age in the queue; the time has whole seconds."""
    [event] = read(ACCEPTED)
    assert msgspec.to_builtins(event) == {
        "v": 1, "type": "contact.answered", "event_id": "WR1:accepted",
        "source": "twilio-taskrouter", "event_time_ms": T + 12_000, "time_quality": "second",
        "contact_id": "WT1", "leg_id": "Support:1735689600", "channel": "voice",
        "queue": "Support", "agent_id": "WK1", "wait_ms": 12_000, "offer_id": "WR1",
    }  # fmt: skip
    assert folded([event])["wait_s"] == 12.0


def test_a_list_of_cloud_events_gives_the_events_of_each() -> None:
    """As Event Streams sends them, in one body."""
    wrapup: dict[str, Any] = json.loads(json.dumps(ACCEPTED))
    wrapup["type"] = "com.twilio.taskrouter.reservation.wrapup"
    wrapup["data"]["payload"]["timestamp"] = "2025-01-01T00:01:40.250Z"
    assert rows(read([ACCEPTED, wrapup]), "leg_id", "event_time_ms", "time_quality") == [
        {"type": "contact.answered", "leg_id": "Support:1735689600", "event_time_ms": T + 12_000,
         "time_quality": "second"},
        {"type": "contact.ended", "leg_id": "Support:1735689600", "event_time_ms": T + 100_250},
        {"type": "contact.wrap_up_started", "leg_id": "Support:1735689600",
         "event_time_ms": T + 100_250},
    ]  # fmt: skip


def test_a_call_is_one_leg_from_its_queue_to_its_wrap_up() -> None:
    """The creation counts from the second of its entry, so that it is the first fact."""
    leg = {"leg_id": "WQ1:1735689600"}
    assert rows(read(*CALL), "event_id", "event_time_ms", "leg_id") == [
        {"type": "contact.created", "event_id": "WT1:created", "event_time_ms": T},
        {"type": "contact.queued", "event_id": "WT1:WQ1:1735689600:queued",
         "event_time_ms": T + 300, **leg},
        {"type": "contact.agent_offered", "event_id": "WR1:offered", "event_time_ms": T + 2_000,
         **leg},
        {"type": "contact.answered", "event_id": "WR1:accepted", "event_time_ms": T + 12_300,
         **leg},
        {"type": "contact.ended", "event_id": "WR1:ended", "event_time_ms": T + 112_300, **leg},
        {"type": "contact.wrap_up_started", "event_id": "WR1:wrap_up",
         "event_time_ms": T + 112_300, **leg},
        {"type": "contact.wrap_up_ended", "event_id": "WR1:completed",
         "event_time_ms": T + 120_000, **leg},
    ]  # fmt: skip


@pytest.mark.parametrize("order", list(itertools.permutations(range(5))))
def test_any_order_of_the_bodies_gives_the_same_figures(order: tuple[int, ...]) -> None:
    """Also where the queue is entered before the task is created, and each comes twice."""
    bodies = [CALL[at] for at in order]
    assert folded(read(*bodies, *bodies)) == {
        "offered": 1, "answered": 1, "abandoned": 0, "wait_s": 12.0, "abandon_s": None,
        "talk_s": 100.0,
    }  # fmt: skip


def test_receivers_that_share_the_bodies_make_the_same_events() -> None:
    """Each body names its stay, so what one receiver has not seen does not matter."""
    together = read(*CALL)
    apart = [event for body in CALL for event in read(body)]
    assert apart == together


def test_bodies_of_the_task_end_the_leg_of_the_last_reservation() -> None:
    """task.wrapup and task.completed name no worker; the ids are those of the reservation."""
    ends = [callback("task.wrapup", 112.3), callback("task.completed", 120)]
    by_task = read(*CALL[:4], *ends)
    by_reservation = read(*CALL)
    assert [event.event_id for event in by_task if isinstance(event, ev.Envelope)] == [
        event.event_id for event in by_reservation if isinstance(event, ev.Envelope)
    ]
    assert rows(read(*ends), "leg_id") == [{"type": "contact.ended"}, {"type": "contact.ended"}]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 0, 1), (1, 0, 2)])
def test_a_moved_task_leaves_its_queue_once(order: tuple[int, ...]) -> None:
    """Out of Support after 51 s as diverted, into Tech then; in any order of the bodies."""
    bodies = [
        callback("task-queue.entered", 0),
        callback("task-queue.moved", 51, PreviousTaskQueueSid="WQ1", **IN_TECH),
        callback("reservation.accepted", 61, **BY_1, **IN_TECH, TaskAgeInQueue="10"),
    ]
    found = read(*(bodies[at] for at in order))
    told = rows(found, "event_time_ms", "leg_id", "reason", "to_queue")
    assert sorted(told, key=lambda row: (row["event_time_ms"], row["type"])) == [
        {"type": "contact.queued", "event_time_ms": T, "leg_id": "WQ1:1735689600"},
        {"type": "contact.flow_out", "event_time_ms": T + 51_000, "leg_id": "WQ1:1735689600",
         "reason": "divert", "to_queue": "Tech"},
        {"type": "contact.queued", "event_time_ms": T + 51_000, "leg_id": "WQ2:1735689651"},
        {"type": "contact.answered", "event_time_ms": T + 61_000, "leg_id": "WQ2:1735689651"},
    ]  # fmt: skip
    assert folded(found)["wait_s"] == 10.0


@pytest.mark.parametrize("tells_entry", [True, False])
def test_a_cold_transfer_to_a_queue_is_a_second_leg(tells_entry: bool) -> None:
    """Whether or not Twilio tells that the queue was entered, it is one stay."""
    entered = [callback("task-queue.entered", 51, **IN_TECH)] if tells_entry else []
    found = read(
        *CALL[:4],
        callback("task.transfer-initiated", 50, **TRANSFER, TransferMode="COLD"),
        callback("reservation.wrapup", 50.5, **BY_1),
        *entered,
        callback("reservation.completed", 60, **BY_1),
        callback("reservation.created", 61, **BY_2, **IN_TECH),
        callback("reservation.accepted", 65, **BY_2, **IN_TECH, TaskAgeInQueue="65"),
        callback("reservation.wrapup", 265, **BY_2, **IN_TECH),
    )
    told = rows(found, "leg_id", "kind", "transferred_from", "to_leg_id", "revision")
    again = [{"type": "contact.queued", "leg_id": "TT1", "transferred_from": "WQ1:1735689600",
              "revision": 1}]  # fmt: skip
    assert told[4:] == [
        {"type": "contact.transferred", "leg_id": "WQ1:1735689600", "kind": "blind",
         "to_leg_id": "TT1"},
        {"type": "contact.queued", "leg_id": "TT1", "transferred_from": "WQ1:1735689600"},
        {"type": "contact.wrap_up_started", "leg_id": "WQ1:1735689600"},
        *(again if tells_entry else []),
        {"type": "contact.wrap_up_ended", "leg_id": "WQ1:1735689600"},
        {"type": "contact.agent_offered", "leg_id": "TT1"},
        {"type": "contact.answered", "leg_id": "TT1"},
        {"type": "contact.ended", "leg_id": "TT1"},
        {"type": "contact.wrap_up_started", "leg_id": "TT1"},
    ]  # fmt: skip
    # Waits 12.0 and 15 s, talks 37.7 and 200 s.
    figures = folded(found)
    assert (figures["offered"], figures["answered"], figures["abandoned"]) == (2, 2, 0)
    assert figures["wait_s"] == 13.5
    assert figures["talk_s"] == 118.85


def test_a_warm_transfer_ends_the_first_talk_when_it_is_completed() -> None:
    """Attended, and not before the second agent has it."""
    warm = {**TRANSFER, "TransferMode": "WARM", "TransferType": "WORKER", "TransferTo": "WK2"}
    found = read(
        *CALL[:4],
        callback("task.transfer-initiated", 50, **warm),
        callback("reservation.accepted", 55, **BY_2, TaskTransferSid="TT1"),
        callback("task.transfer-completed", 70, **warm),
    )
    assert rows(found[4:], "leg_id", "kind", "event_time_ms", "queue") == [
        {"type": "contact.queued", "leg_id": "TT1", "event_time_ms": T + 50_000,
         "queue": "Support"},
        {"type": "contact.answered", "leg_id": "TT1", "event_time_ms": T + 55_000,
         "queue": "Support"},
        {"type": "contact.transferred", "leg_id": "WQ1:1735689600", "kind": "attended",
         "event_time_ms": T + 70_000},
    ]  # fmt: skip


def test_a_transfer_that_failed_is_no_abandon() -> None:
    """Its leg flows out; the caller who hangs up while it waits is one."""
    begun = callback("task.transfer-initiated", 50, **TRANSFER, TransferMode="COLD")
    failed = callback("task.transfer-failed", 80, **TRANSFER, TransferMode="COLD")
    assert rows(read(*CALL[:4], begun, failed)[-1:], "leg_id", "reason") == [
        {"type": "contact.flow_out", "leg_id": "TT1", "reason": "other"}
    ]
    gone = callback("task.canceled", 80, TaskCanceledReason="hangup", TaskAge="80")
    assert rows(read(*CALL[:4], begun, gone)[-1:], "leg_id", "wait_ms") == [
        {"type": "contact.abandoned", "leg_id": "TT1"}
    ]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("hangup", {"type": "contact.abandoned"}),
        ("Caller left", {"type": "contact.abandoned"}),
        ("Task TTL Exceeded", {"type": "contact.flow_out", "reason": "timeout"}),
        ("Closed by an administrator", {"type": "contact.flow_out", "reason": "other"}),
    ],
)
def test_reasons_of_canceled_tasks_are_hang_ups_by_the_settings(
    reason: str, expected: dict[str, str]
) -> None:
    """What the settings do not name is no abandon."""
    adapter = source(hangup_reasons=["hangup", "caller left"])
    body = callback("task.canceled", 34, TaskCanceledReason=reason, TaskAge="40")
    [found] = rows(read(body, adapter=adapter), "reason", "wait_ms")
    assert found == {**expected, "wait_ms": 34_000}  # since the entry, not since the creation


def test_a_creation_without_its_date_counts_from_its_second() -> None:
    """So that an entry in the same second comes after it."""
    [event] = read(callback("task.created", 0.4))
    assert (event.event_time_ms, event.time_quality) == (T, "second")  # type: ignore[union-attr]


def test_a_wait_that_its_own_times_tell_is_not_told_again() -> None:
    """In whole seconds it would be less exact than the entry and the hang-up."""
    gone = callback("task.canceled", 34, TaskCanceledReason="hangup", TaskAge="40")
    found = read(CALL[1], gone)
    assert rows(found, "wait_ms") == [{"type": "contact.queued"}, {"type": "contact.abandoned"}]
    assert folded(found)["abandon_s"] == 33.7


def test_a_task_canceled_in_talk_ends_and_one_without_a_queue_left_in_the_ivr() -> None:
    """An answered task is no abandon."""
    gone = callback("task.canceled", 40, TaskCanceledReason="hangup")
    assert rows(read(*CALL[:4], gone)[-1:]) == [{"type": "contact.ended"}]
    nowhere = callback(
        "task.canceled", 4, TaskCanceledReason="hangup", TaskQueueSid=None, TaskQueueName=None,
        TaskQueueEnteredDate=None,
    )  # fmt: skip
    assert rows(read(nowhere), "stage") == [{"type": "contact.abandoned", "stage": "ivr"}]


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("rejected", "rejected"), ("timeout", "timeout"), ("canceled", "canceled"),
     ("rescinded", "canceled"), ("failed", "error")],
)  # fmt: skip
def test_an_offer_that_was_not_taken_tells_why(name: str, outcome: str) -> None:
    """The customer waits on."""
    found = read(CALL[2], callback(f"reservation.{name}", 10, **BY_1))
    assert rows(found, "offer_id", "outcome", "agent_id") == [
        {"type": "contact.agent_offered", "offer_id": "WR1", "agent_id": "WK1"},
        {"type": "contact.agent_offer_missed", "offer_id": "WR1", "agent_id": "WK1",
         "outcome": outcome},
    ]  # fmt: skip


def test_a_queue_that_ran_out_of_time_is_left() -> None:
    """The wait counts from its entry."""
    assert rows(read(callback("task-queue.timeout", 30)), "reason", "wait_ms", "leg_id") == [
        {"type": "contact.flow_out", "reason": "timeout", "wait_ms": 30_000,
         "leg_id": "WQ1:1735689600"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("activity", "is_available", "state"),
    [("Available", None, "available"), ("Offline", "false", "offline"),
     ("Lunch", None, "pause"), ("Back office", "false", "pause"), ("Idle", None, "available"),
     ("Ready for VIP", "true", "available"), ("Coaching", None, "other"),
     ("Team talk", "true", "pause")],
)  # fmt: skip
def test_an_activity_is_a_state(activity: str, is_available: str | None, state: str) -> None:
    """By the settings, by Twilio's own names, else by whether it is available."""
    adapter = source(activities={"team talk": "pause"}, agents={"WK1": "Ana"})
    body = {"EventType": "worker.activity.update", "Sid": "EV9", "WorkerSid": "WK1",
            "WorkerActivityName": activity, "WorkerAvailable": is_available,
            "TimestampMs": str(T)}  # fmt: skip
    found = read(body, adapter=adapter)
    assert rows(found, "event_id", "agent_id", "state", "label") == [
        {"type": "agent.state", "event_id": "EV9:state", "agent_id": "Ana", "state": state,
         "label": activity},
    ]  # fmt: skip


def test_the_capacity_of_each_channel_is_kept() -> None:
    """A body tells one channel; the slots are those of all that were told."""
    body = {"EventType": "worker.capacity.update", "WorkerSid": "WK1", "TimestampMs": str(T),
            "WorkerActivityName": "Available"}  # fmt: skip
    chat = {**body, "TaskChannelUniqueName": "chat", "WorkerChannelCapacity": "3"}
    voice = {**body, "TaskChannelUniqueName": "voice", "WorkerChannelCapacity": "1"}
    assert rows(read(chat, voice), "slots") == [
        {"type": "agent.state", "slots": {"chat": {"max": 3}}},
        {"type": "agent.state", "slots": {"chat": {"max": 3}, "voice": {}}},
    ]


def test_chats_carry_their_channel_on_every_event() -> None:
    """So all of them are of one topic, even where a body does not name the channel."""
    bodies = [{**body, "TaskChannelUniqueName": "sms"} for body in CALL]
    bodies[3].pop("TaskChannelUniqueName")
    found = read(*bodies)
    assert {ev.topic_of(event) for event in found if isinstance(event, ev.Envelope)} == {"chats"}
    own = read(
        {**CALL[1], "TaskChannelUniqueName": "Kiosk"}, adapter=source(channels={"kiosk": "chat"})
    )
    assert rows(own, "channel") == [{"type": "contact.queued", "channel": "chat"}]


def test_queues_have_the_names_of_the_settings() -> None:
    """By sid or by name."""
    for key in ("WQ1", "support"):
        found = read(CALL[1], adapter=source(queues={key: "First line"}))
        assert rows(found, "queue") == [{"type": "contact.queued", "queue": "First line"}]


def test_outbound_tasks_are_marked_and_their_customer_is_who_was_called() -> None:
    """Not the own number that the task calls from."""
    told = '{"direction": "outbound", "from": "+33900000000", "outbound_to": "+33123456789"}'
    found = read({**CALL[1], "TaskAttributes": told})
    assert rows(found, "direction", "customer_key") == [
        {"type": "contact.queued", "direction": "out",
         "customer_key": customer_key(SECRET, "+33123456789")},
    ]  # fmt: skip


def test_attributes_that_are_no_json_are_told() -> None:
    """The body is refused as malformed, and nothing of it is repeated but redacted."""
    [refused] = read({**CALL[1], "TaskAttributes": "{from: +33123456789"})
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.MALFORMED_SOURCE
    assert "33123456789" not in refused.body


def test_names_are_left_out_or_told() -> None:
    """Known ones are counted, nobody's are refused."""
    adapter = source()
    left_out = ["workflow.entered", "workflow.timeout", "task.updated", "task.deleted"]
    assert read(*(callback(name, 1) for name in left_out), adapter=adapter) == []
    assert adapter.ignored == {"workflow": 2, "task.updated": 1, "task.deleted": 1}
    [refused] = read(callback("task.exploded", 1))
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.UNMAPPED_SOURCE


@pytest.mark.parametrize(
    "settings",
    [{"hangup_reasons": "hangup"}, {"activities": {"Lunch": "eating"}}, {"channel": "fax"},
     {"channels": {"voice": "tickets"}}, {"hangups": []}],
)  # fmt: skip
def test_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    """With the path of the setting."""
    with pytest.raises(SourceSettingsError, match=r"^sources\.twilio-taskrouter\."):
        source(**settings)


def test_the_memory_is_bounded() -> None:
    """The task told of longest ago is forgotten."""
    tasks = Tasks(most=2)
    first = tasks.of("WT1")
    tasks.of("WT2")
    assert tasks.of("WT1") is first
    tasks.of("WT3")
    assert len(tasks) == 2
    assert tasks.of("WT1") is first
