"""The book as it will be after a step: what is decided so far, over what stands in the book."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from alerts.alert import (
    Action,
    Alert,
    Happening,
    Key,
    Notice,
    Silence,
    Transition,
    record_key,
    with_transition,
)
from alerts.alert_list import is_snoozed
from alerts.silences import is_active, matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.book import Book, Changes


class Draft:
    """One step's decisions at ``now_ms``. The book itself is not changed; ``changes`` are."""

    def __init__(self, book: Book, now_ms: int) -> None:
        self.book = book
        self.now_ms = now_ms
        self.changes: Changes = {}
        self._alerts: dict[str, Alert | None] = {}
        self._silences: dict[str, Silence | None] = {}
        self._active: list[Silence] | None = None

    # -- alerts -------------------------------------------------------------------------------

    def alert(self, alert_id: str) -> Alert | None:
        """Return an alert as it is decided so far."""
        if alert_id in self._alerts:
            return self._alerts[alert_id]
        return self.book.alerts.get(alert_id)

    def current(self, key: Key) -> Alert | None:
        """Return the newest alert of a key that stood in the book, as it is decided so far."""
        found = self.book.current(key)
        return None if found is None else self.alert(found.id)

    def open_alerts(self) -> Iterator[Alert]:
        """Yield all that fire, acknowledged or not; they may be put anew meanwhile."""
        changed, known = self._alerts, self.book.open
        for alert_id, alert in known.items():
            now = changed.get(alert_id, alert) if changed else alert
            if now is not None and now.is_open:
                yield now
        for alert_id, new in list(changed.items()):
            if new is not None and new.is_open and alert_id not in known:
                yield new

    def owing(self) -> list[Alert]:
        """Return all of which somebody is to be told."""
        ids = dict.fromkeys((*self.book.owing, *self._alerts))
        found = (self.alert(alert_id) for alert_id in ids)
        return [alert for alert in found if alert is not None and alert.owed]

    def changed_alerts(self) -> list[Alert]:
        """Return the alerts that this step writes."""
        return [alert for alert in self._alerts.values() if alert is not None]

    def put(self, alert: Alert) -> Alert:
        """Write an alert, and return it."""
        self._alerts[alert.id] = alert
        self.changes[record_key(alert)] = alert
        return alert

    def delete_alert(self, alert: Alert) -> None:
        """Delete an alert."""
        self._alerts[alert.id] = None
        self.changes[record_key(alert)] = None

    def is_held(self, alert: Alert) -> bool:
        """Tell whether nobody may be told of an alert now: it is snoozed or silenced."""
        if is_snoozed(alert, self.now_ms):
            return True
        if self._active is None:
            self._active = [s for s in self._known_silences() if is_active(s, self.now_ms)]
        return any(matches(silence, alert) for silence in self._active)

    # -- the others ---------------------------------------------------------------------------

    def silence(self, silence_id: str) -> Silence | None:
        """Return a silence as it is decided so far."""
        if silence_id in self._silences:
            return self._silences[silence_id]
        return self.book.silences.get(silence_id)

    def silences_left(self) -> int:
        """Return how many silences are not over."""
        return sum(silence.end_ms > self.now_ms for silence in self._known_silences())

    def _known_silences(self) -> Iterator[Silence]:
        for silence_id in dict.fromkeys((*self.book.silences, *self._silences)):
            silence = self.silence(silence_id)
            if silence is not None:
                yield silence

    def put_silence(self, silence: Silence) -> None:
        """Write a silence."""
        self._silences[silence.id] = silence
        self.changes[record_key(silence)] = silence
        self._active = None

    def delete(self, record: Silence | Notice | Action) -> None:
        """Delete a record that is no alert."""
        if isinstance(record, Silence):
            self._silences[record.id] = None
            self._active = None
        self.changes[record_key(record)] = None

    def put_notice(self, notice: Notice) -> None:
        """Write a notice."""
        self.changes[record_key(notice)] = notice


def happened(alert: Alert, transition: Transition, **changes: object) -> Alert:
    """Return an alert to which something happened."""
    story = with_transition(alert.story, transition)
    return msgspec.structs.replace(alert, story=story, **changes)


def simply(what: Happening, at_ms: int, value: float | None = None) -> Transition:
    """Return a transition that nobody asked for."""
    return Transition(what=what, at_ms=at_ms, value=value)
