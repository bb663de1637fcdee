"""``/api/customers/repeat``: the customers who come back most, by their keyed hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from aggregators.dossiers.customer_list import returning_customers
from aggregators.policy import Rules
from exporters.http.board_json import header_json
from exporters.http.schemas import COUNT, FRESHNESS, TIME_MS, exact

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


CUSTOMERS_SCHEMA: dict[str, Any] = {
    "description": "customers with many contacts about one motive within 7 days, unsolved",
    **exact({
        **FRESHNESS,
        "from_contacts": {**COUNT, "description": "so many contacts are many, by the settings"},
        "found": {**COUNT, "description": "of whom at most 200 are listed"},
        "customers": {
            "type": "array",
            "items": exact({
                "customer_key": {"type": "string", "description": "the keyed hash"},
                "motive": {"type": ["string", "null"]},
                "contacts": COUNT,
                "first_ms": TIME_MS,
                "last_ms": TIME_MS,
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
