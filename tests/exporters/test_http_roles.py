"""Who is let in, as whom, and what they may do then."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import ClientPayloadError
from msgspec.structs import replace

from exporters.http.access import Access, LiveAccess
from exporters.http.app import WebOptions, build_web_app
from exporters.http.credentials import Token
from exporters.http.roles import Role
from tests.exporters.little_centre import busy_centre
from tests.exporters.served import client_of
from tests.exporters.served_access import (
    HASH,
    TOKENS,
    app_with,
    ask,
    bearer,
    hashed,
    login,
    tokens,
    with_users,
)

ANNA = login("anna")


@pytest.mark.parametrize(
    ("method", "path", "least"),
    [
        ("GET", "/livez", None),
        ("GET", "/readyz", None),
        ("GET", "/static/main.js", None),
        ("GET", "/alerts/1", None),
        ("GET", "/metrics", "scraper"),
        ("GET", "/api/me", "scraper"),
        ("GET", "/", "viewer"),
        ("GET", "/api/", "viewer"),
        ("GET", "/api/board", "viewer"),
        ("GET", "/api/nothing", "viewer"),
        ("POST", "/api/change", "supervisor"),
        ("DELETE", "/api/board", "supervisor"),
        ("PUT", "/metrics", "supervisor"),
    ],
)
async def test_each_role_may_do_what_those_below_it_may_and_more(
    method: str, path: str, least: Role | None
) -> None:
    """With users configured: nobody, then the four roles from the least to the most."""
    order: list[Role] = list(TOKENS)
    async with client_of(app_with(with_users(tokens=tokens()))) as client:
        nobody = await ask(client, method, path)
        assert (nobody.status == 401) == (least is not None), await nobody.text()
        for role in order:
            answer = await ask(client, method, path, headers=bearer(TOKENS[role]))
            is_allowed = least is None or order.index(role) >= order.index(least)
            assert (answer.status not in (401, 403)) == is_allowed, (role, answer.status)
            if not is_allowed:
                said = await answer.json()
                assert said["error"].startswith(f"the {role} has the role {role}, and {method} on")
                assert f"the role {least}" in said["fix"]


@pytest.mark.parametrize(
    ("access", "ways", "error", "page"),
    [
        (with_users(), 'Basic realm="vigie", charset="UTF-8"', "a password", 401),
        (LiveAccess(Access(tokens=tokens())), 'Bearer realm="vigie"', "the token", 200),
        (
            with_users(tokens=tokens()),
            'Basic realm="vigie", charset="UTF-8", Bearer realm="vigie"',
            "a password or a token",
            401,
        ),
    ],
)
async def test_a_refusal_says_how_to_get_in(
    access: LiveAccess, ways: str, error: str, page: int
) -> None:
    """A browser asks by itself where there are passwords; the page asks for a token."""
    async with client_of(app_with(access)) as client:
        answer = await ask(client, "get", "/api/board")
        said = await answer.json()
        assert (await ask(client, "get", "/")).status == page
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == ways
    assert said["error"] == f"this address needs {error}"
    assert said["fix"]


async def test_a_changed_password_and_a_lost_role_hold_from_the_next_request_on() -> None:
    """Also for those who were let in a moment ago; a new user is let in."""
    access = with_users()
    async with client_of(app_with(access)) as client:
        assert (await ask(client, "post", "/api/change", headers=ANNA)).status == 200
        access.change(replace(access.now, roles={}))
        assert (await ask(client, "post", "/api/change", headers=ANNA)).status == 403
        access.change(replace(access.now, users={"anna": hashed("another"), "new": HASH}))
        assert (await ask(client, "get", "/api/me", headers=ANNA)).status == 401
        assert (await ask(client, "get", "/api/me", headers=login("anna", "another"))).status == 200
        assert (await ask(client, "get", "/api/me", headers=login("new"))).status == 200


@pytest.mark.parametrize("change", [{"users": {"vera": HASH}}, {"roles": {"anna": "viewer"}}])
async def test_an_open_stream_ends_when_its_reader_loses_the_right_to_it(
    change: dict[str, Any],
) -> None:
    """It is never asked again by itself; whoever keeps theirs goes on reading."""
    access = with_users()
    async with client_of(app_with(access)) as client:
        annas = await client.get("/api/stream", headers=ANNA)
        veras = await client.get("/api/stream", headers=login("vera"))
        access.change(replace(access.now, **change))
        with pytest.raises(ClientPayloadError):
            await asyncio.wait_for(annas.content.read(), 20)
        annas.close()
        assert await veras.content.readline() == b"retry: 2000\n"
        veras.close()


async def test_nobody_acts_under_another_name() -> None:
    """A login's name is what is written down; a token without a name says who acts."""
    access = with_users(tokens=[Token(None, "shared" * 4, "admin"), *tokens("admin")])
    cases = [
        (ANNA, "", 200, "anna"),
        (ANNA, " anna ", 200, "anna"),
        (ANNA, "bob", 403, None),
        (bearer(TOKENS["admin"]), "", 200, "the admin"),
        (bearer(TOKENS["admin"]), "anna", 403, None),
        (bearer("shared" * 4), "bob", 200, "bob"),
    ]
    async with client_of(app_with(access)) as client:
        for headers, given, status, by in cases:
            answer = await ask(client, "post", "/api/change", params={"by": given}, headers=headers)
            said = await answer.json()
            assert (answer.status, said.get("by")) == (status, by), (given, said)


async def test_everybody_is_told_who_they_are_taken_for() -> None:
    """So that the page need not ask for a name."""
    async with client_of(app_with(with_users(tokens=tokens("viewer")))) as client:
        anna = await (await ask(client, "get", "/api/me", headers=ANNA)).json()
        token = await (await ask(client, "get", "/api/me", headers=bearer(TOKENS["viewer"]))).json()
    async with client_of(app_with(LiveAccess(Access()))) as client:
        everybody = await (await ask(client, "get", "/api/me")).json()
    async with client_of(build_web_app(busy_centre(), options=WebOptions(token="t"))) as client:
        shared = await (await ask(client, "get", "/api/me", headers=bearer("t"))).json()
    assert anna == {"name": "anna", "role": "supervisor"}
    assert token == {"name": "the viewer", "role": "viewer"}
    assert everybody == shared == {"name": None, "role": "admin"}


async def test_without_any_credentials_everything_is_open() -> None:
    """As on the machine of whoever tries vigie; a password that nobody asked for is ignored."""
    async with client_of(app_with(LiveAccess(Access()))) as client:
        assert (await ask(client, "post", "/api/change", params={"by": "bob"})).status == 200
        assert (await ask(client, "get", "/api/board", headers=ANNA)).status == 200
        assert (await ask(client, "get", "/", headers=bearer("x"))).status == 200
