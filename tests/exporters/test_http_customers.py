"""``/api/customers/repeat`` over a real socket: who comes back most, by keyed hash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jsonschema import Draft202012Validator

from aggregators import events as ev
from aggregators.policy import DAY_MS, HOUR_MS, Rules
from aggregators.replica import Replica
from aggregators.shard import Shard
from exporters.http.app import build_web_app
from exporters.http.openapi import describe_api
from tests.aggregators.customer_story import contact
from tests.exporters.little_centre import NOON_MS, LittleCentre
from tests.exporters.served import client_of

RULES = Rules()


class Called(LittleCentre):
    """A centre with a shard of customers: one came four times, one three, one was helped."""

    def __init__(self, *, as_replica: bool = False) -> None:
        super().__init__()
        shard = Shard(ev.CUSTOMERS, 0, RULES)
        for customer, times in (("often", 4), ("helped", 3), ("moves", 3), ("twice", 2)):
            for n in range(times):
                opened_ms = NOON_MS - (times - n) * DAY_MS
                told = contact(
                    customer, f"{customer}{n}", 0, opened_ms=opened_ms,
                    ended_ms=opened_ms + HOUR_MS, event_time_ms=opened_ms + HOUR_MS,
                    motive="move" if customer == "moves" else "bill",
                    resolved=customer == "helped" and n == times - 1,
                )  # fmt: skip
                shard.apply(told, told.event_time_ms)
        self.customers: Shard | None = shard
        if as_replica:
            checkpoint = shard.encode()
            self.customers = Replica(RULES).update(checkpoint.record, checkpoint.rows)

    def shards(self) -> Sequence[Any]:
        return [self.customers]


EXPECTED = [
    {"customer_key": "often", "motive": "bill", "contacts": 4,
     "first_ms": NOON_MS - 4 * DAY_MS, "last_ms": NOON_MS - DAY_MS},
    {"customer_key": "moves", "motive": "move", "contacts": 3,
     "first_ms": NOON_MS - 3 * DAY_MS, "last_ms": NOON_MS - DAY_MS},
]  # fmt: skip


async def test_those_who_come_back_most_are_listed_until_they_are_helped() -> None:
    """Three contacts in seven days about one motive, the last one unsolved; the most first."""
    async with client_of(build_web_app(Called())) as client:
        answer = await client.get("/api/customers/repeat")
        found = await answer.json()
        moves = await (await client.get("/api/customers/repeat?motive=move")).json()
    assert answer.status == 200
    assert found["customers"] == EXPECTED
    assert (found["found"], found["from_contacts"]) == (2, 3)
    assert moves["customers"] == EXPECTED[1:]


async def test_a_worker_that_shows_the_shards_of_others_lists_them_too() -> None:
    """The list is part of the checkpoint's record."""
    async with client_of(build_web_app(Called(as_replica=True))) as client:
        found = await (await client.get("/api/customers/repeat")).json()
    assert found["customers"] == EXPECTED


async def test_the_answer_is_as_described() -> None:
    """The description of the API holds for it."""
    described = describe_api(())
    schema = described["components"]["schemas"]["ReturningCustomers"]
    async with client_of(build_web_app(Called())) as client:
        found = await (await client.get("/api/customers/repeat")).json()
    Draft202012Validator(schema).validate(found)
