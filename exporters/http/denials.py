"""Requests that were refused: counted by reason, and told to the log without secrets."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

from exporters.http.rate_limit import Bucket, RateLimit

log = logging.getLogger(__name__)

Denial: TypeAlias = Literal[
    "no_credentials", "wrong_credentials", "role", "rate", "failures", "busy", "host",
    "connections", "certificate", "malformed", "slow",
]  # fmt: skip
DENIALS: tuple[Denial, ...] = get_args(Denial)
LOGGED = RateLimit(interval_s=3.0, burst=20)
"""Lines of the log: 20 at once, then one in three seconds; the others are counted."""
_LONGEST = 80


class Denials:
    """Counts since the process started, and writes a bounded number of lines."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._lines = Bucket()
        self._unwritten = 0
        self.counts: dict[str, int] = dict.fromkeys(DENIALS, 0)

    def add(
        self, reason: Denial, address: str, method: str = "", path: str = "", who: str | None = None
    ) -> None:
        """Count a refused request.

        ``path`` is without its query, which may hold a signature; ``who`` a name that is known:
        what a stranger typed as a name may be a password.
        """
        self.counts[reason] += 1
        if self._lines.take(LOGGED, self._clock_s()) > 0:
            self._unwritten += 1
            return
        asked = f" {_plain(method)} {_plain(path)}" if path else ""
        as_whom = f" as {_plain(who)}" if who is not None else ""
        more = f" ({self._unwritten} more were not written)" if self._unwritten else ""
        self._unwritten = 0
        # A browser asks without a password first, and asks its user then: nothing is wrong yet.
        level = logging.INFO if reason == "no_credentials" else logging.WARNING
        log.log(level, "refused (%s)%s from %s%s%s", reason, asked, address, as_whom, more)


def _plain(text: str) -> str:
    """Return a stranger's text short, on one line."""
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)
