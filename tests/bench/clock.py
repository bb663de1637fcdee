"""A wrong clock for one program: libfaketime answers when it asks what time it is.

The steady clock stays as it is, as on a machine whose date somebody sets.
"""

from __future__ import annotations

from pathlib import Path

import pytest

LIBRARIES = Path("/usr/lib")
LIBRARY = "*/faketime/libfaketimeMT.so.1"


class WrongClock:
    """How far the clock of a program is off; it may be set while the program runs."""

    def __init__(self, directory: Path) -> None:
        found = sorted(LIBRARIES.glob(LIBRARY))
        if not found:
            pytest.fail(
                "libfaketime is missing (Debian package faketime): run `make test` as root, "
                "which installs it, or `apt install faketime`",
                pytrace=False,
            )
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "clock"
        self._library = found[0]
        self.set(0)

    def set(self, ahead_s: int) -> None:
        """So many seconds ahead of the right time, behind it if negative; within a second."""
        new = self._path.with_suffix(".new")
        new.write_text(f"{ahead_s:+d}\n")
        new.replace(self._path)

    @property
    def env(self) -> dict[str, str]:
        """What the environment of the program needs."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_RESET": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
