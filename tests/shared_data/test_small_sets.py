"""The fragments of queue_log, and the rated calls: their figures, to the unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aggregators import events as ev
from tests.shared_data.command import figures_of, vigie
from tests.shared_data.figures import percent, rounded
from tests.shared_data.rated import RATED, RATED_SETTINGS
from vigie.compute import read_sorted
from vigie.dead_letter_file import DeadLetterFile
from vigie.settings import load_settings
from vigie.source_files import open_source

FRAGMENTS = "asterisk_queue_log_samples"


def fragment(folder: Path, file: Path) -> dict[str, Any]:
    """All of a fragment."""
    (one,) = figures_of(folder, "compute", "--source", "asterisk-queue-log", "--agents", str(file))
    whole: dict[str, Any] = one["windows"]["whole"]
    return whole


def test_a_fragment_with_one_answered_call(
    shared_data: Path, expected: Callable[[str], Any], tmp_path: Path
) -> None:
    """Wait 8 s and talk 531 s, once, at the one agent."""
    name = "xivo_dao_test_stat_dao.queue_log"
    (told,) = expected(FRAGMENTS)[name].values()
    whole = fragment(tmp_path, shared_data / FRAGMENTS / name)
    for values in (whole["total"], whole["queues"][told["queue"]], whole["agents"][told["agent"]]):
        assert values["contacts_answered"] == values["contacts_handled"] == 1
        assert values["asa_seconds"]["queue"] == told["wait_s"] == 8
        assert values["talk_mean_seconds"] == told["talk_s"] == 531


def test_a_fragment_with_a_lost_and_a_waiting_call(
    shared_data: Path, expected: Callable[[str], Any], tmp_path: Path
) -> None:
    """One abandoned after 68 s; the other still waits when the file ends."""
    name = "readme_fragment_2020.queue_log"
    lost, waiting = expected(FRAGMENTS)[name].values()
    queues = fragment(tmp_path, shared_data / FRAGMENTS / name)["queues"]
    assert queues[lost["queue"]]["contacts_abandoned"] == 1
    assert queues[lost["queue"]]["abandon_wait_mean_seconds"] == lost["abandoned_after_s"] == 68
    assert queues[lost["queue"]]["contacts_waiting"] == 0
    assert queues[waiting["queue"]]["contacts_waiting"] == 1
    assert queues[waiting["queue"]]["longest_wait_seconds"] == 0.001
    assert queues[waiting["queue"]]["contacts_offered"] == 0


def test_times_that_are_no_epoch_are_refused(shared_data: Path, tmp_path: Path) -> None:
    """A log whose author put 0 to 100 for the times has no event that can be used."""
    file = shared_data / FRAGMENTS / "logchart_integration.queue_log"
    words = ("compute", "--source", "asterisk-queue-log", "--json", str(file))
    out, err = vigie(tmp_path, *words, exit_code=2)
    assert out == ""
    assert "16 refused (bad_time 16)" in err


def test_a_told_duration_wins_over_the_stamps(
    shared_data: Path, expected: Callable[[str], Any], tmp_path: Path
) -> None:
    """That log moved to a real time: waits and talks by field, time at the agent by stamps."""
    name = "logchart_integration.queue_log"
    moved = tmp_path / name
    lines = (shared_data / FRAGMENTS / name).read_text().splitlines()
    rows = [line.split("|", 1) for line in lines]
    moved.write_text("".join(f"{1_266_833_900 + int(at)}|{rest}\n" for at, rest in rows))
    told = list(expected(FRAGMENTS)[name].values())
    whole = fragment(tmp_path, moved)
    total = whole["total"]
    assert total["contacts_answered"] == total["contacts_handled"] == len(told) == 2
    assert total["wait_sum_seconds"]["answered"] == sum(one["wait_field_s"] for one in told) == 3
    assert total["talk_sum_seconds"] == sum(one["talk_field_s"] for one in told) == 7
    at_agent = whole["agents"][told[0]["agent"]]
    assert at_agent["agent_contact_seconds"] == sum(one["talk_s"] for one in told) == 50


def test_the_rated_calls_give_their_totals(
    rated: dict[str, dict[str, Any]], expected: Callable[[str], Any]
) -> None:
    """The mean wait is over answered calls: 67.52 s, not the 54.75 s of all rows."""
    told, total = expected(RATED), rated["total"]
    level = total["service_level"]
    assert total["contacts_entered"] == total["contacts_offered"] == told["rows"] == 5000
    assert total["contacts_answered"] == total["contacts_handled"] == told["answered"] == 4054
    assert total["contacts_abandoned"] == told["not_answered"] == 946
    assert percent(total["answer_rate"]) == told["answered_pct"] == 81.08
    assert total["wait_sum_seconds"]["answered"] == told["wait_sum_s"] == 273_729
    assert rounded(total["asa_seconds"]["queue"]) == told["mean_wait_of_answered_s"] == 67.52
    assert told["wrong_mean_over_all_rows_s"] == 54.75
    assert total["wait_max_seconds"] == told["wait_min_max_s"][1] == 125
    assert total["contacts_answered_in_target"] == told["answered_within_20s"] == 374
    assert percent(level["abandons_negative"]) == told["sl20_of_offered_pct"] == 7.48
    assert percent(level["answered_only"]) == told["sl20_of_answered_pct"] == 9.23
    assert rounded(total["talk_mean_seconds"]) == told["mean_talk_s"] == 224.92


@pytest.mark.parametrize("month", ["2021-01", "2021-02", "2021-03"])
def test_the_rated_calls_of_a_month(
    rated: dict[str, dict[str, Any]], expected: Callable[[str], Any], month: str
) -> None:
    """Volumes, answer rate and mean wait."""
    told, total = expected(RATED)["months"][month], rated[month]
    assert total["contacts_entered"] == total["contacts_offered"] == told["offered"]
    assert total["contacts_answered"] == told["answered"]
    assert percent(total["answer_rate"]) == told["answered_pct"]
    assert rounded(total["asa_seconds"]["queue"]) == told["mean_wait_s"]


def test_the_rated_calls_of_an_agent(
    rated: dict[str, dict[str, Any]], expected: Callable[[str], Any]
) -> None:
    """Answered and mean wait; who is named on a call that nobody answered took none."""
    told, agents = expected(RATED), rated["agents"]
    assert agents.keys() == told["agents"].keys()
    for name, values in agents.items():
        of = told["agents"][name]
        assert values["contacts_answered"] == values["contacts_offered"] == of["answered"], name
        assert rounded(values["asa_seconds"]["queue"]) == of["mean_wait_s"], name
    in_target = sum(values["contacts_answered_in_target"] for values in agents.values())
    assert in_target == told["answered_within_20s"]


def test_ratings_and_resolutions_are_told_as_events(
    shared_data: Path, expected: Callable[[str], Any], tmp_path: Path
) -> None:
    """One survey per rated call, and 3646 calls that ended as resolved."""
    told = expected(RATED)
    (tmp_path / "rated.yaml").write_text(RATED_SETTINGS)
    settings = load_settings(tmp_path / "rated.yaml", {})
    file = shared_data / RATED / "Call-Center-Dataset.csv"
    with DeadLetterFile(tmp_path / "dead-letters.jsonl") as letters:
        events = read_sorted(open_source(settings, "rated_csv", file), file, letters)
    scores = Counter(str(round(float(e.score))) for e in events if isinstance(e, ev.SurveyAnswered))
    assert scores == told["ratings"]
    resolved = [event for event in events if isinstance(event, ev.ContactEnded) and event.resolved]
    assert len(resolved) == told["resolved"] == 3646
