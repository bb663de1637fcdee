"""The stack as plain processes: the same files, commands and environment as in containers.

Only addresses, ports and paths are replaced. Each worker has a loopback address of its own and all
of them the same port, as replicas of a service have.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.bench.monitoring_files import local_alertmanager, local_prometheus
from tests.bench.process import Process, free_port, require_program, wait_until
from tests.bench.web import answers
from tests.compose.name_server import NameServer
from tests.compose.stack_files import ROOT, laid_out, services
from tests.compose.stack_kafka import StackKafka
from tests.compose.stack_redis import StackRedis

WORKERS = 3
CHECK_TIMEOUT_S = 30.0


class Stack:
    """All services; ``start`` brings them up in the order of their dependencies."""

    def __init__(self, folder: Path, *, webhook_url: str, watchdog_url: str) -> None:
        """Alertmanager's two secrets are addresses, given here."""
        self.folder = laid_out(folder)
        self._hooks = {
            "/run/secrets/alert_webhook_url": webhook_url,
            "/run/secrets/alert_watchdog_url": watchdog_url,
        }
        self.names = NameServer()
        self.kafka = StackKafka(self.folder)
        self.redis = StackRedis(self.folder)
        self.worker_port, self.door_port = free_port(), free_port()
        self.prometheus_port, self.alertmanager_port = free_port(), free_port()
        self.hosts = [f"127.0.0.{2 + n}" for n in range(WORKERS)]
        self.workers: dict[str, Process] = {}
        self._at_end = ExitStack()

    def secret(self, name: str) -> str:
        """A secret, such as the bearer token ``viewer_token``."""
        return (self.folder / "secrets" / name).read_text().strip()

    @property
    def door_url(self) -> str:
        """Where the wallboard is, however many workers there are."""
        return f"http://127.0.0.1:{self.door_port}"

    @property
    def alertmanager_url(self) -> str:
        """Where Alertmanager is."""
        return f"http://127.0.0.1:{self.alertmanager_port}"

    @property
    def prometheus_url(self) -> str:
        """Where Prometheus is."""
        return f"http://127.0.0.1:{self.prometheus_port}"

    def start(self) -> None:
        """Returns when every service is up."""
        self.names.start()
        self._at_end.callback(self.names.stop)
        for server in (self.kafka, self.redis):
            self._at_end.callback(server.process.kill)
            server.start()
        self._write_settings()
        made = self.run_vigie("topics", "create")
        assert made.returncode == 0, made.stderr
        for host in self.hosts:
            self.start_worker(host)
        self._start_simulator()
        self._start_door()
        self._start_alertmanager()
        self._start_prometheus()
        for host, worker in self.workers.items():
            worker_url = f"http://{host}:{self.worker_port}"
            self._await(worker, f"{worker_url}/readyz")

    def close(self) -> None:
        """Ends everything, the last started first."""
        self._at_end.close()

    def run_vigie(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of vigie to its end."""
        return subprocess.run(
            [sys.executable, "-m", "vigie", *arguments],
            cwd=self.folder, env=self._environment("worker"), capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip

    def start_worker(self, host: str) -> None:
        """Starts the worker of an address; the name server tells of it from now on."""
        env = {**self._environment("worker"), "VIGIE_WEB__HOST": host}
        command = [sys.executable, "-m", "vigie", *services()["worker"]["command"]]
        worker = Process(f"worker-{host}", command, self.folder / "run-workers", env)
        self._at_end.callback(worker.kill)
        worker.start(lambda: True)
        self.workers[host] = worker
        self.names.names["worker"] = [*self.workers]

    def check(self, service: str) -> subprocess.CompletedProcess[str]:
        """Runs the health check of a service as the compose file has it, with our ports."""
        kind, *command = services()[service]["healthcheck"]["test"]
        assert kind == "CMD"
        ported = [self._ported(word) for word in command]
        return subprocess.run(ported, capture_output=True, text=True, timeout=CHECK_TIMEOUT_S)

    def _ported(self, text: str) -> str:
        for old, new in ((9090, self.prometheus_port), (9093, self.alertmanager_port)):
            text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
        return text.replace("127.0.0.1:8080", f"127.0.0.1:{self.door_port}")

    def _environment(self, service: str) -> dict[str, str]:
        """What compose sets, with defaults put in and paths of this machine."""
        given: dict[str, str] = services()[service]["environment"]
        plain = {
            name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", str(value)) for name, value in given.items()
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        settings = self.folder / "deploy" / "vigie" / "vigie.yaml"
        assert plain["VIGIE_SETTINGS"] == f"/etc/vigie/{settings.name}"
        return {
            **kept, **plain, "PYTHONPATH": str(ROOT), "VIGIE_SETTINGS": str(settings),
            "VIGIE_WEB__PORT": str(self.worker_port),
        }  # fmt: skip

    def _write_settings(self) -> None:
        path = self.folder / "deploy" / "vigie" / "vigie.yaml"
        text = path.read_text()
        for old, new in {
            "kafka:9092": self.kafka.bootstrap_servers,
            "redis:6379": f"127.0.0.1:{self.redis.port}",
            "alertmanager:9093": f"127.0.0.1:{self.alertmanager_port}",
            "hosts: [alertmanager]": "hosts: [127.0.0.1]",
            "/run/secrets/": f"{self.folder / 'secrets'}/",
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text)

    def _command(self, service: str, paths: dict[str, str]) -> list[str]:
        found = []
        for word in services()[service]["command"]:
            for old, new in paths.items():
                word = word.replace(old, new)  # noqa: PLW2901 - one word, several paths
            found.append(self._ported(re.sub(r"\$\{\w+:-(.*?)\}", r"\1", word)))
        return found

    def _start(self, name: str, command: list[str], url: str) -> Process:
        process = Process(name, command, self.folder / f"run-{name}")
        self._at_end.callback(process.kill)
        process.start(lambda: answers(url))
        return process

    def _await(self, process: Process, url: str) -> None:
        wait_until(lambda: not process.running or answers(url), what=url)
        assert process.running, process.tail()

    def _start_simulator(self) -> None:
        command = [sys.executable, "-m", "vigie", *services()["simulator"]["command"]]
        folder = self.folder / "run-simulator"
        process = Process("simulator", command, folder, self._environment("simulator"))
        self._at_end.callback(process.kill)
        process.start(lambda: True)

    def _start_door(self) -> None:
        path = self.folder / "deploy" / "door" / "haproxy.cfg"
        text = path.read_text()
        for old, new in {
            "parse-resolv-conf": f"nameserver test 127.0.0.1:{self.names.port}",
            "bind :8080": f"bind 127.0.0.1:{self.door_port}",
            "worker:8080": f"worker:{self.worker_port}",
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text)
        command = self._command("door", {"/etc/vigie-door": str(path.parent)})
        command[0] = require_program("haproxy", "haproxy")
        self._start("door", [*command, "-W", "-db"], f"{self.door_url}/livez")

    def _start_alertmanager(self) -> None:
        path = self.folder / "deploy" / "alertmanager" / "alertmanager.yml"
        path.write_text(local_alertmanager(path.read_text(), self._hooks))
        command = self._command(
            "alertmanager",
            {"/etc/alertmanager": str(path.parent),
             "=/alertmanager": f"={self.folder / 'run-alertmanager' / 'data'}"},
        )  # fmt: skip
        program = require_program("prometheus-alertmanager", "prometheus-alertmanager")
        listen = f"--web.listen-address=127.0.0.1:{self.alertmanager_port}"
        self._start("alertmanager", [program, *command, listen], f"{self.alertmanager_url}/-/ready")

    def _start_prometheus(self) -> None:
        folder = self.folder / "deploy" / "prometheus"
        path = folder / "prometheus.yml"
        workers = ",".join(f"{host}:{self.worker_port}" for host in self.hosts)
        addresses = {
            "worker:8080": workers,
            "alertmanager:9093": f"127.0.0.1:{self.alertmanager_port}",
            "localhost:9090": f"127.0.0.1:{self.prometheus_port}",
        }
        secrets = {"/run/secrets/scraper_token": str(self.folder / "secrets" / "scraper_token")}
        text = path.read_text()
        path.write_text(local_prometheus(text, addresses, folder / "rules", secrets))
        command = self._command(
            "prometheus",
            {"/etc/prometheus": str(folder),
             "=/prometheus": f"={self.folder / 'run-prometheus' / 'data'}"},
        )  # fmt: skip
        program = require_program("prometheus", "prometheus")
        listen = f"--web.listen-address=127.0.0.1:{self.prometheus_port}"
        self._start("prometheus", [program, *command, listen], f"{self.prometheus_url}/-/ready")
