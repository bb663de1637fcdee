"""What vigie itself tells of each customer, on the topic ``customers`` (docs/customers.md).

A contact, a self-care session, an answer to a survey or an order comes from a topic of its own,
partitioned by its own id. Told once more under the key of the customer, they meet in one place.
A record with a higher ``revision`` of the same ``event_id`` replaces the one before.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from aggregators.envelope import Channel, Count, Direction, Envelope, Id, Name, SurveyKind

ContactOutcome: TypeAlias = Literal[
    "open", "handled", "abandoned", "flow_out", "callback", "unanswered", "lost"
]


class CustomerEvent(Envelope, kw_only=True):
    """What a customer went through; ``customer_key`` is a keyed hash and always there."""

    customer_key: Id


class CustomerContact(CustomerEvent, kw_only=True, tag="customer.contact"):
    """The summary of a contact: while it is open for long, and when it settles or changes.

    Times are epoch ms. ``opened_ms`` is the first sign, ``answered_ms`` the first answer of a
    person, ``ended_ms`` the end of the last conversation (None while the contact is open) and
    ``done_ms`` the end of all handling. ``handled``: a person took it. Queue, team and agent are
    those of the last leg. ``transfers`` also count those to other agents. ``continues`` tells
    that it began with a transfer, or by an agent or a system: with the journey of an earlier
    contact it is no new one.
    """

    contact_id: Id
    channel: Channel
    direction: Direction = "in"
    queue: Name | None = None
    team: Name | None = None
    agent_id: Id | None = None
    motive: Name | None = None
    opened_ms: int
    answered_ms: int | None = None
    ended_ms: int | None = None
    done_ms: int | None = None
    outcome: ContactOutcome = "open"
    handled: bool = False
    transfers: Count = 0
    escalated: bool = False
    resolved: bool | None = None
    callback: bool = False
    continues: bool = False


class CustomerSession(CustomerEvent, kw_only=True, tag="customer.session"):
    """A self-care session that ended.

    ``contained``: no person was asked for in it; else ``handed_off_ms`` is when, and
    ``contact_id`` with which contact it went on, if that was told.
    """

    session_id: Id
    tool: Name | None = None
    motive: Name | None = None
    started_ms: int
    ended_ms: int
    contained: bool
    handed_off_ms: int | None = None
    contact_id: Id | None = None


class CustomerScore(CustomerEvent, kw_only=True, tag="customer.score"):
    """The last answer to a survey, on the standard scale of its kind.

    ``value_micro`` is the score in millionths (:mod:`aggregators.scales`); ``good`` tells whether
    it is in the good band: satisfied, promoter, little effort, yes.
    """

    survey_id: Id
    survey_kind: SurveyKind
    survey_name: Name | None = None
    value_micro: int
    good: bool
    contact_id: Id | None = None
    session_id: Id | None = None
    channel: Channel | None = None
    queue: Name | None = None
    team: Name | None = None
    agent_id: Id | None = None
    motive: Name | None = None


class CustomerOrder(CustomerEvent, kw_only=True, tag="customer.order"):
    """A sale; the amount is in millionths of the currency."""

    order_id: Id
    amount_micro: int
    currency: str
    contact_id: Id | None = None
    cart_id: Id | None = None
    agent_id: Id | None = None
    queue: Name | None = None
