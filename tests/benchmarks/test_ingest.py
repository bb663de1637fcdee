"""The receiver under load: only a run in which Kafka has each accepted event once has a figure."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from benchmarks.ingest import IngestLoad, Run, judged, run_once
from benchmarks.ingest_load import ZENDESK, Load
from benchmarks.measures import Machine
from benchmarks.report import RESULTS
from benchmarks.report_ingest import ingest_section
from benchmarks.stage import BenchmarkError, own_kafka

MACHINE = Machine(cpu="x", cores=2, memory_gib=4, system="Linux", python="CPython", versions={})
LOAD = Load(
    sent=4, statuses={"200": 3, "503": 1}, refused=[2], answer_ms=[1.0, 2.0, 40.0], span_s=2.0,
    cpu_s=0.5,
)  # fmt: skip
STORED = Counter(["bench-0", "bench-1", "bench-3"])


def test_a_run_has_the_figures_of_what_was_answered() -> None:
    """Three of four in two seconds, by half a core; the fourth may be on Kafka or not."""
    run = judged(LOAD, 2_000.0, [1.0, 0.2], STORED)
    assert (run.per_s, run.per_cpu_s, run.lost) == (1.5, 3.0, 0)
    assert (run.p50_ms, run.p99_ms, run.max_ms) == (2.0, 40.0, 40.0)
    assert (run.receiver_cores, run.sender_cores, run.broker_cores) == (0.5, 0.25, 0.1)
    assert judged(LOAD, 2_000.0, [1.0, 0.2], STORED + Counter(["bench-2"])).lost == 0


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (STORED - Counter(["bench-3"]), "1 of their events are not on Kafka"),
        (STORED + Counter(["bench-3"]), "1 are there more than once"),
    ],
)
def test_a_run_that_lost_or_repeated_an_event_is_void(stored: Counter[str], words: str) -> None:
    """Fast at the expense of the facts; of a ticket both events count."""
    with pytest.raises(BenchmarkError, match=words):
        judged(LOAD, 2_000.0, [1.0, 0.2], stored)
    with pytest.raises(BenchmarkError, match="3 of their events are not on Kafka"):
        judged(LOAD, 2_000.0, [1.0, 0.2], STORED, ZENDESK)


def steady(**changes: float) -> Run:
    """A round at the fixed rate."""
    run = Run(
        asked_per_s=2_000.0, per_s=1_999.0, sent=40_000, statuses={"200": 40_000}, lost=0,
        p50_ms=4.0, p99_ms=20.0, max_ms=60.0, receiver_cores=0.4, sender_cores=0.2,
        broker_cores=0.3,
    )  # fmt: skip
    return msgspec.structs.replace(run, **changes)


@pytest.mark.parametrize(
    ("run", "misses"),
    [
        (steady(), 0),
        (steady(p99_ms=51.0), 1),
        (steady(per_s=1_900.0), 1),
        (steady(receiver_cores=1.2), 1),
    ],
)
def test_the_page_says_which_aims_are_kept(run: Run, misses: int) -> None:
    """The time of the slowest hundredth, the rate, and the one core."""
    figures = IngestLoad(
        machine=MACHINE, taken_at="2026-01-02", load_per_core=0.25, body_bytes=300,
        ticket_bytes=400, connections=64, full_connections=256, seconds=20.0, steady=[steady()],
        tickets=[run], full=[steady(asked_per_s=0.0)],
    )  # fmt: skip
    page = ingest_section(figures)
    assert page.count("**not kept**") == misses
    assert page.count("kept") == 3
    (row,) = [line for line in page.splitlines() if line.startswith("| round 1, tickets")]
    assert row.split("|")[3].strip() == "0"


def test_the_kept_figures_are_of_runs_that_lost_nothing() -> None:
    """What the documentation shows."""
    kept = msgspec.json.decode((RESULTS / "ingest.json").read_bytes(), type=IngestLoad)
    assert len(kept.steady) == len(kept.tickets) == len(kept.full) >= 3
    for run in (*kept.steady, *kept.tickets, *kept.full):
        assert run.lost == 0
        assert sum(run.statuses.values()) == run.sent
    assert "## Webhooks" in ingest_section(kept)


@pytest.mark.component
def test_a_small_load_is_measured_whole(tmp_path: Path) -> None:
    """Both ways of sending, a real receiver, a real Kafka."""
    with own_kafka() as broker:
        fixed = run_once(broker, tmp_path / "fixed", 200.0, 1.0)
        tickets = run_once(broker, tmp_path / "tickets", 100.0, 1.0, ZENDESK)
        full = run_once(broker, tmp_path / "full", 0.0, 0.5)
    assert (fixed.sent, fixed.statuses, fixed.lost) == (200, {"200": 200}, 0)
    assert (tickets.sent, tickets.statuses, tickets.lost) == (100, {"200": 100}, 0)
    assert full.sent > 50
    assert full.receiver_cores > 0 < full.broker_cores
