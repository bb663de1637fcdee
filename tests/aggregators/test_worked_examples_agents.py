"""The worked examples of the KPI catalogue for agents and handling, as laws."""

from __future__ import annotations

from typing import Any

import pytest

from aggregators import events as ev
from tests.aggregators.story import abandoned, answered, ended, event, fold, kpis, look, queued


@pytest.mark.example(12)
@pytest.mark.proves(
    "aht_seconds",
    "talk_mean_seconds",
    "hold_mean_seconds",
    "hold_mean_per_held_seconds",
    "acw_mean_seconds",
    "hold_rate",
)
def test_example_12_handle_time_and_its_parts() -> None:
    """Talk 33, 120, 240; hold 0, 15, 60; after-contact work 32, 30, 40."""
    legs = []
    for name, talk, hold, acw in (("a", 33, 0, 32), ("b", 120, 15, 30), ("c", 240, 60, 40)):
        legs += [queued(name, 0), answered(name, 10)]
        if hold:
            legs += [
                event(ev.HoldStarted, 20, contact_id=name, leg_id="L1", hold_id="h"),
                event(ev.HoldEnded, 20 + hold, contact_id=name, leg_id="L1", hold_id="h"),
            ]
        over = 10 + talk + hold
        legs += [
            ended(name, over),
            event(ev.WrapUpStarted, over, contact_id=name, leg_id="L1", agent_id="A1"),
            event(ev.WrapUpEnded, over + acw, contact_id=name, leg_id="L1", agent_id="A1"),
        ]
    found = kpis(legs, 2000)
    assert found["aht_seconds"] == 190.0
    assert found["talk_mean_seconds"] == 131.0
    assert found["hold_mean_seconds"] == 25.0
    assert found["hold_mean_per_held_seconds"] == 37.5
    assert found["acw_mean_seconds"] == 34.0
    assert found["hold_rate"] == pytest.approx(2 / 3)


def presence(kind: type[ev.Envelope], at_s: float, **kw: Any) -> Any:
    return event(kind, at_s, agent_id="A1", **kw)


def occupied_hour() -> list[Any]:
    """Talk 1800, hold 120, wrap-up 480, ringing 60, idle 540, paused 600 within one hour."""
    return [
        queued("c", 30),
        event(ev.AgentOffered, 540, contact_id="c", leg_id="L1", offer_id="o", agent_id="A1"),
        answered("c", 600),
        event(ev.HoldStarted, 1500, contact_id="c", leg_id="L1", hold_id="h"),
        event(ev.HoldEnded, 1620, contact_id="c", leg_id="L1", hold_id="h"),
        ended("c", 2520),
        event(ev.WrapUpStarted, 2520, contact_id="c", leg_id="L1", agent_id="A1"),
        event(ev.WrapUpEnded, 3000, contact_id="c", leg_id="L1", agent_id="A1"),
    ]


@pytest.mark.example(13)
@pytest.mark.proves("occupancy", "utilisation", "availability_rate", "pause_rate")
def test_example_13_occupancy_and_utilisation_of_one_hour() -> None:
    """All variants over the same hour."""
    calls = fold(occupied_hour())
    agents = fold(
        [presence(ev.AgentLogin, 0), presence(ev.AgentState, 3000, state="pause", reason="lunch")],
        topic="agents",
    )
    found: Any = look(calls, agents, at_s=3600, window="1h").windows["1h"].total
    assert found["occupancy"] == {
        "wall_clock": pytest.approx(2400 / 2940),
        "slot_weighted": pytest.approx(2400 / 2940),
        "interacting": pytest.approx(2400 / 2940),
        "ready_based": pytest.approx(2280 / 3000),
        "ready_based_idle": pytest.approx(2460 / 3000),
        "logged_in": pytest.approx(2280 / 3600),
        "aor": pytest.approx(1920 / 3600),
    }
    assert found["utilisation"]["logged_in"] == pytest.approx(2400 / 3600)
    assert found["availability_rate"] == pytest.approx(0.15)
    assert found["pause_rate"] == {"lunch": pytest.approx(600 / 3600)}


@pytest.mark.example(14)
@pytest.mark.proves("occupancy", "concurrency_mean")
@pytest.mark.parametrize(("chats", "weighted", "concurrency"), [(3, 0.5, 3.0), (1, 1 / 6, 1.0)])
def test_example_14_slots(chats: int, weighted: float, concurrency: float) -> None:
    """Chats at once during 30 of 60 minutes with 3 slots."""
    legs = []
    for i in range(chats):
        name = f"c{i}"
        legs += [
            queued(name, 0, channel="chat"), answered(name, 0, channel="chat"),
            ended(name, 1800, channel="chat"),
        ]  # fmt: skip
    agents = fold([presence(ev.AgentLogin, 0, channels={"chat": ev.Slots(max=3)})], topic="agents")
    found = look(fold(legs, topic="chats"), agents, at_s=3600, window="1h").windows["1h"].total
    assert found["occupancy"]["wall_clock"] == 0.5  # type: ignore[index]
    assert found["occupancy"]["slot_weighted"] == pytest.approx(weighted)  # type: ignore[index]
    assert found["concurrency_mean"] == concurrency


@pytest.mark.example(15)
@pytest.mark.proves("occupancy")
def test_example_15_time_is_booked_where_it_was_spent() -> None:
    """A call from 09:50 to 10:20 gives 33.33 % before ten and 66.67 % after."""
    nine = 9 * 3600
    calls = [queued("c", nine + 3000), answered("c", nine + 3000), ended("c", nine + 4800)]
    agents = fold(
        [presence(ev.AgentLogin, nine), presence(ev.AgentLogout, nine + 7200)], topic="agents"
    )
    shard = fold(calls)

    def occupancy(at_s: float, window: str) -> Any:
        row = look(shard, agents, at_s=at_s, window=window).windows[window].total
        return row["occupancy"]["wall_clock"]  # type: ignore[index]

    assert occupancy(nine + 3600, "30m") == pytest.approx(1 / 3)
    assert occupancy(nine + 5400, "30m") == pytest.approx(2 / 3)
    running = fold(calls[:2])
    early = fold([presence(ev.AgentLogin, nine)], topic="agents")
    now = look(running, early, at_s=nine + 4200, window="interval_30m")
    assert now.windows["interval_30m"].total["occupancy"]["wall_clock"] == 1.0  # type: ignore[index]


@pytest.mark.example(16)
@pytest.mark.proves("agents_on_contact", "agents_available", "agents_logged_in")
def test_example_16_contacts_tell_what_an_agent_does_whatever_presence_says() -> None:
    """Available with a contact is on contact; in two queues: total 1, each queue 1."""
    calls = fold([queued("c", 0), answered("c", 5)])
    agents = fold(
        [
            presence(ev.AgentLogin, 0, queues=["q", "r"]),
            presence(ev.AgentState, 1, state="available"),
        ],
        topic="agents",
    )
    with_r = fold([queued("d", 0, queue="r"), abandoned("d", 1)])
    rows = look(calls, with_r, agents, at_s=10).windows["whole"]
    for values in (rows.total, rows.queues["q"], rows.queues["r"]):
        assert values["agents_on_contact"] == 1
        assert values["agents_available"] == 0
        assert values["agents_logged_in"] == 1
