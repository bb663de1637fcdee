"""The commands of ``vigie alerts``."""

from __future__ import annotations

from pathlib import Path

import click

from vigie.cli_settings import settings_of

_FILE = click.Path(path_type=Path)


@click.group("alerts")
def alerts_group() -> None:
    """Check, test and try the alert rules, and export them."""


@alerts_group.command("check")
@click.argument("file", type=_FILE, required=False)
@click.pass_context
def alerts_check(ctx: click.Context, file: Path | None) -> int:
    """Check a rule file (that of the settings, if none is given) and whom it reaches."""
    from vigie.alerts_check import run_alerts_check

    return run_alerts_check(settings_of(ctx), file)


@alerts_group.command("test")
@click.argument("file", type=_FILE)
@click.pass_context
def alerts_test(ctx: click.Context, file: Path) -> int:
    """Run the tests of rules that a file holds (YAML)."""
    from vigie.alerts_test import run_alerts_test

    return run_alerts_test(settings_of(ctx), file)


@alerts_group.command("try")
@click.option("--source", required=True, help="Format of the file; see sources list.")
@click.option("--rules", type=_FILE, help="The rule file, instead of that of the settings.")
@click.option("--json", "as_json", is_flag=True, help="Print the alerts as JSON.")
@click.argument("file", type=_FILE)
@click.pass_context
def alerts_try(
    ctx: click.Context, source: str, file: Path, rules: Path | None, as_json: bool
) -> int:
    """Show which alerts would have fired over a recorded file."""
    from vigie.alerts_try import run_alerts_try

    return run_alerts_try(settings_of(ctx), source, file, rules, as_json)


@alerts_group.command("ping")
@click.argument("target", required=False)
@click.pass_context
def alerts_ping(ctx: click.Context, target: str | None) -> int:
    """Send a test message to a target of the settings, or to all of them."""
    from vigie.alerts_ping import run_alerts_ping

    return run_alerts_ping(settings_of(ctx), target)


@alerts_group.group("export")
def export_group() -> None:
    """Write the rules for other programs."""


@export_group.command("prometheus")
@click.option("--rules", type=_FILE, help="The rule file, instead of that of the settings.")
@click.option("--output", "-o", type=_FILE, required=True, help="The folder for them.")
@click.option("--boards", default="", help="Grafana's address, for links to boards.")
@click.option("--pages", default="", help="Where vigie's docs are read, for links to runbooks.")
@click.pass_context
def export_prometheus(
    ctx: click.Context, rules: Path | None, output: Path, boards: str, pages: str
) -> int:
    """Write the same rules for Prometheus, with tests for promtool."""
    from vigie.alerts_export import run_alerts_export

    return run_alerts_export(settings_of(ctx), rules, output, boards, pages)
