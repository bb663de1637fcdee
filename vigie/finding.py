"""One thing that the doctor looked at."""

from __future__ import annotations

from msgspec import Struct


class Finding(Struct, frozen=True):
    """``fix`` is empty when all is well, else what to do."""

    subject: str
    text: str
    fix: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing has to be done."""
        return not self.fix

    def __str__(self) -> str:
        line = f"{'OK ' if self.ok else 'FIX'} {self.subject}: {self.text}"
        return line if self.ok else f"{line}. {self.fix}"
