"""Redis of the stack as a plain process: its own start script, settings and secret."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from redis import Redis

from tests.bench.process import Process, free_port, require_program


class StackRedis:
    """What the service ``redis`` runs, on a free loopback port."""

    def __init__(self, folder: Path) -> None:
        """``folder`` holds ``deploy`` and ``secrets``."""
        require_program("redis-server", "redis-server")
        self.folder = folder
        self.port = free_port()
        self._conf = folder / "deploy" / "redis"
        self._secret = folder / "secrets" / "redis_password"
        run = folder / "run-redis"
        run.mkdir()
        self.users = run / "users.acl"
        config = self._conf / "redis.conf"
        config.write_text(
            config.read_text()
            .replace("/tmp/users.acl", str(self.users))
            .replace("dir /tmp", f"dir {run}")
            .replace("bind * -::*", "bind 127.0.0.1")
            .replace("port 6379", f"port {self.port}")
        )
        self.process = Process("redis", ["sh", str(self._conf / "start.sh")], run, self._env())

    @property
    def url(self) -> str:
        """What a client connects to."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def password(self) -> str:
        """The secret as it is now."""
        return self._secret.read_text().rstrip("\r\n")

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self.process.start(self._answers)

    def client(self) -> Redis:
        """A client with the workers' user."""
        return Redis(port=self.port, username="vigie", password=self.password)

    def healthy(self, *, secret: Path | None = None, port: int | None = None) -> int:
        """The exit code of the health check."""
        done = subprocess.run(
            ["sh", str(self._conf / "healthy.sh")],
            env={
                **self._env(),
                "REDIS_PORT": str(port or self.port),
                "REDIS_PASSWORD_FILE": str(secret or self._secret),
            },
            capture_output=True,
        )
        return done.returncode

    def _env(self) -> dict[str, str]:
        return {
            **os.environ,
            "REDIS_CONF": str(self._conf),
            "REDIS_PASSWORD_FILE": str(self._secret),
            "REDIS_USERS": str(self.users),
        }

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1.0) as link:
                link.sendall(b"PING\r\n")
                return link.recv(64).startswith((b"-NOAUTH", b"-DENIED"))
        except OSError:
            return False
