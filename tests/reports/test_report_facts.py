"""What a report says of a literal day, and that it is what `vigie compute` says."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count
from pathlib import Path

import msgspec
import pytest

from aggregators.board import board
from aggregators.policy import DAY_MS, HOUR_MS, Rules
from exporters.headline import parse_headline
from exporters.reports.making import Surroundings, finished, is_known, steps
from exporters.reports.plan import ReportPlan, ReportScope
from exporters.reports.report import Figure, Report
from exporters.reports.schedule import latest, so_far
from streams.simulator.demo import demo_scenario
from streams.simulator.simulation import Simulation
from tests.aggregators.story import queued
from tests.e2e.front_door import environment
from tests.reports.day import (
    ALERT,
    DAY_END_MS,
    DAY_START_MS,
    MORNING_MS,
    WEEKS,
    events,
    report,
    rules,
    shard,
    team,
)
from vigie.compute import batch_rules, boards_at, topic_shards
from vigie.demo import demo_rules

PLAN = ReportPlan(name="centre")
LIVE = msgspec.structs.replace(rules(), retention_ms=8 * DAY_MS)
"""Of the Mondays before, only counts and sums are left."""


def lead(made: Report, kpi: str) -> Figure:
    (found,) = (one for one in made.lead if one.kpi == kpi)
    return found


class TestDay:
    def test_the_total_is_that_of_the_day(self) -> None:
        """50 offered, 30 of them answered in time, 10 abandoned: 60 %, and the target is 80 %."""
        made = report()
        assert (made.start_ms, made.end_ms) == (DAY_START_MS, DAY_END_MS)
        assert (made.total.offered, made.total.answered, made.total.abandoned) == (50, 40, 10)
        assert made.total.service_level == 0.6
        assert made.total.target == 0.8
        assert made.total.asa_s == (30 * 5 + 10 * 60) / 40
        assert made.total.aht_s == 120

    def test_each_queue_has_its_row(self) -> None:
        """Sales had 40 callers, billing 10 who all waited a minute."""
        rows = {one.queue: one for one in report().queues}
        assert list(rows) == ["billing", "sales"]
        assert (rows["sales"].offered, rows["sales"].service_level) == (40, 0.75)
        assert (rows["billing"].offered, rows["billing"].service_level) == (10, 0.0)
        assert rows["billing"].longest_s == 60

    def test_the_hardest_intervals_come_first_with_what_stood_then(self) -> None:
        """Most contacts not in time; the alert of that queue and time is named, of no other."""
        first, second, third = report().worst
        assert (first.queue, first.start_ms) == ("billing", DAY_START_MS + 14 * HOUR_MS)
        assert (first.missed, first.alerts) == (10, ())
        assert (second.queue, second.start_ms) == ("sales", DAY_START_MS + 10 * HOUR_MS)
        assert (second.offered, second.missed, second.alerts) == (30, 7, (ALERT.name,))
        assert (third.offered, third.missed, third.alerts) == (10, 3, ())

    def test_intervals_add_up_to_the_day(self) -> None:
        """No contact is between two intervals."""
        made = report()
        assert len(made.course) == 48
        assert sum(one.offered or 0 for one in made.course) == 50
        assert sum(one.abandoned or 0 for one in made.course) == 10

    def test_what_the_clock_brings_about_counts(self) -> None:
        """A caller who has waited for four hours is lost, although no event says so."""
        waiting = shard()
        waiting.apply(queued("W", 15 * 3600, queue="sales"), DAY_START_MS + 15 * HOUR_MS)
        made = finished(
            steps(PLAN, latest(PLAN, MORNING_MS), [waiting], rules(), made_ms=MORNING_MS)
        )
        (lost,) = (one for one in made.groups["abandonment"] if one.kpi == "contacts_lost")
        assert lost.value == 1

    def test_what_has_no_value_is_none(self) -> None:
        """Nobody was asked, so there is no satisfaction, and the list of it is empty."""
        made = report()
        assert lead(made, "csat").value is None
        assert made.groups["satisfaction"] == ()
        assert made.expressions is None

    def test_the_day_that_still_runs_ends_now(self) -> None:
        """Up to 10:30 there were 30 callers, and the report says that it is open."""
        occasion = so_far(PLAN, DAY_START_MS + 10 * HOUR_MS + 30 * 60_000)
        made = finished(
            steps(PLAN, occasion, [shard()], rules(), made_ms=occasion.end_ms, takes=None)
        )
        assert made.is_open
        assert made.total.offered == 30

    def test_a_week_has_its_days(self) -> None:
        """The week from Monday: seven days in the course, the callers all on the first."""
        plan = ReportPlan(name="centre", period="weekly")
        made = report(plan, made_ms=DAY_START_MS + 7 * DAY_MS + 7 * HOUR_MS)
        assert (made.start_ms, made.end_ms) == (DAY_START_MS, DAY_START_MS + 7 * DAY_MS)
        assert [one.offered for one in made.course] == [50, 0, 0, 0, 0, 0, 0]


class TestScope:
    def test_a_team_sees_only_its_own(self) -> None:
        """Total, rows, intervals: everything is of the team's queues."""
        made = report(ReportPlan(name="sellers", scope=team("Sellers")))
        assert made.total.offered == 40
        assert [one.queue for one in made.queues] == ["sales"]
        assert {one.queue for one in made.worst} == {"sales"}
        assert sum(one.offered or 0 for one in made.course) == 40

    @pytest.mark.parametrize(
        ("scope", "offered"),
        [
            (ReportScope(queues=("b*",)), 10),
            (ReportScope(queues=("*",), without=("sales",)), 10),
            (ReportScope(channels=("chat",)), None),
            (ReportScope(channels=("voice",), teams=("Sell*",)), 40),
        ],
    )
    def test_patterns_choose(self, scope: ReportScope, offered: int | None) -> None:
        """Names and patterns as alert rules write them; all that is given has to match."""
        made = report(ReportPlan(name="some", scope=scope))
        assert made.total.offered == (offered or 0)


class TestTrend:
    def test_without_earlier_weeks_nothing_is_compared(self) -> None:
        """The first day has no usual."""
        assert all(one.trend is None and one.last_week is None for one in report().lead)

    @pytest.mark.parametrize("live", [rules(), LIVE])
    def test_four_weeks_are_a_baseline_with_its_interval(self, live: Rules) -> None:
        """40 callers each Monday: 50 lie in what chance makes of 40, an SL of 60 % is worse."""
        made = report(weeks=WEEKS, of=live)
        offered = lead(made, "contacts_offered").trend
        assert offered is not None
        assert (offered.baseline, offered.weeks, offered.last_week) == (40, WEEKS - 1, 40)
        assert offered.low is not None
        assert offered.high is not None
        assert offered.low < 40 < 50 < offered.high
        level = lead(made, "abandonment_rate").trend
        assert level is not None
        assert (level.baseline, level.direction) == (0.0, "worse")

    def test_fewer_weeks_have_only_the_last(self) -> None:
        """With two whole weeks there is no usual, but a week before."""
        found = lead(report(weeks=3), "contacts_offered")
        assert found.trend is None
        assert found.last_week == 40

    def test_lead_kpis_of_a_row_are_of_that_row(self) -> None:
        """A choice with a row is of that queue."""
        chosen = (parse_headline("contacts_offered@queue=billing"),)
        (found,) = report(ReportPlan(name="centre", lead=chosen)).lead
        assert (found.value, found.row) == (10, ("queue", "billing"))


class TestAgreement:
    def test_its_numbers_are_those_of_compute(self, tmp_path: Path) -> None:
        """The command line computes the same day of the same file: every number is equal."""
        file = tmp_path / "events.jsonl"
        file.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in events()))
        (tmp_path / "vigie.yaml").write_text(
            "defaults: {target: 0.8, short_limit: 5s}\nchannels: {voice: {threshold: 20s}}\n"
            "queues: [{name: sales, team: Sellers}, {name: billing, team: Desk}]\n"
        )
        ran = subprocess.run(
            [sys.executable, "-m", "vigie", "--settings", "vigie.yaml", "compute", "--json",
             "--source", "canonical", "--at", str(DAY_END_MS), "--window", "24h", str(file)],
            cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        window = json.loads(ran.stdout)[0]["windows"]["24h"]
        made = report()
        for row, values in (
            (made.total, window["total"]),
            *((one, window["queues"][one.queue]) for one in made.queues),
            *((one, window["channels"][one.channel]) for one in made.channels),
        ):
            assert row.offered == values["contacts_offered"]
            assert row.answered == values["contacts_answered"]
            assert row.abandoned == values["contacts_abandoned"]
            assert row.service_level == values["service_level"][made.variant]
            assert row.asa_s == values["asa_seconds"]["queue"]
            assert row.longest_s == values["wait_max_seconds"]
            assert row.aht_s == values["aht_seconds"]

    def test_every_figure_of_a_simulated_day_is_the_board_s(self) -> None:
        """Hours of voice, chat, mail, self-care and surveys: each KPI of each row is the same."""
        end_ms = DAY_START_MS + 12 * HOUR_MS
        scenario = demo_scenario()
        used = demo_rules(batch_rules(rules()), scenario)
        told = list(Simulation(scenario, seed=3, start_ms=end_ms - 3 * HOUR_MS).events(end_ms))
        shards = topic_shards(used)
        (seen,) = boards_at(told, [end_ms], used, ("24h",), None, shards)
        plan = ReportPlan(name="centre")
        occasion = so_far(plan, end_ms)
        made = finished(
            steps(plan, occasion, list(shards.values()), used, made_ms=end_ms, takes=None)
        )
        expected = board(shards.values(), end_ms, used, ["24h"]).windows["24h"]
        assert seen.windows["24h"].total == expected.total
        compared = 0
        for one in (*made.lead, *(one for found in made.groups.values() for one in found)):
            value = expected.total[one.kpi]
            for label in one.labels:
                assert isinstance(value, dict)
                value = value[label]
            assert one.value == value, one.kpi
            compared += one.value is not None
        assert compared > 20
        for row in made.queues:
            values = expected.pairs[row.queue, row.channel]
            assert row.offered == values["contacts_offered"]
            assert row.aht_s == values["aht_seconds"]


@pytest.mark.parametrize("hour", [20, 30])
def test_queues_may_appear_while_it_is_made(hour: int) -> None:
    """Between two steps the fold goes on, with callers of queues that nobody knew: what belongs to
    the next day changes nothing, and what comes late into the day breaks nothing."""
    quiet = report(weeks=WEEKS)
    changing = shard(weeks=WEEKS)
    making = steps(
        PLAN, latest(PLAN, MORNING_MS), [changing], rules(), made_ms=MORNING_MS,
        surroundings=Surroundings(alerts=quiet.alerts),
    )  # fmt: skip
    made: Report | None = None
    for number in count():
        try:
            next(making)
        except StopIteration as end:
            made = end.value
            break
        at_s = hour * 3600 + number
        for event in (
            queued(f"N{number}", at_s, queue=f"new-{number}"),
            queued(f"O{number}", at_s, queue="sales", channel="chat", team=f"team-{number}"),
        ):
            changing.apply(event, event.event_time_ms)
    assert number > 50
    assert made is not None
    if hour >= 24:
        assert made == quiet
    assert made.total.answered == 40
    assert [one.trend for one in made.lead][1:3] == [one.trend for one in quiet.lead][1:3]


def test_a_stretch_before_the_first_contact_is_not_known() -> None:
    """A vigie that was started today knows nothing of yesterday, and does not say that it does."""
    only = shard(of=LIVE)
    assert is_known([only], LIVE, latest(PLAN, MORNING_MS))
    assert not is_known([only], LIVE, latest(PLAN, MORNING_MS - DAY_MS))
    assert not is_known([], LIVE, latest(PLAN, MORNING_MS))
