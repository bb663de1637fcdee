"""VANAD, two months of a real centre: totals, queues and agents, to the unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.shared_data import vanad
from tests.shared_data.command import figures_of
from tests.shared_data.figures import percent, rounded, told_totals, totals
from tests.shared_data.vanad import Month

COUNTS = ("offered", "answered", "abandoned", "abandoned_within_5s", "answered_within_20s",
          "answered_under_20s", "wait_sum_answered_s", "wait_sum_abandoned_s", "talk_sum_s",
          "with_transfer")  # fmt: skip


def rows_of(month: Month) -> dict[str | None, dict[str, Any]]:
    """All of a month: every queue, and None for all of them."""
    whole, strict = month.whole.windows["whole"], month.strict.windows["whole"]
    found: dict[str | None, dict[str, Any]] = {None: totals(whole.total, strict.total)}
    for name, values in whole.queues.items():
        found[name] = totals(values, strict.queues[name])
    return found


def added(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of several stretches together: counts and sums add, the rest is theirs."""
    sums = {name: sum(row[name] for row in rows) for name in COUNTS}
    offered, answered, lost = (sums[name] for name in ("offered", "answered", "abandoned"))
    long_base = offered - sums["abandoned_within_5s"]
    in_time, under = sums["answered_within_20s"], sums["answered_under_20s"]
    return {
        **sums,
        "answered_pct": percent(answered / offered),
        "abandoned_pct": percent(lost / offered),
        "abandoned_pct_less_short": percent((lost - sums["abandoned_within_5s"]) / long_base),
        "sl20_of_offered_pct": percent(in_time / offered),
        "sl20_of_answered_pct": percent(in_time / answered),
        "sl20_of_offered_less_short_pct": percent(in_time / long_base),
        "sl20_strict_of_answered_pct": percent(under / answered),
        "mean_wait_answered_s": rounded(sums["wait_sum_answered_s"] / answered),
        "mean_wait_abandoned_s": rounded(sums["wait_sum_abandoned_s"] / lost),
        "longest_wait_s": max(row["longest_wait_s"] for row in rows),
        "mean_talk_s": rounded(sums["talk_sum_s"] / answered),
        "transfer_of_answered_pct": percent(sums["with_transfer"] / answered),
    }


@pytest.mark.parametrize("name", ["2014-01", "2014-02"])
def test_a_month_gives_its_totals(
    months: dict[str, Month], expected: Callable[[str], Any], name: str
) -> None:
    """Counts, rates, waits, talk and transfers of every call of the month."""
    assert rows_of(months[name])[None] == told_totals(expected("vanad2014")["months"][name])


@pytest.mark.parametrize("day", ["2014-01-06", "2014-02-11"])
def test_a_day_gives_its_totals_at_the_command_line(
    shared_data: Path, expected: Callable[[str], Any], tmp_path: Path, day: str
) -> None:
    """The rows of the day as a file of their own; no call crosses midnight."""
    vanad.settings(tmp_path)
    vanad.cut_days(shared_data / "vanad2014", (day,), tmp_path / "day.csv.gz")
    words = ("--settings", "vanad.yaml", "compute", "--source", "calls_csv", "day.csv.gz")
    (one,) = figures_of(tmp_path, *words)
    (strict,) = figures_of(tmp_path, *words, threshold_s="19.999")
    total, under = (board["windows"]["whole"]["total"] for board in (one, strict))
    assert totals(total, under) == told_totals(expected("vanad2014")["days_total"][day])
    assert one["windows"]["today"] == one["windows"]["whole"]


def test_the_two_months_add_up_to_the_total(
    months: dict[str, Month], expected: Callable[[str], Any]
) -> None:
    """240,015 calls; a rate of both is the ratio of sums, never the mean of two rates."""
    told = told_totals(expected("vanad2014")["total"])
    assert added([rows_of(month)[None] for month in months.values()]) == told
    assert told["offered"] == 240_015


@pytest.mark.parametrize("queue", ["5", "20", "2", "11", "9"])
def test_the_largest_queues_give_their_totals(
    months: dict[str, Month], expected: Callable[[str], Any], queue: str
) -> None:
    """The five with the most calls, over both months."""
    told = told_totals(expected("vanad2014")["largest_queues"][queue])
    assert added([rows_of(month)[queue] for month in months.values()]) == told


@pytest.mark.parametrize("name", ["2014-01", "2014-02"])
def test_every_queue_of_a_month_agrees_with_the_script_of_the_data(
    months: dict[str, Month],
    script: Callable[[str], ModuleType],
    shared_data: Path,
    name: str,
) -> None:
    """Its own plain count over the rows of each queue gives the same figures."""
    check = script("vanad2014")
    calls = check.grouped(check.load(f"calls-{name}.csv.gz"), lambda call: str(call.queue))
    rows = rows_of(months[name])
    assert set(rows) - {None} == set(calls)
    for queue, of_queue in calls.items():
        told = told_totals(check.figures(of_queue))
        assert rows[queue] == told, queue


def test_the_queues_and_agents_are_all_there(
    months: dict[str, Month], expected: Callable[[str], Any]
) -> None:
    """21 queues; 147 agents, who all answered."""
    told = expected("vanad2014")
    queues: set[str] = set()
    answering: set[str] = set()
    for month in months.values():
        rows = month.whole.windows["whole"]
        queues |= rows.queues.keys()
        answering |= {name for name, values in rows.agents.items() if values["contacts_answered"]}
        assert (
            sum(int(str(v["contacts_answered"])) for v in rows.agents.values())
            == (rows.total["contacts_answered"])
        )
    assert (len(queues), len(answering)) == (told["queues"], told["agents_answering"])
    assert len(answering) == 147


def test_the_busiest_agents_give_their_figures(
    months: dict[str, Month], expected: Callable[[str], Any]
) -> None:
    """Answered, summed and mean talk, and transfers, of the five with the most answers."""
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for month in months.values():
        for name, values in month.whole.windows["whole"].agents.items():
            for figure, kpi in (
                ("answered", "contacts_answered"),
                ("handled", "contacts_handled"),
                ("talk_sum_s", "talk_sum_seconds"),
                ("with_transfer", "contacts_transferred"),
            ):
                value = values[kpi]
                assert isinstance(value, int | float)
                sums[name][figure] += value
    busiest = sorted(sums, key=lambda name: -sums[name]["answered"])[:5]
    found = {
        name: {
            "answered": sums[name]["answered"],
            "talk_sum_s": sums[name]["talk_sum_s"],
            "mean_talk_s": rounded(sums[name]["talk_sum_s"] / sums[name]["handled"]),
            "with_transfer": sums[name]["with_transfer"],
        }
        for name in busiest
    }
    assert found == expected("vanad2014")["busiest_agents"]
