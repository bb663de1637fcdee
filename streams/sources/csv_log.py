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
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from aggregators import events as ev
from aggregators.events import Channel, Envelope
from aggregators.policy import UNKNOWN
from streams.privacy import customer_key
from streams.reasons import MAX_MESSAGE_BYTES, Reason
from streams.sources.csv_columns import LONGEST_MS, Columns, Row, RowError
from streams.sources.csv_mapping import CallLog, read_mapping
from streams.sources.csv_times import number
from streams.sources.source import Refused, SourceLine, refused

_SKEW_MS = 2_000
_LEG = "1"


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
        if self._pending or (quote and quote in text):
            whole = self._join(SourceLine(line.number, text))
            if whole is None:
                if self._pending_size > MAX_MESSAGE_BYTES:
                    yield from self._give_up()
                return
            line, text = whole, whole.text
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
        """Refuse a quoted text that never ended, and read the lines behind it."""
        while self._pending:
            yield from self._give_up()

    def _join(self, line: SourceLine) -> SourceLine | None:
        """Return the whole row; None while a quoted text with line breaks goes on."""
        uneven = line.text.count(self._log.quote) % 2 == 1
        if not self._pending and not uneven:
            return line
        begins = not self._pending
        self._pending.append(line)
        self._pending_size += len(line.text)
        if begins or not uneven:
            return None
        text = "\n".join(part.text for part in self._pending)
        first = self._pending[0].number
        self._pending, self._pending_size = [], 0
        return SourceLine(first, text)

    def _give_up(self) -> Iterator[Envelope | Refused]:
        """Refuse the line whose quoted text never ends; the lines behind it are rows again."""
        first, *rest = self._pending
        self._pending, self._pending_size = [], 0
        detail = "the quoted text of this row never ends; double a quote inside of a text"
        yield refused(Reason.MALFORMED_SOURCE, detail, self._file, first)
        for line in rest:
            yield from self.feed(line)


def _quoting(quote: str) -> dict[str, Any]:
    return {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}


class _Rows:
    """The mapping, bound to the columns of one file."""

    def __init__(self, log: CallLog, header: Row, name: str, file: str, secret: bytes) -> None:
        columns = Columns(log, header, name, file)
        self._width = len(columns.header)
        self._log = log
        self._file = file
        self._secret = secret
        self._row_id = columns.text(log.row_id, "row_id")
        self._queue = columns.text(log.queue, "queue")
        self._channel = columns.text(log.channel, "channel")
        self._agent = columns.text(log.agent_id, "agent_id")
        self._motive = columns.text(log.motive, "motive")
        self._customer = columns.text(log.customer_key, "customer_key")
        self._csat = columns.text(log.csat, "csat")
        self._created = columns.time(log.created, "created")
        self._answered_at = columns.time(log.answered_at, "answered")
        self._answered_if = columns.flag(log.answered_if, "answered")
        self._wait = columns.duration(log.wait, "answered.wait")
        self._talk = columns.duration(log.talk, "answered.talk")
        self._transferred = columns.time(log.transferred, "transferred")
        self._ended = columns.time(log.ended, "ended")
        self._resolved = columns.flag(log.resolved, "resolved")
        exact = columns.forms[log.created.form].exact
        self._quality: Literal["exact", "second"] = "exact" if exact else "second"

    def events(self, row: Row, line: int) -> list[Envelope]:
        """Return the events of a row, all or none.

        Raises:
            RowError: the row is no call.
        """
        if len(row) != self._width:
            raise RowError(
                Reason.MALFORMED_SOURCE,
                f"{len(row)} columns where the header has {self._width}",
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


def _after(start_ms: int, at_ms: int, what: str) -> int:
    """Return a later instant; up to 2 s before the start is taken as a clock's error."""
    if at_ms < start_ms - _SKEW_MS:
        raise RowError(Reason.BAD_VALUE, f"{what} lies before the step it follows")
    if at_ms - start_ms > LONGEST_MS:
        raise RowError(Reason.BAD_VALUE, f"{what} lies more than 30 days later")
    return max(start_ms, at_ms)


def _check_lengths(row_id: str, *names: str | None) -> None:
    if len(row_id) > 120 or any(name is not None and len(name) > 128 for name in names):
        raise RowError(Reason.BAD_VALUE, "the row id or a name is longer than 120 characters")
