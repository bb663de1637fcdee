"""One word for how a run ended, and the differences that led to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aggregators.slices import SLICE_MS
from tests.faults.oracle import Expected, Place
from tests.faults.product_state import Found

SHOWN = 8


class Word(StrEnum):
    """Verdicts; only ``EQUAL`` is good."""

    EQUAL = "EQUAL"
    APPLIED_MORE = "APPLIED-MORE"
    APPLIED_LESS = "APPLIED-LESS"
    LAW_BROKEN = "LAW-BROKEN"
    VIEW_DIFFERS = "VIEW-DIFFERS"
    STUCK = "STUCK"
    CRASHED = "CRASHED"


@dataclass
class Verdict:
    """The word and what it rests on."""

    word: Word
    details: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join([str(self.word), *self.details])


class NotEqualError(Exception):
    """Raised where a run must end at once; carries its verdict."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


def differences(
    title: str, expected: Mapping[Any, int], found: Mapping[Any, int]
) -> list[tuple[int, str]]:
    """(how far above, or below zero, what) for everything that is not equal."""
    places = sorted({*expected, *found}, key=str)
    return [
        (
            found.get(at, 0) - expected.get(at, 0),
            f"{title} {at}: expected {expected.get(at, 0)}, found {found.get(at, 0)}",
        )
        for at in places
        if expected.get(at, 0) != found.get(at, 0)
    ]


def at_starts(facts: Counter[Place], melted: Collection[tuple[int, int]]) -> Counter[Place]:
    """Return facts with those inside a span that melted at its start, as rows of old age have them.

    When a row that was made for a late event melts depends on when a minute passes; the sums do
    not. A quarter of an hour may have minutes of its own in another partition.
    """
    start_of: dict[int, int] = {}
    for start_ms, end_ms in sorted(melted, key=lambda span: span[0] - span[1]):
        for at_ms in range(start_ms, end_ms, SLICE_MS):
            start_of.setdefault(at_ms, start_ms)
    found: Counter[Place] = Counter()
    for (at_ms, queue, channel, name), amount in facts.items():
        found[start_of.get(at_ms, at_ms), queue, channel, name] += amount
    return found


def judge_state(expected: Expected, found: Found, letters: Counter[str]) -> Verdict:
    """Compare the durable state and the dead letters with the oracle."""
    broken = [
        f"{where}: {counts}"
        for where, (_, counts) in found.counts.items()
        if counts.read != counts.applied + counts.duplicate + counts.late + counts.dead_lettered
        or counts.dead_lettered != sum(counts.reasons.values())
    ]
    if broken:
        return Verdict(Word.LAW_BROKEN, broken)
    off: list[tuple[int, str]] = []
    for where, tally in expected.tallies.items():
        next_offset, counts = found.counts.get(where, (0, None))
        mine = {
            "next_offset": tally.next_offset, "read": tally.read, "applied": tally.applied,
            "ignored": tally.ignored, "duplicate": tally.duplicate, "late": tally.late,
            **{f"dead {reason}": n for reason, n in tally.reasons.items()},
        }  # fmt: skip
        theirs = {"next_offset": next_offset}
        if counts is not None:
            theirs |= {
                "read": counts.read, "applied": counts.applied, "ignored": counts.ignored,
                "duplicate": counts.duplicate, "late": counts.late,
                **{f"dead {reason}": n for reason, n in counts.reasons.items()},
            }  # fmt: skip
        off += differences(f"{where[0]}[{where[1]}]", mine, theirs)
    off += differences(
        "fact", at_starts(expected.facts, found.melted), at_starts(found.facts, found.melted)
    )
    off += differences("open", expected.open, found.open)
    off += differences("counter", expected.counters, found.counters)
    off += differences("dead letter", dict.fromkeys(expected.letters, 1), dict.fromkeys(letters, 1))
    if not off:
        return Verdict(Word.EQUAL)
    word = Word.APPLIED_MORE if any(by > 0 for by, _ in off) else Word.APPLIED_LESS
    return Verdict(word, [f"{len(off)} differences", *(text for _, text in off[:SHOWN])])
