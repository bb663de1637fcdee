"""The time of one agent by shown state, and the formulas on its sums."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.agent_time import (
    ACW,
    HOLD,
    NO_QUEUE,
    RING,
    TALK,
    AgentTime,
    ContactSpan,
    PresenceSpan,
    agent_time,
    agent_time_by_minute,
    availability_rate,
    concurrency_mean,
    occupancy,
    pause_rate,
    total,
    utilisation,
)

HOUR = 3_600


def contact(start_s: int, end_s: int, kind: int = TALK, pair: int = 0) -> ContactSpan:
    """A part of a contact, in seconds."""
    return ContactSpan(start_s * 1000, end_s * 1000, kind, pair)


def logged_in(
    start_s: int, end_s: int, state: str = "available", reason: str = "", slots: int = 1
) -> PresenceSpan:
    """A presence span, in seconds."""
    return PresenceSpan(start_s * 1000, end_s * 1000, state, reason, slots)


def spent(
    presence: Sequence[PresenceSpan], contacts: Sequence[ContactSpan], start_s: int, end_s: int
) -> AgentTime:
    """Agent time within a window in seconds."""
    return agent_time(presence, contacts, start_s * 1000, end_s * 1000)


def exclusive_states_ms(time: AgentTime) -> int:
    """Sum over the shown states, which exclude each other."""
    return (
        time.talk_ms
        + time.hold_ms
        + time.acw_ms
        + time.ringing_ms
        + time.available_ms
        + sum(time.paused_ms.values())
        + time.other_ms
        + time.unresponsive_ms
    )


class TestWorkedExamples:
    """Numbers of kpis.md, section 12."""

    def test_one_agent_one_hour(self) -> None:
        """Example 13: every variant of occupancy from the same hour."""
        presence = [logged_in(0, 3000), logged_in(3000, HOUR, "pause", "lunch")]
        contacts = [
            contact(0, 60, RING),
            contact(60, 1860, TALK),
            contact(1860, 1980, HOLD),
            contact(1980, 2460, ACW),
        ]

        time = spent(presence, contacts, 0, HOUR)

        assert occupancy(time) == pytest.approx(
            {
                "wall_clock": 2400 / 2940,
                "slot_weighted": 2400 / 2940,
                "interacting": 2400 / 2940,
                "ready_based": 0.76,
                "ready_based_idle": 0.82,
                "logged_in": 2280 / 3600,
                "aor": 1920 / 3600,
            }
        )
        assert utilisation(time, 4_000_000) == pytest.approx(
            {"logged_in": 2400 / 3600, "paid": 0.6}
        )
        assert availability_rate(time) == 0.15
        assert pause_rate(time) == {"lunch": 600 / 3600}
        assert time.ready_ms == 3_000_000

    @pytest.mark.parametrize(
        ("chats", "slot_weighted", "concurrency"), [(3, 0.5, 3.0), (1, 1 / 6, 1.0)]
    )
    def test_slots(self, chats: int, slot_weighted: float, concurrency: float) -> None:
        """Example 14: chats at once count once on the clock and each in the slots."""
        time = spent([logged_in(0, HOUR, slots=3)], [contact(600, 2400)] * chats, 0, HOUR)

        assert occupancy(time)["wall_clock"] == 0.5
        assert occupancy(time)["slot_weighted"] == pytest.approx(slot_weighted)
        assert concurrency_mean(time) == concurrency

    @pytest.mark.parametrize(
        ("start_s", "end_s", "expected"),
        [(1800, 3600, 1 / 3), (3600, 5400, 2 / 3), (3600, 4200, 1.0)],
    )
    def test_a_long_call_is_spread(self, start_s: int, end_s: int, expected: float) -> None:
        """Example 15: a call from 09:50 to 10:20, seconds counted from 09:00."""
        time = spent([logged_in(0, 7200)], [contact(3000, 4800)], start_s, end_s)

        assert occupancy(time)["wall_clock"] == pytest.approx(expected)

    def test_a_contact_wins_over_presence(self) -> None:
        """Example 16: who is shown available by the source but talks is not available."""
        time = spent([logged_in(0, 60)], [contact(0, 60)], 0, 60)

        assert (time.talk_ms, time.available_ms) == (60_000, 0)


@pytest.mark.parametrize(
    ("presence", "contacts", "shown"),
    [
        ([], [TALK], {"contact_ms_any": 1000}),
        (["unresponsive"], [TALK], {"unresponsive_ms": 1000, "contact_ms_any": 1000}),
        (["available"], [ACW, HOLD, TALK, RING], {"talk_ms": 1000}),
        (["available"], [ACW, HOLD, RING], {"hold_ms": 1000}),
        (["pause"], [ACW, RING], {"acw_ms": 1000}),
        (["pause"], [RING], {"ringing_ms": 1000}),
        (["pause"], [], {"paused_ms": {"none": 1000}}),
        (["other"], [], {"other_ms": 1000}),
        (["available"], [], {"available_ms": 1000}),
    ],
)
def test_the_first_state_that_fits_is_shown(
    presence: list[str], contacts: list[int], shown: dict[str, object]
) -> None:
    """Each second is booked under one shown state only."""
    time = spent(
        [logged_in(0, 1, state) for state in presence], [contact(0, 1, k) for k in contacts], 0, 1
    )

    told = msgspec.to_builtins(time)
    assert told | shown == told
    assert exclusive_states_ms(time) == time.logged_in_ms == 1000 * len(presence)


def test_talk_after_log_off_is_no_agent_time() -> None:
    """A call that goes on after the log-off counts only in the sum without presence."""
    time = spent([logged_in(0, 100)], [contact(50, 150)], 0, 200)

    assert time.talk_ms == time.occupied_ms == time.contact_ms == 50_000
    assert time.contact_ms_any == 100_000


def test_the_session_that_started_last_tells_the_state() -> None:
    """When it ends, the earlier session that is still open does again."""
    presence = [
        logged_in(0, 100, "available", slots=2),
        logged_in(20, 40, "pause", "lunch"),
        logged_in(30, 35, "other"),
    ]

    time = spent(presence, [], 0, 100)

    assert time == AgentTime(
        logged_in_ms=100_000,
        available_ms=80_000,
        other_ms=5_000,
        slot_ms=160_000,
        paused_ms={"lunch": 15_000},
    )


def test_a_contact_of_no_queue_is_communicating() -> None:
    """Beside a queue contact it is interacting; in a pause it is off queue and neither."""
    presence = [logged_in(0, 100), logged_in(100, 200, "pause", "admin")]
    contacts = [contact(0, 60, TALK, NO_QUEUE), contact(40, 50), contact(150, 160)]

    time = spent(presence, contacts, 0, 200)

    assert (time.interacting_ms, time.communicating_ms) == (10_000, 50_000)
    assert occupancy(time)["interacting"] == 0.1
    assert time.occupied_ms == 70_000


def test_without_time_there_is_no_value() -> None:
    """An empty denominator gives neither 0 nor 1."""
    zero = AgentTime()

    assert set(occupancy(zero).values()) == {None}
    assert utilisation(zero, None) == {"logged_in": None, "paid": None}
    assert utilisation(AgentTime(occupied_ms=1, logged_in_ms=2), 0) == {
        "logged_in": 0.5,
        "paid": None,
    }
    assert availability_rate(zero) is None
    assert pause_rate(zero) == {}
    assert concurrency_mean(zero) is None


def test_minutes_with_nothing_are_left_out() -> None:
    """A minute has an entry when something is booked in it, under its own start."""
    found = agent_time_by_minute([logged_in(90, 130)], [contact(300, 301)], 0, 600_000)

    assert found == {
        60_000: AgentTime(logged_in_ms=30_000, available_ms=30_000, slot_ms=30_000),
        120_000: AgentTime(logged_in_ms=10_000, available_ms=10_000, slot_ms=10_000),
        300_000: AgentTime(contact_ms_any=1_000),
    }


# --- laws -------------------------------------------------------------------------------------

STEP_S = 7  # does not divide a minute, so spans and minutes cut each other
LAST = 60

steps = st.integers(0, LAST).map(lambda n: n * STEP_S)
windows = st.tuples(steps, steps).map(sorted)
contact_lists = st.lists(
    st.builds(contact, steps, steps, st.sampled_from((RING, TALK, HOLD, ACW)), st.integers(-1, 1)),
    max_size=8,
)
presence_lists = st.lists(
    st.builds(
        logged_in,
        steps,
        steps,
        st.sampled_from(("available", "pause", "other", "unresponsive")),
        st.sampled_from(("", "lunch")),
        st.integers(1, 3),
    ),
    max_size=6,
)


def second_by_second(
    presence: list[PresenceSpan], contacts: list[ContactSpan], start_s: int, end_s: int
) -> AgentTime:
    """The definition, read aloud for every second."""
    time = AgentTime()
    for ms in range(start_s * 1000, end_s * 1000, 1000):
        kinds = [(c.kind, c.pair) for c in contacts if c.start_ms <= ms < c.end_ms]
        work = [(kind, pair) for kind, pair in kinds if kind != RING]
        time.contact_ms_any += 1000 * len(work)
        now = max((p for p in presence if p.start_ms <= ms < p.end_ms), default=None)
        if now is None:
            continue
        time.logged_in_ms += 1000
        if now.state == "unresponsive":
            time.unresponsive_ms += 1000
            continue
        if work:
            time.occupied_ms += 1000
            time.contact_ms += 1000 * len(work)
            time.slot_ms += 1000 * now.slots
            shown = {kind for kind, _ in work}
            time.talk_ms += 1000 * (TALK in shown)
            time.hold_ms += 1000 * (HOLD in shown and TALK not in shown)
            time.acw_ms += 1000 * (shown == {ACW})
            of_queue = any(pair >= 0 for _, pair in work)
            time.interacting_ms += 1000 * (now.state == "available" and of_queue)
            time.communicating_ms += 1000 * (now.state == "available" and not of_queue)
        elif kinds:
            time.ringing_ms += 1000
        elif now.state == "pause":
            why = now.reason or "none"
            time.paused_ms[why] = time.paused_ms.get(why, 0) + 1000
        elif now.state == "other":
            time.other_ms += 1000
        else:
            time.available_ms += 1000
            time.slot_ms += 1000 * now.slots
    return time


@given(presence_lists, contact_lists, windows)
def test_the_sweep_equals_the_definition(
    presence: list[PresenceSpan], contacts: list[ContactSpan], window: list[int]
) -> None:
    """Looking at every second gives the same sums."""
    assert spent(presence, contacts, *window) == second_by_second(presence, contacts, *window)


@given(presence_lists, contact_lists, windows)
def test_shown_states_add_up_to_logged_in_time(
    presence: list[PresenceSpan], contacts: list[ContactSpan], window: list[int]
) -> None:
    """No moment is booked twice and none is left out."""
    time = spent(presence, contacts, *window)

    assert exclusive_states_ms(time) == time.logged_in_ms
    assert time.talk_ms + time.hold_ms + time.acw_ms == time.occupied_ms
    assert time.occupied_ms <= time.contact_ms <= time.contact_ms_any


@given(presence_lists, contact_lists, windows)
def test_minutes_add_up_to_the_whole(
    presence: list[PresenceSpan], contacts: list[ContactSpan], window: list[int]
) -> None:
    """Each minute is what it is alone, and together they are the window."""
    start_ms, end_ms = window[0] * 1000, window[1] * 1000

    minutes = agent_time_by_minute(presence, contacts, start_ms, end_ms)

    assert total(minutes.values()) == agent_time(presence, contacts, start_ms, end_ms)
    for minute in range(0, LAST * STEP_S * 1000, 60_000):
        first, last = max(minute, start_ms), min(minute + 60_000, end_ms)
        assert minutes.get(minute, AgentTime()) == agent_time(presence, contacts, first, last)


@given(presence_lists, contact_lists, windows, steps)
def test_splitting_a_window_splits_the_sums(
    presence: list[PresenceSpan], contacts: list[ContactSpan], window: list[int], cut: int
) -> None:
    """Two neighbouring windows have together the time of both."""
    start, end = window
    middle = min(max(cut, start), end)

    assert spent(presence, contacts, start, end) == spent(presence, contacts, start, middle).add(
        spent(presence, contacts, middle, end)
    )


@given(presence_lists, contact_lists, windows, st.randoms(use_true_random=False))
def test_the_order_of_spans_does_not_matter(
    presence: list[PresenceSpan],
    contacts: list[ContactSpan],
    window: list[int],
    random: Random,
) -> None:
    """Shards may be read in any order."""
    other_presence, other_contacts = presence.copy(), contacts.copy()
    random.shuffle(other_presence)
    random.shuffle(other_contacts)

    assert spent(presence, contacts, *window) == spent(other_presence, other_contacts, *window)


@given(presence_lists, contact_lists, windows)
def test_wall_clock_forms_never_pass_one(
    presence: list[PresenceSpan], contacts: list[ContactSpan], window: list[int]
) -> None:
    """However many contacts at once: only the slot-weighted form may pass 1."""
    time = spent(presence, contacts, *window)
    values = occupancy(time)
    del values["slot_weighted"]
    shares = [*values.values(), utilisation(time)["logged_in"], availability_rate(time)]

    assert all(share is None or 0 <= share <= 1 for share in shares)
    assert sum(share or 0 for share in pause_rate(time).values()) <= 1 + 1e-9


times = st.tuples(presence_lists, contact_lists).map(lambda p: spent(*p, 0, LAST * STEP_S))


@given(times, times, times)
def test_adding_is_commutative_and_associative_with_a_zero(
    a: AgentTime, b: AgentTime, c: AgentTime
) -> None:
    """Sums may be grouped in any way, over agents as over time."""
    assert total([a, b]) == total([b, a])
    assert total([total([a, b]), c]) == total([a, total([b, c])])
    assert total([a, AgentTime()]) == total([AgentTime(), a]) == a


def test_a_total_leaves_its_parts_as_they_are() -> None:
    """Only ``add`` changes a value, and only the one it is called on."""
    part = spent([logged_in(0, 10, "pause", "lunch")], [], 0, 10)

    result = total([part, part])

    assert (result.paused_ms, part.paused_ms) == ({"lunch": 20_000}, {"lunch": 10_000})
    assert result.add(part) is result
