"""``/api/expressions``: what people searched for in self-care and did not find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from aggregators.dossiers.expression_list import expression_list
from aggregators.policy import Rules
from exporters.http.board_json import header_json
from exporters.http.problems import RequestError
from exporters.http.schemas import COUNT, COUNT_OR_NULL, FRESHNESS, TIME_MS, exact

if TYPE_CHECKING:
    from aggregators.board import Board
    from exporters.http.feed import BoardFeed
    from exporters.live import LiveView

MAX_TOOL_LENGTH = 128
MAX_CACHED = 32


def expressions_routes(view: LiveView, feed: BoardFeed) -> list[web.RouteDef]:
    """Return the route; a list asked for again before the next board is not made again."""
    made: dict[tuple[str, str | None], bytes] = {}
    seen: list[Board | None] = [None]

    async def expressions(request: web.Request) -> web.Response:
        window = request.query.get("window", "today")[:64]
        tool = request.query.get("tool")
        asked = window, tool if tool is None else tool[:MAX_TOOL_LENGTH]
        board = feed.board()
        if board is not seen[0]:
            seen[0] = board
            made.clear()
        body = made.get(asked)
        if body is None:
            body = msgspec.json.encode(_answer(view, board, *asked))
            if len(made) < MAX_CACHED:
                made[asked] = body
        return web.Response(body=body, content_type="application/json")

    return [web.get("/api/expressions", expressions)]


def _answer(view: LiveView, board: Board, window: str, tool: str | None) -> dict[str, Any]:
    shards = view.shards()
    rules = shards[0].rules if shards else Rules()
    try:
        found = expression_list(shards, board.as_of_ms, rules, window, tool)
    except ValueError as error:
        text, _, fix = str(error).partition(": ")
        raise RequestError(400, text, fix or "ask for today, whole, or days such as 7d") from None
    return {**header_json(board), **msgspec.to_builtins(found)}


def _nullable(kind: str) -> dict[str, Any]:
    return {"type": [kind, "null"]}


EXPRESSIONS_SCHEMA: dict[str, Any] = {
    "description": "each expression was searched for at least count and at most count + error "
    "times; null where the data do not reach back beyond the stretch before",
    **exact({
        **FRESHNESS,
        "window": {"type": "string"},
        "tool": _nullable("string"),
        "start_ms": TIME_MS,
        "end_ms": TIME_MS,
        "searches": {**COUNT, "description": "searches without answer in the window"},
        "unlisted": {**COUNT, "description": "those that held personal data or no word"},
        "error": COUNT,
        "error_before": COUNT_OR_NULL,
        "expressions": {
            "type": "array",
            "items": exact({
                "expression": {"type": "string", "description": "lower case, without accents"},
                "count": COUNT,
                "tools": {"type": "object", "additionalProperties": COUNT},
                "first_ms": TIME_MS,
                "last_ms": TIME_MS,
                "count_before": COUNT_OR_NULL,
                "change": {
                    **_nullable("integer"),
                    "description": "of the complete days or hours, against those before",
                },
            }),
        },
    }),
}  # fmt: skip
"""What the answer looks like, for the description of the API."""

EXPRESSIONS_PARAMETERS: tuple[dict[str, Any], ...] = (
    {
        "name": "window",
        "in": "query",
        "description": "today (the default), whole, or complete days and today, such as 7d",
        "schema": {"type": "string"},
    },
    {
        "name": "tool",
        "in": "query",
        "description": "one self-care tool instead of all",
        "schema": {"type": "string"},
    },
)
