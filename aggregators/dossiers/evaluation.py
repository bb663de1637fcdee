"""Evaluations of interactions: the score of a grid, its items, and the errors found.

An evaluation told again under the same id replaces the earlier one. Scores are integer
millionths, rounded half up once per evaluation and once per item; the arithmetic before is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from aggregators import events as ev
from aggregators.counts import Outcome
from aggregators.dossiers.kind import Fact, Kind
from aggregators.dossiers.places import Places
from aggregators.scales import MICRO, plain

EVALUATED = 5000  # every evaluation looks for errors, so this is those checked
SCORED = 5001  # those with a score: some item has weight, or a knock-out decided
SCORE_MICRO = 5002
REPLACED = 5003
ERRONEOUS = 5010  # with at least one error of any kind
ERROR = 5011  # + index of the kind
ITEMS = 5020  # only in the rows of items
ITEM_MICRO = 5021

ERROR_KINDS = ("handling", "information", "other")


class EvaluationKind(Kind):
    """One evaluation of one contact or agent."""

    letter = "q"
    types = (ev.QualityEvaluated,)

    def key(self, event: ev.QualityEvaluated) -> str:
        """An evaluation is known by its id."""
        return event.evaluation_id

    def refusal(self, event: Any, places: Places) -> Outcome | None:
        """Refuse a grid that gives an item more points than it has."""
        if not event.retracted and any(item.points > item.max for item in event.items):
            return Outcome.OUT_OF_SCALE
        return None

    def facts(self, events: Sequence[Any], swept_ms: int, places: Places) -> list[Fact]:
        """Book the last telling at its time, and how many it replaced at theirs."""
        facts: list[Fact] = []
        for at, event in enumerate(events):
            if at + 1 < len(events):
                booked = [(REPLACED, 1)]
            else:
                booked = _whole(event)
                facts += _items(event, places)
            scopes = places.of(
                event.queue, event.channel, event.team, event.agent_id,
                (("motive", event.motive),),
            )  # fmt: skip
            at_ms = event.event_time_ms
            facts += [(at_ms, scope, key, n) for scope in scopes for key, n in booked]
        return facts


def score_micro(event: ev.QualityEvaluated) -> int | None:
    """Return the score of an evaluation, 0 to 1 in millionths; None when nothing has weight.

    It is the sum of weight x points / max over the sum of weights; a failed knock-out makes it 0.
    """
    if event.knockout:
        return 0
    weights = sum((Fraction(item.weight) for item in event.items), Fraction())
    if not weights:
        return None
    points = sum((Fraction(item.weight) * _share(item) for item in event.items), Fraction())
    return _rounded(points / weights)


def errors_of(event: ev.QualityEvaluated) -> list[str]:
    """Return the kinds of errors an evaluation found, each once; unknown ones are ``other``."""
    told = {plain(kind) for kind in event.errors or ()}
    found = {kind if kind in ERROR_KINDS else "other" for kind in told if kind}
    return [kind for kind in ERROR_KINDS if kind in found]


def _whole(event: ev.QualityEvaluated) -> list[tuple[int, int]]:
    booked = [(EVALUATED, 1)]
    score = score_micro(event)
    if score is not None:
        booked += [(SCORED, 1), (SCORE_MICRO, score)]
    errors = errors_of(event)
    if errors:
        booked += [(ERRONEOUS, 1), *((ERROR + ERROR_KINDS.index(kind), 1) for kind in errors)]
    return booked


def _items(event: ev.QualityEvaluated, places: Places) -> list[Fact]:
    """Book each item in the row of its name; beyond the limit of names that is ``__other__``."""
    facts: list[Fact] = []
    for item in event.items:
        if name := item.item.strip():
            scope = places.of(facets=(("item", name),))[-1]
            share = _rounded(_share(item))
            facts += [(event.event_time_ms, scope, ITEMS, 1),
                      (event.event_time_ms, scope, ITEM_MICRO, share)]  # fmt: skip
    return facts


def _share(item: ev.QualityItem) -> Fraction:
    return Fraction(item.points) / Fraction(item.max)


def _rounded(share: Fraction) -> int:
    return (2 * MICRO * share.numerator + share.denominator) // (2 * share.denominator)
