"""Stories of surveys and evaluations for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aggregators import events as ev
from aggregators.board import Rows
from aggregators.policy import Rules
from aggregators.scales import Scale
from aggregators.shard import Shard
from tests.aggregators.story import event, fold, look

FOREVER = Rules(long_retention_ms=None)
END_S = 60 * 86_400.0


def declared(**surveys: Scale) -> Rules:
    """Return rules that declare scales, by name or kind of survey."""
    return Rules(long_retention_ms=None, surveys=surveys)


def sent(survey: str, at_s: float = 0, kind: str = "csat", **more: Any) -> Any:
    more = {"contact_id": "C" + survey} | more
    return event(ev.SurveySent, at_s, survey_id=survey, survey_kind=kind, **more)


def told(survey: str, score: float | str, at_s: float = 60, kind: str = "csat", **more: Any) -> Any:
    more = {"contact_id": "C" + survey} | more
    return event(ev.SurveyAnswered, at_s, survey_id=survey, survey_kind=kind, score=score, **more)


def answers(scores: Iterable[float | str], kind: str = "csat", **more: Any) -> list[Any]:
    """One answer for each score, each to a survey of its own."""
    return [told(f"{kind}{n}", score, 60 + n, kind, **more) for n, score in enumerate(scores)]


def graded(
    evaluation: str,
    items: Iterable[tuple[str, float, float, float]] = (("listening", 1, 1, 1),),
    at_s: float = 0,
    **more: Any,
) -> Any:
    """Return an evaluation of items (name, points, max, weight)."""
    grid = [ev.QualityItem(item=i, points=p, max=m, weight=w) for i, p, m, w in items]
    return event(ev.QualityEvaluated, at_s, evaluation_id=evaluation, items=grid, **more)


def folded(events: Iterable[Any], rules: Rules = FOREVER) -> Shard:
    """Fold events in the order given into a shard of feedback."""
    return fold(events, rules, topic="feedback")


def rows(events: Iterable[Any], rules: Rules = FOREVER, at_s: float = END_S) -> Rows:
    """Return all rows of a story."""
    return look(folded(events, rules), at_s=at_s).windows["whole"]


def total(events: Iterable[Any], rules: Rules = FOREVER) -> Any:
    """Return the KPIs of all of a story together."""
    return rows(events, rules).total
