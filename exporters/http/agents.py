"""``/api/agents``: who is in which state how long, by team and queue; single agents by choice.

Without the choice (``agents.figures``) only the longest time in a state is told, and of no group
that is so small that it would point at somebody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from aggregators.agents_seen import AgentSeen, agents_seen
from aggregators.policy import Rules
from exporters.http.board_json import header_json
from exporters.http.schemas import (
    COUNT,
    FLAG,
    FRESHNESS,
    TEXT,
    TIME_MS,
    Schema,
    by_name,
    exact,
    listed,
)
from exporters.masking import Mask

if TYPE_CHECKING:
    from exporters.http.feed import BoardFeed
    from exporters.live import LiveView

LEAST_AGENTS = 5
"""Of fewer agents nothing is told that would be about one of them."""

MAX_AGENTS = 500
KEPT_S = 1.9
REST_FACTOR = 9.0
"""The view rests so many times what an answer cost: it may take a tenth of the thread."""

STATES = (
    "available", "ringing", "on_contact", "in_wrap_up", "paused", "other", "unresponsive",
    "contact_only",
)  # fmt: skip


class AgentBook:
    """Agents as they are now, read when somebody asks and at most every other second.

    ``figures``: single agents are listed, by short names unless ``names`` is set.
    """

    def __init__(
        self,
        view: LiveView,
        feed: BoardFeed,
        *,
        figures: bool,
        names: bool,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view = view
        self._feed = feed
        self._figures = figures
        self._names = names
        self._mask = Mask()
        self._timer = timer
        self._made = b""
        self._until_s = float("-inf")
        self.readings = 0

    def encoded(self) -> bytes:
        """Return the answer."""
        started_s = self._timer()
        if started_s >= self._until_s:
            self._made = msgspec.json.encode(self._answer())
            self.readings += 1
            ended_s = self._timer()
            self._until_s = ended_s + max(KEPT_S, REST_FACTOR * (ended_s - started_s))
        return self._made

    def _answer(self) -> dict[str, Any]:
        board = self._feed.board()
        shards = self._view.shards()
        rules = shards[0].rules if shards else Rules()
        seen = agents_seen(shards, board.as_of_ms, rules)
        now_ms = board.as_of_ms
        teams: dict[str, list[AgentSeen]] = {}
        queues: dict[str, list[AgentSeen]] = {}
        for agent in seen:
            if agent.team:
                teams.setdefault(agent.team, []).append(agent)
            for queue in agent.queues:
                queues.setdefault(queue, []).append(agent)
        least = 1 if self._figures else LEAST_AGENTS
        answer: dict[str, Any] = {
            **header_json(board),
            "figures": self._figures,
            "names": self._names,
            "least": least,
            "limit": MAX_AGENTS,
            "longest": {
                "total": longest(seen, now_ms, least),
                "teams": {name: longest(of, now_ms, least) for name, of in sorted(teams.items())},
                "queues": {name: longest(of, now_ms, least) for name, of in sorted(queues.items())},
            },
        }
        if self._figures:
            answer["agents"] = self._single(seen)
        return answer

    def _single(self, seen: list[AgentSeen]) -> list[dict[str, Any]]:
        """Return the agents by name: any other order would be read as a ranking."""
        ids = [agent.agent_id for agent in seen]
        names = dict(zip(ids, ids, strict=True)) if self._names else self._mask.names(ids)
        shown = [
            {
                "name": names[agent.agent_id],
                "team": agent.team,
                "queues": list(agent.queues),
                "state": agent.state,
                "reason": agent.reason,
                "since_ms": agent.since_ms,
            }
            for agent in seen
        ]
        return sorted(shown, key=_by_name)[:MAX_AGENTS]


def _by_name(shown: dict[str, Any]) -> str:
    return str(shown["name"])


def longest(seen: Iterable[AgentSeen], now_ms: int, least: int) -> dict[str, int]:
    """Return the longest time in each state in ms; of fewer than ``least`` agents nothing."""
    group = list(seen)
    if len(group) < least:
        return {}
    found: dict[str, int] = {}
    for agent in group:
        spent_ms = max(0, now_ms - agent.since_ms)
        found[agent.state] = max(spent_ms, found.get(agent.state, 0))
    return found


def agents_routes(
    view: LiveView, feed: BoardFeed, *, figures: bool, names: bool
) -> list[web.RouteDef]:
    """Return the route."""
    book = AgentBook(view, feed, figures=figures, names=names)

    async def agents(_: web.Request) -> web.Response:
        return web.Response(body=book.encoded(), content_type="application/json")

    return [web.get("/api/agents", agents)]


_LONGEST: Schema = {
    **by_name(COUNT),
    "description": "shown state to ms; empty where there are fewer agents than `least`",
}
AGENTS_SCHEMA: Schema = exact(
    {
        **FRESHNESS,
        "figures": {**FLAG, "description": "whether single agents are shown (agents.figures)"},
        "names": {**FLAG, "description": "by their ids (agents.names), else by short names"},
        "least": COUNT,
        "limit": {**COUNT, "description": "at most so many single agents"},
        "longest": exact({
            "total": _LONGEST, "teams": by_name(_LONGEST), "queues": by_name(_LONGEST),
        }),
        "agents": {
            **listed(
                exact({
                    "name": TEXT,
                    "team": TEXT,
                    "queues": listed(TEXT),
                    "state": {"enum": list(STATES)},
                    "reason": {**TEXT, "description": "of a pause"},
                    "since_ms": TIME_MS,
                }),
                maxItems=MAX_AGENTS,
            ),
            "description": "in the order of their names",
        },
    },
    optional=("agents",),
)  # fmt: skip
"""What the answer looks like, for the description of the API."""
