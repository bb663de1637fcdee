"""Points in time as people give them on the command line."""

from __future__ import annotations

import re
from datetime import datetime

from aggregators.instants import UnclearTimeError, epoch_ms, instant_ms
from vigie.errors import UserError

_EXAMPLE = "Write for example 2014-01-06T09:30:00Z, 2014-01-06T10:30:00+01:00 or an epoch."


def parse_instant_ms(text: str, zone: str) -> int:
    """Return an instant in epoch milliseconds.

    Accepts ISO 8601 with an offset, local time in ``zone`` without one, and an epoch in seconds
    or (from 100,000,000,000 on) milliseconds.

    Raises:
        UserError: it is none of these, or a local time that the clock change repeats or skips.
    """
    text = text.strip()
    if re.fullmatch(r"-?[0-9]{1,15}", text):
        return epoch_ms(int(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{text!r} is not a point in time", _EXAMPLE) from None
    try:
        return instant_ms(moment, zone)
    except UnclearTimeError as unclear:
        raise UserError(
            f"the local time {text} {unclear}", "Add the offset, such as +01:00."
        ) from None
