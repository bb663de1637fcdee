"""What vigie says when Kafka or Redis does not let it in: one line with the fix."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporters.shared.store import Place, Store, StoreError
from tests.bench.certificates import Authority
from tests.bench.secure_redis import SecureRedis
from tests.e2e.secure_site import (
    Doors,
    Site,
    names,
    shared,
    with_certificate,
    with_password,
)


def wrong_password(secure_site: Site, tmp_path: Path) -> dict[str, Any]:
    return {
        **with_password(secure_site, "worker", "x."),
        "sasl_password_file": str(secure_site.folder / "redis"),
    }


def wrong_authority(secure_site: Site, tmp_path: Path) -> dict[str, Any]:
    other = Authority(tmp_path / "other")
    return {**with_password(secure_site, "worker", "x."), "ssl_cafile": str(other.certificate)}


def no_certificate(secure_site: Site, tmp_path: Path) -> dict[str, Any]:
    found = with_certificate(secure_site, "worker", "x.")
    return {name: value for name, value in found.items() if name not in _OWN}


_OWN = ("ssl_certfile", "ssl_keyfile")


def in_clear(secure_site: Site, tmp_path: Path) -> dict[str, Any]:
    return {"bootstrap_servers": secure_site.kafka.sasl_servers, **names("x.")}


def tls_to_a_clear_port(secure_site: Site, tmp_path: Path) -> dict[str, Any]:
    found = with_password(secure_site, "worker", "x.")
    return {**found, "bootstrap_servers": secure_site.kafka.bootstrap_servers}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            wrong_password,
            (
                "SERVER answers and then refuses us: check kafka.sasl_username and its password "
                "(SCRAM-SHA-512), or kafka.ssl_certfile"
            ),
        ),
        (
            wrong_authority,
            (
                "the certificate of SERVER is not trusted (unable to get local issuer "
                "certificate): set kafka.ssl_cafile to that of its authority, and use a name that "
                "it bears"
            ),
        ),
        (
            no_certificate,
            (
                "SERVER answers and then refuses us: check kafka.sasl_username and its password "
                "(SCRAM-SHA-512), or kafka.ssl_certfile"
            ),
        ),
        (
            in_clear,
            (
                "SERVER answers, but not as a Kafka broker that takes clients in clear: if it "
                "wants TLS or a password, set kafka.security_protocol"
            ),
        ),
        (
            tls_to_a_clear_port,
            (
                "SERVER answers, but does not agree on TLS with us: set the port of its TLS "
                "listener, or kafka.security_protocol to what it speaks"
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_link_to_kafka_is_one_line_with_the_fix(
    secure_site: Site,
    doors: Doors,
    tmp_path: Path,
    wrong: Callable[[Site, Path], dict[str, Any]],
    said: str,
) -> None:
    settings = wrong(secure_site, tmp_path)
    said = said.replace("SERVER", settings["bootstrap_servers"])

    ended = doors(settings).run("worker")

    assert (ended.returncode, ended.stderr) == (2, f"vigie: {said}.\n")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password_file": "worker"}, "invalid username-password pair"),
        ({"ssl_cafile": None}, "certificate verify failed"),
        # Redis hangs up so soon that its word may not arrive.
        (
            {"ssl_certfile": None, "ssl_keyfile": None},
            "certificate required|Connection reset by peer",
        ),
    ],
)
def test_what_is_wrong_with_a_link_to_redis_is_one_line_with_the_fix(
    secure_site: Site, doors: Doors, changed: dict[str, Any], said: str
) -> None:
    redis = {**shared(secure_site), **changed}
    if redis["password_file"] == "worker":
        redis["password_file"] = str(secure_site.folder / "worker")
    settings = {name: value for name, value in redis.items() if value is not None}
    door = doors(with_password(secure_site, "worker", "x."), redis=settings)

    ended = door.run("doctor")

    told = [line for line in ended.stdout.splitlines() if line.startswith("FIX redis")]
    assert len(told) == 1, ended.stdout
    assert re.search(said, told[0])
    assert "or, if it asks for one, redis.ssl_certfile" in told[0]
    assert ended.returncode == 2


def test_what_redis_forbids_is_told_with_the_place_to_look(
    tmp_path: Path, secure_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """One command of the scripts is missing in the rights: the log says so."""
    server = SecureRedis(
        tmp_path,
        secure_site.authority,
        "vigie",
        "r-canary-4",
        "~vigie:* +@read +@write +@scripting",
    )
    server.start()
    try:
        asyncio.run(refused_by(server, secure_site))
    finally:
        server.stop()
    assert "our user may not do all of it: docs/security.md lists what it needs" in caplog.text


async def refused_by(server: SecureRedis, site: Site) -> None:
    """Publishes, which must fail."""
    store = Store(
        server.url, "test", username="vigie", password="r-canary-4",
        ssl_ca_certs=str(site.authority.certificate),
        ssl_certfile=str(server.certificate), ssl_keyfile=str(server.key),
    )  # fmt: skip
    with pytest.raises(StoreError):
        await store.beat([(Place("calls", 0), "me", 1, 1)])
    await store.close()
