"""Laws of the early warning: how long until the longest wait or the service level is in breach."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.board import board
from aggregators.kpis.breach import Course, course_of, service_level_breach_s
from aggregators.policy import QueuePolicy, Rules
from aggregators.windows import parse_window
from tests.aggregators.story import answered, fold, kpis, left_after, look, queued, rules, s

GROWS = Course(None)
HOUR = Course(3600.0)
WAIT, LEVEL = "longest_wait_breach_seconds", "service_level_breach_seconds"


def of_queues(**thresholds_ms: int) -> Rules:
    """Rules of queues with a threshold each."""
    return Rules(
        queues={
            (queue, "voice"): QueuePolicy(threshold_ms=ms) for queue, ms in thresholds_ms.items()
        },
        retention_ms=None,
    )


@pytest.mark.proves("longest_wait_breach_seconds")
@pytest.mark.parametrize(
    ("at_s", "left_s"),
    [(0, 20.0), (5, 15.0), (19.999, 0.001), (20, 0.0), (20.001, 0.0), (300, 0.0)],
)
def test_who_waits_since_0_s_passes_a_threshold_of_20_s_after_the_rest_of_it(
    at_s: float, left_s: float
) -> None:
    """A wait equal to the threshold is inside still, and every later one is over."""
    assert kpis([queued("a", 0)], at_s)[WAIT] == pytest.approx(left_s, abs=1e-9)


def test_nobody_waits_so_nothing_can_pass() -> None:
    """No value, before anybody came and after the last one was answered."""
    assert kpis([], 5)[WAIT] is None
    assert kpis([queued("a", 0), answered("a", 4)], 5)[WAIT] is None


def test_the_first_to_pass_need_not_be_the_one_who_waits_longest() -> None:
    """At 40 s: 60 s since -20 s of 90 leave 30 s, 10 s of 15 leave 5 s; together it is 5 s."""
    made = of_queues(long=90_000, short=15_000)
    told = [queued("a", -20, queue="long"), queued("b", 30, queue="short")]
    rows = look(fold(told, made), at_s=40).windows["whole"]
    assert rows.queues["long"][WAIT] == 30.0
    assert rows.queues["short"][WAIT] == 5.0
    assert (rows.total[WAIT], rows.total["longest_wait_seconds"]) == (5.0, 60.0)


waits = st.lists(
    st.tuples(st.sampled_from(["p", "q", "r"]), st.integers(0, 200_000)), min_size=1, max_size=8
)


@given(waits, st.integers(0, 100_000))
def test_the_time_to_breach_runs_down_with_the_clock_and_is_the_least_of_all_queues(
    legs: list[tuple[str, int]], passed_ms: int
) -> None:
    """With dt passed it is dt less, never below 0; of several queues it is the smallest."""
    made = of_queues(p=20_000, q=90_000, r=600_000)
    told: list[Any] = [
        queued(f"c{n}", since_ms / 1000, queue=queue)
        for n, (queue, since_ms) in enumerate(sorted(legs, key=lambda leg: leg[1]))
    ]
    shard = fold(told, made)
    now, later = (look(shard, at_s=at).windows["whole"] for at in (200, 200 + passed_ms / 1000))
    shown = [left for row in now.queues.values() if isinstance(left := row[WAIT], float)]
    assert now.total[WAIT] == min(shown)
    for queue, row in now.queues.items():
        before, after = row[WAIT], later.queues[queue][WAIT]
        if isinstance(before, float):
            assert after == max(0, round(before * 1000) - passed_ms) / 1000


@pytest.mark.proves("service_level_breach_seconds")
def test_a_service_level_falls_below_its_target_as_a_sum_by_hand_says() -> None:
    """90 of 100 met and 20 of 60 in five minutes: 10 contacts of reserve, 28 lost in 300 s."""
    assert service_level_breach_s((90, 100), (20, 60), 0.8, GROWS) == pytest.approx(10 / (28 / 300))
    # Rolling over an hour, the reserve of 10 leaves within 3600 s as well.
    assert service_level_breach_s((90, 100), (20, 60), 0.8, HOUR) == pytest.approx(
        10 / (28 / 300 + 10 / 3600)
    )


@pytest.mark.parametrize(
    ("now", "pace", "left_s"),
    [
        ((79, 100), (10, 10), 0.0),  # below now, however good the pace
        ((80, 100), (1, 10), 0.0),  # at the target: the next one brings it below
        ((80, 100), (8, 10), None),  # the pace is the target: it stays
        ((100, 100), (9, 10), None),
        ((100, 100), (0, 0), None),  # nothing in five minutes: no pace to go on
        ((0, 0), (1, 10), None),
    ],
)
def test_a_service_level_has_a_time_to_breach_only_where_it_gets_there(
    now: tuple[int, int], pace: tuple[int, int], left_s: float | None
) -> None:
    """0 below the target; no value where the pace keeps it up or nothing counted."""
    for course in (GROWS, HOUR):
        assert service_level_breach_s(now, pace, 0.8, course) == left_s


parts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
targets = st.sampled_from([0.5, 0.7, 0.8, 0.9, 0.95])


@given(parts, parts, targets)
def test_a_growing_window_is_below_its_target_just_after_the_time_given_and_not_before(
    now: tuple[int, int], pace: tuple[int, int], target: float
) -> None:
    """Simulated: contacts and those met come in at the pace, nothing leaves."""
    left_s = service_level_breach_s(now, pace, target, GROWS)

    def margin(after_s: float) -> float:
        met, whole = (a + after_s * b / 300 for a, b in zip(now, pace, strict=True))
        return met - target * whole

    if left_s is None:
        assert all(margin(t) >= -1e-6 for t in (0, 1, 60, 3600, 86_400, 1e6))
    elif left_s == 0.0:
        assert margin(1.0) < 0 or margin(0) < 0
    else:
        assert margin(left_s * 0.999) > -1e-9
        assert margin(left_s * 1.001 + 0.01) < 1e-9


kept_up = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(n // 2 + 1, n), st.just(n)))
let_down = st.integers(1, 500).flatmap(
    lambda n: st.tuples(st.integers(0, (n - 1) // 2), st.just(n))
)


@given(kept_up, let_down, st.floats(0, 1))
def test_the_time_to_breach_of_a_growing_window_runs_down_with_the_clock(
    now: tuple[int, int], pace: tuple[int, int], share: float
) -> None:
    """After a part of it, as many contacts came as the pace says: the rest of it is left."""
    left_s = service_level_breach_s(now, pace, 0.5, GROWS)
    assert left_s is not None
    dt = share * left_s
    # In millionths of contacts, so that the parts stay whole numbers.
    met, whole = (round((a + dt * b / 300) * 10**6) for a, b in zip(now, pace, strict=True))
    later = service_level_breach_s((met, whole), (pace[0] * 10**6, pace[1] * 10**6), 0.5, GROWS)
    assert later is not None
    assert later == pytest.approx(left_s - dt, rel=1e-3, abs=0.01)


@given(parts, parts, targets, st.sampled_from([60, 300, 900, 3600]))
def test_a_rolling_window_loses_what_is_in_it_while_the_pace_comes_in(
    now: tuple[int, int], pace: tuple[int, int], target: float, length_s: int
) -> None:
    """Simulated second by second: as evenly as what was in it came, it leaves."""
    left_s = service_level_breach_s(now, pace, target, Course(float(length_s)))
    met, whole = (float(n) for n in now)
    below_at = None
    for second in range(length_s + 1):
        if met - target * whole < -1e-6:
            below_at = second
            break
        met += pace[0] / 300 - now[0] / length_s
        whole += pace[1] / 300 - now[1] / length_s
    if left_s is None:
        assert below_at is None
    elif below_at is not None:
        assert below_at - 1 <= left_s + 1e-6
        assert left_s <= below_at + 1e-6
    else:
        # It only touches the target, within the simulation's rounding.
        assert left_s >= length_s - 1e-3 or (now[0] / now[1] == pytest.approx(target))


@pytest.mark.parametrize(
    ("window", "course"),
    [
        ("today", GROWS), ("interval_15m", GROWS), ("month", GROWS), ("whole", GROWS),
        ("1h", HOUR), ("interval_15m_last", None), ("week_last", None),
    ],
)  # fmt: skip
def test_windows_grow_roll_or_are_closed(window: str, course: Course | None) -> None:
    """In a closed one nothing changes any more."""
    assert course_of(parse_window(window)) == course


def falling() -> list[Any]:
    """Twenty answered at once, and in the last five minutes one of four."""
    told = [leg for n in range(20) for leg in left_after(f"a{n}", "answered", 1, at_s=1000 + n)]
    for n, wait_s in enumerate((1, 30, 30, 30)):
        told += left_after(f"b{n}", "answered", wait_s, at_s=3500 + n)
    return sorted(told, key=lambda one: one.event_time_ms)


def test_a_board_gives_each_window_its_time_to_breach() -> None:
    """21 of 24 met, 1.8 of reserve; the last five minutes lose 2.2: 245.45 s, rolling less."""
    shard = fold(falling(), rules())
    found = {
        name: look(shard, at_s=3600, window=name).windows[name].queues["q"][LEVEL]
        for name in ("whole", "today", "1h", "5m", "interval_15m_last")
    }
    assert found["whole"] == found["today"] == pytest.approx(1.8 / (2.2 / 300))
    assert found["1h"] == pytest.approx(1.8 / (2.2 / 300 + 1.8 / 3600))
    assert found["5m"] == 0.0
    assert found["interval_15m_last"] is None


def test_the_time_to_breach_needs_a_pace_and_one_target() -> None:
    """Ten minutes later nothing counted in five; two queues of other targets share no row."""
    assert kpis(falling(), 4200, rules())[LEVEL] is None
    mixed = Rules(
        queues={
            ("q", "voice"): QueuePolicy(threshold_ms=20_000, target=0.8),
            ("r", "voice"): QueuePolicy(threshold_ms=20_000, target=0.7),
        },
        retention_ms=None,
    )
    rows = look(fold(falling(), mixed), at_s=3600).windows["whole"]
    assert rows.total[LEVEL] is None
    assert rows.queues["q"][LEVEL] == pytest.approx(245.4545, abs=1e-3)


def test_the_headline_variant_is_the_one_that_is_followed() -> None:
    """An abandon within the threshold is no miss for the variant that ignores it."""
    told = [*falling(), *left_after("x", "abandoned", 15, at_s=3550)]
    told.sort(key=lambda one: one.event_time_ms)
    found = {
        variant: kpis(told, 3600, rules(headline_variant=variant))[LEVEL]
        for variant in ("abandons_negative", "abandons_in_sl_ignored", "instant")
    }
    # 21 of 25: 1.0 of reserve, 1 of 5 in five minutes loses 3.0.
    assert found["abandons_negative"] == pytest.approx(1.0 / (3.0 / 300))
    assert found["abandons_in_sl_ignored"] == pytest.approx(1.8 / (2.2 / 300))
    assert found["instant"] is None


def test_a_window_asked_for_alone_knows_the_same_pace() -> None:
    """The five minutes are read whether or not the settings show them."""
    shard = fold(falling(), rules())
    alone = look(shard, at_s=3600, window="45m").windows["45m"]
    together = board([shard], s(3600), shard.rules, ["5m", "45m"]).windows["45m"]
    assert alone == together
    assert alone.queues["q"][LEVEL] == pytest.approx(1.8 / (2.2 / 300 + 1.8 / 2700))
