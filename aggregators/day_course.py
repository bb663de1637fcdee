"""The course of a day: the figures of each queue by half hour, from the day's start until now.

Every half hour is summed up once for all queues. One that late facts may still change is read
again when somebody asks and the last reading is older than half a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from aggregators.calendar import interval_start, local_day_start
from aggregators.in_passing import in_passing
from aggregators.kpis.agents import handling
from aggregators.kpis.service import service
from aggregators.kpis.service_level import levels_of, service_level_parts
from aggregators.kpis.values import KpiValue
from aggregators.kpis.waiting import waiting
from aggregators.policy import MINUTE_MS, QueuePolicy, Rules
from aggregators.row_plan import RowPlan
from aggregators.shard import Shard
from aggregators.window_sums import RowReader, WindowSums
from aggregators.windows import Kind, Window

HALF_HOUR_MIN = 30
READ_AGAIN_MS = 30_000
KEPT = 120
"""Half hours that are kept: two days of them and some."""


class HalfHour(Struct, frozen=True):
    """One queue in one half hour; None is no value. ``service_level`` is the headline variant."""

    start_ms: int
    end_ms: int
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    service_level: float | None = None
    asa_seconds: float | None = None
    aht_seconds: float | None = None


class _Read(Struct):
    made_ms: int
    pairs: dict[tuple[str, str], HalfHour]


class DayCourse:
    """The half hours of the days of all queues. One thread only."""

    def __init__(self) -> None:
        self._shards: list[Shard] = []
        self._plan: RowPlan | None = None
        self._read: dict[tuple[int, int], _Read] = {}

    def borders(self, policy: QueuePolicy, as_of_ms: int) -> list[tuple[int, int]]:
        """Return (start, end) of the half hours of a queue's day up to now, the oldest first.

        The first and the last may be shorter: a day may begin at any minute.
        """
        first_ms = local_day_start(as_of_ms, policy.zone, policy.reset_minute)
        found: list[tuple[int, int]] = []
        end_ms = as_of_ms
        while end_ms > first_ms:
            start_ms = max(first_ms, interval_start(end_ms - 1, policy.zone, HALF_HOUR_MIN))
            found.append((start_ms, end_ms))
            end_ms = start_ms
        if found:  # the open one has its end in front of it
            start_ms, _ = found[0]
            found[0] = (start_ms, start_ms + HALF_HOUR_MIN * MINUTE_MS)
        return found[::-1]

    def to_read(
        self,
        shards: Iterable[Shard],
        borders: Sequence[tuple[int, int]],
        as_of_ms: int,
        rules: Rules,
    ) -> list[tuple[int, int]]:
        """Return those of the half hours that are not known, or may have changed since."""
        parts = list(shards)
        if [id(part) for part in parts] != [id(part) for part in self._shards]:
            self._shards, self._plan, self._read = parts, None, {}
        return [at for at in borders if not self._is_current(at, as_of_ms, rules.lateness_ms)]

    def _is_current(self, at: tuple[int, int], as_of_ms: int, lateness_ms: int) -> bool:
        read = self._read.get(at)
        if read is None or read.made_ms > as_of_ms:
            return False
        return read.made_ms >= at[1] + lateness_ms or as_of_ms - read.made_ms < READ_AGAIN_MS

    def read(self, at: tuple[int, int], as_of_ms: int, rules: Rules) -> None:
        """Sum up one half hour of all queues."""
        plan = self._plan = self._plan or RowPlan(rules)
        plan.update(self._shards)
        window = WindowSums(Window("half_hour", Kind.WHOLE))
        with in_passing(self._shards, at):
            reader = RowReader(self._shards, plan)
            window.update(reader, dict.fromkeys(plan.clocks, at), ())
        found: dict[tuple[str, str], HalfHour] = {}
        for (queue, channel), policy in plan.policies.items():
            kept = window.sums.get(plan.sums_of.get(("pair", queue, channel), ()))
            if kept is None or not kept.sums:
                continue
            of_service = service(kept.sums)
            levels = levels_of(service_level_parts(kept.sums))
            found[queue, channel] = HalfHour(
                *at,
                _count(of_service["contacts_offered"]),
                _count(of_service["contacts_answered"]),
                _count(of_service["contacts_abandoned"]),
                _number(levels.get(policy.headline_variant)),
                _number(_labelled(waiting(kept.sums)["asa_seconds"], "queue")),
                _number(handling(kept.sums)["aht_seconds"]),
            )
        self._read.pop(at, None)
        self._read[at] = _Read(as_of_ms, found)
        while len(self._read) > KEPT:
            del self._read[next(iter(self._read))]

    def points(
        self, borders: Sequence[tuple[int, int]], queue: str, channel: str
    ) -> list[HalfHour]:
        """Return the half hours of a queue, those not read yet as empty ones."""
        return [
            (read.pairs.get((queue, channel)) if (read := self._read.get(at)) else None)
            or HalfHour(*at)
            for at in borders
        ]


def _count(value: KpiValue) -> int:
    return int(value) if isinstance(value, (int, float)) else 0


def _number(value: KpiValue) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _labelled(value: KpiValue, label: str) -> KpiValue:
    return value.get(label) if isinstance(value, dict) else None
