"""The canonical event: what every source is turned into and the only thing the fold reads.

One :class:`msgspec.Struct` per event type, told apart by the JSON field ``type``. Points in
time (``event_time_ms``, ``*_at_ms``) are integer milliseconds since 1970-01-01 UTC, durations
(``*_ms``) integer milliseconds. Fields that a type does not declare are accepted and ignored.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, Union

from msgspec import Meta, Struct

EventId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
Name: TypeAlias = Annotated[str, Meta(max_length=128)]
SourceName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
DurationMs: TypeAlias = Annotated[int, Meta(ge=0, le=30 * 86_400_000)]
"""A told duration; 30 days is the longest a contact may last."""

Channel: TypeAlias = Literal[
    "voice", "chat", "messaging", "email", "ticket", "social", "task", "selfcare"
]
Direction: TypeAlias = Literal["in", "out"]
TimeQuality: TypeAlias = Literal["exact", "second", "arrival"]
Author: TypeAlias = Literal["customer", "agent", "bot", "system"]
SurveyKind: TypeAlias = Literal["csat", "nps", "ces", "resolution", "engagement", "helpful"]


class Envelope(Struct, kw_only=True, omit_defaults=True, gc=False, tag_field="type"):
    """What every event carries.

    ``event_id`` is unique per fact: the same fact told again has the same id, and a higher
    ``revision`` replaces it (with ``retracted`` it withdraws it). ``test`` marks test traffic,
    which enters no KPI.
    """

    v: Literal[1]
    event_id: EventId
    source: SourceName
    event_time_ms: int
    revision: Count = 0
    retracted: bool = False
    test: bool = False
    time_quality: TimeQuality = "exact"
    customer_key: Id | None = None
    journey_id: Id | None = None
    raw_ref: str | None = None


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


class TicketOpened(ContactEvent, kw_only=True, tag="ticket.opened"):
    """A ticket or e-mail conversation begins."""

    channel: Channel
    priority: str | int | None = None
    initiated_by: Literal["customer", "agent", "system"] = "customer"


class TicketAssigned(ContactEvent, kw_only=True, tag="ticket.assigned"):
    """The ticket goes to an agent, a team or a queue; at least one is named."""


class TicketReplied(ContactEvent, kw_only=True, tag="ticket.replied"):
    """One reply; private ones are notes."""

    message_id: Id
    author: Author
    public: bool = True


class TicketSolved(ContactEvent, kw_only=True, tag="ticket.solved"):
    """The ticket is solved, until it is reopened."""

    resolved: bool = True


class TicketReopened(ContactEvent, kw_only=True, tag="ticket.reopened"):
    """A solved ticket is open again."""

    reopened_by: Author | None = None


class TicketEscalated(ContactEvent, kw_only=True, tag="ticket.escalated"):
    """The ticket goes to a higher level."""

    level: Count
    from_team: Name | None = None
    to_team: Name | None = None


class TicketMerged(ContactEvent, kw_only=True, tag="ticket.merged"):
    """The ticket leaves every KPI; the other one goes on."""

    into_contact_id: Id


class Slots(Struct, omit_defaults=True, gc=False):
    """How many contacts of one channel an agent can take at once."""

    max: Count = 1
    used: Count | None = None


class AgentEvent(Envelope, kw_only=True):
    """An event of one agent's presence."""

    agent_id: Id
    team: Name | None = None
    queues: list[Id] | None = None


class AgentLogin(AgentEvent, kw_only=True, tag="agent.login"):
    """A session begins, or the agent joins more queues. ``channels`` gives the slots."""

    session_id: Id | None = None
    channels: dict[Channel, Slots] | None = None


class AgentLogout(AgentEvent, kw_only=True, tag="agent.logout"):
    """A session ends; with ``queues`` and without ``session_id`` only those are left."""

    session_id: Id | None = None
    login_ms: Annotated[int, Meta(ge=0)] | None = None


class AgentState(AgentEvent, kw_only=True, tag="agent.state"):
    """Presence by class; ``label`` is the source's own word for it."""

    state: Literal["available", "pause", "other", "offline"]
    label: Name | None = None
    reason: Name | None = None
    slots: dict[Channel, Slots] | None = None


class AgentHeartbeat(AgentEvent, kw_only=True, tag="agent.heartbeat"):
    """The agent's desk is still there."""


class FeedbackEvent(Envelope, kw_only=True):
    """What a survey or an evaluation may be about."""

    contact_id: Id | None = None
    session_id: Id | None = None
    agent_id: Id | None = None
    queue: Name | None = None
    team: Name | None = None
    channel: Channel | None = None
    motive: Name | None = None


class SurveySent(FeedbackEvent, kw_only=True, tag="survey.sent"):
    """A survey went out."""

    survey_id: Id
    survey_kind: SurveyKind


class SurveyAnswered(FeedbackEvent, kw_only=True, tag="survey.answered"):
    """A survey came back; a word as score is declared in the settings."""

    survey_id: Id
    survey_kind: SurveyKind
    score: float | str
    survey_name: Name | None = None
    themes: list[str] | None = None


class QualityItem(Struct, omit_defaults=True, gc=False):
    """One line of an evaluation grid."""

    item: Id
    points: Annotated[float, Meta(ge=0)]
    max: Annotated[float, Meta(gt=0)]
    weight: Annotated[float, Meta(ge=0)] = 1.0


class QualityEvaluated(FeedbackEvent, kw_only=True, tag="quality.evaluated"):
    """A contact or agent was evaluated against a grid."""

    evaluation_id: Id
    items: list[QualityItem]
    errors: list[str] | None = None
    knockout: bool = False


class SelfcareEvent(Envelope, kw_only=True):
    """An event of one self-care session."""

    session_id: Id
    tool: Name | None = None
    motive: Name | None = None


class SelfcareStarted(SelfcareEvent, kw_only=True, tag="selfcare.session_started"):
    """A bot, FAQ or help session begins."""

    tool: Id


class FaqSearched(SelfcareEvent, kw_only=True, tag="selfcare.faq_searched"):
    """One search and how many answers it found."""

    search_id: Id
    keyword: Annotated[str, Meta(max_length=500)]
    result_count: Count


class ArticleViewed(SelfcareEvent, kw_only=True, tag="selfcare.article_viewed"):
    """An article was opened."""

    article_id: Id


class SelfcareHandedOff(SelfcareEvent, kw_only=True, tag="selfcare.handed_off"):
    """The session goes on with a person."""

    reason: Literal["asked", "failed", "policy", "negative_feedback", "other"]
    contact_id: Id | None = None
    queue: Name | None = None


class SelfcareContained(SelfcareEvent, kw_only=True, tag="selfcare.contained"):
    """The session ended without a person."""

    outcome: Literal["confirmed", "assumed"] | None = None


class Money(Struct, gc=False):
    """An amount as a decimal string, with its ISO 4217 currency."""

    amount: Annotated[str, Meta(pattern=r"^-?\d{1,15}(\.\d{1,6})?$")]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]


class OrderPlaced(Envelope, kw_only=True, tag="order.placed"):
    """A sale."""

    order_id: Id
    money: Money
    cart_id: Id | None = None
    contact_id: Id | None = None
    agent_id: Id | None = None


class CartCreated(Envelope, kw_only=True, tag="cart.created"):
    """A basket was opened."""

    cart_id: Id
    money: Money | None = None


class CartAbandoned(Envelope, kw_only=True, tag="cart.abandoned"):
    """A basket was given up."""

    cart_id: Id
    money: Money | None = None


class PeriodEvent(Envelope, kw_only=True):
    """A figure of a closed period [start, end)."""

    scope: Id
    period_start_ms: int
    period_end_ms: int


class CostBooked(PeriodEvent, kw_only=True, tag="cost.booked"):
    """Money spent in a period."""

    cost_id: Id
    kind: Literal["salary", "software", "infrastructure", "marketing", "other"]
    money: Money
    channel: Channel | None = None
    team: Name | None = None
    paid_hours: Annotated[float, Meta(ge=0)] | None = None


class CustomersCounted(PeriodEvent, kw_only=True, tag="customers.counted"):
    """Customers at the end of a period."""

    total: Count
    new_in_period: Count
    lost_in_period: Count | None = None


class StaffCounted(PeriodEvent, kw_only=True, tag="staff.counted"):
    """Head count of a period."""

    start: Count
    end: Count
    leavers: Count
    team: Name | None = None
    annual_hours: Annotated[float, Meta(ge=0)] | None = None


CALL_TYPES: tuple[type[ContactEvent], ...] = (
    ContactCreated, ContactQueued, AgentOffered, AgentOfferMissed, ContactAnswered, HoldStarted,
    HoldEnded, ContactTransferred, ContactAbandoned, FlowOut, CallbackRequested,
    CallbackAttempted, CallbackDone, ContactEnded, WrapUpStarted, WrapUpEnded,
)  # fmt: skip
TICKET_TYPES: tuple[type[ContactEvent], ...] = (
    TicketOpened, TicketAssigned, TicketReplied, TicketSolved, TicketReopened, TicketEscalated,
    TicketMerged,
)  # fmt: skip
TOPIC_TYPES: dict[str, tuple[type[Envelope], ...]] = {
    "calls": CALL_TYPES,
    "chats": (*CALL_TYPES, MessagePosted),
    "tickets": TICKET_TYPES,
    "agents": (AgentLogin, AgentLogout, AgentState, AgentHeartbeat),
    "feedback": (SurveySent, SurveyAnswered, QualityEvaluated),
    "selfcare": (
        SelfcareStarted, FaqSearched, ArticleViewed, SelfcareHandedOff, SelfcareContained,
    ),
    "business": (
        OrderPlaced, CartCreated, CartAbandoned, CostBooked, CustomersCounted, StaffCounted,
    ),
}  # fmt: skip
"""Which event types each topic carries (topic names without the configured prefix)."""

TOPICS: tuple[str, ...] = tuple(TOPIC_TYPES)
EVENT_TYPES: tuple[type[Envelope], ...] = tuple(
    dict.fromkeys(kind for kinds in TOPIC_TYPES.values() for kind in kinds)
)

Event: TypeAlias = Envelope
"""Any canonical event."""

EventUnion = Union[EVENT_TYPES]  # type: ignore[valid-type]  # noqa: UP007
"""The decodable union of all event types, for :class:`msgspec.json.Decoder`."""


def event_type(event: Envelope) -> str:
    """Return the ``type`` word of an event, such as ``contact.queued``."""
    return str(event.__struct_config__.tag)


def topic_of(event: Envelope) -> str:
    """Return the topic (without prefix) that an event belongs to.

    A ``contact.*`` event goes to ``calls`` when its channel is voice or not told, else to
    ``chats``; so all events of one chat contact must carry its channel.
    """
    if isinstance(event, CALL_TYPES):
        return "calls" if event.channel in (None, "voice") else "chats"
    return _TOPIC_OF[type(event)]


def message_key(event: Envelope) -> str:
    """Return the Kafka message key: the id whose events must sit in one partition."""
    for field in ("contact_id", "session_id", "customer_key", "survey_id", "scope"):
        if field in _KEY_FIELDS[type(event)] and (key := getattr(event, field, None)):
            return str(key)
    for field in ("agent_id", "evaluation_id", "order_id", "cart_id"):
        if key := getattr(event, field, None):
            return str(key)
    return event.event_id


_TOPIC_OF: dict[type[Envelope], str] = {
    kind: topic for topic, kinds in reversed(TOPIC_TYPES.items()) for kind in kinds
}
_KEYS_BY_TOPIC: dict[str, tuple[str, ...]] = {
    "calls": ("contact_id",),
    "chats": ("contact_id",),
    "tickets": ("contact_id",),
    "agents": ("agent_id",),
    "feedback": ("contact_id", "customer_key", "survey_id"),
    "selfcare": ("session_id",),
    "business": ("customer_key", "scope"),
}
_KEY_FIELDS: dict[type[Envelope], tuple[str, ...]] = {
    kind: _KEYS_BY_TOPIC[_TOPIC_OF[kind]] for kind in EVENT_TYPES
}
