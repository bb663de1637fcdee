"""What was tried: ratios of one round, variants that change what they say, and no other numbers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from aggregators import events as ev
from benchmarks.centre import day_events
from benchmarks.guard import Sample
from benchmarks.measures import Machine, WorkerRun
from benchmarks.report import RESULTS
from benchmarks.report_trials import REASONS, tried
from benchmarks.trial_parts import (
    FLAT,
    FREE,
    FRESH,
    INTERNED,
    NEEDED,
    UNION,
    UNLIMITED,
    UNTYPED,
    Parts,
    decoders,
    fold,
    intern_names,
    unlimited,
)
from benchmarks.trial_worker import AS_BUILT, VARIANTS
from benchmarks.trials import Trials

MACHINE = Machine(cpu="x", cores=2, memory_gib=4, system="Linux", python="CPython", versions={})


def worked(cpu_s: float, peak_mib: int = 100) -> WorkerRun:
    """A run over a thousand events."""
    return WorkerRun(
        wall_s=9.0, cpu_s=cpu_s, events=1_000, threads_s={}, parts_s={}, boards=0, board_s=0.0,
        collector_s=0.0, collector_runs=0, durable_events=0, duplicate=0, late=0, peak_mib=peak_mib,
    )  # fmt: skip


@pytest.fixture
def trials() -> Trials:
    """Two rounds; everything tried costs what is built costs, but for the collector."""
    worker = {name: [worked(2.0), worked(4.0)] for name in VARIANTS}
    worker["collector: gc.disable"] = [worked(1.6, 700), worked(4.0, 600)]
    ways = (UNION, UNLIMITED, FLAT, NEEDED, UNTYPED)
    return Trials(
        machine=MACHINE, taken_at="2026-01-02", load_per_core=0.5, is_compiled=True, events=1_000,
        worker=worker,
        parts=Parts(
            events=50,
            decode_us={way: [0.5, 0.25] for way in ways} | {NEEDED: [0.25, 0.2]},
            fold_us={FRESH: [10.0, 12.0], INTERNED: [12.5, 12.0], FREE: [8.0, 12.0]},
        ),
    )  # fmt: skip


def test_a_trial_is_compared_with_what_is_built_in_the_same_round(trials: Trials) -> None:
    """More than 1 is faster; what is built is no trial."""
    assert trials.worker_ratios["collector: gc.disable"] == [1.25, 1.0]
    assert AS_BUILT not in trials.worker_ratios
    assert trials.decode_ratios[NEEDED] == [2.0, 1.25]
    assert trials.fold_ratios == {INTERNED: [0.8, 1.0], FREE: [1.25, 1.0]}


def test_every_trial_stands_on_the_page_with_what_was_decided_and_why(trials: Trials) -> None:
    """Median and spread, and the memory that no collector would cost."""
    page = tried(trials)
    for name, (kept, why) in REASONS.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {name} ")]
        assert row.split("|")[-2].strip() == kept
        assert f"* *{name}*: {why}." in " ".join(page.split())
    (row,) = [line for line in page.splitlines() if line.startswith("| collector: gc.disable")]
    assert [cell.strip() for cell in row.split("|")[2:5]] == ["1.12", "1.00", "1.25"]
    assert "100 MiB as built, 700 MiB with `gc.disable`" in page


def test_the_kept_figures_are_of_these_trials() -> None:
    """No trial was left out of the kept run, and each has all its rounds."""
    kept = msgspec.json.decode((RESULTS / "trials.json").read_bytes(), type=Trials)
    assert kept.worker.keys() == VARIANTS.keys()
    assert len({len(runs) for runs in kept.worker.values()}) == 1
    assert {run.events for runs in kept.worker.values() for run in runs} == {kept.events}
    assert all(f"| {name} " in tried(kept) for name in REASONS)


def test_every_variant_and_every_way_has_a_reason() -> None:
    """A new trial needs a decision."""
    assert REASONS.keys() == {*VARIANTS, UNLIMITED, FLAT, NEEDED, UNTYPED, INTERNED, FREE} - {
        AS_BUILT
    }


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (AS_BUILT, "uvloop asyncio 200000 on frozen"),
        ("asyncio's loop, no uvloop", "asyncio asyncio 200000 on frozen"),
        ("uvloop in the consumer's thread too", "uvloop uvloop 200000 on frozen"),
        ("collector: Python's defaults", "uvloop asyncio 700 on thawed"),
        ("collector: our pace, no gc.freeze", "uvloop asyncio 200000 on thawed"),
        ("collector: gc.disable", "uvloop asyncio 700 off thawed"),
    ],
)
def test_a_variant_changes_what_its_name_says_and_nothing_else(
    repository: Path, name: str, told: str
) -> None:
    """Loop of the main thread and of others, first threshold, collector, what it never looks at."""
    code = """
import asyncio, gc, sys
from benchmarks.trial_worker import VARIANTS
from vigie.service import run_async

async def work(_stop):
    other = await asyncio.to_thread(asyncio.new_event_loop)
    loops = [type(one).__module__.partition(".")[0] for one in (asyncio.get_running_loop(), other)]
    other.close()
    print(*loops, gc.get_threshold()[0], "on" if gc.isenabled() else "off",
          "frozen" if gc.get_freeze_count() > 10_000 else "thawed")
    return 0

VARIANTS[sys.argv[1]]()
sys.exit(run_async(work))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, name],
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == told.replace("700 ", f"{default_threshold()} "), done.stderr


def default_threshold() -> int:
    """Python's own first threshold, which differs by version."""
    code = "import gc; print(gc.get_threshold()[0])"
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True).stdout)


def test_every_way_reads_the_same_events() -> None:
    """Type, time and queue, where a way reads them."""
    sample = Sample(day_events(1_500))
    by_topic = {topic: decoders(topic) for topic in set(sample.topics)}
    assert by_topic.keys() == {"calls", "chats", "agents"}
    for topic, message, event in zip(sample.topics, sample.messages, sample.events, strict=True):
        ways = by_topic[topic]
        assert ways[UNION](message) == event
        plain = msgspec.json.decode(message)
        assert ways[UNTYPED](message) == plain
        for way in (UNLIMITED, FLAT, NEEDED):
            found = ways[way](message)
            assert found.event_time_ms == event.event_time_ms
            assert getattr(found, "queue", None) == plain.get("queue")


def test_only_what_is_built_refuses_a_name_that_is_too_long() -> None:
    """Limits are what the second way leaves out."""
    message = (
        b'{"type":"contact.queued","v":1,"event_id":"e","source":"s","event_time_ms":1,'
        b'"contact_id":"c","leg_id":"l","channel":"voice","queue":"' + b"q" * 200 + b'"}'
    )
    kind = unlimited(ev.ContactQueued)
    assert msgspec.json.decode(message, type=kind).queue == "q" * 200  # type: ignore[attr-defined]
    with pytest.raises(msgspec.ValidationError):
        decoders("calls")[UNION](message)


def test_interned_names_change_no_number() -> None:
    """The state is the same to the byte, and equal names are one object."""

    sample = Sample(day_events(1_500))
    read = {topic: decoders(topic)[UNION] for topic in set(sample.topics)}

    def fresh() -> list[tuple[str, ev.Envelope]]:
        return [
            (topic, read[topic](message))
            for topic, message in zip(sample.topics, sample.messages, strict=True)
        ]

    as_read, interned = fresh(), fresh()
    states = [
        {topic: shard.encode() for topic, shard in shards.items()}
        for shards in (fold(as_read), fold(interned, intern_names))
    ]
    assert states[0] == states[1]
    queues = [event.queue for _, event in interned if isinstance(event, ev.ContactQueued)]
    assert len({id(queue) for queue in queues}) == len(set(queues)) > 1


def test_the_parts_are_measured_in_a_process_of_their_own(repository: Path) -> None:
    """A figure per way and round."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.trial_parts", "200", "2"],
        cwd=repository,
        capture_output=True,
    )
    parts = msgspec.json.decode(done.stdout, type=Parts)
    assert parts.events == 200
    assert parts.decode_us.keys() == {UNION, UNLIMITED, FLAT, NEEDED, UNTYPED}
    assert {len(times) for times in parts.decode_us.values()} == {2}
    assert parts.fold_us.keys() == {FRESH, INTERNED, FREE}
    assert min(min(times) for times in parts.fold_us.values()) > 0
