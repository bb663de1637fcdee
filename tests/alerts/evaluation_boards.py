"""Small boards made by hand, and short ways to write rules and looks over them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from aggregators.board import Board, Rows
from aggregators.kpis.values import KpiValue
from aggregators.policy import Rules
from alerts.alert import Key
from alerts.evaluation import Evaluator, Findings, Look
from alerts.rules import Compare, Condition, Measure, Operator, Rule, Where

NOW_MS = 1_790_000_000_000
WAIT = Measure("longest_wait_seconds")
WAITING = Measure("contacts_waiting")
READY = Measure("agents_available")
SERVICE = Measure("service_level", ("abandons_negative",), "30m")
ABANDONED = Measure("abandonment_rate", ("of_offered",), "30m")


def where(name: str, channel: str = "voice") -> Where:
    """Return a pair."""
    return Where("pair", name, channel)


def key(rule_id: str, name: str, channel: str = "voice") -> Key:
    """Return the key of a rule in a pair."""
    return Key(rule_id, where(name, channel))


def rows(**pairs: Mapping[str, KpiValue]) -> Rows:
    """Return rows of voice queues: ``sales={"contacts_waiting": 3}``."""
    made = {(name, "voice"): dict(values) for name, values in pairs.items()}
    return Rows(total={}, queues={}, channels={}, teams={}, pairs=made)


def board(windows: Mapping[str, Rows] | None = None, **pairs: Mapping[str, KpiValue]) -> Board:
    """Return a board: the given windows, or pairs in the window ``30m``."""
    return Board(
        as_of_ms=NOW_MS,
        data_up_to_ms=NOW_MS,
        complete=True,
        windows=dict(windows) if windows is not None else {"30m": rows(**pairs)},
        durable={},
        pairs={},
    )


def look(shown: Board | None, at_s: float = 0, **more: Any) -> Look:
    """Return a look some seconds after ``NOW_MS``, current and complete unless said otherwise."""
    fields: dict[str, Any] = {"health": {}, "is_current": True, "is_complete": True, **more}
    return Look(now_ms=NOW_MS + round(at_s * 1_000), board=shown, **fields)


def compare(
    measure: Measure,
    operator: Operator,
    threshold: float,
    clear: float | None = None,
    least: int = 0,
) -> Compare:
    """Return a comparison."""
    return Compare(measure, operator, threshold, clear, least)


def rule(rule_id: str, condition: Condition, **more: Any) -> Rule:
    """Return a rule."""
    return Rule(id=rule_id, english=rule_id, french=rule_id, condition=condition, **more)


def judge(
    shown: Look, *rules: Rule, open_keys: Collection[Key] = (), policies: Rules | None = None
) -> Findings:
    """Return the findings of a new evaluator."""
    return Evaluator(rules, policies or Rules()).look(shown, open_keys)
