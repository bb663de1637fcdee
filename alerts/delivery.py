"""Messages on their way: a queue and a worker for each target, so that none waits for another.

A message is tried again with growing pauses until it arrives or ``give_up_s`` are over. While one
is put off, others of its target go first, those of its group in their order behind it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct, field

from alerts.alert import Notice
from alerts.message import Message
from alerts.notify import REASONS, Reason, Sender, Undelivered
from alerts.plan import Language, Plan

log = logging.getLogger(__name__)

MOST_QUEUED = 1_000
GIVE_UP_S = 15 * 60.0
MOST_REMEMBERED = 10_000
ATTEMPT_S = 60.0
"""No try lasts longer, whatever the sender thinks."""
LONGEST_PAUSE_S = 60.0

Compose = Callable[[Notice, Language], Message | None]


class DeliveryStats(Struct):
    """Counts by target: messages that arrived, tries that failed by (target, reason), messages
    that never arrived by (target, reason), and how many wait now."""

    sent: Counter[str] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    queued: dict[str, int] = field(default_factory=dict)


class _Queued(Struct):
    notice: Notice
    since_s: float


class _Line:
    """What waits for one target, and how it fares."""

    def __init__(self) -> None:
        self.waiting: deque[_Queued] = deque()
        self.is_filled = asyncio.Event()
        self.failures = 0
        self.is_failing = False

    def put_off(self, group: str) -> None:
        """Let other groups go first; the order within a group stays."""
        others = [one for one in self.waiting if one.notice.group != group]
        same = [one for one in self.waiting if one.notice.group == group]
        self.waiting = deque((*others, *same))


class Delivery:
    """Takes notices to their targets; each is reported once, as delivered or as failed."""

    def __init__(
        self,
        plan: Plan,
        senders: Mapping[str, Sender],
        *,
        compose: Compose,
        on_delivered: Callable[[Notice], Awaitable[None]],
        on_failed: Callable[[Notice, str], Awaitable[None]],
        give_up_s: float = GIVE_UP_S,
        attempt_s: float = ATTEMPT_S,
        most_queued: int = MOST_QUEUED,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        stats: DeliveryStats | None = None,
    ) -> None:
        """``compose`` is asked when a message is sent; None: there is nothing to say any more.
        ``on_failed`` gets one of :data:`alerts.notify.REASONS`. ``stats`` goes on counting.
        """
        self._targets = plan.targets
        self._senders = senders
        self._compose = compose
        self._on_delivered = on_delivered
        self._on_failed = on_failed
        self._give_up_s = give_up_s
        self._attempt_s = attempt_s
        self._most_queued = most_queued
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._stats = DeliveryStats() if stats is None else stats
        self._lines = {target: _Line() for target in senders}
        self._under_way: set[str] = set()
        self._reported: dict[tuple[str, int], None] = {}
        self._refused: deque[tuple[Notice, Reason]] = deque()
        self._is_refused = asyncio.Event()

    def offer(self, notice: Notice) -> None:
        """Take a notice; one that is on its way, or was reported just now, is left alone."""
        # Whoever offers may not have heard yet that it was reported: made_ms tells a new one.
        if notice.id in self._under_way or (notice.id, notice.made_ms) in self._reported:
            return
        self._under_way.add(notice.id)
        line = self._lines.get(notice.target)
        if line is None:
            self._refuse(notice, "no_target")
        elif len(line.waiting) >= self._most_queued:
            line.is_failing = True
            self._refuse(notice, "queue_full")
        else:
            line.waiting.append(_Queued(notice, self._clock()))
            line.is_filled.set()

    def _refuse(self, notice: Notice, reason: Reason) -> None:
        self._refused.append((notice, reason))
        self._is_refused.set()

    def stats(self) -> DeliveryStats:
        """Return the counts, with how many wait now."""
        self._stats.queued = {target: len(line.waiting) for target, line in self._lines.items()}
        return self._stats

    def failing(self) -> set[str]:
        """Return the targets whose last message never arrived."""
        return {target for target, line in self._lines.items() if line.is_failing}

    async def run(self) -> None:
        """Deliver until cancelled; what was not reported by then is still owed."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._report_refused(), name="vigie refused messages")
            for target, line in self._lines.items():
                tasks.create_task(self._work(target, line), name=f"vigie messages to {target}")

    async def _report_refused(self) -> None:
        while True:
            await self._is_refused.wait()
            self._is_refused.clear()
            while self._refused:
                notice, reason = self._refused[0]
                await self._fail(notice, reason)
                self._refused.popleft()

    async def _work(self, target: str, line: _Line) -> None:
        while True:
            while not line.waiting:
                line.is_filled.clear()
                await line.is_filled.wait()
            queued = line.waiting[0]
            try:
                await self._try(target, queued.notice)
            except Undelivered as undelivered:
                await self._undelivered(target, line, queued, undelivered)
            else:
                line.failures = 0
                line.is_failing = False
                await self._report(queued.notice, self._on_delivered(queued.notice))
                line.waiting.remove(queued)

    async def _try(self, target: str, notice: Notice) -> None:
        try:
            message = self._compose(notice, self._targets[target].language)
        except Exception:
            log.exception("the message %s could not be written", notice.id)
            raise Undelivered("invalid", is_final=True) from None
        if message is None:
            return
        try:
            async with asyncio.timeout(self._attempt_s):
                await self._senders[target].send(message)
        except TimeoutError:
            raise Undelivered("timeout", is_final=False) from None
        except Undelivered:
            raise
        except Exception as error:  # noqa: BLE001 - its text may hold the URL, which is a secret
            log.error("the target %s failed with %s", target, type(error).__name__)
            raise Undelivered("error", is_final=False) from None
        self._stats.sent[target] += 1

    async def _undelivered(
        self, target: str, line: _Line, queued: _Queued, undelivered: Undelivered
    ) -> None:
        """Put a message off, or give it up."""
        reason = undelivered.reason
        self._stats.failed[target, reason] += 1
        if undelivered.is_final:
            await self._lose(line, queued, reason)
            return
        # Those that waited as long are given up too: a pause for each would take hours.
        latest_s = self._clock() - self._give_up_s
        for late in [one for one in line.waiting if one.since_s <= latest_s]:
            await self._lose(line, late, "gave_up")
        line.put_off(queued.notice.group)
        pause_s = pause_after(line.failures, self._chance(), undelivered.retry_after_s)
        line.failures += 1
        await self._sleep(pause_s)

    async def _lose(self, line: _Line, queued: _Queued, reason: Reason) -> None:
        line.is_failing = True
        await self._fail(queued.notice, reason)
        line.waiting.remove(queued)

    async def _fail(self, notice: Notice, reason: Reason) -> None:
        log.warning("a message to the target %s never arrived: %s", notice.target, REASONS[reason])
        self._stats.lost[notice.target, reason] += 1
        await self._report(notice, self._on_failed(notice, reason))

    async def _report(self, notice: Notice, reporting: Awaitable[None]) -> None:
        """Report once: a report that fails must not stop the messages that come after."""
        try:
            await reporting
        except Exception:
            log.exception("what became of the message %s could not be reported", notice.id)
        self._under_way.discard(notice.id)
        self._reported[notice.id, notice.made_ms] = None
        while len(self._reported) > MOST_REMEMBERED:
            del self._reported[next(iter(self._reported))]


def pause_after(failures: int, chance: float, asked_s: float | None = None) -> float:
    """Return how long to wait after so many failures before this one: between 1 and 60 s, twice
    as long each time, and not at the same moment as others (``chance`` from 0 to 1); longer if
    the target has ``asked_s`` for it."""
    shortest_s = min(2.0 ** min(failures, 10), LONGEST_PAUSE_S / 2)
    return max(shortest_s * (1.0 + chance), min(asked_s or 0.0, LONGEST_PAUSE_S))
