"""The command `vigie` as a user runs it: a program of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 300


def vigie(folder: Path, *words: str, exit_code: int = 0) -> tuple[str, str]:
    """Run a command line to its end and return what it wrote: standard output and error."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    done = subprocess.run(
        [sys.executable, "-m", "vigie", *words],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == exit_code, done.stderr
    return done.stdout, done.stderr


def figures_of(folder: Path, *words: str, threshold_s: str = "20") -> list[dict[str, Any]]:
    """Run `compute` or `replay` with the limits of the data and return the boards it printed."""
    limits = ("--json", "--threshold", threshold_s, "--short-limit", "5.001")
    found: list[dict[str, Any]] = json.loads(vigie(folder, *words, *limits)[0])
    return found


def instants(*epochs_s: int) -> list[str]:
    """The options that ask for the boards of these instants."""
    return [word for epoch_s in epochs_s for word in ("--at", str(epoch_s))]
