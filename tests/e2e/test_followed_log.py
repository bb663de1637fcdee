"""`vigie send --follow`: a log that is written to and rotated, into a worker on real Kafka."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from tests.e2e.day import now_ms
from tests.e2e.front_door import FrontDoor, on_kafka


def call(number: int, at_s: int) -> str:
    """Three lines of an answered call, three events."""
    head = f"pbx-{number}|sales"
    return (
        f"{at_s}|{head}|NONE|ENTERQUEUE||5550{number:04d}|1\n"
        f"{at_s + 2}|{head}|PJSIP/1|CONNECT|2|b{number}|1\n"
        f"{at_s + 5}|{head}|PJSIP/1|COMPLETEAGENT|2|3|1\n"
    )


class Log:
    """A log file that a program writes to, as Asterisk does: it may be renamed under its hands."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a")

    def write(self, text: str) -> None:
        """Appends, at once."""
        self._file.write(text)
        self._file.flush()

    def rotate(self) -> None:
        """Renames the file; what is written next still goes there until it is opened again."""
        self._path.rename(self._path.with_name(f"{self._path.name}.1"))

    def reopen(self) -> None:
        """Begins a new file."""
        self.close()
        self._file = self._path.open("a")

    def close(self) -> None:
        """Ends writing."""
        self._file.close()


def test_nothing_is_lost_or_doubled_over_rotation_and_restart(
    kafka: Kafka, prefix: str, open_door: Callable[..., FrontDoor], tmp_path: Path
) -> None:
    """Lines before, during and after a rotation, a line in two halves, a restart of the sender."""
    door = open_door(**on_kafka(kafka, prefix, partitions=1))
    door.done("topics", "create")
    path = tmp_path / "queue_log"
    log = Log(path)
    start_s = now_ms() // 1000 - 600
    follow = (
        "send", "--source", "asterisk-queue-log", "--follow",
        "--position", str(tmp_path / "position"), str(path),
    )  # fmt: skip

    def await_events(count: int) -> None:
        wait_until(
            lambda: sum(kafka.end_offsets(f"{prefix}calls").values()) >= count,
            what=f"{count} events",
        )

    log.write("".join(call(number, start_s + number) for number in range(20)))
    sender = door.start(*follow)
    await_events(60)
    half = call(20, start_s + 20)
    log.write(half[:50])
    log.rotate()
    log.write(half[50:] + call(21, start_s + 21))  # not reopened yet: into the renamed file
    await_events(66)
    log.reopen()
    log.write(call(22, start_s + 22))
    await_events(69)
    assert sender.end(signal.SIGINT) == 0
    assert sender.out == f"69 events sent to {kafka.bootstrap_servers}\n"
    assert sender.err == ""

    log.write(call(23, start_s + 23))  # while nobody follows, and a rotation too
    log.rotate()
    log.reopen()
    log.write(call(24, start_s + 24))
    log.close()
    sender = door.start(*follow)
    await_events(75)
    assert sender.end(signal.SIGTERM) == 0
    assert sender.out == f"6 events sent to {kafka.bootstrap_servers}\n"

    door.start_worker()
    door.wait_for_events(75)
    assert door.metric("vigie_events_applied_total") == 75
    row = door.queue("sales")
    assert (row["contacts_offered"], row["contacts_answered"], row["contacts_handled"]) == (
        25, 25, 25,
    )  # fmt: skip
    assert (row["asa_seconds"]["queue"], row["talk_mean_seconds"]) == (2.0, 3.0)
    assert (row["contacts_waiting"], row["contacts_in_progress"]) == (0, 0)
