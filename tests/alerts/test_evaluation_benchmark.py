"""The benchmark measures what it says."""

from __future__ import annotations

import pytest

from benchmarks.alert_rules import measure, real_board, some_measures, some_rules


@pytest.mark.parametrize(
    ("share", "whole", "least", "most"), [(0.0, 0, 0, 0), (0.0, 1, 30, 30), (0.05, 0, 30, 120)]
)
def test_so_many_pairs_of_rule_and_queue_breach(
    share: float, whole: int, least: int, most: int
) -> None:
    """Fifty rules in thirty queues: none, one of them everywhere, or about one pair in twenty."""
    board, board_ms = real_board(30)
    measures = some_measures(board)
    found = measure(board, measures, some_rules(measures, 50, share, whole), looks=2)
    assert len(board.windows["5m"].pairs) == 30
    assert len(measures) == 100
    assert least <= found.breaching <= most
    assert min(*found.looks_ms, found.first_ms, board_ms) > 0
