"""Figures against the same local time in earlier weeks, and where the last days are going."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregators import events as ev
from aggregators.board import Boards, board
from aggregators.kpis.change import Against, Course, Periods, Trend, course, trend
from aggregators.policy import DAY_MS, QueuePolicy, Rules
from aggregators.shard import Shard
from aggregators.trends import Changed, Trends

PARIS = "Europe/Paris"
RULES = Rules(
    channels=dict.fromkeys(("voice", "chat", "email"), QueuePolicy(zone=PARIS)),
    retention_ms=8 * DAY_MS,
)


def at(text: str) -> int:
    """The instant of a clock reading in Paris."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS)).timestamp() * 1000)


def created(n: int, ms: int, name: str) -> list[Any]:
    """So many new calls at an instant."""
    return [
        ev.ContactCreated(
            v=1, source="t", event_id=f"{name}-{k}", event_time_ms=ms, contact_id=f"{name}-{k}",
            channel="voice",
        )
        for k in range(n)
    ]  # fmt: skip


def folded(events: Sequence[Any], rules: Rules = RULES) -> Shard:
    shard = Shard("calls", 0, rules)
    for item in sorted(events, key=lambda e: e.event_time_ms):
        shard.apply(item, item.event_time_ms)
    return shard


def mondays(*volumes: int, at_time: str = "10:05") -> list[Any]:
    """Calls on Mondays from 3 March 2025 on, over the change of the clock on 30 March.

    A call on each midnight shows that vigie ran, and one on 1 March that it ran before.
    """
    found = created(1, at("2025-03-01T00:00"), "first")
    for week, volume in enumerate(volumes):
        day = date(2025, 3, 3) + timedelta(days=7 * week)
        found += created(1, at(f"{day}T00:00"), f"m{week}")
        found += created(volume, at(f"{day}T{at_time}"), f"w{week}")
    return found


def volume(shard: Shard, as_of: str, window: str = "interval_15m_last") -> Any:
    rows = Trends(RULES).make([shard], at(as_of), window, ["contact_volume"])
    return next((row.changes["contact_volume"] for row in rows if row.key[0] == "total"), None)


def test_a_figure_is_compared_with_the_same_local_time_of_earlier_weeks() -> None:
    """Mondays 10:00 to 10:15 in Paris, five of them before the clock changed and after."""
    shard = folded(mondays(100, 104, 96, 100, 102, 140))
    assert min(shard.slices.rows) * 60_000 > at("2025-03-29T00:00"), "the others left the slices"
    found = volume(shard, "2025-04-07T10:15:00")
    assert found.trend == Trend(
        now=140, baseline=100, low=found.trend.low, high=found.trend.high, difference=40,
        ratio=1.4, direction="higher", weeks=5, last_week=102,
    )  # fmt: skip
    # Poisson, wider than the spread of the five: 2.776 x sqrt(502.5 / 5) x sqrt(1 + 1 / 5).
    assert (round(found.trend.low, 2), round(found.trend.high, 2)) == (69.51, 130.49)


def test_on_the_first_days_there_is_no_value_rather_than_nonsense() -> None:
    """Three known weeks are not enough, and a week that vigie did not see is not 0 contacts."""
    assert volume(folded(mondays(100, 104, 96, 130)), "2025-03-24T10:15:00").trend is None
    shard = folded(mondays(100, 104, 96, 100, 130)[1:])
    found = volume(shard, "2025-03-31T10:15:00")
    assert found.trend.weeks == 4
    young = folded(created(5, at("2025-03-03T10:05"), "a"))
    assert volume(young, "2025-03-03T10:15:00") == Changed(
        None, Course([None] * 8, None, 0, advisory=False)
    )


def test_today_is_compared_up_to_the_last_closed_quarter() -> None:
    """At 12:07 that is 12:00: a call at 12:05 a week ago is not in the baseline."""
    shard = folded([
        *mondays(50, 50, 50, 50, 50),
        *created(400, at("2025-03-24T12:05"), "late"),
    ])  # fmt: skip
    found = volume(shard, "2025-03-31T12:07:00", "today")
    assert (found.trend.now, found.trend.baseline, found.trend.direction) == (51, 51, "usual")


def test_a_window_without_trends_is_refused_with_advice() -> None:
    """The text names those that have."""
    with pytest.raises(
        ValueError, match="use one of interval_15m_last, interval_30m_last, today, week_last"
    ):
        Trends(RULES).make([], 0, "5m")


def test_trends_survive_a_checkpoint() -> None:
    """The history is in rows of its own."""
    shard = folded(mondays(100, 104, 96, 100, 102, 130))
    before = volume(shard, "2025-04-07T10:15:00")
    checkpoint = shard.encode()
    again = Shard.decode(checkpoint.record, checkpoint.rows, RULES)
    assert again.slices.history.days == shard.slices.history.days
    assert volume(again, "2025-04-07T10:15:00") == before


@pytest.mark.proves("contact_rate_anomaly")
@pytest.mark.example(36)
def test_the_board_shows_that_there_are_more_contacts_than_in_other_weeks() -> None:
    """100 104 96 100, now 130: z = 10.12, flagged; kept boards say the same."""
    shard = folded(mondays(100, 104, 96, 100, 130))
    as_of_ms, window = at("2025-03-31T10:15:00"), "interval_15m_last"
    fresh = board([shard], as_of_ms, RULES, [window]).windows[window]
    found: Any = fresh.total["contact_rate_anomaly"]
    assert (round(found["z"], 2), found["flagged"]) == (10.12, 1)
    assert fresh.channels["voice"]["contact_rate_anomaly"] == found
    boards = Boards(RULES)
    for later_ms in (0, 1000, 60_000):
        kept = boards.make([shard], as_of_ms + later_ms, [window]).windows[window]
        assert kept.total["contact_rate_anomaly"] == found
    young = folded(mondays(100, 130))
    none = board([young], at("2025-03-10T10:15:00"), RULES, [window]).windows[window]
    assert none.total["contact_rate_anomaly"] == {"z": None, "flagged": None}


def test_the_interval_is_students_t_and_never_narrower_than_chance() -> None:
    """Seconds by their spread, counts at least as Poisson, shares at least as a sample."""
    found = trend(30.0, [10, 12, 8, 10], unit="seconds", way="down")
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    # 3.182 x 1.63299 x sqrt(1.25)
    assert (found.baseline, round(found.high, 2), found.direction) == (10, 15.81, "worse")
    quiet = trend(103, [100, 100, 100, 100], unit="count", way="up")
    # 3.182 x sqrt(100.125) x sqrt(1.25)
    assert quiet is not None
    assert quiet.high is not None
    assert (round(quiet.high, 2), quiet.direction) == (135.6, "usual")
    full = trend(0.9, [1.0] * 8, unit="ratio", way="up", sample=10)
    assert full is not None
    assert full.low is not None
    # share 12/14, sqrt(12/14 x 2/14 / 10) = 0.11066, x 2.365 x sqrt(1.125)
    assert (round(full.low, 3), full.high, full.direction) == (0.722, 1.0, "usual")
    assert trend(1.0, [1.0] * 8, unit="ratio", way="up") == Trend(
        1.0, 1.0, None, None, 0.0, 1.0, None, 8, 1.0
    )
    assert trend(5, [0, 0, 0, 0], unit="count", way="none") == Trend(
        5, 0, 0.0, trend(5, [0] * 4, unit="count", way="none").high,  # type: ignore[union-attr]
        5, None, "higher", 4, 0,
    )  # fmt: skip
    assert trend(5, [1, 2, 3], unit="count", way="up") is None


def test_six_days_in_a_row_that_each_were_worse_raise_an_advisory() -> None:
    """By the way that is better for the KPI; a day without a value breaks the run."""
    falling = [50.0, 49, 48, 47, 46, 45]
    found = course([60.0, 40.0, *falling], "up")
    assert (found.worsening, found.advisory) == (6, True)
    assert found.slope_per_day == pytest.approx(-42.5 / 42)
    assert course(falling, "down").advisory is False
    assert course(falling, "none").worsening == 0
    assert course([50.0, None, 48, 47, 46, 45], "up").worsening == 4
    assert course([1.0, 2.0, 3.0], "down") == Course([1.0, 2.0, 3.0], None, 3, advisory=False)
    assert course([], "up") == Course([], None, 0, advisory=False)


def test_the_slope_is_that_of_closed_days() -> None:
    """10, 20 ... calls a day; today is not among them."""
    events = created(1, at("2025-02-27T23:00"), "first")
    for n in range(1, 10):
        events += created(10 * n, at(f"2025-03-0{n}T09:00"), f"d{n}")
    found = volume(folded(events), "2025-03-09T10:00:00", "today")
    assert found.days.points == [10, 20, 30, 40, 50, 60, 70, 80]
    assert found.days.slope_per_day == pytest.approx(10.0)


def test_a_closed_month_stands_against_the_one_before_and_a_year_ago() -> None:
    """March 2025 with 30 calls, February with 20, March 2024 with 24; none known of before."""
    events = created(1, at("2024-01-20T00:00"), "first")
    for n, month in ((24, "2024-03"), (20, "2025-02"), (30, "2025-03")):
        events += created(n, at(f"{month}-15T10:00"), month)
    events += created(1, at("2025-04-02T10:00"), "last")
    shard = folded(events)
    found = volume(shard, "2025-04-02T12:00:00", "month_last")
    assert found.trend is None
    assert found.periods == Periods(30, Against(20, 10, 1.5), Against(24, 6, 1.25))
    year = volume(shard, "2025-04-02T12:00:00", "year_last")
    assert year.periods == Periods(25, None, None), "the first call came within the year"
    trends = Trends(RULES)
    asked: Any = ([shard], at("2025-04-02T12:00:00"), "month_last", ["contact_volume"])
    assert trends.make(*asked) == trends.make(*asked)


def test_figures_by_agent_are_in_no_trend() -> None:
    """They are personal data."""
    rules = Rules(agent_figures=True, retention_ms=None)
    ids: dict[str, Any] = {"v": 1, "source": "t", "contact_id": "C", "leg_id": "L"}
    shard = folded(
        [
            ev.ContactQueued(
                event_id="1", event_time_ms=at("2025-03-03T10:00"), channel="voice", queue="q",
                **ids,
            ),
            ev.ContactAnswered(
                event_id="2", event_time_ms=at("2025-03-03T10:01"), agent_id="A1", **ids
            ),
        ],
        rules,
    )  # fmt: skip
    rows = Trends(rules).make([shard], at("2025-03-03T12:00"), "today", ["contacts_offered"])
    kinds = {row.key[0] for row in rows}
    assert kinds == {"total", "channel", "queue", "pair"}
