"""A kind of dossier: which events it is made of and which facts follow from them.

The facts of a dossier are a pure function of its events and of how far the watermark was swept.
So every order of arrival gives the same result, a correction replaces, a retraction removes, and
no kind has a state machine of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias, Union

import msgspec

from aggregators.counts import Outcome
from aggregators.customer_events import CustomerEvent
from aggregators.dossiers.places import Places
from aggregators.policy import DAY_MS, Rules

Fact: TypeAlias = tuple[int, int, int, int]
"""(instant, scope, key, amount): what is added to one cell of the slices."""

Mention: TypeAlias = tuple[int, str, str]
"""(instant, tool, expression)."""

NEVER_MS = 1 << 60
"""Later than any instant and longer than any time."""

_encode = msgspec.msgpack.Encoder().encode


class Kind:
    """One kind of dossier; the kinds are its subclasses, one per file.

    ``letter`` begins the keys of its dossiers, ``types`` are the events it takes, ``kept_ms`` how
    long a dossier is known after its last event: older events are too late. ``is_long`` kinds have
    plain facts only and keep their events, so that what is older than the slices can be corrected
    in the history.
    """

    letter: ClassVar[str]
    is_long: ClassVar[bool] = False
    types: ClassVar[tuple[type[Any], ...]]
    kept_ms: ClassVar[int] = 31 * DAY_MS
    max_events: ClassVar[int] = 1_000

    def __init__(self) -> None:
        self.is_telling = type(self).tells is not Kind.tells
        self.is_mentioning = type(self).mentions is not Kind.mentions
        self._decode = msgspec.msgpack.Decoder(list[Union[self.types]]).decode  # type: ignore[name-defined]  # noqa: UP007

    def key(self, event: Any) -> str:
        """Return which dossier of this kind an event belongs to."""
        raise NotImplementedError

    def kept(self, event: Any) -> Any:
        """Return what a dossier keeps of an event; it has the same id, time and revision."""
        return event

    def refusal(self, event: Any, places: Places) -> Outcome | None:
        """Return why an event cannot be taken under the rules, None when it can."""
        return None

    def facts(self, events: Sequence[Any], swept_ms: int, places: Places) -> list[Fact]:
        """Return what a dossier comes to once the watermark was swept up to an instant.

        ``events`` are in the order of time and id, without retracted ones; there may be none.
        """
        raise NotImplementedError

    def due_ms(self, events: Sequence[Any], swept_ms: int) -> int | None:
        """Return the first instant after ``swept_ms`` at which time alone changes the facts."""
        return None

    def due_under(self, events: Sequence[Any], swept_ms: int, rules: Rules) -> int | None:
        """Return the same under the settings; for kinds that change by a time of the settings."""
        return self.due_ms(events, swept_ms)

    def quiet_ms(self, rules: Rules) -> int:
        """Return for how long after an event time alone changes nothing of what it brought."""
        return NEVER_MS

    def may_wait(self, events: Sequence[Any], event: Any) -> bool:
        """Tell whether an event that comes after ``events`` may be booked together with later ones.

        Not if it may take back what was told of them, or change what they mention.
        """
        return True

    def mentioned(self, events: Sequence[Any], event: Any) -> Mention | None:
        """Return what an event that may wait adds to the mentions of those before it."""
        return None

    def trimmed(self, events: list[Any], horizon_ms: int) -> list[Any]:
        """Return the events still needed; facts before the horizon count nowhere any more."""
        return events

    def mentions(self, events: Sequence[Any]) -> list[Mention]:
        """Return what goes into the lists of expressions."""
        return []

    def note(self, events: Sequence[Any], places: Places) -> Any:
        """Return what a list needs to know of the dossier without reading it; None for nothing."""
        return None

    def tells(
        self, events: Sequence[Any], swept_ms: int, places: Places
    ) -> Sequence[CustomerEvent]:
        """Return what the dossier tells of its customer on the topic ``customers``.

        A pure function of what ``facts`` gets; nothing without a customer key. ``event_id`` comes
        from :func:`aggregators.telling.told_id`. ``revision`` is the stage, 0 to 7: higher for
        what the clock alone brought about than for what was told before it did, so 0 for a kind
        that the clock does not change. The fold puts on the outbox what changed, takes back what
        is told no more, and makes the stage a revision.
        """
        return ()

    def pack(self, events: Sequence[Any]) -> bytes:
        """Return the events of a dossier as bytes."""
        return _encode(events)

    def unpack(self, packed: bytes) -> list[Any]:
        """Read the bytes of :meth:`pack`."""
        events: list[Any] = self._decode(packed)
        return events
