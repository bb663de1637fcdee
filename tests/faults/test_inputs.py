"""What producers do wrong: duplicates, disorder, bad clocks, bad messages. Numbers stay right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import orjson
import pytest

from tests.faults.conftest import OpenRun
from tests.faults.oracle import Expected, OracleRules
from tests.faults.poison import bad_messages, good_event, huge_messages, largest_good_message
from tests.faults.run import Run
from tests.faults.traffic import ORDERLY, Message, Traffic, Unruliness
from tests.faults.world import now_ms

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def told(run: Run, expected: Expected) -> Counter[str]:
    """What became of all records, by the oracle: applied, duplicate, late and each reason."""
    found: Counter[str] = Counter()
    for tally in expected.tallies.values():
        assert tally.is_conserved()
        found += Counter(applied=tally.applied, duplicate=tally.duplicate, late=tally.late)
        found += tally.reasons
    assert found.total() == expected.read
    return found


def feed(run: Run, *parts: Iterable[Message]) -> Counter[str]:
    """Send messages to a running worker, compare, and say what became of them."""
    run.start()
    for part in parts:
        run.world.feeder.send(part)
        run.world.feeder.flush()
    run.judge()
    return told(run, run.world.expect())


def test_one_event_in_a_hundred_told_twice_counts_once(open_run: OpenRun) -> None:
    """Somewhere later in the stream the same event comes again."""
    with open_run("duplicates, 1 %") as run:
        became = feed(run, run.traffic(Unruliness(duplicates=0.01)).take(12_000))
        assert became["duplicate"] > 50
        assert set(became) == {"applied", "duplicate"}


def test_a_topic_produced_twice_counts_once(open_run: OpenRun) -> None:
    """The whole of it again, as a producer does that lost its place."""
    with open_run("duplicates, 100 %") as run:
        messages = list(run.traffic(ORDERLY).take(6_000))
        became = feed(run, messages, messages)
        assert became == {"applied": 6_000, "duplicate": 6_000}


@pytest.mark.parametrize("shuffle_s", [30, 600])
def test_disorder_inside_the_allowed_lateness_changes_no_number(
    open_run: OpenRun, shuffle_s: int
) -> None:
    """Each event comes up to half a minute, or ten minutes, later than another of its time."""
    with open_run(f"events out of order by up to {shuffle_s} s") as run:
        wild = Unruliness(shuffle_ms=shuffle_s * 1000, corrections=0.02)
        traffic = run.traffic(wild)
        became = feed(run, traffic.take(12_000), traffic.rest())
        assert became["applied"] > 12_000


def test_events_behind_the_allowed_lateness_are_counted_as_late(open_run: OpenRun) -> None:
    """With ten minutes of lateness: what is late enters the history or is a dead letter."""
    late = Unruliness(late=0.05, late_by_ms=3 * HOUR_MS, duplicates=0.02)
    rules = OracleRules(lateness_ms=10 * MINUTE_MS)
    with open_run("late events", more={"lateness": "10m"}, oracle_rules=rules) as run:
        became = feed(run, run.traffic(late).take(12_000), ancient(now_ms()))
        assert became["late"] > 100
        assert became["too_late"] > 20


def ancient(at_ms: int) -> list[Message]:
    """Events of contacts thirty days ago, beyond the retention of eight days."""
    return [
        Message("calls", f"p{n}".encode(), orjson.dumps(good_event(at_ms - 720 * HOUR_MS, n)))
        for n in range(20)
    ]


def test_one_bad_clock_moves_nobody_elses_window(open_run: OpenRun) -> None:
    """An hour ahead, an hour behind, 1970 and 2106: refused or late, and no slice is lost."""
    with open_run("clock skew: +1 h, -1 h, 1970, 2106") as run:
        traffic = run.traffic(ORDERLY)
        became = feed(run, traffic.take(3_000), skewed(now_ms()), traffic.take(3_000))
        assert became["future_time"] == 20
        assert became["bad_time"] == 10
        assert became["applied"] + became["late"] == 6_010


def skewed(at_ms: int) -> list[Message]:
    """Ten events of each bad clock."""
    instants = (at_ms + HOUR_MS, at_ms - HOUR_MS, 1_000, 4_294_967_296_000)
    return [
        Message("calls", f"p{n}".encode(), orjson.dumps(good_event(instant, n)))
        for k, instant in enumerate(instants)
        for n in range(10 * k, 10 * k + 10)
    ]


def test_every_bad_message_is_a_dead_letter_and_the_good_ones_count(open_run: OpenRun) -> None:
    """Broken, empty, deep, of another version or type, with a wrong key: one letter for each."""
    with open_run("poison messages, tombstones, unknown versions and types, wrong keys") as run:
        traffic = run.traffic(Unruliness(poison=0.02))
        bad = [Message(*message) for message in bad_messages(now_ms() - MINUTE_MS, 0)]
        became = feed(run, traffic.take(3_000), bad, traffic.take(3_000))
        assert set(became) - {"applied", "duplicate"} == {
            "not_json", "not_utf8", "too_large", "unsupported_version", "unknown_type",
            "wrong_topic", "missing_field", "bad_type", "bad_value", "bad_time", "future_time",
            "key_mismatch",
        }  # fmt: skip


def test_huge_messages_are_set_aside_and_the_largest_good_one_counts(open_run: OpenRun) -> None:
    """64 KiB is taken; a byte more is refused, up to what the broker takes; nobody gets stuck."""
    with open_run("messages of 64 KiB and of 1 MiB") as run:
        traffic = run.traffic(ORDERLY)
        at_ms = now_ms() - MINUTE_MS
        big = [Message(*largest_good_message(at_ms, 1))]
        for number in range(2, 12):
            big += [Message(*message) for message in huge_messages(at_ms, number)]
        became = feed(run, traffic.take(1_000), big, traffic.take(1_000))
        assert became == {"applied": 2_001, "too_large": 30}


def test_the_same_seed_makes_the_same_traffic() -> None:
    """So that a failed run can be repeated."""
    wild = Unruliness(duplicates=0.1, corrections=0.1, poison=0.1, shuffle_ms=1_000)
    first, again = (
        list(Traffic(7, 1_750_000_000_000, lambda: 1_760_000_000_000, unruliness=wild).take(500))
        for _ in range(2)
    )
    assert first == again
