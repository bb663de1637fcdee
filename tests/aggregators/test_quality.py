"""Quality: worked example 35, weights, knock-outs, errors, and which telling counts."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.counts import Outcome
from aggregators.dossiers.evaluation import score_micro
from aggregators.policy import OTHER
from tests.aggregators.feedback_story import FOREVER, folded, graded, rows, total
from tests.aggregators.story import s

GRID = [("listening", 4, 5, 2), ("clarity", 5, 5, 1), ("compliance", 3, 5, 2)]


@pytest.mark.example(35)
@pytest.mark.proves("quality_score", "quality_evaluations", "quality_evaluations_scored")
def test_example_35_items_count_by_their_weight() -> None:
    """4/5 weight 2, 5/5 weight 1, 3/5 weight 2: 3.8/5 = 76 %."""
    found = total([graded("v", GRID)])
    assert found["quality_score"] == 0.76
    assert (found["quality_evaluations"], found["quality_evaluations_scored"]) == (1, 1)


@pytest.mark.example(35)
@pytest.mark.proves("error_rate")
def test_example_35_errors_are_of_the_evaluations() -> None:
    """6 of 240: 2.5 %; an evaluation with several errors has one of any kind."""
    errors: dict[int, list[str]] = {
        0: ["handling"], 1: ["handling", "information"], 2: ["Information", "information"],
        3: ["tone"], 4: ["handling"], 5: ["other", "tone"], 6: [],
    }  # fmt: skip
    found = total([graded(f"v{n}", errors=errors.get(n)) for n in range(240)])
    assert found["error_rate"] == {
        "any": 0.025, "handling": 3 / 240, "information": 2 / 240, "other": 2 / 240,
    }  # fmt: skip
    assert found["quality_evaluations"] == 240


def test_a_score_is_a_mean_over_evaluations_not_over_items() -> None:
    """One item at 1 and three at 0: 50 %, not 25 %."""
    three = [("a", 0, 5, 1), ("b", 0, 5, 1), ("c", 0, 5, 1)]
    assert total([graded("v"), graded("w", three)])["quality_score"] == 0.5


def test_a_failed_knock_out_makes_the_whole_evaluation_nothing() -> None:
    """Whatever the items say; they keep their own scores."""
    found = rows([graded("v", GRID, knockout=True), graded("w")])
    assert found.total["quality_score"] == 0.5
    assert found.facets["item"]["clarity"]["quality_item_score"] == 1.0


def test_an_evaluation_without_weight_has_no_score_and_is_checked_all_the_same() -> None:
    """No items, or all of them of weight 0."""
    found = total([graded("v", []), graded("w", [("a", 1, 5, 0)], errors=["handling"])])
    assert (found["quality_score"], found["quality_evaluations_scored"]) == (None, 0)
    assert found["error_rate"]["any"] == 0.5


@pytest.mark.proves("quality_item_score", "quality_item_count")
def test_items_have_rows_of_their_own() -> None:
    """Mean of points over max, with the number of times it was scored; none in other rows."""
    found = rows([graded("v", GRID), graded("w", [("listening", 1, 2, 9)])])
    items = found.facets["item"]
    assert {name: row["quality_item_score"] for name, row in items.items()} == {
        "listening": 0.65, "clarity": 1.0, "compliance": 0.6,
    }  # fmt: skip
    assert items["listening"]["quality_item_count"] == 2
    assert (found.total["quality_item_score"], found.total["quality_item_count"]) == (None, 0)


def test_items_beyond_the_limit_of_names_are_one() -> None:
    """A producer cannot make series without end."""
    few = msgspec.structs.replace(FOREVER, max_names=2)
    items = rows([graded("v", [(f"i{n}", 1, 2, 1) for n in range(5)])], few).facets["item"]
    assert items.keys() == {"i0", "i1", OTHER}
    assert items[OTHER]["quality_item_count"] == 3


@pytest.mark.proves("quality_evaluations_replaced_count")
def test_an_evaluation_told_again_replaces_the_earlier_one() -> None:
    """The last by time counts, with its items and errors."""
    again = [("listening", 1, 4, 1)]
    found = rows([graded("v", again, 50), graded("v", GRID, 10, errors=["handling"])])
    assert found.total["quality_score"] == 0.25
    assert found.total["error_rate"]["any"] == 0.0  # type: ignore[index]
    assert found.total["quality_evaluations_replaced_count"] == 1
    assert found.facets["item"].keys() == {"listening"}


def test_an_evaluation_counts_by_queue_channel_team_agent_and_motive() -> None:
    """The team of an agent is known from the rules."""
    by_agent = msgspec.structs.replace(FOREVER, agent_figures=True, agent_teams={"A8": "T"})
    about: dict[str, Any] = {"agent_id": "A8", "queue": "q", "channel": "chat", "motive": "bill"}
    found = rows([graded("v", GRID, **about)], by_agent)
    for row in (
        found.queues["q"], found.channels["chat"], found.teams["T"], found.agents["A8"],
        found.facets["motive"]["bill"], found.pairs["q", "chat"],
    ):  # fmt: skip
        assert row["quality_score"] == 0.76


def test_more_points_than_an_item_has_are_refused() -> None:
    """Nothing of the evaluation counts; its retraction is always taken."""
    shard = folded([])
    assert shard.apply(graded("v", [("a", 6, 5, 1)]), s(0)) is Outcome.OUT_OF_SCALE
    gone = graded("v", [("a", 6, 5, 1)], retracted=True, revision=1)
    assert shard.apply(gone, s(0)) is Outcome.APPLIED
    assert rows([]).total["quality_evaluations"] == 0


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1), st.floats(0.001, 1e6), st.floats(0, 1e3, allow_subnormal=False)
        ).map(lambda t: ("i", t[0] * t[1], t[1], t[2])),
        min_size=1,
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_a_score_lies_between_the_worst_and_the_best_item_in_any_order(
    items: list[tuple[str, float, float, float]], rnd: Any
) -> None:
    """The arithmetic is exact: the order of the items does not show in the last digit."""
    items = [(i, min(p, m), m, w) for i, p, m, w in items]
    score = score_micro(graded("v", items))
    rnd.shuffle(items)
    assert score_micro(graded("v", items)) == score
    weights = sum(Fraction(w) for *_, w in items)
    if weights:
        points = sum(Fraction(w) * Fraction(p) / Fraction(m) for _, p, m, w in items)
        assert score == floor(points / weights * 1_000_000 + Fraction(1, 2))
    weighty = [p / m for _, p, m, w in items if w]
    if score is None:
        assert not weighty
    else:
        assert min(weighty) * 1e6 - 1 <= score <= max(weighty) * 1e6 + 1
