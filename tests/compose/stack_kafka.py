"""Kafka of the stack as a plain process: its own start script and server.properties."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

from tests.bench.kafka import LIBS
from tests.bench.process import Process, free_port, is_open, require_program

SERVER, STORAGE = "kafka.Kafka", "kafka.tools.StorageTool"


class StackKafka:
    """What the service ``kafka`` runs, on free loopback ports, with its data in the folder.

    The distribution's two scripts that ``start.sh`` calls are short ones around the same classes.
    """

    def __init__(self, folder: Path) -> None:
        """``folder`` holds ``deploy``."""
        self.port = free_port()
        self._conf = folder / "deploy" / "kafka"
        self.data = folder / "run-kafka" / "data"
        self.data.mkdir(parents=True)
        self.properties = self._conf / "server.properties"
        text = self.properties.read_text()
        for old, new in {
            "kafka:9092": f"127.0.0.1:{self.port}",
            "PLAINTEXT://:9092": f"PLAINTEXT://127.0.0.1:{self.port}",
            "127.0.0.1:9093": f"127.0.0.1:{free_port()}",
            "/var/lib/kafka/data": str(self.data),
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        self.properties.write_text(text)
        self._home = self._make_home(folder / "kafka-home")
        self.process = Process(
            "kafka", ["sh", str(self._conf / "start.sh")], folder / "run-kafka", self._env()
        )

    @property
    def bootstrap_servers(self) -> str:
        """What a client connects to."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and waits until its health check is content."""
        self.process.start(lambda: is_open(self.port) and self.healthy() == 0)

    def healthy(self, port: int | None = None) -> int:
        """The exit code of the health check."""
        done = subprocess.run(
            ["bash", str(self._conf / "healthy.sh")],
            env={**os.environ, "KAFKA_PORT": str(port or self.port)},
            capture_output=True,
            timeout=30,
        )
        return done.returncode

    def cluster_id(self) -> str:
        """The id that the data folder bears."""
        found = re.search(
            r"^cluster.id=(.+)$", (self.data / "meta.properties").read_text(), re.MULTILINE
        )
        assert found is not None
        return found[1]

    def _make_home(self, home: Path) -> Path:
        java = require_program("java", "default-jre-headless")
        (home / "bin").mkdir(parents=True)
        for name, main in (("kafka-server-start.sh", SERVER), ("kafka-storage.sh", STORAGE)):
            command = shlex.join([java, "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{LIBS}/*", main])
            script = home / "bin" / name
            script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            script.chmod(0o755)
        return home

    def _env(self) -> dict[str, str]:
        return {
            **os.environ, "KAFKA_HOME": str(self._home), "KAFKA_PROPERTIES": str(self.properties),
        }  # fmt: skip
