"""The rule that makes every record count exactly once, whatever the consumer delivers."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.admission import Verdict, admit, gap
from streams.batch import Batch


class Row(NamedTuple):
    """A record with nothing but its place."""

    offset: int
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = None


@pytest.mark.parametrize(
    ("asked_from", "first", "last", "next_offset", "expected"),
    [
        (10, 10, 19, 10, Verdict.FOLD),
        (5, 5, 19, 10, Verdict.FOLD),
        (0, 3, 9, 10, Verdict.SKIP),
        (20, 20, 29, 10, Verdict.SEEK_BACK),
        (10, 14, 19, 10, Verdict.FOLD),
        (5, 14, 19, 10, Verdict.FOLD),
        (None, 10, 19, 10, Verdict.FOLD),
        (None, 8, 19, 10, Verdict.FOLD),
        (None, 12, 19, 10, Verdict.SEEK_BACK),
        (0, 1000, 1009, 0, Verdict.FOLD),
    ],
)
def test_a_batch_is_admitted_by_where_it_was_asked_from(
    asked_from: int | None, first: int, last: int, next_offset: int, expected: Verdict
) -> None:
    """Old news is skipped, overlaps are cut, losses are fetched again."""
    assert admit(asked_from, first, last, next_offset) == expected


@st.composite
def logs(draw: st.DrawFn) -> list[int]:
    """Offsets that exist on the broker: increasing, with holes."""
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 5]), min_size=1, max_size=60))
    return [sum(steps[: at + 1]) - 1 for at in range(len(steps))]


@given(log=logs(), data=st.data())
def test_every_existing_offset_is_folded_once_and_in_order(
    log: list[int], data: st.DataObject
) -> None:
    """Any mixture of stale, early, late, repeated and lost batches ends in the log itself."""
    folded: list[int] = []
    holes = 0
    next_offset = 0
    cursor = 0
    queue: list[Batch] = []

    def fetch(size: int) -> None:
        nonlocal cursor
        offsets = [offset for offset in log if offset >= cursor][:size]
        if offsets:
            queue.append(Batch([Row(offset) for offset in offsets], cursor))
            cursor = offsets[-1] + 1

    def take(batch: Batch) -> None:
        nonlocal next_offset, cursor, holes
        verdict = admit(batch.asked_from, batch.first_offset, batch.last_offset, next_offset)
        if verdict is Verdict.SEEK_BACK:
            cursor = next_offset
        elif verdict is Verdict.FOLD:
            rows = batch.rows_from(next_offset)
            folded.extend(row.offset for row in rows)
            holes += gap(next_offset, batch.last_offset, len(rows))
            next_offset = batch.last_offset + 1

    actions = st.sampled_from(["fetch", "take", "lose", "repeat", "seek", "restart", "late"])
    for action in data.draw(st.lists(actions, max_size=60)):
        if action == "fetch":
            fetch(data.draw(st.integers(1, 10)))
        elif action == "take" and queue:
            take(queue.pop(0))
        elif action == "lose" and queue:
            queue.pop(data.draw(st.integers(0, len(queue) - 1)))
        elif action == "repeat" and queue:
            queue.append(data.draw(st.sampled_from(queue)))
        elif action == "late" and queue:
            queue.append(queue.pop(0))
        elif action == "seek":  # placed somewhere wrong: ahead or behind
            cursor = data.draw(st.integers(0, log[-1] + 3))
        elif action == "restart":  # back to an earlier complete checkpoint
            back = data.draw(st.integers(0, next_offset))
            kept = [offset for offset in folded if offset < back]
            next_offset = kept[-1] + 1 if kept else 0
            folded[:] = kept
            holes = next_offset - len(kept)
            cursor = next_offset
    for _ in range(2 * len(log) + 2):  # quiet again: everything that is queued, then the rest
        while queue:
            take(queue.pop(0))
        if next_offset > log[-1]:
            break
        cursor = next_offset  # what the watch over stuck partitions does
        fetch(10)

    assert folded == log
    assert all(before < after for before, after in pairwise(folded))
    assert holes == log[-1] + 1 - len(log)


def test_an_overlapping_batch_gives_its_new_rows_only() -> None:
    """Rows below the asked offset are cut off, also where offsets are missing."""
    batch = Batch([Row(3), Row(7), Row(8), Row(12)], asked_from=3)
    assert [row.offset for row in batch.rows_from(0)] == [3, 7, 8, 12]
    assert [row.offset for row in batch.rows_from(8)] == [8, 12]
    assert [row.offset for row in batch.rows_from(9)] == [12]


def test_offsets_that_exist_no_more_are_counted() -> None:
    """In front of the first record, and between the records."""
    assert gap(next_offset=0, last_offset=1009, folded=10) == 1000
    assert gap(next_offset=9, last_offset=12, folded=1) == 3
    assert gap(next_offset=5, last_offset=9, folded=5) == 0
