"""Connecting to a broker: a refusal is told once, by us, with what to do."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_library = logging.getLogger("aiokafka")
_before: list[int] = []
"""The levels that those found who connect now; the first is the library's own."""


@contextmanager
def told_once() -> Iterator[None]:
    """Keep the client library silent while we connect; our error says the same and the fix.

    Several may connect at a time: it may speak again when the last of them is done.
    """
    _before.append(_library.level)
    _library.setLevel(logging.CRITICAL + 1)  # also that of its modules, which have loggers each
    try:
        yield
    finally:
        level = _before.pop()
        if not _before:
            _library.setLevel(level)
