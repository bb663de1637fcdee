"""Text that must not be shown: passwords, tokens and keys."""

from __future__ import annotations

import hmac
from pathlib import Path

MASK = "********"
_LARGEST_FILE = 65_536


class Secret:
    """A value that shows as ``********`` wherever it is printed, logged or dumped."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself; call it only where it is handed to its user."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(
            self._text.encode(), other._text.encode()
        )

    __hash__ = None  # type: ignore[assignment]


def read_secret_file(path: str) -> Secret:
    """Read a secret from a file, without the line end that editors add.

    Raises:
        ValueError: the file cannot be read, is empty, too large or not UTF-8; the message says so
            without any of its content.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(_LARGEST_FILE + 1)
        text = raw.decode().rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    if len(raw) > _LARGEST_FILE:
        raise ValueError(f"{path} is larger than 64 KiB")
    if not text:
        raise ValueError(f"{path} is empty")
    return Secret(text)
