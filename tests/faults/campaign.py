"""Seeded campaigns: a seed fixes what is done, in which order and for how long.

``kills`` ends one worker again and again, at random instants and at failpoints; ``actions`` draws
from a table with weights, as an operator's bad day would.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from streams.failpoints import DURING_RECOVERY, DURING_REVOKE, NAMES
from tests.bench.process import ComponentError
from tests.faults.run import Run
from tests.faults.traffic import UNRULY, Traffic

MOST_WORKERS = 3
SOON_S = 25.0
ALONE = tuple(name for name in NAMES if name != DURING_REVOKE)
"""Failpoints that one worker passes by itself."""


def kills(run: Run, times: int, *, per_second: int = 500) -> None:
    """Kill one worker so many times while events flow, a third of them at failpoints."""
    traffic = run.traffic(UNRULY)
    run.send(traffic, 3_000)
    run.flow(traffic, per_second)
    failpoint = None
    run.begin()
    for _ in range(times):
        if failpoint is not None:
            die_at(run, failpoint)
        else:
            run.idle(run.chance.choice((run.chance.uniform(0, 2.5), run.chance.uniform(1.5, 4.5))))
            run.kill()
        failpoint = pick_failpoint(run) if run.chance.random() < 0.35 else None
        run.begin(failpoint=failpoint)
    if failpoint is not None:
        run.kill()
        run.begin()
    run.stop_flow()
    run.judge()


def burst(run: Run, times: int = 30) -> None:
    """Kill one worker faster than it can start, as one that runs out of memory again and again."""
    traffic = run.traffic(UNRULY)
    run.send(traffic, 3_000)
    run.flow(traffic, 300)
    run.begin()
    for _ in range(times):
        run.idle(run.chance.uniform(0.1, 1.0))
        run.kill()
        run.begin()
    run.stop_flow()
    run.judge()


def pick_failpoint(run: Run) -> str:
    """A failpoint that one worker passes soon."""
    name = run.chance.choice(ALONE)
    return name if name == DURING_RECOVERY else f"{name}:{run.chance.randint(1, 10)}"


def die_at(run: Run, failpoint: str) -> None:
    """Wait for a worker's own death; where it does not come, kill it."""
    try:
        run.await_own_death(1, failpoint.partition(":")[0], SOON_S)
    except ComponentError:
        run.note(f"{failpoint} was not passed")
        run.kill()


@dataclass(frozen=True)
class Action:
    """Something that happens, how often, and what must hold for it."""

    weight: int
    do: Callable[[BadDay], None]
    is_possible: Callable[[BadDay], bool] = lambda _: True


class BadDay:
    """Draws actions and keeps in mind which workers are up."""

    def __init__(self, run: Run, traffic: Traffic) -> None:
        self.run = run
        self.traffic = traffic

    @property
    def up(self) -> list[int]:
        """The numbers of the workers that run."""
        return sorted(self.run.world.workers)

    def a_worker(self) -> int:
        """One of them."""
        return self.run.chance.choice(self.up)

    def burst(self) -> None:
        """Some messages at once."""
        self.run.send(self.traffic, self.run.chance.randint(100, 1_000))

    def wait(self) -> None:
        """Nothing for a while."""
        self.run.idle(self.run.chance.uniform(0.2, 3))

    def kill(self) -> None:
        """SIGKILL, and a new start after up to five seconds."""
        number = self.a_worker()
        self.run.kill(number)
        self.run.idle(self.run.chance.uniform(0, 5))
        self.run.begin(number)

    def stop(self) -> None:
        """SIGTERM, exit code 0, and a new start."""
        number = self.a_worker()
        # A worker that is still starting has no handler yet: it may end by the signal itself.
        self.run.world.await_ready(self.run.world.workers[number])
        self.run.stop(number)
        self.run.begin(number)

    def pause(self) -> None:
        """SIGSTOP for up to twelve seconds, which may be beyond the session timeout."""
        worker = self.run.world.workers[self.a_worker()]
        worker.pause()
        self.run.note(f"{worker.name} paused")
        self.run.idle(self.run.chance.uniform(1, 12))
        worker.resume()
        self.run.note(f"{worker.name} resumed")

    def add_or_remove(self) -> None:
        """One worker more, or one less: partitions move."""
        up = self.up
        if len(up) < MOST_WORKERS and (len(up) == 1 or self.run.chance.random() < 0.5):
            self.run.begin(next(n for n in range(1, MOST_WORKERS + 1) if n not in up))
        else:
            number = self.a_worker()
            self.run.world.await_ready(self.run.world.workers[number])
            self.run.stop(number)

    def failpoint(self) -> None:
        """A worker is started again and dies at a named line."""
        number = self.a_worker()
        self.run.kill(number)
        failpoint = pick_failpoint(self.run)
        self.run.begin(number, failpoint=failpoint)
        self.burst()
        try:
            self.run.await_own_death(number, failpoint.partition(":")[0], 12)
        except ComponentError:
            self.run.note(f"{failpoint} was not passed")
            self.run.kill(number)
        self.run.begin(number)

    def broker(self) -> None:
        """The broker stops or dies and comes back."""
        chance = self.run.chance
        self.run.bounce_broker(is_hard=chance.random() < 0.5, away_s=chance.uniform(0, 8))

    def verify(self) -> None:
        """Quiet, and everything equal."""
        self.run.judge()


ACTIONS = (
    Action(30, BadDay.burst),
    Action(15, BadDay.wait),
    Action(12, BadDay.kill),
    Action(6, BadDay.stop),
    Action(4, BadDay.pause, lambda day: len(day.up) > 1),
    Action(6, BadDay.add_or_remove),
    Action(8, BadDay.failpoint),
    Action(4, BadDay.broker),
    Action(3, BadDay.verify),
)


def actions(run: Run, minutes: float) -> None:
    """Random actions for so long, then everything down to one worker and compared."""
    day = BadDay(run, run.traffic(UNRULY))
    run.send(day.traffic, 2_000)
    run.begin()
    ends_at = time.monotonic() + 60 * minutes
    while time.monotonic() < ends_at:
        possible = [action for action in ACTIONS if action.is_possible(day)]
        action = run.chance.choices(possible, [action.weight for action in possible])[0]
        action.do(day)
    run.judge()
    for number in day.up[1:]:
        run.stop(number)
    run.judge()
