"""The sizing page: the reckoning by hand, its laws, and that the page is what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from benchmarks.growth.reckoning import Assumptions, Costs, segments_bytes, size_of
from benchmarks.growth.sizing_tables import partitions_in_all, provider_row, sizes_table
from benchmarks.sizing import PAGE, assumptions, costs_of, page, read

COSTS = Costs(
    event_us=50.0, events_per_contact=8.0, agent_cpu=0.0001, idle_cpu=0.02, idle_mib=100.0,
    queue_mib=2.0, open_contact_mib=0.002, recent_event_mib=0.0005,
    customer_mib=0.0005, customers_measured=1_000_000, board_s=0.02, board_s_per_queue=0.001,
    event_bytes=250.0, customer_bytes=50.0, checkpoint_bytes_s=1_000.0,
    checkpoint_bytes_s_per_agent=20.0, redis_bytes_s=2_000.0, redis_bytes_s_per_agent=30.0,
    state_bytes_per_queue=100_000.0, state_bytes_per_open_contact=20.0, state_bytes_per_event=0.0,
    series_per_queue=1_000.0, open_per_agent=1.0, ready_s=1.0, ready_s_per_partition=0.01,
)  # fmt: skip
GIVEN = Assumptions(contacts_per_agent_h=10.0, events_per_contact=12.0)
"""Ten contacts of twelve events an hour: a thirtieth of an event a second of each agent."""


def test_a_centre_of_a_thousand_agents_by_hand() -> None:
    """33 events a second, 50 at the peak; 1.2 million a day of 100,000 contacts."""
    size = size_of(1_000, 25, COSTS, GIVEN)
    assert size.events_per_s == pytest.approx(1_000 / 30)
    assert size.peak_per_s == pytest.approx(50.0)
    assert size.events_a_day == pytest.approx(1_200_000)
    assert size.open_contacts == pytest.approx(1_500)
    assert size.customers == pytest.approx(100_000 * 30 * 0.7)
    # a ten-thousandth of a core an agent, and four more events a contact of 50 us, at 1.5; two idle
    assert size.cores == pytest.approx(1.5 * (0.1 + 10_000 * 4 / 3_600 * 50e-6) + 2 * 0.02)
    assert size.catch_up_cores == pytest.approx(20 * (1_000 / 30) * 50e-6)
    assert (size.workers, size.partitions) == (2, 4)
    # 100 idle, 25 queues of 2, 1,500 contacts of 0.002, and of 0.0005 the 120,000 events of the
    # last hour and 2.1 million customers
    assert size.worker_mib == pytest.approx(100 + 50 + 3 + 60 + 1_050)
    assert size.board_every_s == pytest.approx(0.5)
    assert size.kafka_bytes_s == pytest.approx(50 * 300 + 1_000 + 20_000)
    assert size.redis_bytes_s == pytest.approx(32_000)
    assert size.redis_mib == pytest.approx((25 * 100_000 + 1_500 * 20) / 2**20)
    assert size.ready_s == pytest.approx(1.04)


def test_kafka_keeps_events_customers_and_state_in_three_copies() -> None:
    """Seven days of events, 35 of what is told of customers, two states and the open segments."""
    size = size_of(1_000, 25, COSTS, GIVEN)
    events, told = 1_200_000 * 250 * 7, 1_200_000 * 50 * 35
    state = 2 * (25 * 100_000 + 1_500 * 20)
    assert size.kafka_gib == pytest.approx(3 * (events + told + state + segments_bytes(4)) / 2**30)


@given(st.integers(1, 200_000), st.integers(1, 200_000), st.integers(1, 500))
def test_more_agents_never_need_less(one: int, more: int, queues: int) -> None:
    """Workers, partitions, cores, Kafka and Redis grow with the agents or stay."""
    small = size_of(min(one, more), queues, COSTS, GIVEN)
    large = size_of(max(one, more), queues, COSTS, GIVEN)
    for name in (
        "peak_per_s", "open_contacts", "customers", "cores", "catch_up_cores", "workers",
        "partitions", "kafka_bytes_s", "kafka_gib", "redis_bytes_s", "redis_mib", "ready_s",
    ):  # fmt: skip
        assert getattr(large, name) >= getattr(small, name), name


@given(st.integers(1, 50_000), st.integers(1, 500), st.integers(0, 3))
def test_there_are_workers_to_spare_and_partitions_for_all(
    agents: int, queues: int, spare: int
) -> None:
    """Four partitions for each that is needed, so that there is work for the spare ones."""
    size = size_of(agents, queues, COSTS, structs.replace(GIVEN, spare_workers=spare))
    bare = size_of(agents, queues, COSTS, structs.replace(GIVEN, spare_workers=0))
    assert size.workers == bare.workers + spare
    assert size.partitions >= max(4 * bare.workers, size.workers)
    assert size.partitions & (size.partitions - 1) == 0


@given(st.integers(1_000, 40_000), st.integers(10, 400))
def test_what_a_worker_holds_fits_into_it(agents: int, queues: int) -> None:
    """Customers that do not fit make more workers; the spare one is not counted upon.

    As long as what every worker has of all partitions leaves a tenth of its memory.
    """
    assert size_of(agents, queues, COSTS, GIVEN).worker_mib <= GIVEN.worker_mib


def test_boards_that_cost_much_come_less_often() -> None:
    """A board of 500 queues takes 0.52 s here, and may take a fifth of the thread."""
    assert size_of(100, 500, COSTS, GIVEN).board_every_s == pytest.approx(2.6)


def test_a_slower_core_needs_more_workers() -> None:
    """A hundred times the cost of an event: to catch up 20 times takes four cores."""
    slow = structs.replace(COSTS, event_us=5_000.0, customer_mib=0.0)
    assert size_of(1_000, 25, slow, GIVEN).workers == 4 + 1


def test_partitions_are_those_of_all_topics_and_changelogs() -> None:
    """Every source and its changelog, the dead letters, and one of alerts."""
    assert partitions_in_all(8) - partitions_in_all(4) == 4 * (partitions_in_all(1) - 1)
    assert segments_bytes(2) == 2 * segments_bytes(1) > 16 * 2**20


def test_a_table_has_a_column_per_centre() -> None:
    """Too many series for a page are said."""
    size = size_of(4_000, 100, COSTS, GIVEN)
    lines = sizes_table([("mine", size)]).splitlines()
    assert [cell.strip() for cell in lines[0].split("|")[1:-1]] == ["", "mine"]
    assert any("100,000, too many" in line for line in lines)


def test_a_provider_pays_for_every_installation() -> None:
    """A hundred times one of them."""
    size = size_of(1_000, 25, COSTS, GIVEN)
    row = provider_row("apart", size, 100)
    assert row[:3] == ("apart", "100", "200")
    assert row[-1] == f"{100 * partitions_in_all(4):,}"


def test_the_costs_are_those_of_the_kept_figures() -> None:
    """None of them is nothing, and the dearest traffic counts."""
    growth, throughput, groups = read()
    costs = costs_of(growth, throughput, groups)
    slowest = min(run.per_cpu_s for run in (*throughput.worker, *groups.all_groups))
    assert costs.event_us <= 1e6 / slowest
    for name in Costs.__struct_fields__:
        if name not in (
            "board_s",
            "state_bytes_per_event",
            "recent_event_mib",
            "ready_s_per_partition",
        ):
            assert getattr(costs, name) > 0, name


def test_a_contact_makes_about_a_dozen_events() -> None:
    """Counted in the demo's centres, the same each time."""
    assert assumptions() == assumptions()
    assert 9 < assumptions().events_per_contact < 15


def test_the_page_is_what_the_kept_figures_say() -> None:
    """No figure of it was written by hand, and each assumption has its line."""
    text = page(*read())
    assert PAGE.read_text(encoding="utf-8") == text
    assert "{" not in text
    for named in ("contacts of an agent in a busy hour", "events of a contact", "copies in Kafka"):
        assert f"| {named} " in text


def test_ones_own_centre_is_one_command(repository: Path) -> None:
    """300 agents in 8 queues."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sizing", "--agents", "300", "--queues", "8"],
        cwd=repository, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "300 agents" in done.stdout
    assert "**workers**" in done.stdout
