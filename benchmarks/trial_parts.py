"""Other ways to decode, and interned names, each by itself in one process.

``python -m benchmarks.trial_parts EVENTS ROUNDS`` prints one line of JSON.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Union, get_type_hints

import msgspec
from msgspec import NODEFAULT, Struct, structs

from aggregators.events import TOPIC_TYPES
from aggregators.policy import Rules
from aggregators.shard import Shard
from benchmarks.centre import day_events
from benchmarks.guard import Sample
from streams.collector import calm_collector

UNION = "a type per event, told apart by its tag"
UNLIMITED = "the same without limits of lengths and ranges"
FLAT = "one struct with the fields of all types"
NEEDED = "one struct with ten fields, the rest skipped"
UNTYPED = "dictionaries, nothing checked"

FRESH = "names as they were read"
INTERNED = "queue, team and agent interned"
FREE = "the same, had interning cost nothing"

_NEEDED = ("type", "event_id", "event_time_ms", "contact_id", "leg_id", "channel", "queue",
           "agent_id", "wait_ms", "state")  # fmt: skip
"""Fewer than the fold reads: what nobody could do without."""


class Parts(Struct, frozen=True, kw_only=True):
    """CPU microseconds per event, by way and round."""

    events: int
    decode_us: dict[str, list[float]]
    fold_us: dict[str, list[float]]


def unlimited(kind: type[Struct]) -> type[Struct]:
    """Return the same type with the limits of its fields left out."""
    hints = get_type_hints(kind)
    fields = [
        (field.name, hints[field.name])
        if field.default is NODEFAULT and field.default_factory is NODEFAULT
        else (field.name, hints[field.name], field.default)
        for field in structs.fields(kind)
    ]
    return msgspec.defstruct(
        kind.__name__, fields, tag=kind.__struct_config__.tag, tag_field="type", kw_only=True,
        gc=False,
    )  # fmt: skip


def flat(kinds: Sequence[type[Struct]], only: Sequence[str] = ()) -> type[Struct]:
    """Return one type with the fields of all, each of which may be missing; or with some of them.

    A field that has another type from event to event may be anything.
    """
    found: dict[str, Any] = {"type": str}
    for kind in kinds:
        hints = get_type_hints(kind, include_extras=True)
        for field in structs.fields(kind):
            hint = hints[field.name]
            if found.setdefault(field.name, hint) != hint:
                found[field.name] = Any
    fields = [(n, hint | None, None) for n, hint in found.items() if not only or n in only]
    return msgspec.defstruct("Flat", fields, kw_only=True, gc=False)


def decoders(topic: str) -> dict[str, Callable[[bytes], Any]]:
    """Return every way to decode the messages of a topic."""
    kinds = TOPIC_TYPES[topic]
    types: dict[str, Any] = {
        UNION: Union[kinds],  # noqa: UP007
        UNLIMITED: Union[tuple(unlimited(kind) for kind in kinds)],  # noqa: UP007
        FLAT: flat(kinds),
        NEEDED: flat(kinds, _NEEDED),
        UNTYPED: Any,
    }
    return {way: msgspec.json.Decoder(kind).decode for way, kind in types.items()}


def intern_names(event: Any) -> None:
    """Let equal names of queue, team and agent be one object."""
    for name in ("queue", "team", "agent_id"):
        if type(text := getattr(event, name, None)) is str:
            setattr(event, name, sys.intern(text))


def measure(events: int, rounds: int) -> Parts:
    """Measure every way, turn by turn; the collector rests, as each way leaves it other work."""
    sample = Sample(day_events(events))
    pairs = list(zip(sample.topics, sample.messages, strict=True))
    ways = {topic: decoders(topic) for topic in set(sample.topics)}
    decode_us: dict[str, list[float]] = {}
    fold_us: dict[str, list[float]] = {}

    def timed(into: dict[str, list[float]], name: str, work: Callable[[], object]) -> None:
        gc.collect()
        gc.disable()
        began_s = time.process_time()
        work()
        into.setdefault(name, []).append((time.process_time() - began_s) / events * 1e6)
        gc.enable()

    def decode(way: str) -> list[tuple[str, Any]]:
        read = {topic: found[way] for topic, found in ways.items()}
        return [(topic, read[topic](message)) for topic, message in pairs]

    calm_collector()
    for _ in range(rounds):
        for way in (UNION, UNLIMITED, FLAT, NEEDED, UNTYPED):
            timed(decode_us, way, lambda way=way: decode(way))  # type: ignore[misc]
        fresh = decode(UNION)
        timed(fold_us, FRESH, lambda fresh=fresh: fold(fresh))  # type: ignore[misc]
        fresh = decode(UNION)
        timed(fold_us, INTERNED, lambda fresh=fresh: fold(fresh, intern_names))  # type: ignore[misc]
        fresh = decode(UNION)
        for _, event in fresh:
            intern_names(event)
        timed(fold_us, FREE, lambda fresh=fresh: fold(fresh))  # type: ignore[misc]
    return Parts(events=events, decode_us=decode_us, fold_us=fold_us)


def fold(
    events: Sequence[tuple[str, Any]], prepare: Callable[[Any], None] | None = None
) -> dict[str, Shard]:
    """Fold events, by topic, into new shards."""
    shards = {topic: Shard(topic, 0, Rules()) for topic, _ in events}
    for shard in shards.values():
        shard.begin_batch()
    for topic, event in events:
        if prepare is not None:
            prepare(event)
        shards[topic].apply(event, event.event_time_ms)
    for shard in shards.values():
        shard.end_batch()
    return shards


def main() -> int:
    """Measure once."""
    parts = measure(int(sys.argv[1]), int(sys.argv[2]))
    print(msgspec.json.encode(parts).decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
