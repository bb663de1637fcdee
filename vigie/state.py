"""``vigie state``: shows, saves, restores and forgets the stored state of the application."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import click

from aggregators.shard import Shard
from exporters.http.board_json import instant
from streams.checkpoint import CheckpointError, repair
from streams.parts import real_parts
from streams.state_log import StoredShard
from streams.state_repair import Done, Target, export_state, import_state, reset
from vigie import __version__
from vigie.errors import UserError
from vigie.settings import Settings
from vigie.state_file import FORMAT, Header, Topic, read_export, write_export
from vigie.stream_settings import stream_settings

_STARTS = {
    "earliest": "the beginning of their logs",
    "latest": "the end of their logs; what lies before is not counted",
    "committed": "the committed offsets; what lies before is not counted",
}
_COLUMNS = (
    ("topic", -10), ("partition", 9), ("next offset", 12), ("generation", 11), ("open", 8),
    ("rows", 7), ("bytes", 11), ("watermark", 26),
)  # fmt: skip


def run_show(settings: Settings) -> int:
    """Print one line per checkpoint.

    Raises:
        StreamError: Kafka cannot be reached, or a checkpoint cannot be used.
    """
    stored = asyncio.run(export_state(stream_settings(settings), live=True))
    click.echo(_line({name: name for name, _ in _COLUMNS}))
    for shard in stored.shards:
        click.echo(_line(_shown(settings, shard)))
    return 0


def run_export(settings: Settings, path: Path, now_ms: int, *, live: bool) -> int:
    """Write every checkpoint to a file.

    Raises:
        UserError, StreamError: with the fix.
    """
    if path.exists():
        raise UserError(f"{path} is there already", "Name a new file; an export replaces none.")
    streams = stream_settings(settings)
    stored = asyncio.run(export_state(streams, live=live))
    if not stored.shards:
        raise UserError(
            f"there is no checkpoint of {streams.app_id!r} to export",
            "Check kafka.app_id and kafka.topic_prefix.",
        )
    topics = {name: Topic(epoch.topic_id, epoch.partitions) for name, epoch in
              stored.epochs.items()}  # fmt: skip
    header = Header(FORMAT, __version__, streams.app_id, instant(now_ms), topics)
    write_export(path, header, stored)
    rows = sum(len(shard.snapshot.rows) for shard in stored.shards)
    click.echo(f"{path}: {len(stored.shards)} partitions, {rows} rows")
    if live:
        click.echo("workers may run: each partition is as of its own last checkpoint")
    return 0


def run_import(
    settings: Settings,
    path: Path,
    *,
    topics: Collection[str],
    partitions: Collection[int],
    replace: bool,
) -> int:
    """Put the checkpoints of a file into the changelogs.

    Raises:
        UserError, StreamError: with the fix.
    """
    streams = stream_settings(settings)
    header, stored = read_export(path)
    if header.app_id != streams.app_id:
        raise UserError(
            f"{path} is of the application {header.app_id!r}, the settings say {streams.app_id!r}",
            f"Set kafka.app_id: {header.app_id}, or take the file of this application.",
        )
    unknown = sorted({s.topic for s in stored.shards} - set(streams.source_topics().values()))
    if unknown:
        raise UserError(f"{path} has a topic {unknown[0]!r} that this vigie does not know",
                        "Import it with the version of vigie that wrote it.")  # fmt: skip
    done = asyncio.run(
        import_state(
            streams, real_parts(settings.rules()), stored,
            topics=topics, partitions=partitions, replace=replace,
        )
    )  # fmt: skip
    _tell(done)
    _forget_published(settings)
    return 0


def run_reset(
    settings: Settings,
    *,
    topics: Collection[str],
    partitions: Collection[int],
    to: Target,
    is_sure: bool,
) -> int:
    """Delete checkpoints and committed offsets, after asking.

    Raises:
        UserError, StreamError: with the fix.
    """
    streams = stream_settings(settings)
    which = ", ".join(topics) or "every topic"
    if partitions:
        which += f", partition {', '.join(map(str, sorted(partitions)))}"
    what = f"This deletes the stored state of {streams.app_id!r} for {which}"
    if not is_sure:
        if not sys.stdin.isatty():
            raise UserError(what, "Say --yes where nobody can be asked.")
        click.echo(f"{what}. A worker begins at {_STARTS[to]}.", err=True)
        if not click.confirm("Go on?", err=True):
            raise click.Abort
    done = asyncio.run(
        reset(
            streams, real_parts(settings.rules()), topics=topics, partitions=partitions, to=to
        )
    )  # fmt: skip
    _tell(done)
    _forget_published(settings)
    return 0


def _forget_published(settings: Settings) -> None:
    if settings.redis.url is not None:
        from vigie.sharing import forget_published  # one worker alone needs no Redis client

        forget_published(settings)
        click.echo("redis: what was published is forgotten")


def _tell(done: Collection[Done]) -> None:
    for one in done:
        count = f"{len(one.starts)} partition{'s' if len(one.starts) != 1 else ''}"
        click.echo(
            f"{one.topic}: {count}, {one.deleted} records deleted, starts {_where(one.starts)}"
        )


def _where(starts: Mapping[int, int | None]) -> str:
    places = {n: at for n, at in sorted(starts.items()) if at is not None}
    if not places:
        return "at the beginning"
    told = ", ".join(f"{n} at {at}" for n, at in places.items())
    return told if len(places) == len(starts) else f"{told}, the others at the beginning"


def _shown(settings: Settings, shard: StoredShard) -> dict[str, object]:
    at = shard.snapshot
    try:
        decoded = Shard.decode(at.body, at.rows, settings.rules())
    except Exception as error:
        where = stream_settings(settings).topic(shard.topic), shard.partition
        raise CheckpointError(
            f"the checkpoint of {where[0]}[{where[1]}] cannot be read: {error}; {repair(*where)}"
        ) from error
    return {
        "topic": shard.topic,
        "partition": shard.partition,
        "next offset": at.next_offset,
        "generation": at.generation,
        "open": len(decoded.open),
        "rows": len(at.rows),
        "bytes": len(at.body) + sum(map(len, at.rows.values())),
        "watermark": instant(decoded.watermark_ms) if decoded.watermark_ms else "-",
    }


def _line(cells: Mapping[str, object]) -> str:
    shown = ((str(cells[name]), width) for name, width in _COLUMNS)
    return "".join(
        f"{text:<{-width}}" if width < 0 else f"{text:>{width}}" for text, width in shown
    ).rstrip()
