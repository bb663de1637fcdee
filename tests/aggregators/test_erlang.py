"""Erlang B, C and A against printed tables, closed forms and their laws."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.erlang import Staffing, agents_needed, erlang_a, erlang_b, erlang_c

CALLS_PER_S = 100 / 1800
"""100 contacts in half an hour."""

GARNETT = {"rate_per_s": 0.8, "handle_s": 60.0, "patience_s": 120.0}
"""48 contacts a minute, service 1 min, patience 2 min (Garnett, Mandelbaum, Reiman 2002)."""

MTPA_WEDNESDAY = (
    (6.75, 1), (1.75, 1), (1.25, 1), (0, 0), (0.5, 1), (0.25, 1), (4.75, 1), (39.5, 4),
    (97.25, 8), (107.5, 9), (124, 10), (110.25, 9), (95.5, 8), (203.5, 16), (115.75, 10),
    (115.5, 10), (67.75, 6), (75, 7), (88.75, 8), (85.5, 8), (68, 6), (61.5, 6), (57.5, 5),
    (44.25, 4),
)  # fmt: skip


@pytest.mark.parametrize(
    ("agents", "load", "blocked"),
    [
        (1, 0.5, 0.333333), (2, 1, 0.2), (5, 3, 0.110054), (10, 7, 0.078741),
        (10, 8, 0.121661), (20, 15, 0.045593), (50, 45, 0.054104), (100, 90, 0.026957),
    ],
)  # fmt: skip
def test_erlang_b_gives_the_table(agents: int, load: float, blocked: float) -> None:
    """The recursion gives the table to its six digits."""
    assert round(erlang_b(agents, load), 6) == blocked


@pytest.mark.parametrize(
    ("agents", "load", "waits"),
    [
        (1, 0.5, 0.5), (2, 1, 0.333333), (5, 3, 0.236152), (10, 7, 0.221731),
        (10, 8, 0.409180), (20, 15, 0.160429), (50, 45, 0.363864), (100, 90, 0.216940),
        (8, 3.87, 0.050085), (10, 4.08, 0.010052),
    ],
)  # fmt: skip
def test_erlang_c_gives_the_table_of_wait_probabilities(
    agents: int, load: float, waits: float
) -> None:
    """The probability of waiting matches the table to its digits."""
    assert round(erlang_c(agents, load, 1.0).wait_probability, 6) == waits


def test_fourteen_agents_for_ten_erlangs() -> None:
    """100 contacts in 30 min of 180 s with 14 agents give the published figures."""
    c = erlang_c(14, CALLS_PER_S, 180.0, 20.0)
    assert c.load == pytest.approx(10.0, rel=1e-12)
    assert c.wait_probability == pytest.approx(0.17413193359504983, rel=1e-9)
    assert c.service_level == pytest.approx(0.8883500191794669, rel=1e-9)
    assert c.mean_wait_s == pytest.approx(7.835937011777243, rel=1e-9)
    assert c.occupancy == pytest.approx(0.7142857, abs=5e-8)
    assert c.queue_length == pytest.approx(0.4353298, abs=5e-8)
    assert 1.0 - c.wait_probability == pytest.approx(0.8258681, abs=5e-8)


def test_eleven_agents_for_ten_erlangs() -> None:
    """The same load with 11 agents waits two minutes on average."""
    c = erlang_c(11, CALLS_PER_S, 180.0, 20.0)
    assert c.wait_probability == pytest.approx(0.6821182046893323, rel=1e-9)
    assert c.service_level == pytest.approx(0.38961381172915344, rel=1e-9)
    assert c.mean_wait_s == pytest.approx(122.78127684407981, rel=1e-9)
    assert c.occupancy == pytest.approx(0.9090909, abs=5e-8)
    assert c.queue_length == pytest.approx(6.8211820, abs=5e-8)


def test_fifty_five_agents_for_forty_eight_erlangs() -> None:
    """360 contacts in 30 min of 240 s with 55 agents and 15 s give the worked example."""
    c = erlang_c(55, 0.2, 240.0, 15.0)
    assert c.load == pytest.approx(48.0, rel=1e-12)
    assert c.wait_probability == pytest.approx(0.2387009363780091, rel=1e-9)
    assert c.service_level == pytest.approx(0.8458830921705804, rel=1e-9)
    assert c.mean_wait_s == pytest.approx(8.184032104388884, rel=1e-9)
    assert c.occupancy == pytest.approx(0.8727273, abs=5e-8)
    assert c.queue_length == pytest.approx(1.6368064, abs=5e-8)


def test_the_delayed_wait_longer_than_the_hold_time_as_in_the_radio_table() -> None:
    """For 3.87 erlangs the tail of the delayed is 0.0160829 on 8 and 0.0021766 on 10 lines."""
    assert round(erlang_c(8, 3.87, 1.0, 1.0).delayed_over_threshold, 7) == 0.0160829
    assert round(erlang_c(8, 3.87, 1.0, 1.0).wait_probability, 7) == 0.0500851
    assert round(erlang_c(10, 4.08, 1.0, 1.0).wait_probability, 7) == 0.0100517
    assert round(erlang_c(10, 3.87, 1.0, 1.0).delayed_over_threshold, 7) == 0.0021766


def test_callers_without_patience_limit_wait_as_published() -> None:
    """Erlang C for 48 erlangs and 50 agents: wait 20.8 s, p90 58.1 s, queue 17, 96 % busy."""
    c = erlang_c(50, 0.8, 60.0)
    assert round(c.wait_probability, 7) == 0.6944556
    assert round(c.mean_wait_s, 6) == 20.833668
    assert round(c.wait_quantile_s(0.9), 6) == 58.138742
    assert round(c.queue_length, 6) == 16.666935
    assert round(c.occupancy, 12) == 0.96


@pytest.mark.parametrize(("agents", "rate_per_s"), [(10, 1.0), (9, 1.0), (0, 1.0), (0, 0.0)])
def test_an_overloaded_queue_has_a_result_and_no_exception(agents: int, rate_per_s: float) -> None:
    """No more agents than erlangs: everybody waits for ever, service level 0."""
    c = erlang_c(agents, rate_per_s, 10.0)
    assert not c.stable
    assert (c.wait_probability, c.service_level) == (1.0, 0.0)
    assert (c.mean_wait_s, c.queue_length) == (math.inf, math.inf)
    assert c.wait_quantile_s(0.5) == math.inf


def test_erlang_a_gives_the_published_row() -> None:
    """50 agents for 48 erlangs with patience 2 min: 3.1 % leave, 3.7 s, p90 12.4 s, 93 %."""
    a = erlang_a(50, **GARNETT)
    assert round(a.wait_probability, 6) == 0.467774
    assert round(a.abandon_probability, 9) == 0.030912249
    assert round(a.mean_wait_s, 7) == 3.7094699
    assert round(a.wait_quantile_s(0.9), 6) == 12.444648
    assert round(a.queue_length, 9) == 2.967575920
    assert round(a.utilisation, 9) == 0.930324241


@pytest.mark.parametrize(
    ("agents", "leave", "wait", "in_20_s"),
    [
        (46, 0.070132, 0.729660, 0.817566),
        (48, 0.047645, 0.601481, 0.895513),
        (50, 0.030912, 0.467774, 0.943017),
        (52, 0.019180, 0.343132, 0.969878),
        (55, 0.008640, 0.193599, 0.988794),
    ],
)
def test_erlang_a_gives_the_table(agents: int, leave: float, wait: float, in_20_s: float) -> None:
    """More agents of the same load; the third column was printed from a coarse integration."""
    a = erlang_a(agents, **GARNETT)
    assert round(a.abandon_probability, 6) == leave
    assert round(a.wait_probability, 6) == wait
    assert a.answered_within(20.0) == pytest.approx(in_20_s, abs=3e-6)


@pytest.mark.parametrize(
    ("seconds", "answered"), [(10.0, 0.832576), (20.0, 0.943017), (30.0, 0.966033)]
)
def test_erlang_a_answers_within_the_limits_of_the_table(seconds: float, answered: float) -> None:
    """Answered within 10, 20 and 30 s of all offered."""
    assert erlang_a(50, **GARNETT).answered_within(seconds) == pytest.approx(answered, abs=3e-6)


@pytest.mark.parametrize("agents", [46, 50, 55])
def test_answered_within_is_exact(agents: int) -> None:
    """The closed form equals the chain of one tagged caller, computed in forty digits."""
    exact = {46: 0.8175661765688691, 50: 0.9430189547469811, 55: 0.9887950622234963}
    a = erlang_a(agents, **GARNETT)
    assert a.answered_within(20.0) == pytest.approx(exact[agents], rel=1e-9)


def test_one_agent_with_all_rates_equal_has_the_closed_form() -> None:
    """With theta = mu the number in the system is Poisson: p0 = P(abandon) = 1/e."""
    a = erlang_a(1, 1.0, 1.0, 1.0)
    assert a.abandon_probability == pytest.approx(0.36787944117144233, rel=1e-12)
    assert a.wait_probability == pytest.approx(0.6321205588, abs=1e-10)


def test_without_agents_everybody_leaves() -> None:
    """Nobody answers: all wait, all abandon after their patience."""
    a = erlang_a(0, 0.1, 60.0, 30.0)
    assert a.wait_probability == pytest.approx(1.0)
    assert a.abandon_probability == pytest.approx(1.0)
    assert a.mean_wait_s == pytest.approx(30.0)
    assert (a.utilisation, a.answered_within(60.0)) == (0.0, 0.0)


def test_fourteen_agents_are_twenty_positions_at_thirty_per_cent_shrinkage() -> None:
    """The published staffing example: 14 at work, 20 paid."""
    staffing = agents_needed(
        CALLS_PER_S, 180.0, service_level=0.8, max_occupancy=0.85, shrinkage=0.3
    )
    assert staffing == Staffing(agents=14, positions=20)


@pytest.mark.parametrize("shrinkage", [0.30, "0.3", Decimal("0.30"), Fraction(3, 10)])
def test_shrinkage_is_exact(shrinkage: float | str | Decimal | Fraction) -> None:
    """21 agents at 30 % are 30 positions; floats would pay a 31st."""
    assert math.ceil(21 / (1 - 0.30)) == 31
    staffing = agents_needed(20.0, 1.0, max_occupancy=20 / 21, shrinkage=shrinkage)
    assert staffing == Staffing(agents=21, positions=30)


def test_the_bank_needs_the_agents_its_analyst_printed() -> None:
    """Wednesday's 24 hours, 15 an hour and agent, P(wait) at most one half."""
    needed = [
        agents_needed(per_hour / 3600.0, 240.0, max_wait_probability=0.5).agents
        for per_hour, _ in MTPA_WEDNESDAY
    ]
    assert needed == [agents for _, agents in MTPA_WEDNESDAY]


def test_impatient_callers_need_fewer_agents() -> None:
    """For 90 % in 20 s Erlang A asks for 49 agents where Erlang C asks for 53."""
    assert agents_needed(0.8, 60.0, service_level=0.9).agents == 53
    assert agents_needed(0.8, 60.0, service_level=0.9, patience_s=120.0).agents == 49


@pytest.mark.parametrize(
    "wrong",
    [
        {"shrinkage": 1.0}, {"shrinkage": -0.1}, {"service_level": 1.0}, {"max_occupancy": 0.0},
        {"service_level": 1.2}, {"max_wait_probability": 0.0},
    ],
)  # fmt: skip
def test_targets_that_no_staffing_reaches_are_refused(wrong: dict[str, float]) -> None:
    """A target out of reach is an error, not an endless search."""
    with pytest.raises(ValueError, match=r"must lie|must be|needs endless"):
        agents_needed(1.0, 10.0, **wrong)


loads = st.floats(0.01, 200.0)


@given(load=loads, agents=st.integers(1, 250), threshold_s=st.floats(0.0, 10.0))
def test_service_level_never_falls_with_one_agent_more(
    load: float, agents: int, threshold_s: float
) -> None:
    """Another agent never makes anybody wait longer."""
    fewer = erlang_c(agents, load, 1.0, threshold_s)
    more = erlang_c(agents + 1, load, 1.0, threshold_s)
    assert more.service_level >= fewer.service_level - 1e-12
    assert more.wait_probability <= fewer.wait_probability + 1e-12
    assert more.mean_wait_s <= fewer.mean_wait_s


@given(load=loads, extra=st.floats(0.0, 50.0), agents=st.integers(1, 250))
def test_service_level_never_rises_with_the_load(load: float, extra: float, agents: int) -> None:
    """More contacts never wait less."""
    assert (
        erlang_c(agents, load + extra, 1.0, 0.5).service_level
        <= erlang_c(agents, load, 1.0, 0.5).service_level + 1e-12
    )


@given(load=st.floats(0.1, 90.0), spare=st.floats(0.05, 20.0))
def test_erlang_c_and_b_are_tied(load: float, spare: float) -> None:
    """C = B / (1 - rho * (1 - B)) for every stable queue."""
    agents = math.ceil(load + spare)
    blocking, rho = erlang_b(agents, load), load / agents
    waits = erlang_c(agents, load, 1.0).wait_probability
    assert waits == pytest.approx(blocking / (1.0 - rho * (1.0 - blocking)), rel=1e-9)


@given(
    rate=st.floats(0.05, 60.0),
    agents=st.integers(1, 60),
    patience=st.floats(0.05, 50.0),
    seconds=st.floats(0.0, 20.0),
)
def test_erlang_a_keeps_its_own_balance(
    rate: float, agents: int, patience: float, seconds: float
) -> None:
    """What comes is served or leaves; shares are shares; given time, the patient are answered."""
    a = erlang_a(agents, rate, 1.0, patience)
    assert a.utilisation * agents == pytest.approx(rate * (1 - a.abandon_probability), rel=1e-9)
    assert 0.0 <= a.utilisation <= 1.0 + 1e-9
    answered = a.answered_within(seconds)
    assert 1.0 - a.wait_probability - 1e-9 <= answered <= 1.0 - a.abandon_probability + 1e-9
    assert a.answered_within(1e9) == pytest.approx(1.0 - a.abandon_probability, rel=1e-9)
    assert a.waits_longer(0.0) == pytest.approx(a.wait_probability, rel=1e-9)


@given(rate=st.floats(0.05, 60.0), agents=st.integers(0, 60), patience=st.floats(0.05, 50.0))
def test_one_agent_more_never_loses_callers(rate: float, agents: int, patience: float) -> None:
    """Another agent lowers waits and abandonment under Erlang A as well."""
    fewer, more = (erlang_a(n, rate, 1.0, patience) for n in (agents, agents + 1))
    assert more.abandon_probability <= fewer.abandon_probability + 1e-12
    assert more.wait_probability <= fewer.wait_probability + 1e-12
    assert more.answered_within(0.5) >= fewer.answered_within(0.5) - 1e-12


@given(load=st.floats(0.5, 40.0), spare=st.floats(0.5, 10.0))
def test_erlang_a_tends_to_erlang_c_as_patience_grows(load: float, spare: float) -> None:
    """With theta towards 0 nobody leaves and the two agree."""
    agents = math.ceil(load + spare)
    a, c = erlang_a(agents, load, 1.0, 1e10), erlang_c(agents, load, 1.0, 0.7)
    assert a.wait_probability == pytest.approx(c.wait_probability, rel=1e-6)
    assert a.mean_wait_s == pytest.approx(c.mean_wait_s, rel=1e-6)
    assert a.answered_within(0.7) == pytest.approx(c.service_level, rel=1e-6)
    assert a.abandon_probability < 1e-9 * max(1.0, c.mean_wait_s * 10)


@given(
    rate=st.floats(0.1, 30.0),
    target=st.floats(0.3, 0.99),
    patience=st.none() | st.floats(0.1, 20.0),
)
def test_the_staffing_is_the_smallest_that_keeps_the_target(
    rate: float, target: float, patience: float | None
) -> None:
    """The answer keeps the target; one agent fewer does not."""
    agents = agents_needed(
        rate, 1.0, service_level=target, threshold_s=0.2, patience_s=patience
    ).agents

    def level(n: int) -> float:
        if patience is None:
            return erlang_c(n, rate, 1.0, 0.2).service_level
        return erlang_a(n, rate, 1.0, patience).answered_within(0.2)

    assert level(agents) >= target
    assert agents == 1 or level(agents - 1) < target
