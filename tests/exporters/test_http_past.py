"""``/api/board?at=``: the board of an earlier instant, how it is asked for and what it costs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession

from aggregators.past import past_board
from aggregators.policy import Rules
from aggregators.shard import Shard
from exporters.http.app import build_web_app
from exporters.http.board_json import value_json
from exporters.http.openapi import describe_api
from exporters.live import MemoryView
from exporters.past import MOST_WAITING, PastBoards, TooSoonError
from tests.aggregators.story import s
from tests.bench.redis import RedisServer
from tests.exporters.morning import NOW_S, RULES, Morning, clock_ms, events
from tests.exporters.served import client_of
from tests.exporters.shared_workers import PLACES, Worker
from tests.exporters.test_http_live_view import Hands
from tests.exporters.test_http_openapi import check
from vigie.compute import batch_rules, boards_at


@pytest.fixture(scope="module")
def morning() -> Morning:
    return Morning()


async def asked(client: ClientSession, query: str, status: int = 200) -> Any:
    answer = await client.get(f"/api/board?{query}")
    assert answer.status == status, await answer.text()
    return await answer.json()


async def test_the_board_of_ten_is_the_one_that_compute_gives_at_ten(morning: Morning) -> None:
    """Two good hours, seen after the bad one: figures, windows and queues as of 10:00 UTC."""
    (then,) = boards_at(events(), [clock_ms("10:00")], batch_rules(RULES), ["30m", "today"])
    kpis = ("contacts_offered", "contacts_abandoned", "answer_rate", "asa_seconds")

    def shown(values: Any) -> Any:
        return {kpi: value_json(values[kpi]) for kpi in kpis}

    async with client_of(build_web_app(morning.view)) as client:
        found = await asked(client, f"at={clock_ms('10:00')}&kpis={','.join(kpis)}")
    assert found["as_of"] == "2024-06-03T10:00:00Z"
    assert (found["is_past"], found["complete"], found["data_age_ms"]) == (True, True, None)
    for window in ("30m", "today"):
        total = then.windows[window].total
        assert found["windows"][window]["total"] == shown(total)
        sales = then.windows[window].queues["sales"]
        assert found["windows"][window]["queues"]["sales"] == shown(sales)
    assert found["windows"]["30m"]["total"]["contacts_offered"] == 45
    assert found["windows"]["30m"]["total"]["contacts_abandoned"] == 0


async def test_who_waits_now_is_not_in_the_past(morning: Morning) -> None:
    """Four wait at the end of the morning; of ten o'clock nobody can tell, so nothing is said."""
    async with client_of(build_web_app(morning.view)) as client:
        now = await asked(client, "window=30m")
        then = await asked(client, "window=30m&at=12:00")
    assert now["windows"]["30m"]["total"]["contacts_waiting"] == 4
    assert "is_past" not in now
    kpis = then["windows"]["30m"]["total"]
    assert "contacts_waiting" not in kpis
    assert "agents_available" not in kpis
    assert "instant" not in kpis["service_level"]


@pytest.mark.parametrize(
    "at",
    [
        "12:15", "2024-06-03T12:15", "2024-06-03T12:15:00%2B02:00", "2024-06-03T12:15:00+02:00",
        "2024-06-03T10:15:00Z", "2024-06-03T10:15:59.9Z", "1717409700000", "1717409700",
    ],
)  # fmt: skip
async def test_an_instant_may_be_written_in_many_ways(morning: Morning, at: str) -> None:
    """Local time is that of the settings' zone; a plus that is not escaped is understood."""
    async with client_of(build_web_app(morning.view)) as client:
        found = await asked(client, f"at={at}&window=5m&kpis=contacts_offered&rows=total")
    assert found["as_of"] == "2024-06-03T10:15:00Z"


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("at=noonish", 400, "'noonish' is no point in time"),
        ("at=", 400, "'' is no point in time"),
        ("at=2024-03-31T02:30", 400,
         "the local time '2024-03-31T02:30' does not exist in Europe/Paris"),
        ("at=2024-10-27T02:30", 400,
         "the local time '2024-10-27T02:30' occurs twice in Europe/Paris"),
        ("at=2024-06-03T11:01Z", 400, "that is not over yet"),
        ("at=2024-06-03T07:59Z", 400, "that is older than what is kept"),
        ("at=12:15&window=soon", 400, "unknown window 'soon'"),
        ("at=12:15&kpis=nothing", 400, "there is no KPI 'nothing'"),
    ],
)  # fmt: skip
async def test_what_cannot_be_answered_says_why(
    morning: Morning, query: str, status: int, error: str
) -> None:
    """One line what is wrong and one what to do, as everywhere in the API."""
    async with client_of(build_web_app(morning.view)) as client:
        found = await asked(client, query, status)
    assert found["error"] == error
    assert len(found["fix"]) > 10


async def test_before_the_first_event_there_is_no_past() -> None:
    """404 with what to do; also for the list of instants."""
    view = MemoryView(lambda: [Shard("calls", 0, Rules())], Rules(), lambda: s(0))
    async with client_of(build_web_app(view)) as client:
        found = await asked(client, "at=10:00", 404)
        assert found["error"] == "nothing is kept yet"
        assert (await client.get("/api/past")).status == 404


async def test_past_answers_fit_their_description(morning: Morning) -> None:
    """The board of an instant, and the instants there are."""
    async with client_of(build_web_app(morning.view)) as client:
        then = await asked(client, "at=12:00")
        possible = await (await client.get("/api/past")).json()
    check(describe_api(()), "/api/board", 200, then)
    check(describe_api(()), "/api/past", 200, possible)
    assert (possible["from"], possible["to"]) == ("2024-06-03T08:00:00Z", "2024-06-03T11:00:00Z")
    assert possible["zone"] == "Europe/Paris"
    assert then["possible"] == possible


async def test_a_crowd_that_looks_back_is_refused_in_time(morning: Morning) -> None:
    """Some wait for their turn; the others are told when to come again. Folding had its turns."""
    async with client_of(build_web_app(morning.view)) as client:

        async def one(minute: int) -> tuple[int, str | None]:
            answer = await client.get(f"/api/board?window=30m&at=11:{minute:02}")
            return answer.status, answer.headers.get("Retry-After")

        answers = await asyncio.gather(*(one(minute) for minute in range(30)))
    good = [answer for answer in answers if answer[0] == 200]
    refused = [answer for answer in answers if answer[0] == 429]
    assert len(good) + len(refused) == 30
    assert len(good) >= MOST_WAITING
    assert len(refused) >= 1
    assert all(wait is not None and int(wait) >= 1 for _, wait in refused)


class Costly:
    """Thread time that grows by so much at each reading."""

    def __init__(self, each_s: float) -> None:
        self.each_s = each_s
        self.spent_s = 0.0

    def __call__(self) -> float:
        self.spent_s += self.each_s
        return self.spent_s


async def test_looks_take_no_more_than_their_share_of_the_thread(morning: Morning) -> None:
    """A look of 0.5 s makes the next wait 2 s; one of 2 s refuses the next for 8 s."""
    hands = Hands()
    waited: list[float] = []

    async def pause(wait_s: float) -> None:
        waited.append(wait_s)
        hands.at_s += wait_s

    cheap = PastBoards(morning.view, timer=hands, effort=Costly(0.5), pause=pause)
    await cheap.board(clock_ms("10:00"), ["30m"])
    await cheap.board(clock_ms("10:01"), ["30m"])
    assert waited == [pytest.approx(2.0)]
    dear = PastBoards(morning.view, timer=hands, effort=Costly(2.0), pause=pause)
    await dear.board(clock_ms("10:00"), ["30m"])
    with pytest.raises(TooSoonError) as refused:
        await dear.board(clock_ms("10:01"), ["30m"])
    assert refused.value.wait_s == pytest.approx(8.0)


async def test_a_moment_asked_for_again_is_not_computed_again() -> None:
    """For half a minute; then what came late meanwhile is in it."""
    morning, hands = Morning(), Hands()
    boards = PastBoards(morning.view, timer=hands, effort=lambda: 0.0)
    first = await boards.board(clock_ms("10:00"), ["30m"])
    turns = morning.turns
    assert await boards.board(clock_ms("10:00"), ["30m"]) is first
    assert (boards.computations, morning.turns) == (1, turns)
    hands.at_s += 31.0
    again = await boards.board(clock_ms("10:00"), ["30m"])
    assert again is not first
    assert again.windows == first.windows


async def test_several_workers_tell_the_past_of_all_their_shards(
    redis_server: RedisServer,
) -> None:
    """One worker's view has the other's shard as published; both together are the centre."""
    calls, others, _ = PLACES
    one, other = Worker(redis_server.url), Worker(redis_server.url)
    told = events()
    try:
        one.own(*PLACES[::2])
        other.own(others)
        one.fold(calls, *(e for e in told if e.contact_id.startswith("c")))
        other.fold(others, *(e for e in told if e.contact_id.startswith("k")))
        for worker in (one, other):
            worker.clock_s = NOW_S
            worker.checkpoint()
            await worker.publisher.round()
        one.view.board()
        await one.reader.refresh()
        looked = await PastBoards(one.view).board(clock_ms("10:00"), ["30m"])
    finally:
        await one.close()
        await other.close()
    both = past_board(
        [one.shards[calls], other.shards[others]], clock_ms("10:00"), one.rules, ["30m"]
    )
    assert looked.windows["30m"].total["contacts_offered"] == 45
    assert looked.windows["30m"].queues == both.windows["30m"].queues
