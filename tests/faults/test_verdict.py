"""The judge itself: a loss, a double effect and a broken law each have their word."""

from __future__ import annotations

import random
from collections import Counter
from itertools import count, islice

import orjson

from aggregators.policy import Rules
from tests.faults.crashing_owner import Owner
from tests.faults.oracle import Oracle
from tests.faults.poison import good_event
from tests.faults.product_state import Found, summed
from tests.faults.raw_log import RawRecord
from tests.faults.stories import Story
from tests.faults.verdict import Verdict, Word, judge_state

T0 = 1_750_000_000_000
AS_OF_MS = T0 + 1_800_000


def some_log() -> list[RawRecord]:
    """Thirty calls on one partition, and one that has just entered."""
    log: list[RawRecord] = []
    chance = random.Random(5)
    stories = (Story(f"c{number}", T0 + number * 1_000, chance) for number in count())
    for story in islice((story for story in stories if not story.is_chat), 30):
        for event in story.write():
            key, value = story.contact_id.encode(), orjson.dumps(event)
            log.append(RawRecord("calls", 0, len(log), T0 + 900_000, key, value))
    last = orjson.dumps(good_event(T0 + 850_000, 1))
    log.append(RawRecord("calls", 0, len(log), T0 + 900_000, b"p1", last))
    return log


def found_in(log: list[RawRecord]) -> Found:
    """What vigie makes of a log."""
    owner = Owner({}, set(), log, ("calls", 0), 1, Rules())
    owner.read(len(log))
    return summed({("calls", 0): owner.shard}, AS_OF_MS)


def grown_old(log: list[RawRecord], age_ms: int) -> Found:
    """What vigie makes of a log, after its slices melted."""
    owner = Owner({}, set(), log, ("calls", 0), 1, Rules())
    owner.read(len(log))
    owner.shard.slices.coarsen(T0 + age_ms)
    return summed({("calls", 0): owner.shard}, AS_OF_MS)


def judge(found: Found, letters: Counter[str] | None = None) -> Verdict:
    """The verdict over a state that should be that of the whole log."""
    expected = Oracle(some_log(), {"calls": "calls"}).at(AS_OF_MS)
    return judge_state(expected, found, letters or Counter())


def test_the_state_of_the_whole_log_is_equal() -> None:
    """The control: nothing was done to it."""
    assert judge(found_in(some_log())).word is Word.EQUAL


def test_slices_that_grew_old_are_equal_and_what_they_lost_is_not() -> None:
    """Rows of a minute and of a quarter hold the same sums, at their starts."""
    for age_ms in (3_600_000 * 2, 86_400_000 * 2):
        whole, part = (grown_old(log, age_ms) for log in (some_log(), some_log()[:-1]))
        assert whole.melted
        assert judge(whole).word is Word.EQUAL
        assert judge(part).word is Word.APPLIED_LESS


def test_a_lost_record_is_applied_less() -> None:
    """The last record was never folded."""
    verdict = judge(found_in(some_log()[:-1]))
    assert verdict.word is Word.APPLIED_LESS
    assert any("read: expected" in line for line in verdict.details)


def test_a_fact_booked_twice_is_applied_more() -> None:
    """All counts agree, one answered wait is there once too often."""
    found = found_in(some_log())
    place = next(at for at in found.facts if at[3][0] == "answered")
    found.facts[place] += 1
    verdict = judge(found)
    assert verdict.word is Word.APPLIED_MORE
    assert verdict.details[0] == "1 differences"


def test_a_counter_that_rose_twice_is_applied_more() -> None:
    """The facts agree, one outcome entered the counter again."""
    found = found_in(some_log())
    at = next(at for at in found.counters if at[2] == "answered")
    found.counters[at] += 1
    verdict = judge(found)
    assert verdict.word is Word.APPLIED_MORE
    assert verdict.details[1].startswith("counter ")


def test_counts_that_do_not_add_up_break_the_law() -> None:
    """Read is one more than what became of the records."""
    found = found_in(some_log())
    found.counts["calls", 0][1].read += 1
    assert judge(found).word is Word.LAW_BROKEN


def test_a_dead_letter_too_many_or_too_few_is_seen() -> None:
    """A letter for a good record; twice the same letter would be allowed."""
    assert judge(found_in(some_log()), Counter({"calls/0/3": 1})).word is Word.APPLIED_MORE
