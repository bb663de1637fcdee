"""How often and how much at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.limits import Rate, Room


def test_a_burst_passes_and_then_the_rate() -> None:
    """Two at once, then one each half second; waiting says how long."""
    rate = Rate(2.0, 2)
    assert [rate.wait_s(10.0) for _ in range(3)] == [0.0, 0.0, 0.5]
    assert rate.wait_s(10.25) == 0.25
    assert rate.wait_s(10.5) == 0.0
    assert rate.wait_s(10.5) == 0.5


def test_who_was_away_long_has_a_burst_and_no_more() -> None:
    """What is not used up does not grow for ever."""
    rate = Rate(2.0, 2)
    assert [rate.wait_s(0.0) for _ in range(2)] == [0.0, 0.0]
    assert [rate.wait_s(1_000.0) for _ in range(3)] == [0.0, 0.0, 0.5]


@given(
    st.floats(0.1, 1_000.0),
    st.integers(1, 50),
    st.lists(st.floats(0.0, 2.0), min_size=1, max_size=200),
)
def test_no_more_than_burst_and_rate_ever_pass(per_s: float, burst: int, gaps: list[float]) -> None:
    """Over any span: at most the burst and what the rate gives in it."""
    rate, now_s, passed = Rate(per_s, burst), 0.0, 0
    for gap in gaps:
        now_s += gap
        passed += rate.wait_s(now_s) == 0.0
        assert passed <= burst + now_s * per_s + 1e-6


def test_room_is_by_number_and_by_size_and_comes_back() -> None:
    """Who finds none takes none."""
    room = Room(2, 100)
    assert room.enter(60)
    assert not room.enter(41)
    assert room.enter(40)
    full = room.is_full
    assert not room.enter(0)
    room.leave(60)
    assert (full, room.is_full) == (True, False)
    assert (room.requests, room.size) == (1, 40)
    assert room.enter(60)
