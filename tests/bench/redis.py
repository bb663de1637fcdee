"""A Redis of the test's own: no persistence, loopback only."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.bench.process import Process, free_port, require_program


class RedisServer:
    """One redis-server process."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.process = Process(
            "redis-server",
            [
                require_program("redis-server", "redis-server"),
                *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(directory)),
                *("--save", "", "--appendonly", "no", "--enable-debug-command", "local"),
            ],
            directory,
        )

    @property
    def url(self) -> str:
        """What a client connects to."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts Redis; a Redis that was stopped comes back empty."""
        self.process.start(self._answers)

    def stop(self) -> None:
        """Ends Redis cleanly."""
        self.process.stop()

    def kill(self) -> None:
        """Ends Redis at once."""
        self.process.kill()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1.0) as link:
                link.sendall(b"PING\r\n")
                return link.recv(16) == b"+PONG\r\n"
        except OSError:
            return False
