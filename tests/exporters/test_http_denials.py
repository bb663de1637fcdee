"""Who is refused for asking too often, and what is written down of refusals."""

from __future__ import annotations

import asyncio
import logging

import pytest
from aiohttp import ClientSession

from exporters.http.access import Access, LiveAccess
from exporters.http.client_address import networks
from exporters.http.denials import Denials
from exporters.http.rate_limit import RateLimit
from tests.exporters.served import client_of
from tests.exporters.served_access import (
    Clock,
    app_with,
    ask,
    bearer,
    login,
    with_users,
)

ANNA = login("anna")


async def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    """Each user has a bucket of their own, strangers one for each address; health has none."""
    access = with_users(rate_limit=RateLimit(interval_s=60.0, burst=4))
    async with client_of(app_with(access)) as client:
        statuses = [(await ask(client, "get", "/api/me", headers=ANNA)).status for _ in range(5)]
        late = await ask(client, "get", "/api/me", headers=ANNA)
        said = await late.json()
        assert [(await ask(client, "get", "/livez")).status for _ in range(9)] == [200] * 9
        vera = await ask(client, "get", "/api/me", headers=login("vera"))
    # The first one was a stranger's until the password was checked.
    assert statuses == [200, 200, 200, 200, 200]
    assert late.status == 429
    assert 1 <= int(late.headers["Retry-After"]) <= 60
    assert (said["error"], vera.status) == ("too many requests", 200)


async def test_a_stream_counts_once_however_long_it_lasts() -> None:
    """A wallboard asks once and reads for days."""
    access = LiveAccess(Access(rate_limit=RateLimit(interval_s=60.0, burst=1)))
    async with client_of(app_with(access)) as client:
        stream = await client.get("/api/stream")
        assert await stream.content.readline() == b"retry: 2000\n"
        assert (await ask(client, "get", "/api/me")).status == 429
        stream.close()


async def test_strangers_behind_a_trusted_proxy_are_told_apart() -> None:
    """By what the proxy says; behind one that is not trusted they are one."""
    limit = RateLimit(interval_s=60.0, burst=1)
    for proxies, second in ((["127.0.0.0/8"], 200), ([], 429)):
        access = Access(rate_limit=limit, trusted_proxies=networks(proxies))
        async with client_of(app_with(LiveAccess(access))) as client:
            for address, status in (("203.0.113.1", 200), ("203.0.113.2", second)):
                answer = await ask(client, "get", "/api/me", headers={"X-Forwarded-For": address})
                assert answer.status == status


async def test_after_wrong_passwords_the_address_waits_but_nobody_who_is_in() -> None:
    """Five wrong ones, then not even a right new one is looked at for a while."""
    denials = Denials(Clock())
    async with client_of(app_with(with_users(), denials)) as client:
        assert (await ask(client, "get", "/api/me", headers=ANNA)).status == 200
        vera = login("vera")
        wrong = [await _guess(client, n) for n in range(5)]
        refused = await ask(client, "get", "/api/me", headers=vera)
        said = await refused.json()
        assert (await ask(client, "get", "/api/me", headers=ANNA)).status == 200
        for _ in range(300):
            late = (await ask(client, "get", "/api/me", headers=vera)).status
            if late == 200:
                break
            await asyncio.sleep(0.1)
    assert (wrong, late) == ([401] * 5, 200)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    assert said["error"] == "too many wrong passwords from this address"
    assert denials.counts["wrong_credentials"] == 5
    assert denials.counts["failures"] >= 1


async def _guess(client: ClientSession, n: int) -> int:
    return (await ask(client, "get", "/api/me", headers=login("anna", f"guess {n}"))).status


async def test_refused_requests_are_logged_without_secrets_and_on_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Address, path and reason; no query, no password, no name that nobody has."""
    with caplog.at_level(logging.INFO, "exporters.http.denials"):
        async with client_of(app_with(with_users())) as client:
            await ask(
                client, "get", "/api/board?secret=canary1", headers=login("canary2", "canary3")
            )
            await ask(client, "get", "/api/x%0Aforged%1b[31m", headers=bearer("canary4"))
            await ask(client, "post", "/api/change", headers=login("vera"))
            await ask(client, "get", "/api/me", headers={"Host": "evil.example"})
    assert [record.getMessage() for record in caplog.records] == [
        "refused (wrong_credentials) GET /api/board from 127.0.0.1",
        "refused (wrong_credentials) GET /api/x\\nforged\\x1b[31m from 127.0.0.1",
        "refused (role) POST /api/change from 127.0.0.1 as vera",
        "refused (host) GET /api/me from 127.0.0.1",
    ]


def test_a_flood_of_refusals_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Twenty lines, then one in three seconds that says how many there were between."""
    clock = Clock()
    denials = Denials(clock)
    with caplog.at_level(logging.INFO, "exporters.http.denials"):
        for _ in range(1_000):
            denials.add("rate", "192.0.2.1", "GET", "/" + "x" * 500)
        clock.now_s += 3
        denials.add("rate", "192.0.2.1", "GET", "/y")
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 21
    assert max(map(len, lines)) < 150
    assert lines[-1].endswith("GET /y from 192.0.2.1 (980 more were not written)")
    assert denials.counts["rate"] == 1_001
