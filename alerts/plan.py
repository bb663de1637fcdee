"""Whom an alert reaches and when: targets, people, duties and ladders, as the settings say.

Frozen values; the front door builds one :class:`Plan` of the settings and has checked every name.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from aggregators.policy import DAY_MS, MINUTE_MS

Language: TypeAlias = Literal["en", "fr"]
DEFAULT_LADDER = "default"


class AlertmanagerTarget(Struct, frozen=True, kw_only=True, tag="alertmanager"):
    """Alertmanagers that get every alert, each of ``urls`` by itself (API v2)."""

    id: str
    urls: tuple[str, ...]
    language: Language = "en"
    resend_ms: int = MINUTE_MS
    resolved_for_ms: int = 5 * MINUTE_MS
    token: str | None = None
    watchdog: bool = True

    def __repr__(self) -> str:
        """Name it, and none of its secrets."""
        return f"AlertmanagerTarget({self.id!r})"


class WebhookTarget(Struct, frozen=True, kw_only=True, tag="webhook"):
    """An address that gets JSON, signed as Standard Webhooks ask (``secret``: ``whsec_…``)."""

    id: str
    url: str
    secret: bytes
    language: Language = "en"

    def __repr__(self) -> str:
        """Name it, and none of its secrets."""
        return f"WebhookTarget({self.id!r})"


class AppriseTarget(Struct, frozen=True, kw_only=True, tag="apprise"):
    """Mail, chat, SMS, pagers: anything that an Apprise URL names. The URL is a secret."""

    id: str
    url: str
    language: Language = "en"

    def __repr__(self) -> str:
        """Name it, and none of its secrets."""
        return f"AppriseTarget({self.id!r})"


Target: TypeAlias = AlertmanagerTarget | WebhookTarget | AppriseTarget


class Person(Struct, frozen=True):
    """Somebody who can be on duty; ``targets`` are all tried at once."""

    id: str
    name: str
    targets: tuple[str, ...]


class Rotation(Struct, frozen=True):
    """People in turn: each for ``weeks`` weeks from a local instant on, in ``zone``."""

    people: tuple[str, ...]
    start: str
    """Local date and time of the first hand-over, ``2026-11-02T09:00``."""
    weeks: int = 1


class Override(Struct, frozen=True):
    """One person instead of the usual one, from one instant (epoch ms) to another."""

    start_ms: int
    end_ms: int
    person: str


class Duty(Struct, frozen=True, kw_only=True):
    """Who is on call: an override if there is one, else the calendar (iCalendar text, whose
    summaries are ids or names of people), else the rotation."""

    id: str
    zone: str = "UTC"
    rotation: Rotation | None = None
    overrides: tuple[Override, ...] = ()
    calendar: str | None = None


class Step(Struct, frozen=True):
    """From ``after_ms`` after the alert fired and nobody took it: these targets, people, duties."""

    after_ms: int
    targets: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()


class Ladder(Struct, frozen=True, kw_only=True):
    """Steps in order of time. The last is repeated every ``repeat_ms`` until somebody takes the
    alert (0: not). Taken and still there after ``remind_ms``, who was told is reminded (0: not).
    """

    id: str
    steps: tuple[Step, ...]
    repeat_ms: int = 30 * MINUTE_MS
    remind_ms: int = 60 * MINUTE_MS
    tell_resolved: bool = True


class Plan(Struct, frozen=True, kw_only=True):
    """Everything about telling. A first message waits ``group_wait_ms`` for others of its group,
    the next of the group at least ``group_interval_ms``. ``public_url`` is where people open the
    wallboard, without a slash at its end; "" leaves links out. ``link_secret`` signs the links to
    acknowledge. ``hosts`` may be called although their addresses are private.
    """

    targets: dict[str, Target] = {}
    people: dict[str, Person] = {}
    duties: dict[str, Duty] = {}
    ladders: dict[str, Ladder] = {}
    group_wait_ms: int = 2_000
    group_interval_ms: int = MINUTE_MS
    public_url: str = ""
    link_secret: bytes = b""
    hosts: tuple[str, ...] = ()
    kept_ms: int = 30 * DAY_MS

    def __repr__(self) -> str:
        """Name its targets; it holds secrets."""
        return f"Plan({', '.join(self.targets)})"
