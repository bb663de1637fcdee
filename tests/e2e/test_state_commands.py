"""`vigie state` as its users run it: the figures after export, reset and import are the same."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from tests.e2e.front_door import FrontDoor, environment, on_kafka

START_MS = 1_717_398_000_000
EVENTS = 240


def events(first: int, end: int) -> str:
    """JSON lines: calls of two queues, every third one abandoned, the last ones still open."""
    lines = []
    for number in range(first, end):
        call, step = divmod(number, 3)
        fields: dict[str, Any] = {
            "v": 1, "event_id": f"e{number}", "source": "demo", "contact_id": f"C{call}",
            "leg_id": "L1", "event_time_ms": START_MS + call * 7_000 + step * 4_000,
        }  # fmt: skip
        if step == 0:
            fields |= {"type": "contact.queued", "channel": "voice", "queue": f"q{call % 2}"}
        elif call % 3 == 0 and step == 1:
            fields |= {"type": "contact.abandoned", "stage": "queue"}
        elif step == 1:
            fields |= {"type": "contact.answered", "agent_id": f"A{call % 4}"}
        else:
            fields |= {"type": "contact.ended"}
        lines.append(json.dumps(fields))
    return "\n".join(lines) + "\n"


@pytest.fixture
def door(
    kafka: Kafka, topic_prefix: str, tmp_path: Path, open_door: Callable[..., FrontDoor]
) -> FrontDoor:
    """A front door on topics of this test's own, with its events in two files."""
    opened = open_door(**on_kafka(kafka, topic_prefix))
    opened.done("topics", "create")
    (opened.folder / "first.jsonl").write_text(events(0, EVENTS - 1))
    (opened.folder / "rest.jsonl").write_text(events(EVENTS - 1, EVENTS + 60))
    (opened.folder / "all.jsonl").write_text(events(0, EVENTS + 60))
    return opened


def counters(door: FrontDoor) -> dict[str, float]:
    """The counters of the state on /metrics."""
    names = (
        "vigie_events_read_total", "vigie_contacts_offered_total", "vigie_contacts_answered_total",
        "vigie_contacts_abandoned_total",
    )  # fmt: skip
    return {name: door.metric(name) for name in names}


def run_worker(door: FrontDoor, events_read: int) -> dict[str, float]:
    """Run a worker until it has read so many events; return its counters."""
    worker = door.start_worker()
    try:
        door.wait_for_events(events_read)
        found = counters(door)
    finally:
        assert worker.end() == 0
    return found


def shown(door: FrontDoor) -> list[list[str]]:
    """The lines of `state show` without the generation and the bytes."""
    lines = [line.split() for line in door.done("state", "show").splitlines()[1:]]
    return [[*line[:3], *line[4:6], line[7]] for line in lines]


def test_export_reset_and_import_change_no_figure(door: FrontDoor) -> None:
    """The worker goes on as if never touched, and ends where the batch ends."""
    door.done("send", "--source", "canonical", "first.jsonl")
    before = run_worker(door, EVENTS - 1)
    assert before["vigie_contacts_offered_total"] > 50
    stored = shown(door)
    calls = [line for line in stored if line[0] == "calls" and line[2] != "0"]
    assert sum(int(line[2]) for line in calls) == EVENTS - 1
    assert sum(int(line[3]) for line in calls) == 1  # the call that has not ended

    said = door.done("state", "export", "saved.jsonl")
    assert said.startswith("saved.jsonl: ")
    saved = door.folder / "saved.jsonl"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    kinds = [json.loads(line)["kind"] for line in saved.read_text().splitlines()]
    assert (kinds[0], kinds[-1]) == ("vigie-state", "end")
    assert kinds.count("shard") == len(stored)

    said = door.done("state", "reset", "--yes")
    assert [line.split(":")[0] for line in said.splitlines()] == [
        "agents", "business", "calls", "chats", "customers", "feedback", "selfcare", "tickets",
    ]  # fmt: skip
    assert all(line.endswith("starts at the beginning") for line in said.splitlines())
    assert shown(door) == []

    door.done("state", "import", "saved.jsonl")
    assert shown(door) == stored
    assert run_worker(door, EVENTS - 1) == before

    door.done("send", "--source", "canonical", "rest.jsonl")
    went_on = run_worker(door, EVENTS + 60)
    (batch,) = door.compute("canonical", Path("all.jsonl"), "--window", "whole")
    total = batch["windows"]["whole"]["total"]
    assert went_on["vigie_contacts_offered_total"] == total["contacts_offered"]
    assert went_on["vigie_contacts_answered_total"] == total["contacts_answered"]
    assert went_on["vigie_contacts_abandoned_total"] == total["contacts_abandoned"]


def refused(door: FrontDoor, *arguments: str) -> str:
    """The one line of a command that ends with exit code 2."""
    ended = door.run("state", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr
    (line,) = ended.stderr.splitlines()
    assert line.startswith("vigie: ")
    return line


def test_what_cannot_be_done_is_one_line_with_the_fix(door: FrontDoor) -> None:
    """Nothing there, no --yes, a running worker, wrong names, files that are no exports."""
    folder = door.folder
    assert "there is no checkpoint" in refused(door, "export", "none.jsonl")
    assert "Say --yes" in refused(door, "reset")
    door.done("send", "--source", "canonical", "first.jsonl")
    worker = door.start_worker()
    try:
        wait_until(lambda: len(shown(door)) > 0, what="a checkpoint", timeout_s=60)
        for command in (["export", "a.jsonl"], ["reset", "--yes"]):
            assert "1 worker is in the group" in refused(door, *command)
        assert "as of its own last checkpoint" in door.done("state", "export", "--live", "a.jsonl")
        assert "stop them first" in refused(door, "import", "--replace", "a.jsonl")
    finally:
        assert worker.end() == 0
    assert "a.jsonl is there already" in refused(door, "export", "a.jsonl")
    assert "has a checkpoint already" in refused(door, "import", "a.jsonl")
    assert "no source topic 'cals'" in refused(door, "reset", "--yes", "--topic", "cals")
    assert "no partition 7" in refused(door, "reset", "--yes", "--partition", "7")
    assert "No such file" in refused(door, "import", "nowhere.jsonl")
    (folder / "cut.jsonl").write_bytes((folder / "a.jsonl").read_bytes()[:-100])
    assert "no line of an export" in refused(door, "import", "--replace", "cut.jsonl")
    door.settings["kafka"]["app_id"] = "another"
    assert "the settings say 'another'" in refused(door, "import", "a.jsonl")


def test_an_answer_of_no_changes_nothing(door: FrontDoor) -> None:
    """At a terminal the command asks, after it has said what it would do."""
    door.done("send", "--source", "canonical", "first.jsonl")
    run_worker(door, EVENTS - 1)
    stored = shown(door)
    ours, theirs = pty.openpty()
    try:
        os.write(ours, b"n\n")
        ended = subprocess.run(
            [sys.executable, "-m", "vigie", "--settings", "vigie.yaml", "state", "reset"],
            cwd=door.folder, env=environment(), stdin=theirs, capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
    assert (ended.returncode, ended.stdout.strip()) == (130, "")
    assert "This deletes the stored state" in ended.stderr
    assert "the beginning of their logs" in ended.stderr
    assert shown(door) == stored
