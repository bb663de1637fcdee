"""Writes down what happens as canonical events, with ids from seed, start and sequence."""

from __future__ import annotations

from collections import deque
from typing import Any, Literal, cast

from aggregators.events import (
    AgentLogin,
    AgentLogout,
    AgentOffered,
    AgentOfferMissed,
    AgentState,
    ContactAbandoned,
    ContactAnswered,
    ContactCreated,
    ContactEnded,
    ContactQueued,
    ContactTransferred,
    Envelope,
    FlowOut,
    HoldEnded,
    HoldStarted,
    MessagePosted,
    Slots,
    WrapUpEnded,
    WrapUpStarted,
)
from streams.simulator.contact import Contact, Leg
from streams.simulator.floor import Agent
from streams.simulator.timeline import Timeline

SOURCE = "simulator"


class Record:
    """The events told so far and not yet fetched, in time order."""

    __slots__ = ("_facts", "_ids", "_prefix", "_run", "_timeline", "told")

    def __init__(self, timeline: Timeline, seed: int, start_ms: int) -> None:
        self._timeline = timeline
        self._run = f"s{seed:x}-{start_ms:x}"
        self._prefix = self._run + "-e"
        self._facts = 0
        self._ids = 0
        self.told: deque[Envelope] = deque()

    def new_id(self, kind: str) -> str:
        """Return the next id of the run, such as ``s1-18fd6c1a-c2b`` for a contact."""
        self._ids += 1
        return f"{self._run}-{kind}{self._ids:x}"

    def tell(self, kind: type[Envelope], /, **fields: Any) -> None:
        """Write one event of any type, now. The frequent ones have a method of their own."""
        self._facts += 1
        event = kind(
            v=1,
            event_id=f"{self._prefix}{self._facts:x}",
            source=SOURCE,
            event_time_ms=self._timeline.now_ms,
            **fields,
        )
        self.told.append(event)

    def created(self, contact: Contact) -> None:
        """The first sign of the customer."""
        self._facts += 1
        self.told.append(
            ContactCreated(
                v=1,
                event_id=f"{self._prefix}{self._facts:x}",
                source=SOURCE,
                event_time_ms=self._timeline.now_ms,
                contact_id=contact.contact_id,
                channel=cast(Any, contact.channel),
                customer_key=contact.customer_key,
                motive=contact.motive,
            )
        )

    def queued(self, leg: Leg, transferred_from: str | None) -> None:
        """The leg enters its queue."""
        contact, line = leg.contact, leg.line
        self._facts += 1
        self.told.append(
            ContactQueued(
                v=1,
                event_id=f"{self._prefix}{self._facts:x}",
                source=SOURCE,
                event_time_ms=leg.entered_ms,
                contact_id=contact.contact_id,
                leg_id=leg.leg_id,
                channel=line.channel,
                queue=line.name,
                customer_key=contact.customer_key,
                motive=contact.motive,
                position=line.waiting_count + 1,
                transferred_from=transferred_from,
            )
        )

    def offered(self, leg: Leg, agent: Agent) -> None:
        """The leg rings at an agent."""
        self._facts += 1
        self.told.append(
            AgentOffered(
                v=1,
                event_id=f"{self._prefix}{self._facts:x}",
                source=SOURCE,
                event_time_ms=self._timeline.now_ms,
                contact_id=leg.contact.contact_id,
                leg_id=leg.leg_id,
                channel=leg.line.channel,
                queue=leg.line.name,
                team=agent.team_name,
                agent_id=agent.agent_id,
                offer_id=f"{leg.leg_id}o{leg.offers}",
            )
        )

    def missed(self, leg: Leg, agent: Agent, outcome: str) -> None:
        """The agent offer ended without an answer."""
        self.tell(
            AgentOfferMissed,
            contact_id=leg.contact.contact_id,
            leg_id=leg.leg_id,
            channel=leg.line.channel,
            queue=leg.line.name,
            team=agent.team_name,
            agent_id=agent.agent_id,
            offer_id=f"{leg.leg_id}o{leg.offers}",
            outcome=outcome,
            ring_ms=self._timeline.now_ms - leg.offered_ms,
        )

    def answered(self, leg: Leg, agent: Agent) -> None:
        """An agent took the leg."""
        now_ms = self._timeline.now_ms
        self._facts += 1
        self.told.append(
            ContactAnswered(
                v=1,
                event_id=f"{self._prefix}{self._facts:x}",
                source=SOURCE,
                event_time_ms=now_ms,
                contact_id=leg.contact.contact_id,
                leg_id=leg.leg_id,
                channel=leg.line.channel,
                queue=leg.line.name,
                team=agent.team_name,
                agent_id=agent.agent_id,
                offer_id=f"{leg.leg_id}o{leg.offers}",
                wait_ms=now_ms - leg.entered_ms,
                ring_ms=now_ms - leg.offered_ms,
            )
        )

    def abandoned(self, leg: Leg, stage: Literal["queue", "ring"]) -> None:
        """The customer left the queue."""
        now_ms = self._timeline.now_ms
        self._facts += 1
        self.told.append(
            ContactAbandoned(
                v=1,
                event_id=f"{self._prefix}{self._facts:x}",
                source=SOURCE,
                event_time_ms=now_ms,
                contact_id=leg.contact.contact_id,
                leg_id=leg.leg_id,
                channel=leg.line.channel,
                queue=leg.line.name,
                stage=stage,
                wait_ms=now_ms - leg.entered_ms,
            )
        )

    def abandoned_in_menu(self, contact: Contact) -> None:
        """The customer left before entering any queue."""
        self.tell(
            ContactAbandoned,
            contact_id=contact.contact_id,
            channel=contact.channel,
            stage="ivr",
        )

    def sent_to_selfcare(self, leg: Leg, is_optional: bool) -> None:
        """The customer goes on with a self-care tool, by choice or not."""
        self._flow_out(leg, reason="selfcare", optional_choice=is_optional)

    def flowed_out(self, leg: Leg, to_queue: str | None) -> None:
        """The leg waited too long for its queue."""
        self._flow_out(leg, reason="timeout", to_queue=to_queue)

    def _flow_out(self, leg: Leg, **how: Any) -> None:
        self.tell(
            FlowOut,
            contact_id=leg.contact.contact_id,
            leg_id=leg.leg_id,
            channel=leg.line.channel,
            queue=leg.line.name,
            wait_ms=self._timeline.now_ms - leg.entered_ms,
            **how,
        )

    def hold_started(self, leg: Leg, agent: Agent) -> None:
        """The customer is parked."""
        self.tell(HoldStarted, **self._held(leg, agent))

    def hold_ended(self, leg: Leg, agent: Agent, hold_ms: int) -> None:
        """The customer is taken back."""
        self.tell(HoldEnded, hold_ms=hold_ms, **self._held(leg, agent))

    @staticmethod
    def _held(leg: Leg, agent: Agent) -> dict[str, Any]:
        return {
            "contact_id": leg.contact.contact_id,
            "leg_id": leg.leg_id,
            "channel": leg.line.channel,
            "queue": leg.line.name,
            "team": agent.team_name,
            "agent_id": agent.agent_id,
            "hold_id": f"{leg.leg_id}h{leg.holds}",
        }

    def transferred(
        self, leg: Leg, agent: Agent, kind: str, scope: str, to_queue: str | None
    ) -> None:
        """The handling of this leg ends by a transfer."""
        self.tell(
            ContactTransferred,
            contact_id=leg.contact.contact_id,
            leg_id=leg.leg_id,
            channel=leg.line.channel,
            queue=leg.line.name,
            team=agent.team_name,
            agent_id=agent.agent_id,
            kind=kind,
            scope=scope,
            to_queue=to_queue,
            to_leg_id=None if to_queue is None else f"L{leg.contact.legs + 1}",
            escalation=to_queue is not None and kind == "attended",
            talk_ms=self._timeline.now_ms - leg.answered_ms - leg.held_ms,
        )

    def ended(
        self,
        leg: Leg,
        agent: Agent,
        ended_by: Literal["customer", "agent"],
        during: Literal["talk", "hold"],
        resolved: bool,
    ) -> None:
        """The conversation is over."""
        now_ms = self._timeline.now_ms
        self._facts += 1
        self.told.append(
            ContactEnded(
                v=1,
                event_id=f"{self._prefix}{self._facts:x}",
                source=SOURCE,
                event_time_ms=now_ms,
                contact_id=leg.contact.contact_id,
                leg_id=leg.leg_id,
                channel=leg.line.channel,
                queue=leg.line.name,
                team=agent.team_name,
                agent_id=agent.agent_id,
                ended_by=ended_by,
                during=during,
                talk_ms=now_ms - leg.answered_ms - leg.held_ms,
                hold_ms=leg.held_ms,
                resolved=resolved,
            )
        )

    def wrap_up_started(self, leg: Leg, agent: Agent) -> None:
        """After-contact work begins."""
        self._facts += 1
        self.told.append(
            WrapUpStarted(
                v=1,
                event_id=f"{self._prefix}{self._facts:x}",
                source=SOURCE,
                event_time_ms=self._timeline.now_ms,
                contact_id=leg.contact.contact_id,
                leg_id=leg.leg_id,
                channel=leg.line.channel,
                queue=leg.line.name,
                team=agent.team_name,
                agent_id=agent.agent_id,
            )
        )

    def wrap_up_ended(self, leg: Leg, agent: Agent, acw_ms: int) -> None:
        """After-contact work is done."""
        self._facts += 1
        self.told.append(
            WrapUpEnded(
                v=1,
                event_id=f"{self._prefix}{self._facts:x}",
                source=SOURCE,
                event_time_ms=self._timeline.now_ms,
                contact_id=leg.contact.contact_id,
                leg_id=leg.leg_id,
                channel=leg.line.channel,
                queue=leg.line.name,
                team=agent.team_name,
                agent_id=agent.agent_id,
                motive=leg.contact.motive,
                acw_ms=acw_ms,
            )
        )

    def message(
        self,
        contact: Contact,
        author: Literal["customer", "agent", "bot", "system"],
        leg: Leg | None = None,
        agent: Agent | None = None,
    ) -> None:
        """One message of a conversation."""
        contact.messages += 1
        self._facts += 1
        self.told.append(
            MessagePosted(
                v=1,
                event_id=f"{self._prefix}{self._facts:x}",
                source=SOURCE,
                event_time_ms=self._timeline.now_ms,
                contact_id=contact.contact_id,
                leg_id=None if leg is None else leg.leg_id,
                channel=cast(Any, contact.channel),
                queue=None if leg is None else leg.line.name,
                team=None if agent is None else agent.team_name,
                agent_id=None if agent is None else agent.agent_id,
                message_id=f"m{contact.messages}",
                author=author,
            )
        )

    def login(self, agent: Agent) -> None:
        """A session begins."""
        self.tell(
            AgentLogin,
            agent_id=agent.agent_id,
            team=agent.team_name,
            queues=[line.name for line in agent.lines],
            session_id=f"{agent.agent_id}-{agent.sessions}",
            channels={
                line.channel: Slots(max=agent.slots.get(line.channel, 1)) for line in agent.lines
            },
        )

    def logout(self, agent: Agent, login_ms: int) -> None:
        """The session ends."""
        self.tell(
            AgentLogout,
            agent_id=agent.agent_id,
            team=agent.team_name,
            session_id=f"{agent.agent_id}-{agent.sessions}",
            login_ms=login_ms,
        )

    def state(self, agent: Agent, state: str, label: str | None, reason: str | None) -> None:
        """The agent's own state changes."""
        self.tell(
            AgentState,
            agent_id=agent.agent_id,
            team=agent.team_name,
            state=state,
            label=label,
            reason=reason,
        )
