"""The oracle: what must come out, recomputed in plain Python from the raw log alone.

It shares no code with vigie and does not look at it. It reads the records of each partition in
the order of their offsets, decides what becomes of each (applied, duplicate, late, dead-lettered
with a reason), keeps the final version of every fact, and at the end counts each contact once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.oracle_contact import ContactView
from tests.faults.oracle_firsts import BRINGS_AN_OUTCOME, Counted, Firsts
from tests.faults.oracle_legs import Fact
from tests.faults.oracle_reading import Event, read_event
from tests.faults.raw_log import RawRecord

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
SLICE_MS = 5_000

Place = tuple[int, str, str, tuple[Any, ...]]
"""(start of the slice, queue, channel, name of the fact)"""


@dataclass
class Tally:
    """What became of the records of one partition."""

    read: int = 0
    applied: int = 0
    ignored: int = 0
    duplicate: int = 0
    late: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    next_offset: int = 0

    @property
    def dead_lettered(self) -> int:
        """All refused records."""
        return self.reasons.total()

    def is_conserved(self) -> bool:
        """The conservation law."""
        return self.read == self.applied + self.duplicate + self.late + self.dead_lettered


class PartitionPass:
    """One partition, record by record."""

    def __init__(self, topic: str, rules: OracleRules) -> None:
        self.topic = topic
        self.rules = rules
        self.tally = Tally()
        self.letters: set[str] = set()
        self.newest_ms = 0
        self.watermark_ms = 0
        self.known: dict[str, dict[str, Event]] = {}
        self.gone: set[str] = set()
        self.done: list[ContactView] = []
        self.queues: set[str] = set()
        self.firsts = Firsts()

    def take(self, record: RawRecord) -> None:
        """Decide about one record."""
        tally = self.tally
        tally.read += 1
        tally.next_offset = record.offset + 1
        event = read_event(self.topic, record.key, record.value, record.append_ms)
        if isinstance(event, str):
            self._refuse(record, event)
            return
        if event.get("test", False):
            tally.applied += 1
            tally.ignored += 1
            return
        at_ms: int = event["event_time_ms"]
        # One bad clock moves the watermark no further than the broker's own clock.
        self.newest_ms = max(self.newest_ms, min(at_ms, record.append_ms))
        self.watermark_ms = max(self.watermark_ms, self.newest_ms - self.rules.lateness_ms)
        self._place(record, event, is_late=at_ms < self.watermark_ms)

    def _place(self, record: RawRecord, event: Event, *, is_late: bool) -> None:
        contact_id = event["contact_id"]
        self._forget_if_passed(contact_id)
        told = self.known.get(contact_id, {})
        before = told.get(event["event_id"])
        is_old = event["event_time_ms"] < self.newest_ms - self.rules.retention_ms
        if is_late and before is None and (contact_id in self.gone or (is_old and not told)):
            # What was forgotten cannot be told from a repetition any more.
            self._refuse(record, "too_late")
            return
        self.known[contact_id] = told
        if before is not None and event.get("revision", 0) <= before.get("revision", 0):
            self.tally.duplicate += 1
            return
        if event["type"] == "contact.queued":
            self._name(event)
        told[event["event_id"]] = event
        if is_late:
            self.tally.late += 1
        else:
            self.tally.applied += 1
        if event["type"] in BRINGS_AN_OUTCOME:
            self.firsts.see(event, self._view(told))

    def _name(self, event: Event) -> None:
        """Beyond the limit of names a queue is counted under one common name."""
        name = "".join(ch for ch in event["queue"] if ch.isprintable()).strip()[:64]
        if name not in self.queues and len(self.queues) >= self.rules.max_queues:
            name = "__other__"
        self.queues.add(name)
        event["queue"] = name

    def _forget_if_passed(self, contact_id: str) -> None:
        told = self.known.get(contact_id)
        if not told or min(e["event_time_ms"] for e in told.values()) >= self.watermark_ms:
            return
        view = self._view(told)
        if not view.events:
            return
        minute_ends_ms = (view.last_ms // MINUTE_MS + 1) * MINUTE_MS
        if minute_ends_ms <= self.watermark_ms and view.is_over():
            self.done.append(view)
            self.gone.add(contact_id)
            del self.known[contact_id]

    def _view(self, told: dict[str, Event]) -> ContactView:
        return ContactView(list(told.values()), self.topic, self.rules.lateness_ms)

    def _refuse(self, record: RawRecord, reason: str) -> None:
        self.tally.reasons[reason] += 1
        self.letters.add(f"{record.topic}/{record.partition}/{record.offset}")

    def contacts(self) -> list[ContactView]:
        """Every contact of the partition, whether still known or not."""
        return [*self.done, *(self._view(told) for told in self.known.values())]


@dataclass(frozen=True)
class OracleRules:
    """The settings that change what is counted."""

    lateness_ms: int = HOUR_MS
    retention_ms: int = 8 * 24 * HOUR_MS
    max_queues: int = 500


@dataclass
class Expected:
    """What must come out; ``letters`` are the keys of the dead letters, ``counters`` of firsts."""

    tallies: dict[tuple[str, int], Tally]
    letters: set[str]
    facts: Counter[Place]
    open: Counter[tuple[str, str, str]]
    counters: Counted = field(default_factory=Counter)

    def count(self, name: str, queue: str | None = None, channel: str | None = None) -> int:
        """How much of a fact there is, over all slices, e.g. ``count("answered", "sales")``."""
        return sum(
            amount
            for (_, in_queue, on_channel, fact), amount in self.facts.items()
            if fact[0] == name and queue in (None, in_queue) and channel in (None, on_channel)
        )

    @property
    def read(self) -> int:
        """Records read, over all partitions."""
        return sum(tally.read for tally in self.tallies.values())


class Oracle:
    """What became of every record of a log; :meth:`at` counts it, seen from an instant."""

    def __init__(
        self,
        records: Iterable[RawRecord],
        names: Mapping[str, str],
        rules: OracleRules | None = None,
    ) -> None:
        """``names`` gives the canonical name of each full topic name."""
        self._passes: dict[tuple[str, int], PartitionPass] = {}
        for record in records:
            where = record.topic, record.partition
            if where not in self._passes:
                name = names[record.topic]
                self._passes[where] = PartitionPass(name, rules or OracleRules())
            self._passes[where].take(record)
        self._contacts = [view for one in self._passes.values() for view in one.contacts()]

    def at(self, as_of_ms: int) -> Expected:
        """Everything that must come out, seen from an instant."""
        facts: Counter[Place] = Counter()
        going_on: Counter[tuple[str, str, str]] = Counter()
        for contact in self._contacts:
            for fact in contact.facts(as_of_ms):
                facts[place_of(fact)] += fact.amount
            for leg in contact.legs:
                found = leg.open(as_of_ms)
                if found is not None:
                    going_on[found.queue, found.channel, found.what] += 1
        return Expected(
            {where: one.tally for where, one in self._passes.items()},
            {letter for one in self._passes.values() for letter in one.letters},
            Counter({place: amount for place, amount in facts.items() if amount}),
            going_on,
            sum((one.firsts.counters for one in self._passes.values()), Counter()),
        )


def place_of(fact: Fact) -> Place:
    """The slice of a fact, its queue and channel, and what it is."""
    return fact.at_ms // SLICE_MS * SLICE_MS, fact.queue, fact.channel, fact.name
