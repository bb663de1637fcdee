"""Events of contacts: calls, chats and their messages."""

from __future__ import annotations

from typing import Literal, TypeAlias

from aggregators.envelope import Author, Channel, Count, Direction, DurationMs, Envelope, Id, Name


class ContactEvent(Envelope, kw_only=True):
    """An event of one contact; ``leg_id`` is unique within the contact."""

    contact_id: Id
    leg_id: Id | None = None
    channel: Channel | None = None
    direction: Direction = "in"
    queue: Name | None = None
    team: Name | None = None
    agent_id: Id | None = None
    motive: Name | None = None
    skills: list[str] | None = None


class ContactCreated(ContactEvent, kw_only=True, tag="contact.created"):
    """First sign of the contact: the menu answered, the chat window opened."""

    channel: Channel
    initiated_by: Literal["customer", "agent", "system"] = "customer"


class ContactQueued(ContactEvent, kw_only=True, tag="contact.queued"):
    """A leg enters a queue."""

    leg_id: Id
    channel: Channel
    queue: Id
    position: Count | None = None
    priority: int | None = None
    transferred_from: Id | None = None


class AgentOffered(ContactEvent, kw_only=True, tag="contact.agent_offered"):
    """The contact rings at one agent; the customer still waits."""

    leg_id: Id
    offer_id: Id
    agent_id: Id


class AgentOfferMissed(ContactEvent, kw_only=True, tag="contact.agent_offer_missed"):
    """The agent offer ended without an answer. ``canceled`` counts against nobody."""

    leg_id: Id
    offer_id: Id
    agent_id: Id
    outcome: Literal["timeout", "rejected", "canceled", "error"]
    ring_ms: DurationMs | None = None


class ContactAnswered(ContactEvent, kw_only=True, tag="contact.answered"):
    """An agent took the leg."""

    leg_id: Id
    agent_id: Id
    wait_ms: DurationMs | None = None
    ring_ms: DurationMs | None = None
    offer_id: Id | None = None


class HoldStarted(ContactEvent, kw_only=True, tag="contact.hold_started"):
    """The agent parked the customer."""

    leg_id: Id
    hold_id: Id


class HoldEnded(ContactEvent, kw_only=True, tag="contact.hold_ended"):
    """The agent took the customer back."""

    leg_id: Id
    hold_id: Id
    hold_ms: DurationMs | None = None


class ContactTransferred(ContactEvent, kw_only=True, tag="contact.transferred"):
    """Handling of this leg ends here; the contact goes on elsewhere."""

    leg_id: Id
    kind: Literal["blind", "attended", "queue"]
    scope: Literal["internal", "external"] = "internal"
    to_queue: Name | None = None
    to_agent_id: Name | None = None
    to_target: Literal["selfcare"] | None = None
    to_leg_id: Id | None = None
    escalation: bool = False
    talk_ms: DurationMs | None = None


class ContactAbandoned(ContactEvent, kw_only=True, tag="contact.abandoned"):
    """The customer left before an answer. ``leg_id`` is required unless the stage is ``ivr``."""

    stage: Literal["ivr", "queue", "ring"]
    wait_ms: DurationMs | None = None
    position: Count | None = None


FlowOutReason: TypeAlias = Literal[
    "timeout", "key", "no_agent", "full", "closed", "divert", "voicemail", "selfcare", "error",
    "other",
]  # fmt: skip


class FlowOut(ContactEvent, kw_only=True, tag="contact.flow_out"):
    """The leg left the queue with neither an answer nor the customer giving up."""

    leg_id: Id
    reason: FlowOutReason
    wait_ms: DurationMs | None = None
    to_queue: Name | None = None
    optional_choice: bool | None = None


class CallbackRequested(ContactEvent, kw_only=True, tag="contact.callback_requested"):
    """The customer leaves the line and asks to be called back."""

    leg_id: Id
    callback_id: Id
    due_at_ms: int | None = None
    wait_ms: DurationMs | None = None


class CallbackAttempted(ContactEvent, kw_only=True, tag="contact.callback_attempted"):
    """One try to reach the customer."""

    callback_id: Id
    attempt: Count
    outcome: Literal["no_answer", "busy", "reached", "error"] | None = None


class CallbackDone(ContactEvent, kw_only=True, tag="contact.callback_done"):
    """The callback is over."""

    callback_id: Id
    outcome: Literal["reached", "failed", "expired", "canceled"]


class ContactEnded(ContactEvent, kw_only=True, tag="contact.ended"):
    """The conversation of the leg, or of the whole contact without ``leg_id``, is over."""

    ended_by: Literal["customer", "agent", "system"] | None = None
    during: Literal["talk", "hold"] | None = None
    talk_ms: DurationMs | None = None
    hold_ms: DurationMs | None = None
    resolved: bool | None = None


class WrapUpStarted(ContactEvent, kw_only=True, tag="contact.wrap_up_started"):
    """After-contact work begins."""

    leg_id: Id
    agent_id: Id


class WrapUpEnded(ContactEvent, kw_only=True, tag="contact.wrap_up_ended"):
    """After-contact work is done."""

    leg_id: Id
    agent_id: Id
    resolved: bool | None = None
    acw_ms: DurationMs | None = None


class MessagePosted(ContactEvent, kw_only=True, tag="message.posted"):
    """One message of a conversation; private ones are notes that the customer never sees."""

    message_id: Id
    author: Author
    public: bool = True
