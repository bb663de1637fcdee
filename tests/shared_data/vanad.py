"""The calls of VANAD: their mapping, and vigie's figures of a month at many instants."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from aggregators.board import Board, board
from aggregators.events import TOPICS, Envelope, topic_of
from aggregators.policy import Rules
from aggregators.shard import Shard
from tests.shared_data.figures import by_event, state
from vigie.compute import batch_rules, boards_at, read_sorted
from vigie.dead_letter_file import DeadLetterFile
from vigie.settings import Settings, load_settings
from vigie.source_files import open_source

SETTINGS = """\
defaults:
  zone: Europe/Amsterdam
sources:
  calls_csv:
    topic: calls
    delimiter: ","
    zone: Europe/Amsterdam
    fold: first
    row_id: "{file}:{line}"
    created: {col: date_received, format: "%Y-%m-%d %H:%M:%S"}
    queue: {col: queue_name}
    agent_id: {col: agent_number, null: ["NULL", ""]}
    answered: {col: answered, null: ["NULL", ""]}
    transferred: {col: transfer, null: ["NULL", ""]}
    ended: {col: hangup, null: ["NULL", ""]}
    abandoned_when: "answered is null"
"""

LENGTHS_S = {"45s": 45, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600}
INTERVAL = "interval_15m_last"
WINDOWS = (*LENGTHS_S, INTERVAL, "today")
ZONE = ZoneInfo("Europe/Amsterdam")

Seen = dict[str, dict[str | None, dict[str, Any]]]
"""Window -> queue, or None for all -> figures by event, with ``state_before_until``."""


class Month(NamedTuple):
    """One month: all of it (also with the threshold just under 20 s), and what instants show."""

    whole: Board
    strict: Board
    seen: dict[datetime, Seen]


def settings(folder: Path, *, threshold_ms: int = 20_000) -> Settings:
    """Settings of the mapping; an abandonment after 5 s is a short one, as in the data."""
    path = folder / "vanad.yaml"
    path.write_text(SETTINGS)
    return load_settings(path, {}).with_overrides(threshold_ms, 5_001)


def cut_days(folder: Path, days: tuple[str, ...], target: Path) -> None:
    """Write the rows of some days of one month as a file of their own, compressed too."""
    month = folder / f"calls-{days[0][:7]}.csv.gz"
    with gzip.open(month, "rt") as rows, gzip.open(target, "wt", compresslevel=1) as cut:
        cut.write(next(rows))
        cut.writelines(row for row in rows if row.startswith(days))


def epoch_ms(local: datetime) -> int:
    """A Dutch wall clock time as milliseconds since 1970."""
    return round(local.replace(tzinfo=ZONE).timestamp() * 1000)


def random_instants(month: str) -> list[datetime]:
    """Twenty instants of working hours; one in four lies between two slices of 5 s."""
    chance = random.Random(month)
    found: list[datetime] = []
    while len(found) < 20:
        day = datetime.fromisoformat(f"{month}-{chance.randint(2, 28):02}")
        if day.weekday() == 6:
            continue
        at = day + timedelta(hours=8) + timedelta(seconds=5 * chance.randrange(12 * 720))
        if len(found) % 4 == 3:
            at += timedelta(milliseconds=chance.choice((1, 1000, 2500, 4000, 4999)))
        found.append(at)
    return found


def compute_month(folder: Path, file: Path, instants: Sequence[datetime]) -> Month:
    """Read a month once; show every instant, and all of it at the end."""
    given = settings(folder)
    rules = batch_rules(given.rules())
    with DeadLetterFile(folder / "dead-letters.jsonl") as letters:
        events = read_sorted(open_source(given, "calls_csv", file), file, letters)
        assert letters.summary() == ""
    seen: dict[datetime, Seen] = {}
    local = {epoch_ms(at): at for at in instants}
    for one in boards_at(events, list(local), rules, WINDOWS):
        seen[local[one.as_of_ms]] = _seen(one)
    strict = batch_rules(settings(folder, threshold_ms=19_999).rules())
    whole, under = _whole(events, batch_rules(rules, agents=True), strict)
    return Month(whole, under, seen)


def _whole(events: Iterable[Envelope], *views: Rules) -> list[Board]:
    """All events folded once, and looked at with several rules: they say what a wait means."""
    shards = {topic: Shard(topic, 0, views[0]) for topic in TOPICS}
    for event in events:
        shards[topic_of(event)].apply(event, event.event_time_ms)
    end_ms = max(shard.max_event_ms for shard in shards.values()) + 1
    counts = shards["calls"].counts
    assert counts.read == counts.applied
    return [board(shards.values(), end_ms, rules, ["whole"]) for rules in views]


def _seen(one: Board) -> Seen:
    return {
        window: {
            name: {"by_event": by_event(values), "state_before_until": state(values)}
            for name, values in ((None, rows.total), *rows.queues.items())
        }
        for window, rows in one.windows.items()
    }
