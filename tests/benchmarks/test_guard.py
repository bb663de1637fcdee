"""The guard against slow changes: it lets nothing pass that costs much more than what is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from benchmarks.guard import KEPT, TOLERANCE, Guarded, slower
from benchmarks.measures import Machine

MACHINE = Machine(cpu="x", cores=2, memory_gib=4, system="Linux", python="CPython", versions={})


def guarded(**ratios: float) -> Guarded:
    """Figures of a run."""
    return Guarded(machine=MACHINE, taken_at="2026-01-02", events=10, rounds=2, yardstick_us=0.5,
                   ratios=ratios)  # fmt: skip


def test_a_part_may_cost_a_third_more_and_no_more() -> None:
    """What is faster is fine, and so is what is new."""
    kept = guarded(fold=10.0, check=4.0, board=2.0)
    found = guarded(fold=10.0 * TOLERANCE + 0.1, check=3.0, board=2.0 * TOLERANCE, more=99.0)
    assert slower(found, kept) == ["fold costs 13.60 times the yardstick, 10.00 are kept"]


def test_a_part_that_is_not_measured_any_more_does_not_pass() -> None:
    """Else a guard could be taken away by a new name."""
    (line,) = slower(guarded(fold=1.0), guarded(fold=1.0, check=4.0)) or [""]
    assert line.startswith("check")


def test_no_part_of_the_core_costs_much_more_than_when_it_was_last_measured(
    repository: Path, tmp_path: Path
) -> None:
    """Ratios of one run, the best of its rounds; docs/performance.md says what they are."""
    told = tmp_path / "guard.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", "benchmarks.guard", "--check", "--json", told],
        cwd=repository,
        env={"PATH": "", "VIGIE_COMPILED": "off"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = msgspec.json.decode(told.read_bytes(), type=Guarded)
    kept = msgspec.json.decode(KEPT.read_bytes(), type=Guarded)
    assert found.ratios.keys() == kept.ratios.keys()
    assert min(found.ratios.values()) > 0
