"""One small story for each KPI of queues and agents that no worked example holds to a number."""

from __future__ import annotations

from typing import Any

import pytest

from aggregators import events as ev
from aggregators.policy import QueuePolicy, Rules
from tests.aggregators.story import (
    abandoned,
    answered,
    ended,
    event,
    flow_out,
    fold,
    kpis,
    left_after,
    look,
    queued,
)


def on(what: type[ev.Envelope], at_s: float, contact: str, **kw: Any) -> Any:
    """An event of the first leg of a contact."""
    return event(what, at_s, contact_id=contact, leg_id="L1", **kw)


def agent(kind: type[ev.Envelope], at_s: float, name: str, **kw: Any) -> Any:
    """An event of an agent's presence."""
    return event(kind, at_s, agent_id=name, **kw)


@pytest.mark.proves(
    "contacts_waiting", "current_wait_mean_seconds", "contacts_over_threshold", "contacts_ringing"
)
def test_those_who_wait_are_counted_with_their_waits() -> None:
    """At 50 s three wait since 50, 10 and 6 s: one beyond 20 s, one rings, 22 s on average."""
    found = kpis(
        [
            queued("a", 0),
            queued("b", 40),
            queued("c", 44),
            on(ev.AgentOffered, 47, "c", offer_id="o", agent_id="A1"),
        ],
        50,
    )
    assert found["contacts_waiting"] == 3
    assert found["current_wait_mean_seconds"] == 22.0
    assert found["contacts_over_threshold"] == 1
    assert found["contacts_ringing"] == 1


@pytest.mark.proves("contacts_in_progress", "contacts_on_hold", "contacts_in_wrap_up")
def test_a_conversation_is_in_progress_on_hold_or_wrapped_up() -> None:
    """One talks, one is on hold and still in progress, one is over but for its wrap-up."""
    found = kpis(
        [
            *(queued(name, 0) for name in "abc"),
            *(answered(name, 5, agent=f"A{name}") for name in "abc"),
            on(ev.HoldStarted, 20, "b", hold_id="h"),
            ended("c", 30),
            on(ev.WrapUpStarted, 30, "c", agent_id="Ac"),
        ],
        40,
    )
    assert found["contacts_in_progress"] == 2
    assert found["contacts_on_hold"] == 1
    assert found["contacts_in_wrap_up"] == 1


@pytest.mark.proves("callback_oldest_age_seconds", "callback_attempts_mean")
def test_a_callback_grows_old_until_it_is_done() -> None:
    """Asked for at 20 s it is 60 s old at 80 s; done after two attempts there is none."""
    asked = [queued("c", 0), on(ev.CallbackRequested, 20, "c", callback_id="cb")]
    assert kpis(asked, 80)["callback_oldest_age_seconds"] == 60.0
    tried: list[Any] = [
        event(ev.CallbackAttempted, at_s, contact_id="c", callback_id="cb", attempt=n)
        for n, at_s in ((1, 90), (2, 120))
    ]
    done = event(ev.CallbackDone, 130, contact_id="c", callback_id="cb", outcome="failed")
    found = kpis([*asked, *tried, done], 200)
    assert found["callback_oldest_age_seconds"] is None
    assert found["callback_attempts_mean"] == 2.0


def six_legs() -> list[Any]:
    """Answered after 10 and 30 s, abandoned after 5 and 15 s, flowed out, asked for a callback."""
    return [
        *left_after("a", "answered", 10),
        *left_after("b", "answered", 30),
        *left_after("c", "abandoned", 5),
        *left_after("d", "abandoned", 15),
        queued("e", 900),
        flow_out("e", 1000, reason="closed"),
        *left_after("f", "callback", 10),
    ]


@pytest.mark.proves(
    "contacts_entered", "contacts_short_abandoned", "contacts_flow_out", "flow_out_rate",
    "answer_rate_wazo", "callback_request_rate", "service_level_attained",
)  # fmt: skip
def test_every_way_to_leave_a_queue_has_its_count_and_its_share() -> None:
    """Six entered, five are offered; one flow-out because the queue was closed."""
    found: Any = kpis(six_legs(), 2000)
    assert found["contacts_entered"] == 6
    assert found["contacts_short_abandoned"] == 1
    assert {reason: n for reason, n in found["contacts_flow_out"].items() if n} == {"closed": 1}
    assert found["flow_out_rate"]["closed"] == 1 / 5
    assert found["flow_out_rate"]["timeout"] == 0.0
    assert found["answer_rate_wazo"] == 2 / 4
    assert found["callback_request_rate"] == 1 / 6
    assert found["service_level_attained"] == 0
    assert kpis(left_after("a", "answered", 10), 2000)["service_level_attained"] == 1


@pytest.mark.proves("answered_within_rate", "abandon_band_count", "wait_sum_seconds")
def test_waits_are_spread_over_edges_and_bands() -> None:
    """An answer after 10 s is inside 10 s; an abandon after 5 s is in the band from 5 to 10 s."""
    found: Any = kpis(six_legs(), 2000)
    assert [found["answered_within_rate"][le] for le in ("5", "10", "20", "30")] == [
        0.0, 1 / 5, 1 / 5, 2 / 5,
    ]  # fmt: skip
    assert {le: n for le, n in found["abandon_band_count"].items() if n} == {"10": 1, "20": 1}
    assert found["wait_sum_seconds"] == {"answered": 40.0, "abandoned": 20.0}


@pytest.mark.proves("ivr_abandon_rate")
def test_one_of_two_callers_hangs_up_in_the_menu() -> None:
    """The menu is before every queue, so no leg is offered."""
    created = [event(ev.ContactCreated, 0, contact_id=c, channel="voice") for c in "ab"]
    found = kpis(
        [*created, event(ev.ContactAbandoned, 9, contact_id="b", stage="ivr")],
        20,
    )
    assert found["ivr_abandon_rate"] == 0.5
    assert found["contacts_offered"] == 0


@pytest.mark.proves("hold_abandon_count")
def test_a_customer_who_hangs_up_on_hold_is_counted_apart() -> None:
    """It is an ended contact, not an abandoned one."""
    found = kpis(
        [
            queued("c", 0),
            answered("c", 5),
            on(ev.HoldStarted, 20, "c", hold_id="h"),
            ended("c", 80, ended_by="customer", during="hold"),
        ],
        100,
    )
    assert found["hold_abandon_count"] == 1
    assert found["contacts_abandoned"] == 0


@pytest.mark.proves("transfer_rate", "contacts_transferred", "transfers_in_count")
def test_a_transfer_ends_a_leg_here_and_opens_one_there() -> None:
    """Two answered legs, one of them transferred blindly to another queue."""
    story = [
        queued("c", 0),
        answered("c", 5),
        on(ev.ContactTransferred, 60, "c", kind="blind", to_queue="r", to_leg_id="L2"),
        queued("c", 60, leg="L2", queue="r", transferred_from="L1"),
        answered("c", 70, leg="L2", agent="A2"),
        ended("c", 90, leg="L2"),
    ]
    found: Any = kpis(story, 100)
    assert found["contacts_transferred"] == 1
    assert found["transfers_in_count"] == 1
    assert found["transfer_rate"]["blind"] == {"internal": 0.5, "external": 0.0}
    assert found["transfer_rate"]["attended"] == {"internal": 0.0, "external": 0.0}


@pytest.mark.proves("tickets_opened", "tickets_solved")
def test_a_ticket_that_is_solved_again_counts_as_solved_again() -> None:
    """Opened once, solved, reopened, solved: one opened, two solved."""
    story = [
        event(ev.TicketOpened, 0, contact_id="t", channel="email", queue="mail"),
        event(ev.TicketSolved, 100, contact_id="t"),
        event(ev.TicketReopened, 200, contact_id="t"),
        event(ev.TicketSolved, 300, contact_id="t"),
    ]
    found = look(fold(story, topic="tickets"), at_s=400).windows["whole"].total
    assert (found["tickets_opened"], found["tickets_solved"]) == (1, 2)


@pytest.mark.proves(
    "agents_logged_in", "agents_staffed", "agents_available", "agents_ringing",
    "agents_in_wrap_up", "agents_other", "agent_free_slots",
)  # fmt: skip
def test_agents_count_once_by_the_state_they_show() -> None:
    """Five agents: free with three slots, ringing, on a contact, in wrap-up, in a training."""
    calls = fold(
        [
            queued("r", 0),
            queued("t", 0),
            queued("w", 0),
            answered("t", 5, agent="talks"),
            answered("w", 5, agent="wraps"),
            ended("w", 30),
            on(ev.WrapUpStarted, 30, "w", agent_id="wraps"),
            on(ev.AgentOffered, 35, "r", offer_id="o", agent_id="rings"),
        ]
    )
    presence = fold(
        [
            agent(ev.AgentLogin, 0, "free", channels={"chat": ev.Slots(max=3)}),
            *(agent(ev.AgentLogin, 0, name) for name in ("rings", "talks", "wraps", "learns")),
            agent(ev.AgentState, 1, "learns", state="other"),
        ],
        topic="agents",
    )
    found = look(calls, presence, at_s=40).windows["whole"].total
    assert found["agents_logged_in"] == 5
    assert found["agents_staffed"] == 4
    assert found["agents_available"] == 1
    assert found["agents_ringing"] == 1
    assert found["agents_in_wrap_up"] == 1
    assert found["agents_other"] == 1
    assert found["agent_free_slots"] == 3


@pytest.mark.proves(
    "handle_part_mean_seconds", "talk_sum_seconds", "agent_logged_in_seconds",
    "agent_contact_seconds",
)  # fmt: skip
def test_handling_has_its_parts_and_agents_their_time() -> None:
    """Ring 4, talk 80, hold 20, wrap-up 10 s, within ten minutes of an agent logged in."""
    calls = fold(
        [
            queued("c", 0),
            on(ev.AgentOffered, 6, "c", offer_id="o", agent_id="A1"),
            answered("c", 10),
            on(ev.HoldStarted, 50, "c", hold_id="h"),
            on(ev.HoldEnded, 70, "c", hold_id="h"),
            ended("c", 110),
            on(ev.WrapUpStarted, 110, "c", agent_id="A1"),
            on(ev.WrapUpEnded, 120, "c", agent_id="A1"),
        ]
    )
    found = look(calls, fold([agent(ev.AgentLogin, 0, "A1")], topic="agents"), at_s=600)
    total = found.windows["whole"].total
    assert total["handle_part_mean_seconds"] == {
        "ring": 4.0, "talk": 80.0, "hold": 20.0, "acw": 10.0,
    }  # fmt: skip
    assert total["talk_sum_seconds"] == 80.0
    assert total["agent_logged_in_seconds"] == 600.0
    assert total["agent_contact_seconds"] == 110.0


@pytest.mark.proves("service_level_shortfall")
def test_a_target_is_met_by_the_variant_that_the_queue_names() -> None:
    """One answered late of two: 50 % misses 80 % by 30 points and meets 40 %."""
    legs = [*left_after("a", "answered", 10), *left_after("b", "answered", 99)]
    legs.sort(key=lambda one: one.event_time_ms)
    for target, attained, under in ((0.8, 0, 0.3), (0.5, 1, 0.0), (0.4, 1, 0.0)):
        policy = QueuePolicy(threshold_ms=20_000, target=target)
        shard = fold(legs, Rules(queues={("q", "voice"): policy}, retention_ms=None))
        row = look(shard, at_s=2000).windows["whole"].queues["q"]
        assert row["service_level_attained"] == attained
        assert row["service_level_shortfall"] == under
    assert kpis([queued("c", 0)], 5)["service_level_shortfall"] is None


def test_a_leg_abandoned_while_it_rings_counts_as_abandoned() -> None:
    """The stage of an abandon in the queue or while ringing makes no difference."""
    found = kpis([queued("c", 0), abandoned("c", 15, stage="ring")], 30)
    assert (found["contacts_abandoned"], found["contacts_short_abandoned"]) == (1, 0)
