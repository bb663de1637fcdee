"""What vigie needs in a Kafka and a Redis that ask who comes, and that it tells no secret."""

from __future__ import annotations

import base64
import re
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bench.process import free_port, wait_until
from tests.e2e.day import now_ms, write_simulated
from tests.e2e.front_door import PATIENCE_S
from tests.e2e.secure_site import (
    OFFICES,
    Doors,
    Site,
    allow,
    rights,
    shared,
    with_certificate,
    with_password,
)

HOUR_MS = 3_600_000
WEBHOOK_KEY = "whsec_" + base64.b64encode(b"canary-10, a key of 32 characters").decode()
Login = Callable[[Site, str, str], dict[str, Any]]


@pytest.mark.parametrize(
    "login", [with_password, with_certificate], ids=["password", "certificate"]
)
def test_every_kind_of_login_folds_shows_and_alerts_with_the_least_rights(
    secure_site: Site,
    doors: Doors,
    tmp_path: Path,
    login: Login,
) -> None:
    """An operator makes topics, a source sends, a worker folds, publishes, leads and writes."""
    prefix = f"{login.__name__.replace('_', '-')}."
    for user, office in OFFICES.items():
        for right in rights(office):
            allow(secure_site.kafka, f"User:{user}", right, prefix)
    at_ms = now_ms()
    day = tmp_path / "day.jsonl"
    events = write_simulated(day, start_ms=at_ms - HOUR_MS, end_ms=at_ms, seed=5)
    redis = shared(secure_site)

    created = doors(login(secure_site, "operator", prefix)).done("topics", "create")
    assert "18 topics created" in created
    doors(login(secure_site, "source", prefix)).done("send", "--source", "canonical", str(day))
    door = doors(login(secure_site, "worker", prefix), redis=redis)
    door.done("doctor")
    worker = door.start_worker()
    door.wait_for_events(len(events))

    wait_until(
        lambda: door.metric("vigie_view_complete") == 1,
        what=f"the shared view\n{worker.err}",
        timeout_s=PATIENCE_S,
    )
    assert door.metric("vigie_redis_up") == 1
    assert not re.search("does not do its part|not written", worker.err)
    wait_until(lambda: "makes the alerts" in worker.err, what="a leader of the alerts")
    assert worker.end(signal.SIGTERM) == 0


def test_a_right_that_is_missing_is_named(secure_site: Site, doors: Doors) -> None:
    """The worker ends, or says again and again what it cannot write."""
    prefix = "some."
    own = {right: right for right in rights(OFFICES["worker"])}
    for right in own:
        if right.kind == "topic":
            allow(secure_site.kafka, "User:worker", right, prefix)
    for right in rights(OFFICES["operator"]):
        allow(secure_site.kafka, "User:operator", right, prefix)
    refused = doors(with_password(secure_site, "source", prefix)).run("topics", "create")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "cannot be created: Authorization failed" in refused.stderr
    doors(with_password(secure_site, "operator", prefix)).done("topics", "create")
    door = doors(with_password(secure_site, "worker", prefix))

    ended = door.start("worker")
    assert ended.exit_code() == 2
    assert (
        "vigie: Kafka refuses the group 'some.vigie': allow our user to Read it (the whole list "
        "is in docs/security.md).\n"
    ) in ended.err

    for right in own:
        if right.kind == "group":
            allow(secure_site.kafka, "User:worker", right, prefix)
    worker = door.start_worker()
    wait_until(
        lambda: "TransactionalIdAuthorizationFailed('some.alerts-leader')" in worker.err,
        what="a word about the journal of alerts",
    )
    assert worker.end(signal.SIGTERM) == 0


def test_somebody_else_sees_no_topic_and_is_told_why_that_may_be(
    secure_site: Site, doors: Doors
) -> None:
    ended = doors(with_password(secure_site, "source", "hidden.")).run("worker")

    assert ended.returncode == 2
    assert ended.stderr.endswith(
        "vigie: topic 'hidden.calls' does not exist: run `vigie topics create`, or allow our user "
        "to see it (17 more like this).\n"
    )


def test_a_worker_that_is_not_let_in_yet_ends_when_asked_to(
    secure_site: Site, doors: Doors
) -> None:
    """SIGTERM while the start is under way: a group whose members never come together."""
    prefix = "slow."
    for right in (*rights(OFFICES["worker"]), *rights(OFFICES["operator"])):
        for user in ("worker", "operator"):
            allow(secure_site.kafka, f"User:{user}", right, prefix)
    doors(with_password(secure_site, "operator", prefix)).done("topics", "create")
    first = doors(with_password(secure_site, "worker", prefix))
    leaving = first.start_worker()
    leaving.send(signal.SIGSTOP)  # the group waits for it until its session times out
    second = doors(with_password(secure_site, "worker", prefix)).start("worker")
    wait_until(lambda: "ShardTables" in second.err, what="a start under way", timeout_s=PATIENCE_S)

    assert second.end(signal.SIGTERM) == 0
    leaving.send(signal.SIGCONT)
    assert leaving.end(signal.SIGTERM) == 0


def test_no_secret_is_in_anything_that_vigie_shows(
    secure_site: Site, doors: Doors, tmp_path: Path
) -> None:
    """Every secret of the settings is a canary, every target fails: pages, figures, logs, dumps."""
    prefix = "quiet."
    for user, office in OFFICES.items():
        for right in rights(office):
            allow(secure_site.kafka, f"User:{user}", right, prefix)
    doors(with_password(secure_site, "operator", prefix)).done("topics", "create")
    at_ms = now_ms()
    day = tmp_path / "day.jsonl"
    write_simulated(day, start_ms=at_ms - HOUR_MS, end_ms=at_ms, seed=6)
    with day.open("a") as file:
        file.write('{"type": "no such", "customer_key": "canary-6"}\n')
    closed = free_port()
    door = doors(
        with_password(secure_site, "worker", prefix),
        redis=shared(secure_site),
        web={"port": free_port(), "token": "canary-7-token-of-32-letters-or-more"},
        alerts={
            "link_secret": "canary-8-secret-of-32-letters-or-more",
            "hosts": ["127.0.0.1"],
            "targets": {
                "hook": {
                    "type": "webhook",
                    "url": f"http://127.0.0.1:{closed}/canary-9",
                    "secret": WEBHOOK_KEY,
                },
                "phone": {"type": "apprise", "url": f"json://u:canary-11@127.0.0.1:{closed}/x"},
            },
        },
    )
    doors(with_password(secure_site, "source", prefix)).run(
        "send", "--source", "canonical", str(day)
    )
    shown = door.done("settings", "show") + door.run("doctor").stdout
    for target in ("hook", "phone"):
        assert door.run("alerts", "ping", target).returncode != 0
    worker = door.start_worker()
    asked = urllib.request.Request(f"{door.url}/metrics")
    asked.add_header("Authorization", "Bearer canary-7-token-of-32-letters-or-more")

    def page(path: str) -> str:
        asked.full_url = f"{door.url}{path}"
        with urllib.request.urlopen(asked, timeout=10) as answer:
            text: str = answer.read().decode()
        return text

    wait_until(
        lambda: "\nvigie_view_complete 1" in page("/metrics"), what="a view", timeout_s=PATIENCE_S
    )
    for path in ("/", "/metrics", "/api/", "/api/board", "/api/alerts", "/api/openapi.json"):
        shown += page(path)
    assert worker.end(signal.SIGTERM) == 0
    shown += worker.err + worker.out

    for secret in ("canary", WEBHOOK_KEY, WEBHOOK_KEY.removeprefix("whsec_")):
        assert secret not in shown
    assert "calls" in shown
