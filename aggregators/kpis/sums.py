"""Sums of a window: the facts of its cells, and what they mean under each queue's settings.

Sums of several queues add up, each queue judged by its own threshold and short limit.
"""

from __future__ import annotations

from bisect import bisect_left

from msgspec import Struct, field

from aggregators import facts as f
from aggregators.facts import Cell, merge_into
from aggregators.policy import EDGES_MS, QueuePolicy

MISSED_REASONS = ("timeout", "no_agent")
"""Flow-outs that the in-hours form of the service level takes as missed (SL_I)."""


class Waits(Struct):
    """An exact multiset of waits in ms; a commutative monoid."""

    counts: dict[int, int] = field(default_factory=dict)
    n: int = 0
    sum_ms: int = 0
    max_ms: int = -1

    def see(self, wait_ms: int, n: int) -> None:
        """Add ``n`` waits of one length."""
        self.counts[wait_ms] = self.counts.get(wait_ms, 0) + n
        self.n += n
        self.sum_ms += wait_ms * n
        if n > 0 and wait_ms > self.max_ms:
            self.max_ms = wait_ms

    def add(self, other: Waits) -> None:
        """Add another multiset."""
        merge_into(self.counts, other.counts)
        self.n += other.n
        self.sum_ms += other.sum_ms
        self.max_ms = max(self.max_ms, other.max_ms)

    def quantile_ms(self, *shares: float) -> list[int | None]:
        """Return nearest-rank percentiles: the value at position ceil(p * n) (kpis.md, 2.1)."""
        if self.n <= 0:
            return [None] * len(shares)
        ordered = sorted(item for item in self.counts.items() if item[1])
        reached: list[int] = []
        total = 0
        for _, n in ordered:
            total += n
            reached.append(total)
        found: list[int | None] = []
        for share in shares:
            # Shares have at most four decimals; in integers ceil is exact.
            position = max(1, -(-round(share * 10_000) * self.n // 10_000))
            found.append(ordered[min(bisect_left(reached, position), len(ordered) - 1)][0])
        return found

    def up_to(self) -> list[int]:
        """Return how many waits are at or below each edge of ``EDGES_MS``."""
        bands = [0] * (len(EDGES_MS) + 1)
        for wait_ms, n in self.counts.items():
            bands[bisect_left(EDGES_MS, wait_ms)] += n
        running, total = [], 0
        for n in bands[:-1]:
            total += n
            running.append(total)
        return running

    def bands(self) -> list[int]:
        """Return how many waits fall in each band [previous edge, edge), and above the last."""
        bands = [0] * (len(EDGES_MS) + 1)
        for wait_ms, n in self.counts.items():
            bands[bisect_left(EDGES_MS, wait_ms + 1)] += n
        return bands


class Sums(Struct):
    """All facts of a window and scope. The symbols are those of kpis.md, section 4.1."""

    cell: Cell = field(default_factory=dict)
    answered: Waits = field(default_factory=Waits)  # A
    abandoned: Waits = field(default_factory=Waits)  # B
    answered_in: int = 0  # A<=
    abandoned_in: int = 0  # B<=
    short: int = 0  # S
    flow_out: dict[str, int] = field(default_factory=dict)  # F by reason
    flow_out_n: int = 0
    flow_out_in: int = 0  # F<=
    missed_in: int = 0  # flow-outs by time-out or for want of an agent, within X
    flow_out_ms: int = 0
    callbacks: int = 0  # R
    callbacks_in: int = 0  # R<=
    left_max_ms: int = -1
    unknown_wait: int = 0  # answered, entered nobody knows when
    positive_extra: int = 0  # callbacks in the numerator of SL_C, by the queue's setting
    positive_whole: int = 0  # and in its denominator
    missed_callbacks: int = 0  # callbacks that count as missed, by the queue's setting
    genesys_part: int = 0
    genesys_whole: int = 0
    timer_part: int = 0
    timer_whole: int = 0

    @property
    def answered_n(self) -> int:
        """A: answered legs, also those whose wait is unknown."""
        return self.answered.n + self.unknown_wait

    @property
    def offered(self) -> int:
        """O = A + B + F."""
        return self.answered_n + self.abandoned.n + self.flow_out_n

    def get(self, key: int) -> int:
        """Return a count or sum of the window."""
        return self.cell.get(key, 0)

    def add(self, other: Sums) -> None:
        """Add another scope's sums."""
        merge_into(self.cell, other.cell)
        self.answered.add(other.answered)
        self.abandoned.add(other.abandoned)
        for reason, n in other.flow_out.items():
            self.flow_out[reason] = self.flow_out.get(reason, 0) + n
        self.left_max_ms = max(self.left_max_ms, other.left_max_ms)
        for name in _ADDED:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_ADDED = (
    "answered_in", "abandoned_in", "short", "flow_out_n", "flow_out_in", "missed_in", "flow_out_ms",
    "callbacks", "callbacks_in", "unknown_wait", "positive_extra", "positive_whole",
    "missed_callbacks", "genesys_part", "genesys_whole", "timer_part", "timer_whole",
)  # fmt: skip


def sums_of(cell: Cell, policy: QueuePolicy) -> Sums:
    """Read a window's merged cell under the settings of its queue and channel."""
    sums = Sums()
    x_ms = policy.threshold_ms
    plain = sums.cell
    for key, n in cell.items():
        family = key >> f.VALUE_BITS
        if not family:
            plain[key] = n
            continue
        wait_ms = key & f.VALUE_MASK
        inside = n if wait_ms <= x_ms else 0
        if n > 0 and wait_ms > sums.left_max_ms and family != f.WAIT_CALLBACK:
            sums.left_max_ms = wait_ms
        if family == f.WAIT_ANSWERED:
            sums.answered.see(wait_ms, n)
            sums.answered_in += inside
        elif family == f.WAIT_ABANDONED:
            sums.abandoned.see(wait_ms, n)
            sums.abandoned_in += inside
            if wait_ms < policy.short_limit_ms:
                sums.short += n
        elif family == f.WAIT_CALLBACK:
            sums.callbacks += n
            sums.callbacks_in += inside
        else:
            reason = f.FLOW_OUT_REASONS[family - f.WAIT_FLOW_OUT]
            sums.flow_out[reason] = sums.flow_out.get(reason, 0) + n
            sums.flow_out_n += n
            sums.flow_out_in += inside
            if reason in MISSED_REASONS:
                sums.missed_in += inside
            sums.flow_out_ms += wait_ms * n
    sums.unknown_wait = plain.get(f.ANSWERED_UNKNOWN_WAIT, 0)
    _by_settings(sums, policy)
    return sums


def _by_settings(sums: Sums, policy: QueuePolicy) -> None:
    if policy.callbacks in (None, "as_removed"):
        sums.positive_extra, sums.positive_whole = sums.callbacks_in, sums.callbacks
    elif policy.callbacks == "as_missed":
        sums.missed_callbacks = sums.positive_whole = sums.callbacks
    sums.genesys_part = sums.answered_in
    kept = 0
    if policy.genesys_abandons:
        kept = sums.abandoned.n - (0 if policy.genesys_short_abandons else sums.short)
    elif policy.genesys_short_abandons:
        kept = 0
    flows = sums.flow_out_n if policy.genesys_flow_outs else 0
    sums.genesys_whole = sums.answered_n + flows + kept
    decided = sums.answered_in + sums.flow_out_in + sums.get(f.TIMER_MISSED) + sums.unknown_wait
    if policy.timer_abandons == "positive":
        sums.timer_part = sums.answered_in + sums.abandoned_in
        sums.timer_whole = decided + sums.abandoned_in
    else:
        sums.timer_part = sums.answered_in
        negative = sums.abandoned_in if policy.timer_abandons == "negative" else 0
        sums.timer_whole = decided + negative
