"""The sections of the settings file about what boards and metrics show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from msgspec import Meta, field

from exporters.headline import MOST, HeadlineError, parse_headline, parse_headlines
from exporters.row_kinds import DEFAULT_KINDS, ROW_KINDS
from vigie.sections import Section
from vigie.settings_reader import SettingError, nearest

if TYPE_CHECKING:
    from vigie.settings import Settings

HeadlineKpis: TypeAlias = Annotated[
    list[str],
    Meta(
        description="The 3 to 5 KPIs that matter most to the team: the wallboard leads with them "
        "and `/api/board` names them. A KPI id, with a value for each label "
        "(`service_level.abandons_negative`) and, where it is of one row, the row "
        "(`nps@survey=after_call`). Without them the wallboard has its usual tiles."
    ),
]


class Metrics(Section, frozen=True, kw_only=True):
    """Which series `/metrics/kpi` has beside those by queue and channel."""

    by: Annotated[
        list[str],
        Meta(
            description="Kinds of rows with series of their own (`vigie_survey_nps` and so on): "
            + ", ".join(f"`{kind}`" for kind in ROW_KINDS)
            + ". "
            "Motives, themes and teams can be many; `limits.max_series` holds for all together."
        ),
    ] = field(default_factory=lambda: list(DEFAULT_KINDS))


def check_boards(settings: Settings) -> None:
    """Check what boards and metrics show.

    Raises:
        SettingError: the first that means nothing.
    """
    written = settings.headline_kpis
    for i, one in enumerate(written):
        try:
            parse_headline(one)
        except HeadlineError as error:
            raise SettingError(
                ("headline_kpis", i), f"headline_kpis[{i}]: {error.problem}", error.fix
            ) from None
    try:
        parse_headlines(written)
    except HeadlineError as error:
        path = ("headline_kpis", MOST) if len(written) > MOST else ("headline_kpis",)
        raise SettingError(path, f"headline_kpis: {error.problem}", error.fix) from None
    for i, kind in enumerate(settings.metrics.by):
        if kind not in ROW_KINDS:
            raise SettingError(
                ("metrics", "by", i), f"metrics.by[{i}]: there are no rows by {kind!r}",
                nearest(kind, ROW_KINDS),
            )  # fmt: skip
    if len(set(settings.metrics.by)) < len(settings.metrics.by):
        raise SettingError(("metrics", "by"), "metrics.by names a kind twice", "Keep it once.")
