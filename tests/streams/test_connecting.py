"""Who connects keeps the client library silent, and nobody keeps it silent for ever."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from streams.connecting import told_once

LIBRARY = logging.getLogger("aiokafka")
MODULE = logging.getLogger("aiokafka.conn")


def speaks() -> bool:
    return MODULE.isEnabledFor(logging.ERROR)


@pytest.fixture(autouse=True)
def library() -> Iterator[None]:
    """The library speaks, whatever other tests have done to it."""
    before = LIBRARY.level
    LIBRARY.setLevel(logging.INFO)
    yield
    LIBRARY.setLevel(before)


@pytest.mark.parametrize("ends", [(0, 1), (1, 0)])
def test_two_who_connect_at_a_time_leave_the_library_as_it_was(ends: tuple[int, int]) -> None:
    """Silent until the last of them is done, in whatever order they end."""
    both = [ExitStack(), ExitStack()]
    for one in both:
        one.enter_context(told_once())
    both[ends[0]].close()
    assert not speaks()
    both[ends[1]].close()
    assert speaks()
    assert LIBRARY.level == logging.INFO


def test_who_fails_to_connect_lets_the_library_speak_again() -> None:
    """The error goes on to who asked."""
    with pytest.raises(OSError, match="nobody there"), told_once():
        raise OSError("nobody there")
    assert speaks()
