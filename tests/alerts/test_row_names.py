"""Rows that come and go: what a pattern matches is that of the rows of now."""

from __future__ import annotations

import fnmatch
import time

from hypothesis import given
from hypothesis import strategies as st

from alerts.row_names import RowNames
from alerts.rules import Scope

NAMES = st.lists(st.sampled_from(["a", "ab", "b", "ba", "sales", "sale-2", "x"]), unique=True)
PATTERNS = st.sampled_from(["*", "a*", "*a", "?", "s*s", "sale*", "ab", "none*"])


@given(st.lists(st.tuples(NAMES, st.lists(PATTERNS, max_size=3, unique=True)), max_size=8))
def test_each_look_takes_what_its_own_rows_say(
    looks: list[tuple[list[str], list[str]]],
) -> None:
    """Whatever was there before, and whatever was asked then."""
    known: RowNames | None = None
    for names, patterns in looks:
        rows = RowNames("pair", [(name, "voice") for name in names], known)
        for pattern in patterns:
            taken = rows.taken(Scope("pair", (pattern,), (), ("v*",)))
            wanted = {name for name in names if fnmatch.fnmatchcase(name, pattern)}
            assert {rows.wheres[number].name for number in taken} == wanted
        known = rows


def test_a_row_that_comes_or_goes_costs_little() -> None:
    """A thousand scopes of three patterns over 500 queues, and one queue more."""
    scopes = [
        Scope("pair", (f"q{n % 50}*{n}", f"*x{n}"), (f"*test{n}*",), ("v*",)) for n in range(1_000)
    ]
    rows = RowNames("pair", [(f"q{n}", "voice") for n in range(500)])
    for scope in scopes:
        rows.taken(scope)
    began_s = time.process_time()
    rows = RowNames("pair", [(f"q{n}", "voice") for n in range(501)], rows)
    for scope in scopes:
        rows.taken(scope)
    assert time.process_time() - began_s < 0.08
