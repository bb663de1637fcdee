"""Libraries that say the same thing many times a second: said once, then counted for a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

EVERY_S = 10.0
MOST_KNOWN = 1_000


class SayOnce(logging.Filter):
    """Drops what a library repeats within ten seconds, and says later how often it did.

    Without a broker the Kafka client complains eighty times a second, in four wordings.
    """

    def __init__(
        self, libraries: tuple[str, ...], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """``libraries`` are names of loggers, with those below them."""
        super().__init__()
        self._libraries = frozenset(libraries)
        self._clock_s = clock_s
        self._said: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in self._libraries:
            return True
        now_s = self._clock_s()
        key = record.name, record.levelno, str(record.msg)
        said_s, dropped = self._said.get(key, (float("-inf"), 0))
        if now_s - said_s < EVERY_S:
            self._said[key] = said_s, dropped + 1
            return False
        if len(self._said) >= MOST_KNOWN:
            self._said.clear()
        self._said[key] = now_s, 0
        if dropped:
            record.msg, record.args = f"{record.getMessage()} ({dropped} more like it)", None
        return True
