"""What batch mode refuses goes to a file, one JSON object per line, made when the first comes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import orjson

from vigie.errors import UserError

DEFAULT = Path("dead-letters.jsonl")


class DeadLetterFile:
    """Counts refused input by reason and writes it to ``path``; use as a context manager."""

    def __init__(self, path: Path = DEFAULT) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, reason: str, detail: str, source: str, position: str, body: str) -> None:
        """Add one; ``position`` is file:line of the original, ``body`` already redacted.

        Raises:
            UserError: the file cannot be written.
        """
        self.counts[reason] += 1
        letter = {
            "reason": reason,
            "detail": detail,
            "source": source,
            "position": position,
            "body": body,
        }
        try:
            if self._file is None:
                self._file = self.path.open("wb")
            self._file.write(orjson.dumps(letter, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            raise UserError(
                f"cannot write {self.path}: {error.strerror}",
                "Name a writable file with --dead-letters.",
            ) from None

    def summary(self) -> str:
        """Return one line: how many, by reason, where; empty when there are none."""
        if not self.counts:
            return ""
        reasons = ", ".join(f"{reason} {n}" for reason, n in sorted(self.counts.items()))
        return f"{self.counts.total()} refused ({reasons}); see {self.path}"
