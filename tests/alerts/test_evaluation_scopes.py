"""Which rows a rule looks at."""

from __future__ import annotations

import pytest

from aggregators.board import Board, Rows
from aggregators.kpis.values import KpiValues
from aggregators.policy import Rules
from alerts.evaluation import Evaluator
from alerts.row_names import matching
from alerts.rules import Scope
from tests.alerts.evaluation_boards import WAITING, board, compare, judge, look, rule

PAIRS = [
    ("sales", "voice"), ("sales", "chat"), ("Sales-north", "voice"), ("sales-south", "voice"),
    ("help", "voice"), ("help", "email"),
]  # fmt: skip


def board_of(*pairs: tuple[str, str]) -> Board:
    """Return a board on which every pair is busy."""
    busy: dict[tuple[str, str], KpiValues] = {pair: {"contacts_waiting": 9} for pair in pairs}
    return board({"5m": Rows(total={}, queues={}, channels={}, teams={}, pairs=busy)})


@pytest.mark.parametrize(
    ("scope", "taken"),
    [
        (Scope(), PAIRS),
        (Scope(names=("sales",)), PAIRS[:2]),
        (Scope(names=("sales*",)), [PAIRS[0], PAIRS[1], PAIRS[3]]),
        (Scope(names=("?ales*",)), PAIRS[:4]),
        (Scope(names=("sales", "help")), [PAIRS[0], PAIRS[1], PAIRS[4], PAIRS[5]]),
        (Scope(channels=("voice",)), [PAIRS[0], PAIRS[2], PAIRS[3], PAIRS[4]]),
        (Scope(names=("sales*",), channels=("chat", "email")), [PAIRS[1]]),
        (Scope(without=("sales*", "Sales*")), PAIRS[4:]),
        (Scope(names=("sales",), without=("*",)), []),
        (Scope(names=()), []),
        (Scope(names=("nobody",)), []),
    ],
)
def test_a_scope_takes_the_pairs_of_its_patterns(
    scope: Scope, taken: list[tuple[str, str]]
) -> None:
    """Case counts, ``without`` wins, channels narrow."""
    found = judge(look(board_of(*PAIRS)), rule("busy", compare(WAITING, ">", 3), scope=scope))
    names = {(found_key.where.name, found_key.where.channel) for found_key in found.breaching}
    assert names == set(taken)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a[b]*", ["a[b]c"]), ("a?b]c", ["a[b]c"]), ("*\n*", ["x\ny"]), ("a.c", []), ("", [""]),
        ("***", ["a[b]c", "abc", "x\ny", ""]),
    ],
)  # fmt: skip
def test_only_star_and_question_mark_mean_something(pattern: str, names: list[str]) -> None:
    """Names of queues may hold anything, so brackets and dots are themselves."""
    assert list(matching(pattern, ["a[b]c", "abc", "x\ny", ""])) == names


def test_a_queue_that_comes_or_goes_is_seen_at_the_next_look() -> None:
    """What a pattern takes is looked up anew when the names change, and no values are mixed up."""
    evaluator = Evaluator(
        [rule("busy", compare(WAITING, ">", 3), scope=Scope(names=("sales*",)))], Rules()
    )
    for pairs in (PAIRS[3:], PAIRS, PAIRS[::-1], PAIRS[4:], [PAIRS[0]]):
        shown = board_of(*pairs)
        for number, pair in enumerate(PAIRS):
            if pair in pairs:
                shown.windows["5m"].pairs[pair]["contacts_waiting"] = 10 + number
        found = evaluator.look(look(shown), ())
        values = {
            (found_key.where.name, found_key.where.channel): breach.value
            for found_key, breach in found.breaching.items()
        }
        assert values == {
            pair: 10 + number
            for number, pair in enumerate(PAIRS)
            if pair in pairs and pair[0].startswith("sales")
        }
