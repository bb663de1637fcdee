"""Health: alive and ready are two questions."""

from __future__ import annotations

from exporters.http.app import build_web_app
from tests.exporters.little_centre import busy_centre
from tests.exporters.served import client_of


async def test_a_worker_that_is_not_ready_is_alive_and_says_why() -> None:
    """``/readyz`` is 503 with the reason, ``/livez`` stays 200."""
    centre = busy_centre()
    centre.is_ready = (False, "recovering 3 of 8 partitions")
    async with client_of(build_web_app(centre)) as client:
        alive, ready = await client.get("/livez"), await client.get("/readyz")
        assert alive.status == 200
        assert ready.status == 503
        assert await ready.json() == {
            "status": "not ready",
            "reason": "recovering 3 of 8 partitions",
        }
        centre.is_ready = (True, "ready")
        assert (await client.get("/readyz")).status == 200
