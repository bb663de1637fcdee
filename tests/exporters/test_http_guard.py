"""Who may ask, and what every answer carries."""

from __future__ import annotations

import pytest

from exporters.http.access import Access, LiveAccess
from exporters.http.app import WebOptions, build_web_app
from exporters.http.guard import host_name, security_headers
from tests.exporters.little_centre import busy_centre
from tests.exporters.served import client_of

TOKEN = "a-token-for-this-test"


def exposition(accept: str) -> tuple[str, bytes]:
    return "text/plain", b""


@pytest.mark.parametrize(
    "path", ["/", "/static/main.js", "/api/board", "/api/nothing", "/livez", "/readyz", "/metrics"]
)
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    """Also errors, health and metrics; nobody is told versions."""
    app = build_web_app(busy_centre(), collector_routes={"/metrics": exposition})
    async with client_of(app) as client:
        headers = (await client.get(path)).headers
    policy = headers["Content-Security-Policy"]
    for part in (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
        "img-src 'self' data:", "frame-ancestors 'none'",
    ):  # fmt: skip
        assert part in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=(), " in headers["Permissions-Policy"]
    assert "fullscreen" not in headers["Permissions-Policy"]
    assert headers["Server"] == "vigie"
    # Over plain HTTP browsers have to ignore it, and no answer ever sets a cookie.
    assert not {"Strict-Transport-Security", "Set-Cookie"} & set(headers)


async def test_numbers_are_never_stored_and_files_are_checked_again() -> None:
    """API answers are ``no-store``; a file that did not change costs no body."""
    async with client_of(build_web_app(busy_centre())) as client:
        assert (await client.get("/api/board")).headers["Cache-Control"] == "no-store"
        first = await client.get("/static/main.js")
        again = await client.get(
            "/static/main.js", headers={"If-None-Match": first.headers["ETag"]}
        )
    assert first.headers["Cache-Control"] == "no-cache"
    assert first.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert again.status == 304


async def test_the_page_may_be_embedded_where_the_settings_say() -> None:
    """``frame_ancestors`` replaces the default and drops the older header."""
    options = WebOptions(frame_ancestors="https://intranet.example")
    async with client_of(build_web_app(busy_centre(), options=options)) as client:
        headers = (await client.get("/")).headers
    assert "frame-ancestors https://intranet.example" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


@pytest.mark.parametrize("text", ["", "'none'; script-src *", "a,b", "a\r\nSet-Cookie: x"])
def test_frame_ancestors_cannot_open_another_directive(text: str) -> None:
    """A value that would change the rest of the policy is refused."""
    with pytest.raises(ValueError, match="frame_ancestors must be"):
        security_headers(text, LiveAccess(Access()))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"Authorization": f"bearer {TOKEN}"}, 200),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Bearer é"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
    ],
)
@pytest.mark.parametrize("path", ["/api/board", "/api/", "/metrics", "/api/nothing"])
async def test_the_token_guards_api_and_metrics(
    path: str, headers: dict[str, str], status: int
) -> None:
    """With the right token only; an unknown address tells a stranger nothing."""
    app = build_web_app(
        busy_centre(), collector_routes={"/metrics": exposition}, options=WebOptions(token=TOKEN)
    )
    async with client_of(app) as client:
        answer = await client.get(path, headers=headers)
        assert answer.status == (404 if path == "/api/nothing" and status == 200 else status)
        if status == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert TOKEN not in await answer.text()


@pytest.mark.parametrize("path", ["/", "/static/wallboard.css", "/livez", "/readyz"])
async def test_page_and_health_need_no_token(path: str) -> None:
    """The page holds no numbers, and a probe has no token."""
    app = build_web_app(busy_centre(), options=WebOptions(token=TOKEN))
    async with client_of(app) as client:
        assert (await client.get(path)).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("192.0.2.7", 200),
        ("board.example", 200),
        ("BOARD.example.:8080", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
    ],
)
async def test_a_foreign_host_name_is_refused(host: str, status: int) -> None:
    """DNS rebinding needs a name; names have to be allowed."""
    app = build_web_app(busy_centre(), options=WebOptions(allowed_hosts=("board.example",)))
    async with client_of(app) as client:
        assert (await client.get("/api/board", headers={"Host": host})).status == status
        assert (await client.get("/livez", headers={"Host": host})).status == 200


async def test_a_star_allows_every_host_name() -> None:
    """For a proxy that checks names itself."""
    app = build_web_app(busy_centre(), options=WebOptions(allowed_hosts=("*",)))
    async with client_of(app) as client:
        assert (await client.get("/api/board", headers={"Host": "any.example"})).status == 200


@pytest.mark.parametrize(
    ("header", "name"),
    [("A.example:80", "a.example"), ("[::1]:80", "::1"), ("[fe80::1]", "fe80::1"), ("x.", "x")],
)
def test_a_host_name_is_read_without_port_and_brackets(header: str, name: str) -> None:
    """Names are compared in lower case and without the final dot."""
    assert host_name(header) == name
