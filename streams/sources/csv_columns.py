"""The columns of one file, as a mapping reads them: each gives a function from a row to a value."""

from __future__ import annotations

from collections.abc import Callable

from streams.decode import FIRST_TIME_MS, LAST_TIME_MS
from streams.reasons import Reason
from streams.sources.csv_mapping import CallLog, Duration, Flag, Text, Time
from streams.sources.csv_times import LocalTimes, duration_ms
from streams.sources.source import SourceSettingsError
from streams.sources.zones import AmbiguousTimeError

LONGEST_MS = 30 * 86_400_000
"""No wait and no talk is longer."""

Row = list[str]


class RowError(Exception):
    """A row that is no call; ``reason`` and the message say why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Columns:
    """Binds what the mapping names to the header of a file.

    Each method returns a function of a row (and its line number) that gives the value, None for
    an empty cell, or raises :class:`RowError`.

    Raises:
        SourceSettingsError: the file has no column of that name.
    """

    def __init__(self, log: CallLog, header: Row, name: str, file: str) -> None:
        self.header = [column.strip() for column in header]
        self.forms: dict[str, LocalTimes] = {}
        self._path = f"sources.{name}"
        self._file = file
        self._zone, self._fold, self._decimal = log.zone, log.fold, log.decimal

    def _index(self, column: str, path: str) -> int:
        try:
            return self.header.index(column)
        except ValueError:
            if self.header and self.header[0].startswith("\ufeff"):
                fix = "the file begins with a byte-order mark: set bom: true"
            else:
                fix = f"its columns are: {', '.join(self.header)[:300]}"
            raise SourceSettingsError(
                f"{self._path}.{path}: {self._file} has no column {column!r}; {fix}"
            ) from None

    def text(self, text: Text | None, path: str) -> Callable[[Row, int], str | None]:
        if text is None:
            return lambda row, line: None
        null = text.null
        if len(text.parts) == 1:
            fixed = text.parts[0]
            return lambda row, line: fixed
        if text.parts[0] == text.parts[2] == "" and len(text.parts) == 3:
            name = text.parts[1]
            if name not in ("file", "line") or name in self.header:
                index = self._index(name, path)
                return lambda row, line: None if (told := row[index].strip()) in null else told
        pieces: list[str | int | None] = []
        for place, part in enumerate(text.parts):
            if place % 2 == 0:
                pieces.append(part)
            elif part == "file" and part not in self.header:
                pieces.append(self._file)
            elif part == "line" and part not in self.header:
                pieces.append(None)
            else:
                pieces.append(self._index(part, path))

        def fill(row: Row, line: int) -> str | None:
            return "".join(
                piece if isinstance(piece, str) else str(line) if piece is None else row[piece]
                for piece in pieces
            ).strip()

        return fill

    def time(self, time: Time | None, path: str) -> Callable[[Row, int], int | None]:
        if time is None:
            return lambda row, line: None
        if time.form not in self.forms:
            self.forms[time.form] = LocalTimes(time.form, self._zone, self._fold)
        read = self.forms[time.form].read
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

    def duration(self, told: Duration | None, path: str) -> Callable[[Row, int], int | None]:
        if told is None:
            return lambda row, line: None
        index, unit, null, decimal = (
            self._index(told.column, path), told.unit, told.null, self._decimal,
        )  # fmt: skip

        def read(row: Row, line: int) -> int | None:
            text = row[index].strip()
            if text in null:
                return None
            try:
                length_ms = duration_ms(text, unit, decimal)
            except ValueError as error:
                raise RowError(Reason.MALFORMED_SOURCE, f"{path}: {error}") from None
            if length_ms > LONGEST_MS:
                raise RowError(Reason.BAD_VALUE, f"{path}: longer than 30 days")
            return length_ms

        return read

    def flag(self, flag: Flag | None, path: str) -> Callable[[Row], bool | None]:
        if flag is None:
            return lambda row: None
        index, yes, null = self._index(flag.column, path), flag.yes, flag.null
        return lambda row: None if (told := row[index].strip()) in null else told in yes
