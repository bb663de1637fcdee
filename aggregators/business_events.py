"""Events of feedback, self-care and the business around the contacts."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from aggregators.envelope import Channel, Count, Envelope, Id, Name, SurveyKind


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
    survey_name: Name | None = None


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

    # "$" alone would let a line feed pass.
    amount: Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$(?!\n)")]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]


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
