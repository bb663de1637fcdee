"""All kinds of dossiers, by the letter of their keys and by the events they take."""

from __future__ import annotations

from typing import Any

from aggregators.dossiers.cart import CartKind
from aggregators.dossiers.customer import CustomerKind
from aggregators.dossiers.evaluation import EvaluationKind
from aggregators.dossiers.kind import Kind
from aggregators.dossiers.period import CostKind, CustomersKind, StaffKind
from aggregators.dossiers.session import SessionKind
from aggregators.dossiers.survey import SurveyKind

_ALL: tuple[Kind, ...] = (
    SurveyKind(),
    EvaluationKind(),
    SessionKind(),
    CartKind(),
    CostKind(),
    CustomersKind(),
    StaffKind(),
    CustomerKind(),
)

KINDS: dict[str, Kind] = {kind.letter: kind for kind in _ALL}
KIND_OF: dict[type[Any], Kind] = {event: kind for kind in _ALL for event in kind.types}
