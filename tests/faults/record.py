"""What is kept of a fault run: enough to repeat it, and the line that the table shows."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SOAK_PARTS = (
    "SOAK_KILLS", "SOAK_MINUTES", "SOAK_BURSTS", "SOAK_DISK", "SOAK_ROLLS", "SOAK_NETWORK",
)  # fmt: skip
"""The settings of ``make soak`` that each ask for a part of it; all of them without any."""


@dataclass
class Kill:
    """One kill: when (seconds from the start), how, in which phase, and the durable offset."""

    at_s: float
    how: str
    phase: str
    offset: int


@dataclass
class RunRecord:
    """One run of one fault; ``how`` repeats it, ``started`` is UTC, times are in seconds."""

    fault: str
    seed: int
    how: str = ""
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    actions: list[tuple[float, str]] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    events: int = 0
    verdict: str = ""
    details: list[str] = field(default_factory=list)
    duration_s: float = 0.0
    longest_recovery_s: float = 0.0
    largest_memory_mb: int = 0
    _began: float = field(default_factory=time.monotonic, repr=False)

    def passed_s(self) -> float:
        """Seconds since the start."""
        return round(time.monotonic() - self._began, 2)

    def note(self, action: str) -> None:
        """Write an action down with its time."""
        self.actions.append((self.passed_s(), action))

    def phases(self) -> Counter[str]:
        """How many kills hit each phase."""
        return Counter(kill.phase for kill in self.kills)

    def append_to(self, path: Path) -> None:
        """Add it to a file of JSON lines."""
        row = {name: value for name, value in asdict(self).items() if not name.startswith("_")}
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")


def read_records(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """All records of some files, in the order in which they were run.

    :raises ValueError: a line is no record; the text names file and line.
    """
    found: list[dict[str, Any]] = []
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            try:
                row = json.loads(line)
                row["fault"], row["seed"], row["verdict"]
            except (ValueError, KeyError, TypeError):
                raise ValueError(f"{path}:{number} is no record of a fault run") from None
            found.append(row)
    return sorted(found, key=lambda row: str(row["started"]))
