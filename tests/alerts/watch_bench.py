"""Workers that watch: one log, queues with callers, a clock that a test sets by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aggregators.policy import Rules
from alerts.alert import Action, Alert, Notice, State, decode, record_key
from alerts.delivery import Delivery
from alerts.evaluation import Look
from alerts.journal import JournalError, LeadershipLostError, Listener
from alerts.message import Message
from alerts.notify import Undelivered
from alerts.plan import Ladder, Plan, Step, WebhookTarget
from alerts.watch import Feed, Watch
from tests.alerts import evaluation_boards as boards
from tests.bench.sample_alerts import a_message

FULL = boards.rule(
    "full", boards.compare(boards.WAITING, ">", 5.0), clear_for_ms=0, reopen_within_ms=0
)
PLAN = Plan(
    targets={
        name: WebhookTarget(id=name, url="https://x.example", secret=b"s" * 24)
        for name in ("desk", "boss")
    },
    ladders={"default": Ladder(id="default", steps=(Step(0, ("desk",)),))},
    group_wait_ms=0,
    group_interval_ms=0,
)


class Clock:
    """Epoch and steady clock of all workers."""

    def __init__(self) -> None:
        self.s = 0.0

    def now_ms(self) -> int:
        return boards.NOW_MS + round(self.s * 1000)

    def steady_s(self) -> float:
        return self.s


class Log:
    """What is written, and whose turn it is to write."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self.writer: LogJournal | None = None
        self.journals: list[LogJournal] = []

    def write(self, records: Mapping[str, bytes | None]) -> None:
        for key, value in records.items():
            if value is None:
                self.entries.pop(key, None)
            else:
                self.entries[key] = value
            for journal in self.journals:
                journal.pending.append((key, value))
        for journal in self.journals:
            journal.tell()

    def records(self, kind: str) -> list[Any]:
        """What is written of a kind: ``alert``, ``notice``…"""
        return [
            decode(key, value) for key, value in self.entries.items() if key.startswith(f"{kind}:")
        ]


class LogJournal:
    """One worker's way to the log; it fails as a test says. Refused once, it must be led anew."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.is_away = False
        self.is_unclear = False
        self.is_deaf = False
        self.is_closed = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.commits: list[dict[str, bytes | None]] = []
        self.pending: list[tuple[str, bytes | None]] = list(log.entries.items())
        self._listener: Listener | None = None
        log.journals.append(self)

    def listen(self, listener: Listener) -> None:
        self._listener = listener
        self.tell()

    def tell(self) -> None:
        while self._listener is not None and self.pending and not self.is_deaf:
            self._listener(*self.pending.pop(0))

    async def run(self, listener: Listener) -> None:
        self.listen(listener)
        await asyncio.Event().wait()

    async def lead(self) -> None:
        if self.is_away:
            raise JournalError("away")
        self.log.writer = self
        self.tell()

    async def commit(self, records: Mapping[str, bytes | None]) -> None:
        await self.gate.wait()
        if self.log.writer is not self:
            raise LeadershipLostError("another one leads")
        if self.is_away:
            self.log.writer = None
            raise JournalError("away")
        self.commits.append(dict(records))
        self.log.write(records)
        if self.is_unclear:
            self.log.writer = None
            raise JournalError("no answer in time")

    async def hand_in(self, key: str, value: bytes) -> None:
        await self.gate.wait()
        if self.is_away:
            raise JournalError("away")
        self.log.write({key: value})

    async def close(self) -> None:
        self.is_closed = True


class NudgedFeed:
    """Counts how often it is told that something changed, and until when it runs."""

    def __init__(self) -> None:
        self.nudges = 0
        self.is_running = False

    def nudge(self) -> None:
        self.nudges += 1

    async def run(self) -> None:
        self.is_running = True
        try:
            await asyncio.Event().wait()
        finally:
            self.is_running = False


class Worker:
    """A watch over queues that a test fills; ``told`` are the notices that were sent.

    ``at_send`` is called with every notice when it is sent. A message to a target that is
    ``broken`` fails for good; while ``line`` is cut none gets through.
    """

    def __init__(self, log: Log, clock: Clock, journal: Any = None) -> None:
        self.log = log
        self.clock = clock
        self.journal: Any = LogJournal(log) if journal is None else journal
        self.leads = True
        self.waiting: dict[str, int] = {}
        self.wait_s = 0.0
        self.told: list[Notice] = []
        self.broken: set[str] = set()
        self.line = asyncio.Event()
        self.line.set()
        self.at_send: Callable[[Notice], None] = lambda _notice: None
        self.at_look: Callable[[], None] = lambda: None
        self.at_tell: Callable[[], None] = lambda: None
        self.feeds: list[NudgedFeed] = []
        self.watch = Watch(
            [FULL], Rules(), PLAN, self.journal,
            leads=lambda: self.leads, look=self._look, now_ms=clock.now_ms, tell=self._tell,
            steady_s=clock.steady_s,
        )  # fmt: skip
        self._composed: dict[str, Notice] = {}

    def listen(self) -> Worker:
        """Hear the journal without running."""
        self.journal.listen(self.watch.hear)
        return self

    async def end(self) -> None:
        """Give up what it leads; a test is over."""
        self.leads = False
        await self.watch.turn()

    def crash(self) -> None:
        """It does nothing any more, and nothing that it sends arrives."""
        self.line.clear()
        self.log.journals.remove(self.journal)

    async def second(self, seconds: int = 1) -> None:
        """Let seconds pass, with a turn and time for messages in each."""
        for _ in range(seconds):
            self.clock.s += 1
            await self.watch.turn()
            await settle()

    def alert(self, queue: str = "sales") -> Alert:
        """The newest alert of a queue."""
        found = self.watch.book.current(boards.key("full", queue))
        assert found is not None
        return found

    def states(self) -> dict[str, State]:
        """The state of the alert of each queue."""
        return {one.where.name: one.state for one in self.watch.book.alerts.values()}

    def news(self) -> list[str]:
        """What was told, in order: ``firing sales``."""
        ids = {one.id: one.where.name for one in self.watch.book.alerts.values()}
        return [
            f"{notice.what} {','.join(ids.get(one, '?') for one in notice.alerts)}"
            for notice in self.told
        ]

    def asks(self, what: Any = "acknowledge", **fields: Any) -> Action:
        """An action about the alert of `sales`."""
        given = {"id": f"{what}-1", "by": "Ada", "about": "", **fields}
        if not given["about"] and what != "silence":
            given["about"] = self.alert().id
        return Action(what=what, at_ms=self.clock.now_ms(), **given)

    async def send(self, message: Message) -> None:
        """The sender of both targets."""
        notice = self._composed[message.id]
        await self.line.wait()
        if notice.target in self.broken:
            raise Undelivered("http_4xx", is_final=True)
        self.at_send(notice)
        self.told.append(notice)

    def _look(self) -> Look:
        self.at_look()
        queues = {
            name: {"contacts_waiting": n, "longest_wait_seconds": self.wait_s}
            for name, n in self.waiting.items()
        }
        return boards.look(boards.board({"30m": boards.rows(**queues)}), self.clock.s)

    def _tell(self, watch: Watch) -> tuple[Delivery, Sequence[Feed]]:
        self.at_tell()

        def compose(notice: Notice, _language: Any) -> Message:
            self._composed[notice.id] = notice
            return a_message(id=notice.id)

        self.feeds.append(NudgedFeed())
        delivery = Delivery(
            PLAN, dict.fromkeys(PLAN.targets, self), compose=compose,
            on_delivered=watch.on_delivered, on_failed=watch.on_failed,
        )  # fmt: skip
        return delivery, self.feeds[-1:]


async def settle() -> None:
    """Let everything that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def full(worker: Worker, queue: str = "sales") -> None:
    """Let a queue be full for a second."""
    worker.waiting[queue] = 6
    await worker.second()


def is_written(log: Log) -> Callable[[Notice], None]:
    """Fails when a notice is sent that is not in the log."""

    def check(notice: Notice) -> None:
        assert record_key(notice) in log.entries, f"{notice.id} was told before it was written"

    return check


class Centre:
    """Workers on one log with one clock."""

    def __init__(self) -> None:
        self.log = Log()
        self.clock = Clock()
        self.workers: list[Worker] = []

    def worker(self, *, leads: bool = True) -> Worker:
        """A new worker that has read the log; whatever it sends must be written."""
        worker = Worker(self.log, self.clock)
        worker.leads = leads
        worker.at_send = is_written(self.log)
        self.workers.append(worker)
        return worker.listen()

    def lead(self, leader: Worker) -> None:
        """From now on this one leads and no other."""
        for worker in self.workers:
            worker.leads = worker is leader
