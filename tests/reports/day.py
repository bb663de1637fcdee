"""A literal day (Monday 2024-06-03) and five Mondays before it, for reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from aggregators.policy import DAY_MS, HOUR_MS, QueuePolicy, Rules
from aggregators.shard import Shard
from exporters.reports.making import Surroundings, finished, steps
from exporters.reports.plan import ReportPlan, ReportScope
from exporters.reports.report import AlertLine, AlertNote, Alerts, Report
from exporters.reports.schedule import latest
from tests.aggregators.story import T0, abandoned, answered, ended, queued
from vigie.report_plan import takes

DAY_START_MS, DAY_END_MS = T0, T0 + DAY_MS
MORNING_MS = DAY_END_MS + 6 * HOUR_MS + 30 * 60_000
"""Half past six on the next morning: the report is due."""
WEEKS = 5

FORMULA = '=HYPERLINK("http://x")'
MARKUP = "<b>&amp;\"'"


def rules() -> Rules:
    """Two queues of two teams, with a threshold of 20 s and a target of 80 %."""
    base = QueuePolicy(threshold_ms=20_000, short_limit_ms=5_000)
    return Rules(
        queues={
            ("sales", "voice"): replace(base, team="Sellers"),
            ("billing", "voice"): replace(base, team="Desk"),
        },
        retention_ms=None,
        min_sample=5,
    )


def events(start_ms: int = T0) -> list[Any]:
    """30 answered after 5 s and 10 abandoned after 30 s in sales, from 10:00 on, one a minute;
    10 answered after 60 s in billing, from 14:00 on; each conversation lasts two minutes."""
    shift_s = (start_ms - T0) / 1000

    def story() -> Iterator[Any]:
        for n in range(40):
            at_s, contact = shift_s + 10 * 3600 + n * 60, f"s{start_ms}-{n}"
            yield queued(contact, at_s, queue="sales")
            if n % 4 == 3:
                yield abandoned(contact, at_s + 30)
            else:
                yield answered(contact, at_s + 5, agent="A1")
                yield ended(contact, at_s + 125)
        for n in range(10):
            at_s, contact = shift_s + 14 * 3600 + n * 180, f"b{start_ms}-{n}"
            yield queued(contact, at_s, queue="billing")
            yield answered(contact, at_s + 60, agent="A2")
            yield ended(contact, at_s + 180)

    return sorted(story(), key=lambda one: one.event_time_ms)


def quiet(start_ms: int) -> list[Any]:
    """A Monday before: 40 answered in sales after 5 s, none abandoned."""
    shift_s = (start_ms - T0) / 1000
    found: list[Any] = []
    for n in range(40):
        at_s, contact = shift_s + 10 * 3600 + n * 60, f"q{start_ms}-{n}"
        found += [
            queued(contact, at_s, queue="sales"),
            answered(contact, at_s + 5, agent="A1"),
            ended(contact, at_s + 125),
        ]
    return sorted(found, key=lambda one: one.event_time_ms)


def shard(*, weeks: int = 0, of: Rules | None = None) -> Shard:
    """The shard of the day, after so many Mondays."""
    made = Shard("calls", 0, of or rules())
    for number in range(weeks, 0, -1):
        for event in quiet(T0 - number * 7 * DAY_MS):
            made.apply(event, event.event_time_ms)
    for event in events():
        made.apply(event, event.event_time_ms)
    return made


ALERT = AlertLine(
    name="Long wait",
    where="sales (voice)",
    kind="pair",
    queue="sales",
    channel="voice",
    severity="critical",
    fired_ms=T0 + 10 * HOUR_MS + 5 * 60_000,
    ended_ms=T0 + 10 * HOUR_MS + 25 * 60_000,
    taken_ms=T0 + 10 * HOUR_MS + 9 * 60_000,
    taken_by="Anna",
    worst="2 min 5 s",
    notes=(
        AlertNote(
            at_ms=T0 + 10 * HOUR_MS + 9 * 60_000, what="acknowledged", by="Anna",
            why="two agents moved from billing",
        ),
    ),
)  # fmt: skip


def report(
    plan: ReportPlan | None = None,
    *,
    weeks: int = 0,
    alerts: tuple[AlertLine, ...] = (ALERT,),
    made_ms: int = MORNING_MS,
    of: Rules | None = None,
    **surroundings: Any,
) -> Report:
    """The report of the day."""
    plan = plan or ReportPlan(name="centre")
    around = Surroundings(
        alerts=Alerts(fired=len(alerts), mtta_ms=240_000, mttr_ms=1_200_000, lines=alerts),
        **surroundings,
    )
    return finished(
        steps(
            plan, latest(plan, made_ms), [shard(weeks=weeks, of=of)], of or rules(),
            made_ms=made_ms,
            takes=takes(plan.scope), surroundings=around,
        )
    )  # fmt: skip


def team(name: str) -> ReportScope:
    """What one team's report is about."""
    return ReportScope(teams=(name,))
