"""The rule file while vigie runs: good changes hold, bad and half-written ones do not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from aggregators.policy import Rules
from alerts.plan import Ladder, Plan, Step
from alerts.rules import Rule
from vigie import alert_rules_reload
from vigie.alert_rules_reload import RuleFile
from vigie.errors import UserError

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


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (BAD, "rules.yaml:3: rules[0].when: there is no KPI 'longest_weight'"),
        ("", "there are no rules"),
        (TWO + "    ladder: night\n", "rules.yaml:6: rules[1].ladder: crowd goes up the ladder"),
    ],
)
def test_what_is_wrong_is_said_once(
    path: Path, bad: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With place and reason, and not again at every look; a missing ladder is wrong too."""
    file = rule_file(path)
    path.write_text(bad)
    assert not any(file.look_again() for _ in range(5))
    (record,) = caplog.records
    assert said in record.message
    assert "the rules before it hold" in record.message


def test_a_ladder_of_the_settings_may_be_named(path: Path) -> None:
    """And the default one, even if the settings have none."""
    night = Plan(ladders={"night": Ladder(id="night", steps=(Step(0),))})
    path.write_text(ONE + "    ladder: night\n")
    file = RuleFile(path, Rules(), night, lambda: 7_000)
    path.write_text(ONE + "    ladder: default\n")
    file.look_again()
    assert file.look_again()
    assert [rule.ladder for rule in file.rules] == ["default"]


def test_a_folder_in_the_place_of_the_file_is_bad_until_it_is_gone(path: Path) -> None:
    """As left behind by a mount that failed; when it was taken over is known."""
    now_ms = 1_000
    file = RuleFile(path, Rules(), Plan(), lambda: now_ms)
    path.unlink()
    path.mkdir()
    assert not any((file.look_again(), file.look_again()))
    assert (ids(file.rules), file.is_good, file.loaded_ms) == (["wait", "crowd"], False, 1_000)
    path.rmdir()
    path.write_text(ONE)
    now_ms = 2_000
    file.look_again()
    assert file.look_again()
    assert (ids(file.rules), file.is_good, file.loaded_ms) == (["wait"], True, 2_000)


def test_nothing_starts_without_good_rules(path: Path) -> None:
    """The first mistake is told as by any other command."""
    path.write_text(BAD)
    with pytest.raises(UserError, match="there is no KPI"):
        rule_file(path)
    path.unlink()
    with pytest.raises(UserError, match="cannot read the rule file"):
        rule_file(path)


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
