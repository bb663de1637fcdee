"""TLS as clients meet it: versions, certificates on both sides, renewal while it runs."""

from __future__ import annotations

import asyncio
import logging
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from exporters.http.certificates import validity
from tests.exporters.served_access import login
from tests.exporters.web_files import TLS, Served, WebFolder, served, until


@pytest.fixture
def folder(tmp_path: Path) -> WebFolder:
    return WebFolder(tmp_path)


async def test_the_page_comes_over_tls_and_browsers_are_told_to_stay(folder: WebFolder) -> None:
    """The certificate is checked by the client; plain HTTP gets nothing out of the port."""
    folder.write()
    async with served(folder) as web, web.client(folder.context()) as client:
        assert web.url.startswith("https://localhost:")
        answer = await client.get("/")
        assert (answer.status, "vigie" in await answer.text()) == (200, True)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        async with aiohttp.ClientSession() as plain:
            with pytest.raises(aiohttp.ClientError):
                await plain.get(web.url.replace("https", "http"))


@pytest.mark.parametrize(
    ("config", "version", "spoken"),
    [
        ({}, ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
        ({}, ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        ({}, ssl.TLSVersion.TLSv1_1, None),
        ({"min_version": "TLS13"}, ssl.TLSVersion.TLSv1_2, None),
        ({"max_version": "TLS12"}, ssl.TLSVersion.TLSv1_3, None),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_only_the_versions_of_the_file_are_spoken(
    folder: WebFolder, config: dict[str, str], version: ssl.TLSVersion, spoken: str | None
) -> None:
    """Never less than TLS 1.2."""
    folder.write(tls_server_config={**TLS, **config})
    context = folder.context()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    async with served(folder) as web:
        assert await _version(web, context) == spoken


async def test_weak_ciphers_are_not_spoken(folder: WebFolder) -> None:
    """Without forward secrecy, or with CBC; of a list of one only that one."""
    only = ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]
    cases: list[tuple[dict[str, Any], str, str | None]] = [
        ({}, "ECDHE+AESGCM", "TLSv1.2"),
        ({}, "AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA", None),
        ({"cipher_suites": only}, "ECDHE+AES256", "TLSv1.2"),
        ({"cipher_suites": only}, "ECDHE+AESGCM:!AES256", None),
    ]
    for config, ciphers, spoken in cases:
        folder.write(tls_server_config={**TLS, **config})
        context = folder.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        async with served(folder) as web:
            assert await _version(web, context) == spoken, (config, ciphers)


async def _version(web: Served, context: ssl.SSLContext) -> str | None:
    try:
        _, writer = await asyncio.open_connection("localhost", web.port, ssl=context)
    except (ssl.SSLError, ConnectionError):
        return None
    spoken: str = writer.get_extra_info("ssl_object").version()
    writer.close()
    return spoken


@pytest.mark.parametrize(
    ("config", "shown", "status"),
    [
        ({"client_auth_type": "RequireAndVerifyClientCert"}, "scraper", 200),
        ({"client_auth_type": "RequireAndVerifyClientCert"}, "stranger", None),
        ({"client_auth_type": "RequireAndVerifyClientCert"}, None, None),
        ({"client_auth_type": "VerifyClientCertIfGiven"}, None, 200),
        ({"client_auth_type": "VerifyClientCertIfGiven"}, "stranger", None),
        (
            {
                "client_auth_type": "RequireAndVerifyClientCert",
                "client_allowed_sans": ["scraper", "other"],
            },
            "scraper",
            200,
        ),
        (
            {"client_auth_type": "RequireAndVerifyClientCert", "client_allowed_sans": ["other"]},
            "scraper",
            None,
        ),
    ],
)
async def test_clients_show_a_certificate_where_the_file_asks_for_one(
    tmp_path: Path, folder: WebFolder, config: dict[str, Any], shown: str | None, status: int | None
) -> None:
    """Signed by the right authority, and with an allowed name where names are listed."""
    folder.write(tls_server_config={**TLS, "client_ca_file": "ca.pem", **config})
    other = tmp_path / "other"
    other.mkdir()
    owner = WebFolder(other) if shown == "stranger" else folder
    context = folder.context(None if shown is None else owner.client(shown))
    async with served(folder) as web, web.client(context) as client:
        if status is None:
            with pytest.raises((aiohttp.ClientError, ConnectionError)):
                await client.get("/api/me")
        else:
            assert (await client.get("/api/me")).status == status


async def test_a_renewed_certificate_is_shown_without_a_restart(folder: WebFolder) -> None:
    """And connections that are open go on."""
    folder.write()
    async with served(folder) as web:
        open_before = web.client(folder.context())
        stream = await open_before.get("/api/stream")
        before, first = web.access.expires, await _name(web, folder)
        folder.issue("localhost", "new.example", days=200)
        await until(lambda: web.access.expires != before, "the new certificate")
        assert (first, await _name(web, folder)) == ("127.0.0.1", "new.example")
        assert await stream.content.readline() == b"retry: 2000\n"
        stream.close()
        await open_before.close()


async def _name(web: Served, folder: WebFolder) -> str:
    _, writer = await asyncio.open_connection("localhost", web.port, ssl=folder.context())
    names: list[str] = [value for _, value in writer.get_extra_info("peercert")["subjectAltName"]]
    writer.close()
    return next(name for name in names if name != "localhost")


async def test_a_changed_user_holds_without_a_restart(folder: WebFolder) -> None:
    """From a second or two later on; the one that was taken away is shut out."""
    folder.write(basic_auth_users=folder.users("anna"))
    async with served(folder) as web, web.client(folder.context()) as client:
        assert (await client.get("/api/me", headers=login("anna"))).status == 200
        folder.write(basic_auth_users=folder.users("bert"))
        await until(lambda: "bert" in web.access.live.now.users, "the new user")
        assert (await client.get("/api/me", headers=login("bert"))).status == 200
        assert (await client.get("/api/me", headers=login("anna"))).status == 401


@pytest.mark.parametrize("broken", ["web.yml", "cert.pem", "key.pem"])
async def test_a_broken_file_keeps_the_one_before_it_and_is_told(
    folder: WebFolder, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log once and as a metric; mended, it holds again."""
    folder.write()
    async with served(folder) as web, web.client(folder.context()) as client:
        whole = (folder.folder / broken).read_bytes()
        assert await _is_good(client) == 1
        (folder.folder / broken).write_bytes(whole[: len(whole) // 2])
        await until(lambda: not web.access.is_good, "the broken file to be seen")
        assert await _is_good(client) == 0
        await until(lambda: len(caplog.records) >= 1, "a line of the log")
        (folder.folder / broken).write_bytes(whole)
        await until(lambda: web.access.is_good, "the mended file")
        assert await _is_good(client) == 1
    errors = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert len(errors) == 1
    assert errors[0].startswith(f"web configuration: {folder.folder}")
    assert errors[0].endswith("The one before holds.")


async def _is_good(client: aiohttp.ClientSession) -> float:
    text = await (await client.get("/metrics")).text()
    name = "vigie_web_config_last_reload_successful "
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name))


async def test_tls_is_not_switched_off_behind_the_back_of_who_trusts_it(folder: WebFolder) -> None:
    """A file without it is refused until the next start."""
    folder.write()
    async with served(folder) as web, web.client(folder.context()) as client:
        folder.write(tls_server_config=None, basic_auth_users=folder.users("anna"))
        await until(lambda: not web.access.is_good, "the change to be refused")
        assert (await client.get("/api/me")).status == 200


async def test_a_certificate_that_ends_soon_or_has_ended_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """vigie serves on, as its alerts must not end with a certificate; clients refuse it."""
    for days, level in ((90, None), (5, logging.WARNING), (-1, logging.ERROR)):
        one = tmp_path / str(days)
        one.mkdir()
        folder = WebFolder(one)
        folder.issue(days=days)
        folder.write()
        caplog.clear()
        async with served(folder) as web, web.client(folder.context()) as client:
            if days < 0:
                with pytest.raises(aiohttp.ClientConnectorCertificateError):
                    await client.get("/api/me")
            else:
                text = await (await client.get("/metrics")).text()
                assert "vigie_web_certificate_expiry_timestamp_seconds " in text
        assert [one.levelno for one in caplog.records] == ([] if level is None else [level])


@pytest.mark.parametrize("years", [1, 40])
def test_the_end_of_a_certificate_is_read_from_both_forms_of_time(
    folder: WebFolder, years: int
) -> None:
    """UTCTime up to 2049, GeneralizedTime from 2050 on."""
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=365 * years)
    start = end - timedelta(days=365 * years + 7)
    issued = folder.authority.issue_cert("x", not_before=start, not_after=end)
    assert validity(issued.cert_chain_pems[0].bytes().decode()) == (start, end)


@pytest.mark.parametrize("cut", range(0, 400, 23))
def test_a_cut_certificate_is_an_error_and_never_a_date(folder: WebFolder, cut: int) -> None:
    """Whatever bytes stand between the lines."""
    der = ssl.PEM_cert_to_DER_cert((folder.folder / "cert.pem").read_text().split("\n\n")[0])
    with pytest.raises(ValueError, match="certificate"):
        validity(ssl.DER_cert_to_PEM_cert(der[:cut]))
