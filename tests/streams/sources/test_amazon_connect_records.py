"""Contact records of Amazon Connect: told at least once, and corrected."""

from __future__ import annotations

import itertools
from typing import Any

from tests.streams.sources.test_amazon_connect import (
    ARN,
    CALL,
    RECORD,
    T0,
    UPDATED_MS,
    at,
    kpis,
    read,
    rows,
)


def test_the_sample_record_waits_seven_seconds_and_takes_sixty_five() -> None:
    """Seventy-one would be the wait from initiation: the menu is no queue."""
    told = read([RECORD])
    assert rows(told, "event_id", "event_time_ms", "wait_ms", "talk_ms", "hold_ms", "acw_ms",
                "revision", "agent_id") == [
        {"type": "contact.created", "event_id": "15a5cf14:created",
         "event_time_ms": T0 - 22_000, "revision": UPDATED_MS},
        {"type": "contact.queued", "event_id": "15a5cf14:queued",
         "event_time_ms": T0 + 42_000, "revision": UPDATED_MS},
        {"type": "contact.answered", "event_id": "15a5cf14:answered",
         "event_time_ms": T0 + 49_000, "wait_ms": 7_000, "revision": UPDATED_MS,
         "agent_id": "admin1"},
        {"type": "contact.ended", "event_id": "15a5cf14:ended", "event_time_ms": T0 + 82_000,
         "talk_ms": 33_000, "hold_ms": 0, "revision": UPDATED_MS, "agent_id": "admin1"},
        {"type": "contact.wrap_up_started", "event_id": "15a5cf14:wrap_up_started",
         "event_time_ms": T0 + 82_000, "revision": UPDATED_MS, "agent_id": "admin1"},
        {"type": "contact.wrap_up_ended", "event_id": "15a5cf14:wrap_up_ended",
         "event_time_ms": T0 + 114_000, "acw_ms": 32_000, "revision": UPDATED_MS,
         "agent_id": "admin1"},
    ]  # fmt: skip
    found = kpis(told)
    assert found["asa_seconds"]["queue"] == 7.0
    assert found["aht_seconds"] == 65.0


def corrected(acw_s: int, updated: str) -> dict[str, Any]:
    end = f"2022-04-08T15:{(82 + acw_s) // 60:02}:{(82 + acw_s) % 60:02}Z"
    agent = {**RECORD["Agent"], "AfterContactWorkDuration": acw_s,
             "AfterContactWorkEndTimestamp": end}  # fmt: skip
    return {**RECORD, "Agent": agent, "LastUpdateTimestamp": updated}


def test_a_record_that_comes_three_times_is_handled_once_with_the_last_value() -> None:
    """At least once, in any order: the last update wins."""
    three = [
        corrected(32, "2022-04-08T15:03:02Z"),
        corrected(40, "2022-04-08T15:04:02Z"),
        corrected(51, "2022-04-08T15:05:02Z"),
    ]
    for order in itertools.permutations([*three, three[0]]):
        found = kpis(read(order))
        assert (found["contacts_handled"], found["acw_mean_seconds"]) == (1, 51.0)
        assert found["aht_seconds"] == 84.0


def test_a_record_replaces_what_the_events_told() -> None:
    """The same facts under the same ids: the events say when, the record has the last word."""
    record = {
        **RECORD, "ContactId": "c1", "InitiationTimestamp": at(0), "DisconnectTimestamp": at(95),
        "Queue": {"ARN": f"{ARN}/queue/q1", "Name": "Sales", "EnqueueTimestamp": at(10),
                  "DequeueTimestamp": at(25), "Duration": 15},
        "Agent": {"ARN": f"{ARN}/agent/a1", "Username": "x", "ConnectedToAgentTimestamp": at(25),
                  "AgentInteractionDuration": 60, "CustomerHoldDuration": 10},
    }  # fmt: skip
    for told in ([*CALL, record], [record, *CALL]):
        found = kpis(read(told))
        assert (found["contacts_offered"], found["contacts_handled"]) == (1, 1)
        assert (found["talk_mean_seconds"], found["hold_mean_seconds"]) == (60.0, 10.0)


def test_a_record_of_an_abandoned_contact() -> None:
    """It has a queue and an entry, and nothing of an agent."""
    queue = {"Name": "BasicQueue", "EnqueueTimestamp": at(10), "DequeueTimestamp": at(44),
             "Duration": 34}  # fmt: skip
    record = {**RECORD, "Agent": None, "Queue": queue, "DisconnectReason": None}
    assert rows(read([record]), "stage", "wait_ms")[2:] == [
        {"type": "contact.abandoned", "stage": "queue", "wait_ms": 34_000}
    ]


def test_a_record_with_a_next_contact_is_a_transfer() -> None:
    """Handled and gone on: transferred, outside where an endpoint is named."""
    names = ("kind", "scope", "to_leg_id", "talk_ms")
    assert rows(read([{**RECORD, "NextContactId": "c2"}]), *names)[3] == {
        "type": "contact.transferred", "kind": "queue", "to_leg_id": "c2", "talk_ms": 33_000,
    }  # fmt: skip
    outside = {**RECORD, "TransferredToEndpoint": {"Address": "+33123456789"}}
    assert rows(read([outside]), *names)[3] == {
        "type": "contact.transferred", "kind": "blind", "scope": "external", "talk_ms": 33_000,
    }  # fmt: skip


def test_a_record_tells_the_wait_itself() -> None:
    """The figure of the record wins over the difference of its times."""
    queue = {**RECORD["Queue"], "Duration": 12}
    assert rows(read([{**RECORD, "Queue": queue}]), "wait_ms")[2]["wait_ms"] == 12_000


def test_an_agent_who_leaves_before_the_customer_is_done_then() -> None:
    """The conversation ends where wrap-up begins, so its told length is kept."""
    found = read([{**RECORD, "DisconnectTimestamp": at(110)}])
    assert rows(found, "event_time_ms")[3] == {
        "type": "contact.ended", "event_time_ms": T0 + 82_000,
    }  # fmt: skip
    assert kpis(found)["talk_mean_seconds"] == 33.0


def test_an_unanswered_record_leaves_its_exit_to_the_next_contact() -> None:
    """Only the next one says whether it was another queue or a callback."""
    first = {**RECORD, "Agent": None, "NextContactId": "c2"}
    assert [row["type"] for row in rows(read([first]))] == ["contact.created", "contact.queued"]
    after = {**RECORD, "ContactId": "c2", "InitialContactId": RECORD["ContactId"],
             "PreviousContactId": RECORD["ContactId"], "InitiationMethod": "QUEUE_TRANSFER",
             "InitiationTimestamp": at(49)}  # fmt: skip
    for order in ([first, after], [after, first]):
        found = kpis(read(order))
        assert (found["contacts_offered"], found["contacts_flow_out"]["divert"]) == (2, 1)


def test_a_previous_contact_without_a_first_one_is_of_no_known_chain() -> None:
    """Nothing is told of a leg that would be put into the wrong contact."""
    lone = {**RECORD, "PreviousContactId": "c0", "InitiationMethod": "QUEUE_TRANSFER"}
    assert {row["leg_id"] for row in rows(read([lone]), "leg_id")[1:]} == {RECORD["ContactId"]}
