"""How far the numbers are behind: the oldest end that is not shown, against a plain recount."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.backlog import Backlog, Extent, Place, Shown

CALLS, CHATS = Place("calls", 0), Place("chats", 1)


def shows(**offsets: int) -> Shown:
    return lambda topic, _partition: offsets.get(topic)


def test_the_age_is_that_of_the_oldest_end_that_is_not_shown() -> None:
    """Asked at 10, 11 and 12 s; what is shown catches up end by end."""
    backlog = Backlog()
    backlog.answer(10, {CALLS: Extent(0, 5), CHATS: Extent(0, 0)})
    backlog.answer(11, {CALLS: Extent(0, 8), CHATS: Extent(0, 2)})
    backlog.answer(12, {CALLS: Extent(0, 8), CHATS: Extent(0, 2)})
    assert backlog.behind_s(12.5, shows(calls=4, chats=0)) == 2.5
    assert backlog.events(shows(calls=4, chats=0)) == 6
    assert backlog.behind_s(12.5, shows(calls=5, chats=1)) == 1.5
    assert backlog.behind_s(12.5, shows(calls=8, chats=1)) == 1.5
    assert backlog.behind_s(12.5, shows(calls=9, chats=2)) == 0
    assert backlog.events(shows(calls=9, chats=2)) == 0


def test_a_partition_that_nobody_shows_is_behind_unless_it_is_empty() -> None:
    """Empty also means: everything in it is gone."""
    backlog = Backlog()
    backlog.answer(10, {CALLS: Extent(7, 7), CHATS: Extent(0, 0)})
    assert backlog.behind_s(20, shows()) == 0
    assert backlog.events(shows()) == 0
    backlog.answer(20, {CALLS: Extent(7, 9), CHATS: Extent(0, 0)})
    assert backlog.behind_s(21, shows()) == 1
    assert backlog.events(shows()) == 2


def test_records_that_are_gone_are_not_missing() -> None:
    """Retention was faster than a worker that was away: only what can be read counts."""
    backlog = Backlog()
    backlog.answer(10, {CALLS: Extent(100, 105)})
    assert backlog.events(shows(calls=50)) == 5


def test_a_topic_made_anew_begins_again() -> None:
    """Its end is lower; what was known of the old one no longer counts."""
    backlog = Backlog()
    backlog.answer(10, {CALLS: Extent(0, 50)})
    backlog.answer(20, {CALLS: Extent(0, 3)})
    assert backlog.behind_s(21, shows(calls=0)) == 1
    assert backlog.behind_s(21, shows(calls=3)) == 0


def test_a_partition_whose_shard_is_shown_no_more_is_behind_from_then_on() -> None:
    """A worker died and nobody has its partitions yet."""
    backlog = Backlog()
    backlog.answer(10, {CALLS: Extent(0, 50)})
    assert backlog.behind_s(20, shows(calls=50)) == 0
    backlog.answer(30, {CALLS: Extent(0, 50)})
    assert backlog.behind_s(30.5, shows()) == 0.5
    assert backlog.behind_s(34, shows()) == 4


def test_only_what_has_not_moved_for_two_seconds_is_doubtful() -> None:
    """Neither a partition that gets events nor one that is being read."""
    backlog = Backlog()
    backlog.answer(10, {CALLS: Extent(0, 5), CHATS: Extent(0, 4)})
    assert backlog.doubtful(10, shows(calls=3, chats=4)) == {}
    assert backlog.doubtful(11.9, shows(calls=3, chats=4)) == {}
    assert backlog.doubtful(12, shows(calls=3, chats=4)) == {CALLS: Extent(3, 5)}
    assert backlog.doubtful(13, shows(calls=4, chats=4)) == {}
    backlog.answer(14, {CALLS: Extent(0, 6)})
    assert backlog.doubtful(15, shows(calls=4, chats=4)) == {}
    assert backlog.doubtful(17, shows(calls=4, chats=4)) == {CALLS: Extent(4, 6)}


def test_where_records_were_found_nobody_looks_again_for_half_a_minute() -> None:
    """A worker that hangs is not read beside it all the time."""
    backlog = Backlog()
    backlog.answer(10, {CALLS: Extent(0, 5)})
    backlog.doubtful(10, shows(calls=3))
    backlog.is_solid(backlog.doubtful(12, shows(calls=3)), 12)
    assert backlog.doubtful(41.9, shows(calls=3)) == {}
    assert backlog.doubtful(42, shows(calls=3)) == {CALLS: Extent(3, 5)}
    assert backlog.behind_s(42, shows(calls=3)) == 32


def test_offsets_without_a_record_count_as_shown_until_one_comes() -> None:
    """Also when another marker follows them, and when the shard begins again before them."""
    backlog = Backlog()
    backlog.answer(10, {CALLS: Extent(0, 5)})
    backlog.is_hollow(CALLS, Extent(4, 5))
    assert (backlog.behind_s(20, shows(calls=4)), backlog.events(shows(calls=4))) == (0, 0)
    backlog.answer(20, {CALLS: Extent(0, 6)})
    assert (backlog.behind_s(21, shows(calls=4)), backlog.events(shows(calls=4))) == (1, 1)
    backlog.is_hollow(CALLS, Extent(5, 6))
    assert (backlog.behind_s(22, shows(calls=4)), backlog.events(shows(calls=4))) == (0, 0)
    assert backlog.events(shows(calls=5)) == 0
    assert backlog.events(shows(calls=3)) == 3


def test_what_is_remembered_is_bounded_and_never_younger_than_it_is() -> None:
    """A shard that stands still for a day."""
    backlog = Backlog()
    for second in range(5_000):
        backlog.answer(second, {CALLS: Extent(0, second + 1)})
    assert len(backlog._ends[CALLS]) <= 600
    assert backlog.behind_s(5_000, shows(calls=0)) == 5_000
    assert backlog.behind_s(5_000, shows(calls=100)) == 4_900
    assert backlog.behind_s(5_000, shows(calls=4_999)) >= 1
    assert backlog.behind_s(5_000, shows(calls=5_000)) == 0


@given(
    st.lists(
        st.tuples(st.sampled_from([CALLS, CHATS]), st.integers(0, 3), st.integers(0, 3)),
        max_size=60,
    )
)
def test_it_equals_the_plain_recount_after_every_second(
    steps: list[tuple[Place, int, int]],
) -> None:
    """All samples kept, the first whose end is not shown; offsets by plain subtraction."""
    backlog = Backlog()
    ends = {CALLS: 0, CHATS: 0}
    shown = {CALLS: 0, CHATS: 0}
    samples: list[tuple[int, dict[Place, int]]] = []
    for second, (place, come, read) in enumerate(steps):
        ends[place] += come
        shown[place] = min(ends[place], shown[place] + read)
        backlog.answer(second, {one: Extent(0, end) for one, end in ends.items()})
        samples.append((second, dict(ends)))
        missing = [
            at for at, then in samples if any(then[one] > shown[one] for one in (CALLS, CHATS))
        ]
        now = second + 0.5
        wanted = now - missing[0] if missing else 0

        def look(topic: str, partition: int) -> int:
            return shown[Place(topic, partition)]

        assert backlog.behind_s(now, look) == wanted
        assert backlog.events(look) == sum(ends.values()) - sum(shown.values())
