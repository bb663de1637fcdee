"""Every leg ends once, every agent stays within skills, slots, shifts and pauses."""

from __future__ import annotations

from collections import Counter

import pytest

from aggregators.events import (
    AgentLogin,
    AgentLogout,
    AgentOffered,
    AgentState,
    CallbackDone,
    CallbackRequested,
    ContactAbandoned,
    ContactAnswered,
    ContactCreated,
    ContactEvent,
    ContactQueued,
    ContactTransferred,
    Envelope,
    FlowOut,
    HoldStarted,
    SelfcareHandedOff,
    TicketAssigned,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from streams.simulator import Simulation, demo_scenario
from tests.simulator.ledger import read

START_MS = 1_732_500_000_000
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def day() -> list[Envelope]:
    """A day and a half of the demo centre."""
    simulation = Simulation(demo_scenario(), seed=7, start_ms=START_MS)
    return list(simulation.events(START_MS + 36 * HOUR_MS))


def test_queued_legs_are_all_accounted_for(day: list[Envelope]) -> None:
    """Queued = answered + abandoned + flowed out + callbacks asked + still waiting."""
    ledger = read(day)
    exits = (ContactAnswered, ContactAbandoned, FlowOut, CallbackRequested)
    assert min(ledger.counts[kind] for kind in exits) > 0
    assert ledger.counts[ContactQueued] == (
        sum(ledger.counts[kind] for kind in exits) + ledger.still_waiting
    )


def test_nobody_has_two_calls_or_more_chats_than_slots(day: list[Envelope]) -> None:
    """From the agent offer to the end of wrap-up: one call alone, or chats within the slots."""
    most = read(day).most_in_hand
    assert {count for (_, channel), count in most.items() if channel == "voice"} == {1}
    assert max(count for (_, channel), count in most.items() if channel == "chat") == 3
    assert max(count for (_, channel), count in most.items() if channel == "messaging") <= 4


def test_agents_only_take_what_they_are_skilled_for(day: list[Envelope]) -> None:
    """Each contact, ticket and callback is handled by a team that serves its queue."""
    served = {team.name: set(team.queues) for team in demo_scenario().teams}
    seen = set()
    for event in day:
        if isinstance(event, ContactEvent) and event.agent_id and event.queue:
            assert event.team is not None
            assert event.queue in served[event.team]
            seen.add((event.team, event.queue))
    assert seen == {(team, queue) for team, queues in served.items() for queue in queues}


def test_agents_are_offered_contacts_only_while_available(day: list[Envelope]) -> None:
    """Logged in and neither paused nor elsewhere, at every agent offer and ticket."""
    state: dict[str, str] = {}
    for event in day:
        if isinstance(event, AgentLogin):
            assert state.get(event.agent_id, "offline") == "offline"
            state[event.agent_id] = "logged in"
        elif isinstance(event, AgentLogout):
            assert state[event.agent_id] != "offline"
            state[event.agent_id] = "offline"
        elif isinstance(event, AgentState):
            assert state[event.agent_id] != "offline"
            state[event.agent_id] = event.state
        elif isinstance(event, (AgentOffered, TicketAssigned)):
            assert event.agent_id is not None
            assert state[event.agent_id] == "available"


def test_every_queue_is_staffed_at_all_hours(day: list[Envelope]) -> None:
    """Shifts cover 24 hours: in each hour every queue has agents logged in."""
    served = {team.name: team.queues for team in demo_scenario().teams}
    present: Counter[str] = Counter()
    fewest: dict[str, int] = {}
    hour = 0
    for event in day:
        while event.event_time_ms >= START_MS + (hour + 1) * HOUR_MS:
            hour += 1
            for queue in {q for queues in served.values() for q in queues}:
                fewest[queue] = min(fewest.get(queue, 999), present[queue])
        if isinstance(event, (AgentLogin, AgentLogout)) and event.team is not None:
            for queue in served[event.team]:
                present[queue] += 1 if isinstance(event, AgentLogin) else -1
    assert hour == 35
    assert min(fewest.values()) >= 3


def test_a_transfer_opens_the_leg_that_it_names(day: list[Envelope]) -> None:
    """The new leg is queued at the same instant, in the named queue, from the named leg."""
    queued = {(e.contact_id, e.leg_id): e for e in day if isinstance(e, ContactQueued)}
    transfers = [e for e in day if isinstance(e, ContactTransferred)]
    assert {e.scope for e in transfers} == {"internal", "external"}
    for event in transfers:
        if event.scope == "external":
            assert event.to_leg_id is None
            continue
        assert event.to_leg_id is not None
        leg = queued[event.contact_id, event.to_leg_id]
        assert (leg.queue, leg.transferred_from) == (event.to_queue, event.leg_id)
        assert leg.event_time_ms == event.event_time_ms


def test_the_day_has_all_that_boards_show(day: list[Envelope]) -> None:
    """Holds, repeat callers, menu and ring abandons, hand-offs, reopened tickets, pauses."""
    kinds = Counter(type(event) for event in day)
    assert kinds[HoldStarted] > 0
    assert kinds[TicketReopened] > 0
    assert kinds[CallbackDone] > 0
    stages = {event.stage for event in day if isinstance(event, ContactAbandoned)}
    assert stages == {"ivr", "queue", "ring"}
    customers = Counter(e.customer_key for e in day if isinstance(e, ContactCreated))
    assert max(customers.values()) > 1
    assert all(key is not None and len(key) == 32 for key in customers)
    created = {e.contact_id for e in day if isinstance(e, ContactCreated)}
    assert {e.contact_id for e in day if isinstance(e, SelfcareHandedOff)} <= created
    reasons = {event.reason for event in day if isinstance(event, AgentState)}
    assert {"lunch", "break", "missed", "callback"} <= reasons


def test_tickets_are_opened_answered_and_solved_in_that_order(day: list[Envelope]) -> None:
    """A solved ticket had an agent's reply; a reopened one was solved."""
    opened: set[str] = set()
    replied: set[str] = set()
    solved: set[str] = set()
    for event in day:
        if isinstance(event, TicketOpened):
            opened.add(event.contact_id)
        elif isinstance(event, TicketReplied):
            assert event.contact_id in opened
            if event.author == "agent":
                replied.add(event.contact_id)
        elif isinstance(event, TicketSolved):
            assert event.contact_id in replied - solved
            solved.add(event.contact_id)
        elif isinstance(event, TicketReopened):
            assert event.contact_id in solved
            solved.remove(event.contact_id)
    assert len(solved) > 500


def test_one_queue_is_in_trouble_and_the_others_are_not(day: list[Envelope]) -> None:
    """In every six hours tech misses its 80 % in 90 s by far; no other queue falls under it."""
    for part in range(1, 6):
        begin_ms = START_MS + part * 6 * HOUR_MS
        legs = [
            event
            for event in day
            if isinstance(event, (ContactAnswered, ContactAbandoned, FlowOut))
            and event.queue is not None
            and begin_ms <= event.event_time_ms < begin_ms + 6 * HOUR_MS
        ]
        for queue in ("billing", "sales", "chat_support", "messaging", "tech"):
            offered = [leg for leg in legs if leg.queue == queue]
            in_time = [
                leg
                for leg in offered
                if isinstance(leg, ContactAnswered) and (leg.wait_ms or 0) <= 90_000
            ]
            level = len(in_time) / len(offered)
            if queue == "tech":
                answered = sum(isinstance(leg, ContactAnswered) for leg in offered)
                assert level < 0.5
                assert answered > len(offered) / 4
            else:
                assert level >= 0.80
