"""One line of an Asterisk ``queue_log``: the columns, and nothing of what they mean.

The file form is ``epoch|callid|queue|agent|EVENT|data1|...``; exports of the database table have
the same columns, separated by commas, with an epoch or a date and time.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from streams.decode import FIRST_TIME_MS, LAST_TIME_MS
from streams.reasons import Reason

MAX_NAME = 100
"""Longest callid, queue and member name; ids made of two of them stay within their limits."""
MAX_SECONDS = 30 * 86_400

_EPOCH = re.compile(r"\d{1,12}(?:\.\d{1,9})?")
_NUMBER = re.compile(r"\d{1,10}(?:\.\d{1,9})?")
_CALLBACK_MEMBER = re.compile(r"Local/([^@]+)@callback-agent(?:/n)?")


class LineError(Exception):
    """A line that is no queue_log line; ``reason`` and the message say why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class QueueLogLine(Struct, frozen=True):
    """The columns of a line; ``agent`` is the member name, ``exact``: the stamp has a fraction."""

    at_ms: int
    exact: bool
    callid: str
    queue: str
    agent: str
    verb: str
    data: tuple[str, ...]

    @property
    def stamp(self) -> int:
        """The time in whole seconds, as ids and leg ids use it."""
        return self.at_ms // 1000

    def text(self, index: int) -> str:
        """Return a data column, empty if the line ends before it."""
        return self.data[index].strip() if index < len(self.data) else ""

    def count(self, index: int) -> int | None:
        """Return a data column as a whole number, None if it is empty.

        Raises:
            LineError: it is no number.
        """
        number = self._number(index)
        return None if number is None else int(number)

    def told_ms(self, index: int, *, unit_ms: int = 1000) -> int | None:
        """Return a data column that is a duration, in milliseconds, None if it is empty.

        Raises:
            LineError: it is no number, or longer than 30 days.
        """
        number = self._number(index)
        if number is None:
            return None
        told_ms = round(number * unit_ms)
        if told_ms > MAX_SECONDS * 1000:
            raise LineError(
                Reason.MALFORMED_SOURCE, f"data{index + 1} of {self.verb} is longer than 30 days"
            )
        return told_ms

    def _number(self, index: int) -> float | None:
        text = self.text(index)
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise LineError(
                Reason.MALFORMED_SOURCE, f"data{index + 1} of {self.verb} must be a number"
            )
        return float(text)


def parse_line(text: str, separator: str, zone: ZoneInfo | None) -> QueueLogLine:
    """Split a line into its columns.

    Raises:
        LineError: too few columns, no time, a name that is too long.
    """
    if separator == "|":
        columns = text.split("|")
    else:
        columns = next(csv.reader([text], delimiter=separator), [])
    if len(columns) < 5:
        raise LineError(
            Reason.MALFORMED_SOURCE,
            f"{len(columns)} columns, a queue_log line has at least 5: "
            "time, callid, queue, agent, event",
        )
    at_ms, exact = _time(columns[0].strip(), zone)
    callid, queue, agent, verb = (column.strip() for column in columns[1:5])
    if not verb:
        raise LineError(Reason.MALFORMED_SOURCE, "the event name is empty")
    for name, value in (("callid", callid), ("queue", queue), ("agent", agent)):
        if len(value) > MAX_NAME:
            raise LineError(
                Reason.MALFORMED_SOURCE, f"the {name} has more than {MAX_NAME} characters"
            )
    return QueueLogLine(
        at_ms, exact, callid, queue, member_name(agent), verb.upper(), tuple(columns[5:])
    )


def member_name(told: str) -> str:
    """Return the name an agent logs in under: ``Local/1127@callback-agent`` is ``Agent/1127``."""
    callback = _CALLBACK_MEMBER.fullmatch(told)
    return f"Agent/{callback[1]}" if callback else told


def _time(text: str, zone: ZoneInfo | None) -> tuple[int, bool]:
    if _EPOCH.fullmatch(text):
        whole, _, fraction = text.partition(".")
        at_ms = int(whole) * 1000 + int((fraction + "000")[:3])
        exact = bool(fraction)
    else:
        at_ms, exact = _local_time(text, zone)
    if not FIRST_TIME_MS <= at_ms <= LAST_TIME_MS:
        raise LineError(Reason.BAD_TIME, "the time lies before 1990; it must be epoch seconds")
    return at_ms, exact


def _local_time(text: str, zone: ZoneInfo | None) -> tuple[int, bool]:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise LineError(
            Reason.MALFORMED_SOURCE, "the first column is neither epoch seconds nor a date and time"
        ) from None
    if local.tzinfo is None:
        if zone is None:
            raise LineError(
                Reason.AMBIGUOUS_TIME, "the time has no zone; set the source's zone setting"
            )
        local = local.replace(tzinfo=zone)
    try:
        return int(local.timestamp() * 1_000_000) // 1000, local.microsecond != 0
    except (OverflowError, ValueError):
        raise LineError(Reason.BAD_TIME, "the time is out of range") from None
