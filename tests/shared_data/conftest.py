"""Fixtures of the public sample data: its printed figures, its scripts, and vigie's figures."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.shared_data import vanad
from tests.shared_data.command import figures_of
from tests.shared_data.rated import RATED, RATED_SETTINGS


@pytest.fixture(scope="session")
def expected(shared_data: Path) -> Callable[[str], Any]:
    """Gives the figures that a set's script printed."""
    return lambda name: json.loads(
        (shared_data / "check" / "expected" / f"{name}.json").read_text()
    )


@pytest.fixture(scope="session")
def script(shared_data: Path) -> Callable[[str], ModuleType]:
    """Loads a script of the data by its path; those of one folder may import each other."""
    folder = shared_data / "check"

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"check_{name}", folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        written, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # leave no trace there
        sys.path.insert(0, str(folder))
        try:
            spec.loader.exec_module(module)
        finally:
            sys.path.remove(str(folder))
            sys.dont_write_bytecode = written
        return module

    return load


@pytest.fixture(scope="session")
def printed_instants(expected: Callable[[str], Any]) -> dict[str, list[datetime]]:
    """The instants of VANAD whose figures are printed, by month."""
    told = expected("vanad2014")
    found = [
        datetime.fromisoformat(one["until"])
        for one in (*told["rolling_30_min"], *told["intervals_15_min"])
    ]
    for day, hours in told["days_hourly"].items():
        first = datetime.fromisoformat(day)
        found += [first + timedelta(hours=one["hour"] + 1) for one in hours]
    months: dict[str, list[datetime]] = {"2014-01": [], "2014-02": []}
    for at in found:
        months[f"{at:%Y-%m}"].append(at)
    return months


@pytest.fixture(scope="session")
def compute_month(
    shared_data: Path,
    printed_instants: dict[str, list[datetime]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], vanad.Month]:
    """Computes a month of VANAD at the instants of its printed figures and at random ones."""

    def compute(month: str) -> vanad.Month:
        file = shared_data / "vanad2014" / f"calls-{month}.csv.gz"
        instants = printed_instants[month] + vanad.random_instants(month)
        return vanad.compute_month(tmp_path_factory.mktemp("vanad"), file, instants)

    return compute


@pytest.fixture(scope="session")
def january(compute_month: Callable[[str], vanad.Month]) -> vanad.Month:
    """January 2014 of VANAD, computed once for all tests."""
    return compute_month("2014-01")


@pytest.fixture(scope="session")
def february(compute_month: Callable[[str], vanad.Month]) -> vanad.Month:
    """February 2014 of VANAD, computed once for all tests."""
    return compute_month("2014-02")


@pytest.fixture(scope="session")
def months(january: vanad.Month, february: vanad.Month) -> dict[str, vanad.Month]:
    """Both months of VANAD."""
    return {"2014-01": january, "2014-02": february}


@pytest.fixture(scope="session")
def rated(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The rated calls: all of them, and each month as the window of its days at its end."""
    folder = tmp_path_factory.mktemp("rated")
    (folder / "rated.yaml").write_text(RATED_SETTINGS)
    words = ("--settings", "rated.yaml", "compute", "--source", "rated_csv", "--agents")
    file = str(shared_data / RATED / "Call-Center-Dataset.csv")
    ends = {"2021-01": "2021-02-01", "2021-02": "2021-03-01", "2021-03": "2021-04-01"}
    lengths = {"2021-01": "31d", "2021-02": "28d", "2021-03": "31d"}
    at = [word for end in ends.values() for word in ("--at", f"{end}T00:00:00Z")]
    boards = figures_of(folder, *words, *at, "--window", "31d", "--window", "28d", file)
    assert not (folder / "dead-letters.jsonl").exists()
    months = zip(lengths.items(), boards, strict=True)
    found = {month: board["windows"][length]["total"] for (month, length), board in months}
    return {**found, **boards[-1]["windows"]["whole"]}
