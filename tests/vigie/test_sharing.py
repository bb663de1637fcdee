"""What the front door does with Redis beside a running worker."""

from __future__ import annotations

import subprocess
import sys

import pytest
from redis import Redis

from tests.bench.redis import RedisServer
from vigie.errors import UserError
from vigie.settings import Settings, load_settings
from vigie.sharing import forget_published


def shared(redis_server: RedisServer) -> Settings:
    """Settings of the application `acme` on the test's Redis."""
    return load_settings(
        None, {"VIGIE_REDIS__URL": redis_server.url, "VIGIE_KAFKA__APP_ID": "acme"}
    )


def test_what_was_published_is_forgotten_with_the_state(redis_server: RedisServer) -> None:
    """That of this application only; the number of the last term stays."""
    with Redis.from_url(redis_server.url) as client:
        for key in ("vigie:{acme}:shard:calls:0", "vigie:{acme}:term", "vigie:{other}:shard:x:0"):
            client.set(key, 1)
        assert forget_published(shared(redis_server)) == 1
        assert set(client.scan_iter()) == {b"vigie:{acme}:term", b"vigie:{other}:shard:x:0"}
    assert forget_published(Settings()) == 0


def test_a_redis_that_does_not_forget_is_one_line_with_the_fix(redis_server: RedisServer) -> None:
    """The state is reset by then: the line says which keys are left to be deleted."""
    settings = shared(redis_server)
    redis_server.kill()
    with pytest.raises(UserError, match="what was published could not be deleted") as caught:
        forget_published(settings)
    assert caught.value.fix == "Delete the keys vigie:{acme}:shard:* in Redis."


def test_one_worker_alone_loads_no_redis_client() -> None:
    """Without `redis.url` nothing of the shared view is even imported."""
    program = (
        "import sys, vigie.cli, vigie.worker, vigie.service; "
        "print([m for m in sys.modules if m.split('.')[0] == 'redis' or 'shared' in m])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "[]\n"), ended.stderr
