"""Connecting to a broker: a refusal is told once, by us, with what to do."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def told_once() -> Iterator[None]:
    """Keep the client library silent while we connect; our error says the same and the fix."""
    library = logging.getLogger("aiokafka")
    before = library.level
    library.setLevel(logging.CRITICAL + 1)  # also that of its modules, which have loggers each
    try:
        yield
    finally:
        library.setLevel(before)
