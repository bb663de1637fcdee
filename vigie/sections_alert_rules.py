"""The shape of a rule file: what may stand in it, before it is known whether it means something."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, field

from aggregators.policy import MINUTE_MS
from vigie.sections import Day, Duration, Section, Shift, Zone
from vigie.settings_file import Given

_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_AN_ID = "an id of small letters, digits and dashes, at most 64, such as longest-wait"

Slug: TypeAlias = Annotated[str, Meta(pattern=_SLUG, max_length=64, extra={"phrase": _AN_ID})]
Sentence: TypeAlias = Annotated[str, Meta(min_length=1, max_length=500)]
Link: TypeAlias = Annotated[str, Meta(max_length=1_000)]
Names: TypeAlias = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=128)]], Meta(extra={"form": "one or many"})
]
"""One name or pattern, or a list of them."""


class Texts(Section, frozen=True, kw_only=True):
    """A text in both languages; without French the English one is shown."""

    en: Sentence
    fr: Sentence | None = None


class RuleScope(Section, frozen=True, kw_only=True):
    """The rows that a rule looks at; each but ``channel`` and ``without`` is a kind of row."""

    queue: Names | None = None
    channel: Names | None = None
    team: Names | None = None
    motive: Names | None = None
    survey: Names | None = None
    theme: Names | None = None
    item: Names | None = None
    tool: Names | None = None
    segment: Names | None = None
    total: bool = False
    without: Names = field(default_factory=list)


class RuleHours(Section, frozen=True, kw_only=True):
    """Hours at which a rule may fire."""

    zone: Zone | None = None
    hours: dict[str, list[Shift]] | None = None
    holidays: list[Day] = field(default_factory=list)


class Comparison(Section, frozen=True, kw_only=True):
    """A comparison in words, where there is more to say than fits one line."""

    measure: Annotated[
        str,
        Meta(extra={"phrase": "a KPI or a measure of the pipeline, such as contacts_waiting"}),
    ]
    above: Given | None = None
    at_least: Given | None = None
    below: Given | None = None
    at_most: Given | None = None
    clear: Given | None = None
    min_sample: Annotated[int, Meta(ge=0)] | None = None


class RuleEntry(Section, frozen=True, kw_only=True):
    """One rule as it is written."""

    id: Slug
    when: Annotated[Given, Meta(extra={"phrase": "a condition such as longest_wait_seconds > 60s"})]
    name: Given | None = None
    about: Given | None = None
    clear: Given | None = None
    min_sample: Annotated[int, Meta(ge=0)] | None = None
    for_ms: Duration = 0
    clear_for_ms: Duration = MINUTE_MS
    reopen_within_ms: Duration = 10 * MINUTE_MS
    scope: RuleScope | None = None
    severity: Literal["warning", "critical"] = "warning"
    active: Given | None = None
    ladder: Annotated[str, Meta(min_length=1, max_length=64)] = "default"
    group: Annotated[str, Meta(max_length=64)] = ""
    runbook: Link = ""
    board: Link = ""


class RuleFile(Section, frozen=True, kw_only=True):
    """A whole rule file."""

    rules: list[RuleEntry]
