"""What is asked of a worker that does not lead, and what it knows of the numbers."""

from __future__ import annotations

import asyncio

import pytest

from alerts.desk import ActionLateError, ActionRefusedError
from tests.alerts.watch_bench import Centre, Worker, full, settle
from tests.bench.receiver import until


async def test_what_is_asked_of_another_worker_is_done_by_the_leader(centre: Centre) -> None:
    """It returns when the leader has written it, and then it is seen where it was asked."""
    leader, follower = centre.worker(), centre.worker(leads=False)
    await full(leader)
    asking = asyncio.create_task(follower.watch.ask(follower.asks()))
    await settle()
    assert [one.what for one in centre.log.records("action")] == ["acknowledge"]
    await follower.second()
    assert not asking.done()
    follower.journal.is_deaf = True  # it reads record by record, with time in between
    await leader.second()
    for record in follower.journal.pending:
        follower.watch.hear(*record)
        await settle()
    await asking
    assert follower.states() == leader.states() == {"sales": "acknowledged"}
    assert follower.alert().acknowledged_by == "Ada"
    assert centre.log.records("action") == []


async def test_the_leader_does_not_sleep_while_somebody_asks(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever pressed a button at another worker waits a tenth of a second, not for the next look,
    and so does the report that a message arrived."""
    monkeypatch.setattr("alerts.watch.EVERY_S", 60.0)
    follower, leader = centre.worker(leads=False), Worker(centre.log, centre.clock)
    leader.waiting["sales"] = 6
    running = asyncio.create_task(leader.watch.run())
    await until(lambda: leader.news() == ["firing sales"], "the alert")
    await until(lambda: not centre.log.records("notice"), "the report that it arrived")
    await follower.watch.ask(follower.asks())
    assert follower.states() == {"sales": "acknowledged"}
    running.cancel()
    await asyncio.wait({running})


async def test_what_a_new_leader_finds_asked_is_done_by_it(centre: Centre) -> None:
    """Also when it was asked of this very worker while another one led."""
    leader, follower = centre.worker(), centre.worker(leads=False)
    await full(leader)
    asking = asyncio.create_task(follower.watch.ask(follower.asks()))
    await settle()
    centre.lead(follower)
    await full(follower)
    await asking
    assert follower.states() == {"sales": "acknowledged"}


async def test_what_the_leader_refuses_is_refused_where_it_was_asked(centre: Centre) -> None:
    """By the time of the look the snooze would be over."""
    leader, follower = centre.worker(), centre.worker(leads=False)
    await full(leader)
    snooze = follower.asks("snooze", until_ms=centre.clock.now_ms() + 500)
    asking = asyncio.create_task(follower.watch.ask(snooze))
    await settle()
    await leader.second()
    with pytest.raises(ActionRefusedError, match="it was over before"):
        await asking


@pytest.mark.parametrize("trouble", ["away", "slow", "nobody leads"])
async def test_what_cannot_be_handed_in_is_late(
    centre: Centre, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After five seconds at most, however long Kafka would have taken to say so."""
    monkeypatch.setattr("alerts.watch.ASKED_S", 0.01)
    leader, follower = centre.worker(), centre.worker(leads=False)
    await full(leader)
    if trouble == "away":
        follower.journal.is_away = True
    elif trouble == "slow":
        follower.journal.gate.clear()
    with pytest.raises(ActionLateError):
        async with asyncio.timeout(5):
            await follower.watch.ask(follower.asks())


async def test_who_follows_looks_while_somebody_looks_at_it(centre: Centre) -> None:
    """So that its numbers are fresh; it writes nothing, and after ten seconds it stops."""
    leader, follower = centre.worker(), centre.worker(leads=False)
    await full(leader)
    before = len(centre.log.records("alert"))
    looks = 0

    def count() -> None:
        nonlocal looks
        looks += 1

    follower.at_look = count
    follower.watch.look_on()
    await follower.watch.turn()
    assert (looks, len(centre.log.records("alert"))) == (1, before)
    centre.clock.s += 10.0
    await follower.watch.turn()
    assert looks == 1


async def test_who_follows_never_looks(centre: Centre) -> None:
    """Judging costs nothing where nobody leads, and nobody looks."""
    follower = centre.worker(leads=False)

    def fail() -> None:
        raise AssertionError

    follower.at_look = fail
    await full(follower)
    assert follower.watch.evaluated_ms is None
    assert follower.states() == {}
