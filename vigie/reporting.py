"""The reports of one worker: looks what is due, makes it, has it drawn and mails it, once.

Who shows the KPI series sends. What was begun, who has it and what is done stands in the journal of
alerts under keys of its own, written with an own transactional id: the broker lets one writer in at
a time (docs/decisions/0017). :mod:`exporters.reports.cycle` decides, this module does it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Literal

from aggregators.policy import HOUR_MS, MINUTE_MS, Rules
from alerts.journal import Journal, JournalError, LeadershipLostError, MemoryJournal
from alerts.kafka_journal import KafkaJournal
from exporters.http.openapi import Described
from exporters.live import MemoryView
from exporters.prometheus.report_metrics import ReportStats
from exporters.reports import cycle
from exporters.reports.cycle import Sending
from exporters.reports.mail import mail_of, message_id
from exporters.reports.making import Surroundings, is_known, steps
from exporters.reports.plan import ReportPlan
from exporters.reports.report import Report
from exporters.reports.schedule import Occasion, latest
from streams.settings import StreamSettings
from streams.worker import StreamWorker
from vigie.report_alerts import alerts_of
from vigie.report_http import described, report_routes
from vigie.report_plan import concerns, previewed, report_plans, takes
from vigie.report_plots import draw
from vigie.report_smtp import NotTakenError, send
from vigie.settings import Settings

if TYPE_CHECKING:
    from aiohttp import web

    from vigie.alerting import Alerting

log = logging.getLogger(__name__)

Mode = Literal["live", "demo", "replay"]
EVERY_S = 1.0
TRUSTED_WITHIN_MS = HOUR_MS
"""So long a report that is due waits for numbers that are whole."""
_OF_ONE = ("recipient", "message")
"""Reasons that say nothing about other recipients."""


class Reporting:
    """The reports of a worker; make it before the web side starts, start it after the worker."""

    def __init__(
        self,
        settings: Settings,
        streams: StreamSettings,
        rules: Rules,
        view: MemoryView,
        running: list[StreamWorker],
        alerting: Alerting | None,
        *,
        mode: Mode,
        leads: Callable[[], bool],
        clock: Callable[[], int],
        draw_plots: Callable[[Report], Awaitable[dict[str, bytes]]] = draw,
    ) -> None:
        """``running`` is empty until the worker runs; ``leads``: shows the KPI series now."""
        self._draw = draw_plots
        self.plans = previewed(settings)
        self._sent_plans = [one for one in report_plans(settings).values() if one.recipients]
        self._mail = settings.mail
        self._installation = f"{streams.topic_prefix}{streams.app_id}"
        self._rules = rules
        self._view = view
        self._running = running
        self._alerting = alerting
        self._leads = leads
        self.now_ms = clock
        self._journal: Journal = MemoryJournal()
        if mode == "live" and self._sent_plans:
            self._journal = KafkaJournal(
                streams.alerts_topic,
                streams.client_options(),
                transactional_id=f"{streams.alerts_topic}-reports",
            )
        self._records: dict[str, Sending] = {}
        self._heard: dict[str, Sending] = {}
        self._told: dict[str, Sending] = {}
        self._is_led = False
        self._leading_ms: int | None = None
        self._is_in_trouble = False
        self._noted: set[str] = set()
        self._making = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._sent: Counter[str] = Counter({one.name: 0 for one in self._sent_plans})
        self._failed: Counter[tuple[str, str]] = Counter()

    def routes(self) -> list[web.RouteDef]:
        """Return what the web side adds for reports."""
        return report_routes(self)

    def described(self) -> Described:
        """Return how the description of the API describes them."""
        return described()

    def ready(self) -> tuple[bool, str]:
        """Return whether the numbers can be told, and if not, why."""
        return self._view.ready()

    # -- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Send what falls due from now on."""
        if self._sent_plans:
            self._task = asyncio.create_task(self.run(), name="vigie reports")

    async def close(self) -> None:
        """Stop; what was begun goes on where the next one leads."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def stats(self) -> ReportStats:
        """Return what this worker tells of its reports."""
        last: dict[str, int | None] = {}
        for plan in self._sent_plans:
            head = f"report:{plan.period}:{plan.name}:"
            found = [
                one.ended_ms
                for key, one in self._records.items()
                if key.startswith(head) and one.state == "sent" and one.ended_ms is not None
            ]
            last[plan.name] = max(found, default=None)
        return ReportStats(sent=dict(self._sent), failed=dict(self._failed), last_sent_ms=last)

    async def run(self) -> None:
        """Send until cancelled. What fails is tried again; the fold never waits for it."""
        reading = asyncio.create_task(self._read(), name="vigie report journal")
        try:
            while True:
                try:
                    await self.turn()
                except Exception:
                    log.exception("reports could not be looked after; trying again in a second")
                await asyncio.sleep(EVERY_S)
        finally:
            reading.cancel()
            await asyncio.wait({reading})
            await self._journal.close()

    async def _read(self) -> None:
        while True:
            try:
                await self._journal.run(self.hear)
            except Exception:
                log.exception("the records of reports cannot be read; trying again in a second")
            await asyncio.sleep(EVERY_S)

    def hear(self, key: str, value: bytes | None) -> None:
        """Take a record of the journal; those of alerts are not ours.

        Who leads wrote what comes, and newer ones.
        """
        if not key.startswith("report:"):
            return
        try:
            record = None if value is None else cycle.decode(value)
        except ValueError:
            log.warning("a record of a report cannot be read; it is left alone")
            return
        for records in (self._heard,) if self._is_led else (self._heard, self._records):
            if record is None:
                records.pop(key, None)
            else:
                records[key] = record

    # -- sending ------------------------------------------------------------------------------

    async def turn(self) -> None:
        """Do what is to be done now."""
        if not self._running or not self._leads():
            self._is_led, self._leading_ms = False, None
            return
        if self._leading_ms is None:
            self._leading_ms = self.now_ms()
        try:
            if not any(self._step(*one).what != "nothing" for one in self._open()):
                return
            if not self._is_led:
                await self._journal.lead()  # what others wrote is known after it
                self._is_led, self._records = True, dict(self._heard)
            for plan, occasion in self._open():
                await self._go_on(plan, occasion)
            await self._forget()
            self._is_in_trouble = False
        except JournalError as error:
            self._is_led = False
            is_lost = isinstance(error, LeadershipLostError)
            if not self._is_in_trouble:
                why = "another worker writes it" if is_lost else "the log does not take it"
                log.warning("the record of reports is not written (%s); trying again", why)
            self._is_in_trouble = True

    def _open(self) -> list[tuple[ReportPlan, Occasion]]:
        """Return what may have something left: the latest of each, and what was begun before."""
        now_ms = self.now_ms()
        found: dict[str, tuple[ReportPlan, Occasion]] = {}
        for plan in self._sent_plans:
            head = f"report:{plan.period}:{plan.name}:"
            for key, one in self._records.items():
                if key.startswith(head) and one.state == "begun":
                    occasion = Occasion(
                        plan.name, plan.period, one.start_ms, one.end_ms, one.due_ms
                    )
                    found[key] = (plan, occasion)
            occasion = latest(plan, now_ms)
            found.setdefault(occasion.key, (plan, occasion))
        return list(found.values())

    def _step(self, plan: ReportPlan, occasion: Occasion) -> cycle.Step:
        return cycle.next_step(plan, occasion, self._record(occasion), self.now_ms())

    def _record(self, occasion: Occasion) -> Sending | None:
        """Return the record, with what this process knows to have been told although unwritten."""
        record, ours = self._records.get(occasion.key), self._told.get(occasion.key)
        if record is None or ours is None:
            return record
        return cycle.with_told(record, ours.told)

    async def _go_on(self, plan: ReportPlan, occasion: Occasion) -> None:
        step = self._step(plan, occasion)
        if step.what in ("begin", "send") and not self._may_tell(plan, occasion):
            return
        if step.what == "begin":
            late, refused = self._counts()
            begun = cycle.begun(occasion, self.now_ms(), late=late, refused=refused)
            await self._write(occasion, begun)
            step = self._step(plan, occasion)
        if step.what == "send":
            await self._send(plan, occasion, step.recipients)
            step = self._step(plan, occasion)
        record = self._record(occasion)
        if step.what == "end" and record is not None:
            done = cycle.ended(record, self.now_ms())
            await self._write(occasion, done)
            self._told.pop(occasion.key, None)
            if done.state == "sent":
                self._sent[plan.name] += 1
                log.info("report %s: sent", plan.name)
            else:
                self._failed[plan.name, "gave_up"] += 1
                log.error("report %s: nobody has it, and it is not tried any more", plan.name)

    async def _send(
        self, plan: ReportPlan, occasion: Occasion, recipients: tuple[str, ...]
    ) -> None:
        record = self._record(occasion)
        assert record is not None
        # Written before the first mail: who does not lead any more gets no further than here.
        record = await self._write(occasion, cycle.put_off(record, self.now_ms()))
        report = await self.make(plan, occasion)
        plots = await self._draw(report)
        assert self._mail.sender is not None
        id_ = message_id(occasion.key, self._installation, self._mail.sender)
        for recipient in recipients:
            if not self._leads():
                return
            mail = mail_of(
                report, plots, sender=self._mail.sender, recipient=recipient, id_=id_,
                min_sample=self._rules.min_sample,
            )  # fmt: skip
            try:
                await send(self._mail, mail, recipient)
                record = cycle.told(record, recipient, "delivered")
            except NotTakenError as error:
                self._failed[plan.name, error.reason] += 1
                log.warning("report %s: %s", plan.name, error)
                if error.is_final:
                    record = cycle.told(record, recipient, "refused")
                elif error.reason not in _OF_ONE:
                    return
                else:
                    continue
            self._told[occasion.key] = record
            record = await self._write(occasion, record)

    async def _write(self, occasion: Occasion, record: Sending) -> Sending:
        await self._journal.commit({occasion.key: cycle.encode(record)})
        self._records[occasion.key] = record
        return record

    async def _forget(self) -> None:
        old = cycle.outdated(self._records, self.now_ms())
        if old:
            await self._journal.commit(dict.fromkeys(old))
            for key in old:
                self._records.pop(key, None)

    def _may_tell(self, plan: ReportPlan, occasion: Occasion) -> bool:
        """Tell whether the numbers can be told; waits for whole ones, but not for ever."""
        is_whole = self._view.ready()[0] and not self._running[0].is_behind()
        is_whole = is_whole and self._view.is_complete()
        since_ms = max(occasion.due_ms, self._leading_ms or 0)
        if not is_whole and self.now_ms() < since_ms + TRUSTED_WITHIN_MS:
            return False
        if is_known(self._view.shards(), self._rules, occasion):
            return True
        if is_whole and occasion.key not in self._noted:
            self._noted.add(occasion.key)
            log.info("report %s: not sent, nothing is known of that time yet", plan.name)
        return False

    # -- making -------------------------------------------------------------------------------

    async def make(self, plan: ReportPlan, occasion: Occasion) -> Report:
        """Make a report of what the shards know now, with pauses for the fold."""
        async with self._making:
            making = steps(
                plan, occasion, list(self._view.shards()), self._rules,
                made_ms=self.now_ms() // MINUTE_MS * MINUTE_MS
                if occasion.due_ms == occasion.end_ms
                else self.now_ms(),
                takes=takes(plan.scope),
                surroundings=self._surroundings(plan, occasion),
            )  # fmt: skip
            return await _paced(making)

    def _surroundings(self, plan: ReportPlan, occasion: Occasion) -> Surroundings:
        alerts = None
        if self._alerting is not None:
            watch = self._alerting.watch

            def team_of(queue: str, channel: str) -> str:
                return self._rules.policy(queue, channel).team or ""

            is_concerned = concerns(plan.scope, team_of)
            alerts = alerts_of(watch.book, watch.rules, plan, occasion, is_concerned)
        late, refused = self._counts()
        last = cycle.before(self._records, occasion)
        if last is not None and last.late is not None and last.refused is not None:
            late, refused = late - last.late, refused - last.refused
        is_counted = last is not None and last.late is not None and min(late, refused) >= 0
        return Surroundings(
            alerts=alerts,
            is_complete=self._view.is_complete() and self._view.ready()[0],
            late=late if is_counted else None,
            refused=refused if is_counted else None,
            counted_from_ms=last.begun_ms if last is not None and is_counted else None,
        )

    def _counts(self) -> tuple[int, int]:
        counts = [shard.counts for shard in self._view.shards()]
        return sum(one.late for one in counts), sum(one.dead_lettered for one in counts)


async def _paced(making: Generator[None, None, Report]) -> Report:
    """Go the steps one by one; whatever else waits goes in between."""
    while True:
        try:
            next(making)
        except StopIteration as end:
            report: Report = end.value
            return report
        await asyncio.sleep(0)
