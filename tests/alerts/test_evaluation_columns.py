"""A column and its rows say the same."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from aggregators.kpis.values import KpiValue
from alerts.columns import Column
from alerts.rules import Measure, Operator
from tests.alerts.evaluation_boards import WAITING

OPERATORS: tuple[Operator, ...] = (">", ">=", "<", "<=")

values: st.SearchStrategy[KpiValue] = st.one_of(
    st.none(),
    st.integers(-3, 3),
    st.floats(),
    st.just({"of_offered": 1.0}),
)


@given(st.lists(values), st.integers(-3, 3) | st.floats())
def test_a_bisection_finds_the_rows_that_are_beyond_one_by_one(
    found: list[KpiValue], bound: float
) -> None:
    """Whole columns, single rows and counts agree for every operator."""
    column = Column(WAITING, [{"contacts_waiting": value} for value in found])
    for operator in OPERATORS:
        one_by_one = {n for n in range(len(found)) if column.is_beyond(n, operator, bound)}
        beyond = column.beyond(operator, bound)
        assert set(beyond) == one_by_one
        assert column.count(operator, bound) == len(beyond) == len(one_by_one)


def test_values_that_are_equal_to_the_bound_are_beyond_it_only_with_it() -> None:
    """Five rows around 2, one of them without a number."""
    rows: list[dict[str, KpiValue]] = [
        {"contacts_waiting": value} for value in (3, 2, math.nan, 1, 2.0)
    ]
    column = Column(WAITING, rows)
    assert {operator: sorted(column.beyond(operator, 2)) for operator in OPERATORS} == {
        ">": [0], ">=": [0, 1, 4], "<": [3], "<=": [1, 3, 4],
    }  # fmt: skip
    assert [n for n in range(5) if column.is_beyond(n, "<", 2)] == [3]
    assert [column.value(n) for n in range(5)] == [3, 2, None, 1, 2.0]


def test_the_sample_of_a_row_is_that_of_its_window() -> None:
    """The count beside the ratio, in the same row; None where a KPI has none."""
    rows: list[dict[str, KpiValue]] = [{"answer_rate": 0.5, "contacts_offered": 8}, {}]
    column = Column(Measure("answer_rate", window="5m"), rows)
    assert [column.sample(0), column.sample(1), column.sample(0)] == [8, None, 8]
    assert Column(WAITING, rows).sample(0) is None
