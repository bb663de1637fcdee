"""``/api/agents``: how long agents are in their state, and who, where the settings say so."""

from __future__ import annotations

import json
from typing import Any

from aggregators import events as ev
from aggregators.shard import Shard
from exporters.http.agents import LEAST_AGENTS
from exporters.http.app import WebOptions, build_web_app
from exporters.live import MemoryView
from tests.aggregators.story import event, fold, rules, s
from tests.exporters.served import client_of

NORTH = tuple(f"Agent {letter}" for letter in "FEDCBA")


def centre() -> Shard:
    """A team of six, of whom two are paused, and one of two."""
    told: list[Any] = [
        event(ev.AgentLogin, n, agent_id=name, team="North", queues=["billing"])
        for n, name in enumerate(NORTH)
    ]
    told += [
        event(ev.AgentState, 60, agent_id="Agent B", state="pause", reason="lunch"),
        event(ev.AgentState, 90, agent_id="Agent D", state="pause", reason="lunch"),
        event(ev.AgentLogin, 100, agent_id="Agent Y", team="South", queues=["sales"]),
        event(ev.AgentLogin, 110, agent_id="Agent Z", team="South", queues=["sales"]),
    ]
    return fold(told, topic="agents")


async def asked(**options: bool) -> Any:
    shard = centre()
    view = MemoryView(lambda: [shard], rules(), lambda: s(600))
    app = build_web_app(view, options=WebOptions(**options))  # type: ignore[arg-type]
    async with client_of(app) as client:
        return await (await client.get("/api/agents")).json()


async def test_by_default_nobody_is_told_of_alone() -> None:
    """The longest time in a state of teams and queues, and of none with fewer than five."""
    found = await asked()
    assert (found["figures"], found["least"]) == (False, LEAST_AGENTS)
    assert "agents" not in found
    assert "Agent" not in json.dumps(found)
    assert found["longest"] == {
        "total": {"available": 600_000, "paused": 540_000},
        "teams": {"North": {"available": 600_000, "paused": 540_000}, "South": {}},
        "queues": {"billing": {"available": 600_000, "paused": 540_000}, "sales": {}},
    }


async def test_with_figures_single_agents_have_short_names() -> None:
    """In the order of those names, which is nobody's rank."""
    found = await asked(agent_figures=True)
    assert "Agent" not in json.dumps(found)
    names = [one["name"] for one in found["agents"]]
    assert len(names) == 8
    assert names == sorted(names)
    paused = [one for one in found["agents"] if one["state"] == "paused"]
    assert {one["since_ms"] for one in paused} == {s(60), s(90)}
    assert {(one["reason"], one["team"]) for one in paused} == {("lunch", "North")}
    assert found["longest"]["teams"]["South"] == {"available": 500_000}


async def test_with_names_they_have_their_ids() -> None:
    """By name, whatever the time in the state."""
    found = await asked(agent_figures=True, agent_names=True)
    assert [one["name"] for one in found["agents"]] == [*sorted(NORTH), "Agent Y", "Agent Z"]


async def test_names_without_figures_show_nobody() -> None:
    """The choice to show single agents is `figures`."""
    found = await asked(agent_names=True)
    assert "agents" not in found
    assert "Agent" not in json.dumps(found)
