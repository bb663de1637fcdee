"""``vigie compute``: the same fold in batch, without Kafka. Back-fill, audit, oracle.

All events of a file are put in order of their time, folded by one shard per topic, and looked at
just before each asked instant.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from aggregators.board import Board, board
from aggregators.carrying import carry, carry_all
from aggregators.counts import REFUSED, Outcome
from aggregators.dossiers.expression_list import expression_list
from aggregators.events import CUSTOMERS, TOPICS, Envelope, topic_of
from aggregators.policy import Rules
from aggregators.shard import Shard
from vigie.dead_letter_file import DEFAULT, DeadLetterFile
from vigie.errors import UserError
from vigie.figures import figures, write_figures
from vigie.progress import tracked
from vigie.settings import Settings
from vigie.source_files import open_source, source_events

if TYPE_CHECKING:
    from streams.sources import Source

WHOLE = "whole"
_MAX_BODY = 4_096


def run_compute(
    settings: Settings,
    source_name: str,
    path: Path,
    *,
    at: Sequence[int] = (),
    windows: Sequence[str] = (),
    dead_letters: Path | None = None,
    agents: bool = False,
    output: str = "-",
    as_json: bool = True,
) -> int:
    """Compute the figures of a file and write them; return the exit code.

    ``at`` are instants in epoch milliseconds; without any it is one millisecond after the last
    event. ``windows`` are those of the settings when none is given; ``whole`` is always there.
    Nothing is ever too old: the retention is off. Refused input goes to ``dead_letters``, a file
    that is made when there is some. ``output`` is a file, ``-`` for standard output; without
    ``as_json`` a short table is written.

    Raises:
        UserError: the source, the file or the output cannot be used.
    """
    source = open_source(settings, source_name, path)
    rules = batch_rules(settings.rules(), agents=agents)
    with DeadLetterFile(dead_letters or DEFAULT) as letters:
        events = read_sorted(source, path, letters)
        if not events and not at:
            raise UserError(
                f"{path} has no event that can be used", letters.summary() or "Is it the file?"
            )

        def refused(event: Envelope, outcome: Outcome) -> None:
            body = msgspec.json.encode(event).decode()[:_MAX_BODY]
            place = event.raw_ref or ""
            letters.write(outcome.value, f"event {event.event_id}", source.name, place, body)

        shards = topic_shards(rules)
        boards = boards_at(
            tracked(events, "folding", len(events)),
            at or [events[-1].event_time_ms + 1],
            rules,
            with_whole(windows or rules.windows),
            refused,
            shards,
        )
        found = [figures(one) | unanswered(shards.values(), one, rules) for one in boards]
    write_figures(found, output, as_json=as_json)
    if summary := letters.summary():
        print(f"vigie: {summary}", file=sys.stderr)  # noqa: T201
    return 0


def batch_rules(rules: Rules, *, agents: bool = False) -> Rules:
    """Return the rules of a batch: nothing is forgotten; with ``agents`` also by agent."""
    return msgspec.structs.replace(
        rules,
        retention_ms=None,
        long_retention_ms=None,
        agent_figures=rules.agent_figures or agents,
    )


def with_whole(windows: Sequence[str]) -> tuple[str, ...]:
    """Return the windows without repeats, ``whole`` among them."""
    return tuple(dict.fromkeys((*windows, WHOLE)))


def topic_shards(rules: Rules) -> dict[str, Shard]:
    """Return an empty shard for each topic."""
    return {topic: Shard(topic, 0, rules) for topic in TOPICS}


def unanswered(shards: Iterable[Shard], one: Board, rules: Rules) -> dict[str, Any]:
    """Return the list of expressions without an answer of a whole file, if there are any."""
    found = expression_list(shards, one.as_of_ms, rules, WHOLE)
    return {"expressions": msgspec.to_builtins(found)} if found.searches else {}


def boards_at(
    events: Iterable[Envelope],
    instants: Sequence[int],
    rules: Rules,
    windows: Sequence[str],
    refused: Callable[[Envelope, Outcome], None] | None = None,
    shards: dict[str, Shard] | None = None,
) -> Iterator[Board]:
    """Yield the board just before each instant (epoch ms), in the order of time.

    ``events`` must be in order of time. ``refused`` is called with what the fold does not take.
    ``shards``, one per topic, are there for who wants to look at them beside the board.
    """
    shards = topic_shards(rules) if shards is None else shards
    pending = deque(sorted(set(instants)))

    def look(at_ms: int) -> Board:
        carry_all(shards, at_ms, refused)
        return board(shards.values(), at_ms, rules, windows)

    for event in events:
        while pending and event.event_time_ms >= pending[0]:
            yield look(pending.popleft())
        if not pending:
            return
        shard = shards[topic_of(event)]
        outcome = shard.apply(event, event.event_time_ms)
        if outcome in REFUSED and refused is not None:
            refused(event, outcome)
        if shard.outbox:
            carry(shard, shards[CUSTOMERS], refused)
    while pending:
        yield look(pending.popleft())


def read_sorted(source: Source, path: Path, letters: DeadLetterFile) -> list[Envelope]:
    """Read a whole file and put its events in order of time; refused lines go to ``letters``."""
    from streams.sources import Refused

    events: list[Envelope] = []
    for item in tracked(source_events(source, path), "reading"):
        if isinstance(item, Refused):
            letters.write(str(item.reason), item.detail, source.name, item.position, item.body)
        else:
            events.append(item)
    events.sort(key=attrgetter("event_time_ms"))  # stable: equal times keep the file's order
    return events
