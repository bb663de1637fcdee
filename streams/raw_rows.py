"""Records of a fetch as the library's parser makes them, a record batch at a time.

aiokafka turns each parsed record into an object of its own, one by one through a generator: that
costs three times the parsing. What a batch needs of a record (offset, time, key, value) the parsed
one has already. Only for partitions whose records become a :class:`~streams.batch.Batch`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from aiokafka.consumer.fetcher import READ_UNCOMMITTED, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException

_NOWHERE = -1
"""No consumer stands there: aiokafka drops such a result and fetches again."""


class RawRows:
    """Takes the place of ``FetchResult.getall`` of one result.

    The consumer's position moves with what is handed over, as there: behind the last record, or
    behind the last batch once all of it is out.
    """

    def __init__(self, result: FetchResult) -> None:
        self._result = result
        self._records: PartitionRecords = result._partition_records
        self._left: list[Any] = []
        self._end: int = self._records.next_fetch_offset

    def __call__(self, max_records: int | None = None) -> list[Any]:
        """Return at most so many records; none when the consumer was placed elsewhere.

        Raises:
            CorruptRecordException: a checksum is wrong; the next call fetches again.
        """
        result, records = self._result, self._records
        if not result.check_assignment(result._topic_partition) or not result.has_more():
            return []
        rows, self._left = self._left, []
        try:
            self._fill(rows, max_records)
        except BaseException:
            records.next_fetch_offset = _NOWHERE
            raise
        if max_records is not None and len(rows) > max_records:
            self._left = rows[max_records:]
            del rows[max_records:]
        # Compaction may have taken the last records of a batch: what is behind it counts then.
        records.next_fetch_offset = rows[-1].offset + 1 if self._left else self._end
        result._update_position()
        if not self._left and not records._records.has_next():
            result._partition_records = None
        return rows

    def _fill(self, rows: list[Any], max_records: int | None) -> None:
        """Parse batches until there are enough rows."""
        memory, start = self._records._records, self._records.next_fetch_offset
        while (max_records is None or len(rows) < max_records) and memory.has_next():
            batch = memory.next_batch()
            if self._records._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._result._topic_partition}")
            if not batch.is_control_batch:
                found = list(batch)
                if found and found[0].offset < start:  # a batch is sent whole
                    found = [row for row in found if row.offset >= start]
                rows += found
            self._end = batch.next_offset


class RawResults(OrderedDict[Any, Any]):
    """The results of a fetcher by partition, those that ``is_wanted`` with :class:`RawRows`."""

    def __init__(self, results: OrderedDict[Any, Any], is_wanted: Callable[[Any], bool]) -> None:
        super().__init__()
        self._is_wanted = is_wanted
        for tp, result in results.items():
            self[tp] = result

    def __setitem__(self, tp: Any, result: Any) -> None:
        if type(result) is FetchResult and self._is_wanted(tp):
            records = result._partition_records
            if records is not None and _is_plain(records):
                result.getall = RawRows(result)
        super().__setitem__(tp, result)


def _is_plain(records: PartitionRecords) -> bool:
    """Tell whether records need nothing but parsing."""
    return (
        records._isolation_level == READ_UNCOMMITTED
        and records._key_deserializer is None
        and records._value_deserializer is None
    )


def hand_over_raw(fetcher: Any, is_wanted: Callable[[Any], bool]) -> None:
    """Let a fetcher hand over raw records for the partitions that are wanted. Safe to repeat."""
    if type(fetcher._records) is not RawResults:
        fetcher._records = RawResults(fetcher._records, is_wanted)
