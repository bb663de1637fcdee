"""Costs, orders and carts: the worked examples 31, 32 and 38."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.counts import Outcome
from aggregators.policy import DAY_MS, Rules
from aggregators.shard import Shard
from tests.aggregators.business_story import (
    DAY,
    LIVE,
    cart,
    cost,
    counted,
    eur,
    folded,
    handled,
    order,
    rows,
    salaries,
    staff,
    total,
)
from tests.aggregators.story import T0, event, s


@pytest.mark.proves("cost_per_contact", "costs_booked")
@pytest.mark.example(31)
def test_cost_per_contact_is_all_costs_over_contacts_handled() -> None:
    """14,000 euros for 2,800 contacts (here a hundredth of each): 5.00 euros."""
    business = folded([
        cost("a", "112"), cost("b", "18", kind="software"), cost("c", "10", kind="infrastructure"),
        cost("d", "500", kind="marketing"),
    ])  # fmt: skip
    calls = folded(handled(28, "voice", 60), "calls")
    found = rows(business, calls).total
    assert found["cost_per_contact"] == 5.0
    assert found["costs_booked"] == {
        "salary": 112.0, "software": 18.0, "infrastructure": 10.0, "marketing": 500.0, "other": 0.0,
    }  # fmt: skip


@pytest.mark.example(31)
def test_a_cost_that_names_a_channel_is_that_channels_own() -> None:
    """9,000 for 1,200 calls and 1,500 for 1,000 chats (a hundredth of each): 7.50 and 1.50."""
    business = folded([cost("a", "90", channel="voice"), cost("b", "15", channel="chat")])
    calls = folded(handled(12, "voice", 60), "calls")
    chats = folded(handled(10, "chat", 60), "chats")
    found = rows(business, calls, chats)
    assert found.channels["voice"]["cost_per_contact"] == 7.5
    assert found.channels["chat"]["cost_per_contact"] == 1.5


def test_what_names_no_channel_is_shared_by_handle_time() -> None:
    """10 calls of 180 s and 10 chats of 60 s: the calls bear three quarters; the sum is all."""
    business = folded([cost("a", "100"), cost("b", "20", channel="chat")])
    calls = folded(handled(10, "voice", 180), "calls")
    chats = folded(handled(10, "chat", 60), "chats")
    found = rows(business, calls, chats)
    assert found.channels["voice"]["cost_per_contact"] == 7.5
    assert found.channels["chat"]["cost_per_contact"] == 4.5
    assert found.total["cost_per_contact"] == 6.0


def test_without_a_cost_or_without_contacts_there_is_no_cost_per_contact() -> None:
    """Not 0: nobody said what it cost."""
    assert rows(folded(handled(2, "voice", 60), "calls")).total["cost_per_contact"] is None
    assert total([cost("a", "10")])["cost_per_contact"] is None


def test_a_window_that_begins_before_anything_is_known_has_no_cost_per_contact() -> None:
    """June has its cost per contact only if something from before June is known."""
    limited = Rules(retention_ms=40 * DAY_MS, long_retention_ms=70 * DAY_MS)
    # T0 is 3 June; the cost is that of June, told on 1 July.
    june = cost("a", "100", days=(-2, 28))
    calls = folded(handled(10, "voice", 60, at_s=5 * DAY), "calls", limited)
    business = folded([june], rules=limited)
    seen = rows(business, calls, at_day=29, window="month_last").total
    assert seen["contacts_handled"] == 10
    assert salaries(seen) == 100.0
    assert seen["cost_per_contact"] is None
    earlier = [*handled(1, "voice", 60, at_s=-3 * DAY, prefix="may"),
               *handled(10, "voice", 60, at_s=5 * DAY)]  # fmt: skip
    calls = folded(earlier, "calls", limited)
    assert rows(business, calls, at_day=29, window="month_last").total["cost_per_contact"] == 10.0


def test_a_second_figure_for_the_same_cost_replaces_the_first() -> None:
    """Finance mends the sum of June under a new event."""
    first, second = cost("a", "100"), cost("a", "80.5")
    found = total([first, msgspec.structs.replace(second, event_time_ms=s(40 * DAY))], at_day=41)
    assert salaries(found) == 80.5


@pytest.mark.proves("cart_abandonment_rate", "carts_created", "carts_open")
@pytest.mark.example(32)
def test_carts_are_abandoned_once_idle_and_until_then_the_rate_is_provisional() -> None:
    """A tenth of 1,000 carts, 260 ordered, 20 open: 72/98; the open ones go idle: 74/100."""
    carts = [cart(n, 0) for n in range(98)] + [cart(n, 7000) for n in (98, 99)]
    orders = [order(n, 600, "10", cart_id=f"K{n}") for n in range(26)]
    shard = folded([*carts[:98], *orders, *carts[98:], order(900, 3600 + 3700, "1")])
    found = rows(shard, at_day=1).total
    assert found["cart_abandonment_rate"] == 72 / 98
    assert (found["carts_created"], found["carts_open"]) == (100, 2)
    shard.apply(order(901, 7000 + 7260, "1"), s(7000 + 7260))
    found = rows(shard, at_day=1).total
    assert found["cart_abandonment_rate"] == 74 / 100
    assert found["carts_open"] == 0
    late = order(99, 14_000, "10", cart_id="K99")
    assert shard.apply(late, s(14_000)) is Outcome.APPLIED
    assert rows(shard, at_day=1).total["cart_abandonment_rate"] == 73 / 100, "taken back"


def test_a_cart_told_as_abandoned_is_so_at_once_and_booked_when_it_was_created() -> None:
    """The window of its creation has it, not that of its end."""
    shard = folded([
        cart(1, 0), event(ev.CartAbandoned, 90_000, cart_id="K1"),
        event(ev.CartAbandoned, 90_000, cart_id="K2"),
    ])  # fmt: skip
    assert rows(shard, at_day=0.5, window="today").total["carts_created"] == 1
    assert rows(shard, at_day=0.5, window="today").total["cart_abandonment_rate"] == 1.0
    assert rows(shard, at_day=1.5, window="today").total["carts_created"] == 1, "K2, never created"


@pytest.mark.proves("revenue_from_service", "revenue_per_contact", "service_orders")
@pytest.mark.example(38)
def test_revenue_by_service_is_that_of_orders_that_name_their_contact() -> None:
    """60 + 40 + 25 + 100 + 25 = 250 over 200 handled (here 20): a tenth of 12.50."""
    amounts = ("60", "40", "25.00", "100", "25")
    orders = [order(n, 200, a, contact_id=f"C{n}", agent_id="A1") for n, a in enumerate(amounts)]
    rules = msgspec.structs.replace(LIVE, agent_teams={"A1": "T1"})
    business = folded([*orders, order(9, 300, "999")], rules=rules)
    found = rows(business, folded(handled(20, "voice", 60), "calls", rules))
    assert found.total["revenue_from_service"] == {"contact": 250.0, "window": 0.0}
    assert found.total["revenue_per_contact"] == {"contact": 12.5, "window": 0.0}
    assert found.total["service_orders"] == 5
    assert found.teams["T1"]["revenue_from_service"] == {"contact": 250.0, "window": 0.0}
    refund = order(10, 400, "-50", contact_id="C1")
    refunded: Any = total([*orders, refund])["revenue_from_service"]
    assert refunded["contact"] == 200.0
    assert total([*orders, refund])["orders_placed"] == 5
    assert total([])["revenue_from_service"] == {"contact": None, "window": None}


def test_an_order_told_twice_under_its_id_counts_once() -> None:
    """By two feeds: the later telling is the one."""
    found = total([order(1, 10, "5"), order(1, 20, "7")])
    assert (found["orders_placed"], found["basket_mean"]) == (1, 7.0)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (event(ev.OrderPlaced, 0, order_id="O", money=eur("1", "USD")), "other_currency"),
        (event(ev.CartCreated, 0, cart_id="K", money=eur("1", "CHF")), "other_currency"),
        (cost("a", "1000000000.01"), "out_of_scale"),
        (cost("a", "1", days=(0, 401)), "out_of_scale"),
        (counted(10**12, 0, (0, 30)), "out_of_scale"),
        (staff(1, 10**10, 0), "out_of_scale"),
    ],
)
def test_what_cannot_be_is_refused_by_its_reason(told: Any, reason: str) -> None:
    """And changes nothing."""
    shard = folded([told])
    assert shard.counts.reasons == {reason: 1}
    assert shard.slices.rows == {}


def test_amounts_add_up_exactly() -> None:
    """Ten times ten cents is one euro."""
    assert total([order(n, n, "0.10") for n in range(10)])["basket_mean"] == 0.1


@st.composite
def stories(draw: st.DrawFn) -> list[Any]:
    """Orders, carts and figures of periods over two days, some corrected or taken back."""
    found: list[Any] = []
    for n in range(draw(st.integers(1, 14))):
        at_s = draw(st.integers(0, 5 * 3600))
        which = draw(st.integers(0, 6))
        name = draw(st.integers(0, 2))
        days = (0, draw(st.integers(1, 2)))
        made = (
            cart(name, at_s), event(ev.CartAbandoned, at_s, cart_id=f"K{name}"),
            order(name, at_s, "12.5", cart_id=f"K{name}", contact_id="C"),
            order(10 + name, at_s, "-3"),
            cost(f"c{name}", str(n + 1), days, channel=draw(st.sampled_from([None, "voice"]))),
            counted(100 + n, n, days),
            staff(n, n + 1, 1, days, team=draw(st.sampled_from([None, "T"]))),
        )[which]  # fmt: skip
        made = msgspec.structs.replace(made, event_time_ms=s(at_s), event_id=f"e{n}")
        found.append(made)
        if draw(st.booleans()):
            gone = draw(st.booleans())
            found.append(msgspec.structs.replace(made, revision=1, retracted=gone))
    return found


@settings(max_examples=80, deadline=None)
@given(stories(), st.integers(0, 2**32), st.data())
def test_order_repeats_and_restarts_change_no_figure(
    story: list[Any], seed: int, data: st.DataObject
) -> None:
    """Any order, everything told twice, a checkpoint read back at any place: the same board."""
    last = order(99, 60 * 3600, "1", event_id="z")
    expected = rows(folded([*story, last]), at_day=3)
    told = story * 2
    random.Random(seed).shuffle(told)
    shard, written = folded([]), dict[int, bytes]()
    for item in [*told, last]:
        shard.apply(item, item.event_time_ms)
        if data.draw(st.integers(0, 3)) == 0:
            checkpoint = shard.encode()
            written.update(checkpoint.rows)
            kept = {key: written[key] for key in shard.row_keys()}
            shard = Shard.decode(checkpoint.record, kept, LIVE)
    assert rows(shard, at_day=3) == expected
    counts = shard.counts
    assert counts.read == counts.applied + counts.duplicate + counts.late + counts.dead_lettered


def test_an_order_of_a_known_customer_is_told_to_the_topic_of_the_customers() -> None:
    """So that a contact within the window may claim it; a correction is told again."""
    first = order(1, 10, "12.5", customer_key="k9", contact_id="C1", event_id="a")
    shard = folded([first, order(2, 20, "7")])
    told: list[Any] = list(shard.outbox)
    assert [(t.order_id, t.amount_micro, t.customer_key, t.contact_id) for t in told] == [
        ("O1", 12_500_000, "k9", "C1")
    ]
    shard.apply(msgspec.structs.replace(first, money=eur("-3.000001"), revision=1), T0)
    again: Any = shard.outbox[-1]
    assert (again.event_id, again.amount_micro) == (told[0].event_id, -3_000_001)
    assert again.revision > told[0].revision


def test_an_order_by_window_counts_in_the_queue_of_the_contact_that_came_before() -> None:
    """The customer called two hours before: the queue, the channel and the total have it."""
    calls: list[Any] = [
        event(ev.ContactCreated, 0, contact_id="C1", channel="voice", customer_key="k9"),
        event(ev.ContactQueued, 0, contact_id="C1", leg_id="L1", channel="voice", queue="sales"),
        event(ev.ContactAnswered, 10, contact_id="C1", leg_id="L1", agent_id="A1"),
        event(ev.ContactEnded, 70, contact_id="C1", leg_id="L1"),
        event(ev.WrapUpEnded, 75, contact_id="C1", leg_id="L1", agent_id="A1", acw_ms=5000),
        event(ev.ContactCreated, 9000, contact_id="C2", channel="voice"),
    ]
    voice, business = folded(calls, "calls"), folded([order(1, 7270, "40", customer_key="k9")])
    told = sorted([*voice.outbox, *business.outbox], key=lambda e: e.event_time_ms)
    found = rows(voice, business, folded(told, "customers"))
    for row in (found.total, found.queues["sales"], found.channels["voice"]):
        assert row["revenue_from_service"] == {"contact": 0.0, "window": 40.0}
        assert row["revenue_per_contact"] == {"contact": 0.0, "window": 40.0}


def test_a_cart_and_its_order_have_the_same_message_key() -> None:
    """So they meet in one partition; the customer's key goes first."""
    assert ev.message_key(cart(1, 0)) == "K1"
    assert ev.message_key(order(1, 0, "1", cart_id="K1", agent_id="A1")) == "K1"
    assert ev.message_key(order(1, 0, "1", cart_id="K1", customer_key="k9")) == "k9"
    assert ev.message_key(order(1, 0, "1", agent_id="A1")) == "O1"


@pytest.mark.proves("selfcare_savings")
def test_self_care_saves_what_its_confirmed_sessions_would_have_cost_with_people() -> None:
    """10 sessions at 1 euro, 2 handed over, 1 came back: 7 x (5 - 1) = 28 euros."""
    sessions: list[Any] = []
    for n in range(10):
        ids: dict[str, Any] = {"session_id": f"S{n}", "customer_key": f"k{n}"}
        sessions.append(event(ev.SelfcareStarted, n, tool="faq", **ids))
        if n < 2:
            sessions.append(event(ev.SelfcareHandedOff, 60 + n, reason="asked", **ids))
        else:
            sessions.append(event(ev.SelfcareContained, 60 + n, outcome="confirmed", **ids))
    calls = handled(10, "voice", 60)
    back = [
        event(ev.ContactCreated, 7200, contact_id="B", channel="voice", customer_key="k5"),
        event(ev.ContactQueued, 7200, contact_id="B", leg_id="L1", channel="voice", queue="q"),
        event(ev.ContactAbandoned, 7230, contact_id="B", leg_id="L1", stage="queue"),
    ]
    later = event(ev.ContactCreated, 3 * DAY, contact_id="Z", channel="voice", customer_key="other")
    voice = folded([*calls, *back, later], "calls")
    web = folded([*sessions, event(ev.SelfcareStarted, 3 * DAY, session_id="Z", tool="x")],
                 "selfcare")  # fmt: skip
    business = folded([cost("a", "50"), cost("b", "11", channel="selfcare")])
    told: list[Any] = [*voice.outbox, *web.outbox]
    last = order(9, 3 * DAY, "1", customer_key="other")
    told += folded([last]).outbox
    customers = folded(sorted(told, key=lambda e: e.event_time_ms), "customers")
    seen = rows(voice, web, business, customers)
    assert seen.total["cost_per_contact"] == 5.0
    assert seen.channels["selfcare"]["cost_per_contact"] == 1.0
    assert seen.total["selfcare_savings"] == 28.0
    assert rows(voice, web, business).total["selfcare_savings"] is None
