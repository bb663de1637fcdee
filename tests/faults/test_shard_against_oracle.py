"""Laws: whatever arrives in whatever order, and whoever dies when, the fold equals the oracle."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any, TypeVar

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.policy import Rules
from tests.faults.crashing_owner import Owner
from tests.faults.oracle import Expected, Oracle, OracleRules, Place
from tests.faults.poison import bad_messages
from tests.faults.product_state import Found, summed
from tests.faults.raw_log import RawRecord
from tests.faults.stories import Story
from tests.faults.verdict import Word, judge_state

T0 = 1_750_000_000_000
MINUTE_MS = 60_000
NAMES = {"calls": "calls", "chats": "chats"}
Where = tuple[str, int]
Logs = dict[Where, list[RawRecord]]


def lives(chance: random.Random, contacts: int) -> list[tuple[str, Any]]:
    """Topic and event of a few contacts, in the order of their times."""
    told: list[tuple[str, Any]] = []
    for number in range(contacts):
        story = Story(f"c{number}", T0 + chance.randint(0, 300_000), chance)
        told += [(story.topic, event) for event in story.write()]
    return sorted(told, key=lambda one: int(one[1]["event_time_ms"]))


def unruly(
    chance: random.Random, told: list[tuple[str, Any]], share: float
) -> list[tuple[str, bytes | None, bytes | None]]:
    """Duplicates, corrections, withdrawals and poison mixed in, all in one random order."""
    messages: list[tuple[str, bytes | None, bytes | None]] = []
    for topic, event in told:
        key = event["contact_id"].encode()
        messages.append((topic, key, orjson.dumps(event)))
        if chance.random() < share:
            messages.append(messages[-1])
        if chance.random() < share:
            again = {**event, "revision": chance.randint(1, 2)}
            kind = event["type"].removeprefix("contact.")
            if kind in ("abandoned", "flow_out", "ended") and chance.random() < 0.5:
                again["retracted"] = True
            elif "wait_ms" in event:
                again["wait_ms"] = event["wait_ms"] + 700
            messages.append((topic, key, orjson.dumps(again)))
        if chance.random() < share / 4:
            messages.append(chance.choice(bad_messages(event["event_time_ms"], 99)))
    chance.shuffle(messages)
    return messages


def split(messages: list[tuple[str, bytes | None, bytes | None]]) -> Logs:
    """Over two partitions by key, as producers do; the broker's clock is ahead of all events."""
    logs: Logs = {}
    for topic, key, value in messages:
        where = topic, sum(key or b"") % 2
        log = logs.setdefault(where, [])
        append_ms = T0 + 120 * MINUTE_MS + len(log)
        log.append(RawRecord(*where, len(log), append_ms, key, value))
    return logs


def expected_of(logs: Logs, as_of_ms: int, lateness_ms: int = 60 * MINUTE_MS) -> Expected:
    """What the oracle says of the logs."""
    records = [record for log in logs.values() for record in log]
    return Oracle(records, NAMES, OracleRules(lateness_ms=lateness_ms)).at(as_of_ms)


def live_through(
    chance: random.Random, where: Where, log: list[RawRecord], rules: Rules
) -> tuple[Owner, set[str]]:
    """Read a log to its end through checkpoints, crashes in the middle of them, and zombies."""
    store: dict[bytes, bytes] = {}
    letters: set[str] = set()
    generation = 1
    owner = Owner(store, letters, log, where, generation, rules)
    while owner.shard.next_offset < len(log):
        owner.read(chance.randint(1, max(1, len(log) // 3)))
        what = chance.random()
        if what < 0.4 and owner.checkpoint():
            continue
        if what < 0.7:  # dies in the middle of a checkpoint, or without one
            owner.checkpoint(chance.randint(0, 6))
        generation += 1
        before, owner = owner, Owner(store, letters, log, where, generation, rules)
        if what > 0.9:  # the former owner was only paused, wakes up and writes once more
            before.read(chance.randint(0, 3))
            before.checkpoint()
    owner.checkpoint()
    return Owner(store, letters, log, where, generation + 1, rules), letters


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.integers(1, 4), st.sampled_from([0.0, 0.1, 0.5]))
def test_any_arrival_with_duplicates_and_corrections_gives_what_the_oracle_counts(
    chance: random.Random, contacts: int, share: float
) -> None:
    """Every fact in every slice, what is open, every count and every dead letter."""
    logs = split(unruly(chance, lives(chance, contacts), share))
    owners = {where: Owner({}, set(), log, where, 1, Rules()) for where, log in logs.items()}
    letters: Counter[str] = Counter()
    for where, log in logs.items():
        owners[where].read(len(log))
        letters.update(owners[where].letters)
    as_of_ms = T0 + chance.choice((20, 45, 70, 300)) * MINUTE_MS
    found = summed({where: owner.shard for where, owner in owners.items()}, as_of_ms)
    verdict = judge_state(expected_of(logs, as_of_ms), found, letters)
    assert verdict.word is Word.EQUAL, str(verdict)


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_crash_at_any_write_leaves_what_the_oracle_counts(
    chance: random.Random, contacts: int
) -> None:
    """Checkpoints whole, torn or lost, replays, woken zombies: read back, everything is equal."""
    logs = split(unruly(chance, lives(chance, contacts), 0.2))
    shards, letters = {}, Counter[str]()
    for where, log in logs.items():
        owner, refused = live_through(chance, where, log, Rules())
        shards[where] = owner.shard
        letters.update(refused)
    as_of_ms = T0 + 45 * MINUTE_MS
    verdict = judge_state(expected_of(logs, as_of_ms), summed(shards, as_of_ms), letters)
    assert verdict.word is Word.EQUAL, str(verdict)


def late_lives(chance: random.Random, contacts: int) -> Logs:
    """Two hours of contacts, each told in order; some as a whole, some facts again, hours late.

    What is late comes far behind the watermark, which short calls move on.
    """
    arrivals: list[tuple[int, str, Any]] = [
        (event["event_time_ms"], topic, event)
        for minute in range(0, 240, 4)
        for topic in NAMES
        for event in short_call(f"{topic}-{minute}", T0 + minute * MINUTE_MS)
    ]
    for number in range(contacts):
        story = Story(f"c{number}", T0 + chance.randint(0, 120 * MINUTE_MS), chance)
        behind_ms = chance.choice((0, 0, 0, 45 * MINUTE_MS))
        for event in story.write():
            at_ms = event["event_time_ms"] + behind_ms
            arrivals.append((at_ms, story.topic, event))
            for share, again in ((0.15, event), (0.1, {**event, "revision": 1})):
                # A contact of which only the creation is known, corrected, counts as over.
                if chance.random() < share and (again is event or "leg_id" in event):
                    later_ms = chance.randint(0, 70 * MINUTE_MS)
                    arrivals.append((at_ms + later_ms, story.topic, again))
    logs: Logs = {}
    for append_ms, topic, event in sorted(arrivals, key=lambda one: one[0]):
        log = logs.setdefault((topic, 0), [])
        key = event["contact_id"].encode()
        log.append(RawRecord(topic, 0, len(log), append_ms, key, orjson.dumps(event)))
    return logs


def short_call(name: str, at_ms: int) -> list[dict[str, Any]]:
    """Someone who gives up after a second."""
    story = Story(name, at_ms, random.Random(0))
    story.tell("contact.queued", leg_id="L1", channel="voice", queue="sales")
    story.at_ms += 1_000
    story.tell("contact.abandoned", leg_id="L1", stage="queue")
    return story.events


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(2, 12))
def test_what_comes_beyond_the_lateness_is_late_refused_or_a_duplicate_as_the_oracle_says(
    chance: random.Random, contacts: int
) -> None:
    """With ten minutes of lateness, contacts are forgotten while crashes and replays go on."""
    logs = late_lives(chance, contacts)
    rules = Rules(lateness_ms=10 * MINUTE_MS)
    shards, letters = {}, Counter[str]()
    for where, log in logs.items():
        owner, refused = live_through(chance, where, log, rules)
        shards[where] = owner.shard
        letters.update(refused)
    as_of_ms = T0 + 300 * MINUTE_MS
    expected = whole(expected_of(logs, as_of_ms, 10 * MINUTE_MS))
    verdict = judge_state(expected, whole(summed(shards, as_of_ms)), letters)
    assert verdict.word is Word.EQUAL, str(verdict)


AnyFigures = TypeVar("AnyFigures", Expected, Found)


def whole(figures: AnyFigures) -> AnyFigures:
    """All slices as one: with age the product's own slices melt into minutes and quarters."""
    facts: Counter[Place] = Counter()
    for (_, *place), amount in figures.facts.items():
        facts[0, *place] += amount  # type: ignore[index]
    return replace(figures, facts=Counter({at: n for at, n in facts.items() if n}))
