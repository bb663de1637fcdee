"""The section of docs/performance.md on what was tried for speed."""

from __future__ import annotations

from textwrap import fill

from benchmarks.measures import median
from benchmarks.tables import table
from benchmarks.trial_parts import FLAT, FREE, INTERNED, NEEDED, UNLIMITED, UNTYPED
from benchmarks.trial_worker import AS_BUILT
from benchmarks.trials import Trials

PAYS = 1.05
"""What gains less by median is not told from noise on a machine that others use."""

_SECTION = """
## Tried

What was tried beside what is built, as events per CPU second against it in the same round (1 is as
fast, more is faster). The first five are whole workers, core {core}, {events:,} events from a real
Kafka, {rounds} rounds; the others are by themselves in one process, {sample:,} events, the decoding
against msgspec reading a type per event ({decode_us:.2f} µs), interned names against the whole
fold ({fold_us:.1f} µs). What gains less than {pays:.2f} at the median is not told from noise here.
Measured {taken_at}, load per core {load:.2f}.

{tried}

{reasons}

Largest memory of a worker: {memory_built} MiB as built, {memory_off} MiB with `gc.disable`.

**Free-threaded Python** was not measured. msgspec, in whose types all events are written, wants
version 3.14 of it or later; its sources refuse the free-threaded 3.13 that was built for the trial,
and no 3.14 could be had. aiokafka, which reads Kafka, has no wheel for it either. So nothing is
said on what it would bring. What is known: fetching has a thread of its own, but shares one
interpreter lock with the fold, so a worker keeps one core busy and no more. Several processes are
how several cores are used today (*Two workers*).
"""

REASONS: dict[str, tuple[str, str]] = {
    "asyncio's loop, no uvloop": (
        "uvloop stays",
        "a turn of the loop folds hundreds of events, so a backlog hardly tells the loops apart",
    ),
    "uvloop in the consumer's thread too": (
        "no",
        "it has asyncio's own, but fetches thousands of records at a turn",
    ),
    "collector: Python's defaults": (
        "ours stays",
        "looking at queued records again and again is lost work (`streams/collector.py`)",
    ),
    "collector: our pace, no gc.freeze": (
        "gc.freeze stays",
        "what is imported need not be looked at; it is one line, and looks are rare anyway",
    ),
    "collector: gc.disable": (
        "no",
        "cycles that libraries make would stay for ever; a run of seconds does not show it",
    ),
    UNLIMITED: ("no", "the limits are what refuses broken events"),
    FLAT: ("no", "an event would pass without the fields that its type must have"),
    NEEDED: (
        "no",
        "the fold reads more than these, and a duplicate key in what is skipped would pass",
    ),
    UNTYPED: ("no", "nothing is checked"),
    INTERNED: ("no", "interning costs what the fold gains by it, or more"),
    FREE: ("no", "the most that interning could bring; names come from msgspec not interned"),
}
"""By trial: whether it was kept, and why."""


def tried(found: Trials) -> str:
    """Return the section."""
    ratios = {**found.worker_ratios, **found.decode_ratios, **found.fold_ratios}
    rows = [
        (
            name,
            f"{median(by_round):.2f}",
            f"{min(by_round):.2f}",
            f"{max(by_round):.2f}",
            REASONS[name][0],
        )
        for name, by_round in ratios.items()
    ]
    parts = found.parts
    return _SECTION.format(
        core="compiled" if found.is_compiled else "Python",
        events=found.events,
        rounds=len(found.worker[AS_BUILT]),
        sample=parts.events,
        decode_us=median(next(iter(parts.decode_us.values()))),
        fold_us=median(next(iter(parts.fold_us.values()))),
        pays=PAYS,
        taken_at=found.taken_at,
        load=found.load_per_core,
        tried=table(("tried", "times as fast", "lowest", "highest", "kept"), rows),
        reasons="\n".join(_reason(name) for name in ratios),
        memory_built=_memory(found, AS_BUILT),
        memory_off=_memory(found, "collector: gc.disable"),
    )


def _reason(name: str) -> str:
    return fill(f"* *{name}*: {REASONS[name][1]}.", width=100, subsequent_indent="  ")


def _memory(found: Trials, name: str) -> int:
    return max(run.peak_mib for run in found.worker[name])
