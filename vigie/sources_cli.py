"""The commands of ``vigie sources``."""

from __future__ import annotations

from pathlib import Path

import click

from vigie.cli_settings import settings_of

_FILE = click.Path(path_type=Path)


@click.group("sources")
def sources_group() -> None:
    """The formats that vigie reads."""


@sources_group.command("list")
@click.pass_context
def sources_list(ctx: click.Context) -> int:
    """List what --source takes: the formats and the sources of the settings."""
    from vigie.sources_about import run_list

    return run_list(settings_of(ctx))


@sources_group.command("describe")
@click.argument("format", metavar="FORMAT")
@click.pass_context
def sources_describe(ctx: click.Context, format: str) -> int:  # noqa: A002 - click's name of it
    """Say what a format accepts, what it needs on the platform's side, and its settings.

    FORMAT may also be the name of a source of the settings.
    """
    from vigie.sources_about import run_describe

    return run_describe(settings_of(ctx), format)


@sources_group.command("try")
@click.option("--source", required=True, help="Format of the file; see sources list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines: event, refused, summary.")
@click.argument("file", type=_FILE)
@click.pass_context
def sources_try(ctx: click.Context, source: str, file: Path, as_json: bool) -> int:
    """Show what a sample file becomes; nothing is sent, and no Kafka is needed.

    Leaves with code 1 when nothing in the file was understood.
    """
    from vigie.sources_try import run_try

    return run_try(settings_of(ctx), source, file, as_json=as_json)
