"""What the alerts look at: measures of health, and whether the numbers can be judged."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from aggregators import events as ev
from aggregators.policy import Rules
from aggregators.shard import Shard
from alerts.rules import HEALTH
from exporters.live import MemoryView
from vigie.alert_sight import CURRENT_S, AlertSight, Lag

NOW_MS = 1_790_000_000_000
MINUTE_MS = 60_000
OF_OTHERS = {
    "gap_events": 3.0, "rules_not_loaded": 1.0, "target_failing": 2.0,
    "journal_unwritten_seconds": 4.0,
}  # fmt: skip


class Centre:
    """Shards that a test fills, looked at by a clock that it sets."""

    def __init__(self, *topics: str) -> None:
        self.s = 0.0
        self.shards = [Shard(topic, 0, Rules()) for topic in topics or ("calls",)]
        self.lag = Lag(0.0, 0)
        self.trouble: Mapping[str, float] = {}
        self.readiness = (True, "ready")
        self.events = 0
        self.view = MemoryView(
            lambda: self.shards, Rules(), self.now_ms,
            readiness=lambda: self.readiness, timer=lambda: self.s * 10, effort=lambda: 0.0,
        )  # fmt: skip
        self.sight = AlertSight(
            self.view, self.now_ms, lambda: self.lag, lambda: self.trouble, lambda: self.s
        )
        self.look = self.sight.look

    def now_ms(self) -> int:
        return NOW_MS + round(self.s * 1000)

    def call(self, age_ms: int = 0, shard: int = 0) -> None:
        """A call came so long ago, and is told now."""
        self.events += 1
        found = self.shards[shard]
        at_ms = self.now_ms() - age_ms
        event = ev.ContactQueued(
            v=1, event_id=f"e{self.events}", source="test", event_time_ms=at_ms,
            contact_id=f"c{self.events}", leg_id=f"l{self.events}", channel="voice", queue="sales",
        )  # fmt: skip
        found.apply(event, max(at_ms, self.now_ms()))
        found.next_offset += 1

    def past_s(self) -> float:
        """How old what is just coming in is."""
        return self.look().health["past_seconds"]


# --- health -----------------------------------------------------------------------------------


def test_every_measure_of_health_is_there() -> None:
    """Those that rules may ask for and no others; in good order they are as literal as this."""
    centre = Centre()
    centre.trouble = OF_OTHERS
    centre.call()
    centre.s = 2.5
    look = centre.look()
    assert look.health.keys() == HEALTH.keys()
    assert look.health == OF_OTHERS | {
        "data_age_seconds": 2.5, "lag_events": 0.0, "lag_seconds": 0.0, "view_incomplete": 0.0,
        "past_seconds": 0.0, "dead_lettered_per_minute": 0.0,
    }  # fmt: skip
    assert (look.now_ms, look.is_current, look.is_complete) == (NOW_MS + 2_500, True, True)
    assert look.board is not None


async def test_the_board_of_a_look_is_made_before_it_in_steps() -> None:
    """The look takes that one; while the numbers catch up none is made at all."""
    centre = Centre()
    centre.call()
    await centre.sight.prepare()
    assert centre.view.computations == 1
    assert centre.look().board is not None
    assert centre.view.computations == 1
    centre.s, centre.lag = 5.0, Lag(CURRENT_S + 1, 9_000)
    await centre.sight.prepare()
    assert centre.look().board is None
    assert centre.view.computations == 1


def test_before_the_first_shard_there_is_nothing_to_judge() -> None:
    """A worker that has just started; what is wrong elsewhere is known all the same."""
    centre = Centre()
    centre.shards.clear()
    centre.trouble = OF_OTHERS
    look = centre.look()
    assert (look.board, look.is_current, look.is_complete) == (None, False, False)
    assert look.health["view_incomplete"] == 1.0
    assert "data_age_seconds" not in look.health
    assert look.health["gap_events"] == 3.0


def test_before_the_first_event_the_data_have_no_age() -> None:
    """An empty topic is not an old one."""
    look = Centre().look()
    assert "data_age_seconds" not in look.health
    assert look.is_current


def test_events_of_the_future_are_not_older_than_now() -> None:
    """Clocks of sources are a little off."""
    centre = Centre()
    centre.call(age_ms=-700)
    assert centre.look().health["data_age_seconds"] == 0.0


def test_dead_letters_are_those_of_the_last_minute() -> None:
    """Each counts for a minute; a partition that goes takes its own along."""
    centre = Centre("calls", "chats")

    def refused(at_s: float, *counts: int) -> float:
        centre.s = at_s
        for shard, count in zip(centre.shards, counts, strict=True):
            shard.counts.dead_lettered = count
        return centre.look().health["dead_lettered_per_minute"]

    assert refused(0, 100, 40) == 0.0
    assert refused(10, 103, 41) == 4.0
    assert refused(60, 103, 41) == 4.0
    assert refused(70, 103, 42) == 1.0
    assert refused(131, 103, 42) == 0.0
    del centre.shards[1]
    assert refused(132, 103) == 0.0


# --- can they be judged? ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behind_s", "is_current", "knows_age"),
    [(0.0, True, True), (CURRENT_S, True, True), (5.1, False, False), (None, False, True)],
)
def test_numbers_that_lack_events_for_over_five_seconds_are_not_judged(
    behind_s: float | None, is_current: bool, knows_age: bool
) -> None:
    """Nor when the broker does not say; the age of the data is unknown only while it catches up:
    the newest event is in the topics and not yet here."""
    centre = Centre()
    centre.call()
    centre.look()
    centre.lag = Lag(behind_s, None if behind_s is None else 12)
    look = centre.look()
    assert look.is_current == is_current
    assert look.is_complete
    assert ("data_age_seconds" in look.health) == knows_age
    assert look.health.get("lag_seconds") == behind_s
    assert look.health.get("lag_events") == (None if behind_s is None else 12.0)


def test_a_worker_that_is_not_ready_judges_nothing() -> None:
    """It restores its state, or its partitions are being handed over."""
    centre = Centre()
    centre.call()
    centre.readiness = (False, "restoring")
    look = centre.look()
    assert not look.is_current
    assert "data_age_seconds" not in look.health
    centre.readiness = (True, "ready")
    assert centre.look().is_current


def test_a_past_that_is_told_in_order_pages_nobody() -> None:
    """Calls of an hour ago come in one after the other: as long as they do, and ten seconds more,
    nobody is called for them; the board looks as it did then."""
    centre = Centre()
    centre.call(age_ms=60 * MINUTE_MS)
    assert centre.look().is_current  # nobody knows yet whether it came just now
    centre.s = 1.0
    centre.call(age_ms=60 * MINUTE_MS)
    look = centre.look()
    assert not look.is_current
    assert look.health["past_seconds"] == 3600.0
    assert look.health["data_age_seconds"] == 3600.0
    centre.s = 10.9
    assert not centre.look().is_current
    centre.s = 11.0
    look = centre.look()
    assert look.is_current
    assert look.health["past_seconds"] == 0.0


def test_a_past_of_five_minutes_is_the_present() -> None:
    """Sources are late now and then."""
    centre = Centre()
    centre.look()
    centre.call(age_ms=5 * MINUTE_MS)
    assert centre.past_s() == 0.0
    assert centre.look().is_current
    other = Centre()
    other.look()
    other.call(age_ms=5 * MINUTE_MS + 1)
    assert other.past_s() == 300.001
    assert not other.look().is_current


def test_a_straggler_among_events_of_now_is_not_the_past() -> None:
    """The newest event of a shard tells where its source is."""
    centre = Centre()
    centre.call()
    centre.look()
    centre.call(age_ms=60 * MINUTE_MS)
    assert centre.past_s() == 0.0


def test_a_topic_of_refused_records_is_not_the_past() -> None:
    """It moves and has no event that could be old."""
    centre = Centre()
    centre.look()
    centre.shards[0].next_offset += 5
    assert centre.past_s() == 0.0
    assert centre.look().is_current


def test_one_source_that_catches_up_is_enough() -> None:
    """Calls are of now, chats are of an hour ago."""
    centre = Centre("calls", "chats")
    centre.look()
    centre.call()
    centre.call(age_ms=60 * MINUTE_MS, shard=1)
    assert centre.past_s() == 3600.0


def test_tickets_may_be_fetched_late() -> None:
    """Their source is asked every few minutes and is always a little of the past."""
    centre = Centre("calls", "tickets")
    centre.look()
    centre.call(age_ms=60 * MINUTE_MS, shard=1)
    assert centre.past_s() == 0.0


def test_an_old_shard_that_stands_still_is_not_the_past() -> None:
    """A centre that is closed: the last call was hours ago."""
    centre = Centre()
    centre.call(age_ms=600 * MINUTE_MS)
    for second in range(30):
        centre.s = float(second)
        assert centre.look().is_current


def test_the_age_of_restored_data_says_nothing_before_the_broker_was_asked() -> None:
    """A worker that was away for an hour has old data, and the newest in the topics; when the
    broker has answered once and then falls silent, the data do stop."""
    centre = Centre()
    centre.call(age_ms=3_600_000)
    centre.lag = Lag(None, None)
    assert "data_age_seconds" not in centre.look().health
    centre.lag = Lag(0.0, 0)
    assert centre.look().health["data_age_seconds"] == 3600.0
    centre.lag, centre.readiness = Lag(None, None), (False, "no Kafka broker answers")
    look = centre.look()
    assert (look.health["data_age_seconds"], look.is_current) == (3600.0, False)
