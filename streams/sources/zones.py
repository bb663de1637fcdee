"""Time zones of sources: local times become UTC, also in the nights when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.sources.source import SourceSettingsError

Fold = Literal["first", "second", "refuse"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class AmbiguousTimeError(ValueError):
    """A local time that occurs twice or never; the message says which."""


def zone_setting(name: Any, path: str) -> ZoneInfo | None:
    """Return the zone that a setting names, None if it is not set.

    Raises:
        SourceSettingsError: there is no such zone.
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise SourceSettingsError(
            f"{path}: {name!r} is no time zone; use a name such as Europe/Paris or UTC"
        ) from None


def to_utc_ms(local: datetime, zone: ZoneInfo, fold: Fold) -> int:
    """Return a local time of a zone as milliseconds since 1970-01-01 UTC.

    In the repeated hour ``fold`` chooses. A skipped time is read as the clock would have gone on
    (``first``: with the offset before the change, ``second``: with the one after it).

    Raises:
        AmbiguousTimeError: the time is repeated or skipped and ``fold`` is ``refuse``.
    """
    first = local.replace(tzinfo=zone, fold=0)
    second = local.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before != after and fold == "refuse":
        told = "occurs twice" if (before or timedelta()) > (after or timedelta()) else "was skipped"
        raise AmbiguousTimeError(f"this local time {told} when the clocks changed")
    return ((second if fold == "second" else first) - _EPOCH) // _MILLISECOND
