"""Scenarios: what does not fit together is refused, what is shipped works."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from aggregators.events import AgentLogin, AgentLogout, ContactAnswered, ContactQueued, topic_of
from streams.simulator import (
    QueueSpec,
    Scenario,
    ScenarioError,
    Shift,
    Simulation,
    TeamSpec,
    demo_scenario,
    load_scenario,
)

VOICE = QueueSpec(name="calls", channel="voice", per_hour=10.0)
CHAT = QueueSpec(name="chats", channel="chat", per_hour=10.0)
TEAM = TeamSpec(name="team", queues=("calls",), always=2)
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("queues", "teams", "zone", "message"),
    [
        ((VOICE, VOICE), (TEAM,), "UTC", "queue calls is there twice"),
        ((VOICE,), (TEAM, TEAM), "UTC", "team team is there twice"),
        ((CHAT,), (TEAM,), "UTC", "team team names queue calls, known are chats"),
        (
            (VOICE, CHAT),
            (TeamSpec(name="digital", queues=("chats",), always=1),),
            "UTC",
            "give it chat slots",
        ),
        ((VOICE,), (TEAM,), "Europe/Atlantis", "not an IANA time zone"),
        (
            (QueueSpec(name="calls", channel="voice", per_hour=1.0, curve=(1.0,)),),
            (TEAM,),
            "UTC",
            "needs 24 values",
        ),
        (
            (QueueSpec(name="calls", channel="voice", per_hour=1.0, missed_share=2.0),),
            (TEAM,),
            "UTC",
            "missed_share of queue calls must lie in 0..1",
        ),
        (
            (QueueSpec(name="calls", channel="voice", per_hour=1.0, overflow_to="chats"), CHAT),
            (TEAM,),
            "UTC",
            "hands over to chats of another channel",
        ),
    ],
)
def test_contradictions_are_refused(
    queues: tuple[QueueSpec, ...], teams: tuple[TeamSpec, ...], zone: str, message: str
) -> None:
    """The error says where the scenario contradicts itself."""
    with pytest.raises(ScenarioError, match=message):
        Scenario(name="wrong", queues=queues, teams=teams, zone=zone)


def test_shifts_follow_the_local_clock_over_the_change_of_the_clocks() -> None:
    """A shift from 08:00 in Paris begins at 07:00 UTC before, 06:00 UTC after 30 March 2025."""
    scenario = Scenario(
        name="paris",
        zone="Europe/Paris",
        queues=(VOICE,),
        teams=(TeamSpec(name="team", queues=("calls",), shifts=(Shift(1, 480, 240),)),),
    )
    start_ms = int(datetime(2025, 3, 29, tzinfo=UTC).timestamp() * 1000)
    events = Simulation(scenario, seed=1, start_ms=start_ms).events(start_ms + 72 * HOUR_MS)
    logins = [
        datetime.fromtimestamp(e.event_time_ms / 1000, UTC).strftime("%d %H:%M")
        for e in events
        if isinstance(e, AgentLogin)
    ]
    assert logins == ["29 07:00", "30 06:00", "31 06:00"]


def test_a_simulation_that_begins_within_a_shift_has_its_agents_at_once() -> None:
    """Who is on shift at the start logs in at the start, and out when the shift ends."""
    scenario = Scenario(
        name="one",
        queues=(VOICE,),
        teams=(TeamSpec(name="team", queues=("calls",), shifts=(Shift(1, 480, 240),)),),
    )
    start_ms = 9 * HOUR_MS
    simulation = Simulation(scenario, seed=1, start_ms=start_ms)
    told = [
        e
        for e in simulation.events(start_ms + 8 * HOUR_MS)
        if isinstance(e, (AgentLogin, AgentLogout))
    ]
    assert [type(e) for e in told] == [AgentLogin, AgentLogout]
    assert told[0].event_time_ms == start_ms
    assert told[1].event_time_ms >= 12 * HOUR_MS
    assert isinstance(told[1], AgentLogout)
    assert told[1].login_ms == told[1].event_time_ms - start_ms


def test_the_demo_is_alive_at_every_hour() -> None:
    """At no hour do arrivals fall under half of the busiest hour."""
    for queue in demo_scenario().queues:
        assert min(queue.curve) > 0.5 * max(queue.curve)


def test_the_load_scenario_gives_the_asked_rate_on_calls_and_chats() -> None:
    """About 1,500 events a simulated second, with short waits and hardly any queue."""
    simulation = Simulation(load_scenario(1_000, 1_500.0), seed=1, start_ms=0)
    list(simulation.events(60_000))
    events = list(simulation.events(120_000))
    assert len(events) / 60.0 == pytest.approx(1_500.0, rel=0.15)
    topics = Counter(topic_of(event) for event in events)
    assert topics["calls"] > topics["chats"] > 0.1 * len(events)
    queued = sum(isinstance(event, ContactQueued) for event in events)
    answered = sum(isinstance(event, ContactAnswered) for event in events)
    assert answered > 0.85 * queued
