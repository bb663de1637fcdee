"""Kafka and Redis that ask who comes, the rights that the page of security gives, and the users.

Every secret here holds the word canary, which nothing that vigie prints may hold.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from confluent_kafka.admin import AclOperation, ResourcePatternType, ResourceType
from msgspec import Struct

from tests.bench.certificates import Authority
from tests.bench.secure_kafka import SecureKafka
from tests.bench.secure_redis import SecureRedis
from tests.e2e.front_door import ROOT, FrontDoor

PAGE = (ROOT / "docs/security.md").read_text()
USERS_ACL = (ROOT / "deploy/redis/users.acl").read_text()
KINDS = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional id": ResourceType.TRANSACTIONAL_ID,
}
USERS = {"worker": "w-canary-1", "source": "s-canary-2", "operator": "o-canary-3"}
OFFICES = {"worker": "worker", "source": "`vigie send`", "operator": "`vigie topics create`"}
CANARY = "canary-5, a secret that nobody may ever see"


class Right(Struct, frozen=True):
    """One line of the table: somebody may do something with what is so named."""

    kind: str
    name: str
    operations: tuple[str, ...]


class Site(Struct, frozen=True):
    """A Kafka and a Redis that know their clients, and files with passwords."""

    kafka: SecureKafka
    redis: SecureRedis
    authority: Authority
    folder: Path


def rights(office: str) -> list[Right]:
    """What the page says that somebody needs."""
    lines = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    found = [
        Right(kind, name, tuple(operations.split(", ")))
        for who, kind, names, operations in lines
        if who == office and kind in KINDS
        for name in re.findall(r"`([^`]+)`", names)
    ]
    assert found, office
    return found


def allow(kafka: SecureKafka, principal: str, right: Right, prefix: str) -> None:
    """Makes one rule, for the topics of one test."""
    app = f"{prefix}vigie"
    name = right.name.replace("{app_id}", app) if "{" in right.name else prefix + right.name
    if right.name == "vigie topics list":
        name = f"{prefix}*"
    kafka.allow(
        principal,
        KINDS[right.kind],
        name.removesuffix("*"),
        *(AclOperation[operation.upper()] for operation in right.operations),
        pattern=ResourcePatternType.PREFIXED if name.endswith("*") else ResourcePatternType.LITERAL,
    )


@contextmanager
def secure_site(folder: Path) -> Iterator[Site]:
    """Starts both servers; who may do what is up to each test."""
    authority = Authority(folder / "certificates")
    kafka = SecureKafka(folder / "broker", authority, USERS)
    acl = re.search(r"^user vigie reset on #PASSWORD_SHA256 (.+)$", USERS_ACL, re.MULTILINE)
    assert acl is not None
    redis = SecureRedis(folder / "shared", authority, "vigie", "r-canary-4", acl[1])
    for name, password in {**USERS, "redis": "r-canary-4"}.items():
        (folder / name).write_text(f"{password}\n")
    try:
        kafka.start()
        redis.start()
        yield Site(kafka, redis, authority, folder)
    finally:
        kafka.stop()
        redis.stop()


def with_password(site: Site, user: str, prefix: str) -> dict[str, Any]:
    """Settings of Kafka for a user over TLS."""
    return {
        "bootstrap_servers": site.kafka.sasl_servers,
        "security_protocol": "SASL_SSL",
        "sasl_username": user,
        "sasl_password_file": str(site.folder / user),
        "ssl_cafile": str(site.authority.certificate),
        **names(prefix),
    }


def with_certificate(site: Site, user: str, prefix: str) -> dict[str, Any]:
    """Settings of Kafka for a client that shows a certificate."""
    certificate, key = site.authority.client(user)
    return {
        "bootstrap_servers": site.kafka.tls_servers,
        "security_protocol": "SSL",
        "ssl_cafile": str(site.authority.certificate),
        "ssl_certfile": str(certificate),
        "ssl_keyfile": str(key),
        **names(prefix),
    }


def names(prefix: str) -> dict[str, Any]:
    """Settings that keep one test out of the way of the others."""
    return {
        "topic_prefix": prefix,
        "app_id": f"{prefix}vigie",
        "partitions": 1,
        "checkpoint_interval": "200ms",
    }


def shared(site: Site) -> dict[str, Any]:
    """Settings of Redis over TLS, both sides with certificates."""
    return {
        "url": site.redis.url,
        "username": "vigie",
        "password_file": str(site.folder / "redis"),
        "ssl_cafile": str(site.authority.certificate),
        "ssl_certfile": str(site.redis.certificate),
        "ssl_keyfile": str(site.redis.key),
    }


class CanaryDoor(FrontDoor):
    """The commands of vigie, of which none may ever print a secret of these tests."""

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        ended = super().run(*arguments)
        assert "canary" not in ended.stdout + ended.stderr, arguments
        return ended

    def close(self) -> None:
        super().close()
        for printed in (*self.folder.glob("*.out"), *self.folder.glob("*.err")):
            assert "canary" not in printed.read_text(), printed


Doors: TypeAlias = Callable[..., CanaryDoor]


@contextmanager
def canary_doors(folder_of_all: Path) -> Iterator[Doors]:
    """Gives the commands of vigie for some settings of Kafka and more."""
    opened: list[CanaryDoor] = []

    def door(kafka: dict[str, Any], **more: Any) -> CanaryDoor:
        folder = folder_of_all / f"door-{len(opened)}"
        folder.mkdir()
        opened.append(
            CanaryDoor(folder, {"kafka": kafka, "privacy": {"customer_key_secret": CANARY}, **more})
        )
        return opened[-1]

    yield door
    for one in opened:
        one.close()
