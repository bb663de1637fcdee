"""Trouble raises waits while it lasts, and is over when it is over."""

from __future__ import annotations

import pytest

from aggregators.events import (
    AgentState,
    ContactAnswered,
    ContactCreated,
    ContactQueued,
    Envelope,
)
from streams.simulator import (
    Incident,
    ScenarioError,
    Simulation,
    demo_incident,
    demo_scenario,
)

START_MS = 1_732_521_600_000
MINUTE_MS = 60_000
BEGIN_MS = START_MS + 120 * MINUTE_MS
END_MS = BEGIN_MS + 30 * MINUTE_MS


def run(*incidents: Incident) -> list[Envelope]:
    """Return five hours of the demo centre."""
    simulation = Simulation(demo_scenario(), seed=11, start_ms=START_MS)
    for incident in incidents:
        simulation.switch_on(incident)
    return list(simulation.events(START_MS + 300 * MINUTE_MS))


@pytest.fixture(scope="module")
def calm() -> list[Envelope]:
    """The same day without trouble."""
    return run()


def waits(events: list[Envelope], queue: str, begin_ms: int, end_ms: int) -> list[int]:
    """Return the waits of the answered legs that entered in the time."""
    entered = {
        (e.contact_id, e.leg_id)
        for e in events
        if isinstance(e, ContactQueued)
        and e.queue == queue
        and begin_ms <= e.event_time_ms < end_ms
    }
    return [
        e.wait_ms or 0
        for e in events
        if isinstance(e, ContactAnswered) and (e.contact_id, e.leg_id) in entered
    ]


def mean_wait_s(events: list[Envelope], queue: str) -> float:
    """Return the mean wait of those who entered during the incident."""
    told = waits(events, queue, BEGIN_MS, END_MS)
    return sum(told) / len(told) / 1000.0


def incident(kind: str, target: str | None, factor: float = 4.0) -> Incident:
    return Incident(
        kind=kind,  # type: ignore[arg-type]
        at_ms=BEGIN_MS,
        duration_ms=END_MS - BEGIN_MS,
        target=target,
        factor=factor,
    )


def test_before_an_incident_the_day_is_the_same(calm: list[Envelope]) -> None:
    """Nothing changes until the incident begins."""
    troubled = run(incident("surge", None))
    assert [e for e in troubled if e.event_time_ms < BEGIN_MS] == [
        e for e in calm if e.event_time_ms < BEGIN_MS
    ]


def test_a_surge_multiplies_arrivals_and_raises_waits(calm: list[Envelope]) -> None:
    """Four times the callers come, and they wait much longer."""
    troubled = run(incident("surge", "billing"))

    def arrivals(events: list[Envelope]) -> int:
        return sum(
            isinstance(e, ContactCreated)
            and e.channel == "voice"
            and e.motive in ("facture", "paiement", "remboursement", "contrat")
            and BEGIN_MS <= e.event_time_ms < END_MS
            for e in events
        )

    assert 2.5 < arrivals(troubled) / arrivals(calm) < 5.5
    assert mean_wait_s(troubled, "billing") > 60.0
    assert mean_wait_s(troubled, "billing") > 4.0 * mean_wait_s(calm, "billing")


def test_half_of_the_agents_gone_raises_waits(calm: list[Envelope]) -> None:
    """Half of the team goes into a pause, and comes back after it."""
    troubled = run(incident("agents_gone", "front"))
    gone = [e for e in troubled if isinstance(e, AgentState) and e.reason == "incident"]
    assert {e.team for e in gone} == {"front"}
    assert 10 <= len(gone) <= 13  # of twenty-six on the morning shift, some at a break
    assert mean_wait_s(troubled, "sales") > 3.0 * mean_wait_s(calm, "sales")
    away = {e.agent_id for e in gone}
    back = {
        e.agent_id
        for e in troubled
        if isinstance(e, AgentState) and e.state == "available" and e.event_time_ms >= END_MS
    }
    assert len(away & back) > len(away) // 2


def test_in_an_outage_nobody_is_answered_and_then_the_queue_empties() -> None:
    """No answer in the queue during the outage; who is left is answered after it."""
    troubled = run(incident("outage", "billing"))
    answers = [e for e in troubled if isinstance(e, ContactAnswered) and e.queue == "billing"]
    slack_ms = 20_000  # a call that rang when the outage began may still be answered
    assert not [e for e in answers if BEGIN_MS + slack_ms <= e.event_time_ms < END_MS]
    at_the_end = [e for e in answers if END_MS <= e.event_time_ms < END_MS + 30_000]
    assert max(e.wait_ms or 0 for e in at_the_end) > 120_000
    later = waits(troubled, "billing", END_MS + 60 * MINUTE_MS, END_MS + 120 * MINUTE_MS)
    assert sum(later) / len(later) < 30_000


def test_an_incident_without_target_is_everywhere() -> None:
    """An outage of all queues: no contact at all is answered."""
    troubled = run(incident("outage", None))
    assert not [
        e
        for e in troubled
        if isinstance(e, ContactAnswered) and BEGIN_MS + 20_000 <= e.event_time_ms < END_MS
    ]


def test_an_incident_in_the_past_begins_at_once() -> None:
    """Switched on late, it begins when it is switched on."""
    simulation = Simulation(demo_scenario(), seed=11, start_ms=START_MS)
    list(simulation.events(BEGIN_MS))
    simulation.switch_on(Incident(kind="agents_gone", at_ms=START_MS, duration_ms=MINUTE_MS * 10))
    events = list(simulation.events(BEGIN_MS + 20 * MINUTE_MS))
    assert [e for e in events if isinstance(e, AgentState) and e.reason == "incident"]


@pytest.mark.parametrize("name", ["surge", "agents_gone", "outage"])
def test_the_demo_knows_its_incidents_by_name(name: str) -> None:
    """Each name of the documentation fits the demo centre."""
    told = demo_incident(name, BEGIN_MS)
    told.check(demo_scenario())
    assert (told.kind, told.at_ms) == (name, BEGIN_MS)


def test_an_unknown_incident_or_target_is_refused_with_what_is_known() -> None:
    """The error names the choices."""
    simulation = Simulation(demo_scenario(), seed=1, start_ms=START_MS)
    with pytest.raises(ScenarioError, match="use surge, agents_gone or outage"):
        demo_incident("earthquake", BEGIN_MS)
    with pytest.raises(ScenarioError, match="no team 'billing', known are front, tech"):
        simulation.switch_on(incident("agents_gone", "billing"))
    with pytest.raises(ScenarioError, match="no queue 'front', known are billing, tech"):
        simulation.switch_on(incident("surge", "front"))
