"""``/api/queues/{queue}`` and its day: all of one queue, with short names in the place of ids."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aggregators.policy import Hours, QueuePolicy, Rules
from exporters.contacts import contacts_of_queue
from exporters.http.app import build_web_app
from exporters.live import MemoryView
from tests.aggregators.story import answered, fold, left_after, queued, s
from tests.exporters.little_centre import LittleCentre, busy_centre
from tests.exporters.served import client_of

HOURS_RULES = Rules(
    channels={"voice": QueuePolicy(threshold_ms=20_000)}, motives=frozenset({"delivery"}),
    retention_ms=None,
)  # fmt: skip


async def said(centre: Any, address: str, status: int = 200) -> Any:
    async with client_of(build_web_app(centre)) as client:
        answer = await client.get(address)
        assert answer.status == status
        return await answer.json()


async def test_a_queue_tells_its_numbers_settings_and_contacts() -> None:
    """Of every window; its own settings; those who wait first, the nearest to the limit first."""
    found = await said(busy_centre(), "/api/queues/Technical%20support")
    assert (found["queue"], found["channel"], found["channels"]) == (
        "Technical support", "voice", ["voice"],
    )  # fmt: skip
    assert found["live"]["contacts_waiting"] == 14
    assert found["windows"]["30m"]["service_level"]["abandons_negative"] == 0.614
    assert set(found["windows"]) == {
        "1m", "5m", "15m", "30m", "1h", "interval_30m", "interval_30m_last", "today",
    }  # fmt: skip
    settings = found["settings"]
    assert (settings["threshold_ms"], settings["target"]) == (90_000, 0.8)
    assert (settings["shifts"], settings["is_open"], settings["zone"]) == (None, True, "UTC")
    waiting = [one for one in found["contacts"] if one["is_waiting"]]
    assert [one["left_ms"] for one in waiting] == [90_000 - 187_000 + n * 11_000 for n in range(14)]
    assert [one["priority"] for one in waiting if one["priority"] is not None] == [1]
    assert waiting[1]["motive"] == "delivery"
    handled = found["contacts"][14:]
    assert [one["state"] for one in handled] == ["in_progress"] * 6
    assert {one["left_ms"] for one in handled} == {None}


async def test_no_id_of_a_contact_or_an_agent_leaves() -> None:
    """Short names instead, each once, the same from answer to answer."""
    centre = busy_centre()
    async with client_of(build_web_app(centre)) as client:
        first = await (await client.get("/api/queues/Technical%20support")).json()
        centre.tick()
        second = await (await client.get("/api/queues/Technical%20support")).json()
    text = json.dumps(first)
    assert "c-00" not in text
    assert "agent-" not in text
    names = [one["id"] for one in first["contacts"]]
    assert len(set(names)) == 20
    assert [one["id"] for one in second["contacts"]] == names


async def test_a_queue_on_two_channels_shows_the_one_that_is_asked_for() -> None:
    """The first one unless told; its contacts only."""
    centre = busy_centre()
    centre.set("Technical support", "chat", QueuePolicy(threshold_ms=60_000), waiting=1)
    centre.waiting_contacts["Technical support"][0]["channel"] = "chat"
    chat = await said(centre, "/api/queues/Technical%20support")
    assert (chat["channel"], chat["channels"]) == ("chat", ["chat", "voice"])
    assert len(chat["contacts"]) == 1
    assert chat["settings"]["threshold_ms"] == 60_000
    voice = await said(centre, "/api/queues/Technical%20support?channel=voice")
    assert len(voice["contacts"]) == 19
    refused = await said(centre, "/api/queues/Technical%20support?channel=email", 404)
    assert refused["fix"] == "use one of chat, voice, or leave it out"


@pytest.mark.parametrize("address", ["/api/queues/nowhere", "/api/queues/nowhere/day"])
async def test_a_queue_that_there_is_not_is_told_so(address: str) -> None:
    """With what to do."""
    refused = await said(busy_centre(), address, 404)
    assert refused["error"] == "there is no queue 'nowhere'"
    assert refused["fix"].startswith("GET /api/queues lists the queues")


async def test_a_long_line_is_cut_and_says_so() -> None:
    """200 contacts are listed; that there are more is told."""
    centre = LittleCentre()
    centre.set("Billing", waiting=240)
    centre.waiting_contacts["Billing"] = [
        {
            "contact_id": f"c-{n}", "leg_id": "l", "state": "waiting", "since_ms": n, "wait_ms": n,
            "agent_id": None, "channel": "voice", "motive": None, "priority": None,
        }
        for n in range(240)
    ]  # fmt: skip
    found = await said(centre, "/api/queues/Billing")
    assert (len(found["contacts"]), found["is_cut"], found["limit"]) == (200, True, 200)
    assert found["live"]["contacts_waiting"] == 240


async def test_the_hours_of_a_queue_are_told_with_whether_it_is_open() -> None:
    """Monday noon inside 09:00 to 17:00; a day without a shift is an empty list."""
    centre = LittleCentre()  # its clock shows a Monday, 12:00
    day = ((540, 1020),)
    centre.set("Billing", policy=QueuePolicy(hours=Hours((day,) * 5 + ((), ())), team="North"))
    settings = (await said(centre, "/api/queues/Billing"))["settings"]
    assert settings["shifts"] == [[[540, 1020]]] * 5 + [[], []]
    assert (settings["is_open"], settings["team"]) == (True, "North")
    centre.tick(5 * 3_600_000 + 1)
    assert (await said(centre, "/api/queues/Billing"))["settings"]["is_open"] is False


def test_motive_and_priority_are_told_where_the_source_tells_them() -> None:
    """The latest priority of the leg; a motive that is not listed is no text of its own."""
    shard = fold(
        [
            queued("listed", 0, priority=3, motive="delivery"),
            queued("unlisted", 1, motive="Mrs Smith's divorce"),
            queued("silent", 2),
            queued("raised", 3, priority=1),
            queued("raised", 4, priority=2),
        ],
        HOURS_RULES,
    )
    rows = contacts_of_queue([shard], "q", s(30))
    assert {row["contact_id"]: (row["motive"], row["priority"]) for row in rows} == {
        "listed": ("delivery", 3), "unlisted": ("__other__", None), "silent": (None, None),
        "raised": (None, 2),
    }  # fmt: skip


async def test_the_day_of_a_queue_is_told_by_half_hour() -> None:
    """From the start of the queue's day; what was answered late is no service level of 1."""
    shard = fold(
        [*left_after("a", "answered", 5, 600), *left_after("b", "abandoned", 50, 2000)],
        HOURS_RULES,
    )
    view = MemoryView(lambda: [shard], HOURS_RULES, lambda: s(2100))
    found = await said(view, "/api/queues/q/day")
    assert (found["target"], found["zone"], found["channel"]) == (0.8, "UTC", "voice")
    shown = [
        (one["start_ms"], one["offered"], one["abandoned"], one["service_level"])
        for one in found["half_hours"]
    ]
    assert shown == [(s(0), 1, 0, 1.0), (s(1800), 1, 1, 0.0)]


async def test_those_who_are_handled_have_no_time_left() -> None:
    """From real events: one waits, one talks."""
    shard = fold([queued("w", 0), queued("t", 1), answered("t", 9)], HOURS_RULES)
    view = MemoryView(lambda: [shard], HOURS_RULES, lambda: s(30))
    found = await said(view, "/api/queues/q?channel=voice")
    shown = [(one["state"], one["left_ms"], one["wait_ms"]) for one in found["contacts"]]
    assert shown == [("waiting", -10_000, 30_000), ("in_progress", None, 8_000)]
