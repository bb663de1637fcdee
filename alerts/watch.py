"""The watch: once a second it looks, decides, writes down, and only then has people told.

Every worker reads the journal and knows the alerts; the one that leads writes it. Who leads is
asked before each look and each message. The journal lets one writer in at a time, so a worker that
was paused and believes that it still leads cannot write, and nothing unwritten is told.

While the journal cannot be written the alerts live on in memory, and are told unwritten after
``UNWRITTEN_S``: that Kafka is away has to reach somebody. Their ids are the same on any worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from aggregators.policy import Rules
from alerts.actions import check_action
from alerts.alert import Action, Alert, Notice, encode, record_key
from alerts.book import Book, Changes
from alerts.delivery import Delivery
from alerts.desk import ActionLateError, ActionRefusedError
from alerts.draft import Draft
from alerts.evaluation import Evaluator, Findings, Look
from alerts.journal import Journal, JournalError, LeadershipLostError
from alerts.notices import delivered, undelivered
from alerts.plan import Plan
from alerts.rules import Rule
from alerts.step import step

log = logging.getLogger(__name__)

EVERY_S = 1.0
LEAST_S = 0.1
"""Between two looks, however much is asked and reported."""
UNWRITTEN_S = 10.0
"""Messages go out so long after the journal stopped taking what happened."""
ASKED_S = 5.0
"""So long somebody who asked for something waits until it has happened."""
LOOKED_ON_S = 10.0
"""Who does not lead looks, too, for so long after somebody looked at its alerts."""
LEADER = "leader"
"""Key of the record that says which process wrote last."""

Runner: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class Feed(Protocol):
    """Something that is told of all alerts as they are, again and again (Alertmanager)."""

    def nudge(self) -> None:
        """Something changed."""

    async def run(self) -> None:
        """Tell until cancelled."""


class Watch:
    """The alerts of one worker: what it knows of them, and its part in making them.

    ``leads`` says whether this worker is the one that shows the KPI series now; ``look`` gives
    what there is to judge. ``tell`` makes what carries messages, anew for each term of
    leadership: what is under way ends with it.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        policies: Rules,
        plan: Plan,
        journal: Journal,
        *,
        leads: Callable[[], bool],
        look: Callable[[], Look],
        now_ms: Callable[[], int],
        tell: Callable[[Watch], tuple[Delivery, Sequence[Feed]]],
        steady_s: Callable[[], float] = time.monotonic,
        prepare: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """``prepare`` is awaited before each look: it does what of it takes long."""
        self.book = Book()
        self.plan = plan
        self.rules: Mapping[str, Rule] = {}
        self.is_leader = False
        self.evaluation_s = 0.0
        self.evaluated_ms: int | None = None
        self.journal_failures = 0
        self._policies = policies
        self._journal = journal
        self._leads = leads
        self._look = look
        self.now_ms = now_ms
        self._tell = tell
        self._prepare = prepare
        self._steady_s = steady_s
        self._name = secrets.token_hex(8).encode()
        self._entries: dict[str, bytes] = {}
        self._unwritten: Changes = {}
        self._unwritten_since_s: float | None = None
        self._looked_on_s = float("-inf")
        self._is_led = False
        self._outcomes: list[tuple[Notice, str | None]] = []
        self._asked = asyncio.Event()
        self._waiting: dict[str, asyncio.Event] = {}
        self._telling: asyncio.Task[None] | None = None
        self.delivery: Delivery | None = None
        self._feeds: Sequence[Feed] = ()
        self.use(rules)

    # -- what others ask ----------------------------------------------------------------------

    def use(self, rules: Sequence[Rule]) -> None:
        """Judge by these rules from the next look on."""
        self.rules = {rule.id: rule for rule in rules}
        self._evaluator = Evaluator(rules, self._policies)

    def is_leading(self) -> bool:
        """Tell whether this worker makes the alerts at this moment."""
        return self.is_leader and self._leads()

    def look_on(self) -> None:
        """Somebody looks at the alerts: their numbers are kept fresh for a while."""
        self._looked_on_s = self._steady_s()

    def is_told(self, alert: Alert) -> bool:
        """Tell whether people may be told of an alert now: nobody asked for quiet."""
        return not Draft(self.book, self.now_ms()).is_held(alert)

    def unwritten_s(self) -> float:
        """Return for how long the journal has not taken what happened; 0 if it has all."""
        since_s = self._unwritten_since_s
        return 0.0 if since_s is None else self._steady_s() - since_s

    async def ask(self, action: Action) -> None:
        """Have an action done, here or by the worker that leads; return when it has happened.

        Raises:
            ActionRefusedError: it cannot be done.
            ActionLateError: it has not happened in time; it may happen yet.
        """
        why = check_action(self.book, action, self.now_ms())
        if why is not None:
            raise ActionRefusedError(why)
        key = record_key(action)
        done = self._waiting.setdefault(key, asyncio.Event())
        try:
            async with asyncio.timeout(ASKED_S):
                if self.is_leading():
                    self.book.take(key, encode(action))
                    self._asked.set()
                else:
                    await self._journal.hand_in(key, encode(action))
                await done.wait()
        except (TimeoutError, JournalError) as error:
            raise ActionLateError("nobody has done it yet") from error
        finally:
            self._waiting.pop(key, None)
        if not _has_happened(self.book, action):
            raise ActionRefusedError("it was over before")

    # -- life ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Watch until cancelled. What fails is tried again; the fold never waits for it."""
        reading = asyncio.create_task(
            _keep_up(lambda: self._journal.run(self.hear)), name="vigie alert journal"
        )
        try:
            while True:
                started_s = time.monotonic()
                await self.turn()
                await asyncio.sleep(LEAST_S)
                left_s = EVERY_S - (time.monotonic() - started_s)
                # Not wait_for: until Python 3.12 that forgets to end when it is asked for this
                # moment as well, and whoever stops us would wait for ever.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, left_s)):
                        await self._asked.wait()
                self._asked.clear()
        finally:
            await self._step_down()
            reading.cancel()
            await asyncio.wait({reading})
            await self._journal.close()

    async def turn(self) -> None:
        """Do what is to be done now: lead, look, write, have people told. Raises nothing."""
        try:
            if self._prepare is not None and (self._leads() or self._is_looked_on()):
                await self._prepare()
            if self._leads():
                await self._turn_as_leader()
            else:
                if self.is_leader:
                    log.info("another worker makes the alerts now")
                    await self._step_down()
                self._unwritten_since_s = None  # it may have failed to become the leader
                if self._is_looked_on():
                    self.book.see(self._evaluator.look(self._look(), self.book.open_keys()))
        except Exception:
            log.exception("alerts could not be judged; trying again in a second")

    def _is_looked_on(self) -> bool:
        return self._steady_s() - self._looked_on_s < LOOKED_ON_S

    async def _turn_as_leader(self) -> None:
        began_s = self._steady_s()
        try:
            if not self._is_led:
                await self._lead()
            await self._judge()
        except LeadershipLostError:
            log.warning("another worker writes the journal of alerts: this one stops doing so")
            await self._step_down()
        except JournalError as error:
            self._fail(error, began_s)
            if self.is_leader:
                self._judge_unwritten()

    async def _lead(self) -> None:
        """Become the writer; start from what the journal says unless nobody wrote in between."""
        await self._journal.lead()
        is_ours = self.is_leader and self._entries.get(LEADER) == self._name
        if not is_ours:
            await self._step_down()
            self.use(list(self.rules.values()))  # what an earlier term saw is long ago
        await self._journal.commit({LEADER: self._name})
        if not self.is_leader:
            self.delivery, self._feeds = self._tell(self)
            self.is_leader = True
            log.info("makes the alerts, %d open", len(self.book.open_keys()))
            self._telling = asyncio.create_task(
                _together([self.delivery.run, *(feed.run for feed in self._feeds)]),
                name="vigie alert messages",
            )
            for notice in self.book.notices.values():
                self.delivery.offer(notice)
        self._is_led = True

    async def _step_down(self) -> None:
        self.is_leader = self._is_led = False
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait({self._telling})
            self._telling = None
            self.delivery, self._feeds = None, ()
        self._unwritten, self._unwritten_since_s, self._outcomes = {}, None, []
        self.book = self._book_of_journal()

    def _book_of_journal(self) -> Book:
        book = Book()
        for key, value in self._entries.items():
            if key != LEADER:
                book.take(key, value)
        return book

    def hear(self, key: str, value: bytes | None) -> None:
        """Take a record of the journal. Who leads has its own ones already, and newer ones.

        Reports have records there, too, under keys that begin with ``report:``.
        """
        if key.startswith("report:"):
            return
        if value is None:
            self._entries.pop(key, None)
        else:
            self._entries[key] = value
        if key == LEADER:
            return
        is_action = key.startswith("action:")
        if not self.is_leader or (is_action and value is not None):
            self.book.take(key, value)
        if is_action and self.is_leader and value is not None:
            self._asked.set()
        if is_action and value is None and not self.is_leader:
            self._has_happened(key)

    # -- one look -----------------------------------------------------------------------------

    async def _judge(self) -> None:
        self._decide()
        if self._unwritten:
            await self._write()

    async def _write(self) -> None:
        """Write what is not yet; then, and not before, hand out messages."""
        # Whoever waits for an action looks at its effect when it is gone: that comes last.
        writing = dict(sorted(self._unwritten.items(), key=_is_action))
        encoded = {
            key: None if record is None else encode(record) for key, record in writing.items()
        }
        await self._journal.commit(encoded)
        if self._unwritten_since_s is not None:
            log.info("the journal of alerts takes what happened again")
        self._unwritten, self._unwritten_since_s = {}, None
        self._hand_out(writing)

    def _judge_unwritten(self) -> None:
        """Go on without the journal: nothing may be forgotten, and in the end somebody told."""
        self._decide()
        if self.unwritten_s() >= UNWRITTEN_S:
            self._hand_out(self._unwritten)

    def _decide(self) -> None:
        began_s = time.thread_time()
        look = self._look()
        findings: Findings = self._evaluator.look(look, self.book.open_keys())
        self.book.see(findings)
        while self._outcomes:
            notice, why = self._outcomes.pop(0)
            if why is None:
                self._change(delivered(self.book, notice, look.now_ms))
            else:
                self._change(undelivered(self.book, notice, why, self.plan, look.now_ms))
        self._change(step(self.book, findings, self.rules, self.plan, look.now_ms))
        self.evaluation_s = time.thread_time() - began_s
        self.evaluated_ms = look.now_ms

    def _change(self, changes: Changes) -> None:
        self.book.apply(changes)
        self._unwritten |= changes

    def _hand_out(self, changes: Changes) -> None:
        assert self.delivery is not None
        is_news = False
        for key, record in changes.items():
            if isinstance(record, Notice):
                self.delivery.offer(record)
            elif isinstance(record, Alert):
                is_news = True
            elif key.startswith("action:"):
                self._has_happened(key)
        if is_news:
            for feed in self._feeds:
                feed.nudge()

    def _has_happened(self, key: str) -> None:
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.set()

    def _fail(self, error: JournalError, began_s: float) -> None:
        self._is_led = False
        self.journal_failures += 1
        if self._unwritten_since_s is None:
            self._unwritten_since_s = began_s
            log.warning("the journal of alerts is not written (%s); trying again", error)

    # -- what delivery reports ----------------------------------------------------------------

    async def on_delivered(self, notice: Notice) -> None:
        """Have it written that a message has arrived, soon: until then a kill sends it again."""
        self._outcomes.append((notice, None))
        self._asked.set()

    async def on_failed(self, notice: Notice, why: str) -> None:
        """Note for the next look that a message never will, so that somebody else is told."""
        self._outcomes.append((notice, why))
        self._asked.set()


def _is_action(item: tuple[str, object]) -> bool:
    return item[0].startswith("action:")


def _has_happened(book: Book, action: Action) -> bool:
    """Tell whether the book has what an action asked for."""
    if action.what == "silence":
        return action.silence is not None and action.silence.id in book.silences
    if action.what == "end_silence":
        silence = book.silences.get(action.about)
        return silence is None or silence.end_ms <= action.at_ms
    alert = book.alerts.get(action.about)
    return alert is not None and any(one.action == action.id for one in alert.story)


async def _together(runners: Sequence[Runner]) -> None:
    """Run several things until cancelled; one that fails goes on in a second."""
    tasks = [asyncio.create_task(_keep_up(run)) for run in runners]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_up(run: Runner) -> None:
    while True:
        try:
            await run()
        except Exception:
            log.exception("a part of the alerts failed; it goes on in a second")
        await asyncio.sleep(EVERY_S)
