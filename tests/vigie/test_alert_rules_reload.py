"""The rule file while vigie runs: good changes hold, bad and half-written ones do not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from aggregators.policy import Rules
from alerts.plan import Plan
from alerts.rules import Rule
from vigie import alert_rules_reload
from vigie.alert_rules_reload import RuleFile

ONE = "rules:\n  - id: wait\n    when: longest_wait_seconds > 60s\n"
TWO = ONE + "  - id: crowd\n    when: contacts_waiting >= 20\n"
BAD = "rules:\n  - id: wait\n    when: longest_weight > 60s\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with two rules."""
    file = tmp_path / "rules.yaml"
    file.write_text(TWO)
    return file


def rule_file(path: Path) -> RuleFile:
    """It, read at the second 7."""
    return RuleFile(path, Rules(), Plan(), lambda: 7_000)


def ids(rules: Sequence[Rule]) -> list[str]:
    """The ids of rules."""
    return [rule.id for rule in rules]


def test_a_good_change_holds_once_it_rests(path: Path) -> None:
    """The look that finds it waits for the next one."""
    file = rule_file(path)
    path.write_text(ONE)
    assert not file.look_again()
    assert ids(file.rules) == ["wait", "crowd"]
    assert file.look_again()
    assert ids(file.rules) == ["wait"]
    assert not file.look_again()


def test_a_file_that_is_half_written_and_makes_sense_takes_no_rule_away(path: Path) -> None:
    """Else its alerts would be over, and fire again a moment later."""
    file = rule_file(path)
    for written in (ONE, TWO + "# the same, with a comment\n"):
        path.write_text(written)
        assert not file.look_again()
        assert ids(file.rules) == ["wait", "crowd"]
    assert file.look_again()
    assert ids(file.rules) == ["wait", "crowd"]


@pytest.mark.parametrize("bad", [BAD, "", "rules: [", None])
def test_a_bad_file_changes_nothing_but_is_known(path: Path, bad: str | None) -> None:
    """Wrong, empty, cut off or gone; put back as it was, all is well."""
    file = rule_file(path)
    if bad is None:
        path.unlink()
    else:
        path.write_text(bad)
    assert not file.look_again()
    assert not file.look_again()
    assert (ids(file.rules), file.is_good) == (["wait", "crowd"], False)
    path.write_text(TWO)
    assert not file.look_again()
    assert file.look_again()
    assert file.is_good


async def test_whatever_goes_wrong_with_a_file_the_next_one_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault in reading is logged, and the file after it holds."""
    monkeypatch.setattr(alert_rules_reload, "LOOK_S", 0.01)
    file = rule_file(path)
    used = asyncio.Queue[Sequence[Rule]]()
    look, faults = file.look_again, iter([RecursionError("too deep")])

    def look_again() -> bool:
        for fault in faults:
            raise fault
        return look()

    monkeypatch.setattr(file, "look_again", look_again)
    path.write_text(ONE)  # noqa: ASYNC240  a file of a few lines
    running = asyncio.create_task(file.run(used.put_nowait))
    async with asyncio.timeout(10):
        assert ids(await used.get()) == ["wait"]
    assert "too deep" in caplog.text
    assert file.is_good
    running.cancel()
    await asyncio.wait([running])
