"""What may be said of a view that lacks events, a part, or everything."""

from __future__ import annotations

import math

import pytest

from aggregators.board import Board
from aggregators.kpis.values import KpiValues
from aggregators.policy import Rules
from alerts.alert import Key
from alerts.evaluation import Breach, Evaluator
from alerts.rules import HEALTH, AllOf, AnyOf, Condition, Measure, Scope, Where
from tests.alerts.evaluation_boards import (
    READY,
    SERVICE,
    WAIT,
    WAITING,
    board,
    compare,
    judge,
    key,
    look,
    rule,
)

MEAN = Measure("current_wait_mean_seconds")
AGE = Measure("data_age_seconds")
LAG = Measure("lag_events")
PIPELINE = Scope("pipeline")
STOPPED = Key("stopped", Where("pipeline"))
BUSY: KpiValues = {
    "longest_wait_seconds": 61.0,
    "current_wait_mean_seconds": 61.0,
    "contacts_waiting": 9,
    "agents_available": 0,
    "service_level": {"abandons_negative": 0.5},
}


@pytest.mark.parametrize(
    ("condition", "fires"),
    [
        (compare(WAIT, ">", 60), True),
        (compare(WAITING, ">=", 9), True),
        (AllOf((compare(WAIT, ">", 60), compare(WAITING, ">", 3))), True),
        (AnyOf((compare(WAIT, ">", 60), compare(WAITING, ">", 99))), True),
        (compare(READY, "<", 1), False),
        (compare(READY, "<=", 0), False),
        (compare(MEAN, ">", 60), False),
        (compare(SERVICE, "<", 0.8), False),
        (AllOf((compare(WAIT, ">", 60), compare(READY, "<", 1))), False),
        (AnyOf((compare(WAIT, ">", 60), compare(SERVICE, "<", 0.8))), False),
    ],
)
def test_a_part_of_the_view_shows_only_what_the_whole_can_but_exceed(
    condition: Condition, fires: bool
) -> None:
    """Who waits, waits, whatever is not seen; ready agents, means and ratios may be elsewhere."""
    shown = look(board(sales=BUSY), is_complete=False)
    assert bool(judge(shown, rule("any", condition)).breaching) is fires
    assert bool(judge(look(board(sales=BUSY)), rule("any", condition)).breaching)


def test_an_incomplete_view_keeps_what_is_true_and_ends_nothing() -> None:
    """A shard that is missing never resolves an alert."""
    level = rule("level", compare(SERVICE, "<", 0.8))
    shown = board(
        sales={"service_level": {"abandons_negative": 0.5}},
        help={"service_level": {"abandons_negative": 0.9}},
        other={"service_level": {"abandons_negative": None}},
    )
    opened = [key("level", name) for name in ("sales", "help", "other", "gone")]
    found = judge(look(shown, is_complete=False), level, open_keys=opened)
    assert found.breaching == {}
    assert found.kept == {key("level", "sales"): Breach(0.5, 0.8, None, 0)}
    assert found.unknown == set(opened)


def test_what_may_fire_in_half_a_view_is_not_unknown_while_it_breaches() -> None:
    """A wait beyond the threshold is certain; one between clear and threshold may be longer."""
    longest = rule("wait", compare(WAIT, ">", 60, clear=45))
    shown = board(sales={"longest_wait_seconds": 61.0}, help={"longest_wait_seconds": 50.0})
    opened = [key("wait", "sales"), key("wait", "help")]
    found = judge(look(shown, is_complete=False), longest, open_keys=opened)
    assert set(found.breaching) == {key("wait", "sales")}
    assert set(found.kept) == set(opened)
    assert found.unknown == {key("wait", "help")}


def test_a_queue_that_is_gone_from_a_whole_view_has_no_alert() -> None:
    """With nothing missing, a row that is not there is over."""
    waiting = rule("waiting", compare(WAITING, ">", 3))
    found = judge(look(board(sales=BUSY)), waiting, open_keys=[key("waiting", "gone")])
    assert (found.kept, found.unknown) == ({}, set())
    late = judge(
        look(board(sales=BUSY), is_current=False), waiting, open_keys=[key("waiting", "gone")]
    )
    assert late.unknown == {key("waiting", "gone")}


def test_numbers_that_lack_events_fire_nothing_and_end_nothing() -> None:
    """While a worker catches up, no rule over KPIs fires, whatever it sees."""
    waiting = rule("waiting", compare(WAITING, ">", 3))
    shown = board(sales=BUSY, calm={"contacts_waiting": 0})
    opened = [key("waiting", "sales"), key("waiting", "calm")]
    for is_complete in (True, False):
        found = judge(
            look(shown, is_current=False, is_complete=is_complete), waiting, open_keys=opened
        )
        assert found.breaching == {}
        assert set(found.kept) == {key("waiting", "sales")}
        assert found.unknown == set(opened)


def test_without_a_board_every_open_alert_over_kpis_stays_as_it_is() -> None:
    """Nothing known yet is not nothing wrong."""
    waiting = rule("waiting", compare(WAITING, ">", 3))
    found = judge(look(None), waiting, open_keys=[key("waiting", "sales")])
    assert (found.breaching, found.kept) == ({}, {})
    assert found.unknown == {key("waiting", "sales")}


@pytest.mark.parametrize(
    ("shown", "is_current", "is_complete"),
    [(None, True, True), (board(), False, True), (board(), True, False)],
)
def test_the_pipeline_is_judged_whatever_the_view_lacks(
    shown: Board | None, is_current: bool, is_complete: bool
) -> None:
    """Data that stopped is news exactly when the view is not whole."""
    stopped = rule("stopped", compare(AGE, ">", 60, clear=10), scope=PIPELINE)
    for age_s, fires, is_kept in ((61, True, True), (11, False, True), (10, False, False)):
        seen = look(
            shown,
            health={"data_age_seconds": age_s},
            is_current=is_current,
            is_complete=is_complete,
        )
        found = judge(seen, stopped, open_keys=[STOPPED])
        assert found.breaching == ({STOPPED: Breach(61, 60, None, 0)} if fires else {})
        assert (STOPPED in found.kept) is is_kept
        assert found.unknown == set()


@pytest.mark.parametrize("health", [{}, {"data_age_seconds": math.nan}, {"lag_events": 5.0}])
def test_a_measure_of_the_pipeline_that_is_missing_leaves_its_alert_alone(
    health: dict[str, float],
) -> None:
    """Unknown is neither wrong nor well."""
    stopped = rule("stopped", compare(AGE, "<", 1e9), scope=PIPELINE)
    found = judge(look(board(), health=health), stopped, open_keys=[STOPPED])
    assert (found.breaching, found.kept, found.unknown) == ({}, {}, {STOPPED})


def test_a_missing_measure_does_not_hide_another_of_its_group() -> None:
    """Any of two fires by the one that is known."""
    either = rule("stopped", AnyOf((compare(LAG, ">", 9), compare(AGE, ">", 60))), scope=PIPELINE)
    found = judge(look(None, health={"data_age_seconds": 61}), either)
    assert found.breaching == {STOPPED: Breach(61, 60, None, 0, part=1)}


def test_a_rule_of_the_pipeline_reads_no_board_and_others_read_no_health() -> None:
    """Each measure lives in one place."""
    assert "contacts_waiting" not in HEALTH
    shown = look(board(sales=BUSY), health={"contacts_waiting": 9.0, "data_age_seconds": 61.0})
    found = judge(
        shown,
        rule("stopped", compare(AGE, ">", 60)),
        rule("waiting", compare(WAITING, ">", 8), scope=Scope("total")),
    )
    assert found.breaching == {}


def test_an_alert_without_a_rule_or_outside_its_scope_is_over() -> None:
    """A rule that was taken away or points elsewhere now keeps nothing, even in half a view."""
    waiting = rule("waiting", compare(WAITING, ">", 3), scope=Scope(names=("help",)))
    opened = [
        key("removed", "sales"),
        key("waiting", "sales"),
        Key("waiting", Where("team", "sales")),
    ]
    for is_complete in (True, False):
        shown = look(board(sales=BUSY), is_complete=is_complete)
        found = judge(shown, waiting, open_keys=opened)
        assert (found.breaching, found.kept, found.unknown) == ({}, {}, set())


def test_the_same_instant_twice_and_a_clock_that_steps_back_change_nothing() -> None:
    """A look depends on what is seen, not on how often."""
    evaluator = Evaluator([rule("wait", compare(WAIT, ">", 60))], Rules())
    found = [
        evaluator.look(look(board(sales=BUSY), at_s), ()).breaching for at_s in (0, 0, -3_600, 1)
    ]
    assert found == [{key("wait", "sales"): Breach(61, 60, None, 0)}] * 4
