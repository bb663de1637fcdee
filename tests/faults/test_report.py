"""The table of fault runs: what was run, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.record import Kill, RunRecord, read_records
from tests.faults.report import BEGIN, END, main, seeds, table


def run(fault: str, seed: int, verdict: str = "EQUAL", kills: int = 0) -> RunRecord:
    """A record as a run leaves it."""
    record = RunRecord(fault, seed, "tests/faults/test_kills.py::test_x", "2026-01-02T03:04:05")
    record.verdict, record.events, record.longest_recovery_s = verdict, 1_500, 2.25
    record.kills = [Kill(1.0, "SIGKILL", "running", 5) for _ in range(kills)]
    return record


def test_a_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """One line of JSON for each run."""
    path = tmp_path / "results.jsonl"
    run("a", 1, kills=2).append_to(path)
    run("b", 2).append_to(path)
    found = read_records([path])
    assert [(row["fault"], row["seed"], len(row["kills"])) for row in found] == [
        ("a", 1, 2), ("b", 2, 0),
    ]  # fmt: skip


def test_runs_of_one_fault_are_one_line_of_the_table(tmp_path: Path) -> None:
    """Runs, kills, events, seeds, result, date and the longest recovery."""
    path = tmp_path / "results.jsonl"
    for record in (run("kill", 4, kills=30), run("kill", 5, kills=30), run("disk", 9)):
        record.append_to(path)
    made = table(read_records([path]))
    assert "| kill | 2 | 60 | 3,000 | 4 to 5 | EQUAL | 2026-01-02 | 2.2 s |" in made
    assert "| disk | 1 | 0 | 1,500 | 9 | EQUAL | 2026-01-02 | 2.2 s |" in made
    assert "60 kills without a wrong number" in made
    assert "less than 4.9% of cases" in made.replace("\n", " ")
    way = "`make test TESTS=tests/faults/test_kills.py ARGS=--fault-seed=N`"
    assert f"| kill; disk | {way} |" in made


def test_an_older_record_of_the_soak_is_repeated_without_the_parts_that_came_later(
    tmp_path: Path,
) -> None:
    """Else one burst would bring rolling restarts with it."""
    path = tmp_path / "results.jsonl"
    record = run("burst", 3)
    record.how = "make soak SOAK_KILLS=0 SOAK_MINUTES=0 SOAK_BURSTS=1 SOAK_DISK=0 SEED=3"
    record.append_to(path)
    assert table(read_records([path])).splitlines()[-1] == (
        "| burst | `make soak SOAK_KILLS=0 SOAK_MINUTES=0 SOAK_BURSTS=1 SOAK_DISK=0 SOAK_ROLLS=0 "
        "SOAK_NETWORK=0 SEED=N` |"
    )


def test_a_failed_run_is_in_the_table_too(tmp_path: Path) -> None:
    """And nothing is claimed of kills then."""
    path = tmp_path / "results.jsonl"
    for record in (run("kill", 1, kills=3), run("kill", 2, "APPLIED-LESS", kills=3)):
        record.append_to(path)
    made = table(read_records([path]))
    assert "EQUAL 1, APPLIED-LESS 1" in made
    assert "without a wrong number" not in made


def test_seeds_are_told_as_ranges() -> None:
    """At most six of them."""
    assert seeds([3, 1, 2, 7, 2]) == "1 to 3, 7"
    assert seeds(range(0, 20, 2)) == "0, 2, 4, 6, 8, 10 and 4 more"


def test_the_page_is_changed_between_the_marks_only(tmp_path: Path) -> None:
    """Twice gives the same as once."""
    page, results = tmp_path / "page.md", tmp_path / "results.jsonl"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    run("kill", 1).append_to(results)
    for _ in range(2):
        assert main(["--page", str(page), str(results)]) == 0
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n| fault |")
    assert text.endswith(f"\n{END}\nafter\n")
    assert "old" not in text


@pytest.mark.parametrize("line", ["{", "[]", '{"fault": "x"}'])
def test_a_line_that_is_no_record_is_named(
    tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """File and line, exit code 2."""
    results = tmp_path / "results.jsonl"
    results.write_text(line + "\n")
    assert main([str(results)]) == 2
    assert "results.jsonl:1 is no record of a fault run" in capsys.readouterr().err


def test_a_page_without_marks_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says which marks are missing."""
    page, results = tmp_path / "page.md", tmp_path / "results.jsonl"
    page.write_text("nothing\n")
    run("kill", 1).append_to(results)
    assert main(["--page", str(page), str(results)]) == 2
    assert BEGIN in capsys.readouterr().err
    assert page.read_text() == "nothing\n"
