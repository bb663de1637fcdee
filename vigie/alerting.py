"""The alerts of one worker, put together: journal, look, messages, web routes, figures."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from aggregators.kpis.values import KpiValues
from aggregators.policy import DAY_MS, HOUR_MS, Rules
from alerts.alert import Alert, Notice
from alerts.alert_view import Facts
from alerts.columns import rows_of
from alerts.concerned import contacts_concerned
from alerts.delivery import GIVE_UP_S, Delivery, DeliveryStats
from alerts.evaluation import Look
from alerts.figures import figures
from alerts.http import alert_routes
from alerts.http_schemas import described
from alerts.journal import Journal, MemoryJournal
from alerts.kafka_journal import KafkaJournal
from alerts.ladder import is_told
from alerts.lifecycle import with_values
from alerts.message import Message, compose
from alerts.notify import Sender, Undelivered
from alerts.notify.alertmanager import AlertmanagerFeed
from alerts.notify.guard import GuardedSession
from alerts.notify.senders import open_senders
from alerts.plan import AlertmanagerTarget, Language
from alerts.rules import Where
from alerts.trend import Trends
from alerts.watch import Feed, Watch
from exporters.http.openapi import Described
from exporters.live import MemoryView
from exporters.prometheus.alert_metrics import AlertStats
from streams.lag_watch import LagWatch
from streams.settings import StreamSettings
from streams.worker import StreamWorker
from vigie.alert_plan import alert_plan, rule_path
from vigie.alert_rules_reload import RuleFile
from vigie.alert_sight import AlertSight, Lag
from vigie.settings import Settings

if TYPE_CHECKING:
    from aiohttp import web

Mode = Literal["live", "demo"]
_WATCHING_MS = 30_000
_OVER_SHOWN_MS = HOUR_MS
"""At most so long an Alertmanager is told of what is over (its ``resolved_for`` is minutes)."""
_OFFSETS_KEPT_S = 0.2
"""All partitions are asked for in one go, and the view looks through all its shards for it."""
MEAN_WINDOWS = {"1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS}


class WhileLeading:
    """A sender that sends only while this worker leads: asked right before, every time."""

    def __init__(self, sender: Sender, leads: Callable[[], bool]) -> None:
        self._sender = sender
        self._leads = leads

    async def send(self, message: Message) -> None:
        """See :class:`alerts.notify.Sender`."""
        if not self._leads():
            raise Undelivered("error", is_final=False)
        await self._sender.send(message)


class Alerting:
    """The alerts of a worker; make it before the web side starts, start it after the worker."""

    def __init__(
        self,
        settings: Settings,
        streams: StreamSettings,
        policies: Rules,
        view: MemoryView,
        running: list[StreamWorker],
        *,
        mode: Mode,
        leads: Callable[[], bool],
        clock: Callable[[], int],
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """``running`` is empty until the worker runs; ``leads``: shows the KPI series now.

        Raises:
            UserError: the rule file or the plan is wrong.
        """
        self._plan = alert_plan(settings)
        self._rules = RuleFile(rule_path(settings), policies, self._plan, clock)
        self._view = view
        self._running = running
        self._clock = clock
        self._steady_s = steady_s
        self._trends = Trends()
        self._topics = streams.source_topics()
        self._offsets: dict[tuple[str, int], int] = {}
        self._offsets_s = float("-inf")
        self._delivery_stats = DeliveryStats()
        self._facts_of: tuple[int | None, Mapping[str, Facts]] = (None, {})
        self._session: GuardedSession | None = None
        self._lag_watch = LagWatch(streams, self._shown_offset) if mode == "live" else None
        self._leads = leads
        self._sight = AlertSight(view, clock, self._lag, self._trouble)
        self._feeds: list[AlertmanagerFeed] = []
        self._fed_before: tuple[Counter[str], Counter[tuple[str, str]]] = (Counter(), Counter())
        self._answered_s: dict[AlertmanagerFeed, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.watch = Watch(
            self._rules.rules, policies, self._plan, self._journal(streams, mode),
            leads=self._is_to_lead,
            look=self._look,
            prepare=self._sight.prepare,
            now_ms=clock,
            tell=self._tell,
        )  # fmt: skip

    def routes(self) -> list[web.RouteDef]:
        """Return what the web side adds for alerts."""
        return alert_routes(self.watch)

    def described(self) -> Described:
        """Return how the description of the API describes them."""
        return described()

    def start(self) -> None:
        """Watch from now on."""
        runs: list[Callable[[], Any]] = [self.watch.run, self._reload]
        if self._lag_watch is not None:
            runs.append(self._lag_watch.run)
        self._tasks = [asyncio.create_task(run(), name=f"vigie {run.__qualname__}") for run in runs]

    async def close(self) -> None:
        """Stop watching; what is owed is told by whoever leads next."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._session is not None:
            await self._session.close()

    def stats(self) -> AlertStats:
        """Return what this worker tells of its alerts."""
        watch = self.watch
        book, now_ms, is_leading = watch.book, self._clock(), watch.is_leading()
        means = {
            window: figures(book, now_ms - length_ms, now_ms + 1)
            for window, length_ms in (MEAN_WINDOWS if is_leading else {}).items()
        }
        stats, queued = self._delivery_stats, {}
        if watch.delivery is not None:
            queued = watch.delivery.stats().queued
        told = [target for target in self._plan.targets if is_told(self._plan, target)]
        took, failed = self._fed()
        return AlertStats(
            is_leading=is_leading,
            rules=len(watch.rules),
            alerts=Counter((alert.severity, alert.state) for alert in _current(watch)),
            mtta_ms={window: found.mtta_ms for window, found in means.items()},
            mttr_ms={window: found.mttr_ms for window, found in means.items()},
            evaluation_s=watch.evaluation_s,
            evaluated_ms=watch.evaluated_ms,
            journal_failures=watch.journal_failures,
            sent={**dict.fromkeys(told, 0), **stats.sent, **took},
            failed={**stats.failed, **failed},
            queued=queued,
            is_reload_good=self._rules.is_good,
            reloaded_ms=self._rules.loaded_ms,
        )

    # -- parts --------------------------------------------------------------------------------

    def _journal(self, streams: StreamSettings, mode: Mode) -> Journal:
        if mode == "demo":
            return MemoryJournal()
        return KafkaJournal(
            streams.alerts_topic,
            streams.client_options(),
            transactional_id=streams.alerts_transactional_id,
        )

    def _fed(self) -> tuple[Counter[str], Counter[tuple[str, str]]]:
        """Return how many alerts Alertmanagers took and how many requests failed, by target."""
        took, failed = self._fed_before
        took, failed = took.copy(), failed.copy()
        for feed in self._feeds:
            stats = feed.stats()
            took[feed.id] += sum(stats.sent.values())
            for (_, reason), count in stats.failed.items():
                failed[feed.id, reason] += count
        return took, failed

    def _is_to_lead(self) -> bool:
        return bool(self._running) and self._leads()

    def _tell(self, watch: Watch) -> tuple[Delivery, Sequence[Feed]]:
        """Make what carries messages for a term of leadership; the counts go on."""
        if self._session is None:
            self._session = GuardedSession(self._plan.hosts)
        senders = open_senders(self._plan, self._session)
        delivery = Delivery(
            self._plan,
            {name: WhileLeading(sender, watch.is_leading) for name, sender in senders.items()},
            compose=self._compose,
            on_delivered=watch.on_delivered,
            on_failed=watch.on_failed,
            stats=self._delivery_stats,
        )
        self._answered_s = {}
        self._fed_before = self._fed()
        self._feeds = [
            AlertmanagerFeed(
                target, self._plan, self._shown_alerts, lambda: watch.rules, self._clock,
                session=self._session, facts=self._all_facts, is_told=watch.is_told,
                is_watching=self._is_watching,
            )
            for target in self._plan.targets.values()
            if isinstance(target, AlertmanagerTarget)
        ]  # fmt: skip
        return delivery, self._feeds

    def _is_watching(self) -> bool:
        """Tell whether the rules are looked at: else the watchdog must fall silent."""
        looked_ms = self.watch.evaluated_ms
        return looked_ms is not None and self._clock() - looked_ms < _WATCHING_MS

    def _shown_alerts(self) -> list[Alert]:
        """Return what is open, and what is over since a little while."""
        book, since_ms = self.watch.book, self._clock() - _OVER_SHOWN_MS
        over = [one for one in book.alerts.values() if (one.resolved_ms or 0) >= since_ms]
        return [*(self._newest(alert) for alert in book.open.values()), *over]

    def _compose(self, notice: Notice, language: Language) -> Message | None:
        """Write a message as things are now; nothing is left to say of alerts that are gone."""
        book, rules = self.watch.book, self.watch.rules
        found = [book.alerts[one] for one in notice.alerts if one in book.alerts]
        if not found:
            return None
        facts = {alert.id: self._facts(alert) for alert in found}
        newest = [self._newest(alert) for alert in found]
        return compose(notice, newest, rules, facts, self._plan, language, self._clock())

    def _newest(self, alert: Alert) -> Alert:
        """Return an alert with the number of the last look; it is written only now and then."""
        seen = self.watch.book.seen.get(alert.key) if alert.is_open else None
        if seen is None or seen.value is None:
            return alert
        return with_values(alert, seen)

    def _facts(self, alert: Alert) -> Facts:
        rule = self.watch.rules.get(alert.rule_id)
        contacts = None
        if rule is not None and alert.is_open:
            contacts = contacts_concerned(rule, lambda window: self._row(alert.where, window))
        return Facts(contacts=contacts, trend=self._trends.trend(alert.key))

    def _all_facts(self) -> Mapping[str, Facts]:
        """Return those of all open alerts, made once per look."""
        at_ms, known = self._facts_of
        if at_ms != self.watch.evaluated_ms:
            known = {alert.id: self._facts(alert) for alert in self.watch.book.open.values()}
            self._facts_of = (self.watch.evaluated_ms, known)
        return known

    def _row(self, where: Where, window: str) -> KpiValues | None:
        """Return a row of now in a window, "": in any that has it."""
        name = (where.name, where.channel) if where.kind == "pair" else where.name
        windows = self._view.board().windows
        found = (
            rows_of(rows, where.kind).get(name)
            for one, rows in windows.items()
            if window in ("", one)
        )
        return next((row for row in found if row is not None), None)

    def _look(self) -> Look:
        look = self._sight.look()
        seen = self.watch.book.seen
        self._trends.see(
            look.now_ms,
            {key: found.value for key, found in seen.items() if found.value is not None},
        )
        return look

    def _shown_offset(self, topic: str, partition: int) -> int | None:
        """Return what the merged view has of a partition, by the full name of its topic."""
        at_s = time.monotonic()
        if at_s - self._offsets_s > _OFFSETS_KEPT_S:
            self._offsets_s = at_s
            self._offsets = {
                (shard.topic, shard.partition): shard.next_offset for shard in self._view.shards()
            }
        return self._offsets.get((self._topics.get(topic, ""), partition))

    async def _reload(self) -> None:
        await self._rules.run(self.watch.use)

    def _lag(self) -> Lag:
        if self._lag_watch is not None:
            return Lag(self._lag_watch.behind_s(), self._lag_watch.events())
        # The broker of the demo is in this process: what is not folded is a moment old.
        is_behind = bool(self._running) and self._running[0].is_behind()
        return Lag(60.0 if is_behind else 0.0, None)

    def _trouble(self) -> Mapping[str, float]:
        gaps = 0
        if self._running:
            gaps = sum(owned.gap_events for _, owned in self._running[0].registry.items())
        return {
            "gap_events": float(gaps),
            "rules_not_loaded": 0.0 if self._rules.is_good else 1.0,
            "journal_unwritten_seconds": self.watch.unwritten_s(),
            "target_failing": float(self._targets_failing()),
        }

    def _targets_failing(self) -> int:
        """Return how many targets fail for good: Alertmanagers when they have for as long as a
        message is tried."""
        delivery, now_s = self.watch.delivery, self._steady_s()
        if delivery is None:
            return 0
        for feed in self._feeds:
            if not feed.failing():
                self._answered_s[feed] = now_s
        away = [
            feed for feed in self._feeds
            if now_s - self._answered_s.setdefault(feed, now_s) >= GIVE_UP_S
        ]  # fmt: skip
        return len(delivery.failing()) + len(away)


def _current(watch: Watch) -> list[Alert]:
    """Return the alerts that are not over."""
    return [*watch.book.pending.values(), *watch.book.open.values()]
