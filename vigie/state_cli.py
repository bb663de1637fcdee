"""The commands of ``vigie state``."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vigie.cli_settings import settings_of

_FILE = click.Path(path_type=Path)


@click.group("state")
def state_group() -> None:
    """Show, save, restore and forget the stored state (checkpoints and offsets)."""


def _which(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose partitions."""
    for option in (
        click.option("--partition", "partitions", multiple=True, type=click.IntRange(min=0),
                     help="Only this partition. Repeats."),
        click.option("--topic", "topics", multiple=True, metavar="TOPIC",
                     help="Only this source topic, such as calls. Repeats."),
    ):  # fmt: skip
        command = option(command)
    return command


@state_group.command("show")
@click.pass_context
def state_show(ctx: click.Context) -> int:
    """List the checkpoints; workers may run."""
    from vigie.state import run_show

    return run_show(settings_of(ctx))


@state_group.command("export")
@click.option("--live", is_flag=True, help="Also while workers run: each partition is then as of "
              "its own last checkpoint.")  # fmt: skip
@click.argument("file", type=_FILE)
@click.pass_context
def state_export(ctx: click.Context, file: Path, live: bool) -> int:
    """Save all checkpoints to a file (JSON lines)."""
    from vigie.state import run_export

    return run_export(settings_of(ctx), file, time.time_ns() // 1_000_000, live=live)


@state_group.command("import")
@_which
@click.option("--replace", is_flag=True, help="Also where a checkpoint is there already.")
@click.argument("file", type=_FILE)
@click.pass_context
def state_import(
    ctx: click.Context, file: Path, replace: bool, topics: tuple[str, ...],
    partitions: tuple[int, ...],
) -> int:  # fmt: skip
    """Put exported checkpoints back, and the committed offsets with them."""
    from vigie.state import run_import

    return run_import(
        settings_of(ctx), file, topics=topics, partitions=partitions, replace=replace
    )  # fmt: skip


@state_group.command("reset")
@_which
@click.option("--to", type=click.Choice(["earliest", "latest", "committed"]), default="earliest",
              show_default=True, help="Where a worker begins to count: at the beginning of the "
              "log, at its end, or where the group had committed.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def state_reset(
    ctx: click.Context, to: Any, yes: bool, topics: tuple[str, ...], partitions: tuple[int, ...]
) -> int:
    """Delete checkpoints and committed offsets, so that workers count anew."""
    from vigie.state import run_reset

    return run_reset(settings_of(ctx), topics=topics, partitions=partitions, to=to, is_sure=yes)
