"""Passwords and tokens: which are right, what they cost, and that they never show."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from exporters.http import basic_auth
from exporters.http.access import Access, LiveAccess
from exporters.http.credentials import Basic, Token, principals_of, read_authorization
from tests.exporters.served import client_of
from tests.exporters.served_access import (
    PASSWORD,
    TOKENS,
    app_with,
    ask,
    hashed,
    login,
    with_users,
)

ANNA = login("anna")


@pytest.mark.parametrize(
    ("user", "password", "status"),
    [
        ("anna", PASSWORD, 200),
        ("vera", PASSWORD, 200),
        ("anna", PASSWORD + "x", 401),
        ("anna", "", 401),
        ("bob", PASSWORD, 401),
        ("", PASSWORD, 401),
        ("anna", "é" * 36, 401),
        ("anna", PASSWORD + "x" * 72, 401),
        ("anna", "nul\0byte", 401),
    ],
)
async def test_a_password_lets_its_own_user_in(user: str, password: str, status: int) -> None:
    """Unknown names, longer passwords and odd bytes are as wrong as any other."""
    async with client_of(app_with(with_users())) as client:
        auth = login(user, password)
        assert (await ask(client, "get", "/api/board", headers=auth)).status == status


async def test_a_password_beyond_72_bytes_is_not_cut_to_a_right_one() -> None:
    """bcrypt reads 72 bytes; a longer password is another one."""
    longest = "p" * 72
    access = LiveAccess(Access(users={"anna": hashed(longest)}))
    async with client_of(app_with(access)) as client:
        right = await ask(client, "get", "/api/me", headers=login("anna", longest))
        longer = await ask(client, "get", "/api/me", headers=login("anna", longest + "p"))
    assert (right.status, longer.status) == (200, 401)


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic !", "Basic YW5uYQ==", "Basic /w==", "Digest x", "Bearer", "x", "", "basic  "],
)
def test_what_is_no_credential_is_none(header: str) -> None:
    """Broken base64, no colon, no UTF-8, other schemes."""
    assert read_authorization(header) is None


def test_credentials_never_show_what_they_hold() -> None:
    """In no log and no traceback."""
    assert PASSWORD not in repr(Basic("anna", PASSWORD))
    assert TOKENS["admin"] not in repr(Token("x", TOKENS["admin"], "admin"))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([Token("a", " ", "viewer")], "the token is empty"),
        ([Token("a", "t" * 16, "viewer"), Token("b", "t" * 16, "admin")], "have the same token"),
    ],
)
def test_tokens_that_name_nobody_or_two_are_refused(given: list[Token], problem: str) -> None:
    """An empty token would let everybody in."""
    with pytest.raises(ValueError, match=problem):
        principals_of(given)


async def test_a_right_password_costs_one_check_however_many_ask() -> None:
    """A page asks for thirty files at once, a scrape job once a second."""
    app = app_with(with_users())
    checks = await _passwords_checked(app, [ANNA] * 30)
    assert checks == 1


async def test_a_wrong_password_is_checked_again_each_time() -> None:
    """Only what was right is remembered."""
    wrong = login("anna", "wrong")
    app = app_with(with_users())
    assert await _passwords_checked(app, [wrong, wrong, ANNA], one_by_one=True) == 3


async def test_an_unknown_name_costs_as_much_as_a_wrong_password() -> None:
    """The slow hash is computed for both, so that time tells no names."""
    guesses = [login("anna", "wrong"), login("nobody", "wrong"), login("nobody", "")]
    for guess in guesses:
        assert await _passwords_checked(app_with(with_users()), [guess], one_by_one=True) == 1


async def _passwords_checked(
    app: web.Application, logins: list[dict[str, str]], *, one_by_one: bool = False
) -> int:
    checked = 0
    original = basic_auth._is_same

    def counting(password: str, against: bytes) -> bool:
        nonlocal checked
        checked += 1
        return original(password, against)

    basic_auth._is_same = counting
    try:
        async with client_of(app) as client:
            if one_by_one:
                for one in logins:
                    await ask(client, "get", "/api/me", headers=one)
            else:
                await asyncio.gather(
                    *(ask(client, "get", "/api/me", headers=one) for one in logins)
                )
                await ask(client, "get", "/api/me", headers=logins[0])
    finally:
        basic_auth._is_same = original
    return checked
