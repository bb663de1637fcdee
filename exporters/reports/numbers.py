"""Numbers, lengths and dates as readers of a language write them. No value is a dash, never 0."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from aggregators.calendar import zone_info
from aggregators.kpis.catalogue import Unit
from exporters.reports.plan import Language

DASH = "–"
NO_BREAK = "\u00a0"
NARROW_NO_BREAK = "\u202f"
_DAYS: dict[Language, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
_SHORT_DAYS: dict[Language, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
}
_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
        "octobre", "novembre", "décembre",
    ),
}  # fmt: skip


def value_text(value: float | None, unit: Unit, language: Language, currency: str = "") -> str:
    """Return a figure in its unit; ratios in per cent, seconds as m:ss."""
    if value is None or not math.isfinite(value):
        return DASH
    if unit == "ratio":
        return percent(value, language)
    if unit == "seconds":
        return duration(value, language)
    if unit == "count":
        return decimal(value, 0, language)
    if unit == "money":
        text = decimal(value, 0 if abs(value) >= 1000 else 2, language, fixed=True)
        return f"{text}{NO_BREAK}{currency}" if currency else text
    return decimal(value, 2, language)


def percent(value: float | None, language: Language) -> str:
    """Return a ratio 0 to 1 in per cent; 0 and 1 without a decimal."""
    if value is None:
        return DASH
    digits = 0 if value in (0, 1) else 1
    text = decimal(value * 100, digits, language, fixed=True)
    return f"{text}%" if language == "en" else f"{text}{NARROW_NO_BREAK}%"


def decimal(value: float | None, digits: int, language: Language, *, fixed: bool = False) -> str:
    """Return a number with at most (``fixed``: exactly) so many decimals, thousands parted."""
    if value is None:
        return DASH
    text = f"{value:,.{digits}f}"
    if "." in text and not fixed:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", "-0.0"):
        text = text[1:]
    if language == "en":
        return text.replace("-", "−")
    return text.replace(",", NARROW_NO_BREAK).replace(".", ",").replace("-", "−")


def duration(seconds: float | None, language: Language) -> str:
    """Return seconds as m:ss, from an hour on h:mm:ss, from two days on in days and hours."""
    if seconds is None or not math.isfinite(seconds):
        return DASH
    whole = max(0, math.floor(seconds + 0.5))
    hours, rest = divmod(whole, 3600)
    minutes, last = divmod(rest, 60)
    if hours >= 48:
        return f"{hours // 24}{NO_BREAK}{'d' if language == 'en' else 'j'} {hours % 24}{NO_BREAK}h"
    if hours:
        return f"{hours}:{minutes:02}:{last:02}"
    return f"{minutes}:{last:02}"


def lasted(ms: int | None, language: Language) -> str:
    """Return a length of time in words: ``40 s``, ``12 min``, ``1 h 05``, ``2 d 3 h``."""
    if ms is None:
        return DASH
    seconds = (ms + 500) // 1000
    if seconds < 60:
        return f"{seconds}{NO_BREAK}s"
    minutes = (seconds + 30) // 60
    if minutes < 60:
        return f"{minutes}{NO_BREAK}min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}{NO_BREAK}h{NO_BREAK}{minutes:02}"
    return f"{hours // 24}{NO_BREAK}{'d' if language == 'en' else 'j'} {hours % 24}{NO_BREAK}h"


def clock(ms: int, zone: str, language: Language) -> str:
    """Return the time of day: ``10:30``, in French ``10 h 30``."""
    local = _local(ms, zone)
    if language == "en":
        return f"{local.hour:02}:{local.minute:02}"
    return f"{local.hour}{NO_BREAK}h{NO_BREAK}{local.minute:02}"


def span(start_ms: int, end_ms: int, zone: str, language: Language) -> str:
    """Return two times of a day: ``10:30–11:00``."""
    return f"{clock(start_ms, zone, language)}–{clock(end_ms, zone, language)}"


def day(ms: int, zone: str, language: Language, *, year: bool = True) -> str:
    """Return a date in full: ``Monday 23 November 2026``."""
    local = _local(ms, zone)
    number = "1er" if language == "fr" and local.day == 1 else str(local.day)
    text = f"{_DAYS[language][local.weekday()]} {number} {_MONTHS[language][local.month - 1]}"
    return f"{text} {local.year}" if year else text


def short_day(ms: int, zone: str, language: Language) -> str:
    """Return a weekday and date in few characters: ``Mon 23``."""
    local = _local(ms, zone)
    return f"{_SHORT_DAYS[language][local.weekday()]} {local.day}"


def iso(ms: int, zone: str) -> str:
    """Return a local time for a machine: ``2026-11-23T06:30:00+01:00``."""
    return _local(ms, zone).isoformat(timespec="seconds")


def _local(ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(zone_info(zone))
