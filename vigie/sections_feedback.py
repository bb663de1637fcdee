"""The sections of the settings file about surveys: their scales, and themes of free text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias, get_args

from msgspec import Meta, field

from aggregators.dossiers.themes import folded_keys
from aggregators.kpis.norms import Sector
from aggregators.policy import OTHER, Rules
from aggregators.scales import Scale, scale
from vigie.sections import Section
from vigie.settings_reader import SettingError, show_path

Kind: TypeAlias = Literal["csat", "nps", "ces", "resolution", "engagement", "helpful"]
Point: TypeAlias = Annotated[float, Meta(ge=-1000, le=1000)]
ThemeWord: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100)]


class Survey(Section, frozen=True, kw_only=True):
    """The scale of one survey, by the name that its events carry, or of a whole kind."""

    kind: Annotated[
        Kind | None,
        Meta(
            description="What it asks: satisfaction (`csat`), recommendation (`nps`), effort "
            "(`ces`), whether it was solved (`resolution`), whether it helped (`helpful`), "
            "staff engagement (`engagement`). May be left out where the entry has the kind's name."
        ),
    ] = None
    min: Annotated[Point | None, Meta(description="Least score; without it that of the kind.")] = (
        None
    )
    max: Annotated[
        Point | None, Meta(description="Greatest score; without it that of the kind.")
    ] = None
    inverted: Annotated[
        bool, Meta(description="The least score is the best one; not for `ces`.")
    ] = False
    polarity: Annotated[
        Literal["effort", "ease"],
        Meta(description="Of a `ces` survey: whether a high score means much effort or much ease."),
    ] = "effort"
    satisfied_from: Annotated[
        Point | None,
        Meta(
            description="Scores from here on are satisfied or a yes (once turned, where the scale "
            "is inverted); without it the upper quarter of the scale: 4 of 1 to 5.",
        ),
    ] = None
    promoter_from: Annotated[
        Point | None, Meta(description="Of an `nps` survey: where promoters begin; 9 of 10.")
    ] = None
    passive_from: Annotated[
        Point | None, Meta(description="Of an `nps` survey: where passives begin; 7 of 10.")
    ] = None
    words: Annotated[
        dict[ThemeWord, Point],
        Meta(
            description="Words that stand for scores, such as `{great: 5, fine: 3, bad: 1}`, "
            "whatever their case and accents; without them the usual words of `csat`, and yes "
            "and no of `resolution` and `helpful`, in English and French."
        ),
    ] = field(default_factory=dict)


Surveys: TypeAlias = Annotated[
    dict[str, Survey],
    Meta(
        description="Scales of surveys that differ from the usual ones, by the `survey_name` of "
        "their events or by kind."
    ),
]
Themes: TypeAlias = Annotated[
    dict[str, list[ThemeWord]],
    Meta(
        description="Themes of free text with their key words, such as "
        '`delay: [late, "too long", deliver*]`; case, accents and plural do not matter, `*` '
        "stands for any ending. Other themes that events tell count as `__other__`."
    ),
]
OwnSector: TypeAlias = Annotated[
    Sector | None, Meta(description="The sector whose norms are shown beside the NPS.")
]


def check_feedback(
    surveys: Mapping[str, Survey], themes: Mapping[str, Sequence[str]], label_length: int
) -> None:
    """Check what the types cannot.

    Raises:
        SettingError: the first scale, theme or key word that cannot be used.
    """
    scales_of(surveys)
    theme_keys(themes, label_length)


def scales_of(surveys: Mapping[str, Survey]) -> dict[str, Scale]:
    """Return the scales that the settings declare, by name of survey or kind.

    Raises:
        SettingError: a scale contradicts itself.
    """
    return {name: _scale(name, survey) for name, survey in surveys.items()}


def _scale(name: str, survey: Survey) -> Scale:
    path = ("surveys", name)
    shown = show_path(path)
    own = next((kind for kind in get_args(Kind) if kind == name), None)
    kind = survey.kind or own
    if kind is None:
        raise SettingError(
            path, f"{shown} has no kind", f"Add kind: with one of {', '.join(get_args(Kind))}."
        )
    if own is not None and kind != own:
        raise SettingError(
            (*path, "kind"), f"{shown} declares all surveys of the kind {own}, not of {kind}",
            "Give the survey a name of its own, as its events carry it.",
        )  # fmt: skip
    try:
        return scale(
            kind,
            min=survey.min,
            max=survey.max,
            inverted=survey.inverted,
            polarity=survey.polarity,
            satisfied_from=survey.satisfied_from,
            promoter_from=survey.promoter_from,
            passive_from=survey.passive_from,
            words=survey.words,
        )
    except ValueError as error:
        raise SettingError(path, f"{shown}: {error}", "Correct the scale.") from None


def theme_keys(
    themes: Mapping[str, Sequence[str]], label_length: int
) -> dict[str, tuple[str, ...]]:
    """Return the folded key words of each theme.

    Raises:
        SettingError: a name or a key word cannot be used.
    """
    most = Rules().max_names
    if len(themes) >= most:
        raise SettingError(
            ("themes",), f"there are {len(themes)} themes, more than {most - 1}", "Join some."
        )
    for name, words in themes.items():
        path = ("themes", name)
        if name != name.strip() or not name.isprintable() or name == OTHER:
            raise SettingError(
                path, f"{show_path(path)} is no name for a theme",
                f"Leave out spaces around it and control characters; {OTHER} is taken.",
            )  # fmt: skip
        if len(name) > label_length:
            raise SettingError(
                path, f"{show_path(path)} is longer than limits.label_length ({label_length})",
                "Raise the limit or shorten the name.",
            )  # fmt: skip
        for at, word in enumerate(words):
            if not folded_keys([word]) or "*" in word[:-1]:
                step = (*path, at)
                raise SettingError(
                    step, f"{show_path(step)}: {word!r} is no key word",
                    "Write a word or some words; a star may only stand at the end.",
                )  # fmt: skip
    return {name: folded_keys(words) for name, words in themes.items()}
