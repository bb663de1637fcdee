"""Customers and staff, period by period: the worked examples 33, 34, 36 and 37."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aggregators import events as ev
from aggregators.kpis.business import anomaly
from aggregators.policy import DAY_MS, Rules
from aggregators.shard import Shard
from tests.aggregators.business_story import (
    DAY,
    LIVE,
    cost,
    counted,
    eur,
    folded,
    order,
    rows,
    salaries,
    staff,
    total,
)
from tests.aggregators.story import T0, event, s


@pytest.mark.proves("retention_rate", "customers_retained")
@pytest.mark.example(33)
def test_retention_is_the_customers_at_the_end_less_the_new_over_those_at_the_start() -> None:
    """1,000 at the start (told one period before), 1,050 at the end, 200 new: 85 %."""
    found = total([counted(1000, 0, (-30, 0)), counted(1050, 200, (0, 30))])
    assert (found["customers_retained"], found["retention_rate"]) == (850, 0.85)
    told = total([counted(1050, 200, (0, 30), lost_in_period=150)])
    assert told["retention_rate"] == 0.85
    assert total([counted(1050, 200, (0, 30))])["retention_rate"] is None, "the start is not known"


@pytest.mark.proves("customer_lifetime_value", "basket_mean", "orders_placed")
@pytest.mark.example(33)
def test_the_lifetime_value_is_basket_times_orders_a_year_times_years() -> None:
    """50 euros, 4 a year, 80 % stay a year and so 5 years: 1,000 euros."""
    orders = [order(n, 1000 + n, "50.00") for n in range(400)]
    alone = rows(folded([*orders, counted(100, 20, (0, 365), lost_in_period=20)]), at_day=366).total
    assert (alone["basket_mean"], alone["orders_placed"]) == (50.0, 400)
    assert alone["customer_lifetime_value"] == pytest.approx(1000.0)
    given_ = msgspec.structs.replace(LIVE, customer_lifetime_years=5.0, purchases_per_year=4.0)
    by_settings = folded([*orders, counted(100, 20, (0, 365))], rules=given_)
    assert rows(by_settings, at_day=366).total["customer_lifetime_value"] == 1000.0
    assert rows(by_settings, at_day=366).facets["segment"]["all"]["customer_lifetime_value"] == 1000
    nobody_left = folded([*orders, counted(100, 0, (0, 365), lost_in_period=0)])
    assert rows(nobody_left, at_day=366).total["customer_lifetime_value"] is None


@pytest.mark.proves("acquisition_efficiency", "acquisition_cost")
@pytest.mark.example(34)
def test_acquisition_is_new_customers_over_marketing_costs() -> None:
    """300 new for 15,000 euros: 0.02 per euro, 50 euros each; other costs are not in it."""
    found = total(
        [counted(1000, 300, (0, 30)), cost("m", "15000", kind="marketing"), cost("a", "99")]
    )
    assert (found["acquisition_efficiency"], found["acquisition_cost"]) == (0.02, 50.0)
    assert total([counted(1000, 300, (0, 30))])["acquisition_cost"] is None


@pytest.mark.proves("contact_rate", "contact_volume")
@pytest.mark.example(36)
def test_the_contact_rate_is_contacts_over_the_customers_counted_before_the_window() -> None:
    """24 contacts, 200 customers: 12 %; a count within the window does not change it."""
    business = folded([counted(200, 0, (-30, 0)), counted(999, 0, (0, 10))])
    created = [
        event(ev.ContactCreated, 12 * DAY + n, contact_id=f"C{n}", channel="voice")
        for n in range(20)
    ]
    out = event(ev.ContactCreated, 12 * DAY, contact_id="X", channel="voice", direction="out")
    tickets = [
        event(ev.TicketOpened, 12 * DAY + n, contact_id=f"T{n}", channel="email") for n in range(4)
    ]
    shards = business, folded([*created, out], "calls"), folded(tickets, "tickets")
    june = rows(*shards, at_day=20, window="15d")
    assert (june.total["contact_volume"], june.total["contact_rate"]) == (24, 24 / 200)
    assert june.channels["email"]["contact_rate"] == 4 / 200
    later = rows(*shards, at_day=20, window="9d")
    assert later.total["contact_rate"] == 24 / 999
    assert rows(*shards, at_day=20).total["contact_rate"] is None, "nobody was counted before 1970"


@pytest.mark.example(36)
def test_an_anomaly_is_far_from_the_median_of_the_same_interval_of_other_weeks() -> None:
    """100 104 96 100, now 130: median 100, MAD 2, z = 10.12, flagged."""
    found = anomaly(130, [100, 104, 96, 100])
    assert found["z"] == pytest.approx(10.12, abs=0.005)
    assert found["flagged"] == 1
    assert anomaly(104, [100, 104, 96, 100])["flagged"] == 0
    assert anomaly(130, [100, 104, 96]) == {"z": None, "flagged": None}, "three weeks only"
    assert anomaly(30, [20, 20, 20, 20]) == {"z": None, "flagged": 1}, "MAD 0: 50 % off"
    assert anomaly(29, [20, 20, 20, 20]) == {"z": None, "flagged": 0}
    assert anomaly(100, [19, 19, 19, 19]) == {"z": None, "flagged": 0}, "a median below 20"


@pytest.mark.proves("staff_turnover_rate")
@pytest.mark.example(37)
def test_turnover_is_leavers_over_the_mean_head_count() -> None:
    """6 leavers, 48 then 52: 12 %; teams have their own, and the total does not add them."""
    teams = [staff(10, 10, 5, team="T1"), staff(38, 42, 1, team="T2")]
    found = rows(folded([staff(48, 52, 6), *teams]))
    assert found.total["staff_turnover_rate"] == 0.12
    assert found.teams["T1"]["staff_turnover_rate"] == 0.5
    assert found.teams["T2"]["staff_turnover_rate"] == 0.025
    assert rows(folded(teams)).total["staff_turnover_rate"] == 0.12, "teams alone make the total"


def test_the_count_of_customers_outlives_its_row() -> None:
    """A yearly count holds until the next one, long after the retention of its facts."""
    limited = Rules(retention_ms=8 * DAY_MS, long_retention_ms=10 * DAY_MS)
    told = [counted(200, 0, (-100, 0)), *(order(n, n * DAY, "1") for n in range(1, 61))]
    shard = folded(told, rules=limited)
    assert T0 - 1 not in {row.start_ms for row in shard.slices.rows.values()}
    checkpoint = shard.encode()
    shard = Shard.decode(checkpoint.record, checkpoint.rows, limited)
    assert shard.slices.history.levels == {T0: 200}


def test_a_cost_of_last_quarter_can_be_told_and_mended_after_its_slices_went() -> None:
    """It stands in the history: told late, replaced later, and taken back."""
    limited = Rules(retention_ms=8 * DAY_MS, long_retention_ms=10 * DAY_MS)
    shard = folded([order(1, 100 * DAY, "1")], rules=limited)

    def salaries_of_june() -> Any:
        return salaries(rows(shard, at_day=110, window="quarter_last").total)

    first = msgspec.structs.replace(cost("a", "100", (-2, 28)), event_time_ms=s(100 * DAY))
    shard.apply(first, s(100 * DAY))
    assert salaries_of_june() == 100.0
    mended = msgspec.structs.replace(first, money=eur("80"), revision=1)
    shard.apply(mended, s(100 * DAY))
    assert salaries_of_june() == 80.0
    checkpoint = shard.encode()
    shard = Shard.decode(checkpoint.record, checkpoint.rows, limited)
    assert salaries_of_june() == 80.0
    shard.apply(msgspec.structs.replace(mended, revision=2, retracted=True), s(100 * DAY))
    assert salaries_of_june() == 0.0
    assert shard.slices.history.days == {}
