"""What the settings say about a report: for whom, about what, when."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from aggregators.policy import HOUR_MS
from exporters.headline import Headline

Language: TypeAlias = Literal["en", "fr"]
PeriodName: TypeAlias = Literal["daily", "weekly"]

CATCH_UP_MS = 12 * HOUR_MS


class ReportScope(Struct, frozen=True, kw_only=True):
    """Which contacts a report is about: those of queues, channels and teams that all match.

    Patterns with ``*`` and ``?``; no pattern at all matches everything. ``without`` are queues.
    """

    queues: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return not (self.queues or self.channels or self.teams or self.without)


class ReportPlan(Struct, frozen=True, kw_only=True):
    """One report. Minutes count from midnight of ``zone``; ``weekday`` 0 is Monday.

    It is due at ``at_minute``, about the business day or week that ended last, whose days begin at
    ``reset_minute``. While nobody could send it, it may be sent up to ``catch_up_ms`` late.
    """

    name: str
    title: str = ""
    language: Language = "en"
    zone: str = "UTC"
    reset_minute: int = 0
    period: PeriodName = "daily"
    at_minute: int = 6 * 60 + 30
    weekday: int = 0
    recipients: tuple[str, ...] = ()
    scope: ReportScope = ReportScope()
    lead: tuple[Headline, ...] = ()
    interval_minutes: int = 30
    worst: int = 5
    with_names: bool = True
    catch_up_ms: int = CATCH_UP_MS
