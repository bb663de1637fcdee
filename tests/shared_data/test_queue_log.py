"""A real queue_log of five days, 108 calls: totals, hours, states and agents, to the unit."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from aggregators import events as ev
from tests.shared_data.command import figures_of, instants
from tests.shared_data.figures import by_event, percent, rounded, state
from vigie.compute import read_sorted
from vigie.dead_letter_file import DeadLetterFile
from vigie.settings import load_settings
from vigie.source_files import open_source

SET = "asterisk_queue_log_pbx2018"
NAME = "asterisk-queue-log"


class Log(NamedTuple):
    """The printed figures, and vigie's boards by instant; ``end`` is that of no `--at`."""

    told: dict[str, Any]
    at: dict[int, dict[str, Any]]
    end: dict[str, Any]

    def total(self, epoch_s: int, window: str) -> dict[str, Any]:
        values: dict[str, Any] = self.at[epoch_s]["windows"][window]["total"]
        return values


@pytest.fixture(scope="module")
def path(shared_data: Path) -> Path:
    return shared_data / SET / "queue_log"


@pytest.fixture(scope="module")
def log(
    path: Path, expected: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory
) -> Log:
    """All instants of the page in one run, and one run without an instant."""
    told = expected(SET)
    windows = (*told["hours"], *told["rolling_30_min"])
    asked = {one["until"] for one in windows} | {one["at"] for one in told["states"]}
    folder = tmp_path_factory.mktemp("pbx")
    command = ("compute", "--source", NAME, "--agents", "--window", "1h", "--window", "30m")
    found = figures_of(folder, *command, *instants(*asked, told["last"]), str(path))
    boards = {round(datetime.fromisoformat(one["as_of"]).timestamp()): one for one in found}
    (end,) = figures_of(folder, *command, str(path))
    assert not (folder / "dead-letters.jsonl").exists()
    return Log(told, boards, end)


def test_without_an_instant_the_figures_are_those_just_after_the_last_event(log: Log) -> None:
    """One millisecond after the last line, so that it counts."""
    last = datetime.fromtimestamp(log.told["last"], UTC)
    assert log.end["as_of"] == f"{last:%Y-%m-%dT%H:%M:%S}.001Z"
    assert log.end["as_of"] == "2018-12-04T17:00:51.001Z"


def test_the_whole_log_gives_its_totals(log: Log) -> None:
    """Volumes and waits by stamps; two callers wait and two talk when the file ends."""
    told, outcomes = log.told, log.told["outcomes"]
    total = log.end["windows"]["whole"]["total"]
    assert set(log.end["windows"]["whole"]["queues"]) == {"IT"}
    assert total["contacts_entered"] == told["offered"] == 108
    assert total["contacts_answered"] == outcomes["answered"] == 93
    assert total["contacts_abandoned"] == outcomes["abandoned"] == 12
    assert sum(total["contacts_flow_out"].values()) == outcomes["timeout"] == 1
    assert total["contacts_flow_out"]["timeout"] == 1
    assert total["contacts_waiting"] == outcomes["waiting"] == 2
    assert total["contacts_in_progress"] == told["still_talking_at_end"] == 2
    assert total["contacts_offered"] == 106
    assert total["contacts_answered_in_target"] == told["answered_within_20s"] == 39
    assert total["contacts_short_abandoned"] == told["abandoned_within_5s"] == 1
    assert percent(total["service_level"]["answered_only"]) == told["sl20_of_answered_pct"] == 41.94
    waits, quantiles = told["wait_answered_s"], total["wait_quantile_seconds"]
    assert total["wait_sum_seconds"]["answered"] == waits["sum"] == 3599
    assert rounded(total["asa_seconds"]["queue"]) == waits["mean"] == 38.7
    assert (quantiles["0.5"], quantiles["0.99"]) == (waits["median"], waits["max"]) == (22, 279)
    assert total["wait_max_seconds"] == told["longest_wait_s"] == 300
    lost = told["wait_abandoned_s"]
    assert total["wait_sum_seconds"]["abandoned"] == sum(lost["each"])
    assert rounded(total["abandon_wait_mean_seconds"]) == lost["mean"] == 95.08
    bands = Counter[str]()
    for wait_s in lost["each"]:
        edges = [edge for edge in total["abandon_band_count"] if edge != "inf"]
        bands[next((edge for edge in edges if wait_s < int(edge)), "inf")] += 1
    assert {edge: n for edge, n in total["abandon_band_count"].items() if n} == bands


def test_the_talk_of_the_whole_log_is_that_by_stamps(log: Log) -> None:
    """91 ended talks, 23,917 s, though the log's own field says a second less four times."""
    told, total = log.told, log.end["windows"]["whole"]["total"]
    ends = told["how_ended"]
    assert total["contacts_handled"] == sum(ends.values()) == 91
    assert total["talk_sum_seconds"] == told["talk_s"]["sum_by_stamps"] == 23_917
    assert rounded(total["talk_mean_seconds"]) == told["talk_s"]["mean_by_stamps"] == 262.82
    assert total["contacts_transferred"] == ends["BLINDTRANSFER"] + ends["ATTENDEDTRANSFER"] == 2
    rate = total["transfer_rate"]
    assert rate["blind"]["internal"] == rate["attended"]["internal"] == round(1 / 93, 6)
    assert total["agent_offers_missed_count"] == told["events"]["RINGNOANSWER"] == 360


def window(values: dict[str, Any]) -> dict[str, Any]:
    """A window in the words of this set."""
    kept = ("offered", "answered", "abandoned", "mean_wait_answered_s", "answered_within_20s",
            "sl20_of_base_pct", "sl20_of_answered_pct")  # fmt: skip
    found = {name: value for name, value in by_event(values).items() if name in kept}
    return {**found, "timeout": values["contacts_flow_out"]["timeout"]}


@pytest.mark.parametrize(
    ("table", "name", "rows"), [("hours", "1h", 26), ("rolling_30_min", "30m", 5)]
)
def test_every_printed_window_by_event(
    log: Log, script: Callable[[str], ModuleType], table: str, name: str, rows: int
) -> None:
    """Volumes, waits, service level, and the seconds of talk that fall into the window.

    The page leaves out the two talks that never end; seen from the end of a window they do run.
    """
    check = script(SET)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file to be closed
        calls = check.calls_of(check.read())
    endless = [c["wait_end"] for c in calls if c["outcome"] == "answered" and not c["talk_end"]]
    assert len(endless) == 2
    assert len(log.told[table]) == rows
    for told in log.told[table]:
        since, until = told["from"], told["until"]
        total = log.total(until, name)
        assert window(total) == told["by_event"], told["local"]
        running_s = check.overlap([(start, until) for start in endless], [(since, until)])
        assert total["agent_contact_seconds"] == told["talk_s"] + running_s, told["local"]


def test_the_state_just_before_an_instant(log: Log) -> None:
    """What happens at the instant itself is not yet applied."""
    assert len(log.told["states"]) == 6
    for told in log.told["states"]:
        names = ("waiting", "talking", "longest_wait_s")
        found = state(log.total(told["at"], "whole"))
        assert found == {name: told[name] for name in names}, told["local"]


def test_every_agent_gives_its_figures(log: Log) -> None:
    """Time logged in, answered, rung in vain, talk, and occupancy inside the time logged in.

    A log-off does not end a talk, a restart of Asterisk logs nobody off, and names with and
    without `Local/` are one agent.
    """
    told, last = log.told["agents"], log.told["last"]
    agents = log.at[last]["windows"]["whole"]["agents"]
    assert agents.keys() == told.keys()
    for name, values in agents.items():
        of = told[name]
        assert values["agent_logged_in_seconds"] == of["login_s"], name
        assert values["contacts_answered"] == of["answered"], name
        assert values["agent_offers_missed_count"] == of["ring_no_answer"], name
        assert values["agent_contact_seconds"] == of["talk_s"], name
        assert percent(values["occupancy"]["aor"]) == of["occupancy_pct"], name
        assert values["agents_logged_in"] == of["still_open_at_end"], name
    assert log.total(last, "whole")["agents_logged_in"] == 4


def test_who_is_still_logged_in_goes_on_being_so(log: Log) -> None:
    """At the end, one millisecond later, open log-ins are one millisecond longer."""
    told = log.told["agents"]
    agents = log.end["windows"]["whole"]["agents"]
    for name, values in agents.items():
        more_s = 0.001 * told[name]["still_open_at_end"]
        assert values["agent_logged_in_seconds"] == pytest.approx(
            told[name]["login_s"] + more_s, abs=1e-9
        )
        assert percent(values["occupancy"]["aor"]) == told[name]["occupancy_pct"]


def test_log_ins_and_callers_are_told_as_events(
    path: Path, expected: Callable[[str], Any], tmp_path: Path
) -> None:
    """14 log-ins and 10 log-offs; 63 callers, told apart by a keyed hash and never by number."""
    told = expected(SET)
    settings = load_settings(None, {})
    with DeadLetterFile(tmp_path / "dead-letters.jsonl") as letters:
        events = read_sorted(open_source(settings, NAME, path), path, letters)
        assert letters.summary() == ""
    log_ins = [e for e in events if isinstance(e, ev.AgentLogin) and not e.queues]
    assert len(log_ins) == told["events"]["AGENTCALLBACKLOGIN"]
    sessions = Counter(event.agent_id for event in log_ins)
    assert sessions == {name: of["sessions"] for name, of in told["agents"].items()}
    stated: dict[str, list[float]] = {name: [] for name in told["agents"]}
    for event in events:
        if isinstance(event, ev.AgentLogout) and event.login_ms is not None:
            stated[event.agent_id].append(event.login_ms / 1000)
    assert stated == {name: of["login_s_stated_on_logoff"] for name, of in told["agents"].items()}
    keys = [event.customer_key for event in events if isinstance(event, ev.ContactQueued)]
    assert len(set(keys)) == told["callers"] == 63
    assert len(keys) - len(set(keys)) == told["repeat_calls"] == 45
    assert not any((key or "").startswith("1999") for key in keys)
