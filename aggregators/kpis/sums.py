"""Sums of a window: the facts of its cells, and what they mean under each queue's settings.

Sums of several queues add up, each queue judged by its own threshold and short limit. All of it
is linear in the facts, so what changed in a cell is judged alone and added to the sums of every
window that holds the cell.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from aggregators import facts as f
from aggregators.facts import Cell
from aggregators.kpis.waits import Waits
from aggregators.policy import QueuePolicy

MISSED_REASONS = ("timeout", "no_agent")
"""Flow-outs that the in-hours form of the service level takes as missed (SL_I)."""


class Judged:
    """Facts of one cell, or of a change of one, as they count under a queue's settings."""

    __slots__ = ("added", "flow_out", "measures", "plain", "thinned", "waits")

    def __init__(self) -> None:
        self.plain: list[tuple[int, int]] = []
        self.added: list[tuple[str, int]] = []  # field of Sums, how much
        self.flow_out: dict[str, int] = {}
        self.waits: list[tuple[str, list[int], list[int]]] = []  # field, waits more, waits less
        self.measures: list[tuple[int, list[int], list[int]]] = []  # family, values more, less
        # field or family, how many, sum: of waits whose single values are gone
        self.thinned: list[tuple[str | int, int, int]] = []


class Sums(Struct):
    """All facts of a window and scope. The symbols are those of kpis.md, section 4.1."""

    cell: Cell = field(default_factory=dict)  # counts and sums, those that are not zero
    answered: Waits = field(default_factory=Waits)  # A
    abandoned: Waits = field(default_factory=Waits)  # B
    flowed_out: Waits = field(default_factory=Waits)  # F
    answered_in: int = 0  # A<=
    abandoned_in: int = 0  # B<=
    short: int = 0  # S
    flow_out: dict[str, int] = field(default_factory=dict)  # F by reason
    flow_out_in: int = 0  # F<=
    missed_in: int = 0  # flow-outs by time-out or for want of an agent, within X
    callbacks: int = 0  # R
    callbacks_in: int = 0  # R<=
    unknown_wait: int = 0  # answered, entered nobody knows when
    positive_extra: int = 0  # callbacks in the numerator of SL_C, by the queue's setting
    positive_whole: int = 0  # and in its denominator
    missed_callbacks: int = 0  # callbacks that count as missed, by the queue's setting
    genesys_part: int = 0
    genesys_whole: int = 0
    timer_part: int = 0
    timer_whole: int = 0
    measures: dict[int, Waits] = field(default_factory=dict)  # by family, from f.MEASURE on

    @property
    def answered_n(self) -> int:
        """A: answered legs, also those whose wait is unknown."""
        return self.answered.n + self.unknown_wait

    @property
    def flow_out_n(self) -> int:
        """F: legs that left the queue otherwise than to an agent or by hanging up."""
        return self.flowed_out.n

    @property
    def flow_out_ms(self) -> int:
        """How long those waited together."""
        return self.flowed_out.sum_ms

    @property
    def offered(self) -> int:
        """O = A + B + F."""
        return self.answered_n + self.abandoned.n + self.flow_out_n

    @property
    def left_max_ms(self) -> int:
        """The longest wait of all that left, but for callbacks; -1 when nobody did.

        It is -1 as well where not every single wait is known.
        """
        if self.answered.thinned or self.abandoned.thinned or self.flowed_out.thinned:
            return -1
        return max(self.answered.max_ms, self.abandoned.max_ms, self.flowed_out.max_ms)

    def get(self, key: int) -> int:
        """Return a count or sum of the window."""
        return self.cell.get(key, 0)

    def add(self, changes: Iterable[Judged]) -> None:
        """Add facts, or take them out where their numbers are negative."""
        cell = self.cell
        get = cell.get
        # Many changes have few waits each: a list of waits is changed once for all of them.
        waits: dict[str | int, tuple[list[int], list[int]]] = {}
        for change in changes:
            for key, n in change.plain:
                total = get(key, 0) + n
                if total:
                    cell[key] = total
                else:
                    del cell[key]
            for name, n in change.added:
                setattr(self, name, getattr(self, name) + n)
            for reason, n in change.flow_out.items():
                self.flow_out[reason] = self.flow_out.get(reason, 0) + n
            for name, more, less in change.waits:
                known = waits.setdefault(name, ([], []))
                known[0].extend(more)
                known[1].extend(less)
            for family, more, less in change.measures:
                known = waits.setdefault(family, ([], []))
                known[0].extend(more)
                known[1].extend(less)
            for where, n, sum_ms in change.thinned:
                self._waits(where).change_thinned(n, sum_ms)
        for where, (put_in, taken_out) in waits.items():
            self._waits(where).change(put_in, taken_out)

    def _waits(self, where: str | int) -> Waits:
        """Return the waits of a field, or those of a family of measures."""
        if isinstance(where, str):
            found: Waits = getattr(self, where)
            return found
        known = self.measures.get(where)
        if known is None:
            known = self.measures[where] = Waits()
        return known

    def __bool__(self) -> bool:
        """Tell whether anything is in the sums."""
        if self.cell or self.offered or self.callbacks:
            return True
        return any(values.n for values in self.measures.values())


def judge(cell: Cell, policy: QueuePolicy) -> Judged:
    """Read the facts of a cell, or of a change of one, under the settings of its queue."""
    judged = Judged()
    plain = judged.plain
    waits: dict[int, tuple[list[int], list[int]]] = {}
    for key, n in cell.items():
        family = key >> f.VALUE_BITS
        if not family:
            if n:
                plain.append((key, n))
            continue
        found = waits.get(family)
        if found is None:
            found = waits[family] = ([], [])
        if n == 1:
            found[0].append(key & f.VALUE_MASK)
        elif n > 0:
            found[0].extend([key & f.VALUE_MASK] * n)
        elif n:
            found[1].extend([key & f.VALUE_MASK] * -n)
    counts = _counts(judged, waits, policy.threshold_ms, policy.short_limit_ms)
    counts["unknown_wait"] = cell.get(f.ANSWERED_UNKNOWN_WAIT, 0)
    by_settings(judged, counts, cell.get(f.TIMER_MISSED, 0), policy)
    return judged


_PASSING = frozenset(("answered", "abandoned", "flow_out"))


def _counts(
    judged: Judged, waits: dict[int, tuple[list[int], list[int]]], x_ms: int, short_ms: int
) -> dict[str, int]:
    """Count the waits of every family; the lists go into ``judged``."""
    counts: dict[str, int] = {
        "answered": 0, "answered_in": 0, "abandoned": 0, "abandoned_in": 0, "short": 0,
        "callbacks": 0, "callbacks_in": 0, "flow_out": 0, "flow_out_in": 0, "missed_in": 0,
    }  # fmt: skip
    flows_more: list[int] = []
    flows_less: list[int] = []
    for family, (more, less) in waits.items():
        if family >= f.MEASURE:
            judged.measures.append((family, sorted(more), less))
            continue
        n = len(more) - len(less)
        inside = sum([w <= x_ms for w in more]) - sum([w <= x_ms for w in less])
        if family == f.WAIT_ANSWERED:
            counts["answered"], counts["answered_in"] = n, inside
            judged.waits.append(("answered", sorted(more), less))
        elif family == f.WAIT_ABANDONED:
            counts["abandoned"], counts["abandoned_in"] = n, inside
            short = sum([w < short_ms for w in more]) - sum([w < short_ms for w in less])
            counts["short"] = short
            judged.waits.append(("abandoned", sorted(more), less))
        elif family == f.WAIT_CALLBACK:
            counts["callbacks"], counts["callbacks_in"] = n, inside
        else:
            count_flow_out(judged, counts, family, n, inside)
            flows_more += more
            flows_less += less
    if flows_more or flows_less:
        judged.waits.append(("flowed_out", sorted(flows_more), flows_less))
    return counts


def count_flow_out(
    judged: Judged, counts: dict[str, int], family: int, n: int, inside: int
) -> None:
    """Count the flow-outs of a family, ``inside`` of them within the threshold."""
    reason = f.FLOW_OUT_REASONS[family - f.WAIT_FLOW_OUT]
    judged.flow_out[reason] = n
    counts["flow_out"] += n
    counts["flow_out_in"] += inside
    if reason in MISSED_REASONS:
        counts["missed_in"] += inside


def by_settings(
    judged: Judged, counts: dict[str, int], timer_missed: int, policy: QueuePolicy
) -> None:
    """Put the counts into ``judged``, and what the queue's own settings make of them."""
    if policy.callbacks in (None, "as_removed"):
        counts["positive_extra"] = counts["callbacks_in"]
        counts["positive_whole"] = counts["callbacks"]
    elif policy.callbacks == "as_missed":
        counts["missed_callbacks"] = counts["positive_whole"] = counts["callbacks"]
    answered_in = counts["answered_in"]
    counts["genesys_part"] = answered_in
    kept = 0
    if policy.genesys_abandons:
        kept = counts["abandoned"] - (0 if policy.genesys_short_abandons else counts["short"])
    flows = counts["flow_out"] if policy.genesys_flow_outs else 0
    counts["genesys_whole"] = counts["answered"] + counts["unknown_wait"] + flows + kept
    decided = answered_in + counts["flow_out_in"] + timer_missed + counts["unknown_wait"]
    if policy.timer_abandons == "positive":
        counts["timer_part"] = answered_in + counts["abandoned_in"]
        counts["timer_whole"] = decided + counts["abandoned_in"]
    else:
        counts["timer_part"] = answered_in
        negative = counts["abandoned_in"] if policy.timer_abandons == "negative" else 0
        counts["timer_whole"] = decided + negative
    judged.added = [(name, n) for name, n in counts.items() if n and name not in _PASSING]
