"""The shape of a file of rule tests, before it is known whether it means something."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from vigie.sections import Duration, Section
from vigie.settings_file import Given


class RowName(Section, frozen=True, kw_only=True):
    """A row: ``queue`` and ``channel``, or one name of another kind; none: the total."""

    queue: str | None = None
    channel: str | None = None
    team: str | None = None
    motive: str | None = None
    survey: str | None = None
    theme: str | None = None
    item: str | None = None
    tool: str | None = None
    segment: str | None = None


class ValueEntry(RowName, frozen=True, kw_only=True):
    """Values of a row from an instant on, until others are set."""

    at_ms: Duration
    set: dict[str, Given]


class ActionEntry(RowName, frozen=True, kw_only=True):
    """What somebody asks for: one of the first four names a rule."""

    at_ms: Duration
    acknowledge: str | None = None
    release: str | None = None
    snooze: str | None = None
    silence: str | None = None
    by: str = "somebody"
    why: str = ""
    for_ms: Duration | None = None


class AlertEntry(RowName, frozen=True, kw_only=True):
    """An alert that is expected."""

    rule: str
    state: Literal["pending", "firing", "acknowledged", "resolved"] = "firing"


class ExpectEntry(Section, frozen=True, kw_only=True):
    """All alerts that fire at an instant; pending and resolved ones only if they are listed."""

    at_ms: Duration
    alerts: list[AlertEntry]


class NoticeEntry(Section, frozen=True, kw_only=True):
    """Messages that are expected between two instants, both included; ``count`` of them, or any."""

    between: list[Duration]
    rule: str | None = None
    target: str | None = None
    what: Literal["firing", "reminder", "resolved"] | None = None
    count: Annotated[int, Meta(ge=0)] | None = None


class RuleTestEntry(Section, frozen=True, kw_only=True):
    """One test: ``events`` is a file of canonical events, or a list of them."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    start: str = "2026-01-05T09:00:00Z"
    values: list[ValueEntry] = field(default_factory=list)
    events: Given | None = None
    actions: list[ActionEntry] = field(default_factory=list)
    expect: list[ExpectEntry] = field(default_factory=list)
    notices: list[NoticeEntry] = field(default_factory=list)


class RuleTestFile(Section, frozen=True, kw_only=True):
    """A whole file; ``rules`` is a path from the file's folder, by default those of vigie."""

    rules: str | None = None
    tests: list[RuleTestEntry]
