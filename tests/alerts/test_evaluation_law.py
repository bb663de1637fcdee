"""The columns find what going from row to row finds."""

from __future__ import annotations

import fnmatch
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aggregators.board import Board, Rows
from aggregators.kpis.samples import sample
from aggregators.policy import Rules
from alerts.alert import Key
from alerts.evaluation import Evaluator, Look
from alerts.rules import AllOf, AnyOf, Compare, Condition, Measure, Rule, Scope, Where, comparisons
from tests.alerts.evaluation_boards import NOW_MS, board

NAMES = ("sales", "sales-2", "help")
PAIRS = [(name, channel) for name in NAMES for channel in ("voice", "chat")]
WINDOWS = ("5m", "today")
NOW = {"contacts_waiting", "longest_wait_seconds", "agents_available"}

numbers = st.one_of(
    st.integers(-2, 6),
    st.sampled_from((0.5, 1.0, 2.5, math.inf, -math.inf, math.nan, True, False, None)),
)
levels = st.one_of(
    numbers, st.dictionaries(st.sampled_from(("of_offered", "not_answered")), numbers)
)
live_values = st.fixed_dictionaries({}, optional=dict.fromkeys(sorted(NOW), numbers))
window_values = st.fixed_dictionaries(
    {},
    optional={
        "abandonment_rate": levels,
        "answer_rate": numbers,
        "contacts_offered": st.integers(0, 4) | st.none(),
    },
)
measures = st.one_of(
    st.builds(Measure, st.sampled_from(sorted(NOW))),
    st.builds(Measure, st.just("answer_rate"), window=st.sampled_from(WINDOWS)),
    st.builds(
        Measure,
        st.just("abandonment_rate"),
        st.sampled_from(((), ("of_offered",), ("not_answered",), ("of_offered", "deeper"))),
        st.sampled_from(WINDOWS),
    ),
)
compares = st.builds(
    Compare,
    measures,
    st.sampled_from((">", ">=", "<", "<=")),
    st.integers(-1, 4),
    st.none() | st.integers(-1, 4),
    st.sampled_from((0, 0, 2)),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    compares,
    lambda part: st.one_of(
        st.builds(AllOf, st.lists(part, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(part, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
patterns = st.lists(st.sampled_from(("*", "sales", "sales*", "?elp", "x")), max_size=2).map(tuple)
scopes = st.builds(
    Scope, st.just("pair"), patterns, patterns, st.sampled_from(((), ("voice",), ("voice", "x")))
)


@st.composite
def boards(draw: st.DrawFn) -> Board:
    """Draw a board; figures of now are the same in all windows."""
    now = {pair: draw(live_values) for pair in PAIRS}
    windows = {}
    for window in WINDOWS:
        there = draw(st.sets(st.sampled_from(PAIRS)))
        pairs: dict[tuple[str, str], Any] = {
            pair: {**now[pair], **draw(window_values)} for pair in sorted(there)
        }
        windows[window] = Rows(total={}, queues={}, channels={}, teams={}, pairs=pairs)
    return board(windows)


@st.composite
def rule_sets(draw: st.DrawFn) -> list[Rule]:
    """Draw some rules."""
    return [
        Rule(id=f"r{n}", english="", french="", condition=draw(conditions), scope=draw(scopes))
        for n in range(draw(st.integers(1, 4)))
    ]


def read(shown: Board, pair: tuple[str, str], measure: Measure) -> tuple[Any, dict[str, Any]]:
    """Return the value of a measure in a pair, and the row that it is in."""
    for name, rows in shown.windows.items():
        if pair in rows.pairs and (measure.kpi in NOW or name == measure.window):
            value: Any = rows.pairs[pair].get(measure.kpi)
            for label in measure.labels:
                value = value.get(label) if isinstance(value, dict) else None
            return value, rows.pairs[pair]
    return None, {}


def holds(shown: Board, pair: tuple[str, str], condition: Condition, is_open: bool) -> bool:
    """Judge one row as a reader of the rule would."""
    if isinstance(condition, AllOf):
        parts = [holds(shown, pair, part, is_open) for part in condition.conditions]
        return bool(parts) and all(parts)
    if isinstance(condition, AnyOf):
        return any(holds(shown, pair, part, is_open) for part in condition.conditions)
    value, row = read(shown, pair, condition.measure)
    if value is None or isinstance(value, dict):
        return False
    side: float = condition.threshold
    if is_open and condition.clear is not None:
        side = condition.clear
    is_true: bool = {
        ">": value > side,
        ">=": value >= side,
        "<": value < side,
        "<=": value <= side,
    }[condition.operator]
    if not condition.min_sample:
        return is_true
    behind = sample(condition.measure.kpi, row)
    return is_true and behind is not None and behind >= condition.min_sample


def is_in(scope: Scope, pair: tuple[str, str]) -> bool:
    """Whether a rule looks at a pair."""
    name, channel = pair
    return (
        any(fnmatch.fnmatchcase(name, pattern) for pattern in scope.names)
        and not any(fnmatch.fnmatchcase(name, pattern) for pattern in scope.without)
        and (not scope.channels or channel in scope.channels)
    )


def told(shown: Board, pair: tuple[str, str], rule: Rule, is_open: bool) -> tuple[Any, ...]:
    """Return value, threshold and sample of the first comparison that is true."""
    for compare in comparisons(rule.condition):
        if holds(shown, pair, compare, is_open):
            value, row = read(shown, pair, compare.measure)
            return value, compare.threshold, sample(compare.measure.kpi, row)
    raise AssertionError("a condition is true and none of its comparisons")


@given(rule_sets(), st.lists(boards(), min_size=1, max_size=2), st.data())
def test_an_evaluator_finds_what_going_from_row_to_row_finds(
    rules: list[Rule], shown: list[Board], data: st.DataObject
) -> None:
    """Look after look, on boards whose rows come and go."""
    evaluator = Evaluator(rules, Rules())
    keys = [Key(rule.id, Where("pair", *pair)) for rule in rules for pair in PAIRS]
    for number, one in enumerate(shown):
        open_keys = data.draw(st.sets(st.sampled_from(keys)))
        look = Look(
            now_ms=NOW_MS + number * 1_000, board=one, health={}, is_current=True, is_complete=True
        )
        found = evaluator.look(look, open_keys)
        breaching, kept = {}, {}
        for rule in rules:
            for pair in PAIRS:
                key = Key(rule.id, Where("pair", *pair))
                if not is_in(rule.scope, pair):
                    continue
                if holds(one, pair, rule.condition, False):
                    breaching[key] = told(one, pair, rule, False)
                    if key in open_keys:
                        kept[key] = breaching[key]
                elif key in open_keys and holds(one, pair, rule.condition, True):
                    kept[key] = told(one, pair, rule, True)
        assert {key: breach[:3] for key, breach in found.breaching.items()} == breaching
        assert {key: breach[:3] for key, breach in found.kept.items()} == kept
        assert found.unknown == set()
