"""Source ``csv``: call logs with one finished call per row, read by a mapping in the settings.

Settings: see ``docs``; the mapping is checked in :mod:`streams.sources.csv_mapping`. A row becomes
``contact.queued`` at its arrival, then ``contact.answered`` and the end of the talk
(``contact.transferred`` or ``contact.ended``), or ``contact.abandoned``. Ids come from ``row_id``,
so reading a file twice changes nothing.

The times in the file are the truth, told durations are carried where a column has them. A row
whose talk has no end gives none: it counts in volumes, not in handle times. The wait of an
unanswered row without an end is unknown; it is abandoned at its arrival.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from aggregators import events as ev
from aggregators.events import Channel, Envelope
from aggregators.policy import DAY_MS, UNKNOWN
from streams.decode import FIRST_TIME_MS, LAST_TIME_MS
from streams.privacy import customer_key
from streams.reasons import MAX_MESSAGE_BYTES, Reason
from streams.sources.csv_mapping import CallLog, Duration, Flag, Text, Time, read_mapping
from streams.sources.csv_times import LocalTimes, duration_ms, number
from streams.sources.source import Refused, SourceLine, SourceSettingsError, refused
from streams.sources.zones import AmbiguousTimeError

_SKEW_MS = 2_000
_LONGEST_MS = 30 * DAY_MS
_LEG = "1"

Row = list[str]


class RowError(Exception):
    """A row that is no call; ``reason`` and the message say why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class CsvLog:
    """Reads one call log.

    ``secret`` keys the hashes of customers; without one they are dropped.

    Raises:
        SourceSettingsError: for a wrong mapping; also from ``feed`` on a header without a column
            that the mapping names.
    """

    def __init__(self, name: str, settings: Mapping[str, Any], *, file: str, secret: bytes) -> None:
        self.name = name
        self.ignored: Counter[str] = Counter()
        self._log = read_mapping(settings, name)
        self.encoding = self._log.encoding
        self._file = file
        self._secret = secret
        self._rows: _Rows | None = None
        self._pending: list[SourceLine] = []
        self._pending_size = 0
        if self._log.columns is not None:
            self._rows = _Rows(self._log, list(self._log.columns), name, file, secret)

    def feed(self, line: SourceLine) -> Iterator[Envelope | Refused]:
        """Give the events of the row that this line completes."""
        text = line.text.rstrip("\r")
        if line.number == 1 and self._log.bom:
            text = text.removeprefix("\ufeff")
        quote = self._log.quote
        if self._pending or (quote and quote in text and text.count(quote) % 2):
            line = SourceLine(line.number, text)
            joined = self._join(line)
            if isinstance(joined, Refused):
                yield joined
                return
            if joined is None:
                return
            line, text = joined, joined.text
        if not text.strip():
            return
        row = next(csv.reader([text], delimiter=self._log.delimiter, **_quoting(quote)), [])
        if self._rows is None:
            self._rows = _Rows(self._log, row, self.name, self._file, self._secret)
            return
        try:
            yield from self._rows.events(row, line.number)
        except RowError as error:
            yield refused(error.reason, str(error), self._file, line)

    def finish(self) -> Iterator[Envelope | Refused]:
        """Refuse a quoted text that never ended."""
        if self._pending:
            yield self._unended()

    def _join(self, line: SourceLine) -> SourceLine | Refused | None:
        """Collect the lines of a row whose quoted text has line breaks; None: not complete."""
        self._pending.append(line)
        self._pending_size += len(line.text)
        if self._pending_size > MAX_MESSAGE_BYTES:
            return self._unended()
        text = "\n".join(part.text for part in self._pending)
        if text.count(self._log.quote) % 2:
            return None
        number_ = self._pending[0].number
        self._pending, self._pending_size = [], 0
        return SourceLine(number_, text)

    def _unended(self) -> Refused:
        first = self._pending[0]
        self._pending, self._pending_size = [], 0
        return refused(
            Reason.MALFORMED_SOURCE, "the quoted text of this row never ends", self._file, first
        )


def _quoting(quote: str) -> dict[str, Any]:
    return {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}


class _Rows:
    """The mapping, bound to the columns of one file."""

    def __init__(self, log: CallLog, header: Row, name: str, file: str, secret: bytes) -> None:
        self._header = [column.strip() for column in header]
        self._path = f"sources.{name}"
        self._log = log
        self._file = file
        self._secret = secret
        self._forms: dict[str, LocalTimes] = {}
        self._row_id = self._text(log.row_id, "row_id")
        self._queue = self._text(log.queue, "queue")
        self._channel = self._text(log.channel, "channel")
        self._agent = self._text(log.agent_id, "agent_id")
        self._motive = self._text(log.motive, "motive")
        self._customer = self._text(log.customer_key, "customer_key")
        self._csat = self._text(log.csat, "csat")
        self._created = self._time(log.created, "created")
        self._answered_at = self._time(log.answered_at, "answered")
        self._answered_if = self._flag(log.answered_if, "answered")
        self._wait = self._duration(log.wait, "answered.wait")
        self._talk = self._duration(log.talk, "answered.talk")
        self._transferred = self._time(log.transferred, "transferred")
        self._ended = self._time(log.ended, "ended")
        self._resolved = self._flag(log.resolved, "resolved")
        self._quality: ev.TimeQuality = "exact" if self._forms[log.created.form].exact else "second"

    # -- one row ----------------------------------------------------------------------------

    def events(self, row: Row, line: int) -> list[Envelope]:
        """Return the events of a row, all or none.

        Raises:
            RowError: the row is no call.
        """
        if len(row) != len(self._header):
            raise RowError(
                Reason.MALFORMED_SOURCE,
                f"{len(row)} columns where the header has {len(self._header)}",
            )
        created_ms = self._created(row, line)
        if created_ms is None:
            raise RowError(Reason.MALFORMED_SOURCE, "the time of arrival is empty")
        row_id = self._row_id(row, line)
        queue = self._queue(row, line) or UNKNOWN
        channel = self._channel(row, line)
        if not row_id or channel is None:
            raise RowError(Reason.MALFORMED_SOURCE, "the row id or the channel is empty")
        agent_id, motive = self._agent(row, line), self._motive(row, line)
        wait_ms, talk_ms = self._wait(row, line), self._talk(row, line)
        ended_ms = self._ended(row, line)
        transferred_ms = self._transferred(row, line)
        answered_ms = self._answer(row, line, created_ms, wait_ms)
        head: dict[str, Any] = {
            "v": 1,
            "source": self._log.source,
            "time_quality": self._quality,
            "raw_ref": f"{self._file}:{line}",
            "contact_id": row_id,
            "leg_id": _LEG,
            "channel": cast("Channel", channel),
            "queue": queue,
        }
        _check_lengths(row_id, queue, agent_id, motive)
        events: list[Envelope] = [
            ev.ContactQueued(
                **head,
                event_id=f"{row_id}:queued",
                event_time_ms=created_ms,
                motive=motive,
                customer_key=self._key(row, line),
            )
        ]
        if answered_ms is None:
            # An agent on such a row was rung, and did not take the call.
            left_ms = created_ms if ended_ms is None else _after(created_ms, ended_ms, "the end")
            events.append(
                ev.ContactAbandoned(
                    **head, event_id=f"{row_id}:abandoned", event_time_ms=left_ms, stage="queue"
                )
            )
            over_ms = left_ms
        else:
            answered_ms = _after(created_ms, answered_ms, "the answer")
            head["agent_id"] = agent_id or UNKNOWN
            events.append(
                ev.ContactAnswered(
                    **head,
                    event_id=f"{row_id}:answered",
                    event_time_ms=answered_ms,
                    wait_ms=wait_ms,
                )
            )
            if ended_ms is None and talk_ms is not None:
                ended_ms = answered_ms + talk_ms
            over_ms = answered_ms if ended_ms is None else ended_ms
            events += self._ends(
                head, row_id, answered_ms, transferred_ms, ended_ms, talk_ms, self._resolved(row)
            )
        survey = self._survey(row, line, head, row_id, over_ms, motive)
        return [*events, survey] if survey else events

    def _answer(self, row: Row, line: int, created_ms: int, wait_ms: int | None) -> int | None:
        """Return when the call was answered, None if it was not."""
        if self._log.answered_if is None:
            return self._answered_at(row, line)
        if not self._answered_if(row):
            return None
        if wait_ms is None:
            raise RowError(Reason.MALFORMED_SOURCE, "answered, but the wait is empty")
        return created_ms + wait_ms

    def _ends(
        self,
        head: dict[str, Any],
        row_id: str,
        answered_ms: int,
        transferred_ms: int | None,
        ended_ms: int | None,
        talk_ms: int | None,
        resolved: bool | None,
    ) -> Iterator[Envelope]:
        """Give the end of the agent's part: the transfer, else the hang-up, if it is known."""
        if transferred_ms is not None and (ended_ms is None or transferred_ms <= ended_ms):
            yield ev.ContactTransferred(
                **head,
                event_id=f"{row_id}:transferred",
                event_time_ms=_after(answered_ms, transferred_ms, "the transfer"),
                kind="blind",
                talk_ms=talk_ms,
            )
        elif ended_ms is not None:
            yield ev.ContactEnded(
                **head,
                event_id=f"{row_id}:ended",
                event_time_ms=_after(answered_ms, ended_ms, "the end"),
                talk_ms=talk_ms,
                resolved=resolved,
            )

    def _survey(
        self,
        row: Row,
        line: int,
        head: dict[str, Any],
        row_id: str,
        at_ms: int,
        motive: str | None,
    ) -> Envelope | None:
        told = self._csat(row, line)
        if told is None:
            return None
        try:
            score = number(told, self._log.decimal)
        except ValueError as error:
            raise RowError(Reason.MALFORMED_SOURCE, f"the rating {error}") from None
        if not 1 <= score <= 5:
            raise RowError(Reason.BAD_VALUE, "the rating is off its scale, 1 to 5")
        about = {name: value for name, value in head.items() if name != "leg_id"}
        return ev.SurveyAnswered(
            **about,
            event_id=f"{row_id}:csat",
            event_time_ms=at_ms,
            survey_id=row_id,
            survey_kind="csat",
            score=score,
            motive=motive,
        )

    def _key(self, row: Row, line: int) -> str | None:
        told = self._customer(row, line)
        if told is None or self._log.customer_key is None:
            return None
        return customer_key(self._secret, told) if self._log.customer_key.hashed else told

    # -- columns ----------------------------------------------------------------------------

    def _index(self, column: str, path: str) -> int:
        try:
            return self._header.index(column)
        except ValueError:
            if self._header and self._header[0].startswith("\ufeff"):
                fix = "the file begins with a byte-order mark: set bom: true"
            else:
                fix = f"its columns are: {', '.join(self._header)[:300]}"
            raise SourceSettingsError(
                f"{self._path}.{path}: {self._file} has no column {column!r}; {fix}"
            ) from None

    def _text(self, text: Text | None, path: str) -> Callable[[Row, int], str | None]:
        if text is None:
            return lambda row, line: None
        null = text.null
        if len(text.parts) == 1:
            fixed = text.parts[0]
            return lambda row, line: fixed
        if text.parts[0] == text.parts[2] == "" and len(text.parts) == 3:
            name = text.parts[1]
            if name not in ("file", "line") or name in self._header:
                index = self._index(name, path)
                return lambda row, line: None if (told := row[index].strip()) in null else told
        pieces: list[str | int | None] = []
        for place, part in enumerate(text.parts):
            if place % 2 == 0:
                pieces.append(part)
            elif part == "file" and part not in self._header:
                pieces.append(self._file)
            elif part == "line" and part not in self._header:
                pieces.append(None)
            else:
                pieces.append(self._index(part, path))

        def fill(row: Row, line: int) -> str | None:
            return "".join(
                piece if isinstance(piece, str) else str(line) if piece is None else row[piece]
                for piece in pieces
            ).strip()

        return fill

    def _time(self, time: Time | None, path: str) -> Callable[[Row, int], int | None]:
        if time is None:
            return lambda row, line: None
        if time.form not in self._forms:
            self._forms[time.form] = LocalTimes(time.form, self._log.zone, self._log.fold)
        read = self._forms[time.form].read
        indices = [self._index(column, path) for column in time.columns]
        first, null = indices[0], time.null

        def at_ms(row: Row, line: int) -> int | None:
            text = row[first].strip()
            if text in null:
                return None
            if len(indices) > 1:
                text = " ".join(row[index].strip() for index in indices)
            try:
                instant_ms = read(text)
            except AmbiguousTimeError as error:
                raise RowError(Reason.AMBIGUOUS_TIME, f"{path}: {error}") from None
            except (ValueError, OverflowError):
                raise RowError(
                    Reason.MALFORMED_SOURCE, f"{path}: the time is not of the format {time.form}"
                ) from None
            if not FIRST_TIME_MS <= instant_ms <= LAST_TIME_MS:
                raise RowError(Reason.BAD_TIME, f"{path}: the time lies before 1990")
            return instant_ms

        return at_ms

    def _duration(self, told: Duration | None, path: str) -> Callable[[Row, int], int | None]:
        if told is None:
            return lambda row, line: None
        index, unit, null, decimal = (
            self._index(told.column, path), told.unit, told.null, self._log.decimal,
        )  # fmt: skip

        def read(row: Row, line: int) -> int | None:
            text = row[index].strip()
            if text in null:
                return None
            try:
                length_ms = duration_ms(text, unit, decimal)
            except ValueError as error:
                raise RowError(Reason.MALFORMED_SOURCE, f"{path}: {error}") from None
            if length_ms > _LONGEST_MS:
                raise RowError(Reason.BAD_VALUE, f"{path}: longer than 30 days")
            return length_ms

        return read

    def _flag(self, flag: Flag | None, path: str) -> Callable[[Row], bool | None]:
        if flag is None:
            return lambda row: None
        index, yes, null = self._index(flag.column, path), flag.yes, flag.null
        return lambda row: None if (told := row[index].strip()) in null else told in yes


def _after(start_ms: int, at_ms: int, what: str) -> int:
    """Return a later instant; up to 2 s before the start is taken as a clock's error."""
    if at_ms < start_ms - _SKEW_MS:
        raise RowError(Reason.BAD_VALUE, f"{what} lies before the step it follows")
    if at_ms - start_ms > _LONGEST_MS:
        raise RowError(Reason.BAD_VALUE, f"{what} lies more than 30 days later")
    return max(start_ms, at_ms)


def _check_lengths(row_id: str, *names: str | None) -> None:
    if len(row_id) > 120 or any(name is not None and len(name) > 128 for name in names):
        raise RowError(Reason.BAD_VALUE, "the row id or a name is longer than 120 characters")
