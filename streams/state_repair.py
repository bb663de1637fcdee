"""Repairs of the stored state while no worker runs: reset, import, and what export reads.

Whatever cuts one of them short leaves partitions whose committed offset has no checkpoint: a
worker refuses to start on them, and running the same repair again ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple

from faust.types import TP
from msgspec import Struct

from aggregators.events import TOPICS
from streams import state_group as group
from streams.changelog import Rows
from streams.checkpoint import (
    UNKNOWN_EPOCH,
    CheckpointError,
    Epoch,
    Snapshot,
    highest_generation,
    keys_of,
    repair,
)
from streams.parts import Parts
from streams.settings import StreamSettings
from streams.state_group import StateError
from streams.state_log import (
    StoredShard,
    log_ends,
    open_state_writer,
    read_partitions,
    stored_shards,
)
from streams.topic_epoch import epochs_by
from streams.topics import open_admin

Target = Literal["earliest", "latest", "committed"]


class Done(Struct, frozen=True):
    """What a repair did to one topic: its partitions, keys deleted, where each goes on.

    An offset of None is the beginning of the log, wherever that is when a worker starts.
    """

    topic: str
    deleted: int
    starts: dict[int, int | None]


class Stored(NamedTuple):
    """The stored state of the application and the epochs of its source topics."""

    shards: list[StoredShard]
    epochs: dict[str, Epoch]


class _Found(NamedTuple):
    epochs: dict[str, Epoch]
    rows: dict[TP, Rows]
    committed: dict[TP, int]


async def export_state(settings: StreamSettings, *, live: bool = False) -> Stored:
    """Return every complete checkpoint. With ``live`` workers may run meanwhile.

    Raises:
        StateError: a worker runs.
        CheckpointError: a checkpoint cannot be used.
    """
    async with open_admin(settings) as admin:
        if not live:
            await group.require_asleep(admin, settings.app_id)
        found = await _look(settings, admin, (), ())
    sources = {name: found.epochs[full] for full, name in settings.source_topics().items()
               if full in found.epochs}  # fmt: skip
    return Stored(stored_shards(settings, found.rows), sources)


async def reset(
    settings: StreamSettings,
    parts: Parts,
    *,
    topics: Collection[str] = (),
    partitions: Collection[int] = (),
    to: Target = "earliest",
) -> list[Done]:
    """Delete the checkpoints and committed offsets of partitions, by default of all.

    ``topics`` are canonical or full names. The next worker begins without any state at the
    beginning of the log, at its end, or at the committed offset.

    Raises:
        StateError: a worker runs, or there is no such topic or partition.
    """
    async with open_admin(settings) as admin:
        await group.require_asleep(admin, settings.app_id)
        found = await _look(settings, admin, topics, partitions)
        starts: dict[TP, int | None] = dict.fromkeys(found.rows)
        if to == "latest":
            starts.update((await log_ends(settings, _existing(found)))[1])
        elif to == "committed":
            starts.update({tp: at for tp, at in found.committed.items() if tp in starts})
        names = settings.source_topics()
        new = {}
        for tp, at in starts.items():
            if at is not None:
                new[tp] = _empty(parts, names[tp.topic], tp.partition, at)
        return await _replace(settings, admin, found, new)


async def import_state(
    settings: StreamSettings,
    parts: Parts,
    stored: Stored,
    *,
    topics: Collection[str] = (),
    partitions: Collection[int] = (),
    replace: bool = False,
) -> list[Done]:
    """Write exported checkpoints, and delete those that the export has not.

    Raises:
        StateError: a worker runs, a checkpoint is there and ``replace`` is False, or the state
            does not fit the topics.
        CheckpointError: a checkpoint of the export cannot be read.
    """
    async with open_admin(settings) as admin:
        await group.require_asleep(admin, settings.app_id)
        found = await _look(settings, admin, topics, partitions)
        full = {name: topic for topic, name in settings.source_topics().items()}
        new = {
            tp: shard.snapshot
            for shard in stored.shards
            if (tp := TP(full[shard.topic], shard.partition)) in found.rows
            or not (topics or partitions)
        }
        _require_fit(settings, stored, found, new)
        _, last = await log_ends(settings, new)
        for tp, snapshot in new.items():
            _require_readable(parts, tp, snapshot)
            if last[tp] < snapshot.next_offset:
                raise StateError(
                    f"{tp.topic}[{tp.partition}] ends at offset {last[tp]}, before the "
                    f"{snapshot.next_offset} of the export: it is another log"
                )
        there = [tp for tp in found.rows if _has_head(found.rows[tp], tp.partition)]
        if there and not replace:
            tp = there[0]
            more = f" ({len(there) - 1} more like this)" if len(there) > 1 else ""
            raise StateError(
                f"{tp.topic}[{tp.partition}] has a checkpoint already{more}: say --replace to "
                "put the export in its place"
            )
        return await _replace(settings, admin, found, new)


async def _look(
    settings: StreamSettings, admin: Any, topics: Collection[str], partitions: Collection[int]
) -> _Found:
    """Read the chosen partitions: epochs of sources and changelogs, rows, committed offsets."""
    sources = settings.source_topics()
    by_name = {name: full for full, name in sources.items()} | {full: full for full in sources}
    unknown = [name for name in topics if name not in by_name]
    if unknown:
        known = ", ".join(TOPICS)
        raise StateError(f"there is no source topic {unknown[0]!r}: name one of {known}")
    chosen = sorted({by_name[name] for name in topics} or sources)
    logs = {full: settings.changelog(sources[full]) for full in chosen}
    epochs = await epochs_by(admin, {*chosen, *logs.values()})
    counts = {
        full: max(epochs.get(name, UNKNOWN_EPOCH).partitions for name in (full, logs[full]))
        for full in chosen
    }
    tps = [
        TP(full, number)
        for full, count in counts.items()
        for number in range(count)
        if not partitions or number in partitions
    ]
    if not any(counts.values()):
        raise StateError(f"topic {chosen[0]} is not there: run vigie topics create")
    beyond = [number for number in partitions if number >= max(counts.values())]
    if beyond:
        raise StateError(
            f"there is no partition {beyond[0]}: the topics have {max(counts.values())}"
        )
    committed = await group.committed(admin, settings.app_id)
    return _Found(epochs, await read_partitions(settings, tps, epochs), committed)


async def _replace(
    settings: StreamSettings, admin: Any, found: _Found, new: Mapping[TP, Snapshot]
) -> list[Done]:
    """Put ``new`` in place of what was found; partitions without an entry become empty."""
    deleted: dict[TP, int] = {}

    async def one(tp: TP) -> None:
        rows = found.rows.get(tp, {})
        deleted[tp] = await writer.clear(tp, rows)
        if (snapshot := new.get(tp)) is not None:
            generation = max(highest_generation(rows, tp.partition), snapshot.generation) + 2
            epoch = found.epochs.get(tp.topic, UNKNOWN_EPOCH)
            await writer.write(tp, snapshot._replace(epoch=epoch), generation)

    async with open_state_writer(settings) as writer:
        await asyncio.gather(*(one(tp) for tp in sorted({*found.rows, *new})))
    gone = [tp for tp in found.rows if tp not in new and tp in found.committed]
    await group.forget(admin, settings.app_id, gone)
    await group.commit(admin, settings.app_id, {tp: at.next_offset for tp, at in new.items()})
    done: dict[str, list[TP]] = {}
    for tp in sorted(deleted):
        done.setdefault(tp.topic, []).append(tp)
    return [
        Done(
            settings.source_topics()[topic],
            sum(deleted[tp] for tp in tps),
            {tp.partition: new[tp].next_offset if tp in new else None for tp in tps},
        )
        for topic, tps in done.items()
    ]


def _require_fit(
    settings: StreamSettings, stored: Stored, found: _Found, new: Collection[TP]
) -> None:
    names = settings.source_topics()
    for topic in sorted({tp.topic for tp in new}):
        then, now = stored.epochs.get(names[topic], UNKNOWN_EPOCH), found.epochs.get(topic)
        log = found.epochs.get(settings.changelog(names[topic]))
        if now is None or log is None:
            raise StateError(
                f"topic {topic} or its changelog is not there: run vigie topics create"
            )
        if then.partitions != now.partitions or log.partitions != now.partitions:
            raise StateError(
                f"topic {topic} has {now.partitions} partitions and its changelog "
                f"{log.partitions}, the export was made with {then.partitions}: contacts would be "
                f"torn between them; count again with `vigie state reset --topic {topic}`"
            )
        if then.topic_id and now.topic_id and then.topic_id != now.topic_id:
            raise StateError(
                f"topic {topic} was created anew since the export (id {then.topic_id} then, "
                f"{now.topic_id} now), so its offsets mean other events; count again with "
                f"`vigie state reset --topic {topic}`"
            )


def _require_readable(parts: Parts, tp: TP, snapshot: Snapshot) -> None:
    where = f"{tp.topic}[{tp.partition}]"
    try:
        shard = parts.read_shard(snapshot.body, snapshot.rows)
    except Exception as error:
        raise CheckpointError(f"the export of {where} cannot be read: {error}") from error
    if (shard.next_offset, shard.partition) != (snapshot.next_offset, tp.partition):
        raise CheckpointError(f"the export of {where} contradicts itself; {repair(*tp)}")


def _empty(parts: Parts, name: str, partition: int, next_offset: int) -> Snapshot:
    shard = parts.new_shard(name, partition)
    shard.next_offset = next_offset
    return Snapshot(next_offset, 0, shard.encode().record, {})


def _has_head(rows: Rows, partition: int) -> bool:
    return any(name.endswith(b"/h") for name in keys_of(rows, partition))


def _existing(found: _Found) -> list[TP]:
    return [
        tp for tp in found.rows
        if tp.partition < found.epochs.get(tp.topic, UNKNOWN_EPOCH).partitions
    ]  # fmt: skip
