"""The canonical event: what every source is turned into and the only thing the fold reads.

One :class:`msgspec.Struct` per event type, told apart by the JSON field ``type``. Points in
time (``event_time_ms``, ``*_at_ms``) are integer milliseconds since 1970-01-01 UTC, durations
(``*_ms``) integer milliseconds. Fields that a type does not declare are accepted and ignored.
"""

from __future__ import annotations

from typing import TypeAlias, Union

from aggregators.agent_events import (
    AgentEvent,
    AgentHeartbeat,
    AgentLogin,
    AgentLogout,
    AgentState,
    Slots,
)
from aggregators.business_events import (
    ArticleViewed,
    CartAbandoned,
    CartCreated,
    CostBooked,
    CustomersCounted,
    FaqSearched,
    FeedbackEvent,
    Money,
    OrderPlaced,
    PeriodEvent,
    QualityEvaluated,
    QualityItem,
    SelfcareContained,
    SelfcareEvent,
    SelfcareHandedOff,
    SelfcareStarted,
    StaffCounted,
    SurveyAnswered,
    SurveySent,
)
from aggregators.contact_events import (
    AgentOffered,
    AgentOfferMissed,
    CallbackAttempted,
    CallbackDone,
    CallbackRequested,
    ContactAbandoned,
    ContactAnswered,
    ContactCreated,
    ContactEnded,
    ContactEvent,
    ContactQueued,
    ContactTransferred,
    FlowOut,
    FlowOutReason,
    HoldEnded,
    HoldStarted,
    MessagePosted,
    WrapUpEnded,
    WrapUpStarted,
)
from aggregators.customer_events import (
    CustomerContact,
    CustomerEvent,
    CustomerOrder,
    CustomerScore,
    CustomerSession,
)
from aggregators.envelope import (
    Author,
    Channel,
    Direction,
    Envelope,
)
from aggregators.ticket_events import (
    TicketAssigned,
    TicketEscalated,
    TicketMerged,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)

__all__ = [
    "CALL_TYPES",
    "CUSTOMERS",
    "EVENT_TYPES",
    "TICKET_TYPES",
    "TOPICS",
    "TOPIC_TYPES",
    "AgentEvent",
    "AgentHeartbeat",
    "AgentLogin",
    "AgentLogout",
    "AgentOfferMissed",
    "AgentOffered",
    "AgentState",
    "ArticleViewed",
    "Author",
    "CallbackAttempted",
    "CallbackDone",
    "CallbackRequested",
    "CartAbandoned",
    "CartCreated",
    "Channel",
    "ContactAbandoned",
    "ContactAnswered",
    "ContactCreated",
    "ContactEnded",
    "ContactEvent",
    "ContactQueued",
    "ContactTransferred",
    "CostBooked",
    "CustomerContact",
    "CustomerEvent",
    "CustomerOrder",
    "CustomerScore",
    "CustomerSession",
    "CustomersCounted",
    "Direction",
    "Envelope",
    "Event",
    "EventUnion",
    "FaqSearched",
    "FeedbackEvent",
    "FlowOut",
    "FlowOutReason",
    "HoldEnded",
    "HoldStarted",
    "MessagePosted",
    "Money",
    "OrderPlaced",
    "PeriodEvent",
    "QualityEvaluated",
    "QualityItem",
    "SelfcareContained",
    "SelfcareEvent",
    "SelfcareHandedOff",
    "SelfcareStarted",
    "Slots",
    "StaffCounted",
    "SurveyAnswered",
    "SurveySent",
    "TicketAssigned",
    "TicketEscalated",
    "TicketMerged",
    "TicketOpened",
    "TicketReopened",
    "TicketReplied",
    "TicketSolved",
    "WrapUpEnded",
    "WrapUpStarted",
    "event_type",
    "message_key",
    "topic_of",
]

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
    "customers": (CustomerContact, CustomerSession, CustomerScore, CustomerOrder),
}  # fmt: skip
"""Which event types each topic carries (topic names without the configured prefix)."""

CUSTOMERS = "customers"
"""The topic that vigie itself writes, from what it folds of the others."""

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
    for field in ("cart_id", "order_id", "agent_id", "evaluation_id"):
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
    "customers": ("customer_key",),
}
_KEY_FIELDS: dict[type[Envelope], tuple[str, ...]] = {
    kind: _KEYS_BY_TOPIC[_TOPIC_OF[kind]] for kind in EVENT_TYPES
}
