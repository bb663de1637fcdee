"""The way of a contact: menu, queue, ringing, answer, after-contact work, or giving up.

What happens between answer and end differs by channel and is in ``voice`` and ``chat``.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal, Protocol

from streams.simulator.aftermath import Aftermath
from streams.simulator.callbacks import Callbacks
from streams.simulator.contact import OVER, RINGING, TALKING, WAITING, Contact, Leg
from streams.simulator.floor import Absence, Agent, Line
from streams.simulator.people import People
from streams.simulator.presence import Presence
from streams.simulator.record import Record
from streams.simulator.timeline import Timeline

MISSED_PAUSE_MS = 45_000
"""How long an agent who did not answer is left alone."""


class Conversation(Protocol):
    """What an agent and a customer do from the answer until they call ``Queueing.end``."""

    def begin(self, leg: Leg, agent: Agent) -> None:
        """Plan the conversation of a leg that was just answered."""


class Queueing:
    """Leads every voice, chat and messaging contact through the centre."""

    __slots__ = (
        "_aftermath", "_callbacks", "_floor", "_lines", "_people", "_presence", "_record", "_rng",
        "_timeline", "conversations", "tools",
    )  # fmt: skip

    def __init__(
        self,
        timeline: Timeline,
        record: Record,
        presence: Presence,
        callbacks: Callbacks,
        aftermath: Aftermath,
        lines: dict[str, Line],
        people: People,
        rng: Random,
    ) -> None:
        self._timeline = timeline
        self._record = record
        self._presence = presence
        self._floor = presence.floor
        self._callbacks = callbacks
        self._aftermath = aftermath
        self._lines = lines
        self._people = people
        self._rng = rng
        self.conversations: dict[str, Conversation] = {}
        self.tools: dict[str, Callable[[str, str], None]] = {}

    def arrive(
        self,
        line: Line,
        customer_key: str | None = None,
        motive: str | None = None,
        visit: int = 1,
    ) -> Contact:
        """A customer appears: known by key when coming again, else a new one."""
        rng, record = self._rng, self._record
        motives = line.spec.motives
        contact = Contact(
            record.new_id("c"),
            line.channel,
            customer_key or self._people.someone(rng),
            motive or motives[int(rng.random() * len(motives))],
            visit,
        )
        record.created(contact)
        if line.shared:
            record.message(contact, "customer")
        menu_ms = line.ivr()
        if line.spec.ivr_abandon_share and rng.random() < line.spec.ivr_abandon_share:
            self._timeline.after(menu_ms, self._leave_menu, contact)
        elif menu_ms:
            self._timeline.after(menu_ms, self._enter_queue, contact, line, None)
        else:
            self._enter_queue(contact, line, None)
        return contact

    def _leave_menu(self, contact: Contact) -> None:
        self._record.abandoned_in_menu(contact)

    def _enter_queue(self, contact: Contact, line: Line, transferred_from: str | None) -> None:
        leg = Leg(contact, line, self._timeline.now_ms, self)
        self._record.queued(leg, transferred_from)
        self._floor.enter(leg)
        if leg.phase >= TALKING:
            return
        spec, timeline = line.spec, self._timeline
        if line.patience is not None:
            timeline.after(line.patience(), self._give_up, leg)
        if spec.callback_after_s is not None and self._rng.random() < spec.callback_share:
            timeline.after(round(spec.callback_after_s * 1000), self._ask_for_callback, leg)
        if spec.selfcare_after_s is not None and self._rng.random() < spec.selfcare_share:
            timeline.after(round(spec.selfcare_after_s * 1000), self._to_selfcare, leg)
        if spec.max_wait_s is not None:
            timeline.after(round(spec.max_wait_s * 1000), self._overflow, leg)

    def offer(self, leg: Leg, agent: Agent) -> None:
        """Ring at the agent; they answer, miss it, or the customer leaves before."""
        line, timeline = leg.line, self._timeline
        self._floor.occupy(agent, line)
        leg.phase = RINGING
        leg.agent = agent
        leg.offers += 1
        leg.offered_ms = timeline.now_ms
        self._record.offered(leg, agent)
        spec = line.spec
        limit_ms = round(spec.ring_limit_s * 1000)
        ring_ms = min(line.ring(), limit_ms)
        if spec.missed_share and self._rng.random() < spec.missed_share:
            rejected = self._rng.random() < 0.25
            timeline.after(
                ring_ms if rejected else limit_ms,
                self._miss,
                leg,
                leg.offers,
                "rejected" if rejected else "timeout",
            )
        elif ring_ms:
            timeline.after(ring_ms, self._answer, leg, leg.offers)
        else:
            self._answer(leg, leg.offers)

    def _answer(self, leg: Leg, offer: int) -> None:
        agent = leg.agent
        if leg.phase != RINGING or leg.offers != offer or agent is None:
            return
        leg.phase = TALKING
        leg.answered_ms = self._timeline.now_ms
        self._record.answered(leg, agent)
        self.conversations[leg.line.channel].begin(leg, agent)

    def _miss(self, leg: Leg, offer: int, outcome: str) -> None:
        agent = leg.agent
        if leg.phase != RINGING or leg.offers != offer or agent is None:
            return
        leg.phase = WAITING
        self._record.missed(leg, agent, outcome)
        pause = Absence("other", "Injoignable", "missed", MISSED_PAUSE_MS)
        self._presence.go_away(agent, "missed", pause)
        self._floor.release(agent)
        if leg.overdue:
            self._flow_out(leg)
        else:
            self._floor.enter_again(leg)

    def _give_up(self, leg: Leg) -> None:
        agent = leg.agent
        if leg.phase == WAITING:
            leg.phase = OVER
            self._floor.leave(leg)
            self._record.abandoned(leg, "queue")
        elif leg.phase == RINGING and agent is not None:
            leg.phase = OVER
            self._record.missed(leg, agent, "canceled")
            self._record.abandoned(leg, "ring")
            self._floor.release(agent)
        else:
            return
        if self._rng.random() < leg.line.spec.redial_share:
            self._come_again(leg, 240_000.0)

    def _ask_for_callback(self, leg: Leg) -> None:
        if leg.phase == WAITING:
            leg.phase = OVER
            self._floor.leave(leg)
            self._callbacks.request(leg)

    def _to_selfcare(self, leg: Leg) -> None:
        """Four in five could have stayed in the line."""
        if leg.phase == WAITING:
            leg.phase = OVER
            self._floor.leave(leg)
            self._record.sent_to_selfcare(leg, self._rng.random() < 0.8)
            contact, tool = leg.contact, leg.line.spec.selfcare_to
            assert tool is not None
            self._timeline.after(15_000, self.tools[tool], contact.customer_key, contact.motive)

    def _overflow(self, leg: Leg) -> None:
        if leg.phase == WAITING:
            self._floor.leave(leg)
            self._flow_out(leg)
        elif leg.phase == RINGING:
            leg.overdue = True

    def _flow_out(self, leg: Leg) -> None:
        leg.phase = OVER
        to_queue = leg.line.spec.overflow_to
        self._record.flowed_out(leg, to_queue)
        if to_queue is not None:
            self._enter_queue(leg.contact, self._lines[to_queue], None)

    def end(
        self, leg: Leg, ended_by: Literal["customer", "agent"], during: Literal["talk", "hold"]
    ) -> None:
        """The conversation is over: by transfer, or for good; then after-contact work."""
        agent, line = leg.agent, leg.line
        assert agent is not None
        leg.phase = OVER
        spec, rng, record = line.spec, self._rng, self._record
        draw = rng.random() if during == "talk" else 1.0
        if draw < spec.transfer_share:
            kind = ("queue", "attended", "blind")[int(rng.random() * 3)]
            record.transferred(leg, agent, kind, "internal", spec.transfer_to)
            assert spec.transfer_to is not None
            self._enter_queue(leg.contact, self._lines[spec.transfer_to], leg.leg_id)
        elif draw < spec.transfer_share + spec.external_transfer_share:
            record.transferred(leg, agent, "blind", "external", None)
        else:
            resolved = during == "talk" and rng.random() < spec.resolved_share
            record.ended(leg, agent, ended_by, during, resolved)
            self._aftermath.of(leg, agent, resolved)
            if not resolved and rng.random() < spec.repeat_share:
                self._come_again(leg, 1_500_000.0)
        wrap_up_ms = line.wrap_up()
        if wrap_up_ms:
            record.wrap_up_started(leg, agent)
            self._timeline.after(wrap_up_ms, self._wrapped_up, leg, agent, wrap_up_ms)
        else:
            self._floor.release(agent)

    def _wrapped_up(self, leg: Leg, agent: Agent, wrap_up_ms: int) -> None:
        self._record.wrap_up_ended(leg, agent, wrap_up_ms)
        self._floor.release(agent)

    def _come_again(self, leg: Leg, mean_ms: float) -> None:
        contact = leg.contact
        delay_ms = 20_000 + round(self._rng.expovariate(1.0 / mean_ms))
        self._timeline.after(
            delay_ms, self.arrive, leg.line, contact.customer_key, contact.motive, contact.visit + 1
        )
