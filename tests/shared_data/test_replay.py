"""A file sent through a broker and a worker shows what the batch computation shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared_data import vanad
from tests.shared_data.command import figures_of, instants

DAYS = ("2014-01-06", "2014-01-07", "2014-01-08")


def test_a_replayed_queue_log_shows_at_its_end_what_compute_shows(
    shared_data: Path, tmp_path: Path
) -> None:
    """Every KPI of every window of the settings, by queue, channel and team."""
    file = str(shared_data / "asterisk_queue_log_pbx2018" / "queue_log")
    words = ("--source", "asterisk-queue-log", file)
    (computed,) = figures_of(tmp_path, "compute", *words)
    (replayed,) = figures_of(tmp_path, "replay", "--speed", "max", *words)
    assert computed["windows"]["whole"]["total"]["contacts_entered"] == 108
    assert len(computed["windows"]) > 3
    assert replayed == computed


def test_a_replayed_queue_log_shows_at_every_instant_what_compute_shows(
    shared_data: Path, tmp_path: Path
) -> None:
    """Among them instants that are the time of an event, and one after the end."""
    file = str(shared_data / "asterisk_queue_log_pbx2018" / "queue_log")
    at = instants(
        1543602690, 1543852202, 1543860763, 1543861543, 1543942503, 1543942851, 1543950000
    )
    windows = ("--window", "30m", "--window", "1h", "--window", "interval_15m_last")
    words = ("--source", "asterisk-queue-log", *at, *windows, file)
    computed = figures_of(tmp_path, "compute", *words)
    replayed = figures_of(tmp_path, "replay", *words)
    assert len(computed) == 7
    assert replayed == computed


@pytest.fixture(scope="module")
def three_days(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the first full days of VANAD as a file of their own, with the settings."""
    folder = tmp_path_factory.mktemp("days")
    vanad.settings(folder)
    vanad.cut_days(shared_data / "vanad2014", DAYS, folder / "days.csv.gz")
    return folder


def test_replayed_days_of_a_call_centre_show_what_compute_shows(three_days: Path) -> None:
    """Some 20,000 calls over the partitions of a topic: at several instants and at the end."""
    at = ("2014-01-06T09:00:00+01:00", "2014-01-06T13:07:32+01:00", "2014-01-07T12:00:00+01:00",
          "2014-01-08T10:15:02.500+01:00", "2014-01-09T00:00:00+01:00")  # fmt: skip
    words = ("--source", "calls_csv", *(word for one in at for word in ("--at", one)),
             "--window", "5m", "--window", "30m", "--window", "today", "days.csv.gz")  # fmt: skip
    settings = ("--settings", "vanad.yaml")
    computed = figures_of(three_days, *settings, "compute", *words)
    replayed = figures_of(three_days, *settings, "replay", *words)
    entered = [board["windows"]["whole"]["total"]["contacts_entered"] for board in computed]
    assert entered == sorted(entered)
    assert entered[-1] > 15_000
    assert computed[1]["windows"]["30m"]["total"]["contacts_waiting"] > 0
    assert replayed == computed
