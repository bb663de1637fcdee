"""Single agents as they are at an instant: shown state and since when (kpis.md, section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from aggregators.agent_ledger import AgentNow
from aggregators.contact import WAITING
from aggregators.due import in_conversation, in_wrap_up, is_waiting
from aggregators.open_contacts import Running
from aggregators.policy import Rules
from aggregators.presence import running_span
from aggregators.shard import Shard
from aggregators.spans import ACW, HOLD, RING, TALK

_STILL = -1


class AgentSeen(Struct, frozen=True):
    """One agent who is logged in, or on a contact without a log-in (``contact_only``).

    ``queues`` are those told at the log-in, else those of the contacts in hand; ``reason`` is
    that of a pause.
    """

    agent_id: str
    state: str
    reason: str
    since_ms: int
    team: str
    queues: tuple[str, ...]


def agents_seen(shards: Iterable[Shard], as_of_ms: int, rules: Rules) -> list[AgentSeen]:
    """Return everybody who is there, by id."""
    parts = list(shards)
    running = _work(parts, as_of_ms)
    sessions = {agent_id: told for shard in parts for agent_id, told in shard.agents.items()}
    found: list[AgentSeen] = []
    for agent_id in sorted(sessions.keys() | running.keys()):
        agent = AgentNow(agent_id)
        agent.running = tuple(sorted(running.get(agent_id, ())))
        agent.queues = {queue for _, _, _, queue in agent.running if queue}
        told = sessions.get(agent_id)
        if told is not None:
            agent.session = told.now
            agent.queues = set(told.now.queues) or agent.queues
            agent.team = told.now.team
            spans = running_span(told, as_of_ms, rules.unresponsive_after_ms)
            agent.presence = tuple(
                (one.start_ms, one.state, one.reason, one.slots, _STILL)
                for one in spans
                if one.end_ms >= as_of_ms
            )
        agent.settle_state()
        if agent.state != "logged_out":
            team = agent.team or rules.agent_teams.get(agent_id, "")
            queues = tuple(sorted(agent.queues))
            found.append(
                AgentSeen(agent_id, agent.state, agent.reason, agent.since_ms, team, queues)
            )
    return found


def _work(shards: Sequence[Shard], as_of_ms: int) -> dict[str, list[Running]]:
    """Return the work of agents that goes on: (start, kind, 0, queue)."""
    found: dict[str, list[Running]] = {}
    for shard in shards:
        known = shard.scopes.known
        for contact in shard.open.values():
            for leg in contact.legs.values():
                queue = known[leg.scope].queue if leg.scope >= 0 else ""
                if leg.exit == WAITING:
                    if leg.offers and is_waiting(leg, as_of_ms):
                        for agent_id, at_ms in leg.offers.values():
                            found.setdefault(agent_id, []).append((at_ms, RING, 0, queue))
                    continue
                if in_conversation(leg, as_of_ms):
                    held = leg.hold_since_ms >= 0
                    since_ms = leg.hold_since_ms if held else leg.talk_since_ms
                    work = (since_ms, HOLD if held else TALK, 0, queue)
                elif in_wrap_up(leg, as_of_ms):
                    work = (leg.acw_since_ms, ACW, 0, queue)
                else:
                    continue
                found.setdefault(leg.agent_id, []).append(work)
    return found
