"""How many files and connections the process may have open, looked at before anything starts."""

from __future__ import annotations

import contextlib
import resource

from vigie.errors import UserError

NEEDED = 256
"""Some 50 for the worker itself and its brokers, the rest for browsers and scrapers."""
WANTED = 4096


def require_file_handles() -> None:
    """Allow the process enough open files, as far as the system lets it.

    With too few a worker would start and then, at some hour, refuse browsers or lose the broker.

    Raises:
        UserError: the system allows too few; the text says which limit to raise.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= WANTED or soft == resource.RLIM_INFINITY:
        return
    allowed = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if allowed > soft:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
    if soft < NEEDED:
        raise UserError(
            f"this process may open only {soft} files and connections, and needs {NEEDED}",
            f"Raise the limit: ulimit -n {WANTED}, or LimitNOFILE={WANTED} in a systemd unit.",
        )
