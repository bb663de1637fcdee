"""The day of a queue by half hour."""

from __future__ import annotations

from typing import Any

from aggregators.day_course import DayCourse, HalfHour
from aggregators.policy import HOUR_MS, QueuePolicy, Rules
from tests.aggregators.story import fold, left_after, s

HALF_MS = HOUR_MS // 2
RULES = Rules(
    channels={"voice": QueuePolicy(threshold_ms=20_000, zone="UTC")},
    lateness_ms=HOUR_MS,
    retention_ms=None,
)


def course(events: list[Any], at_s: float, queue: str = "q") -> list[HalfHour]:
    shard = fold(sorted(events, key=lambda one: one.event_time_ms), RULES)
    made = DayCourse()
    borders = made.borders(RULES.policy(queue, "voice"), s(at_s))
    for at in made.to_read([shard], borders, s(at_s), RULES):
        made.read(at, s(at_s), RULES)
    return made.points(borders, queue, "voice")


def test_each_half_hour_has_what_left_in_it() -> None:
    """One answered in time at 00:10, one late and one abandoned at 01:05; nothing in between."""
    found = course(
        [
            *left_after("a", "answered", 5, 600),
            *left_after("b", "answered", 60, 3900),
            *left_after("c", "abandoned", 30, 3910),
            *left_after("other", "answered", 1, 3900, queue="elsewhere"),
        ],
        4000,
    )
    assert [(one.start_ms, one.end_ms) for one in found] == [
        (s(0), s(1800)), (s(1800), s(3600)), (s(3600), s(5400)),
    ]  # fmt: skip
    first, empty, open_one = found
    assert (first.offered, first.answered, first.abandoned) == (1, 1, 0)
    assert (first.service_level, first.asa_seconds) == (1.0, 5.0)
    assert empty == HalfHour(s(1800), s(3600))
    assert (open_one.offered, open_one.answered, open_one.abandoned) == (2, 1, 1)
    assert (open_one.service_level, open_one.asa_seconds) == (0.0, 60.0)


def test_the_day_begins_where_the_queue_says() -> None:
    """At 04:10 of its own clock: a short first half hour, then those of the clock."""
    policy = QueuePolicy(zone="Europe/Paris", reset_minute=250)
    borders = DayCourse().borders(policy, s(3 * 3600))  # 05:00 in Paris
    assert borders == [
        (s(7800), s(9000)), (s(9000), s(10_800)),
    ]  # fmt: skip


def test_a_half_hour_is_read_again_only_while_it_may_change() -> None:
    """The open one after half a minute; one that ended longer ago than the lateness never."""
    shard = fold(left_after("a", "answered", 5, 600), RULES)
    made = DayCourse()
    policy = RULES.policy("q", "voice")

    def to_read(at_s: float) -> list[tuple[int, int]]:
        borders = made.borders(policy, s(at_s))
        wanted = made.to_read([shard], borders, s(at_s), RULES)
        for at in wanted:
            made.read(at, s(at_s), RULES)
        return wanted

    assert to_read(5500) == [(s(n * 1800), s((n + 1) * 1800)) for n in range(4)]
    assert to_read(5510) == []
    assert to_read(5541) == [(s(n * 1800), s((n + 1) * 1800)) for n in range(1, 4)]
    assert to_read(30) == [(s(0), s(1800))], "the clock went back"


def test_other_shards_are_read_anew() -> None:
    """What was known belongs to the shards that it was read of."""
    made = DayCourse()
    borders = made.borders(RULES.policy("q", "voice"), s(600))
    for number in (1, 2):
        shard = fold([e for n in range(number) for e in left_after(f"{n}", "answered", 5, 300)])
        for at in made.to_read([shard], borders, s(600), RULES):
            made.read(at, s(600), RULES)
        assert made.points(borders, "q", "voice")[0].offered == number
