"""Agents over all shards: presence from the agents topic, work from the contact topics.

The ledger is kept from board to board. At each it finds out about whom something changed (a
span came or went, work or a session began or ended) and since when; everybody else's time just
goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from typing import TypeAlias

from aggregators.agent_clock import AgentClock, Clock, Key, Timeline
from aggregators.agent_time import ContactSpan, Piece, PresenceSpan, pieces
from aggregators.open_contacts import Running
from aggregators.policy import Rules
from aggregators.presence import OUT, Session, running_span
from aggregators.shard import Shard
from aggregators.spans import ACW, HOLD, NEVER_MS, PRESENCE, RING, TALK, AgentSpan

_LATEST_SPANS = 20
"""An agent of whom no queues were told belongs to those of so many parts of contacts."""
_AGENTS_AT_ONCE = 100
"""Looked at before there is a pause: a few milliseconds."""

RowsOf: TypeAlias = "Callable[[AgentNow], tuple[tuple[Key, Clock], ...]]"
_Session: TypeAlias = tuple[int, str, str, int, int]
"""(start, state, reason, slots, end) of presence that goes on; end -1: still."""
_Span: TypeAlias = Running | _Session
_STILL = -1


class AgentNow:
    """One agent at an instant: the session, what runs, and the shown state."""

    __slots__ = (
        "agent_id", "in_hand", "line", "presence", "queues", "reason", "recheck_ms", "running",
        "session", "since_ms", "state", "team", "turns_ms",
    )  # fmt: skip

    def __init__(self, agent_id: str) -> None:
        self.agent_id = agent_id
        self.session: Session | None = None
        self.running: tuple[Running, ...] = ()
        self.presence: tuple[_Session, ...] = ()
        self.queues: set[str] = set()
        self.team = ""
        self.line = Timeline()
        self.turns_ms = NEVER_MS  # the clock alone changes the presence after this instant
        self.recheck_ms = NEVER_MS  # what was told lies ahead from here on
        self.settle_state()

    def settle_state(self) -> None:
        """Choose the shown state: the first that fits (kpis.md, section 5).

        An agent of whom no session was ever told is ``contact_only`` while on a contact: no
        time of theirs is logged in.
        """
        self.state, self.reason, self.since_ms = "logged_out", "", -1
        # They are ordered by start: the earliest of each kind stays.
        starts = {kind: start_ms for start_ms, kind, _, _ in reversed(self.running)}
        self.in_hand = sum(1 for _, kind, _, _ in self.running if kind in (TALK, HOLD))
        on_contact = [starts[kind] for kind in (TALK, HOLD) if kind in starts]
        session = self.session
        if session is None:
            if on_contact:
                self.state, self.since_ms = "contact_only", min(on_contact)
            return
        if session.state == OUT:
            return
        if self.presence and self.presence[-1][1] == "unresponsive":
            self.state, self.since_ms = "unresponsive", self.presence[-1][0]
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

    @property
    def free_slots(self) -> int:
        """The slots an available agent has free; none in any other state."""
        if self.state != "available" or self.session is None:
            return 0
        return max(0, self.session.slots - self.in_hand)


class AgentLedger:
    """All agents as of an instant, and the time of everybody between the borders of windows."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.agents: dict[str, AgentNow] = {}
        self.clock = AgentClock([0], 0)
        self._sessions: list[dict[str, Session]] = []
        self._shards: Sequence[Shard] = ()
        self._with_spans: Sequence[Shard] = ()
        self._with_agents: Sequence[Shard] = ()
        self._is_new = True

    def steps(
        self,
        shards: Sequence[Shard],
        as_of_ms: int,
        running: Mapping[str, Sequence[Running]],
        borders_ms: set[int],
        rows_of: RowsOf,
        *,
        same_rows: bool,
        reader: object,
    ) -> Iterator[None]:
        """Bring everything up to an instant, with a pause wherever it yields.

        ``running`` is the contact work that goes on, ``borders_ms`` where windows begin and end,
        ``rows_of`` what an agent adds to (``same_rows``: as at the last update), ``reader`` who
        asks the shards for what they learned since (None: nobody, this is one look).
        """
        self._shards = shards
        # Most shards are of topics that tell of no agent, and each agent looks at all of these.
        self._with_spans = [shard for shard in shards if shard.spans.by_agent]
        self._with_agents = [shard for shard in shards if shard.agents]
        learned = _learned(shards, reader, self.clock.borders_ms[0])
        borders_ms = borders_ms or {as_of_ms}
        if (
            learned is None
            or self._is_new
            or as_of_ms < self.clock.up_to_ms
            or min(borders_ms) < self.clock.borders_ms[0]
        ):
            self._is_new = False
            self.agents = {}
            self.clock = AgentClock(borders_ms, as_of_ms)
            self._sessions = [{} for _ in shards]
            learned = {
                agent_id: 0
                for source in (running, *(shard.spans.by_agent for shard in shards))
                for agent_id in source
            }
        stale = dict(learned)
        told = self._told_presence()
        for agent_id in told:
            stale.setdefault(agent_id, NEVER_MS)
        self._compare(stale, running, as_of_ms)
        if not same_rows:
            for agent_id in self.agents:
                stale.setdefault(agent_id, NEVER_MS)
        again: list[tuple[AgentNow, tuple[tuple[Key, Clock], ...]]] = []
        yield
        for number, (agent_id, from_ms) in enumerate(stale.items(), start=1):
            if not number % _AGENTS_AT_ONCE:
                yield
            agent = self.agents.get(agent_id)
            if agent is None:
                agent = self.agents[agent_id] = AgentNow(agent_id)
                from_ms = 0  # noqa: PLW2901 - nothing of a new agent is known
            ahead_ms = agent.recheck_ms
            from_ms = min(from_ms, ahead_ms, self._read(agent, running, as_of_ms))  # noqa: PLW2901
            if self._is_known(agent):
                rows = rows_of(agent)
                self.clock.take_out(agent.line, from_ms, rows)
                again.append((agent, rows))
            else:
                self.clock.take_out(agent.line, from_ms, None)
                del self.agents[agent_id]
        self.clock.advance(as_of_ms)
        for number, (agent, rows) in enumerate(again, start=1):
            if not number % _AGENTS_AT_ONCE:
                yield
            self.clock.put_in(agent.line, self._pieces(agent, as_of_ms), rows)
        yield
        self.clock.set_borders(borders_ms)

    def _told_presence(self) -> set[str]:
        """Return the agents whose session changed."""
        told: set[str] = set()
        for shard, seen in zip(self._shards, self._sessions, strict=True):
            for agent_id, presence in shard.agents.items():
                if seen.get(agent_id) != presence.now:
                    seen[agent_id] = copy(presence.now)
                    told.add(agent_id)
        return told

    def _compare(
        self, stale: dict[str, int], running: Mapping[str, Sequence[Running]], as_of_ms: int
    ) -> None:
        """Add the agents whose work or presence differs from what it was."""
        for agent_id, agent in self.agents.items():
            if (
                tuple(sorted(running.get(agent_id, ()))) != agent.running
                or agent.turns_ms < as_of_ms
                or agent.recheck_ms != NEVER_MS
            ):
                stale.setdefault(agent_id, NEVER_MS)
        for agent_id in running.keys() - self.agents.keys():
            stale.setdefault(agent_id, NEVER_MS)

    def _is_known(self, agent: AgentNow) -> bool:
        agent_id = agent.agent_id
        return bool(
            agent.running
            or agent.session is not None
            or any(agent_id in shard.spans.by_agent for shard in self._with_spans)
        )

    def _read(
        self, agent: AgentNow, running: Mapping[str, Sequence[Running]], as_of_ms: int
    ) -> int:
        """Read what is known of an agent now; return since when it differs."""
        before: tuple[_Span, ...] = (*agent.running, *agent.presence)
        agent.running = tuple(sorted(running.get(agent.agent_id, ())))
        agent.queues = self._latest_queues(agent.agent_id)
        agent.queues.update(
            queue for _, kind, pair, queue in agent.running if kind != RING and pair >= 0
        )
        agent.team = ""
        agent.turns_ms = agent.recheck_ms = NEVER_MS
        presence: list[_Session] = []
        for shard in self._with_agents:
            told = shard.agents.get(agent.agent_id)
            if told is None:
                continue
            session = agent.session = told.now
            agent.team = session.team
            if session.queues:
                agent.queues = set(session.queues)
            limit_ms = self._rules.unresponsive_after_ms
            for span in running_span(told, as_of_ms, limit_ms):
                end_ms = span.end_ms if span.end_ms < as_of_ms else _STILL
                presence.append((span.start_ms, span.state, span.reason, span.slots, end_ms))
            if session.state != OUT:
                agent.turns_ms = min(agent.turns_ms, _turn_ms(session, as_of_ms, limit_ms))
        agent.presence = tuple(presence)
        agent.team = agent.team or self._rules.agent_teams.get(agent.agent_id, "")
        agent.settle_state()
        return _differs_from(before, (*agent.running, *agent.presence))

    def _latest_queues(self, agent_id: str) -> set[str]:
        """Return the queues of an agent's latest contacts, over all shards together.

        Which shard a contact lies in must not matter, so contacts that ended at the same time
        as the last one that counts do count.
        """
        ends: list[int] = []
        for shard in self._with_spans:
            spans = shard.spans.by_agent.get(agent_id)
            if spans and spans[-1].kind != PRESENCE:
                ends += [span.end_ms for span in spans[-_LATEST_SPANS:]]
        if not ends:
            return set()
        from_ms = sorted(ends)[-_LATEST_SPANS:][0]
        return {
            shard.scopes.known[scope].queue
            for shard in self._with_spans
            for scope in {
                span.scope
                for span in shard.spans.ending_after(agent_id, from_ms - 1)
                if span.kind != PRESENCE
            }
            if scope >= 0
        }

    def _pieces(self, agent: AgentNow, as_of_ms: int) -> Iterator[Piece]:
        """Yield how an agent spent the time from where it is open, running spans up to now."""
        from_ms = agent.line.open_from_ms
        presence: list[PresenceSpan] = []
        contacts: list[ContactSpan] = []
        recheck_ms = NEVER_MS
        for shard in self._with_spans:
            for span in shard.spans.ending_after(agent.agent_id, from_ms):
                if span.end_ms >= as_of_ms:
                    recheck_ms = min(recheck_ms, span.start_ms)
                if span.start_ms >= as_of_ms:
                    continue
                if span.kind == PRESENCE:
                    presence.append(_presence_span(span))
                else:
                    contacts.append(ContactSpan(span.start_ms, span.end_ms, span.kind, span.scope))
        for start_ms, kind, pair, _ in agent.running:
            if start_ms >= as_of_ms:
                recheck_ms = min(recheck_ms, start_ms)
            else:
                contacts.append(ContactSpan(start_ms, as_of_ms, kind, pair))
        for start_ms, state, reason, slots, end_ms in agent.presence:
            until_ms = as_of_ms if end_ms == _STILL else end_ms
            presence.append(PresenceSpan(start_ms, until_ms, state, reason, slots))
        agent.recheck_ms = recheck_ms
        return pieces(presence, contacts, from_ms, as_of_ms)


def _learned(shards: Sequence[Shard], reader: object, base_ms: int) -> dict[str, int] | None:
    """Return since when the finished spans of agents differ; None when that is not known."""
    if reader is None:
        return None
    found: dict[str, int] | None = {}
    for shard in shards:
        learned = shard.spans.learned(reader)
        if learned is None or found is None:
            found = None
            continue
        for agent_id, what in learned.items():
            from_ms = what.from_ms
            if what.dropped_end_ms > base_ms:
                from_ms = min(from_ms, what.dropped_from_ms)
            found[agent_id] = min(from_ms, found.get(agent_id, NEVER_MS))
    return found


def _differs_from(before: tuple[_Span, ...], after: tuple[_Span, ...]) -> int:
    """Return the first instant about which two lists of running spans differ."""
    if before == after:
        return NEVER_MS
    counted, now = Counter(before), Counter(after)
    return min((span[0] for span in (counted - now) + (now - counted)), default=NEVER_MS)


def _turn_ms(session: Session, as_of_ms: int, limit_ms: int) -> int:
    """Return after which instant a session is seen otherwise with no event at all."""
    if session.since_ms >= as_of_ms:
        return session.since_ms
    lost_ms = session.beat_ms + limit_ms
    return lost_ms if session.beat_ms >= 0 and lost_ms >= as_of_ms else NEVER_MS


def _presence_span(span: AgentSpan) -> PresenceSpan:
    return PresenceSpan(span.start_ms, span.end_ms, span.state, span.reason, span.slots)
