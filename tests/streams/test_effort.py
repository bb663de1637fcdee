"""What work on the loop costs is counted without its waits, and rests keep it to its share."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.effort import Effort, Pace


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


async def test_only_the_steps_of_the_work_itself_are_counted() -> None:
    """Two seconds before a wait, three after it; others took a minute meanwhile."""
    clock = Clock()
    effort = Effort(clock)
    gate = asyncio.Event()

    async def work() -> str:
        clock.now_s += 2
        await gate.wait()
        clock.now_s += 3
        return "done"

    working = asyncio.create_task(effort.of(work()))
    await asyncio.sleep(0)
    clock.now_s += 60
    gate.set()
    assert await working == "done"
    assert effort.take() == 5
    assert effort.take() == 0


async def test_work_that_fails_costs_what_it_took() -> None:
    """And fails for whoever waits for it."""
    clock = Clock()
    effort = Effort(clock)

    async def work() -> None:
        clock.now_s += 2
        raise ConnectionError("the broker is gone")

    with pytest.raises(ConnectionError):
        await effort.of(work())
    assert effort.take() == 2


async def test_work_is_told_of_its_cancellation() -> None:
    """It may tidy up, at its own expense."""
    clock = Clock()
    effort = Effort(clock)
    tidied: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(3_600)
        finally:
            clock.now_s += 1
            tidied.append("tidied")

    working = asyncio.create_task(effort.of(work()))
    await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert tidied == ["tidied"]
    assert effort.take() == 1


async def test_work_that_waits_for_other_work_gets_its_answer() -> None:
    """And its errors, where the work decides what they mean."""
    effort = Effort()
    loop = asyncio.get_running_loop()
    answer, error = loop.create_future(), loop.create_future()

    async def work() -> tuple[str, str]:
        told = await answer
        try:
            await error
        except ConnectionError as failed:
            return told, str(failed)
        return told, ""

    working = asyncio.create_task(effort.of(work()))
    await asyncio.sleep(0)
    answer.set_result("here")
    await asyncio.sleep(0)
    error.set_exception(ConnectionError("gone"))
    assert await working == ("here", "gone")


@given(st.lists(st.floats(0.0001, 0.4), min_size=2, max_size=20), st.floats(0.01, 2))
def test_steady_or_rising_costs_keep_their_share(costs: list[float], interval_s: float) -> None:
    """Rounds and the rests after them, from the second one on; none of them reaches the cap."""
    pace = Pace(interval_s, share=1 / 12, longest_s=5)
    costs = sorted(costs)
    steady = [costs[0], *costs]  # what a round costs more than the one before is paid a round later
    rests = [pace.rest_s(cost) for cost in steady]
    paid = sum(steady[:-1])
    assert paid <= (paid + sum(rests[1:])) / 12 + 1e-9
    assert min(rests) >= interval_s


def test_cheap_rounds_rest_for_the_interval() -> None:
    """Two milliseconds every second are no reason to wait."""
    pace = Pace(1.0, share=1 / 12, longest_s=5.0)
    assert [pace.rest_s(0.002) for _ in range(3)] == [1.0, 1.0, 1.0]


def test_dear_rounds_rest_for_eleven_times_their_cost() -> None:
    """So that they take a twelfth."""
    pace = Pace(1.0, share=1 / 12, longest_s=5.0)
    assert [round(pace.rest_s(0.2), 6) for _ in range(3)] == [1.0, 2.2, 2.2]


def test_a_single_dear_round_delays_nothing() -> None:
    """A new owner writes everything once."""
    pace = Pace(1.0, share=1 / 12, longest_s=5.0)
    assert [pace.rest_s(cost) for cost in (0.6, 0.01, 0.6, 0.01)] == [1.0] * 4


def test_no_rest_is_longer_than_the_longest_or_the_interval() -> None:
    """What a crash has to replay stays bounded."""
    pace = Pace(1.0, share=1 / 12, longest_s=5.0)
    assert [pace.rest_s(3.0) for _ in range(2)] == [1.0, 5.0]
    patient = Pace(30.0, share=1 / 12, longest_s=5.0)
    assert [patient.rest_s(3.0) for _ in range(2)] == [30.0, 30.0]
