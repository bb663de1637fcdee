"""Laws of agent presence: sessions, memberships, heartbeats, disorder."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.board import board
from aggregators.counts import Outcome
from tests.aggregators.story import event, fold, look, rules, s


def tell(kind: type[ev.Envelope], at_s: float, **kw: Any) -> Any:
    return event(kind, at_s, agent_id="A1", **kw)


def shares(events: list[Any], at_s: float, window: str = "1h") -> Any:
    return look(fold(events, topic="agents"), at_s=at_s, window=window).windows[window].total


def test_a_membership_before_the_session_is_no_log_in() -> None:
    """The member is added a second before the agent logs in: only the session counts."""
    found = shares(
        [
            tell(ev.AgentLogin, 10, queues=["q"]),
            tell(ev.AgentLogin, 11, session_id="x"),
            tell(ev.AgentLogout, 111, queues=["q"]),
            tell(ev.AgentLogout, 111, session_id="x"),
        ],
        200,
    )
    assert found["agent_logged_in_seconds"] == 100.0
    assert found["agents_logged_in"] == 0


def test_leaving_one_queue_does_not_end_the_session() -> None:
    """A membership of another queue keeps the agent logged in."""
    events = [
        tell(ev.AgentLogin, 0, queues=["q", "r"]),
        tell(ev.AgentLogout, 50, queues=["q"]),
    ]
    assert shares(events, 100)["agents_logged_in"] == 1
    gone = [*events, tell(ev.AgentLogout, 60, queues=["r"])]
    assert shares(gone, 100)["agents_logged_in"] == 0


@pytest.mark.proves("agents_unresponsive")
def test_silence_after_a_heartbeat_makes_the_agent_unresponsive() -> None:
    """Five minutes without a beat: unresponsive; where no beats are sent, never."""
    beating = [tell(ev.AgentLogin, 0), tell(ev.AgentHeartbeat, 60)]
    assert shares(beating, 359)["agents_available"] == 1
    later = shares(beating, 400)
    assert (later["agents_available"], later["agents_unresponsive"]) == (0, 1)
    assert later["availability_rate"] == 360 / 400
    assert shares(beating[:1], 3000)["agents_available"] == 1


def test_a_heartbeat_after_log_off_does_not_revive_the_agent() -> None:
    """Some platforms go on beating for an hour."""
    events = [
        tell(ev.AgentLogin, 0),
        tell(ev.AgentLogout, 60),
        tell(ev.AgentHeartbeat, 120),
    ]
    assert shares(events, 200)["agents_logged_in"] == 0


def test_a_log_off_that_tells_its_length_implies_the_session_before_the_log_began() -> None:
    """The log-in lies before the first line that was read."""
    assert (
        shares([tell(ev.AgentLogout, 600, login_ms=480_000)], 700)["agent_logged_in_seconds"]
        == 480.0
    )


@pytest.mark.proves("agents_paused")
def test_paused_agents_count_by_reason() -> None:
    """A pause has its reason, another state has none."""
    pause = tell(ev.AgentState, 5, state="pause", reason="lunch")
    assert shares([tell(ev.AgentLogin, 0), pause], 10)["agents_paused"] == {"lunch": 1}
    other = tell(ev.AgentState, 5, state="other")
    found = shares([tell(ev.AgentLogin, 0), other], 10)
    assert (found["agents_paused"], found["agents_other"], found["agents_staffed"]) == ({}, 1, 0)


def test_an_event_from_before_the_allowed_lateness_is_too_late() -> None:
    """Presence older than the base cannot be told apart any more; it is refused, not guessed."""
    shard = fold(
        [tell(ev.AgentLogin, 0), tell(ev.AgentState, 9_000, state="pause")], topic="agents"
    )
    shard.apply(event(ev.AgentLogin, 9_100, agent_id="A2"), s(9_100))
    assert shard.apply(tell(ev.AgentState, -10, state="other"), s(9_100)) is Outcome.TOO_LATE


@st.composite
def presences(draw: st.DrawFn) -> list[Any]:
    """Events of two agents within the allowed lateness."""
    events = []
    for _ in range(draw(st.integers(1, 12))):
        agent = draw(st.sampled_from(["A1", "A2"]))
        at_s = draw(st.integers(0, 3000))
        kind = draw(st.sampled_from(["in", "out", "pause", "available", "other", "beat"]))
        made: Any
        if kind == "in":
            session = draw(st.sampled_from([None, "s1"]))
            made = event(ev.AgentLogin, at_s, agent_id=agent, session_id=session, queues=["q"])
        elif kind == "out":
            made = event(ev.AgentLogout, at_s, agent_id=agent)
        elif kind == "beat":
            made = event(ev.AgentHeartbeat, at_s, agent_id=agent)
        else:
            made = event(ev.AgentState, at_s, agent_id=agent, state=kind)
        events.append(made)
    return events


@settings(max_examples=150, deadline=None)
@given(presences(), st.randoms(use_true_random=False))
def test_presence_told_in_any_order_gives_the_same_time(
    events: list[Any], rnd: random.Random
) -> None:
    """Sorted or shuffled, with repetitions: the same spans and the same shares."""
    told = [*events, *rnd.sample(events, k=len(events) // 2)]
    rnd.shuffle(told)
    ordered = sorted(events, key=lambda e: e.event_time_ms)
    mixed, straight = fold(told, topic="agents"), fold(ordered, topic="agents")
    assert mixed.spans.by_agent == straight.spans.by_agent
    made = rules()
    for at_s in (1500, 3000, 3600):
        assert (
            board([mixed], s(at_s), made, ["1h", "5m"]).windows
            == board([straight], s(at_s), made, ["1h", "5m"]).windows
        )
