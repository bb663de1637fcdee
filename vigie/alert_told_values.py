"""Values of rows that were told, as looks: what a rule test says instead of events."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from aggregators.board import Board, Rows
from aggregators.kpis.groups import FACETS
from aggregators.kpis.values import KpiValue, KpiValues
from alerts.evaluation import Look
from alerts.rules import Rule, Where
from vigie.alert_folding import healthy_look
from vigie.sections_alert_tests import RowName

_OTHER_KINDS = ("team", *FACETS)

Setting = tuple[str, tuple[str, ...], str, KpiValue]
"""A KPI id, its labels, a window ("" for all) and the value."""


class Told(Struct, frozen=True):
    """What is the case in a row from an instant on; ``health`` are measures of the pipeline."""

    at_ms: int
    where: Where
    settings: Sequence[Setting]
    health: dict[str, float]


def where_of(row: RowName, rule: Rule | None = None) -> Where:
    """Return the row that is meant; of a rule about no named row, the one it has.

    Raises:
        ValueError: it names two kinds of rows.
    """
    others = [(kind, name) for kind in _OTHER_KINDS if (name := getattr(row, kind)) is not None]
    if len(others) + (row.queue is not None or row.channel is not None) > 1:
        raise ValueError("names two kinds of rows")
    if others:
        return Where(*others[0])
    if row.queue is not None:
        return Where("pair", row.queue, row.channel or "voice")
    if row.channel is not None:
        return Where("channel", row.channel)
    return Where("total" if rule is None else rule.scope.kind)


class ToldValues:
    """Gives looks; what was told holds until something else is. ``told`` is in order of time."""

    def __init__(
        self,
        told: Sequence[Told],
        windows: Sequence[str],
    ) -> None:
        self._told = list(told)
        self._health: dict[str, float] = {}
        self._windows = {name: Rows({}, {}, {}, {}, {}) for name in windows}

    def look(self, at_ms: int) -> Look:
        """Return the look at an instant; instants must not step back."""
        while self._told and self._told[0].at_ms <= at_ms:
            one = self._told.pop(0)
            self._health |= one.health
            for kpi, labels, window, value in one.settings:
                for name, rows in self._windows.items():
                    if window in ("", name):
                        _put(_row(rows, one.where), (kpi, *labels), value)
        board = Board(
            as_of_ms=at_ms,
            data_up_to_ms=None,
            complete=True,
            windows=self._windows,
            durable={},
            pairs={},
        )
        return healthy_look(at_ms, board, self._health)


def _row(rows: Rows, where: Where) -> KpiValues:
    match where.kind:
        case "pair":
            return rows.pairs.setdefault((where.name, where.channel), {})
        case "channel":
            return rows.channels.setdefault(where.name, {})
        case "team":
            return rows.teams.setdefault(where.name, {})
        case "total":
            return rows.total
    return rows.facets.setdefault(where.kind, {}).setdefault(where.name, {})


def _put(row: KpiValues, path: Sequence[str], value: KpiValue) -> None:
    for label in path[:-1]:
        inner = row.setdefault(label, {})
        assert isinstance(inner, dict)
        row = inner
    row[path[-1]] = value
