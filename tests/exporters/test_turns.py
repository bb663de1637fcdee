"""Long work in steps: others have their turn, and nobody sees half of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from aggregators import events as ev
from aggregators.board import Board, Boards, board
from aggregators.policy import Rules
from aggregators.shard import Shard
from aggregators.steps import Steps, at_once
from exporters.live import MemoryView, boards_in_a_row
from exporters.turns import in_turns

T0 = 1_767_614_400_000
"""2026-01-05T12:00:00Z"""
WINDOWS = ("1m", "30m", "today")


def calls(count: int, *, first: int = 0) -> Iterator[Any]:
    """A call each second, every third of them answered; half of those are over at once."""
    for number in range(first, first + count):
        told: dict[str, Any] = {
            "v": 1, "source": "test", "contact_id": f"c{number}", "leg_id": "l1",
        }  # fmt: skip
        at_ms = T0 + number * 1_000
        yield ev.ContactQueued(
            **told, event_id=f"q{number}", event_time_ms=at_ms, channel="voice",
            queue=f"queue-{number % 7}",
        )  # fmt: skip
        if number % 3 == 0:
            yield ev.ContactAnswered(
                **told, event_id=f"a{number}", event_time_ms=at_ms + 500, agent_id=f"a{number % 5}"
            )
            if number % 2:
                yield ev.ContactEnded(
                    **told, event_id=f"e{number}", event_time_ms=at_ms + 900, ended_by="customer"
                )


def shard_of(events: Iterator[Any]) -> Shard:
    shard = Shard("calls", 0, Rules())
    fold(shard, events)
    return shard


def fold(shard: Shard, events: Iterator[Any]) -> None:
    for event in events:
        shard.apply(event, event.event_time_ms)


class Hands:
    """A steady clock: each look at it takes a second, so that every step is a long one."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        self.at_s += 1.0
        return self.at_s


def test_a_board_made_in_steps_is_the_board() -> None:
    """Board after board, whatever changed in between; there are pauses in each."""
    rules, shard = Rules(), shard_of(calls(40))
    boards = Boards(rules)
    for second in (60, 61, 120, 4_000):
        fold(shard, calls(5, first=second))
        at_ms = T0 + (second + 10) * 1_000
        pauses = 0

        def counted(steps: Steps[Board]) -> Steps[Board]:
            nonlocal pauses
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    made: Board = end.value
                    return made
                pauses += 1
                yield

        made = at_once(counted(boards.steps([shard], at_ms, WINDOWS)))
        assert made == board([shard], at_ms, rules, WINDOWS)
        assert pauses > len(WINDOWS)


def test_steps_that_were_left_do_no_harm() -> None:
    """The next board begins anew and is right."""
    rules, shard = Rules(), shard_of(calls(40))
    boards = Boards(rules)
    boards.make([shard], T0 + 50_000, WINDOWS)
    for pauses in range(1, 40):
        fold(shard, calls(4, first=100 * pauses))
        at_ms = T0 + (100 * pauses + 10) * 1_000
        left = boards.steps([shard], at_ms, WINDOWS)
        for _ in range(pauses):
            next(left, None)
        left.close()
        assert boards.make([shard], at_ms, WINDOWS) == board([shard], at_ms, rules, WINDOWS)


class Loop:
    """A view in steps over a shard that another task folds whenever it has the turn."""

    def __init__(self) -> None:
        self.rules, self.shard = Rules(), shard_of(calls(40))
        self.turn = asyncio.Lock()
        self.number = 1_000
        self.begun: list[tuple[int, Board]] = []
        inner = boards_in_a_row(self.rules)

        def steps(
            shards: Sequence[Shard], as_of_ms: int, rules: Rules, windows: Sequence[str]
        ) -> Steps[Board]:
            alone = board(shards, as_of_ms, rules, windows)
            made = yield from inner(shards, as_of_ms, rules, windows)
            self.begun.append((as_of_ms, alone))
            return made

        self.view = MemoryView(
            lambda: [self.shard], self.rules, lambda: T0 + (self.number + 60) * 1_000,
            windows=WINDOWS, steps=steps, turn=lambda: self.turn, timer=Hands(), effort=lambda: 0.0,
        )  # fmt: skip

    @asynccontextmanager
    async def folding(self) -> Any:
        """Fold a call at every turn of the loop that the turn allows."""

        async def fold_on() -> None:
            while True:
                async with self.turn:
                    fold(self.shard, calls(1, first=self.number))
                    self.number += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(fold_on())
        try:
            yield
        finally:
            task.cancel()


async def test_nothing_is_folded_between_the_steps_of_a_board() -> None:
    """Events come all the time; each board is exactly that of the instant at which it began."""
    loop = Loop()
    async with loop.folding():
        for _ in range(5):
            before = loop.number
            made = await loop.view.fresh()
            assert made == loop.begun[-1][1]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert loop.number > before


async def test_the_loop_has_its_turns_while_a_board_is_made() -> None:
    """Between two steps another task runs."""
    loop, turns, is_over = Loop(), 0, False

    async def count() -> None:
        nonlocal turns
        while not is_over:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await loop.view.fresh()
    is_over = True
    await counting
    assert turns > len(WINDOWS)


async def test_all_who_ask_while_a_board_is_made_get_the_same_one() -> None:
    """Fifty ask at once, one goes away; one board is made."""
    loop = Loop()
    asking = [asyncio.create_task(loop.view.fresh()) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert len({id(one) for one in found[1:]}) == 1
    assert loop.view.computations == 1


async def test_who_cannot_wait_has_the_board_finished_at_once() -> None:
    """The same board, and those who wait for its steps get it as well."""
    loop = Loop()
    waiting = asyncio.create_task(loop.view.fresh())
    for _ in range(5):
        await asyncio.sleep(0)
    at_once_made = loop.view.board()
    assert await waiting is at_once_made
    assert loop.view.computations == 1
    assert at_once_made == loop.begun[0][1]


async def test_a_board_that_fails_fails_for_all_and_the_next_one_is_tried() -> None:
    """Nobody waits for ever, and nothing of it is left."""
    is_broken = True

    def steps(
        shards: Sequence[Shard], as_of_ms: int, rules: Rules, windows: Sequence[str]
    ) -> Steps[Board]:
        yield
        if is_broken:
            raise RuntimeError("no board")
        return Board(as_of_ms, None, True, {}, {}, {})

    view = MemoryView(list, Rules(), lambda: T0, steps=steps)
    found = await asyncio.gather(view.fresh(), view.fresh(), return_exceptions=True)
    assert [str(error) for error in found] == ["no board", "no board"]
    is_broken = False
    assert (await view.fresh()).as_of_ms == T0


async def test_work_in_turns_gives_what_it_gives_at_once() -> None:
    """Also when it raises."""

    def work(limit: int) -> Steps[int]:
        for number in range(limit):
            if number == 7:
                raise ValueError("seven")
            yield
        return limit

    assert await in_turns(work(5), timer=Hands()) == at_once(work(5)) == 5
    with pytest.raises(ValueError, match="seven"):
        await in_turns(work(9), timer=Hands())
