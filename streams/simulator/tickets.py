"""E-mail tickets: opened, taken, replied to, solved, sometimes reopened days or minutes later."""

from __future__ import annotations

from random import Random

from aggregators.events import (
    TicketAssigned,
    TicketEscalated,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from streams.simulator.aftermath import Aftermath
from streams.simulator.contact import Contact
from streams.simulator.floor import Agent, Floor, Line, WorkItem
from streams.simulator.people import People
from streams.simulator.record import Record
from streams.simulator.timeline import Timeline

SOLVED_SHARE = 0.62
REOPENED_SHARE = 0.08
NOTE_SHARE = 0.15
ESCALATED_SHARE = 0.03
CUSTOMER_MEAN_MS = 2_700_000.0
PRIORITIES = ("normal", "normal", "normal", "high", "urgent")


class Ticket(WorkItem):
    """One ticket; it waits in its line each time the customer is the last to have written."""

    __slots__ = ("contact", "escalated", "process", "solved")

    def __init__(self, contact: Contact, line: Line, now_ms: int, process: Tickets) -> None:
        super().__init__(line, now_ms)
        self.contact = contact
        self.process = process
        self.solved = False
        self.escalated = False

    def taken_by(self, agent: Agent) -> None:
        self.process.work_on(self, agent)


class Tickets:
    """Works the e-mail queues, one ticket per agent at a time, oldest message first."""

    __slots__ = ("_aftermath", "_floor", "_people", "_record", "_rng", "_timeline")

    def __init__(
        self,
        timeline: Timeline,
        record: Record,
        floor: Floor,
        people: People,
        aftermath: Aftermath,
        rng: Random,
    ) -> None:
        self._timeline = timeline
        self._record = record
        self._floor = floor
        self._people = people
        self._aftermath = aftermath
        self._rng = rng

    def arrive(self, line: Line) -> None:
        """A customer writes; an automatic reply confirms it."""
        rng, record = self._rng, self._record
        motives = line.spec.motives
        contact = Contact(
            record.new_id("t"),
            line.channel,
            self._people.someone(rng),
            motives[int(rng.random() * len(motives))],
        )
        record.tell(
            TicketOpened,
            contact_id=contact.contact_id,
            channel=line.channel,
            queue=line.name,
            motive=contact.motive,
            priority=PRIORITIES[int(rng.random() * len(PRIORITIES))],
            customer_key=contact.customer_key,
        )
        ticket = Ticket(contact, line, self._timeline.now_ms, self)
        self._reply(ticket, "system", None)
        self._floor.enter(ticket)

    def work_on(self, ticket: Ticket, agent: Agent) -> None:
        """An agent takes the ticket and writes a reply."""
        self._floor.occupy(agent, ticket.line)
        self._record.tell(
            TicketAssigned,
            contact_id=ticket.contact.contact_id,
            channel=ticket.line.channel,
            queue=ticket.line.name,
            team=agent.team_name,
            agent_id=agent.agent_id,
        )
        self._timeline.after(max(1, ticket.line.talk()), self._written, ticket, agent)

    def _written(self, ticket: Ticket, agent: Agent) -> None:
        rng, contact_id, line = self._rng, ticket.contact.contact_id, ticket.line
        if rng.random() < NOTE_SHARE:
            self._reply(ticket, "agent", agent, public=False)
        self._reply(ticket, "agent", agent)
        draw = rng.random()
        if draw < SOLVED_SHARE:
            self._record.tell(
                TicketSolved,
                contact_id=contact_id,
                channel=line.channel,
                queue=line.name,
                team=agent.team_name,
                agent_id=agent.agent_id,
                motive=ticket.contact.motive,
            )
            ticket.solved = True
            self._aftermath.of_ticket(ticket.contact, line, agent)
        elif draw > 1.0 - ESCALATED_SHARE and not ticket.escalated:
            ticket.escalated = True
            self._record.tell(
                TicketEscalated,
                contact_id=contact_id,
                channel=line.channel,
                queue=line.name,
                level=2,
                from_team=agent.team_name,
                team=agent.team_name,
                agent_id=agent.agent_id,
            )
        if not ticket.solved or rng.random() < REOPENED_SHARE:
            delay_ms = 60_000 + round(rng.expovariate(1.0 / CUSTOMER_MEAN_MS))
            self._timeline.after(delay_ms, self._customer_writes, ticket)
        self._floor.release(agent)

    def _customer_writes(self, ticket: Ticket) -> None:
        self._reply(ticket, "customer", None)
        if ticket.solved:
            ticket.solved = False
            self._record.tell(
                TicketReopened,
                contact_id=ticket.contact.contact_id,
                channel=ticket.line.channel,
                queue=ticket.line.name,
                reopened_by="customer",
            )
        ticket.entered_ms = self._timeline.now_ms
        self._floor.enter(ticket)

    def _reply(
        self, ticket: Ticket, author: str, agent: Agent | None, *, public: bool = True
    ) -> None:
        ticket.contact.messages += 1
        self._record.tell(
            TicketReplied,
            contact_id=ticket.contact.contact_id,
            channel=ticket.line.channel,
            queue=ticket.line.name,
            team=None if agent is None else agent.team_name,
            agent_id=None if agent is None else agent.agent_id,
            message_id=f"m{ticket.contact.messages}",
            author=author,
            public=public,
        )
