"""The JSON shape of a board: one place that turns the core's values into what clients read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from aggregators.kpis.groups import FACETS
from aggregators.steps import Steps

if TYPE_CHECKING:
    from aggregators.board import Board, KpiValue, KpiValues, Rows
    from exporters.headline import Headline

DIGITS = 6
"""Floats are rounded to this many digits; counts are never touched."""

ROW_LISTS: tuple[str, ...] = (
    "queues", "channels", "teams", "pairs", "agents", *FACETS.values(),
)  # fmt: skip
"""The lists of rows that a window may have beside its total, by their names in the API."""

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


def named_json(
    rows: Mapping[str, KpiValues], only: Collection[str] | None, *, is_sparse: bool = False
) -> dict[str, Any]:
    """Return rows by name; sparse ones only where they have one of the KPIs asked for."""
    shown = {name: kpis_json(values, only) for name, values in sorted(rows.items())}
    return {name: kpis for name, kpis in shown.items() if kpis} if is_sparse else shown


def facets_json(rows: Rows, only: Collection[str] | None) -> dict[str, Any]:
    """Return the rows by motive, survey, theme, tool and segment, each list where it has rows."""
    lists = {
        name: named_json(rows.facets[facet], only, is_sparse=True)
        for facet, name in FACETS.items()
        if facet in rows.facets
    }
    return {name: found for name, found in lists.items() if found}


def rows_json(
    rows: Rows, only: Collection[str] | None, lists: Collection[str] | None = None
) -> dict[str, Any]:
    """Return one window: the total and the lists of rows, all that it has or those of ``lists``.

    Rows by agent are personal data: they are there only when the settings ask for them.
    """
    return dict(_parts(rows, only, lists))


def _parts(
    rows: Rows, only: Collection[str] | None, lists: Collection[str] | None
) -> Iterator[tuple[str, Any]]:
    yield "total", kpis_json(rows.total, only)
    for name, found in (
        ("queues", rows.queues),
        ("channels", rows.channels),
        ("teams", rows.teams),
    ):
        if lists is None or name in lists:
            yield name, named_json(found, only)
    if lists is None or "pairs" in lists:
        yield (
            "pairs",
            [
                {"queue": queue, "channel": channel, "kpis": kpis_json(values, only)}
                for (queue, channel), values in sorted(rows.pairs.items())
            ],
        )
    if rows.agents and (lists is None or "agents" in lists):
        yield "agents", named_json(rows.agents, only)
    for name, found in facets_json(rows, only).items():
        if lists is None or name in lists:
            yield name, found


def settings_json(
    board: Board, min_sample: int, headline: Iterable[Headline] = (), currency: str = ""
) -> dict[str, Any]:
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
        "headline": [chosen.json() for chosen in headline],
        "currency": currency,
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
    headline: Iterable[Headline] = (),
    currency: str = "",
    window: str | None = None,
    only: Collection[str] | None = None,
    lists: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return a board for JSON: everything, or the window, KPIs and lists of rows named."""
    windows = board.windows if window is None else {window: board.windows[window]}
    return {
        **header_json(board),
        "mode": mode,
        "windows": {name: rows_json(rows, only, lists) for name, rows in windows.items()},
        "settings": settings_json(board, min_sample, headline, currency),
    }


def board_steps(
    board: Board,
    *,
    mode: str,
    min_sample: int,
    headline: Iterable[Headline] = (),
    currency: str = "",
    window: str | None = None,
    only: Collection[str] | None = None,
    lists: Collection[str] | None = None,
) -> Steps[bytes]:
    """Encode what :func:`board_json` gives, with a pause after each list of rows."""
    encode = msgspec.json.encode
    windows: dict[str, msgspec.Raw] = {}
    for name in board.windows if window is None else (window,):
        shown: dict[str, msgspec.Raw] = {}
        for part, found in _parts(board.windows[name], only, lists):
            shown[part] = msgspec.Raw(encode(found))
            yield
        windows[name] = msgspec.Raw(encode(shown))
    return encode(
        {
            **header_json(board),
            "mode": mode,
            "windows": windows,
            "settings": settings_json(board, min_sample, headline, currency),
        }
    )


def kpi_json(board: Board, kpi: str) -> dict[str, Any]:
    """Return one KPI over all windows and rows; no value is null."""
    return {
        **header_json(board),
        "windows": {name: _one_kpi(rows, kpi) for name, rows in board.windows.items()},
    }


def _one_kpi(rows: Rows, kpi: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "total": value_json(rows.total.get(kpi)),
        "queues": _values(rows.queues, kpi),
        "channels": _values(rows.channels, kpi),
        "teams": _values(rows.teams, kpi),
        "pairs": [
            {"queue": queue, "channel": channel, "value": value_json(values.get(kpi))}
            for (queue, channel), values in sorted(rows.pairs.items())
        ],
    }
    if rows.agents:
        shown["agents"] = _values(rows.agents, kpi)
    for facet, name in FACETS.items():
        by_name = {of: v for of, v in rows.facets.get(facet, {}).items() if kpi in v}
        if by_name:
            shown[name] = _values(by_name, kpi)
    return shown


def _values(rows: Mapping[str, KpiValues], kpi: str) -> dict[str, Any]:
    return {name: value_json(values.get(kpi)) for name, values in sorted(rows.items())}
