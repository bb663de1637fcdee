"""The JSON shape of a board: one place that turns the core's values into what clients read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aggregators.board import Board, KpiValue, KpiValues, Rows

DIGITS = 6
"""Floats are rounded to this many digits; counts are never touched."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(time_ms: int) -> str:
    """Return an ISO 8601 instant in UTC, with milliseconds only when there are some."""
    precision = "milliseconds" if time_ms % 1_000 else "seconds"
    text = (_EPOCH + timedelta(milliseconds=time_ms)).isoformat(timespec=precision)
    return text.replace("+00:00", "Z")


def value_json(value: KpiValue) -> Any:
    """Return a KPI value for JSON: floats rounded, the values of labels one level down."""
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {label: value_json(inner) for label, inner in value.items()}
    return value


def kpis_json(values: KpiValues, only: Collection[str] | None) -> dict[str, Any]:
    """Return the KPIs of one row, all of them or those of ``only``."""
    if only is None:
        return {kpi: value_json(value) for kpi, value in values.items()}
    return {kpi: value_json(values[kpi]) for kpi in only if kpi in values}


def _named(rows: Mapping[str, KpiValues], only: Collection[str] | None) -> dict[str, Any]:
    return {name: kpis_json(values, only) for name, values in rows.items()}


def rows_json(rows: Rows, only: Collection[str] | None) -> dict[str, Any]:
    """Return one window: the total and the rows per queue, channel, team and pair.

    Rows by agent are personal data: they are there only when the settings ask for them.
    """
    agents = {"agents": _named(rows.agents, only)} if rows.agents else {}
    return {
        "total": kpis_json(rows.total, only),
        "queues": _named(rows.queues, only),
        "channels": _named(rows.channels, only),
        "teams": _named(rows.teams, only),
        "pairs": [
            {"queue": queue, "channel": channel, "kpis": kpis_json(values, only)}
            for (queue, channel), values in sorted(rows.pairs.items())
        ],
        **agents,
    }


def settings_json(board: Board, min_sample: int) -> dict[str, Any]:
    """Return the settings that a reader needs beside the numbers."""
    return {
        "queues": [
            {
                "queue": queue,
                "channel": channel,
                "threshold_ms": policy.threshold_ms,
                "target": policy.target,
                "short_limit_ms": policy.short_limit_ms,
                "headline_variant": policy.headline_variant,
            }
            for (queue, channel), policy in sorted(board.pairs.items())
        ],
        "min_sample": min_sample,
    }


def header_json(board: Board) -> dict[str, Any]:
    """Return when the board was computed and how fresh and whole its data is."""
    up_to_ms = board.data_up_to_ms
    return {
        "as_of": instant(board.as_of_ms),
        "as_of_ms": board.as_of_ms,
        "data_up_to_ms": up_to_ms,
        "data_age_ms": None if up_to_ms is None else max(0, board.as_of_ms - up_to_ms),
        "complete": board.complete,
    }


def board_json(
    board: Board,
    *,
    mode: str,
    min_sample: int,
    window: str | None = None,
    only: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return a board for JSON: all windows and KPIs, or the window and the KPIs named."""
    windows = board.windows if window is None else {window: board.windows[window]}
    return {
        **header_json(board),
        "mode": mode,
        "windows": {name: rows_json(rows, only) for name, rows in windows.items()},
        "settings": settings_json(board, min_sample),
    }


def kpi_json(board: Board, kpi: str) -> dict[str, Any]:
    """Return one KPI over all windows, queues, channels and teams; no value is null."""
    return {
        **header_json(board),
        "windows": {
            name: {
                "total": value_json(rows.total.get(kpi)),
                "queues": {q: value_json(v.get(kpi)) for q, v in rows.queues.items()},
                "channels": {c: value_json(v.get(kpi)) for c, v in rows.channels.items()},
                "teams": {t: value_json(v.get(kpi)) for t, v in rows.teams.items()},
                "pairs": [
                    {"queue": queue, "channel": channel, "value": value_json(values.get(kpi))}
                    for (queue, channel), values in sorted(rows.pairs.items())
                ],
            }
            for name, rows in board.windows.items()
        },
    }
