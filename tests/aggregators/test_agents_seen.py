"""Single agents at an instant, which must say the same as the board's counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

from aggregators import events as ev
from aggregators.agents_seen import AgentSeen, agents_seen
from aggregators.shard import Shard
from tests.aggregators.story import answered, ended, event, fold, look, queued, rules, s


def agent(kind: type[ev.Envelope], at_s: float, name: str, **kw: Any) -> Any:
    return event(kind, at_s, agent_id=name, **kw)


def shards() -> list[Shard]:
    """Six agents in six states, one logged out, one on a contact who never logged in."""
    names = ("free", "rings", "talks", "wraps", "lunch", "lost", "gone")
    agents = [
        *(agent(ev.AgentLogin, 0, name, queues=["q"], team="North") for name in names),
        agent(ev.AgentState, 40, "lunch", state="pause", reason="lunch"),
        agent(ev.AgentHeartbeat, 50, "lost"),
        agent(ev.AgentLogout, 60, "gone"),
    ]
    calls = [
        *(queued(f"c-{name}", 100) for name in ("rings", "talks", "wraps", "stranger")),
        event(ev.AgentOffered, 110, contact_id="c-rings", leg_id="L1", offer_id="o",
              agent_id="rings"),
        *(answered(f"c-{name}", 120, agent=name) for name in ("talks", "wraps", "stranger")),
        ended("c-wraps", 200),
        event(ev.WrapUpStarted, 200, contact_id="c-wraps", leg_id="L1", agent_id="wraps"),
    ]  # fmt: skip
    return [
        fold(sorted(calls, key=lambda one: one.event_time_ms)),
        fold(sorted(agents, key=lambda one: one.event_time_ms), topic="agents"),
    ]


def test_everybody_has_a_state_and_since_when() -> None:
    """By id; who logged out is not there."""
    found = {one.agent_id: one for one in agents_seen(shards(), s(400), rules())}
    assert list(found) == sorted(found)
    assert {name: (one.state, one.since_ms) for name, one in found.items()} == {
        "free": ("available", s(0)),
        "lost": ("unresponsive", s(350)),
        "lunch": ("paused", s(40)),
        "rings": ("ringing", s(110)),
        "stranger": ("contact_only", s(120)),
        "talks": ("on_contact", s(120)),
        "wraps": ("in_wrap_up", s(200)),
    }
    assert found["lunch"] == AgentSeen("lunch", "paused", "lunch", s(40), "North", ("q",))
    assert (found["stranger"].team, found["stranger"].queues) == ("", ("q",))


def test_the_states_are_those_that_the_board_counts() -> None:
    """Two ways to the same numbers."""
    found = Counter(one.state for one in agents_seen(shards(), s(400), rules()))
    total = look(*shards(), at_s=400, window="1h").windows["1h"].total
    assert found["available"] == total["agents_available"]
    assert found["ringing"] == total["agents_ringing"]
    assert found["on_contact"] + found["contact_only"] == total["agents_on_contact"]
    assert found["in_wrap_up"] == total["agents_in_wrap_up"]
    assert found["unresponsive"] == total["agents_unresponsive"]
    assert total["agents_paused"] == {"lunch": found["paused"]}
