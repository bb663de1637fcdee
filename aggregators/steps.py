"""Long work in steps: whoever does it may let others have their turn in between."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Steps: TypeAlias = Generator[None, None, T]
"""Work that yields where it may pause, and returns what it made."""


def at_once(steps: Steps[T]) -> T:
    """Do all steps; return what they made and raise what they raise."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        made: T = end.value
        return made
