"""docs/reports.md: its commands do what it says."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.docs.commands import Session
from tests.docs.pages import blocks
from vigie.cli import cli

COMMANDS = [block for block in blocks("docs/reports.md") if block.language == "sh"]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A terminal in an empty folder, without a broker: the demo has its own."""
    one = Session(tmp_path, None)
    yield one
    one.close()


def test_first_steps_with_the_demo(session: Session) -> None:
    """The demo runs, and a report of the day so far is written as the page names its files."""
    session.serve("vigie run")
    session.commands(COMMANDS[0])
    folder = session.folder / "look"
    assert {"report.html", "report.txt", "report.csv", "report.eml"} <= {
        one.name for one in folder.iterdir()
    }
    assert "! The stretch still runs" in (folder / "report.txt").read_text()
    answer = session.answer("/api/reports/centre?so_far=true")
    assert answer["is_open"]
    assert session.answer("/api/reports/nobody")["error"] == "there is no report 'nobody'"
    assert "still to come" in session.answer("/api/reports/centre?at=2100-01-01T00:00Z")["error"]


@pytest.mark.parametrize(
    "line", [line for block in COMMANDS for line in block.text.splitlines() if line]
)
def test_every_command_of_the_page_is_one(line: str) -> None:
    """Options and arguments are those that there are."""
    context = click.Context(cli)
    words = shlex.split(line)[1:]
    while words and words[0].startswith("--"):
        words = words[2:]
    assert words[0] == "report"
    report = cli.get_command(context, "report")
    assert report is not None
    report.make_context("report", words[1:])
