"""``/api/staffing`` over a real socket: hints, reasons, and how often they are computed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from jsonschema import Draft202012Validator

from aggregators import events as ev
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from exporters.http.app import build_web_app
from exporters.http.feed import BoardFeed
from exporters.http.openapi import describe_api
from exporters.http.staffing import KEPT_S, StaffingBook
from tests.exporters.little_centre import NOON_MS, LittleCentre
from tests.exporters.served import client_of

LIMIT_20_S = QueuePolicy(threshold_ms=20_000)


class Staffed(LittleCentre):
    """A voice queue with 100 calls of 180 s in 30 minutes and 11 of 13 agents at work."""

    def __init__(self) -> None:
        super().__init__()
        self.agents = Shard("agents", 0, Rules())
        self.give("Sales", agents_staffed=11)

    def give(self, queue: str, channel: str = "voice", **values: Any) -> None:
        """Set what a hint is made of."""
        self.set(queue, channel, LIMIT_20_S)
        self.rows[queue, channel] |= {
            "contacts_entered": 100, "contacts_handled": 96, "aht_seconds": 180.0,
            "contacts_abandoned": 0, "agents_logged_in": 13, **values,
        }  # fmt: skip

    def log_in(self, agent_id: str, *queues: str) -> None:
        """Log an agent in for some queues."""
        told = ev.AgentLogin(
            v=1, event_id=agent_id, source="test", event_time_ms=NOON_MS, agent_id=agent_id,
            queues=list(queues),
        )  # fmt: skip
        self.agents.apply(told, NOON_MS)

    def shards(self) -> Sequence[Any]:
        return [self.agents]


async def asked(centre: LittleCentre) -> dict[str, Any]:
    """Return the answer, which is as the API describes it."""
    async with client_of(build_web_app(centre)) as client:
        answer = await client.get("/api/staffing")
        found: dict[str, Any] = await answer.json()
    assert answer.status == 200
    description = describe_api(["/metrics"])
    schema = {"$ref": "#/components/schemas/Staffing", "components": description["components"]}
    Draft202012Validator(schema).validate(found)
    return found


async def test_a_hint_stands_beside_its_inputs() -> None:
    """100 calls of 180 s, 80 % in 20 s: 14 agents by Erlang C, three more than there are."""
    found = await asked(Staffed())
    assert (found["as_of_ms"], found["horizon_s"]) == (NOON_MS, 1800)
    (sales,) = found["queues"]
    assert sales == {
        "queue": "Sales", "channel": "voice", "reason": None, "shared": None,
        "hint": {
            "inputs": {
                "contacts": 100, "handle_s": 180.0, "handle_window": "30m", "patience_s": None,
                "patience_window": None, "agents": 11, "threshold_s": 20.0, "target": 0.8,
            },
            "model": "erlang_c", "expected": 0.389614, "expected_patient": 0.389614,
            "needed": 14, "needed_patient": 14, "reached": 0.88835, "more": 3, "spare": 0,
        },
    }  # fmt: skip


async def test_a_queue_without_a_hint_says_why() -> None:
    """Too few contacts, a channel of several contacts at a time, agents nobody told of."""
    centre = Staffed()
    centre.give("Night", contacts_entered=3)
    centre.give("Web", "chat")
    centre.give("Silent", agents_logged_in=0)
    found = await asked(centre)
    reasons = {one["queue"]: (one["hint"] is None, one["reason"]) for one in found["queues"]}
    assert reasons == {
        "Sales": (False, None),
        "Night": (True, "few_contacts"),
        "Web": (True, "channel"),
        "Silent": (True, "no_agents_known"),
    }


async def test_agents_of_several_queues_are_told_of() -> None:
    """Billing shares an agent with Care, Sales has its own, nobody logged in for Night."""
    centre = Staffed()
    for queue in ("Billing", "Care", "Night"):
        centre.give(queue)
    centre.give("Mixed")
    centre.give("Mixed", "chat")
    centre.log_in("A1", "Sales")
    centre.log_in("A2", "Billing", "Care")
    centre.log_in("A3", "Billing")
    centre.log_in("A4", "Mixed")
    found = await asked(centre)
    shared = {one["queue"]: one["shared"] for one in found["queues"]}
    assert shared == {"Sales": False, "Billing": True, "Care": True, "Night": None, "Mixed": True}


async def test_hints_are_computed_once_in_30_s_however_many_ask() -> None:
    """Also of those who ask while they are computed; after that they are new."""
    centre = Staffed()
    now_s = 100.0
    feed = BoardFeed(centre, mode="live", min_sample=20, refresh_ms=1_000, max_clients=1)
    book = StaffingBook(centre, feed, 20, timer=lambda: now_s)
    first = await asyncio.gather(*(book.encoded() for _ in range(5)))
    assert len(set(first)) == 1
    centre.give("Sales", agents_staffed=14)
    centre.tick()
    now_s += KEPT_S - 0.1
    assert await book.encoded() == first[0]
    assert book.computations == 1
    now_s += 0.2
    assert b'"agents":14' in await book.encoded()
    assert book.computations == 2


async def test_others_have_their_turn_while_many_queues_are_computed() -> None:
    """With a clock that a queue moves by more than a turn, the loop is left after each of them."""
    centre = Staffed()
    for n in range(20):
        centre.give(f"q{n:02}")
    feed = BoardFeed(centre, mode="live", min_sample=20, refresh_ms=1_000, max_clients=1)
    ticks = iter(range(10_000))
    book = StaffingBook(centre, feed, 20, timer=lambda: 0.02 * next(ticks))
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while not book.computations:
            turns += 1
            await asyncio.sleep(0)

    await asyncio.gather(count_turns(), book.encoded())
    assert turns >= 20
