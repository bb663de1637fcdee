"""An alert and what happened to it: the records of the journal.

An alert is one breach of one rule in one row, from pending to resolved. Its record holds its whole
story, so the newest record of each key is all that a new leader needs.
"""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct

from alerts.rules import Severity, Where

State: TypeAlias = Literal["pending", "firing", "acknowledged", "resolved"]
Happening: TypeAlias = Literal[
    "pending", "fired", "acknowledged", "released", "snoozed", "woken", "escalated", "reminded",
    "notified", "undelivered", "reopened", "resolved",
]  # fmt: skip
"""``released``: an acknowledgement was taken back; ``woken``: a snooze is over; ``notified`` and
``undelivered``: a message reached a target (``by``), or never will."""
News: TypeAlias = Literal["firing", "reminder", "resolved"]
"""What a target is told of an alert."""


class Key(NamedTuple):
    """What can have one open alert at a time."""

    rule_id: str
    where: Where


class Transition(Struct, frozen=True, omit_defaults=True):
    """One thing that happened, when (epoch ms), by whom and why; ``level`` counts ladder steps
    from 0, ``action`` is the id of what somebody asked for."""

    what: Happening
    at_ms: int
    by: str = ""
    why: str = ""
    value: float | None = None
    level: int | None = None
    until_ms: int | None = None
    action: str = ""


class Told(Struct, frozen=True):
    """What a target was told of an alert last, and when. ``firing_ms``: when it was told last that
    it fires, if something else was told since."""

    what: News
    at_ms: int
    firing_ms: int | None = None

    @property
    def newest_firing_ms(self) -> int | None:
        """When it was told last that it fires, whatever it was told since."""
        return self.at_ms if self.what == "firing" else self.firing_ms


class Owed(Struct, frozen=True):
    """What a target is to be told of an alert, not before ``due_ms``, for which ladder step."""

    what: News
    due_ms: int
    level: int = 0


class Alert(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert. ``level`` is the highest ladder step reached, -1 before the first. While it is
    snoozed nobody is told. ``value`` and ``sample`` are the newest seen, of the
    comparison ``part`` of the condition, ``false_since_ms`` since
    when the condition is not met, ``told`` and ``owed`` by target. ``again_since_ms``: since when
    the condition of a resolved alert is met again. ``ladder_from_ms``: from when the times of the
    ladder count, None while it stands still; ``reminded_ms``: when it was climbed or repeated last;
    ``steady_from_ms``: since when the condition is met without a break, once it had one.
    """

    id: str
    rule_id: str
    where: Where
    severity: Severity
    state: State
    pending_ms: int
    fired_ms: int | None = None
    acknowledged_ms: int | None = None
    acknowledged_by: str = ""
    resolved_ms: int | None = None
    snoozed_until_ms: int | None = None
    false_since_ms: int | None = None
    level: int = -1
    value: float | None = None
    threshold: float | None = None
    sample: int | None = None
    part: int = 0
    worst: float | None = None
    reopened: int = 0
    told: dict[str, Told] = {}
    again_since_ms: int | None = None
    ladder_from_ms: int | None = None
    reminded_ms: int | None = None
    steady_from_ms: int | None = None
    owed: dict[str, Owed] = {}
    story: tuple[Transition, ...] = ()

    @property
    def key(self) -> Key:
        """The rule and the row."""
        return Key(self.rule_id, self.where)

    @property
    def is_open(self) -> bool:
        """Whether it fires: nobody may think that it is over."""
        return self.state in ("firing", "acknowledged")


class Silence(Struct, frozen=True, kw_only=True):
    """Nobody is told of the alerts that match, from one instant to another (epoch ms).

    Patterns with ``*`` and ``?``; an empty one matches all. ``name`` is matched against the
    row's name (queue, team, motive).
    """

    id: str
    start_ms: int
    end_ms: int
    by: str
    why: str
    rule: str = ""
    name: str = ""
    channel: str = ""
    severity: str = ""


class Notice(Struct, frozen=True, kw_only=True):
    """A message that is owed to a target: written down before it is sent, deleted after.

    ``id`` stays the same however often it is sent. ``alerts`` are the ids of those it is about.
    Failing for good, it goes to another target of the ``ladder``, to none in ``tried``.
    """

    id: str
    target: str
    what: News
    group: str
    alerts: tuple[str, ...]
    made_ms: int
    level: int = 0
    instead_of: str = ""
    """The target that failed for good, for which this one is told."""
    ladder: str = ""
    tried: tuple[str, ...] = ()


class Action(Struct, frozen=True, kw_only=True):
    """What somebody asks for; ``id`` is made where it is asked and makes it happen once.

    ``about`` is the id of an alert (or of a silence to end).
    """

    id: str
    what: Literal["acknowledge", "release", "snooze", "silence", "end_silence"]
    at_ms: int
    by: str
    why: str = ""
    about: str = ""
    until_ms: int | None = None
    silence: Silence | None = None


Record: TypeAlias = Alert | Silence | Notice | Action

MOST_TOLD = 60
"""Transitions kept of one alert: the first ten and the newest."""


def record_key(record: Record) -> str:
    """Return the key in the journal."""
    return f"{type(record).__name__.lower()}:{record.id}"


def encode(record: Record) -> bytes:
    """Return the record for the journal."""
    return msgspec.json.encode(record)


_KINDS: dict[str, type[Record]] = {
    "alert": Alert, "silence": Silence, "notice": Notice, "action": Action,
}  # fmt: skip


def decode(key: str, value: bytes) -> Record:
    """Return the record of a key. Raises ValueError for what is none."""
    kind = _KINDS.get(key.partition(":")[0])
    if kind is None:
        raise ValueError(f"the journal of alerts has a key of an unknown kind: {key[:64]!r}")
    return msgspec.json.decode(value, type=kind)


def alert_id(key: Key, pending_ms: int) -> str:
    """Return the id of the alert of a key that began in a minute: the same on every worker."""
    rule_id, where = key
    minute = pending_ms // 60_000
    text = "\x1f".join((rule_id, where.kind, where.name, where.channel, str(minute)))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def with_transition(story: tuple[Transition, ...], new: Transition) -> tuple[Transition, ...]:
    """Return a story with one more transition, never longer than ``MOST_TOLD``."""
    longer = (*story, new)
    if len(longer) <= MOST_TOLD:
        return longer
    return (*longer[:10], *longer[len(longer) - MOST_TOLD + 10 :])
