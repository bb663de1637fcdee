"""Opening hours and promises from real products: a Zendesk export, and Wazo's own assertions."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregators import events as ev
from aggregators.board import KpiValues, board
from aggregators.calendar import is_open
from aggregators.policy import Hours, QueuePolicy, Rules
from aggregators.promises import Promise, Sla
from aggregators.shard import Shard

ZENDESK = "dbt_zendesk_seeds"
PACIFIC = "America/Los_Angeles"
MINUTE_MS = 60_000
ODD_TOTAL = ("test_hour_interval_multiple_hours_with_all_filters_and_timezone_dst_change", 25)
"""One asserted total holds an hour that begins when the day ends; the rows of its hours do not."""


def table(shared_data: Path, name: str) -> list[dict[str, str]]:
    path = shared_data / ZENDESK / f"{name}.csv"
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def instant_ms(stamp: str, zone: str = "UTC") -> int:
    at = datetime.fromisoformat(re.sub(r"([T ])([0-9]):", r"\g<1>0\2:", stamp))
    at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
    return round(at.timestamp()) * 1000


@pytest.fixture(scope="module")
def schedule(shared_data: Path) -> Hours:
    """The schedule: minutes from Sunday 00:00 as shifts of the days from Monday on."""
    shifts: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for row in table(shared_data, "schedule_data"):
        day, start = divmod(int(row["start_time"]), 1440)
        shifts[(day - 1) % 7].append((start, int(row["end_time"]) - day * 1440))
    return Hours(shifts=tuple(tuple(day) for day in shifts))


@pytest.fixture(scope="module")
def promises(shared_data: Path) -> Callable[[str, str], Sla]:
    """The promises of a policy as they stood at an instant; targets are minutes."""

    def of(policy: str, at: str) -> Sla:
        found: dict[str, Promise] = {}
        rows = table(shared_data, "sla_policy_metric_history_data")
        for row in sorted(rows, key=lambda one: one["sla_policy_updated_at"]):
            is_in_force = row["sla_policy_updated_at"] <= at
            if row["sla_policy_id"] == policy and is_in_force and row["metric"] == (
                "first_reply_time"
            ):  # fmt: skip
                found[row["priority"]] = Promise(
                    first_response_ms=int(row["target"]) * MINUTE_MS,
                    is_business=row["business_hours"] == "TRUE",
                )
        return Sla(promises=found)

    return of


def history(shared_data: Path, ticket: str) -> list[Any]:
    """Changes of status as events: from open, to solved; pending and on hold are still open."""
    rows = [
        (row["updated"], row["value"])
        for row in table(shared_data, "ticket_field_history_data")
        if row["ticket_id"] == ticket and row["field_name"] == "status"
    ]
    rows.sort()
    told: dict[str, Any] = {"v": 1, "source": "desk", "contact_id": f"ticket:{ticket}"}
    (first, _), *changes = rows
    events: list[Any] = [
        ev.TicketOpened(
            event_id="0", event_time_ms=instant_ms(first), channel="email", priority="normal",
            **told,
        )
    ]  # fmt: skip
    for n, (at, status) in enumerate(changes, start=1):
        if status == "solved":
            events.append(ev.TicketSolved(event_id=str(n), event_time_ms=instant_ms(at), **told))
    return events


def figures(events: list[Any], at_ms: int, hours: Hours | None, sla: Sla) -> KpiValues:
    policy = QueuePolicy(max_wait_ms=None, hours=hours, zone=PACIFIC)
    rules = Rules(channels={"email": policy}, retention_ms=None, sla=sla)
    shard = Shard("tickets", 0, rules)
    for event in events:
        if event.event_time_ms < at_ms:
            shard.apply(event, event.event_time_ms)
    return board([shard], at_ms, rules, ["whole"]).windows["whole"].total


def test_a_ticket_is_open_as_long_as_its_history_says(
    shared_data: Path, expected: Callable[[str], Any], schedule: Hours
) -> None:
    """Ticket 11071: 78 days from open to solved; 56 working days of 12 hours, over the clock
    change."""
    told = expected(ZENDESK)["ticket_11071"]
    found = figures(
        history(shared_data, "11071"), instant_ms("2020-12-01 00:00:00"), schedule, Sla()
    )
    times: Any = found["resolution_seconds"]
    assert times["last"]["calendar"] / 86_400 == told["open_to_solved_days"] == 78
    assert times["last"]["business"] == 56 * 12 * 3600
    assert schedule.shifts == (((480, 1200),),) * 5 + ((), ())


def test_promises_of_the_export_fall_due_by_their_own_clock(
    shared_data: Path, schedule: Hours, promises: Callable[[str, str], Sla]
) -> None:
    """Written on a Friday at 04:01 in California: 16 hours, or 6 of the schedule."""
    opened = history(shared_data, "11071")[:1]
    at = "2020-08-28 11:01:27"
    by_calendar, by_schedule = promises("1002", at), promises("1001", at)
    assert by_calendar.promise("normal") == Promise(
        first_response_ms=960 * MINUTE_MS, is_business=False
    )
    assert by_schedule.promise("urgent").first_response_ms == 45 * MINUTE_MS
    assert promises("1001", "2020-03-01").promise("urgent").first_response_ms == 60 * MINUTE_MS
    for sla, due in ((by_calendar, "2020-08-29 03:01:27"), (by_schedule, "2020-08-28 21:00:00")):
        due_ms = instant_ms(due)
        before = figures(opened, due_ms, schedule, sla)
        after = figures(opened, due_ms + 1, schedule, sla)
        assert before["tickets_overdue"] == {"first_response": 0, "resolution": 0}
        assert before["tickets_at_risk"] == {"first_response": 1, "resolution": 0}
        assert after["tickets_overdue"] == {"first_response": 1, "resolution": 0}


def test_a_chat_that_asks_for_a_person_is_answered_by_a_person_only(
    shared_data: Path, expected: Callable[[str], Any]
) -> None:
    """Ten turns of the bot in nine chats are no first response; two chats asked for a person."""
    rules = Rules(channels={"chat": QueuePolicy(max_wait_ms=None)}, retention_ms=None)
    shard = Shard("chats", 0, rules)
    rows = table(shared_data, "ticket_chat_event_data")
    bots = 0
    for n, row in enumerate(sorted(rows, key=lambda one: one["created_at"])):
        is_bot = "Company Bot" in row["original_message"]
        bots += is_bot
        at = datetime.fromisoformat(row["created_at"]).replace(tzinfo=UTC)
        told = ev.MessagePosted(
            v=1, event_id=str(n), source="chat", contact_id=row["chat_id"], message_id=str(n),
            event_time_ms=round(at.timestamp() * 1000), channel="chat",
            author="bot" if is_bot else "customer",
        )  # fmt: skip
        shard.apply(told, told.event_time_ms)
    printed = expected(ZENDESK)
    assert bots == printed["chat_events_by_bot"] == 10
    found = board([shard], shard.max_event_ms + 1, rules, ["whole"]).windows["whole"].total
    assert found["first_response_seconds"] == {"calendar": None, "business": None}
    asked = sorted({row["chat_id"] for row in rows if row["message"] == "TALK TO A HUMAN"})
    assert asked == printed["asked_for_a_human"]


def test_opening_hours_agree_with_the_assertions_of_wazo(shared_data: Path) -> None:
    """What is counted in its hours, on its days and in its zone, over the clock change of 2020."""
    path = shared_data / "wazo_queue_stats_oracle" / "test_queue_stats.json"
    checked = 0
    for scenario in json.loads(path.read_text())["scenarios"]:
        for step in scenario["steps"]:
            args = step["args"]
            if not {"day_start_time", "week_days"} & set(args):
                continue
            zone = args.get("timezone", "UTC")
            hours = _hours(args)
            rows = [
                (instant_ms(row["time"]), row["total"])
                for row in scenario["given"]["queue_periodic"]
            ]
            for item in _items(step["expect"]):
                since_ms, until_ms = instant_ms(item["from"]), instant_ms(item["until"])
                counted = sum(
                    total
                    for at_ms, total in rows
                    if since_ms <= at_ms < until_ms and is_open(hours, zone, at_ms)
                )
                if (scenario["name"], item["received"]) == ODD_TOTAL:
                    assert counted == 18  # the sum of its own hours
                    continue
                assert counted == item["received"], (scenario["name"], item["from"])
                checked += 1
    assert checked >= 20


def _hours(args: dict[str, str]) -> Hours:
    start, end = args.get("day_start_time", "00:00"), args.get("day_end_time", "24:00")
    shift = tuple(int(one[:2]) * 60 + int(one[3:]) for one in (start, end))
    days = {int(day) for day in args.get("week_days", "1,2,3,4,5,6,7").split(",")}
    return Hours(
        shifts=tuple(((shift[0], shift[1]),) if day in days else () for day in range(1, 8))
    )


def _items(expect: list[Any]) -> list[dict[str, Any]]:
    """Every row of an asserted answer, however it is wrapped."""
    found: list[dict[str, Any]] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if {"from", "until", "received"} <= node.keys():
                if not any(str(node[k]).startswith("$") for k in ("from", "until", "received")):
                    found.append(node)
                return
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(expect)
    return found
