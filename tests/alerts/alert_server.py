"""Serves the alerts of a desk beside everything else, and checks answers by their description."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, web
from jsonschema import Draft202012Validator

from alerts.http import alert_routes
from alerts.http_schemas import described
from exporters.http.access import LiveAccess
from exporters.http.app import WebOptions, build_web_app
from exporters.http.openapi import describe_api
from tests.alerts.alert_desk import TestDesk
from tests.exporters.little_centre import LittleCentre, busy_centre
from tests.exporters.served import client_of


def app_with(
    desk: TestDesk,
    options: WebOptions,
    centre: LittleCentre | None = None,
    access: LiveAccess | None = None,
) -> web.Application:
    """Return the application with the alerts of a desk beside everything else."""
    return build_web_app(
        centre or busy_centre(),
        options=options,
        extra_routes=alert_routes(desk),
        described=described(),
        access=access,
    )


@asynccontextmanager
async def client(desk: TestDesk, **options: Any) -> AsyncIterator[ClientSession]:
    """Serve the alerts of a desk beside everything else, and give a client."""
    async with client_of(app_with(desk, WebOptions(**options))) as asking:
        yield asking


def check(path: str, method: str, status: int, content: Any) -> None:
    """Validate an answer against its description."""
    api = describe_api((), described())
    answer = api["paths"][path][method]["responses"][str(status)]
    schema = answer["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": api["components"]}).validate(content)


async def read(asking: ClientSession, address: str) -> Any:
    """Return the content of an answer that has to be a good one."""
    answer = await asking.get(address)
    content = await answer.json()
    assert answer.status == 200, content
    return content
