"""``/api/customers/repeat``: the customers who come back most, by their keyed hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from aggregators.dossiers.customer_list import returning_customers
from aggregators.policy import Rules
from exporters.http.board_json import header_json

if TYPE_CHECKING:
    from exporters.http.feed import BoardFeed
    from exporters.live import LiveView

MAX_LISTED = 200
MAX_MOTIVE_LENGTH = 128


def customers_routes(view: LiveView, feed: BoardFeed) -> list[web.RouteDef]:
    """Return the route."""

    async def repeat(request: web.Request) -> web.Response:
        board = feed.board()
        motive = request.query.get("motive")
        shards = view.shards()
        rules = shards[0].rules if shards else Rules()
        found = returning_customers(
            shards, board.as_of_ms, rules, None if motive is None else motive[:MAX_MOTIVE_LENGTH]
        )
        answer = {
            **header_json(board),
            "from_contacts": rules.customers.often_from,
            "found": len(found),
            "customers": msgspec.to_builtins(found[:MAX_LISTED]),
        }
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json")

    return [web.get("/api/customers/repeat", repeat)]


def _exact(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_COUNT = {"type": "integer", "minimum": 0}
_TIME_MS = {"type": "integer", "description": "milliseconds since 1970-01-01 UTC"}

CUSTOMERS_SCHEMA: dict[str, Any] = {
    "description": "customers with many contacts about one motive within 7 days, unsolved",
    **_exact({
        "as_of": {"type": "string", "format": "date-time", "description": "UTC"},
        "as_of_ms": _TIME_MS,
        "data_up_to_ms": {**_TIME_MS, "type": ["integer", "null"]},
        "data_age_ms": {**_COUNT, "type": ["integer", "null"]},
        "complete": {"type": "boolean", "description": "every expected shard is present and fresh"},
        "from_contacts": {**_COUNT, "description": "so many contacts are many, by the settings"},
        "found": {**_COUNT, "description": "of whom at most 200 are listed"},
        "customers": {
            "type": "array",
            "items": _exact({
                "customer_key": {"type": "string", "description": "the keyed hash"},
                "motive": {"type": ["string", "null"]},
                "contacts": _COUNT,
                "first_ms": _TIME_MS,
                "last_ms": _TIME_MS,
            }),
        },
    }),
}  # fmt: skip
"""What the answer looks like, for the description of the API."""

CUSTOMERS_PARAMETERS: tuple[dict[str, Any], ...] = (
    {
        "name": "motive",
        "in": "query",
        "description": "one motive instead of all",
        "schema": {"type": "string"},
    },
)
