"""The whole stack runs from its files: numbers in Prometheus, rules loaded, an alert at its end.

No container engine runs in the tests. So every service is started as a process, by the command and
with the settings that its container would have, three workers behind the door.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from tests.bench.process import free_port, wait_until
from tests.bench.receiver import Receiver, receiving
from tests.bench.web import answers, get_json
from tests.compose.stack_processes import WORKERS, Stack

pytestmark = pytest.mark.component
HOOK, OUTSIDE = "/hook", "/outside"
DASHBOARD_S = 180.0
"""How long the stack may take to be worth a look; some machines are busy."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Where alerts go."""
    with receiving() as one:
        yield one


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Stack]:
    """All services of the compose file, with three workers and the simulated centre."""
    one = Stack(
        tmp_path_factory.mktemp("stack"),
        webhook_url=f"{receiver.url}{HOOK}",
        watchdog_url=f"{receiver.url}{OUTSIDE}",
    )
    try:
        one.start()
        yield one
    finally:
        one.close()


def query(stack: Stack, promql: str) -> list[dict[str, Any]]:
    """What Prometheus answers now."""
    asked = urlencode({"query": promql})
    found: list[dict[str, Any]] = get_json(f"{stack.prometheus_url}/api/v1/query?{asked}")["data"][
        "result"
    ]
    return found


def value(stack: Stack, promql: str) -> float | None:
    """The one number that an expression has, None if it has none or several."""
    found = query(stack, promql)
    return float(found[0]["value"][1]) if len(found) == 1 else None


def asked(stack: Stack, path: str, token: str | None = None) -> tuple[int, bytes]:
    """What the door answers."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"{stack.door_url}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def test_every_target_is_up(stack: Stack) -> None:
    """Three workers in two jobs, with the token of the secret; Prometheus and Alertmanager."""
    wait_until(
        lambda: value(stack, "sum(up)") == 2 * WORKERS + 2, what="all targets up",
        timeout_s=DASHBOARD_S,
    )  # fmt: skip
    jobs = {row["metric"]["job"]: row["value"][1] for row in query(stack, "sum by (job) (up)")}
    assert jobs == {"vigie": "3", "vigie-kpi": "3", "prometheus": "1", "alertmanager": "1"}


def test_the_numbers_of_the_centre_are_in_prometheus(stack: Stack) -> None:
    """A whole view of two hours of traffic, from one worker, without a label of who said it."""
    wait_until(
        lambda: value(stack, "sum(vigie_view_complete)") == 1, what="a complete view",
        timeout_s=DASHBOARD_S,
    )  # fmt: skip
    entered = 'sum(vigie_window_contacts{window="1h",outcome="offered"})'
    wait_until(
        lambda: (value(stack, entered) or 0) > 100, what=entered, timeout_s=DASHBOARD_S
    )  # fmt: skip
    assert value(stack, "sum(vigie_leader)") == 1
    assert value(stack, "sum(vigie_partition_owned)") == value(stack, "vigie_view_shards_expected")
    levels = query(stack, 'vigie_service_level_ratio{window="1h",channel="voice"}')
    assert {row["metric"]["queue"] for row in levels} >= {"billing", "tech", "sales"}
    assert all("instance" not in row["metric"] for row in levels)
    assert value(stack, "count(count by (instance) (vigie_build_info))") == WORKERS


def test_partitions_are_dealt_out_evenly(stack: Stack) -> None:
    """Each of three workers has some; none of them sits idle."""
    owned = query(stack, "sum by (instance) (vigie_partition_owned)")
    assert len(owned) == WORKERS
    assert all(float(row["value"][1]) > 0 for row in owned)


def test_the_rules_are_loaded_and_run(stack: Stack) -> None:
    """All files of rules, none with an error."""
    groups = get_json(f"{stack.prometheus_url}/api/v1/rules")["data"]["groups"]
    files = {Path(group["file"]).name for group in groups}
    shipped = (stack.folder / "deploy" / "prometheus" / "rules").glob("*.rules.yml")
    assert files == {path.name for path in shipped}
    wait_until(
        lambda: (
            value(stack, "min(prometheus_rule_group_last_evaluation_timestamp_seconds > 0)")
            is not None
        ),
        what="an evaluation of each group",
    )
    failed = [
        (rule["name"], rule["lastError"])
        for group in get_json(f"{stack.prometheus_url}/api/v1/rules")["data"]["groups"]
        for rule in group["rules"]
        if rule["health"] == "err"
    ]
    assert failed == []


def test_an_alert_reaches_its_receiver(stack: Stack, receiver: Receiver) -> None:
    """From vigie through Alertmanager to a web hook, with links that people can open."""

    def told() -> list[dict[str, Any]]:
        return [
            alert
            for request in receiver.wanted(lambda request: request.path == HOOK)
            for alert in request.json()["alerts"]
            if "queue" in alert["labels"] and "origin" not in alert["labels"]
        ]

    wait_until(lambda: bool(told()), what="an alert of vigie at the hook", timeout_s=DASHBOARD_S)
    alert = told()[0]
    assert alert["status"] == "firing"
    assert alert["labels"]["alertname"].startswith("Vigie")
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert "http://127.0.0.1:8080/" in msgspec.json.encode(alert).decode()


def test_somebody_outside_hears_the_watchdog(stack: Stack, receiver: Receiver) -> None:
    """Silence would be noticed."""
    wait_until(
        lambda: any(
            alert["labels"]["alertname"] == "VigieWatchdog"
            for request in receiver.wanted(lambda request: request.path == OUTSIDE)
            for alert in request.json()["alerts"]
        ),
        what="the watchdog at the address outside",
        timeout_s=DASHBOARD_S,
    )


def test_the_door_shows_the_board_and_keeps_the_token_rule(stack: Stack) -> None:
    """The page for everybody on this machine, numbers for whoever has the token."""
    status, page = asked(stack, "/")
    assert (status, b"<!doctype html>" in page.lower()) == (200, True)
    assert asked(stack, "/api/board")[0] == 401
    assert asked(stack, "/metrics")[0] == 401
    scraper = stack.secret("scraper_token")
    assert asked(stack, "/metrics", scraper)[0] == 200
    assert asked(stack, "/api/board", scraper)[0] == 403
    status, board = asked(stack, "/api/board?window=1h", stack.secret("viewer_token"))
    assert status == 200
    assert "billing" in msgspec.json.decode(board)["windows"]["1h"]["queues"]


def test_the_board_is_pushed_through_the_door(stack: Stack) -> None:
    """Events of the stream come one by one, as the worker sends them."""
    token = {"Authorization": f"Bearer {stack.secret('viewer_token')}"}
    request = urllib.request.Request(f"{stack.door_url}/api/stream", headers=token)
    with urllib.request.urlopen(request, timeout=20) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        boards = 0
        while boards < 3:
            boards += stream.readline().startswith(b"data:")


@pytest.mark.parametrize("service", ["prometheus", "alertmanager"])
def test_health_checks_tell_up_from_down(
    stack: Stack, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command of the compose file is content with the process, and not with nobody."""
    assert stack.check(service).returncode == 0
    monkeypatch.setattr(stack, f"{service}_port", free_port())
    assert stack.check(service).returncode != 0


def test_kafkas_health_check_wants_a_broker(stack: Stack) -> None:
    """Neither a closed port nor a server that speaks something else."""
    assert stack.kafka.healthy() == 0
    assert stack.kafka.healthy(port=free_port()) != 0
    assert stack.kafka.healthy(port=stack.door_port) != 0


def test_kafka_keeps_its_data_folder(stack: Stack) -> None:
    """Made once, with the settings of the file; no topic comes by a typing error."""
    assert stack.kafka.cluster_id()
    log = stack.kafka.process.log_path.read_text()
    assert log.count("Formatting") == 1
    assert "auto.create.topics.enable=false" in stack.kafka.properties.read_text()


def test_the_doctor_finds_nothing_broken(stack: Stack) -> None:
    """`docker compose exec worker vigie doctor`, as a process."""
    done = stack.run_vigie("doctor")
    broken = [line for line in done.stdout.splitlines() if "not reach" in line or "missing" in line]
    assert broken == [], done.stdout


def test_no_process_shows_a_secret(stack: Stack) -> None:
    """Neither arguments nor logs of any service hold one."""
    secrets = [
        path.read_text().strip()
        for path in (stack.folder / "secrets").iterdir()
        if not path.name.endswith("_url")
    ]
    logs = [*stack.folder.glob("run-*/*.log")]
    assert len(logs) >= 7
    for path in logs:
        text = path.read_text(errors="replace")
        assert not any(secret in text for secret in secrets), path


def test_a_lost_worker_is_not_noticed_at_the_door(stack: Stack) -> None:
    """One of three is killed: the board answers on, and soon is whole again."""
    host, worker = next(iter(stack.workers.items()))
    worker.kill()
    stack.names.names["worker"] = [one for one in stack.workers if one != host]
    wait_until(
        lambda: asked(stack, "/readyz")[0] == 200, what="the door without the worker", timeout_s=30
    )
    for _ in range(20):
        assert asked(stack, "/api/board?window=1h", stack.secret("viewer_token"))[0] == 200
    wait_until(
        lambda: (
            value(stack, "max(vigie_view_complete)") == 1
            and value(stack, "count(vigie_partition_owned == 1)")
            == value(stack, "max(vigie_view_shards_expected)")
        ),
        what="its partitions with the others",
        timeout_s=DASHBOARD_S,
    )
    del stack.workers[host]


def test_workers_end_in_time_and_well(stack: Stack) -> None:
    """On SIGTERM, within the time that compose gives them, with exit code 0."""
    for worker in stack.workers.values():
        assert worker.stop(timeout_s=30.0) == 0, worker.tail()
    assert not answers(f"{stack.door_url}/readyz")
