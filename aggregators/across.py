"""What a row of a board cannot tell from its own facts of the window.

The share of common costs, the contact rate (the customers were counted before the window) and
whether there are more contacts than in the same interval of other weeks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from aggregators.agent_clock import Clock, Key
from aggregators.kpis import business
from aggregators.kpis.service import contact_volume
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValues
from aggregators.policy import Rules
from aggregators.row_plan import RowPlan, clock_of
from aggregators.shard import Shard
from aggregators.weeks import Weeks, known_from, level_at
from aggregators.window_sums import KeptSums, RowReader, WindowSums
from aggregators.windows import Kind, Window


class RowsLike(Protocol):
    """The rows that are filled in."""

    total: KpiValues
    channels: dict[str, KpiValues]
    teams: dict[str, KpiValues]
    queues: dict[str, KpiValues]


class Across:
    """Fills in rows, board after board of the same shards."""

    def __init__(self, rules: Rules, shards: Sequence[Shard], plan: RowPlan) -> None:
        self._rules = rules
        self._shards = shards
        self._plan = plan
        self._home: Clock = clock_of(rules.policy("", ""))
        self._weeks: dict[str, Weeks] = {}
        self._earlier: dict[str, list[WindowSums]] = {}
        self._customers: dict[str, int | None] = {}
        self._has_all: dict[str, bool] = {}

    def update(
        self,
        reader: RowReader,
        windows: Sequence[Window],
        ranges: Mapping[str, Mapping[Clock, tuple[int, int]]],
        *,
        is_split: bool,
    ) -> None:
        """Look at the shards as of now."""
        known_from_ms = known_from(self._shards, self._rules)
        known, self._weeks = ({} if is_split else self._weeks), {}
        self._earlier, self._customers, self._has_all = {}, {}, {}
        for window in windows:
            start_ms = ranges[window.name][self._home][0]
            self._customers[window.name] = level_at(self._shards, start_ms)
            self._has_all[window.name] = known_from_ms < start_ms
            if window.kind is Kind.LAST_INTERVAL:
                weeks = self._weeks[window.name] = known.get(window.name) or Weeks(window)
                self._earlier[window.name] = weeks.update(
                    reader, ranges[window.name], known_from_ms, least=business.LEAST_WEEKS
                )

    def complete(self, name: str, made: RowsLike, sums: WindowSums) -> None:
        """Fill in the rows of a window, which nobody else has yet."""
        find = self._finder(sums)
        business.complete(
            made.total, made.channels, made.teams, made.queues, find, self._customers[name],
            has_all_contacts=self._has_all[name],
        )  # fmt: skip
        if earlier := [self._finder(week) for week in self._earlier.get(name, ())]:
            for kind, channel, row in (
                ("total", "", made.total),
                *(("channel", name, row) for name, row in made.channels.items()),
            ):
                volume = contact_volume(find(kind, channel))
                weeks = [contact_volume(week(kind, channel)) for week in earlier]
                if volume is not None:
                    row["contact_rate_anomaly"] = business.anomaly(
                        volume, [week for week in weeks if week is not None]
                    )

    def _finder(self, window: WindowSums) -> Callable[[str, str], Sums]:
        def find(kind: str, name: str) -> Sums:
            key: Key = (kind, name, "")
            return window.sums.get(self._plan.sums_of.get(key, ()), _NOTHING).sums

        return find


_NOTHING = KeptSums()
