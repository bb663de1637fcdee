"""``/api/trends``: figures against the same local time in earlier weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.change import Periods
from aggregators.kpis.groups import FACETS
from aggregators.policy import MINUTE_MS, Rules
from aggregators.trends import KPIS, MEASURES, Changed, Changes, TrendRow, Trends
from exporters.http.board_json import header_json, value_json
from exporters.http.problems import RequestError, quoted
from exporters.http.schemas import COUNT, FRESHNESS, NUMBER_OR_NULL, exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregators.board import Board
    from aggregators.shard import Shard
    from exporters.http.feed import BoardFeed
    from exporters.live import LiveView

MAX_KPIS = 20
MAX_ROWS = 100
MAX_CACHED = 16

LISTS: dict[str, str] = {
    "channel": "channels", "queue": "queues", "team": "teams", **FACETS,
}  # fmt: skip
"""Rows that have trends beside the total, and their lists in the answer."""


class TrendBook:
    """Trends of a view, computed at most once a minute per question.

    A question costs the thread that folds some ms per row, so rows are limited, the total and
    the channels first.
    """

    def __init__(self, view: LiveView) -> None:
        self._view = view
        self._trends: Trends | None = None
        self._made: dict[tuple[str, tuple[str, ...]], tuple[int, list[TrendRow]]] = {}
        self._shards: list[Shard] = []
        self.computations = 0

    def rows(self, as_of_ms: int, window: str, kpis: Sequence[str]) -> list[TrendRow]:
        """Return the rows; ValueError for a window that has no trends."""
        shards = list(self._view.shards())
        if self._trends is None or [*map(id, shards)] != [*map(id, self._shards)]:
            self._trends = Trends(shards[0].rules if shards else Rules())
            self._made, self._shards = {}, shards
        minute = as_of_ms // MINUTE_MS
        kept = {asked: found for asked, found in self._made.items() if found[0] == minute}
        asked = (window, tuple(kpis))
        if asked not in kept:
            rows = self._trends.make(
                shards, as_of_ms, window, kpis, kinds=("total", *LISTS), most=MAX_ROWS
            )
            self.computations += 1
            if len(kept) < MAX_CACHED:
                kept[asked] = (minute, rows)
            self._made = kept
            return rows
        self._made = kept
        return kept[asked][1]


def trends_routes(view: LiveView, feed: BoardFeed) -> list[web.RouteDef]:
    """Return the route."""
    book = TrendBook(view)

    async def trends(request: web.Request) -> web.Response:
        window = request.query.get("window", "today")[:64]
        kpis = _kpis(request.query.get("kpis"))
        board = feed.board()
        try:
            rows = book.rows(board.as_of_ms, window, kpis)
        except ValueError as error:
            text, _, fix = str(error).partition(": ")
            raise RequestError(400, text, fix) from None
        body = msgspec.json.encode(trends_json(board, window, kpis, rows))
        return web.Response(body=body, content_type="application/json")

    return [web.get("/api/trends", trends)]


def _kpis(asked: str | None) -> tuple[str, ...]:
    if asked is None:
        return KPIS
    kpis = tuple(dict.fromkeys(name for name in asked.split(",") if name))
    if len(kpis) > MAX_KPIS:
        raise RequestError(400, "too many KPIs asked for", f"ask for at most {MAX_KPIS}")
    for kpi in kpis:
        if kpi not in CATALOGUE:
            raise RequestError(400, f"there is no KPI {quoted(kpi)}", "GET /api/kpis lists the ids")
    return kpis


def trends_json(
    board: Board, window: str, kpis: Sequence[str], rows: Sequence[TrendRow]
) -> dict[str, Any]:
    """Return trends for JSON; lists of rows stand there where there are some."""
    shown: dict[str, Any] = {
        **header_json(board), "window": window, "kpis": list(kpis), "limit": MAX_ROWS, "total": {},
    }  # fmt: skip
    for row in rows:
        kind, name, _ = row.key
        if kind == "total":
            shown["total"] = changes_json(row.changes)
        else:
            shown.setdefault(LISTS[kind], {})[name] = changes_json(row.changes)
    return shown


def changes_json(changes: Changes) -> dict[str, Any]:
    """Return the changes of a row: by KPI, and one level down per label."""
    return {
        name: _changed(found) if isinstance(found, Changed) else changes_json(found)
        for name, found in changes.items()
    }


def _changed(found: Changed) -> dict[str, Any]:
    trend = None
    if found.trend is not None:
        trend = {
            name: value_json(value) for name, value in msgspec.structs.asdict(found.trend).items()
        }
    days, periods = found.days, found.periods
    return {
        "trend": trend,
        **({} if periods is None else {"periods": _periods(periods)}),
        "days": {
            "points": [value_json(point) for point in days.points],
            "slope_per_day": value_json(days.slope_per_day),
            "worsening": days.worsening,
            "advisory": days.advisory,
        },
    }


def _periods(periods: Periods) -> dict[str, Any]:
    return {
        "now": value_json(periods.now),
        **{
            name: None if then is None else {
                "value": value_json(then.value),
                "difference": value_json(then.difference),
                "ratio": value_json(then.ratio),
            }
            for name, then in (("before", periods.before), ("year_ago", periods.year_ago))
        },
    }  # fmt: skip


_NUMBER = {"type": "number"}
_AGAINST: dict[str, Any] = {
    "anyOf": [
        {"type": "null"},
        exact({"value": _NUMBER, "difference": _NUMBER, "ratio": NUMBER_OR_NULL}),
    ]
}
_CHANGED: dict[str, Any] = exact({
    "trend": {
        "description": "null with fewer than four weeks known",
        "anyOf": [
            {"type": "null"},
            exact({
                "now": _NUMBER,
                "baseline": {**_NUMBER, "description": "median of the earlier weeks"},
                "low": NUMBER_OR_NULL,
                "high": {**NUMBER_OR_NULL, "description": "95 of 100 weeks lie up to here"},
                "difference": {**_NUMBER, "description": "now - baseline"},
                "ratio": {**NUMBER_OR_NULL, "description": "now / baseline"},
                "direction": {
                    "description": "usual inside the interval; better or worse where the KPI has "
                    "a good direction, else higher or lower; null without an interval",
                    "enum": ["better", "worse", "higher", "lower", "usual", None],
                },
                "weeks": {"type": "integer", "minimum": 4, "maximum": 8},
                "last_week": _NUMBER,
            }),
        ],
    },
    "periods": {
        "description": "of closed weeks, months, quarters and years only",
        **exact({"now": _NUMBER, "before": _AGAINST, "year_ago": _AGAINST}),
    },
    "days": exact({
        "points": {
            "description": "the last closed days, the oldest first",
            "type": "array",
            "items": NUMBER_OR_NULL,
        },
        "slope_per_day": NUMBER_OR_NULL,
        "worsening": {**COUNT, "description": "days in a row, each worse than the one before"},
        "advisory": {"type": "boolean", "description": "there are six of them"},
    }),
}, optional=("periods",))  # fmt: skip

TRENDS_SCHEMAS: dict[str, Any] = {
    "Changes": {
        "description": "KPI id to what became of it, one level down per label",
        "type": "object",
        "additionalProperties": {"anyOf": [_CHANGED, {"$ref": "#/components/schemas/Changes"}]},
    },
    "Trends": exact(
        {
            **FRESHNESS,
            "window": {"enum": list(MEASURES)},
            "kpis": {"type": "array", "items": {"type": "string"}},
            "limit": {**COUNT, "description": "at most so many rows, the total first"},
            "total": {"$ref": "#/components/schemas/Changes"},
            **{
                name: {
                    "type": "object",
                    "additionalProperties": {"$ref": "#/components/schemas/Changes"},
                }
                for name in LISTS.values()
            },
        },
        optional=tuple(LISTS.values()),
    ),
}
"""What the answer looks like, for the description of the API."""

TRENDS_PARAMETERS: tuple[dict[str, Any], ...] = (
    {
        "name": "window",
        "in": "query",
        "description": "today up to the last closed quarter of an hour (the default), a closed "
        "interval, or a closed period of the calendar",
        "schema": {"enum": list(MEASURES)},
    },
    {
        "name": "kpis",
        "in": "query",
        "description": "KPI ids parted by commas, at most 20",
        "schema": {"type": "string"},
    },
)
