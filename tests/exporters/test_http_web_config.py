"""The web configuration file: Prometheus takes the same one, and mistakes are one clear line."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from tests.bench.process import require_program
from tests.bench.prometheus import Prometheus
from tests.exporters.served_access import PASSWORD, hashed
from tests.exporters.web_files import TLS, WebFolder, served
from vigie.cli import run
from vigie.errors import UserError
from vigie.sections_web import Web
from vigie.web_access import WebAccess
from vigie.web_config import read_web_config

WHOLE: dict[str, Any] = {
    "tls_server_config": {
        **TLS,
        "client_auth_type": "VerifyClientCertIfGiven",
        "client_ca_file": "ca.pem",
        "min_version": "TLS12",
        "max_version": "TLS13",
        "cipher_suites": ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"],
        "prefer_server_cipher_suites": True,
    },
    "http_server_config": {
        "http2": True,
        "headers": {
            "Content-Security-Policy": "img-src 'self'",
            "Strict-Transport-Security": "max-age=60",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "deny",
            "X-XSS-Protection": "0",
        },
    },
}
"""All that vigie and the Prometheus of Debian know."""


BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{n}: &{n} [{', '.join(['*' + p] * 9)}]\n" for p, n in itertools.pairwise("abcdefg")
)


@pytest.fixture
def folder(tmp_path: Path) -> WebFolder:
    return WebFolder(tmp_path)


async def test_prometheus_itself_takes_the_file_and_scrapes_vigie_by_it(
    folder: WebFolder, tmp_path: Path
) -> None:
    """promtool finds it good, and a real Prometheus scrapes over its TLS with its password."""
    folder.write(**WHOLE, basic_auth_users=folder.users("prom"))
    promtool = require_program("promtool", "prometheus")
    checked = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "web-config", str(folder.path)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    async with served(folder, users="{prom: scraper}") as web:
        job = {
            "job_name": "vigie",
            "scheme": "https",
            "tls_config": {"ca_file": str(folder.ca_file)},
            "basic_auth": {"username": "prom", "password": PASSWORD},
            "static_configs": [{"targets": [f"localhost:{web.port}"]}],
        }
        config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}
        prometheus = Prometheus(tmp_path / "prometheus", config)
        await asyncio.to_thread(prometheus.start)
        try:
            await asyncio.to_thread(
                prometheus.wait_for, "count_over_time(up[1m]) >= 3 and min_over_time(up[1m]) == 1"
            )
            found = await asyncio.to_thread(prometheus.query, "vigie_contacts_waiting")
        finally:
            await asyncio.to_thread(prometheus.stop)
    assert found
    # What came before the first scrape's password was checked was asked with it.
    assert sum(web.denials.counts.values()) == 0


async def test_headers_of_the_file_come_on_top_and_cannot_weaken_the_policy(
    folder: WebFolder,
) -> None:
    """Two policies hold both, so a second can only be stricter."""
    folder.write(**WHOLE)
    async with served(folder) as web, web.client(folder.context()) as client:
        headers = (await client.get("/")).headers
    first, second = headers.getall("Content-Security-Policy")
    assert first.startswith("default-src 'none'")
    assert second == "img-src 'self'"
    assert headers["Strict-Transport-Security"] == "max-age=60"
    assert headers["X-Frame-Options"] == "deny"
    assert headers["X-XSS-Protection"] == "0"


async def test_the_rate_limit_of_the_file_goes_before_that_of_the_settings(
    folder: WebFolder,
) -> None:
    """Two at once, then one a minute."""
    folder.write(rate_limit={"interval": "1m", "burst": 2})
    async with served(folder) as web, web.client(folder.context()) as client:
        statuses = [(await client.get("/api/me")).status for _ in range(3)]
    assert statuses == [200, 200, 429]


def mistakes() -> list[tuple[dict[str, Any], str]]:
    """What may stand in a file and cannot be, and the line that tells so."""
    tls, auth = "tls_server_config", "client_auth_type"
    anna = "basic_auth_users.anna"
    return [
        ({tls: {"cert_file": "cert.pem"}}, "2: tls_server_config has no key_file. Add key_file:"),
        ({tls: {**TLS, "key_file": "no.pem"}}, "key_file cannot be read (No such file"),
        ({tls: {**TLS, "cert_file": "key.pem"}}, "it holds no certificate in PEM form"),
        ({tls: {**TLS, "key_file": "cert.pem"}}, "it holds no private key in PEM form"),
        ({tls: {**TLS, "key_file": "other.key"}}, "it is not the key of the certificate in"),
        ({tls: {**TLS, "key_file": "locked.pem"}}, "the key has a password. Take it off with"),
        ({tls: {**TLS, "min_version": "TLS10"}}, "must be one of TLS12, TLS13, not 'TLS10'"),
        ({tls: {**TLS, "min_version": "TLS13", "max_version": "TLS12"}}, "is above max_version"),
        ({tls: {**TLS, auth: "RequireAndVerifyClientCert"}}, "needs to know whose clients"),
        ({tls: {**TLS, auth: "RequestClientCert"}}, "must be one of NoClientCert, Verify"),
        ({tls: {**TLS, "client_ca_file": "ca.pem"}}, "no client is asked for a certificate"),
        (
            {tls: {**TLS, "client_ca_file": "key.pem", auth: "VerifyClientCertIfGiven"}},
            "key.pem: it holds no certificate in PEM form",
        ),
        ({tls: {**TLS, "client_allowed_sans": ["a"]}}, "needs a certificate of every client"),
        ({tls: {**TLS, "cipher_suites": ["TLS_RSA_WITH_RC4_128_SHA"]}}, "is unknown or weak"),
        ({tls: {**TLS, "curve_preferences": ["X25519"]}}, "vigie does not take tls_server_config"),
        ({tls: {"cert": "x", "key": "y"}}, "Write the text into a file and name it in"),
        ({"http_server_config": {"headers": {"X-Other": "1"}}}, "not a header that may be set"),
        ({"http_server_config": {"headers": {"X-Frame-Options": "DENY"}}}, "deny or sameorigin"),
        (
            {"http_server_config": {"headers": {"X-XSS-Protection": "0\r\nSet-Cookie: a"}}},
            "is not one line of ASCII text",
        ),
        ({"http_server_config": {"http2": "maybe"}}, "must be true or false, not 'maybe'"),
        ({"basic_auth_users": {"anna": "secret-canary"}}, f"{anna} is not a bcrypt hash"),
        ({"basic_auth_users": {"a:b": hashed().decode()}}, "'a:b' cannot be a user name"),
        (
            {"basic_auth_users": {"anna": hashed().decode().replace("$04$", "$31$")}},
            f"{anna}: bcrypt cost 31 is not from 4 to 15",
        ),
        ({"rate_limit": {"interval": "5", "burst": 1}}, "rate_limit.interval has no unit"),
        ({"rate_limit": {"interval": "1s", "burst": 0}}, "a whole number of at least 1"),
        ({"rate_limits": {}}, "rate_limits is not a setting. Did you mean rate_limit?"),
    ]


@pytest.mark.parametrize(("parts", "line"), mistakes(), ids=lambda value: str(value)[:60])
def test_a_mistake_in_the_file_is_one_line_with_place_and_fix(
    folder: WebFolder, parts: dict[str, Any], line: str
) -> None:
    """And shows nothing of a secret."""
    folder.client("other")
    key = (folder.folder / "key.pem").read_bytes()
    subprocess.run(
        ["openssl", "pkey", "-aes256", "-passout", "pass:x", "-out", folder.folder / "locked.pem"],
        input=key, check=True, capture_output=True,
    )  # fmt: skip
    folder.write(**{"tls_server_config": None, **parts})
    with pytest.raises(UserError) as told:
        read_web_config(folder.path)
    said = str(told.value)
    assert said.startswith(f"{folder.path}:")
    assert line in said
    assert "\n" not in said
    assert told.value.fix
    assert "canary" not in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BOMB, "after expanding aliases"),
        ("[" * 60 + "]" * 60, "nested deeper than 32 levels"),
        ("tls_server_config: !!python/object:os.system x\n", "is not allowed"),
        ("basic_auth_users:\n  a: x\n  a: y\n", "'a' is written twice"),
        ("- a\n", "it is not a mapping"),
        ("a: [\n", "not valid YAML"),
        ("x" * ((1 << 20) + 1), "is larger than 1 MiB"),
    ],
    ids=["bomb", "nesting", "tag", "twice", "list", "open", "large"],
)  # fmt: skip
def test_hostile_files_are_refused_before_they_cost_anything(
    tmp_path: Path, text: str, line: str
) -> None:
    """As the settings file itself."""
    path = tmp_path / "web.yml"
    path.write_text(text)
    with pytest.raises(UserError, match=line):
        read_web_config(path)


def test_what_a_file_names_before_it_is_there_is_found_when_it_comes(
    folder: WebFolder, caplog: pytest.LogCaptureFixture
) -> None:
    """Looked for again and again, told once."""
    folder.write()
    access = WebAccess(Web(config_file=str(folder.path)))
    folder.write(tls_server_config={"cert_file": "later.crt", "key_file": "later.key"})
    assert [access.look_again() for _ in range(5)] == [None] * 5
    assert (access.is_good, len(caplog.records)) == (False, 1)
    folder.client("later")
    found = [one for _ in range(3) if (one := access.look_again()) is not None]
    access.use(found[0])
    assert access.is_good
    assert access.live.now.has_tls


def test_a_role_for_nobody_and_a_name_for_two_are_refused(folder: WebFolder) -> None:
    """The settings and the file have to fit."""
    folder.write(tls_server_config=None, basic_auth_users=folder.users("anna"))
    with pytest.raises(UserError, match=r"web.users.bert: .* has no such user"):
        WebAccess(Web(config_file=str(folder.path), users={"bert": "admin"}))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("web: {users: {anna: admin}}", "and there is no web.config_file with passwords"),
        ("web: {tokens: [{name: a}]}", "web.tokens[0] has no token. Set its token_file."),
        ("web: {tokens: [{name: a, token: short}]}", "is shorter than 16 characters"),
        (
            "web: {tokens: [{name: a, token: 0123456789abcdef, role: boss}]}",
            "web.tokens[0].role must be one of scraper, viewer, supervisor, admin, not 'boss'",
        ),
        (
            "web: {token: 0123456789abcdef, tokens: [{name: a, token: 0123456789abcdef}]}",
            "two tokens are the same",
        ),
        ("web: {trusted_proxies: [proxy.example]}", "is not an address or a network"),
        ("web: {rate_limit: {burst: 0}}", "a whole number from 1 to 100000"),
    ],
)
def test_a_mistake_in_the_settings_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: str, said: str
) -> None:
    """By `vigie settings check`, without the secret."""
    path = tmp_path / "vigie.yaml"
    path.write_text(settings)
    assert run(["settings", "check", str(path)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "0123456789abcdef" not in told


def test_the_commands_check_a_file_and_make_a_line_for_it(
    folder: WebFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """`vigie web hash` makes what `vigie web check` takes; a certificate that ended is told."""
    assert run(["web", "hash", "anna", "--password", PASSWORD, "--cost", "10"]) == 0
    name, _, made = capsys.readouterr().out.strip().partition(": ")
    assert (name, bcrypt.checkpw(PASSWORD.encode(), made.encode())) == ("anna", True)
    folder.write(basic_auth_users={name: made})
    assert run(["web", "check", str(folder.path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{folder.path}: valid, TLS, until 2")
    assert said.endswith(", 1 user, 0 tokens\n")
    folder.issue(days=-1)
    assert run(["web", "check", str(folder.path)]) == 2
    assert "the certificate ended on 2" in capsys.readouterr().err
    assert run(["web", "hash", "anna", "--password", "short"]) == 2
