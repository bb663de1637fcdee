"""What all canonical events share: the envelope and the constrained field types."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

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
