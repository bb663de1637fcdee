"""Following a real file while it grows, is rotated, cut, missing; and going on after a restart."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.sources.tail import Tail, TailPosition


class Script:
    """A sleep that does one step of the story each time the tail waits, then stops it."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.steps = list(steps)
        self.tail: Tail | None = None

    async def __call__(self, seconds: float) -> None:
        if self.steps:
            self.steps.pop(0)()
        else:
            assert self.tail is not None
            self.tail.stop()


def follow(
    path: Path, *steps: Callable[[], object], position: TailPosition | None = None
) -> tuple[list[str], TailPosition | None]:
    """Run the story; return the lines and the position at its end."""
    script = Script(*steps)
    tail = Tail(path, position=position, sleep=script)
    script.tail = tail

    async def read() -> list[str]:
        return [f"{line.number}:{line.text}" async for line in tail.lines()]

    return asyncio.run(read()), tail.position


def append(path: Path, text: str) -> Callable[[], object]:
    def write() -> None:
        with path.open("a") as handle:
            handle.write(text)

    return write


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "queue_log"
    path.write_text("a\nb\n")
    return path


def test_lines_come_as_they_are_written(log: Path) -> None:
    """What was there first, then what is added."""
    lines, position = follow(log, append(log, "c\n"), append(log, "d\r\ne\n"))
    assert lines == ["1:a", "2:b", "3:c", "4:d", "5:e"]
    assert position == TailPosition(log.stat().st_ino, 11, 5)


def test_a_line_counts_when_its_line_break_is_there(log: Path) -> None:
    """Half a line is kept back, and not part of the position."""
    assert follow(log, append(log, "c"))[0] == ["1:a", "2:b"]
    lines, position = follow(log, append(log, "c"), append(log, "d\n"))
    assert lines == ["1:a", "2:b", "3:ccd"]
    assert position is not None
    assert position.offset == 8


def test_a_missing_file_is_waited_for(tmp_path: Path) -> None:
    """The writer may start later."""
    path = tmp_path / "queue_log"
    assert follow(path, lambda: None, lambda: path.write_text("a\n"))[0] == ["1:a"]


def test_rename_and_create_loses_nothing(log: Path) -> None:
    """The writer goes on with the renamed file until it reopens."""
    old = log.with_name("queue_log.1")
    lines, _ = follow(
        log,
        lambda: log.rename(old),
        append(old, "c\n"),
        lambda: log.write_text(""),
        append(old, "d\n"),
        append(log, "e\n"),
        append(log, "f\n"),
    )
    assert lines == ["1:a", "2:b", "3:c", "4:d", "1:e", "2:f"]


def test_what_is_written_before_the_switch_is_read_before_it(log: Path) -> None:
    """Both files grew between two looks."""
    old = log.with_name("queue_log.1")

    def rotate() -> None:
        log.rename(old)
        append(old, "c\n")()
        log.write_text("d\n")

    assert follow(log, rotate)[0] == ["1:a", "2:b", "3:c", "1:d"]


def test_copy_and_truncate_begins_anew(log: Path) -> None:
    """The same file, shorter than what was read."""

    def rotate() -> None:
        shutil.copy(log, log.with_name("queue_log.1"))
        log.write_text("")

    assert follow(log, rotate, append(log, "c\n"))[0] == ["1:a", "2:b", "1:c"]


def test_a_restart_repeats_and_skips_nothing(log: Path) -> None:
    """The stored position is behind the last line."""
    _, position = follow(log)
    append(log, "c\n")()
    assert follow(log, append(log, "d\n"), position=position)[0] == ["3:c", "4:d"]


def test_a_restart_after_a_rotation_reads_the_rest_of_the_old_file(log: Path) -> None:
    """It lies beside the new one under another name."""
    _, position = follow(log)
    append(log, "c\n")()
    log.rename(log.with_name("queue_log.1"))
    log.write_text("d\n")
    assert follow(log, position=position)[0] == ["3:c", "1:d"]


def test_a_position_of_another_file_is_not_used(log: Path) -> None:
    """The inode differs, the file is shorter, or no line ends there."""
    inode = log.stat().st_ino
    for position in (
        TailPosition(inode + 1_000_000, 2, 1),
        TailPosition(inode, 400, 80),
        TailPosition(inode, 3, 1),
    ):
        assert follow(log, position=position)[0] == ["1:a", "2:b"]


def test_the_position_moves_line_by_line(log: Path) -> None:
    """A reader that stops in the middle goes on there."""
    tail = Tail(log)

    async def first() -> str:
        lines = tail.lines()
        async for line in lines:
            await lines.aclose()  # type: ignore[attr-defined]
            return line.text
        return ""

    assert asyncio.run(first()) == "a"
    assert tail.position is not None
    assert follow(log, position=tail.position)[0] == ["2:b"]


def test_a_line_without_end_does_not_fill_the_memory(log: Path) -> None:
    """It is cut just above the limit; the position still counts all of it."""
    big = "x" * 600_000
    lines, position = follow(log, append(log, big), append(log, big), append(log, "\nc\n"))
    assert [len(line) for line in lines] == [3, 3, 65_539, 3]
    assert position is not None
    assert position.offset == log.stat().st_size
