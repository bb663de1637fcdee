"""Reads the journal's topic from its beginning and stays at its end, whatever the broker does.

Only what is committed is seen. "At the end" is told by the position, not by the last record:
the markers of transactions, records of aborted ones and what compaction took away have offsets too.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from alerts.journal import Listener

log = logging.getLogger(__name__)

PARTITION = 0
POLL_MS = 200
RETRY_S = 1.0
SILENT_AFTER_S = 5.0
"""The broker answers an idle reader five times a second; after so long without, it is away."""
_FETCH_BYTES = 8 * 1024 * 1024
_FETCH_WAIT_MS = 200  # our question for the end waits behind a fetch, on the same connection
_STOP_S = 5.0


class Tail:
    """One reader without a group; ``failures`` counts records that the listener did not take."""

    def __init__(self, topic: str, client_options: Mapping[str, Any], *, timeout_ms: int) -> None:
        self._place = TopicPartition(topic, PARTITION)
        self._options = dict(client_options)
        self._timeout_ms = timeout_ms
        self._position: int | None = None
        self._stable_end: int | None = None
        self._answered_ms: int | None = None
        self._answered_s = 0.0
        self._asked: list[asyncio.Future[None]] = []
        self._goals: list[tuple[int, asyncio.Future[None]]] = []
        self._is_in_trouble = False
        self.failures = 0

    @property
    def is_behind(self) -> bool:
        """Whether records may be in the log that were not told yet; also while it is away."""
        if self._position is None or self._stable_end is None:
            return True
        is_silent = time.monotonic() - self._answered_s > SILENT_AFTER_S
        return is_silent or self._position < self._stable_end

    async def run(self, listener: Listener) -> None:
        """Tell the listener of every record, for ever; trouble is logged once and tried again."""
        while True:
            try:
                await self._read(listener)
            except OffsetOutOfRangeError:
                log.error("the journal of alerts is not the one it was: reading it from its start")
                self._position = None
            except Exception as error:  # noqa: BLE001  whatever it is, alerts need the journal
                if not self._is_in_trouble:
                    log.warning("the journal of alerts cannot be read, trying again: %r", error)
                self._is_in_trouble = True
            await asyncio.sleep(RETRY_S)

    async def reach_end(self) -> None:
        """Return when everything that is committed now was told.

        Raises:
            TimeoutError: for a whole time-out nothing could be read.
        """
        goal: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked.append(goal)
        while not goal.done():
            before = self._position
            await asyncio.wait([goal], timeout=self._timeout_ms / 1000)
            if not goal.done() and self._position == before:
                goal.cancel()
                raise TimeoutError("the journal of alerts is not read on")

    async def _read(self, listener: Listener) -> None:
        consumer = AIOKafkaConsumer(
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",  # a log that was made anew is noticed
            isolation_level="read_committed",
            max_partition_fetch_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            request_timeout_ms=self._timeout_ms,
            **self._options,
        )
        try:
            await consumer.start()
            consumer.assign([self._place])
            if self._position is None:
                first = await consumer.beginning_offsets([self._place])
                self._position = first[self._place]
            consumer.seek(self._place, self._position)
            while True:
                await self._aim(consumer)
                fetched = await consumer.getmany(self._place, timeout_ms=POLL_MS)
                for record in fetched.get(self._place, ()):
                    self._tell(listener, record.key, record.value)
                self._position = await consumer.position(self._place)
                self._look(consumer)
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_S):
                    await consumer.stop()

    async def _aim(self, consumer: Any) -> None:
        """Give those who ask the end as it is after they asked."""
        if not self._asked:
            return
        asked = list(self._asked)
        ends = await consumer.end_offsets([self._place])
        del self._asked[: len(asked)]
        self._goals += [(ends[self._place], goal) for goal in asked]

    def _look(self, consumer: Any) -> None:
        assert self._position is not None
        self._stable_end = consumer.last_stable_offset(self._place)
        if (answered_ms := consumer.last_poll_timestamp(self._place)) != self._answered_ms:
            self._answered_ms, self._answered_s = answered_ms, time.monotonic()
            self._is_in_trouble = False
        for end, goal in self._goals:
            if end <= self._position and not goal.done():
                goal.set_result(None)
        self._goals = [(end, goal) for end, goal in self._goals if not goal.done()]

    def _tell(self, listener: Listener, key: bytes | None, value: bytes | None) -> None:
        try:
            listener((key or b"").decode(), value)
        except Exception as error:  # noqa: BLE001  one bad record must not hide those behind it
            self.failures += 1
            if self.failures == 1:
                log.error("a record of the journal was not taken: %s", type(error).__name__)
