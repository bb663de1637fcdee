"""What a user can get wrong ends as one line on standard error and exit code 2."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable

import pytest

from tests.bench.kafka import Kafka
from tests.bench.process import free_port
from tests.e2e.front_door import FrontDoor, on_kafka

Ended = subprocess.CompletedProcess[str]


def assert_one_line(ended: Ended, *parts: str) -> None:
    """One line that begins with the program's name, nothing on standard output, code 2."""
    assert (ended.returncode, ended.stdout) == (2, "")
    lines = [line for line in ended.stderr.splitlines() if line.startswith("vigie: ")]
    assert len(lines) == 1, ended.stderr
    assert ended.stderr.splitlines()[-1] == lines[0]
    assert "Traceback" not in ended.stderr
    for part in parts:
        assert part in lines[0]


def test_an_unreachable_broker(open_door: Callable[..., FrontDoor]) -> None:
    """Every command that needs Kafka names the address and the fix."""
    port = free_port()
    door = open_door(kafka={"bootstrap_servers": f"127.0.0.1:{port}"})
    (door.folder / "calls.jsonl").write_text("")
    for command in (
        ["worker"], ["topics", "create"], ["topics", "list"],
        ["send", "--source", "canonical", "calls.jsonl"],
    ):  # fmt: skip
        ended = door.run(*command)
        assert_one_line(ended, f"127.0.0.1:{port}")
        assert ended.stderr.count("\n") == 1, ended.stderr


def test_missing_topics(kafka: Kafka, prefix: str, open_door: Callable[..., FrontDoor]) -> None:
    """The worker names a topic and the command that makes them; so does the sender."""
    door = open_door(**on_kafka(kafka, prefix))
    assert_one_line(door.run("worker"), f"{prefix}", "vigie topics create")
    (door.folder / "queue_log").write_text("1700000000|pbx-1|sales|NONE|ENTERQUEUE||5550123|1\n")
    ended = door.run("send", "--source", "asterisk-queue-log", "queue_log")
    assert_one_line(ended, f"{prefix}calls", "vigie topics create")
    assert ended.stderr.count("\n") == 1, ended.stderr


def test_other_partitions_than_the_settings_say(
    kafka: Kafka, open_door: Callable[..., FrontDoor]
) -> None:
    """A worker that would lose contacts does not start."""
    settings = on_kafka(kafka, "e2e-other-partitions-", partitions=1)
    door = open_door(**settings)
    door.done("topics", "create")
    door.settings["kafka"]["partitions"] = 3
    assert_one_line(door.run("worker"), "has 1 partitions, the settings say 3")


def test_a_port_in_use(open_door: Callable[..., FrontDoor]) -> None:
    """Worker and demo."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        door = open_door(web={"port": port})
        for command in ("worker", "run"):
            assert_one_line(door.run(command), f"127.0.0.1:{port}", "choose another port")


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({"web": {"port": "eighty"}}, ("vigie.yaml:2", "web.port", "'eighty'")),
        ({"qeues": []}, ("qeues", "queues")),
        ({"queues": [{"name": "a"}, {"name": "a"}]}, ("queues",)),
        ({"windows": ["5 minutes"]}, ("windows", "5 minutes")),
        ({"defaults": {"zone": "Mars/Olympus"}}, ("zone", "Mars/Olympus")),
    ],
)
def test_wrong_settings(
    settings: dict[str, object], parts: tuple[str, ...], open_door: Callable[..., FrontDoor]
) -> None:
    """The setting is named, before anything is started."""
    assert_one_line(open_door(**settings).run("worker"), *parts)


def test_files_sources_and_instants_that_are_not_there(
    open_door: Callable[..., FrontDoor],
) -> None:
    """Whichever command is given them."""
    door = open_door()
    (door.folder / "calls.jsonl").write_text("\n")
    for command in ("send", "compute", "replay"):
        missing = door.run(command, "--source", "canonical", "nowhere.jsonl")
        assert_one_line(missing, "nowhere.jsonl", "No such file")
        unknown = door.run(command, "--source", "asterisk-queuelog", "calls.jsonl")
        assert_one_line(unknown, "'asterisk-queuelog'", "Did you mean asterisk-queue-log?")
    empty = door.run("replay", "--source", "canonical", "calls.jsonl")
    assert_one_line(empty, "calls.jsonl has no event that can be used")
    assert_one_line(door.run("run", "--incident", "earthquake"), "earthquake")
    assert_one_line(door.run("compute", "--source", "canonical", "."), "directory")


def test_the_doctor_finds_nothing_on_a_good_set_up(
    kafka: Kafka, open_door: Callable[..., FrontDoor]
) -> None:
    """Exit code 0, all is well."""
    door = open_door(**on_kafka(kafka, "e2e-doctor-"))
    door.done("topics", "create")
    said = door.done("doctor")
    assert said.splitlines()[-1] == "All is well"
    assert "FIX" not in said
    assert door.done("topics", "create") == "0 topics created, the others were there\n"


def test_the_doctor_says_the_fix_on_a_bad_set_up(
    kafka: Kafka, open_door: Callable[..., FrontDoor]
) -> None:
    """Exit code 2 and a fix for each: no topics; producer time; partitions; a port in use."""
    prefix = "e2e-bad-doctor-"
    door = open_door(**on_kafka(kafka, prefix))
    ended = door.run("doctor")
    assert (ended.returncode, ended.stderr) == (2, "")
    assert "Run `vigie topics create`." in ended.stdout
    assert ended.stdout.splitlines()[-1] == "1 to fix"

    kafka.create_topics(f"{prefix}calls", 3, {"message.timestamp.type": "CreateTime"})
    door.done("topics", "create")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", door.settings["web"]["port"]))
        taken.listen()
        ended = door.run("doctor")
    fixes = [line for line in ended.stdout.splitlines() if line.startswith("FIX ")]
    assert (ended.returncode, ended.stderr, len(fixes)) == (2, "", 3)
    assert f"topic {prefix}calls: message.timestamp.type is CreateTime" in fixes[1]
    assert f"--topic {prefix}calls --add-config message.timestamp.type=LogAppendTime" in fixes[1]
    assert "partitions: differ between the topics" in fixes[2]
    assert "cannot listen on" in fixes[0]
