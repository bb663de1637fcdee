"""Staffing hints: what Erlang makes of the last half hour, and when it says nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.erlang import erlang_a
from aggregators.policy import HOUR_MS, QueuePolicy
from aggregators.staffing import NoHint, StaffingHint, StaffingInputs, hint, staffing
from tests.aggregators.story import answered, ended, event, fold, look, queued, rules

POLICY = QueuePolicy(threshold_ms=20_000, target=0.8)


def inputs(
    contacts: int, handle_s: float, agents: int, patience_s: float | None = None,
    threshold_s: float = 20.0, target: float = 0.8,
) -> StaffingInputs:  # fmt: skip
    return StaffingInputs(
        contacts=contacts,
        handle_s=handle_s,
        handle_window="30m",
        patience_s=patience_s,
        patience_window=None if patience_s is None else "30m",
        agents=agents,
        threshold_s=threshold_s,
        target=target,
    )


def row(**values: Any) -> dict[str, Any]:
    """The figures of 30 minutes: 100 calls of 180 s, 4 of them abandoned, 11 agents at work."""
    return {
        "contacts_entered": 100, "contacts_offered": 100, "contacts_abandoned": 4,
        "contacts_handled": 96, "aht_seconds": 180.0, "asa_seconds": {"all_offered": 12.5},
        "agents_logged_in": 13, "agents_staffed": 11, **values,
    }  # fmt: skip


def hinted(windows: dict[str, Any], policy: QueuePolicy = POLICY) -> StaffingHint:
    found = staffing(windows, policy, "voice", 20)
    assert isinstance(found, StaffingHint)
    return found


def test_callers_who_never_give_up_need_what_erlang_c_says() -> None:
    """100 calls of 180 s in 30 minutes, 80 % in 20 s: 14 agents; 11 reach 39 %, 14 reach 88.8 %."""
    found = hint(inputs(100, 180.0, 11))
    assert (found.model, found.needed, found.needed_patient) == ("erlang_c", 14, 14)
    assert found.expected == pytest.approx(0.38961381172915344, rel=1e-9)
    assert found.reached == pytest.approx(0.8883500191794669, rel=1e-9)
    assert (found.more, found.spare) == (3, 0)
    assert hint(inputs(360, 240.0, 55, threshold_s=15.0)).expected_patient == pytest.approx(
        0.8458830921705804, rel=1e-9
    )


@pytest.mark.parametrize(
    ("agents", "expected", "more", "spare"),
    [(44, None, 2, 0), (46, 0.817566, 0, 0), (50, 0.943017, 0, 0), (55, 0.988794, 0, 4)],
)
def test_callers_who_give_up_need_what_erlang_a_says(
    agents: int, expected: float | None, more: int, spare: int
) -> None:
    """48 calls a minute of one minute, patience two: 46 agents reach 80 % in 20 s, C asks for 52.

    Spare are those beyond the 46 and the tenth of them, five, that is kept back.
    """
    found = hint(inputs(1440, 60.0, agents, 120.0))
    assert (found.model, found.needed, found.needed_patient) == ("erlang_a", 46, 52)
    assert found.reached == pytest.approx(0.8175661765688691, rel=1e-9)
    if expected is not None:
        assert found.expected == pytest.approx(expected, abs=3e-6)
    assert (found.more, found.spare) == (more, spare)


def test_one_agent_above_the_need_is_no_spare_one() -> None:
    """14 are needed: 15 and 16 are the margin, the seventeenth could go elsewhere."""
    assert [hint(inputs(100, 180.0, n)).spare for n in (14, 15, 16, 17)] == [0, 0, 0, 1]


@given(
    st.integers(20, 600), st.floats(20, 600), st.integers(0, 150), st.floats(5, 3000),
    st.sampled_from([0, 20, 90]), st.sampled_from([0.5, 0.8, 0.95]),
)  # fmt: skip
def test_the_agents_needed_reach_the_target_and_one_less_does_not(
    contacts: int, handle_s: float, agents: int, patience_s: float, threshold_s: int, target: float
) -> None:
    """By the model's own service level; who is missing and who is spare follows from it."""
    found = hint(inputs(contacts, handle_s, agents, patience_s, threshold_s, target))

    def level(n: int) -> float:
        return erlang_a(n, contacts / 1800, handle_s, patience_s).answered_within(threshold_s)

    assert found.model == "erlang_a"
    assert level(found.needed) == found.reached >= target
    assert found.needed == 1 or level(found.needed - 1) < target
    assert found.more == max(0, found.needed - agents)
    assert (found.more == 0) == (found.expected >= target)
    assert found.spare == 0 or found.spare < agents - found.needed


def test_endless_patience_is_taken_as_erlang_c() -> None:
    """One in a million gives up: so many would wait that it is no use to count them."""
    found = hint(inputs(1000, 180.0, 50, 1e6))
    assert (found.model, found.expected) == ("erlang_c", found.expected_patient)


def test_patience_is_all_waits_over_those_who_gave_up() -> None:
    """100 waits of 12.5 s and 5 who gave up: 250 s. With only 4 the hour is asked, then today."""
    five = row(contacts_abandoned=5)
    assert hinted({"30m": five}).inputs.patience_s == 250.0
    hour = row(contacts_abandoned=8, contacts_offered=200)
    found = hinted({"30m": row(), "1h": hour}).inputs
    assert (found.patience_s, found.patience_window) == (312.5, "1h")
    alone = hinted({"30m": row(), "1h": row(), "today": row()})
    assert (alone.inputs.patience_s, alone.inputs.patience_window) == (None, None)
    assert alone.model == "erlang_c"


def test_handle_time_is_of_the_first_window_with_enough_behind_it() -> None:
    """19 handled in 30 minutes are too few, 40 in the hour are not."""
    few = row(contacts_handled=19, aht_seconds=500.0)
    found = hinted({"30m": few, "1h": row(contacts_handled=40, aht_seconds=200.0)}).inputs
    assert (found.handle_s, found.handle_window) == (200.0, "1h")
    assert staffing({"30m": few, "1h": few}, POLICY, "voice", 20) is NoHint.NO_HANDLE_TIME


@pytest.mark.parametrize(
    ("windows", "policy", "channel", "reason"),
    [
        ({"30m": row()}, POLICY, "chat", NoHint.CHANNEL),
        ({"30m": row()}, QueuePolicy(threshold_ms=HOUR_MS), "voice", NoHint.LONG_THRESHOLD),
        ({"30m": row()}, QueuePolicy(target=1.0), "voice", NoHint.TARGET),
        ({"30m": row()}, QueuePolicy(target=0.0), "voice", NoHint.TARGET),
        ({"1h": row()}, POLICY, "voice", NoHint.NO_WINDOW),
        ({"30m": row(contacts_entered=19)}, POLICY, "voice", NoHint.FEW_CONTACTS),
        ({"30m": {}}, POLICY, "voice", NoHint.FEW_CONTACTS),
        ({"30m": row(agents_logged_in=0)}, POLICY, "voice", NoHint.NO_AGENTS_KNOWN),
        ({"30m": row(aht_seconds=None)}, POLICY, "voice", NoHint.NO_HANDLE_TIME),
        ({"30m": row(aht_seconds=0.0)}, POLICY, "voice", NoHint.NO_HANDLE_TIME),
        ({"30m": row(aht_seconds=200_000.0)}, POLICY, "voice", NoHint.TOO_LARGE),
    ],
)
def test_where_the_figures_do_not_bear_a_hint_there_is_a_reason(
    windows: dict[str, Any], policy: QueuePolicy, channel: str, reason: NoHint
) -> None:
    """Each condition alone takes the hint away."""
    assert staffing(windows, policy, channel, 20) is reason


def test_agents_who_all_pause_are_known_and_missing() -> None:
    """Thirteen are logged in and none is at work: all that are needed are missing."""
    found = hinted({"30m": row(agents_staffed=0)})
    assert (found.expected, found.more) == (0.0, found.needed)


def test_a_board_has_all_that_a_hint_needs() -> None:
    """24 calls of 100 s in 30 minutes and one agent logged in: three would answer 80 % in 20 s."""
    told: list[Any] = []
    for n in range(24):
        told += [
            queued(f"c{n}", 60 * n),
            answered(f"c{n}", 60 * n + 5),
            ended(f"c{n}", 60 * n + 105),
        ]
    told.sort(key=lambda one: one.event_time_ms)
    there = [event(ev.AgentLogin, 0, agent_id="A1", queues=["q"], session_id="s")]
    shards = fold(told, rules()), fold(there, rules(), topic="agents")
    board = look(*shards, at_s=1795, window="30m")
    windows = {name: rows.pairs["q", "voice"] for name, rows in board.windows.items()}
    found = hinted(windows)
    assert found.inputs == inputs(24, 100.0, 1)
    # A = 4/3: B(3) = 0.109215, C(3) = 0.180791, and exp(-(3 - 4/3) / 5) = 0.716531.
    assert (found.needed, found.more) == (3, 2)
    assert found.reached == pytest.approx(1 - 0.180791 * 0.716531, abs=1e-5)
