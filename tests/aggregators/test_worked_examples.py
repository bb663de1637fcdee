"""The worked examples of the KPI catalogue for live queue and service, as laws."""

from __future__ import annotations

from typing import Any

import pytest

from aggregators import events as ev
from aggregators.policy import QueuePolicy, Rules
from tests.aggregators.story import (
    answered,
    event,
    flow_out,
    fold,
    kpis,
    left_after,
    look,
    queued,
    rules,
)

F1 = [("answered", 15, 200), ("answered", 30, 100), ("abandoned", 5, 50), ("abandoned", 15, 30),
      ("abandoned", 40, 20)]  # fmt: skip
F1B = [*F1, ("flow_out", 60, 25)]
F1C = [*F1, ("callback", 10, 25)]


def fixture(parts: list[tuple[str, int, int]]) -> list[Any]:
    legs = []
    for kind, wait_s, n in parts:
        for i in range(n):
            legs += left_after(f"{kind}-{wait_s}-{i}", kind, wait_s)
    return legs


@pytest.mark.example(1)
@pytest.mark.proves("service_level")
@pytest.mark.parametrize(
    ("variant", "f1", "f1b"),
    [
        ("answered_only", 200 / 300, 200 / 300),
        ("abandons_in_sl_ignored", 200 / 320, 200 / 345),
        ("abandons_positive", 280 / 400, 280 / 425),
        ("abandons_negative", 200 / 400, 200 / 425),
        ("short_abandons_excluded", 200 / 350, 200 / 375),
        ("long_abandons_only", 200 / 320, 200 / 320),
        ("short_call_removed_ignored", 200 / 320, 200 / 345),
        ("short_call_removed_positive", 230 / 350, 230 / 375),
        ("short_call_removed_negative", 200 / 350, 200 / 375),
        ("in_hours_missed", 200 / 300, 200 / 325),
        ("timer_expiry", 200 / 320, 200 / 345),
    ],
)
def test_example_1_every_service_level_variant_of_f1_and_f1b(
    variant: str, f1: float, f1b: float
) -> None:
    """The table of section 4.1, to the last digit."""
    for parts, expected in ((F1, f1), (F1B, f1b)):
        levels = kpis(fixture(parts), 2000)["service_level"]
        assert isinstance(levels, dict)
        assert levels[variant] == pytest.approx(expected, abs=1e-12)


@pytest.mark.example(1)
@pytest.mark.proves("service_level", "contacts_offered", "contacts_callback_requested")
def test_example_1_callback_requests_count_positive_in_f1c() -> None:
    """305/425 = 71.76 %: a request inside the threshold helps the positive variant."""
    found = kpis(fixture(F1C), 2000)
    assert found["service_level"]["abandons_positive"] == pytest.approx(305 / 425)  # type: ignore[index]
    assert found["contacts_offered"] == 400
    assert found["contacts_callback_requested"] == 25


@pytest.mark.example(2)
@pytest.mark.proves("service_level")
@pytest.mark.parametrize(
    ("switches", "parts", "expected"),
    [
        ({"genesys_short_abandons": True}, F1, 200 / 400),
        ({"genesys_short_abandons": False}, F1, 200 / 350),
        ({"genesys_abandons": False, "genesys_short_abandons": True}, F1, 200 / 300),
        ({"genesys_abandons": False}, F1, 200 / 300),
        ({"genesys_short_abandons": True, "genesys_flow_outs": True}, F1B, 200 / 425),
    ],
)
def test_example_2_the_genesys_switches(
    switches: dict[str, bool], parts: list[tuple[str, int, int]], expected: float
) -> None:
    """With both off it is 66.67 %, never 80 %."""
    levels = kpis(fixture(parts), 2000, rules(**switches))["service_level"]
    assert levels["genesys"] == pytest.approx(expected)  # type: ignore[index]


@pytest.mark.example(3)
@pytest.mark.proves("service_level")
def test_example_3_a_wait_equal_to_the_threshold_is_inside_and_to_the_short_limit_not_short() -> (
    None
):
    """20.000 s in, 20.001 s out; 9.999 s short, 10.000 s not."""
    legs = [
        *left_after("a", "answered", 20.0),
        *left_after("b", "answered", 20.001),
        *left_after("c", "abandoned", 9.999),
        *left_after("d", "abandoned", 10.0),
    ]
    levels = kpis(legs, 2000)["service_level"]
    assert levels["abandons_negative"] == 1 / 4  # type: ignore[index]
    assert levels["short_abandons_excluded"] == pytest.approx(1 / 3)  # type: ignore[index]


@pytest.mark.example(4)
@pytest.mark.proves("service_level", "contacts_at_risk")
def test_example_4_the_timer_decides_without_an_event() -> None:
    """At 19 s 100 %, at 21 s 50 %, and still 50 % once the ten are answered at 40 s."""
    quick = [e for i in range(10) for e in (queued(f"q{i}", 0), answered(f"q{i}", 5))]
    slow = [queued(f"w{i}", 0) for i in range(10)]
    late = [answered(f"w{i}", 40) for i in range(10)]

    def at(found: Any) -> Any:
        return found["service_level"]["timer_expiry"]

    before = kpis([*quick, *slow], 19)
    assert at(before) == 1.0
    assert before["contacts_at_risk"] == {"30": 10}
    assert at(kpis([*quick, *slow], 21)) == 0.5
    assert at(kpis([*quick, *slow, *late], 41)) == 0.5


@pytest.mark.example(5)
@pytest.mark.proves("service_level")
def test_example_5_the_instant_level_is_of_those_waiting() -> None:
    """8 waiting, 3 beyond the threshold: 62.5 %; nobody waiting: no value."""
    legs = [queued(f"c{i}", 0) for i in range(3)] + [queued(f"d{i}", 15) for i in range(5)]
    assert kpis(legs, 25)["service_level"]["instant"] == 5 / 8  # type: ignore[index]
    assert kpis([], 25)["service_level"]["instant"] is None  # type: ignore[index]


@pytest.mark.example(6)
@pytest.mark.proves("abandonment_rate", "short_abandon_rate")
def test_example_6_abandonment_of_f1_and_f1b() -> None:
    """Each variant names its own denominator."""
    f1 = kpis(fixture(F1), 2000)
    assert f1["abandonment_rate"] == {
        "of_offered": 0.25,
        "short_excluded": 50 / 350,
        "handled_or_abandoned": 50 / 350,
        "not_answered": 0.25,
    }
    assert f1["short_abandon_rate"] == 0.125
    f1b = kpis(fixture(F1B), 2000)
    assert f1b["abandonment_rate"] == {
        "of_offered": 100 / 425,
        "short_excluded": 50 / 375,
        "handled_or_abandoned": 50 / 350,
        "not_answered": 125 / 425,
    }


@pytest.mark.example(7)
@pytest.mark.proves("answer_rate", "contacts_offered")
def test_example_7_answer_rate_and_nothing_offered() -> None:
    """Nothing offered is no value, while the count beside it is 0."""
    assert kpis(fixture(F1), 2000)["answer_rate"] == 0.75
    assert kpis(fixture(F1B), 2000)["answer_rate"] == pytest.approx(300 / 425)
    nothing = kpis([], 2000)
    assert nothing["answer_rate"] is None
    assert nothing["contacts_offered"] == 0


@pytest.mark.example(8)
@pytest.mark.proves("asa_seconds", "wait_quantile_seconds")
def test_example_8_the_mean_of_two_queues_is_a_mean_of_contacts() -> None:
    """90 at 10 s and 10 at 100 s: 19 s; the 91st percentile is already 100 s."""
    legs = []
    for i in range(90):
        legs += left_after(f"a{i}", "answered", 10, queue="one")
    for i in range(10):
        legs += left_after(f"b{i}", "answered", 100, queue="two")
    found = kpis(legs, 2000)
    assert found["asa_seconds"]["queue"] == 19.0  # type: ignore[index]
    assert found["wait_quantile_seconds"]["0.9"] == 10.0  # type: ignore[index]
    assert found["wait_quantile_seconds"]["0.95"] == 100.0  # type: ignore[index]


@pytest.mark.example(9)
@pytest.mark.proves("asa_seconds", "abandon_wait_mean_seconds", "wait_max_seconds")
def test_example_9_the_variants_of_the_average_speed_of_answer() -> None:
    """Waits 10, 20, 30 answered, 40 abandoned, 60 flowed out."""
    legs = [
        *left_after("a", "answered", 10),
        *left_after("b", "answered", 20),
        *left_after("c", "answered", 30),
        *left_after("d", "abandoned", 40),
        *left_after("e", "flow_out", 60),
    ]
    found = kpis(legs, 2000)
    assert found["asa_seconds"] == {
        "queue": 20.0,
        "from_start": 20.0,
        "all_offered": 32.0,
        "answered_or_abandoned": 25.0,
    }
    assert found["abandon_wait_mean_seconds"] == 40.0
    assert found["wait_max_seconds"] == 60.0


@pytest.mark.example(10)
@pytest.mark.proves("asa_seconds", "ring_mean_seconds")
def test_example_10_from_start_counts_the_menu_and_the_ring() -> None:
    """Created 0, queued 30, offered 37, answered 42."""
    found = kpis(
        [
            event(ev.ContactCreated, 0, contact_id="c", channel="voice"),
            queued("c", 30),
            event(ev.AgentOffered, 37, contact_id="c", leg_id="L1", offer_id="o", agent_id="A1"),
            answered("c", 42),
        ],
        50,
    )
    assert found["asa_seconds"]["from_start"] == 42.0  # type: ignore[index]
    assert found["asa_seconds"]["queue"] == 12.0  # type: ignore[index]
    assert found["ring_mean_seconds"] == 5.0


@pytest.mark.example(11)
@pytest.mark.proves("agent_answer_rate", "contacts_answered", "agent_offers_missed_count")
def test_example_11_missed_offers_lower_the_agents_rate_not_the_contacts() -> None:
    """3 accepted of 5 closed; 3 contacts answered."""

    def missed(offer: str, agent: str, at_s: float) -> Any:
        return event(
            ev.AgentOfferMissed, at_s, contact_id="c", leg_id="L1", offer_id=offer,
            agent_id=agent, outcome="timeout",
        )  # fmt: skip

    found = kpis(
        [
            queued("c", 0), missed("1", "A1", 10), missed("2", "A2", 20), answered("c", 25),
            queued("d", 0), answered("d", 3), queued("e", 0), answered("e", 4),
        ],
        50,
    )  # fmt: skip
    assert found["agent_answer_rate"] == 0.6
    assert found["contacts_answered"] == 3
    assert found["agent_offers_missed_count"] == 2


@pytest.mark.example(17)
@pytest.mark.proves(
    "contacts_waiting", "longest_wait_seconds", "contacts_lost", "contacts_abandoned"
)
def test_example_17_waiting_moves_with_the_clock_alone() -> None:
    """At 75 s one waits 75 s; past the maximal wait the leg is lost, not abandoned."""
    shard = fold([queued("c", 0)])
    at_75 = look(shard, at_s=75).windows["whole"].total
    assert (at_75["contacts_waiting"], at_75["longest_wait_seconds"]) == (1, 75.0)
    later = look(shard, at_s=4 * 3600 + 1).windows["whole"].total
    assert later["contacts_waiting"] == 0
    assert later["longest_wait_seconds"] is None
    assert (later["contacts_lost"], later["contacts_abandoned"]) == (1, 0)


@pytest.mark.example(19)
@pytest.mark.proves(
    "callbacks_scheduled",
    "callbacks_in_queue",
    "callback_wait_mean_seconds",
    "callback_success_rate",
)
def test_example_19_callbacks_are_scheduled_then_due_then_done() -> None:
    """Request at 20 due at 35, reached at 40: callback wait 5, abandoned 0."""
    due_at_ms = queued("x", 35).event_time_ms
    story = [
        queued("c", 0),
        event(ev.CallbackRequested, 20, contact_id="c", leg_id="L1", callback_id="cb",
              due_at_ms=due_at_ms),
    ]  # fmt: skip
    over = [
        event(ev.CallbackAttempted, 40, contact_id="c", callback_id="cb", attempt=1,
              outcome="reached"),
        event(ev.CallbackDone, 40, contact_id="c", callback_id="cb", outcome="reached"),
    ]  # fmt: skip

    def pending(events: list[Any], at_s: float) -> tuple[Any, Any]:
        found = kpis(events, at_s)
        return found["callbacks_scheduled"], found["callbacks_in_queue"]

    assert pending(story, 20.001) == (1, 0)
    assert pending(story, 35) == (0, 1)
    assert pending([*story, *over], 40.001) == (0, 0)
    found = kpis([*story, *over], 41)
    assert found["callback_wait_mean_seconds"] == 5.0
    assert found["callback_success_rate"] == 1.0
    assert found["contacts_abandoned"] == 0


@pytest.mark.example(39)
@pytest.mark.proves("contacts_answered")
def test_example_39_two_queues_reset_at_their_own_midnight() -> None:
    """In July Paris and New York start their days six hours apart."""
    made = Rules(
        queues={
            ("paris", "voice"): QueuePolicy(zone="Europe/Paris"),
            ("york", "voice"): QueuePolicy(zone="America/New_York"),
        },
        retention_ms=None,
    )
    hour = 3600.0
    legs: list[Any] = []
    for i, at_h in enumerate((21.5, 22.5, 27.5, 28.5)):  # UTC hours after 2024-06-03
        for queue in ("paris", "york"):
            legs += left_after(f"{queue}{i}", "answered", 5, at_h * hour, queue)
    rows = look(fold(sorted(legs, key=lambda e: e.event_time_ms), made), at_s=30 * hour,
                window="today").windows["today"]  # fmt: skip
    assert rows.queues["paris"]["contacts_answered"] == 3
    assert rows.queues["york"]["contacts_answered"] == 1


@pytest.mark.example(40)
@pytest.mark.proves("answer_rate")
def test_example_40_rates_of_two_days_pool_by_counts() -> None:
    """90/100 and 10/40 pool to 100/140."""
    legs: list[Any] = []
    for i in range(100):
        kind = "answered" if i < 90 else "abandoned"
        legs += left_after(f"a{i}", kind, 15, 1000)
    for i in range(40):
        kind = "answered" if i < 10 else "abandoned"
        legs += left_after(f"b{i}", kind, 15, 90_000)
    assert kpis(legs, 100_000)["answer_rate"] == pytest.approx(100 / 140)


@pytest.mark.proves("service_level")
def test_a_flow_out_is_never_ignored() -> None:
    """It stays in the denominators of B, C, D, E as a failure."""
    found = kpis([queued("c", 0), flow_out("c", 5, reason="key")], 10)
    levels: Any = found["service_level"]
    assert levels["abandons_in_sl_ignored"] == 0.0
    assert levels["answered_only"] is None
