"""Expressions that people searched for and did not find, by hour and by day.

The hours of the last two local days are kept one by one, so that a day can be compared with the
one before at the same time; older ones are put together into their day. Part of the shard's
state: stored with its record, there on replicas too.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from aggregators.calendar import local_day_start
from aggregators.dossiers.heavy_hitters import HeavyHitters
from aggregators.policy import DAY_MS, HOUR_MS, Rules

_NEVER_MS = 1 << 60


class _Stored(Struct, array_like=True):
    since_ms: int
    hours_from_ms: int
    kept_from_ms: int
    parts: dict[int, bytes]


_encode = msgspec.msgpack.Encoder().encode
_stored = msgspec.msgpack.Decoder(_Stored).decode
_part = msgspec.msgpack.Decoder(HeavyHitters).decode


class Expressions:
    """The expressions of one shard; ``since_ms`` is the time of the earliest ever mentioned."""

    def __init__(self, rules: Rules) -> None:
        policy = rules.policy("", "selfcare")
        self._clock = policy.zone, policy.reset_minute
        self._places = rules.expressions_kept
        self._retention_ms = rules.long_retention_ms
        self._open: dict[int, HeavyHitters] = {}  # by start of the hour or day
        self._packed: dict[int, bytes] = {}
        self._changed: set[int] = set()
        self._hours_from_ms = 0
        self._kept_from_ms = 0
        self.since_ms = _NEVER_MS

    def change(
        self, more: Iterable[tuple[int, str, str]], less: Iterable[tuple[int, str, str]]
    ) -> None:
        """Count mentions (instant, tool, expression), and take others back."""
        for at_ms, tool, text in more:
            start_ms, is_day = self._place(at_ms)
            if start_ms < self._kept_from_ms:
                continue
            self.since_ms = min(self.since_ms, at_ms)
            part = self._to_change(start_ms)
            if part is None:
                part = self._open[start_ms] = HeavyHitters(is_day)
                self._changed.add(start_ms)
            part.add(at_ms, tool, text, self._places)
        for at_ms, tool, text in less:
            start_ms, _ = self._place(at_ms)
            part = self._to_change(start_ms)
            if part is not None:
                part.remove(tool, text)
                if not part.mentions:
                    self._drop(start_ms)

    def parts(self, start_ms: int, end_ms: int) -> Iterator[HeavyHitters]:
        """Yield the hours and days that begin in [start, end), to be read only."""
        for at_ms in sorted(self._open.keys() | self._packed.keys()):
            if start_ms <= at_ms < end_ms:
                yield self._part(at_ms)

    def sweep(self, watermark_ms: int, newest_ms: int) -> None:
        """Put old hours together into days; forget what is older than the retention."""
        yesterday_ms = self._day(self._day(watermark_ms) - 1)
        if yesterday_ms > self._hours_from_ms:
            self._hours_from_ms = yesterday_ms
            for start_ms in sorted(self._open.keys() | self._packed.keys()):
                if start_ms < yesterday_ms:
                    self._into_day(start_ms)
        if self._retention_ms is not None:
            kept_from_ms = (newest_ms - self._retention_ms - DAY_MS) // HOUR_MS * HOUR_MS
            if kept_from_ms > self._kept_from_ms:
                self._kept_from_ms = kept_from_ms
                for start_ms in sorted(self._open.keys() | self._packed.keys()):
                    if start_ms < kept_from_ms:
                        self._drop(start_ms)

    def encode(self) -> bytes:
        """Return the state as bytes, none if there is nothing; only what changed is packed anew."""
        for start_ms in sorted(self._changed):
            part = self._open[start_ms]
            self._packed[start_ms] = zlib.compress(_encode(part), 1)
            if part.is_day:  # rarely changed again
                del self._open[start_ms]
        self._changed.clear()
        if self.since_ms == _NEVER_MS:
            return b""
        parts = {start_ms: self._packed[start_ms] for start_ms in sorted(self._packed)}
        return bytes(_encode(
            _Stored(self.since_ms, self._hours_from_ms, self._kept_from_ms, parts)
        ))  # fmt: skip

    def restore(self, stored: bytes) -> None:
        """Take the state that another one encoded, in place of our own."""
        self._open, self._changed = {}, set()
        if not stored:
            self._packed, self.since_ms = {}, _NEVER_MS
            return
        found = _stored(stored)
        self.since_ms, self._packed = found.since_ms, found.parts
        self._hours_from_ms, self._kept_from_ms = found.hours_from_ms, found.kept_from_ms

    def _day(self, at_ms: int) -> int:
        return local_day_start(at_ms, *self._clock)

    def _place(self, at_ms: int) -> tuple[int, bool]:
        day_ms = self._day(at_ms)
        if day_ms < self._hours_from_ms:
            return day_ms, True
        return day_ms + (at_ms - day_ms) // HOUR_MS * HOUR_MS, False

    def _part(self, start_ms: int) -> HeavyHitters:
        return self._open.get(start_ms) or _part(zlib.decompress(self._packed[start_ms]))

    def _to_change(self, start_ms: int) -> HeavyHitters | None:
        if start_ms not in self._open and start_ms not in self._packed:
            return None
        part = self._open[start_ms] = self._part(start_ms)
        self._changed.add(start_ms)
        return part

    def _into_day(self, start_ms: int) -> None:
        part = self._part(start_ms)
        if part.is_day:
            return
        self._drop(start_ms)
        day_ms = self._day(start_ms)
        day = self._to_change(day_ms)
        if day is None:
            day = self._open[day_ms] = HeavyHitters(True)
            self._changed.add(day_ms)
        day.merge(part, self._places)

    def _drop(self, start_ms: int) -> None:
        self._open.pop(start_ms, None)
        self._packed.pop(start_ms, None)
        self._changed.discard(start_ms)
