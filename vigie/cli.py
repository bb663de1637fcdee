"""The command ``vigie``. Each command's work is a function in a module of its own.

Whatever the user can repair ends as one line on standard error and exit code 2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from vigie import __version__
from vigie.alerts_cli import alerts_group
from vigie.cli_settings import settings_of
from vigie.cli_types import DURATION, NAME, SPEED, WINDOW
from vigie.errors import UserError
from vigie.instants import parse_instant_ms
from vigie.report_cli import report_command
from vigie.settings import load_settings
from vigie.sources_cli import sources_group
from vigie.state_cli import state_group
from vigie.web_cli import web_group

_FILE = click.Path(path_type=Path)
_FAULTS = (
    ("streams.settings", "StreamError"),
    ("streams.sources.source", "SourceSettingsError"),
    ("exporters.http.app", "ServeError"),
)
"""Errors of other rooms that the user can repair; their text says how."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--settings", "path", type=_FILE, envvar="VIGIE_SETTINGS", help="The settings file (YAML)."
)
@click.pass_context
def cli(ctx: click.Context, path: Path | None) -> None:
    """Watch a contact centre while it works: events in, exact live numbers out."""
    ctx.obj = path


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: 0 well, 2 something to repair."""
    try:
        code = cli.main(list(arguments), prog_name="vigie", standalone_mode=False)
    except click.ClickException as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            click.echo(error.format_message(), err=True)
            return 2
        return _fail(str(UserError(error.format_message(), _see_help(error))))
    except (click.exceptions.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except UserError as error:
        return _fail(str(error))
    except Exception as error:
        if _is_fault_of_user(error):
            return _fail(str(UserError(str(error))))
        raise
    return code if isinstance(code, int) else 0


def _fail(line: str) -> int:
    click.echo(f"vigie: {line}", err=True)
    return 2


def _see_help(error: click.ClickException) -> str:
    ctx = getattr(error, "ctx", None)
    return (
        f"See {ctx.command_path} --help." if isinstance(ctx, click.Context) else "See vigie --help."
    )


def _is_fault_of_user(error: Exception) -> bool:
    kinds = (getattr(sys.modules.get(module), name, None) for module, name in _FAULTS)
    return any(isinstance(kind, type) and isinstance(error, kind) for kind in kinds)


def _until_interrupted(work: Callable[[], int]) -> int:
    """Run what is ended by Ctrl-C; that is its normal end."""
    try:
        return work()
    except KeyboardInterrupt:
        return 0


def _run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that ``compute`` and ``replay`` share."""
    for option in (
        click.option("--source", required=True, help="Format of the file; see sources list."),
        click.option("--at", multiple=True, metavar="INSTANT", help="Look just before this "
                     "instant: ISO 8601, local time of the settings' zone, or an epoch. Repeats."),
        click.option("--window", "windows", multiple=True, type=WINDOW, help="A window. Repeats; "
                     "those of the settings when none is given."),
        click.option("--threshold", type=DURATION, help="Threshold of every queue."),
        click.option("--short-limit", type=DURATION, help="Short-abandon limit of every queue."),
        click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON."),
    ):  # fmt: skip
        command = option(command)
    return command


_WEB_CONFIG = click.option(
    "--web.config.file", "--web-config", "web_config", type=_FILE,
    help="TLS, users and limits, as Prometheus takes them; goes before web.config_file.",
)  # fmt: skip


@cli.command("run")
@click.option("--seed", type=click.IntRange(min=0), help="Same seed, same day.")
@click.option("--seconds", type=click.FloatRange(min=0), help="Stop after this many seconds.")
@click.option("--check", is_flag=True, help="Check that the numbers move, then say so.")
@click.option("--incident", help="Trouble to begin with.")
@_WEB_CONFIG
@click.pass_context
def run_command(
    ctx: click.Context, seed: int | None, seconds: float | None, check: bool,
    incident: str | None, web_config: Path | None,
) -> int:  # fmt: skip
    """See it work: embedded broker, simulated contact centre and one worker. Keeps nothing."""
    settings = settings_of(ctx, web_config)
    seed = settings.demo.seed if seed is None else seed
    incident = incident or settings.demo.incident

    def work() -> int:
        from vigie.demo import run_demo  # takes a moment, in which Ctrl-C may come already

        return run_demo(settings, seed=seed, seconds=seconds, check=check, incident=incident)

    return _until_interrupted(work)


@cli.command("worker")
@_WEB_CONFIG
@click.pass_context
def worker_command(ctx: click.Context, web_config: Path | None) -> int:
    """Read the topics of a real Kafka and serve the numbers."""
    settings = settings_of(ctx, web_config)

    def work() -> int:
        from vigie.worker import run_worker

        return run_worker(settings)

    return _until_interrupted(work)


@cli.command("send")
@click.option("--source", required=True, help="Format of the file; see sources list.")
@click.option("--follow", is_flag=True, help="Wait for more lines, also across log rotation.")
@click.option("--broker", help="Brokers, host:port, instead of those of the settings.")
@click.option("--topic", help="One topic for all events instead of each its own.")
@click.option("--position", type=_FILE, help="File that remembers how far a followed log was sent.")
@click.argument("file", type=_FILE)
@click.pass_context
def send_command(
    ctx: click.Context, source: str, file: Path, follow: bool, broker: str | None,
    topic: str | None, position: Path | None,
) -> int:  # fmt: skip
    """Send a file's events to Kafka."""
    settings = settings_of(ctx)
    from vigie.send import run_send

    return run_send(settings, source, file, follow=follow, broker=broker, topic=topic,
                    position=position)  # fmt: skip


@cli.command("simulate")
@click.option("--seed", type=click.IntRange(min=0), help="Same seed, same centre.")
@click.option("--history", type=DURATION, default="2h", show_default=True,
              help="What a new run tells of the past.")  # fmt: skip
@click.pass_context
def simulate_command(ctx: click.Context, seed: int | None, history: int) -> int:
    """Send a simulated contact centre to Kafka, as it happens, until Ctrl-C.

    Started again, it goes on with what the topics hold.
    """
    settings = settings_of(ctx)

    def work() -> int:
        from vigie.simulate import run_simulate

        return run_simulate(
            settings, seed=settings.demo.seed if seed is None else seed, history_ms=history
        )

    return _until_interrupted(work)


@cli.command("replay")
@_run_options
@click.option("--speed", type=SPEED, default="max", show_default=True,
              help="Recorded seconds per second, or max.")  # fmt: skip
@click.option("--broker", help="A real broker, host:port, instead of the embedded one.")
@click.option("--name", type=NAME, help="With --broker: keep the replay's topics until it got to "
              "its end; ended before, the same command goes on.")  # fmt: skip
@click.argument("file", type=_FILE)
@click.pass_context
def replay_command(
    ctx: click.Context, source: str, file: Path, at: tuple[str, ...], windows: tuple[str, ...],
    threshold: int | None, short_limit: int | None, as_json: bool, speed: float | None,
    broker: str | None, name: str | None,
) -> int:  # fmt: skip
    """Send a file through a broker and a worker, on the recorded clock."""
    settings = settings_of(ctx).with_overrides(threshold, short_limit)
    instants = tuple(parse_instant_ms(text, settings.zone) for text in at)
    from vigie.replay import run_replay

    return _until_interrupted(
        lambda: run_replay(
            settings, source, file, speed=speed, broker=broker, json_output=as_json, name=name,
            at=instants, windows=windows,
        )
    )  # fmt: skip


@cli.command("compute")
@_run_options
@click.option("--dead-letters", type=_FILE, help="Where refused input goes.  [default: "
              "dead-letters.jsonl, made when there is some]")  # fmt: skip
@click.option("--agents", is_flag=True, help="Figures by agent too (personal data).")
@click.option("--output", "-o", default="-", help="File for the figures; - is standard output.")
@click.argument("file", type=_FILE)
@click.pass_context
def compute_command(
    ctx: click.Context, source: str, file: Path, at: tuple[str, ...], windows: tuple[str, ...],
    threshold: int | None, short_limit: int | None, as_json: bool, dead_letters: Path | None,
    agents: bool, output: str,
) -> int:  # fmt: skip
    """Compute a file's figures in batch, without Kafka, with the same fold."""
    from vigie.compute import run_compute

    settings = settings_of(ctx).with_overrides(threshold, short_limit)
    instants = [parse_instant_ms(text, settings.zone) for text in at]
    return run_compute(
        settings, source, file, at=instants, windows=windows, dead_letters=dead_letters,
        agents=agents, output=output, as_json=as_json,
    )  # fmt: skip


@cli.command("compile")
def compile_command() -> int:
    """Compile the core to machine code for this Python; every command uses it from then on.

    Needs a C compiler and mypy; an installation without it runs the same core as Python. A changed
    source is not compiled by itself: until this is run again, the source runs.
    """
    from vigie.compiling import compile_core

    compile_core(click.echo)
    return 0


@cli.command("doctor")
@click.pass_context
def doctor_command(ctx: click.Context) -> int:
    """Check Kafka, topics, clock, port and settings, and say the fix."""
    from vigie.doctor import run_doctor

    return run_doctor(settings_of(ctx))


@cli.group("topics")
def topics_group() -> None:
    """Create and list the Kafka topics."""


@topics_group.command("create")
@click.option("--dry-run", is_flag=True, help="Only say what would be created.")
@click.pass_context
def topics_create(ctx: click.Context, dry_run: bool) -> int:
    """Create the topics with partitions, retention and compaction."""
    settings = settings_of(ctx)
    from vigie.topics import create_topics

    return create_topics(settings, dry_run=dry_run)


@topics_group.command("list")
@click.pass_context
def topics_list(ctx: click.Context) -> int:
    """List the topics that vigie uses and whether they are there."""
    from vigie.topic_listing import run_topics_list

    return run_topics_list(settings_of(ctx))


cli.add_command(state_group)
cli.add_command(alerts_group)
cli.add_command(report_command)
cli.add_command(web_group)
cli.add_command(sources_group)


@cli.group("settings")
def settings_group() -> None:
    """Check, show and describe the settings."""


@settings_group.command("check")
@click.argument("file", type=_FILE)
def settings_check(file: Path) -> None:
    """Check a settings file together with the environment."""
    settings = load_settings(file, os.environ)
    click.echo(f"{file}: valid, {len(settings.queues)} queues named")


@settings_group.command("show")
@click.pass_context
def settings_show(ctx: click.Context) -> None:
    """Print the settings in force, secrets masked."""
    from vigie.settings_dump import dump

    click.echo(dump(load_settings(ctx.obj, os.environ)), nl=False)


@settings_group.command("schema")
def settings_schema_command() -> None:
    """Print the JSON Schema of the settings file."""
    import json

    from vigie.settings_schema import settings_schema

    click.echo(json.dumps(settings_schema(), indent=2, ensure_ascii=False))


@settings_group.command("docs")
def settings_docs_command() -> None:
    """Print the settings page of the documentation (Markdown)."""
    from vigie.settings_docs import settings_page

    click.echo(settings_page(), nl=False)


@cli.command("connect")
@click.option("--source", required=True, help="Name of the source; see sources list.")
@click.option("--broker", help="Brokers, host:port, instead of those of the settings.")
@click.pass_context
def connect_command(ctx: click.Context, source: str, broker: str | None) -> int:
    """Follow a telephone system over a connection, and send its events, until Ctrl-C."""
    settings = settings_of(ctx)

    def work() -> int:
        from vigie.connect import run_connect

        return run_connect(settings, source, broker=broker)

    return _until_interrupted(work)


@cli.command("ingest")
@click.option("--broker", help="Brokers, host:port, instead of those of the settings.")
@click.pass_context
def ingest_command(ctx: click.Context, broker: str | None) -> int:
    """Receive the webhooks of platforms and put their events on Kafka, until Ctrl-C."""
    settings = settings_of(ctx)

    def work() -> int:
        from vigie.ingest import run_ingest

        return run_ingest(settings, broker=broker)

    return _until_interrupted(work)


@cli.command("version")
def version_command() -> None:
    """Print the version."""
    click.echo(f"vigie {__version__}")
