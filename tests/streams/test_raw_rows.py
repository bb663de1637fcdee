"""Raw rows are what aiokafka would hand over: the same records, places and refusals."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import FetchError, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from streams.raw_rows import RawResults

TP = TopicPartition("calls", 0)


class Place:
    """Where the consumer stands in the partition."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.paused = False
        self.active = True

    def state_value(self, _tp: Any) -> Place:
        """Of the only partition."""
        return self

    def consumed_to(self, offset: int) -> None:
        """Records were handed over up to there."""
        self.position = offset


def written(base: int, count: int) -> bytes:
    """A record batch with so many records from an offset, as a broker sends it."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 1_000_000)
    for at in range(count):
        builder.append(at, 1_700_000_000_000 + at, b"k%d" % at, b"v%d" % (base + at), [])
    raw = bytearray(bytes(builder.build()))
    raw[0:8] = base.to_bytes(8, "big")  # the base offset is outside of the checksum
    return bytes(raw)


def result(raw: bytes, place: Place, isolation: int = 0) -> FetchResult:
    """What a fetcher keeps of an answer."""
    records = PartitionRecords(
        TP, MemoryRecords(raw), [], place.position, None, None, True, isolation
    )
    return FetchResult(TP, assignment=place, partition_records=records, backoff=0)


def made_raw(of: FetchResult) -> FetchResult:
    """The same result as the worker's consumer keeps it."""
    RawResults(OrderedDict({TP: of}), lambda _tp: True)
    assert "getall" in vars(of)
    return of


def drained(of: FetchResult, place: Place, most: int | None) -> list[tuple[Any, ...]]:
    """All calls until nothing is left: records and the place behind them."""
    found: list[tuple[Any, ...]] = []
    while of.has_more():
        rows = of.getall(most)
        found.append(
            (tuple((row.offset, row.timestamp, row.key, row.value) for row in rows), place.position)
        )
    return [one for one in found if one[0]]


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
    st.integers(0, 12),
    st.one_of(st.none(), st.integers(1, 12)),
)
def test_the_same_records_in_the_same_pieces(
    sizes: list[int], first: int, most: int | None
) -> None:
    """Whatever the batches, the offset asked for and the most that is taken at once.

    A broker begins with the batch that holds the offset.
    """
    raw, base = b"", 0
    for size in sizes:
        raw += written(base, size)
        base += size
    here, there = Place(min(first, sizes[0] - 1)), Place(min(first, sizes[0] - 1))
    plain = drained(result(raw, here), here, most)
    assert drained(made_raw(result(raw, there)), there, most) == plain
    assert here.position == there.position == base


def test_behind_a_batch_whose_last_records_were_compacted_away_is_its_end() -> None:
    """Else the same batch would be fetched for ever."""
    raw = bytearray(written(10, 3))
    raw[23:27] = (7).to_bytes(4, "big")  # the last offset delta: 10 to 17
    body = bytes(raw[21:])
    raw[17:21] = calc_crc32c(body).to_bytes(4, "big")
    for most in (None, 2):
        place = Place(10)
        of = made_raw(result(bytes(raw), place))
        rows = of.getall(most)
        while of.has_more():
            rows += of.getall(most)
        assert [row.offset for row in rows] == [10, 11, 12]
        assert place.position == 18


def test_a_wrong_checksum_is_refused_and_fetched_again() -> None:
    """Nothing of the answer is used from then on, and the place stays."""
    raw = bytearray(written(0, 3) + written(3, 3))
    raw[-1] ^= 1
    place = Place(0)
    of = made_raw(result(bytes(raw), place))
    with pytest.raises(CorruptRecordException):
        of.getall(None)
    assert of.getall(None) == []
    assert not of.has_more()
    assert place.position == 0


def test_records_of_a_place_that_was_left_are_dropped() -> None:
    """Somebody placed the consumer elsewhere in between."""
    place = Place(0)
    of = made_raw(result(written(0, 5), place))
    assert [row.offset for row in of.getall(2)] == [0, 1]
    place.position = 0
    assert of.getall(2) == []
    assert not of.has_more()


def test_only_wanted_partitions_that_need_no_more_than_parsing() -> None:
    """Transactions, other topics and errors stay with the library."""
    kept = RawResults(OrderedDict(), lambda tp: tp.topic == "calls")
    other = TopicPartition("changelog", 0)
    plain, committed = result(written(0, 1), Place(0)), result(written(0, 1), Place(0), isolation=1)
    kept[other] = plain
    kept[TP] = committed
    error = kept[TopicPartition("calls", 1)] = FetchError(error=OSError(), backoff=0)
    assert "getall" not in vars(plain)
    assert "getall" not in vars(committed)
    assert "getall" not in vars(error)
