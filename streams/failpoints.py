"""Places at which a test can let a worker die by SIGKILL, exactly there.

``VIGIE_FAILPOINT=<name>[:n]`` kills the process at the n-th passage of a named line (n is 1 where
it is left out). Without the variable :func:`passing` does nothing.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from streams.settings import StreamError

VARIABLE = "VIGIE_FAILPOINT"
AFTER_FETCH = "after_fetch"
MID_APPLY = "mid_apply"
AFTER_APPLY_BEFORE_SNAPSHOT = "after_apply_before_snapshot"
SNAPSHOT_SENT_NOT_ACKED = "snapshot_sent_not_acked"
SNAPSHOT_ACKED_BEFORE_COMMIT = "snapshot_acked_before_commit"
AFTER_COMMIT = "after_commit"
DURING_REVOKE = "during_revoke"
DURING_RECOVERY = "during_recovery"
NAMES = (
    AFTER_FETCH, MID_APPLY, AFTER_APPLY_BEFORE_SNAPSHOT, SNAPSHOT_SENT_NOT_ACKED,
    SNAPSHOT_ACKED_BEFORE_COMMIT, AFTER_COMMIT, DURING_REVOKE, DURING_RECOVERY,
)  # fmt: skip


def parse(text: str) -> tuple[str, int]:
    """Return name and passage of a failpoint.

    Raises:
        StreamError: it names no failpoint, or a passage below 1.
    """
    name, _, passage = text.partition(":")
    if name not in NAMES or not (passage or "1").isdecimal() or int(passage or 1) < 1:
        raise StreamError(
            f"{VARIABLE}={text!r} means nothing; write one of {', '.join(NAMES)}, "
            "with :n for the n-th passage, or unset it: it is for tests only"
        )
    return name, int(passage or 1)


class Failpoint:
    """Counts the passages of one name and calls ``die`` at the chosen one."""

    def __init__(self, name: str, passage: int, die: Callable[[], None]) -> None:
        self.name = name
        self._left = passage
        self._die = die

    def passing(self, name: str) -> None:
        """Note that a line was passed."""
        if name == self.name:
            self._left -= 1
            if self._left == 0:
                self._die()


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


_set: Failpoint | None = None


def arm(environment: dict[str, str] | None = None) -> str | None:
    """Read the variable once, at the start of a worker; return the name that is armed.

    Raises:
        StreamError: see :func:`parse`.
    """
    global _set  # noqa: PLW0603 - one process dies once
    text = (os.environ if environment is None else environment).get(VARIABLE)
    if not text:
        return None
    if _set is None:
        _set = Failpoint(*parse(text), _kill)
    return _set.name


def is_armed(name: str) -> bool:
    """Return whether this failpoint is the one that was asked for."""
    return _set is not None and _set.name == name


def passing(name: str) -> None:
    """Pass a named line; the process may end here."""
    if _set is not None:
        _set.passing(name)
