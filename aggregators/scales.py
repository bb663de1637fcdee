"""Scales of surveys: what a score is worth, whatever scale and words it was told in.

Scores of one kind are drawn linearly onto one standard scale, so surveys on other scales add up
with them: satisfaction onto 1 to 5, recommendation onto 0 to 10, effort onto 1 to 7 (7 is the
most effort), the rest onto 0 to 1. All sums are integer millionths, rounded half up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from aggregators.envelope import SurveyKind

MICRO = 1_000_000
KINDS: tuple[SurveyKind, ...] = get_args(SurveyKind)
LARGEST = 1000
"""No scale reaches further from 0 than this."""

Band: TypeAlias = Literal["good", "fair", "poor"]
"""``good``: satisfied, promoter, little effort, yes. ``fair``: passive. ``poor``: the others."""

STANDARD: dict[SurveyKind, tuple[int, int]] = {
    "csat": (1, 5), "nps": (0, 10), "ces": (1, 7), "resolution": (0, 1), "engagement": (0, 1),
    "helpful": (0, 1),
}  # fmt: skip
"""The standard scale of each kind: its least and its greatest value."""

HIGH_EFFORT_MICRO = 5 * MICRO
_GIVEN: dict[SurveyKind, tuple[int, int]] = {**STANDARD, "engagement": (0, 10)}
_YES_NO = {
    "yes": 1, "oui": 1, "true": 1, "vrai": 1, "no": 0, "non": 0, "false": 0, "faux": 0,
}  # fmt: skip
_WORDS: dict[SurveyKind, dict[str, int]] = {
    "csat": {
        "very satisfied": 5, "satisfied": 4, "neutral": 3, "dissatisfied": 2,
        "very dissatisfied": 1, "très satisfait": 5, "satisfait": 4, "neutre": 3,
        "insatisfait": 2, "très insatisfait": 1,
    },
    "resolution": _YES_NO,
    "helpful": _YES_NO,
}  # fmt: skip


class Reading(Struct, frozen=True):
    """What a score means: its place on the standard scale, in millionths, and its band."""

    kind: SurveyKind
    value_micro: int
    band: Band


class Scale(Struct, frozen=True, kw_only=True):
    """The scale of one survey, in millionths; made by :func:`scale`.

    ``is_turned`` scales fall where the standard one rises. ``good_from_micro`` and
    ``fair_from_micro`` are where the bands begin, on the survey's own scale once turned.
    ``words`` are folded words and the scores they stand for, as if those had been sent.
    """

    kind: SurveyKind
    min_micro: int
    max_micro: int
    is_turned: bool
    good_from_micro: int
    fair_from_micro: int
    words: dict[str, int]

    def read(self, score: float | str) -> Reading | None:
        """Return what a score means; None when it is off the scale or an unknown word."""
        if isinstance(score, str):
            told = self.words.get(plain(score))
            if told is None:
                return None
            micro = told
        elif -LARGEST <= score <= LARGEST:  # never true of what is no number
            micro = round(score * MICRO)
        else:
            return None
        low, high = self.min_micro, self.max_micro
        if not low <= micro <= high:
            return None
        if self.is_turned:
            micro = low + high - micro
        least, most = STANDARD[self.kind]
        step = (most - least) * MICRO
        value = least * MICRO + (2 * (micro - low) * step + high - low) // (2 * (high - low))
        if self.kind == "ces":
            return Reading("ces", value, "poor" if value >= HIGH_EFFORT_MICRO else "good")
        if micro >= self.good_from_micro:
            return Reading(self.kind, value, "good")
        return Reading(self.kind, value, "fair" if micro >= self.fair_from_micro else "poor")


def scale(
    kind: SurveyKind,
    *,
    min: float | None = None,  # noqa: A002 - the words of the settings
    max: float | None = None,  # noqa: A002
    inverted: bool = False,
    polarity: Literal["effort", "ease"] = "effort",
    satisfied_from: float | None = None,
    promoter_from: float | None = None,
    passive_from: float | None = None,
    words: Mapping[str, float] | None = None,
) -> Scale:
    """Declare a scale; what is left out is that of the kind.

    Without ``satisfied_from`` the satisfied band begins at three quarters of the scale: 4 of 1 to
    5, 8 of 1 to 10. Promoters begin at 9 and passives at 7 where a scale ends at 10; any other
    scale of recommendation has to say where.

    Raises:
        ValueError: the parts do not fit each other; the text says which and what to write.
    """
    least, most = _GIVEN[kind]
    low, high = _micro(least if min is None else min), _micro(most if max is None else max)
    if low >= high:
        raise ValueError(f"min {low / MICRO:g} is not below max {high / MICRO:g}")
    if kind == "ces" and inverted:
        raise ValueError("a scale of effort has no inverted; write polarity: ease")
    if kind != "ces" and polarity == "ease":
        raise ValueError("polarity is of the kind ces; write inverted: true")
    if kind != "nps" and (promoter_from is not None or passive_from is not None):
        raise ValueError("promoter_from and passive_from are of the kind nps")
    if kind in ("nps", "ces", "engagement") and satisfied_from is not None:
        raise ValueError(f"satisfied_from is not of the kind {kind}")
    good = _share(low, high, 3, 4) if satisfied_from is None else _micro(satisfied_from)
    fair = good
    if kind == "nps":
        if high != 10 * MICRO and (promoter_from is None or passive_from is None):
            raise ValueError("a scale that does not end at 10 needs promoter_from and passive_from")
        good = _micro(9 if promoter_from is None else promoter_from)
        fair = _micro(7 if passive_from is None else passive_from)
    if not low < fair <= good <= high:
        raise ValueError(
            f"the bands must begin above {low / MICRO:g}, in their order, "
            f"and not above {high / MICRO:g}"
        )
    is_turned = inverted or polarity == "ease"
    return Scale(
        kind=kind,
        min_micro=low,
        max_micro=high,
        is_turned=is_turned,
        good_from_micro=good,
        fair_from_micro=fair,
        words=_told_words(words, low, high)
        if words
        else _usual_words(kind, low, high, is_turned=is_turned),
    )


def plain(text: str) -> str:
    """Return a text without case and accents, its words parted by single spaces."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


def _told_words(words: Mapping[str, float], low: int, high: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for word, score in words.items():
        folded, micro = plain(word), _micro(score)
        if not low <= micro <= high:
            raise ValueError(f"the word {word!r} stands for a score off the scale")
        if found.setdefault(folded, micro) != micro:
            raise ValueError(f"the word {word!r} stands for two scores")
    return found


def _usual_words(kind: SurveyKind, low: int, high: int, *, is_turned: bool) -> dict[str, int]:
    """Place the kind's own words; their meaning does not turn with the scale."""
    least, most = STANDARD[kind]
    found: dict[str, int] = {}
    for word, value in _WORDS.get(kind, {}).items():
        micro = _share(low, high, value - least, most - least)
        found[plain(word)] = low + high - micro if is_turned else micro
    return found


def _share(low: int, high: int, part: int, whole: int) -> int:
    return low + (high - low) * part // whole


def _micro(score: float) -> int:
    if not -LARGEST <= score <= LARGEST:
        raise ValueError(f"scores lie between -{LARGEST} and {LARGEST}")
    return round(score * MICRO)


SCALES: dict[SurveyKind, Scale] = {kind: scale(kind) for kind in KINDS}
"""The scales of surveys that no setting declares."""


def scale_of(
    surveys: Mapping[str, Scale], kind: SurveyKind, name: str | None = None
) -> Scale | None:
    """Return the scale of a survey: that of its name, else of its kind, else the usual one.

    None when the name is declared as another kind of survey.
    """
    declared = surveys.get(name) if name else None
    if declared is not None:
        return declared if declared.kind == kind else None
    return surveys.get(kind) or SCALES[kind]
