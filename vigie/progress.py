"""A progress line on standard error, only where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
_EVERY = 2_000


def tracked(items: Iterable[Item], doing: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items and show how many went by, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(doing, total=total)
        pending = 0
        for item in items:
            yield item
            pending += 1
            if pending == _EVERY:
                progress.advance(task, pending)
                pending = 0
        progress.advance(task, pending)
