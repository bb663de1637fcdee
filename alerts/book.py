"""What the journal says, in memory: every worker has one.

Alerts are found by what a step asks for, so that a second without an alert costs next to nothing
however long the history is.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from alerts.alert import Action, Alert, Key, Notice, Record, Silence, decode, record_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.evaluation import Breach, Findings

Changes: TypeAlias = dict[str, Record | None]
"""Key in the journal -> the new record, None: it is deleted."""


_MOST_STALE = 1_000


class Extremes(NamedTuple):
    """The lowest and highest value seen while one comparison of a condition was true."""

    part: int
    threshold: float | None
    low: float
    high: float


class Book:
    """All records. Beside them what is not worth writing down: ``seen``, the newest values of the
    conditions that are true, and ``extremes``, the lowest and highest of them.

    ``pending``, ``open``, ``again`` (resolved, and true again) and ``owing`` are alerts by id.
    """

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}
        self.silences: dict[str, Silence] = {}
        self.notices: dict[str, Notice] = {}
        self.actions: dict[str, Action] = {}
        self.seen: dict[Key, Breach] = {}
        self.extremes: dict[Key, Extremes] = {}
        self.unreadable = 0
        self.pending: dict[str, Alert] = {}
        self.open: dict[str, Alert] = {}
        self.again: dict[str, Alert] = {}
        self.owing: dict[str, Alert] = {}
        self._of_key: dict[Key, dict[str, Alert]] = {}
        self._current: dict[Key, Alert] = {}
        self._told_ms: dict[tuple[str, str], int] = {}
        self._resolved: list[tuple[int, str]] = []

    # -- records ------------------------------------------------------------------------------

    def take(self, key: str, value: bytes | None) -> None:
        """Take one entry of the journal; one that cannot be read is counted and left out."""
        if value is None:
            self._delete(key)
            return
        try:
            record = decode(key, value)
        except ValueError:
            self.unreadable += 1
            return
        if record_key(record) == key:
            self._put(record)
        else:
            self.unreadable += 1

    def apply(self, changes: Changes) -> None:
        """Take what a step made."""
        for key, record in changes.items():
            if record is None:
                self._delete(key)
            else:
                self._put(record)

    def see(self, findings: Findings) -> None:
        """Remember the newest values, which are not written down as long as only they change."""
        seen = {**findings.breaching, **findings.kept}
        for key in findings.unknown:
            if key in self.seen:
                seen.setdefault(key, self.seen[key])
        extremes = {}
        for key, breach in seen.items():
            known = self.extremes.get(key)
            if breach.value is not None:
                low = high = breach.value
                mark = (breach.part, breach.threshold)
                if known is not None and (known.part, known.threshold) == mark:
                    low, high = min(low, known.low), max(high, known.high)
                known = Extremes(*mark, low, high)
            if known is not None:
                extremes[key] = known
        for alert in self.open.values():
            key = alert.key
            if key not in extremes and key in self.extremes:
                extremes[key] = self.extremes[key]
        self.seen, self.extremes = seen, extremes

    # -- questions ----------------------------------------------------------------------------

    def current(self, key: Key) -> Alert | None:
        """Return the newest alert of a key; one that is not over comes before all others."""
        return self._current.get(key)

    def open_keys(self) -> set[Key]:
        """Return the keys whose condition must be judged: pending, firing, acknowledged."""
        asked = (self.pending, self.open, self.again)
        return {alert.key for alerts in asked for alert in alerts.values()}

    def told_ms(self, rule_id: str, target: str) -> int | None:
        """Return when a target was told last of any alert of a rule."""
        return self._told_ms.get((rule_id, target))

    def oldest_resolved(self, count: int) -> Iterator[Alert]:
        """Yield so many of the alerts that have been resolved for longest, or fewer."""
        for entry in heapq.nsmallest(count, set(self._resolved)):
            if not self._is_stale(entry):
                yield self.alerts[entry[1]]

    def resolved_until(self, ms: int) -> Iterator[Alert]:
        """Yield the alerts that have been resolved since this instant or longer."""
        asked = [0] if self._resolved else []
        while asked:
            place = asked.pop()
            if place >= len(self._resolved) or self._resolved[place][0] > ms:
                continue  # a heap: nothing below is older
            asked += (2 * place + 1, 2 * place + 2)
            if not self._is_stale(self._resolved[place]):
                yield self.alerts[self._resolved[place][1]]

    # -- what is found by what ----------------------------------------------------------------

    def _put(self, record: Record) -> None:
        if isinstance(record, Alert):
            self._put_alert(record)
        elif isinstance(record, Silence):
            self.silences[record.id] = record
        elif isinstance(record, Notice):
            self.notices[record.id] = record
        else:
            self.actions[record.id] = record

    def _delete(self, key: str) -> None:
        kind, _, name = key.partition(":")
        if kind == "alert":
            self._delete_alert(name)
        elif kind == "silence":
            self.silences.pop(name, None)
        elif kind == "notice":
            self.notices.pop(name, None)
        elif kind == "action":
            self.actions.pop(name, None)

    def _put_alert(self, alert: Alert) -> None:
        before = self.alerts.get(alert.id)
        if before is not None and before.key != alert.key:
            self._delete_alert(alert.id)
        self.alerts[alert.id] = alert
        _keep(self.pending, alert, alert.state == "pending")
        _keep(self.open, alert, alert.is_open)
        _keep(self.again, alert, alert.again_since_ms is not None)
        _keep(self.owing, alert, bool(alert.owed))
        key = alert.key
        self._of_key.setdefault(key, {})[alert.id] = alert
        current = self._current.get(key)
        if current is None or _rank(alert) >= _rank(current):
            self._current[key] = alert
        elif current.id == alert.id:
            self._current[key] = max(self._of_key[key].values(), key=_rank)
        for target, told in alert.told.items():
            pair = (alert.rule_id, target)
            at_ms = told.at_ms
            # What was told just now is the newest, even if a clock went back; of history nobody
            # knows the order.
            if before is None or before.told.get(target) == told:
                at_ms = max(at_ms, self._told_ms.get(pair, at_ms))
            self._told_ms[pair] = at_ms
        if alert.resolved_ms is not None and (
            before is None or before.resolved_ms != alert.resolved_ms
        ):
            heapq.heappush(self._resolved, (alert.resolved_ms, alert.id))
        self._drop_stale()

    def _delete_alert(self, alert_id: str) -> None:
        alert = self.alerts.pop(alert_id, None)
        if alert is None:
            return
        for found in (self.pending, self.open, self.again, self.owing):
            found.pop(alert_id, None)
        others = self._of_key[alert.key]
        del others[alert_id]
        if not others:
            del self._of_key[alert.key], self._current[alert.key]
        elif self._current[alert.key].id == alert_id:
            self._current[alert.key] = max(others.values(), key=_rank)
        self._drop_stale()

    def _is_stale(self, entry: tuple[int, str]) -> bool:
        alert = self.alerts.get(entry[1])
        return alert is None or alert.resolved_ms != entry[0]

    def _drop_stale(self) -> None:
        while self._resolved and self._is_stale(self._resolved[0]):
            heapq.heappop(self._resolved)
        if len(self._resolved) > 2 * len(self.alerts) + _MOST_STALE:  # of those that come back
            self._resolved = [one for one in set(self._resolved) if not self._is_stale(one)]
            heapq.heapify(self._resolved)


def _keep(found: dict[str, Alert], alert: Alert, is_one: bool) -> None:
    if is_one:
        found[alert.id] = alert
    else:
        found.pop(alert.id, None)


def _rank(alert: Alert) -> tuple[bool, int, str]:
    return alert.state != "resolved", alert.pending_ms, alert.id
