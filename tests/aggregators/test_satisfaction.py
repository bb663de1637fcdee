"""Satisfaction: worked examples 25 to 27 and 37, responses, replaced answers, themes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aggregators.board import board
from aggregators.kpis.norms import reference
from aggregators.policy import OTHER, Rules
from aggregators.scales import KINDS, scale
from tests.aggregators.feedback_story import (
    FOREVER,
    answers,
    declared,
    folded,
    rows,
    sent,
    told,
    total,
)
from tests.aggregators.story import s

DAY_S = 86_400.0


@pytest.mark.example(25)
@pytest.mark.proves("csat", "csat_mean", "csat_share", "survey_answers")
def test_example_25_satisfaction_is_the_share_of_the_two_best_levels() -> None:
    """5 4 4 3 2: 3 of 5, mean 3.6."""
    found = total(answers([5, 4, 4, 3, 2]))
    assert found["csat"] == 3 / 5
    assert found["csat_mean"] == 3.6
    assert found["csat_share"] == {"1": 0.0, "2": 0.2, "3": 0.2, "4": 0.4, "5": 0.2}
    assert found["survey_answers"]["csat"] == 5


@pytest.mark.example(25)
def test_example_25_an_inverted_scale_is_turned_first() -> None:
    """1 2 2 3 4 where 1 is the best is the same as 5 4 4 3 2."""
    turned = total(answers([1, 2, 2, 3, 4]), declared(csat=scale("csat", inverted=True)))
    straight = total(answers([5, 4, 4, 3, 2]))
    for kpi in ("csat", "csat_mean", "csat_share", "survey_answers"):
        assert turned[kpi] == straight[kpi]


@pytest.mark.example(25)
def test_example_25_no_answer_is_no_value() -> None:
    """Never 0 %, while the count beside it is 0."""
    found = total([sent("a")])
    assert (found["csat"], found["csat_mean"], found["nps"], found["ces"]) == (None,) * 4
    assert found["csat_share"] == dict.fromkeys("12345")
    assert found["survey_answers"] == dict.fromkeys(KINDS, 0)


@pytest.mark.example(26)
@pytest.mark.proves("nps", "nps_share")
@pytest.mark.parametrize(
    ("scores", "nps", "shares"),
    [
        ([9, 10, 10, 6, 7], 40.0, (0.6, 0.2, 0.2)),
        ([9] * 8 + [8] * 9 + [3] * 22, 100 * (8 - 22) / 39, (8 / 39, 9 / 39, 22 / 39)),
        ([7, 8, 8], 0.0, (0.0, 1.0, 0.0)),
        ([0, 10], 0.0, (0.5, 0.0, 0.5)),
    ],
)
def test_example_26_promoters_less_detractors(
    scores: list[float], nps: float, shares: tuple[float, float, float]
) -> None:
    """9 10 10 6 7: 40; 8 promoters and 22 detractors of 39: -35.9; all 7 and 8: 0 with n > 0."""
    found = total(answers(scores, "nps"))
    assert found["nps"] == nps
    assert tuple(found["nps_share"].values()) == shares
    assert list(found["nps_share"]) == ["promoters", "passives", "detractors"]
    assert found["survey_answers"]["nps"] == len(scores)


@pytest.mark.example(26)
def test_example_26_the_score_of_39_answers_is_minus_35_9() -> None:
    """Rounded as it is printed."""
    found = total(answers([9] * 8 + [8] * 9 + [3] * 22, "nps"))
    assert round(found["nps"], 1) == -35.9


@pytest.mark.example(27)
@pytest.mark.proves("ces", "ces_high_effort_rate")
@pytest.mark.parametrize(("scores", "polarity"), [([1, 2, 2, 7], "effort"), ([7, 6, 6, 1], "ease")])
def test_example_27_effort_and_ease_are_one_scale(scores: list[float], polarity: Any) -> None:
    """Effort 1 2 2 7, or ease 7 6 6 1: 3.0, and one of four is high."""
    found = total(answers(scores, "ces"), declared(ces=scale("ces", polarity=polarity)))
    assert found["ces"] == 3.0
    assert found["ces_high_effort_rate"] == 0.25
    assert found["survey_answers"]["ces"] == 4


def test_high_effort_begins_at_5() -> None:
    """4.9 is not high, 5 is."""
    assert total(answers([4.9, 5], "ces"))["ces_high_effort_rate"] == 0.5


@pytest.mark.example(37)
@pytest.mark.proves("employee_engagement", "engagement_participation_rate")
def test_example_37_engagement_needs_five_answers() -> None:
    """8 6 9 7 7 of eight asked: 0.74 and 62.5 %; with four answers no value."""
    asked = [sent(f"engagement{n}", 0, "engagement", team="T") for n in range(8)]
    five = rows([*asked, *answers([8, 6, 9, 7, 7], "engagement", team="T")])
    for row in (five.total, five.teams["T"]):
        assert row["employee_engagement"] == 0.74
        assert row["engagement_participation_rate"] == 0.625
    four = total([*asked, *answers([8, 6, 9, 7], "engagement")])
    assert four["employee_engagement"] is None
    assert four["engagement_participation_rate"] == 0.5


def test_engagement_is_in_no_row_of_an_agent_but_in_that_of_the_team() -> None:
    """Who answered what is nobody's business, even where figures by agent are kept."""
    by_agent = msgspec.structs.replace(FOREVER, agent_figures=True, agent_teams={"A1": "T"})
    found = rows(
        [
            sent("a", 0, "engagement", agent_id="A1"),
            *answers([8] * 5, "engagement", agent_id="A1"),
            told("b", 5, agent_id="A2"),
        ],
        by_agent,
    )
    assert found.agents.keys() == {"A2"}
    assert found.teams["T"]["employee_engagement"] == 0.8


def test_more_answers_than_staff_asked_is_no_participation() -> None:
    """A window that cuts between asking and answering says nothing."""
    assert total(answers([8] * 5, "engagement"))["engagement_participation_rate"] is None


@pytest.mark.proves("survey_resolution_count")
def test_answers_about_the_resolution_are_counted() -> None:
    """Numbers and words, English and French."""
    found = total(answers([1, 0, "yes", "Oui", " NON ", "no"], "resolution"))
    assert found["survey_resolution_count"] == {"yes": 3, "no": 3}
    assert found["survey_answers"]["resolution"] == 6


@pytest.mark.proves("selfcare_satisfaction", "selfcare_satisfaction_answers")
def test_self_care_satisfaction_is_of_votes_and_of_answers_after_a_session() -> None:
    """Helpful votes always; satisfaction with a session or on the channel; no other answers."""
    found = total(
        [
            *answers(["yes", "yes", "no"], "helpful"),
            told("a", 5, session_id="S1", contact_id=None),
            told("b", 3, channel="selfcare"),
            told("c", 5),
            told("d", 10, kind="nps", session_id="S1"),
        ]
    )
    assert found["selfcare_satisfaction"] == 3 / 5
    assert found["selfcare_satisfaction_answers"] == 5


# -- responses ------------------------------------------------------------------------------


@pytest.mark.proves("survey_response_rate", "surveys_sent")
def test_a_response_rate_is_provisional_until_seven_days_have_passed() -> None:
    """Booked at sending; final for the surveys that can count no response any more."""
    story = [
        sent("a", 0), sent("b", 0), sent("c", 4 * DAY_S), sent("d", 4 * DAY_S, "nps"),
        told("a", 5, 60), told("d", 9, 5 * DAY_S, "nps"),
    ]  # fmt: skip
    before = total(sorted(story, key=lambda e: e.event_time_ms))
    assert before["survey_response_rate"] == {"final": None, "provisional": 2 / 4}
    after = total([*story, told("z", 5, 7 * DAY_S + 3600 + 60)])
    assert after["survey_response_rate"] == {"final": 1 / 2, "provisional": 1 / 2}
    assert after["surveys_sent"] == {**dict.fromkeys(KINDS, 0), "csat": 3, "nps": 1}


def test_an_answer_after_seven_days_is_an_answer_and_no_response() -> None:
    """A final rate stays what it is."""
    found = total([sent("a", 0), told("a", 5, 7 * DAY_S + 1), told("z", 5, 9 * DAY_S)])
    assert found["survey_response_rate"] == {"final": 0.0, "provisional": None}
    assert found["survey_answers"]["csat"] == 2
    exact = total([sent("a", 0), told("a", 5, 7 * DAY_S), told("z", 5, 9 * DAY_S)])
    assert exact["survey_response_rate"] == {"final": 1.0, "provisional": None}


def test_an_answer_whose_sending_was_never_told_is_in_no_response_rate() -> None:
    """It counts as an answer."""
    found = total([sent("a"), told("b", 5)])
    assert found["survey_response_rate"] == {"final": None, "provisional": 0.0}
    assert found["csat"] == 1.0


def test_a_reminder_is_no_second_survey() -> None:
    """The first sending counts, at its time."""
    story = [sent("a", 0), sent("a", 2 * DAY_S), told("a", 5, 3 * DAY_S)]
    found = total(story)
    assert found["surveys_sent"]["csat"] == 1
    assert found["survey_response_rate"]["provisional"] == 1.0
    day = board([folded(story)], s(2 * DAY_S + 60), FOREVER, ["1h"]).windows["1h"]
    assert day.total["surveys_sent"]["csat"] == 0  # type: ignore[index]


# -- which answer counts, and where -----------------------------------------------------------


@pytest.mark.proves("survey_answers_replaced_count")
def test_the_last_answer_of_a_respondent_replaces_the_earlier_ones() -> None:
    """Last by time, then by id; each earlier one is counted as replaced."""
    story = [
        told("a", 1, 60, event_id="x"), told("a", 2, 90, event_id="z"),
        told("a", 5, 90, event_id="y"), told("b", 4),
    ]  # fmt: skip
    found = total(story)
    assert found["csat_mean"] == 3.0
    assert found["survey_answers"]["csat"] == 2
    assert found["survey_answers_replaced_count"] == 2


def test_two_respondents_to_one_survey_are_two() -> None:
    """A survey is known by its id and by the contact, the session or the customer."""
    story = [
        told("a", 5, contact_id="C1"), told("a", 5, contact_id="C2"),
        told("a", 5, contact_id=None, session_id="C1x"),
        told("a", 5, contact_id=None, customer_key="k1"),
    ]  # fmt: skip
    found = total(story)
    assert found["survey_answers"]["csat"] == 4
    assert found["survey_answers_replaced_count"] == 0


def test_a_retracted_answer_brings_the_earlier_one_back() -> None:
    """Nothing is lost that a correction can undo."""
    gone = told("a", 5, 90, event_id="y", revision=1, retracted=True)
    found = total([told("a", 2, 60), told("a", 5, 90, event_id="y"), gone])
    assert (found["csat_mean"], found["survey_answers_replaced_count"]) == (2.0, 0)


def test_an_answer_counts_by_queue_channel_team_agent_motive_and_survey() -> None:
    """What it does not tell of its subject is that of the sending."""
    by_agent = msgspec.structs.replace(FOREVER, agent_figures=True)
    subject: dict[str, Any] = {
        "queue": "q",
        "channel": "chat",
        "agent_id": "A1",
        "team": "T",
        "motive": "bill",
    }
    found = rows([sent("a", **subject), told("a", 4, survey_name="post")], by_agent)
    named = [
        found.total, found.queues["q"], found.channels["chat"], found.pairs["q", "chat"],
        found.teams["T"], found.agents["A1"], found.facets["motive"]["bill"],
        found.facets["survey"]["post"],
    ]  # fmt: skip
    assert [row["csat"] for row in named] == [1.0] * 8
    assert found.facets["survey"]["csat"]["surveys_sent"]["csat"] == 1  # type: ignore[index]


# -- themes and norms -------------------------------------------------------------------------


@pytest.mark.proves("verbatim_count")
def test_verbatims_are_counted_by_theme_with_the_score_they_explain() -> None:
    """An answer counts once in each of its themes, and once in all."""
    found = rows(
        [
            told("a", 1, themes=["delay", "price", "delay", " "]), told("b", 3, themes=["delay"]),
            told("c", 5, themes=[]), told("d", 5),
        ]
    )  # fmt: skip
    assert found.total["verbatim_count"] == 2
    themes = found.facets["theme"]
    assert {name: row["verbatim_count"] for name, row in themes.items()} == {"delay": 2, "price": 1}
    assert (themes["delay"]["csat_mean"], themes["price"]["csat_mean"]) == (2.0, 1.0)


def test_a_theme_that_the_settings_do_not_declare_counts_as_other() -> None:
    """Several unknown ones in an answer count once; without declared themes all are known."""
    made = Rules(long_retention_ms=None, themes={"delay": ()})
    found = rows([told("a", 1, themes=["x", "y", "delay"])], made).facets["theme"]
    assert {name: row["verbatim_count"] for name, row in found.items()} == {"delay": 1, OTHER: 1}


def test_an_answer_has_twenty_themes_at_most() -> None:
    """And a facet as many names as the rules allow."""
    many = [told("a", 1, themes=[f"t{n}" for n in range(30)])]
    assert len(rows(many).facets["theme"]) == 20
    few = Rules(long_retention_ms=None, max_names=3)
    themes = rows(many, few).facets["theme"]
    assert themes.keys() == {"t0", "t1", "t2", OTHER}
    assert themes[OTHER]["verbatim_count"] == 1


def test_the_norm_of_the_sector_is_a_reference_of_the_score() -> None:
    """Without a sector there are only the general lines; most KPIs have none."""
    assert reference("nps", Rules(sector="banking")) == {"good": 0, "excellent": 50, "banking": 37}
    assert reference("nps", Rules()) == {"good": 0, "excellent": 50}
    assert reference("csat", Rules(sector="retail")) == {"good": 0.80, "excellent": 0.85}
    assert reference("ces", Rules()) == {"target": 3}
    assert reference("contacts_waiting", Rules()) == {}
