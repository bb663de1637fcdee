"""What Alertmanagers are told: every open alert, again and again, to each of them by itself.

An Alertmanager forgets when it restarts and takes an alert for over when nobody repeats it. So
nothing here is a message that could be lost: what is open is sent every ``resend_ms`` and soon
after a change, what is over for ``resolved_for_ms``. A copy has the same labels, which is all that
an Alertmanager goes by.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct, field

from alerts.alert import Alert
from alerts.alert_view import AlertView, Facts, What, alert_labels
from alerts.delivery import pause_after
from alerts.notify import Undelivered
from alerts.notify.guard import GuardedSession
from alerts.notify.webhook import check_answer
from alerts.plan import AlertmanagerTarget, Plan
from alerts.rules import Rule
from alerts.wording import rfc3339

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500
"""Alerts in one request."""
SPARE_MS = 15_000
"""A firing alert outlives three resends by so much, the time that one request may take."""
GATHER_S = 0.05
"""Changes are gathered for so long before they are sent."""
WATCHDOG = "VigieWatchdog"

Posted: TypeAlias = dict[str, Any]
_Mark: TypeAlias = tuple[str, int | None, int | None]
_Identity: TypeAlias = tuple[tuple[str, str], ...]


class FeedStats(Struct):
    """Counts by URL of the target, numbered from 0: alerts sent, and requests that failed by
    (number, reason)."""

    sent: Counter[int] = field(default_factory=Counter)
    failed: Counter[tuple[int, str]] = field(default_factory=Counter)


class AlertmanagerFeed:
    """Feeds the Alertmanagers of one target."""

    def __init__(
        self,
        target: AlertmanagerTarget,
        plan: Plan,
        current: Callable[[], Iterable[Alert]],
        rules: Callable[[], Mapping[str, Rule]],
        now_ms: Callable[[], int],
        *,
        session: GuardedSession,
        facts: Callable[[], Mapping[str, Facts]] = dict,
        is_told: Callable[[Alert], bool] = lambda _alert: True,
        is_watching: Callable[[], bool] = lambda: True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """``current`` gives all alerts that are known, resolved ones too. One for which
        ``is_told`` is false is kept back unless it was sent before: then it goes on, because to
        stop would mean that it is over. Without ``is_watching`` the watchdog is left out.
        """
        self.id = target.id
        self._target = target
        self._plan = plan
        self._current = current
        self._rules = rules
        self._now_ms = now_ms
        self._session = session
        self._facts = facts
        self._is_told = is_told
        self._is_watching = is_watching
        self._sleep = sleep
        self._chance = chance
        self._started_ms = now_ms()
        self._sent_once: set[str] = set()
        self._changed = [asyncio.Event() for _ in target.urls]
        self._failing: set[int] = set()
        self._stats = FeedStats()

    def nudge(self) -> None:
        """Something changed: send it within a tenth of a second."""
        for changed in self._changed:
            changed.set()

    def stats(self) -> FeedStats:
        """Return the counts."""
        return self._stats

    def failing(self) -> set[int]:
        """Return the numbers of the URLs whose last request failed."""
        return set(self._failing)

    async def run(self) -> None:
        """Feed all of them until cancelled; one that is away holds up no other."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(len(self._target.urls)):
                tasks.create_task(self._feed(number), name=f"vigie {self._target.id} {number}")

    async def _feed(self, number: int) -> None:
        clock = asyncio.get_running_loop().time
        changed = self._changed[number]
        marks: dict[str, _Mark] = {}
        failures = 0
        next_s = clock()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(next_s):
                    await changed.wait()
                    await asyncio.sleep(GATHER_S)
            changed.clear()
            is_round = clock() >= next_s
            due = self._due()
            wanted = [one for one in due if is_round or marks.get(one.id) != _mark(one)]
            has_watchdog = is_round and self._target.watchdog and self._is_watching()
            try:
                await self._post(number, wanted, has_watchdog)
            except Undelivered as undelivered:
                self._note_failure(number, undelivered)
                if not undelivered.is_final:
                    pause_s = pause_after(failures, self._chance(), undelivered.retry_after_s)
                    failures += 1
                    await self._sleep(pause_s)
                    next_s = clock()
                    continue
            else:
                if wanted or has_watchdog:
                    self._note_success(number)
            # What was refused for good is not repeated as it is: it waits for the next round.
            failures = 0
            marks = {one.id: _mark(one) for one in due}
            if is_round:
                next_s = clock() + self._target.resend_ms / 1000

    def _due(self) -> list[Alert]:
        """Return what is to be told: of the alerts with the same labels only the newest."""
        now_ms = self._now_ms()
        newest: dict[_Identity, Alert] = {}
        known: set[str] = set()
        for alert in self._current():
            known.add(alert.id)
            if not self._is_wanted(alert, now_ms):
                continue
            identity = tuple(sorted(alert_labels(alert).items()))
            other = newest.get(identity)
            if other is None or _age(other) < _age(alert):
                newest[identity] = alert
        self._sent_once &= known
        due = list(newest.values())
        self._sent_once |= {alert.id for alert in due}
        return due

    def _is_wanted(self, alert: Alert, now_ms: int) -> bool:
        if alert.fired_ms is None or not (alert.id in self._sent_once or self._is_told(alert)):
            return False
        if alert.is_open:
            return True
        is_recent = (
            alert.resolved_ms is not None
            and now_ms - alert.resolved_ms <= self._target.resolved_for_ms
        )
        return alert.state == "resolved" and is_recent

    def _posted(self, alert: Alert) -> Posted:
        assert alert.fired_ms is not None
        now_ms = self._now_ms()
        view = AlertView(
            alert,
            self._rules().get(alert.rule_id),
            self._facts().get(alert.id, Facts()),
            self._plan,
            self._target.language,
            now_ms,
        )
        what: What = "firing"
        # A clock that went back: what begins after its end is refused.
        starts_ms, ends_ms = min(alert.fired_ms, now_ms), self._ends_ms(now_ms)
        if alert.state == "resolved" and alert.resolved_ms is not None:
            what = "resolved"
            starts_ms, ends_ms = alert.fired_ms, max(alert.resolved_ms, alert.fired_ms)
        annotations = {
            "summary": view.subject(what),
            "description": "\n".join(view.lines()),
            "value": view.figure(alert.value),
            "threshold": view.limit(),
            "alert_id": alert.id,
            "state": alert.state,
            "runbook_url": view.runbook_url(),
            "dashboard_url": view.board_url(),
            "acknowledge_url": view.acknowledge_url(),
        }
        return {
            "labels": alert_labels(alert),
            "annotations": {name: text for name, text in annotations.items() if text},
            "startsAt": rfc3339(starts_ms),
            "endsAt": rfc3339(ends_ms),
            **({"generatorURL": self._plan.public_url} if self._plan.public_url else {}),
        }

    def _watchdog(self) -> Posted:
        return {
            "labels": {"alertname": WATCHDOG, "severity": "info"},
            "annotations": {
                "summary": "vigie makes alerts and reaches this Alertmanager",
                "description": "Always firing. Tell somebody when it is not: then nobody watches.",
            },
            "startsAt": rfc3339(self._started_ms),
            "endsAt": rfc3339(self._ends_ms(self._now_ms())),
        }

    def _ends_ms(self, now_ms: int) -> int:
        return now_ms + 3 * self._target.resend_ms + SPARE_MS

    async def _post(self, number: int, alerts: Sequence[Alert], has_watchdog: bool) -> None:
        """Post all, in parts. A part that is refused for good does not keep back the others."""
        refused: Undelivered | None = None
        url = self._target.urls[number]
        parts = [
            alerts[first : first + MOST_AT_ONCE] for first in range(0, len(alerts), MOST_AT_ONCE)
        ]
        for wanted in parts or [()]:
            # Written part by part: thousands at once would hold up everything else.
            part = [self._posted(one) for one in wanted]
            if has_watchdog:
                part.append(self._watchdog())
                has_watchdog = False
            if not part:
                continue
            try:
                await post_alerts(self._session, self._target, url, part)
            except Undelivered as undelivered:
                if not undelivered.is_final:
                    raise
                refused = undelivered
            else:
                self._stats.sent[number] += len(part)
        if refused is not None:
            raise refused

    def _note_failure(self, number: int, undelivered: Undelivered) -> None:
        self._stats.failed[number, undelivered.reason] += 1
        if number not in self._failing:
            self._failing.add(number)
            log.warning(
                "Alertmanager %d of the target %s is not reached (%s); trying again",
                number, self._target.id, undelivered.reason,
            )  # fmt: skip

    def _note_success(self, number: int) -> None:
        if number in self._failing:
            self._failing.discard(number)
            log.info("Alertmanager %d of the target %s is reached again", number, self._target.id)


async def post_alerts(
    session: GuardedSession, target: AlertmanagerTarget, url: str, alerts: Sequence[Posted]
) -> None:
    """Post alerts once to one Alertmanager of a target, at its URL. Raises Undelivered."""
    headers = {"Content-Type": "application/json"}
    if target.token:
        headers["Authorization"] = f"Bearer {target.token}"
    address = f"{url.rstrip('/')}/api/v2/alerts"
    check_answer(await session.post(address, msgspec.json.encode(alerts), headers))


def _mark(alert: Alert) -> _Mark:
    """What of an alert an Alertmanager is told at once when it changes."""
    return (alert.state, alert.fired_ms, alert.resolved_ms)


def _age(alert: Alert) -> tuple[bool, int, str]:
    return (alert.is_open, alert.fired_ms or 0, alert.id)
