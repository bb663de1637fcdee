"""The figures of the office: costs, customers and staff by month, costs by hour, engagement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from aggregators.events import (
    CostBooked,
    CustomersCounted,
    Money,
    StaffCounted,
    SurveyAnswered,
    SurveySent,
)
from streams.simulator.floor import Agent
from streams.simulator.record import Record
from streams.simulator.scenario import OfficeSpec
from streams.simulator.timeline import Timeline

HOUR_MS = 3_600_000
MONTHS = 2
"""Complete months that are told of when the centre opens."""
ASKED_SHARE = 0.9
ASKED_WITHIN_MS = 3 * HOUR_MS
"""So long that somebody was asked lately whenever one looks at the first hours."""
PARTICIPATION = 0.65
LEAVING_SHARE = 0.02
_OVERHEAD = (("software", 0.08), ("infrastructure", 0.05), ("other", 0.02))


class Office:
    """Books what is no contact: what it all costs, whom it is for and who does it."""

    __slots__ = ("_record", "_rng", "_spec", "_teams", "_timeline", "_zone")

    def __init__(
        self,
        timeline: Timeline,
        record: Record,
        spec: OfficeSpec,
        teams: Mapping[str, Sequence[Agent]],
        zone: ZoneInfo,
        rng: Random,
    ) -> None:
        self._timeline = timeline
        self._record = record
        self._spec = spec
        self._teams = teams
        self._zone = zone
        self._rng = rng

    def begin(self) -> None:
        """Tell the last months at once; then each hour's costs when it is over."""
        now_ms = self._timeline.now_ms
        borders = self._months(now_ms)
        total = self._spec.customers
        for start_ms, end_ms in pairwise(borders):
            total = self._month(start_ms, end_ms, total)
        first_ms = now_ms - now_ms % HOUR_MS + HOUR_MS
        self._timeline.at(first_ms + HOUR_MS, self._hour)
        for agents in self._teams.values():
            for agent in agents:
                if self._rng.random() < ASKED_SHARE:
                    delay_ms = round(self._rng.random() * ASKED_WITHIN_MS)
                    self._timeline.after(delay_ms, self._ask, agent)

    def _months(self, now_ms: int) -> list[int]:
        """Return the borders of the last complete months, oldest first."""
        today = datetime.fromtimestamp(now_ms / 1000, self._zone)
        borders = []
        for back in range(MONTHS, -1, -1):
            year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
            first = datetime(year, month + 1, 1, tzinfo=self._zone)
            borders.append(round(first.timestamp() * 1000))
        return borders

    def _month(self, start_ms: int, end_ms: int, customers: int) -> int:
        """Tell one month; return the customers at its end."""
        rng, tell = self._rng, self._record.tell
        period = {"scope": "all", "period_start_ms": start_ms, "period_end_ms": end_ms}
        new = round(customers * (0.03 + 0.02 * rng.random()))
        lost = round(customers * (0.02 + 0.015 * rng.random()))
        customers += new - lost
        tell(CustomersCounted, total=customers, new_in_period=new, lost_in_period=lost, **period)
        heads = {team: len(agents) for team, agents in self._teams.items()}
        gone = {
            team: sum(rng.random() < LEAVING_SHARE for _ in range(n)) for team, n in heads.items()
        }
        tell(
            StaffCounted, start=sum(heads.values()), end=sum(heads.values()),
            leavers=sum(gone.values()), **period,
        )  # fmt: skip
        for team, n in heads.items():
            tell(StaffCounted, start=n, end=n, leavers=gone[team], team=team, **period)
        hours = (end_ms - start_ms) / HOUR_MS
        for channel, per_hour in self._spec.cost_per_hour.items():
            self._cost(channel, "salary", per_hour * hours, start_ms, end_ms)
        per_month = sum(self._spec.cost_per_hour.values()) * hours
        for kind, share in _OVERHEAD:
            self._cost(None, kind, per_month * share, start_ms, end_ms)
        self._cost(None, "marketing", 40.0 * new, start_ms, end_ms)
        return customers

    def _hour(self) -> None:
        now_ms = self._timeline.now_ms
        for channel, per_hour in self._spec.cost_per_hour.items():
            amount = per_hour * (0.9 + 0.2 * self._rng.random())
            self._cost(channel, "salary", amount, now_ms - HOUR_MS, now_ms)
        self._timeline.after(HOUR_MS, self._hour)

    def _cost(
        self, channel: str | None, kind: str, amount: float, start_ms: int, end_ms: int
    ) -> None:
        self._record.tell(
            CostBooked,
            cost_id=self._record.new_id("f"),
            scope="all",
            kind=kind,
            money=Money(amount=f"{amount:.2f}", currency=self._spec.currency),
            channel=channel,
            period_start_ms=start_ms,
            period_end_ms=end_ms,
        )

    def _ask(self, agent: Agent) -> None:
        survey = {
            "survey_id": self._record.new_id("q"),
            "survey_kind": "engagement",
            "team": agent.team_name,
        }
        self._record.tell(SurveySent, **survey)
        if self._rng.random() < PARTICIPATION:
            delay_ms = 60_000 + round(self._rng.expovariate(1 / HOUR_MS))
            self._timeline.after(delay_ms, self._answer, survey)

    def _answer(self, survey: dict[str, str]) -> None:
        score = min(10, max(0, round(self._rng.gauss(7.2, 1.6))))
        self._record.tell(SurveyAnswered, score=float(score), **survey)
