"""What the user can cause and repair: one line that says what is wrong and what to do."""

from __future__ import annotations


class UserError(Exception):
    """A fault the user can repair; shown as ``vigie: <message>. <fix>`` with exit code 2.

    Args:
        message: what is wrong, with file and line or path; no full stop at its end.
        fix: what to do about it, as a sentence; may be empty.
    """

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message.rstrip(".")
        self.fix = fix

    def __str__(self) -> str:
        line = f"{self.message}. {self.fix}".rstrip()
        # One line whatever a file or a broker put into it, and no terminal control characters.
        return "".join(c if c.isprintable() else " " for c in line)
