"""Redis as the stack starts it: the workers' user may do what they need and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError
from redis.retry import Retry

from exporters.shared import scripts
from exporters.shared.lease import Lease
from exporters.shared.store import Asked, Place, Publication, Store
from tests.bench.process import free_port, require_program
from tests.bench.receiver import until
from tests.compose.stack_files import DEPLOY, laid_out, services
from tests.compose.stack_redis import StackRedis

pytestmark = pytest.mark.component
ONCE = Retry(NoBackoff(), 0)
HERE = Place("calls", 0)
FIRST = Publication(
    owner="a", generation=5, offset=100, seq=1, acked=0, is_whole=True, record=b"one",
    gone=(), rows={1: b"1", 2: b"2", 3: b"3"},
)  # fmt: skip


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackRedis]:
    """The stack's Redis as a process, from the stack's files."""
    server = StackRedis(laid_out(tmp_path_factory.mktemp("stack")))
    with ExitStack() as stack:
        stack.callback(server.process.kill)
        server.start()
        yield server


def test_workers_do_all_they_need(redis: StackRedis) -> None:
    """Publish, change, beat, read, hold and release the lease, forget: with an empty script
    cache as well, and without one refusal."""

    async def work() -> None:
        store = Store(redis.url, "acl", username="vigie", password=redis.password)
        await store.ping()
        beats = [(HERE, "a", 5, 1)]
        assert await store.beat(beats) == ["everything"]  # loads a script
        assert await store.publish(HERE, FIRST) == "written"
        changed = Publication(
            owner="a", generation=5, offset=110, seq=2, acked=1, is_whole=False, record=b"two",
            gone=(3,), rows={2: b"new"},
        )  # fmt: skip
        assert await store.publish(HERE, changed) == "written"
        assert await store.beat([(HERE, "a", 5, 2)]) == ["fresh"]
        (found,) = await store.read([Asked(HERE, b"", 0, True)])
        assert found is not None
        assert found.rows == {1: b"1", 2: b"new"}
        lease = Lease(store, 1_000)
        keeping = asyncio.create_task(lease.run())
        await until(lease.is_held, "the lease")
        keeping.cancel()
        await lease.release()
        assert await store.forget() == 3
        assert store.is_up
        assert not store.failures
        await store.close()

    asyncio.run(work())


def test_every_right_has_its_use() -> None:
    """The commands of the scripts, what runs the scripts, and what `vigie state reset` needs."""
    (line,) = [
        line
        for line in (DEPLOY / "redis" / "users.acl").read_text().splitlines()
        if line.startswith("user vigie ")
    ]
    rights = {word.removeprefix("+") for word in line.split() if word.startswith("+")}
    texts = " ".join(text for name, text in vars(scripts).items() if name.isupper())
    called = {name.lower() for name in re.findall(r"redis\.call\('(\w+)'", texts)}
    assert rights - called == {"ping", "hello", "eval", "evalsha", "script|load", "scan"}
    assert called <= rights
    assert "@" not in line
    assert [word for word in line.split() if word.startswith("~")] == ["~vigie:*"]


@pytest.mark.parametrize(
    "command",
    [
        ("KEYS", "*"), ("FLUSHALL",), ("FLUSHDB",), ("CONFIG", "GET", "*"), ("ACL", "LIST"),
        ("SAVE",), ("SHUTDOWN",), ("MONITOR",), ("REPLICAOF", "NO", "ONE"),
        ("CLIENT", "KILL", "TYPE", "normal"), ("MODULE", "LIST"), ("SCRIPT", "FLUSH"), ("INFO",),
        ("SUBSCRIBE", "x"), ("MIGRATE", "127.0.0.1", "1", "vigie:a", "0", "1"),
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_and_nothing_else(redis: StackRedis, command: tuple[str, ...]) -> None:
    """Whoever takes over a worker cannot look around, stop Redis or change its settings."""
    with redis.client() as client, pytest.raises(NoPermissionError):
        client.execute_command(*command)


def test_keys_of_others_are_closed(redis: StackRedis) -> None:
    """Also from within a script."""
    with redis.client() as client:
        client.set("vigie:x", "1")
        with pytest.raises(NoPermissionError):
            client.set("other", "1")
        with pytest.raises(ResponseError, match=r"(?i)permission"):
            client.eval("return redis.call('SET', KEYS[1], '1')", 1, "other")
        client.delete("vigie:x")


def test_nobody_else_gets_in(redis: StackRedis) -> None:
    """The default user is off, a wrong password is refused."""
    with Redis(port=redis.port, retry=ONCE) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()
    with (
        Redis(port=redis.port, username="vigie", password="guess", retry=ONCE) as stranger,
        pytest.raises(AuthenticationError),
    ):
        stranger.ping()


def test_the_default_user_has_no_way_in_at_all(tmp_path: Path) -> None:
    """Off, without `nopass` and without commands: protected mode stays quiet about friends."""
    folder = laid_out(tmp_path / "stack")
    users = folder / "deploy" / "redis" / "users.acl"
    users.write_text(users.read_text() + "user looker on nopass ~* +acl|getuser\n")
    server = StackRedis(folder)
    try:
        server.start()
        with Redis(port=server.port, username="looker", password="x") as looker:
            found = looker.acl_getuser("default")
        assert found is not None
        assert "off" in found["flags"]
        assert "nopass" not in found["flags"]
        assert (found["commands"], found["categories"]) == ([], ["-@all"])
    finally:
        server.process.kill()


def test_the_password_is_nowhere_but_in_the_secret(redis: StackRedis) -> None:
    """Not among arguments and variables of the process, not in its users, not in its log."""
    pid = redis.process.pid
    for name in ("cmdline", "environ"):
        assert redis.password.encode() not in Path(f"/proc/{pid}/{name}").read_bytes()
    users = redis.users.read_text()
    assert redis.password not in users
    assert hashlib.sha256(redis.password.encode()).hexdigest() in users
    assert redis.users.stat().st_mode & 0o777 == 0o600
    assert redis.password not in redis.process.log_path.read_text()


def test_full_is_refused_and_nothing_is_lost_for_it(redis: StackRedis) -> None:
    """No eviction, and below the container's memory with room for buffers."""
    lines = (DEPLOY / "redis" / "redis.conf").read_text().splitlines()
    settings = dict(line.split(maxsplit=1) for line in lines if line and line[0] != "#")
    assert settings["maxmemory-policy"] == "noeviction"
    assert int(settings["maxmemory"].removesuffix("mb")) * 1.4 < int(
        services()["redis"]["mem_limit"].removesuffix("m")
    )
    assert settings["protected-mode"] == "yes"
    assert (settings["save"], settings["appendonly"]) == ('""', "no")


def test_the_health_check_asks_redis_itself(redis: StackRedis) -> None:
    """Well while it runs; not with another password, and not when nobody is there."""
    assert redis.healthy() == 0
    wrong = redis.folder / "wrong"
    wrong.write_text("guess\n")
    assert redis.healthy(secret=wrong) != 0
    assert redis.healthy(port=free_port()) != 0


def test_without_its_secret_it_says_so_and_ends(tmp_path: Path) -> None:
    """One line, no Redis that anybody can enter."""
    require_program("redis-server", "redis-server")
    empty = tmp_path / "empty"
    empty.write_text("")
    for secret in (tmp_path / "missing", empty):
        env = {
            **os.environ,
            "REDIS_CONF": str(DEPLOY / "redis"),
            "REDIS_PASSWORD_FILE": str(secret),
        }
        done = subprocess.run(
            ["sh", DEPLOY / "redis" / "start.sh"], env=env, capture_output=True, text=True
        )
        assert done.returncode == 2
        assert done.stderr == (
            f"redis: the secret {secret} is missing or empty: run sh deploy/secrets.sh\n"
        )
        assert done.stdout == ""


def test_a_rotated_password_counts_after_a_restart(tmp_path: Path) -> None:
    """The old one is refused then."""
    folder = laid_out(tmp_path / "stack")
    server = StackRedis(folder)
    try:
        server.start()
        old = server.password
        server.process.stop()
        secret = folder / "secrets" / "redis_password"
        secret.unlink()
        secret.write_text("another one that the operator chose\r\n")
        server.start()
        with server.client() as client:
            assert client.ping()
        with (
            Redis(port=server.port, username="vigie", password=old, retry=ONCE) as late,
            pytest.raises(AuthenticationError),
        ):
            late.ping()
    finally:
        server.process.kill()
