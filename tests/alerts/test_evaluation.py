"""What breaches and what is kept, on literal boards."""

from __future__ import annotations

import math

import pytest

from aggregators.board import Rows
from aggregators.kpis.values import KpiValue
from alerts.alert import Key
from alerts.evaluation import Breach
from alerts.rules import AllOf, AnyOf, Measure, Operator, Scope, Where
from tests.alerts.evaluation_boards import (
    ABANDONED,
    READY,
    SERVICE,
    WAIT,
    WAITING,
    board,
    compare,
    judge,
    key,
    look,
    rows,
    rule,
)


def test_a_value_beyond_the_threshold_breaches_with_value_threshold_and_for() -> None:
    """A breach says what was seen, against what, and how long it must last."""
    longest = rule("wait", compare(WAIT, ">", 60), for_ms=5_000)
    shown = look(board(sales={"longest_wait_seconds": 61.5}, help={"longest_wait_seconds": 60.0}))
    found = judge(shown, longest)
    assert found.breaching == {key("wait", "sales"): Breach(61.5, 60, None, 5_000)}
    assert (found.kept, found.unknown) == ({}, set())


@pytest.mark.parametrize(
    ("operator", "names"),
    [(">", {"three"}), (">=", {"two", "three"}), ("<", {"one"}), ("<=", {"one", "two"})],
)
def test_an_operator_takes_the_threshold_in_or_leaves_it_out(
    operator: Operator, names: set[str]
) -> None:
    """Only >= and <= are true of the threshold itself."""
    shown = board(
        one={"contacts_waiting": 1}, two={"contacts_waiting": 2}, three={"contacts_waiting": 3}
    )
    found = judge(look(shown), rule("waiting", compare(WAITING, operator, 2)))
    assert {found_key.where.name for found_key in found.breaching} == names


@pytest.mark.parametrize("value", [None, math.nan, {"voice": 7}, {}])
@pytest.mark.parametrize("operator", [">", ">=", "<", "<="])
def test_what_is_no_number_is_beyond_nothing(value: KpiValue, operator: Operator) -> None:
    """No value, NaN and a dict where a number is expected never match."""
    shown = board(sales={"contacts_waiting": value})
    found = judge(look(shown), rule("waiting", compare(WAITING, operator, 0)))
    assert found.breaching == {}


@pytest.mark.parametrize("value", [0.1, None, {"other": 0.1}, {"abandons_negative": None}])
def test_a_label_that_is_not_there_has_no_value(value: KpiValue) -> None:
    """A path of labels ends at a number or nowhere."""
    found = judge(
        look(board(sales={"service_level": value})), rule("level", compare(SERVICE, "<", 0.8))
    )
    assert found.breaching == {}


def test_a_threshold_that_is_no_number_is_never_passed() -> None:
    """NaN as a threshold matches no row, from whatever side."""
    shown = look(board(sales={"contacts_waiting": 3}))
    for operator in (">", ">=", "<", "<="):
        assert not judge(shown, rule("waiting", compare(WAITING, operator, math.nan))).breaching


def test_a_figure_of_a_window_is_read_in_that_window() -> None:
    """The same KPI differs by window; a row may be in one window only."""
    level = Measure("service_level", ("abandons_negative",), "today")
    shown = board(
        {
            "30m": rows(sales={"service_level": {"abandons_negative": 0.9}}),
            "today": rows(
                sales={"service_level": {"abandons_negative": 0.5}},
                help={"service_level": {"abandons_negative": 0.6}},
            ),
        }
    )
    found = judge(
        look(shown), rule("day", compare(level, "<", 0.8)), rule("half", compare(SERVICE, "<", 0.8))
    )
    assert set(found.breaching) == {key("day", "sales"), key("day", "help")}


def test_a_figure_of_now_is_found_in_whatever_window_has_the_row() -> None:
    """What is true now needs no window."""
    shown = board(
        {"30m": rows(sales={"contacts_waiting": 1}), "today": rows(help={"contacts_waiting": 9})}
    )
    found = judge(look(shown), rule("waiting", compare(WAITING, ">", 0)))
    assert set(found.breaching) == {key("waiting", "sales"), key("waiting", "help")}


@pytest.mark.parametrize(
    "at", [Where("channel", "chat"), Where("team", "east"), Where("motive", "bill"), Where("total")]
)
def test_each_kind_of_row_is_looked_at_in_its_own_rows(at: Where) -> None:
    """A rule sees the rows of its kind and no others."""
    values: dict[str, KpiValue] = {"contacts_waiting": 5}
    every = Rows(
        total=values,
        queues={"sales": values},
        channels={"chat": values},
        teams={"east": values},
        pairs={("sales", "chat"): values},
        facets={"motive": {"bill": values}, "survey": {"after": values}},
    )
    waiting = rule("waiting", compare(WAITING, ">", 1), scope=Scope(at.kind))
    assert set(judge(look(board({"5m": every})), waiting).breaching) == {Key("waiting", at)}


def test_the_window_of_a_figure_of_now_means_nothing() -> None:
    """Asked for in a window that has no such row, it is found all the same."""
    waiting = rule("waiting", compare(Measure("contacts_waiting", window="5m"), ">", 0))
    shown = board({"30m": rows(sales={"contacts_waiting": 1})})
    assert set(judge(look(shown), waiting).breaching) == {key("waiting", "sales")}


def test_an_open_alert_is_kept_as_far_as_clear() -> None:
    """Between clear and threshold nothing fires, and what fires stays."""
    level = rule("level", compare(SERVICE, "<", 0.80, clear=0.83))
    shown = board(
        low={"service_level": {"abandons_negative": 0.79}},
        middle={"service_level": {"abandons_negative": 0.82}},
        high={"service_level": {"abandons_negative": 0.83}},
    )
    opened = [key("level", name) for name in ("low", "middle", "high")]
    found = judge(look(shown), level, open_keys=opened)
    assert found.breaching == {key("level", "low"): Breach(0.79, 0.80, None, 0)}
    assert found.kept == {
        key("level", "low"): Breach(0.79, 0.80, None, 0),
        key("level", "middle"): Breach(0.82, 0.80, None, 0),
    }
    assert found.unknown == set()
    assert set(judge(look(shown), level).breaching) == {key("level", "low")}


@pytest.mark.parametrize(
    ("operator", "value", "is_kept"),
    [(">", 5, False), (">", 5.1, True), (">=", 5, True), (">=", 4.9, False)],
)
def test_clear_is_compared_with_the_same_operator(
    operator: Operator, value: float, is_kept: bool
) -> None:
    """An alert on > holds while the value is > clear, one on >= while it is >= clear."""
    waiting = rule("waiting", compare(WAITING, operator, 10, clear=5))
    shown = look(board(sales={"contacts_waiting": value}))
    found = judge(shown, waiting, open_keys=[key("waiting", "sales")])
    assert (key("waiting", "sales") in found.kept) is is_kept
    assert found.breaching == {}


def test_without_clear_an_alert_is_over_at_its_threshold() -> None:
    """The threshold is both sides."""
    waiting = rule("waiting", compare(WAITING, ">", 10))
    shown = look(board(sales={"contacts_waiting": 10}))
    assert judge(shown, waiting, open_keys=[key("waiting", "sales")]).kept == {}


def test_an_alert_is_over_when_there_is_no_value_any_more() -> None:
    """Nobody waits: there is no longest wait, and no alert on it."""
    longest = rule("wait", compare(WAIT, ">", 60, clear=30))
    shown = look(board(sales={"longest_wait_seconds": None}))
    found = judge(shown, longest, open_keys=[key("wait", "sales")])
    assert (found.kept, found.unknown) == ({}, set())


@pytest.mark.parametrize(("offered", "fires"), [(None, False), (1, False), (19, False), (20, True)])
def test_with_too_small_a_sample_nothing_fires_or_is_kept(offered: int | None, fires: bool) -> None:
    """One abandoned of one contact is no news with a minimum sample of 20."""
    lost = rule("lost", compare(ABANDONED, ">", 0.2, least=20))
    shown = board(sales={"abandonment_rate": {"of_offered": 1.0}, "contacts_offered": offered})
    found = judge(look(shown), lost, open_keys=[key("lost", "sales")])
    wanted = {key("lost", "sales"): Breach(1.0, 0.2, 20, 0)} if fires else {}
    assert found.breaching == wanted
    assert found.kept == wanted
    assert found.unknown == set()


def test_all_of_a_group_are_true_in_the_same_row() -> None:
    """Nobody ready in one queue and people waiting in another is nothing."""
    nobody = rule("nobody", AllOf((compare(WAITING, ">", 0), compare(READY, "<", 1))))
    shown = board(
        both={"contacts_waiting": 4, "agents_available": 0},
        waiting={"contacts_waiting": 4, "agents_available": 2},
        empty={"contacts_waiting": 0, "agents_available": 0},
    )
    assert judge(look(shown), nobody).breaching == {key("nobody", "both"): Breach(4, 0, None, 0)}


def test_any_of_a_group_tells_the_first_that_is_true() -> None:
    """The message shows the comparison that made it, in the order in which they are written."""
    busy = rule("busy", AnyOf((compare(WAIT, ">", 60), compare(WAITING, ">", 3))))
    shown = board(
        long={"longest_wait_seconds": 70.0, "contacts_waiting": 9},
        many={"longest_wait_seconds": 7.0, "contacts_waiting": 4},
        calm={"longest_wait_seconds": 7.0, "contacts_waiting": 3},
    )
    assert judge(look(shown), busy).breaching == {
        key("busy", "long"): Breach(70, 60, None, 0),
        key("busy", "many"): Breach(4, 3, None, 0, part=1),
    }


def test_a_comparison_with_too_small_a_sample_is_not_told_of() -> None:
    """The other one made the alert."""
    either = AnyOf((compare(ABANDONED, ">", 0.2, least=20), compare(WAITING, ">", 3)))
    shown = board(
        sales={
            "abandonment_rate": {"of_offered": 1.0},
            "contacts_offered": 1,
            "contacts_waiting": 4,
        }
    )
    found = judge(look(shown), rule("either", either))
    assert found.breaching == {key("either", "sales"): Breach(4, 3, None, 0, part=1)}


def test_each_comparison_of_a_group_has_its_own_clear() -> None:
    """An open alert holds while each of its comparisons holds on its own side."""
    group = AllOf((compare(WAITING, ">", 10, clear=5), compare(READY, "<", 1, clear=3)))
    shown = board(
        held={"contacts_waiting": 6, "agents_available": 2},
        over={"contacts_waiting": 6, "agents_available": 3},
    )
    opened = [key("nobody", "held"), key("nobody", "over")]
    found = judge(look(shown), rule("nobody", group), open_keys=opened)
    assert found.kept == {key("nobody", "held"): Breach(6, 10, None, 0)}


def test_a_group_of_nothing_is_never_true() -> None:
    """An empty group pages nobody."""
    shown = look(board(sales={"contacts_waiting": 6}))
    assert judge(shown, rule("all", AllOf(())), rule("any", AnyOf(()))).breaching == {}
