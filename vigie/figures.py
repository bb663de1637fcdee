"""Boards as the figures that ``compute --json`` and ``replay --json`` print."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from exporters.http.board_json import ROW_LISTS, instant, rows_json
from vigie.errors import UserError

if TYPE_CHECKING:
    from aggregators.board import Board, Rows


_COLUMNS = (
    ("window", 18, ""),
    ("queue", 22, ""),
    ("offered", 10, "contacts_offered"),
    ("answered", 10, "contacts_answered"),
    ("abandoned", 11, "contacts_abandoned"),
    ("SL answered", 13, "service_level.answered_only"),
    ("SL offered", 12, "service_level.abandons_negative"),
    ("ASA s", 10, "asa_seconds.queue"),
)


def figures(board: Board) -> dict[str, Any]:
    """Return ``{"as_of": ..., "windows": {name: {"total": ..., "queues": ...}}}`` of a board.

    KPI ids are those of kpis.md; seconds, ratios 0 to 1 and counts; no value is None.
    """
    return {
        "as_of": instant(board.as_of_ms),
        "windows": {name: _rows(rows) for name, rows in board.windows.items()},
    }


def write_figures(
    found: Sequence[Mapping[str, Any]], target: str = "-", *, as_json: bool = True
) -> None:
    """Write figures to a file, ``-`` for standard output: the JSON list, or a short table.

    Raises:
        UserError: the file cannot be written.
    """
    if as_json:
        text = orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    else:
        text = "".join(f"{line}\n" for one in found for line in _table(one)).encode()
    if target == "-":
        sys.stdout.write(text.decode())
        sys.stdout.flush()
        return
    try:
        Path(target).write_bytes(text)
    except OSError as error:
        raise UserError(
            f"cannot write {target}: {error.strerror}", "Give a file in a writable folder."
        ) from None


def _table(one: Mapping[str, Any]) -> Iterator[str]:
    yield f"as of {one['as_of']}"
    yield "  " + "".join(f"{title:>{width}}" for title, width, _ in _COLUMNS)
    for window, rows in one["windows"].items():
        named = [("total", rows["total"]), *rows["queues"].items()]
        for name, values in named:
            cells = [window, name[:20], *(_cell(values, kpi) for _, _, kpi in _COLUMNS[2:])]
            widths = (width for _, width, _ in _COLUMNS)
            yield "  " + "".join(f"{c:>{width}}" for c, width in zip(cells, widths, strict=True))


def _cell(values: Mapping[str, Any], kpi: str) -> str:
    value: Any = values
    for step in kpi.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _rows(rows: Rows) -> dict[str, Any]:
    # A pair is its queue wherever a queue has one channel; the API has them apart.
    return rows_json(rows, None, [name for name in ROW_LISTS if name != "pairs"])
