"""What became of every event, and the conservation law over it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field


class Outcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    LATE = "late"
    TOO_LATE = "too_late"
    UNKNOWN_SCOPE = "unknown_scope"
    OUT_OF_SCALE = "out_of_scale"
    OTHER_CURRENCY = "other_currency"
    DOSSIER_FULL = "dossier_full"


REFUSED: frozenset[Outcome] = frozenset(Outcome) - {
    Outcome.APPLIED, Outcome.DUPLICATE, Outcome.LATE,
}  # fmt: skip
"""Outcomes of events that changed nothing and become dead letters."""


class Counts(Struct):
    """The conservation law: read = applied + duplicate + late + dead_lettered.

    ``ignored`` events (test traffic) are among the applied; ``reasons`` splits the dead letters.
    """

    read: int = 0
    applied: int = 0
    duplicate: int = 0
    late: int = 0
    dead_lettered: int = 0
    ignored: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
