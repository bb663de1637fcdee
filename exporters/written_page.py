"""Pages of ``docs/`` that are written from code: the command of each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def write_or_check(
    arguments: Sequence[str], target: Path, page: Callable[[], str], module: str
) -> int:
    """Write the page, or with ``--check`` only say whether it is current (exit code 1 if not)."""
    if list(arguments) == ["--check"]:
        current = target.is_file() and target.read_text(encoding="utf-8") == page()
        if not current:
            sys.stdout.write(f"docs/{target.name} is old: run python -m {module}\n")
        return 0 if current else 1
    target.write_text(page(), encoding="utf-8")
    return 0
