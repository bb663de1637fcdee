"""Agents over all shards: presence from the agents topic, work from the contact topics."""

from __future__ import annotations

from collections.abc import Iterable

from aggregators.agent_time import AgentTime, ContactSpan, PresenceSpan, agent_time
from aggregators.due import in_conversation, in_wrap_up, is_waiting
from aggregators.policy import Rules
from aggregators.presence import OUT, Session, running_span
from aggregators.shard import Shard
from aggregators.spans import ACW, HOLD, PRESENCE, RING, TALK, AgentSpan

_LATEST_SPANS = 20
"""An agent of whom no queues were told belongs to those of so many parts of contacts."""


class AgentNow:
    """One agent at an instant: the session, what runs, and the shown state."""

    __slots__ = (
        "agent_id", "in_hand", "queues", "reason", "running", "session", "since_ms", "state",
        "team",
    )  # fmt: skip

    def __init__(self, agent_id: str) -> None:
        self.agent_id = agent_id
        self.session: Session | None = None
        self.running: list[AgentSpan] = []
        self.queues: set[str] = set()
        self.team = ""
        self.state = "logged_out"
        self.reason = ""
        self.since_ms = -1
        self.in_hand = 0

    def settle_state(self) -> None:
        """Choose the shown state: the first that fits (kpis.md, section 5).

        An agent of whom no session was ever told is ``contact_only`` while on a contact: no
        time of theirs is logged in.
        """
        starts: dict[int, int] = {}
        for span in self.running:
            if span.kind != PRESENCE:
                known = starts.get(span.kind)
                starts[span.kind] = span.start_ms if known is None else min(known, span.start_ms)
        self.in_hand = sum(1 for span in self.running if span.kind in (TALK, HOLD))
        on_contact = [starts[kind] for kind in (TALK, HOLD) if kind in starts]
        session = self.session
        if session is None:
            if on_contact:
                self.state, self.since_ms = "contact_only", min(on_contact)
            return
        if session.state == OUT:
            return
        presence = self.running[-1] if self.running else None
        if presence is not None and presence.state == "unresponsive":
            self.state, self.since_ms = "unresponsive", presence.start_ms
        elif on_contact:
            self.state, self.since_ms = "on_contact", min(on_contact)
        elif ACW in starts:
            self.state, self.since_ms = "in_wrap_up", starts[ACW]
        elif RING in starts:
            self.state, self.since_ms = "ringing", starts[RING]
        elif session.state == "pause":
            self.state, self.reason = "paused", session.reason
            self.since_ms = session.state_since_ms
        else:
            self.state = "available" if session.state == "available" else "other"
            self.since_ms = session.state_since_ms


class AgentLedger:
    """All agents as of an instant, and how they spent any stretch of time before it."""

    def __init__(self, shards: Iterable[Shard], as_of_ms: int, rules: Rules) -> None:
        self._shards = list(shards)
        self._as_of_ms = as_of_ms
        self._rules = rules
        self._spent: dict[tuple[str, int, int], AgentTime] = {}
        self.agents: dict[str, AgentNow] = {}
        self._first_zone: dict[str, tuple[str, int]] = {}
        self._read_queues()
        for shard in self._shards:
            self._read_contacts(shard)
        for shard in self._shards:
            self._read_presence(shard)
        for agent in self.agents.values():
            agent.team = agent.team or rules.agent_teams.get(agent.agent_id, "")
            agent.settle_state()

    def _agent(self, agent_id: str) -> AgentNow:
        agent = self.agents.get(agent_id)
        if agent is None:
            agent = self.agents[agent_id] = AgentNow(agent_id)
        return agent

    def _read_queues(self) -> None:
        """Put agents into the queues of their latest contacts, over all shards together.

        Which shard a contact lies in must not matter, so contacts that ended at the same time
        as the last one that counts do count.
        """
        ends: dict[str, list[int]] = {}
        for shard in self._shards:
            for agent_id, spans in shard.spans.by_agent.items():
                if spans[-1].kind != PRESENCE:
                    latest = [span.end_ms for span in spans[-_LATEST_SPANS:]]
                    ends.setdefault(agent_id, []).extend(latest)
        for agent_id, latest in ends.items():
            agent = self._agent(agent_id)
            from_ms = sorted(latest)[-_LATEST_SPANS:][0]
            for shard in self._shards:
                spans = shard.spans.ending_after(agent_id, from_ms - 1)
                for scope in {span.scope for span in spans if span.kind != PRESENCE}:
                    if scope >= 0:
                        agent.queues.add(shard.scopes.known[scope].queue)

    def _read_contacts(self, shard: Shard) -> None:
        now = self._as_of_ms
        for contact in shard.open.values():
            for leg in contact.legs.values():
                if leg.offers and is_waiting(leg, now):
                    for agent_id, since_ms in leg.offers.values():
                        ring = AgentSpan(now, since_ms, agent_id, RING, leg.scope)
                        self._agent(agent_id).running.append(ring)
                if in_conversation(leg, now):
                    held = leg.hold_since_ms >= 0
                    since_ms = leg.hold_since_ms if held else leg.talk_since_ms
                    kind = HOLD if held else TALK
                elif in_wrap_up(leg, now):
                    since_ms, kind = leg.acw_since_ms, ACW
                else:
                    continue
                agent = self._agent(leg.agent_id)
                agent.running.append(AgentSpan(now, since_ms, leg.agent_id, kind, leg.scope))
                if leg.scope >= 0:
                    agent.queues.add(shard.scopes.known[leg.scope].queue)

    def _read_presence(self, shard: Shard) -> None:
        for agent_id, presence in shard.agents.items():
            agent = self._agent(agent_id)
            agent.session = presence.now
            agent.team = presence.now.team
            if presence.now.queues:
                agent.queues = set(presence.now.queues)
            agent.running += running_span(
                presence, self._as_of_ms, self._rules.unresponsive_after_ms
            )

    def spent(self, agent: AgentNow, start_ms: int, end_ms: int) -> AgentTime:
        """Return how an agent spent [start, end), running spans counted up to now."""
        end_ms = min(end_ms, self._as_of_ms)
        key = (agent.agent_id, start_ms, end_ms)
        found = self._spent.get(key)
        if found is None:
            presence: list[PresenceSpan] = []
            contacts: list[ContactSpan] = []
            spans = [
                span
                for shard in self._shards
                for span in shard.spans.ending_after(agent.agent_id, start_ms)
            ]
            for span in (*spans, *agent.running):
                if span.start_ms >= end_ms:
                    continue
                if span.kind == PRESENCE:
                    presence.append(
                        PresenceSpan(
                            span.start_ms, span.end_ms, span.state, span.reason, span.slots
                        )
                    )
                else:
                    contacts.append(ContactSpan(span.start_ms, span.end_ms, span.kind, span.scope))
            found = agent_time(presence, contacts, start_ms, end_ms)
            self._spent[key] = found
        return found

    def free_slots(self, agent: AgentNow) -> int:
        """Return the slots an available agent has free; none in any other state."""
        if agent.state != "available" or agent.session is None:
            return 0
        return max(0, agent.session.slots - agent.in_hand)
