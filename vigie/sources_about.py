"""``vigie sources list`` and ``describe``: what the formats are, accept and need."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import click

from streams.sources import FORMATS, format_of, platform
from streams.sources.payloads import SETTINGS, About
from vigie.errors import UserError
from vigie.settings import Settings
from vigie.settings_reader import nearest

FILES: Mapping[str, About] = {
    "asterisk-queue-log": About(
        title="Asterisk queue_log",
        accepts=(
            "the file that app_queue writes, also while it grows (send --follow)",
            "an export of the database table of the same name",
        ),
        needs=("read access to /var/log/asterisk/queue_log, or to a copy of it",),
        settings={
            "format": "asterisk-queue-log, where the source has another name.",
            "source": "Name of the feed in the events, such as asterisk:pbx1.",
            "separator": "What stands between the columns; | if not set, a comma in exports.",
            "zone": "Time zone of times that are written as dates.",
            "callback_keys": "Keys that leave the queue for a callback: [1].",
            "ignore": "Verbs of other modules that are left out.",
        },
        guide="docs/guide.md#the-queue_log-of-asterisk",
    ),
    "canonical": About(
        title="Canonical events",
        accepts=("JSON lines that are canonical events already",),
        needs=("whatever writes them; vigie's own schema, version 1",),
        settings={"format": "canonical, where the source has another name."},
        guide="docs/guide.md#sources",
    ),
    "csv": About(
        title="Call logs as CSV",
        accepts=("one finished call per row, in any columns",),
        needs=("an export with a header, the zone of its times and a column of the arrival",),
        settings={
            "format": "csv; not needed where created is set.",
            "topic": "calls or chats.",
            "source": "Name of the feed in the events.",
            "delimiter, quote, decimal, encoding, bom": "How the file is written.",
            "columns": "Names of the columns of a file without a header.",
            "zone, fold": "Zone of the times; which of a repeated hour: first, second, refuse.",
            "row_id": 'A template of columns that names the call: "{Call Id}".',
            "created, answered, transferred, ended": "Times: {col: ..., format: ...}.",
            "queue, agent_id, channel, motive": "A text, a template or {col: ...}.",
            "customer_key": "{col: ..., hash: true}.",
            "resolved": '{col: ..., yes: "Y"}.',
            "csat": "{col: ...}.",
            "abandoned_when": 'The only rule is "answered is null".',
        },
        guide="docs/guide.md#call-logs-as-csv",
    ),
}
"""The formats that are no platform's bodies."""
_INDENT = " " * 6


def about(form: str) -> About:
    """Return what a format is. Raises KeyError where there is none of that name."""
    return FILES[form] if form in FILES else platform(form).ABOUT


def run_list(settings: Settings) -> int:
    """Print the formats and the configured sources, each name first on its line; return 0."""
    lines = {form: about(form).title for form in FORMATS}
    for name, section in settings.sources.items():
        form = format_of(name, section)
        lines[name] = f"{about(form).title} (of the settings, format {form})"
    width = max(len(name) for name in lines)
    for name in sorted(lines):
        click.echo(f"{name:{width}}  {lines[name]}")
    return 0


def run_describe(settings: Settings, name: str) -> int:
    """Print what a format accepts and needs; return 0.

    Raises:
        UserError: there is no such format or source.
    """
    known = {form: form for form in FORMATS}
    known |= {key: format_of(key, section) for key, section in settings.sources.items()}
    if name not in known:
        raise UserError(f"there is no source {name!r}", nearest(name, known))
    form = known[name]
    told = about(form)
    click.echo(f"{form}: {told.title}")
    _list("accepts", told.accepts)
    _list("needs on the platform's side", told.needs)
    own = told.settings if form in FILES else {**told.settings, **SETTINGS}
    click.echo("\nsettings (under sources, below a name of your choice)")
    for setting, meaning in own.items():
        click.echo(f"  {setting}")
        click.echo(textwrap.fill(meaning, 90, initial_indent=_INDENT, subsequent_indent=_INDENT))
    if told.guide:
        click.echo(f"\nguide: {told.guide}")
    return 0


def _list(title: str, lines: tuple[str, ...]) -> None:
    click.echo(f"\n{title}")
    for line in lines:
        click.echo(f"  - {line}")
