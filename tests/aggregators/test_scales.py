"""Scales of surveys: what a score is worth, and which scores and scales are refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.counts import Outcome
from aggregators.dossiers.survey import read_answer
from aggregators.scales import scale
from tests.aggregators.feedback_story import answers, declared, folded, rows, told, total
from tests.aggregators.story import s


@pytest.mark.parametrize(
    ("kind", "score"),
    [
        ("csat", 0), ("csat", 5.01), ("csat", "fine"), ("csat", float("nan")), ("csat", ""),
        ("csat", float("inf")), ("csat", 1e300), ("nps", -1), ("nps", 11), ("nps", "yes"),
        ("ces", 0), ("ces", 8), ("resolution", 2), ("resolution", "maybe"), ("helpful", -0.1),
        ("engagement", 10.5),
    ],
)  # fmt: skip
def test_a_score_off_its_scale_is_refused(kind: str, score: float | str) -> None:
    """So is a word that stands for none; nothing of it is counted."""
    shard = folded([])
    answer = told("a", score, kind=kind)
    assert shard.apply(answer, s(60)) is Outcome.OUT_OF_SCALE
    assert shard.counts.reasons == {"out_of_scale": 1}
    assert len(shard.dossiers.pages) == 0


def test_the_retraction_of_a_score_off_its_scale_is_taken() -> None:
    """It withdraws what may have counted under other settings."""
    shard = folded([told("a", 4, event_id="x")])
    gone = told("a", 9, event_id="x", revision=1, retracted=True)
    assert shard.apply(gone, s(60)) is Outcome.APPLIED
    assert rows([told("a", 4, event_id="x"), gone]).total["csat"] is None


def test_a_survey_declared_as_another_kind_is_refused() -> None:
    """Its scores could be anything."""
    shard = folded([], declared(post=scale("nps")))
    assert shard.apply(told("a", 4, survey_name="post"), s(60)) is Outcome.OUT_OF_SCALE
    assert shard.apply(told("a", 4, survey_name="other"), s(60)) is Outcome.APPLIED


def test_a_survey_of_recommendation_from_1_to_10_has_to_be_declared() -> None:
    """Its detractors are 1 to 6, and 0 is off its scale."""
    made = declared(ten=scale("nps", min=1))
    shard = folded(answers([1, 6, 7, 9], "nps", survey_name="ten"), made)
    assert shard.apply(told("z", 0, kind="nps", survey_name="ten"), s(99)) is Outcome.OUT_OF_SCALE
    found = rows(answers([1, 6, 7, 9], "nps", survey_name="ten"), made)
    assert found.total["nps_share"] == {"promoters": 0.25, "passives": 0.25, "detractors": 0.5}


def test_surveys_on_different_scales_add_up_on_the_usual_one() -> None:
    """10 of 1 to 10 is 5 of 1 to 5, 1 is 1; the band is that of the survey's own scale."""
    made = declared(
        ten=scale("csat", min=1, max=10, satisfied_from=8), thumb=scale("csat", min=0, max=1)
    )
    found = rows(
        [
            told("a", 10, survey_name="ten"), told("b", 7.75, survey_name="ten"),
            told("c", 0, survey_name="thumb"), told("d", 5),
        ],
        made,
    )  # fmt: skip
    assert found.total["csat"] == 2 / 4
    assert found.total["csat_mean"] == (5 + 4 + 1 + 5) / 4
    assert found.facets["survey"]["ten"]["csat_mean"] == 4.5


def test_without_a_band_of_its_own_the_upper_quarter_of_a_scale_is_satisfied() -> None:
    """4 of 1 to 5, 8 of 1 to 10, 6 of 1 to 7, the greater of two."""
    for low, high, first in ((1, 5, 4), (1, 10, 8), (1, 7, 6), (0, 1, 1), (-2, 2, 1)):
        made = scale("csat", min=low, max=high)
        bands = [found.band for x in (first - 1, first) if (found := made.read(x)) is not None]
        assert bands == ["poor", "good"]


def test_words_stand_for_scores() -> None:
    """The usual ones keep their meaning on any scale; declared ones replace them."""
    usual = total(answers(["Very satisfied", "très  SATISFAIT", "neutral", "insatisfait"]))
    assert usual["csat_mean"] == (5 + 5 + 3 + 2) / 4
    turned = declared(csat=scale("csat", inverted=True))
    assert total(answers(["very satisfied"]), turned)["csat_mean"] == 5.0
    own = declared(csat=scale("csat", words={"Happy": 5, "Sad": 1}))
    assert total(answers(["happy", "SAD"]), own)["csat_mean"] == 3.0
    assert read_answer(told("a", "satisfied"), own) is None


@given(st.floats(1, 5, allow_nan=False), st.integers(-500, 500), st.integers(1, 500), st.booleans())
def test_a_scale_that_is_moved_stretched_or_turned_gives_the_same_reading(
    score: float, low: int, width: int, is_turned: bool
) -> None:
    """But for less than a millionth of the standard scale for each unit of its width."""
    made = scale("csat", min=low, max=low + width, inverted=is_turned)
    place = low + (score - 1) / 4 * width
    there = made.read(min(max(2 * low + width - place if is_turned else place, low), low + width))
    here = scale("csat").read(score)
    assert here is not None
    assert there is not None
    assert abs(here.value_micro - there.value_micro) <= 2 + 4 / width


@pytest.mark.parametrize(
    ("kind", "parts", "message"),
    [
        ("csat", {"min": 5, "max": 1}, "min 5 is not below max 1"),
        ("csat", {"min": 3, "max": 3}, "min 3 is not below max 3"),
        ("ces", {"inverted": True}, "a scale of effort has no inverted; write polarity: ease"),
        ("csat", {"polarity": "ease"}, "polarity is of the kind ces; write inverted: true"),
        ("csat", {"promoter_from": 4}, "promoter_from and passive_from are of the kind nps"),
        ("nps", {"satisfied_from": 4}, "satisfied_from is not of the kind nps"),
        ("nps", {"max": 5}, "a scale that does not end at 10 needs promoter_from and passive_from"),
        ("csat", {"satisfied_from": 6},
         "the bands must begin above 1, in their order, and not above 5"),
        ("nps", {"promoter_from": 6},
         "the bands must begin above 0, in their order, and not above 10"),
        ("csat", {"words": {"good": 7}}, "the word 'good' stands for a score off the scale"),
        ("csat", {"words": {"été": 1, "ETE": 2}}, "the word 'ETE' stands for two scores"),
        ("csat", {"max": 2000}, "scores lie between -1000 and 1000"),
    ],
)  # fmt: skip
def test_a_scale_that_contradicts_itself_is_refused(
    kind: Any, parts: dict[str, Any], message: str
) -> None:
    """One line says what is wrong with it."""
    with pytest.raises(ValueError, match=re.escape(message)):
        scale(kind, **parts)
