"""docs/sizing.md: partitions, workers, cores, memory, Kafka and Redis for centres of some sizes.

``python -m benchmarks.sizing`` writes the page from the kept figures of the benchmarks and from
named assumptions; ``--check`` only compares; ``--agents N`` prints the row of your own centre.
The reckoning is :mod:`benchmarks.growth.reckoning`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
from msgspec import structs

from benchmarks.centre import demo_events
from benchmarks.growth.cluster import CONTACTS_PER_AGENT_H, rate_of
from benchmarks.growth.figures import Growth
from benchmarks.growth.laws import slope
from benchmarks.growth.reckoning import (
    BOARD_SHARE,
    MIB,
    Assumptions,
    Costs,
    checkpoint_bytes_s,
    size_of,
)
from benchmarks.growth.sizing_tables import (
    assumptions_table,
    costs_table,
    cpu_share,
    fit_table,
    partitions_in_all,
    provider_row,
    provider_table,
    sizes_table,
)
from benchmarks.growth.written import BEFORE_MS
from benchmarks.measures import Groups, Throughput, median
from benchmarks.stage import ROOT, BenchmarkError, finish
from exporters.prometheus.collector import MAX_SERIES
from streams.simulator.studies import EVENTS_PER_CONTACT

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "sizing.md"
COUNTED = 60_000
"""Events of the demo's centres from which the events of a contact are counted."""
TENANTS, TENANT_AGENTS, TENANT_QUEUES = 5_000, 20, 4
MOST_QUEUES = 500
"""``limits.max_queues`` as it comes."""
SHARED = MOST_QUEUES // TENANT_QUEUES
CENTRES: tuple[tuple[str, int, int], ...] = (
    ("50 agents", 50, 2),
    ("1,000 agents", 1_000, 25),
    ("10,000 agents", 10_000, 250),
    (f"{SHARED} tenants together", SHARED * TENANT_AGENTS, MOST_QUEUES),
    ("one tenant", TENANT_AGENTS, TENANT_QUEUES),
)
"""Name, agents and queues; the last two are what a provider may run."""


def costs_of(growth: Growth, throughput: Throughput, groups: Groups) -> Costs:
    """Return what the kept figures say of every unit; the dearest where there are several."""
    live, queues, spread = growth.bytes, growth.queues, growth.partitions
    per_cpu_s = min(
        median([run.per_cpu_s for run in throughput.worker]),
        median([run.per_cpu_s for run in groups.all_groups]),
    )
    by_queue = slope(queues, lambda row: row.board_ms) / 1e3
    whole = [row for row in queues if not row.left_out]
    record = slope(growth.open, lambda row: row.record_bytes)
    large, back = live[-1], max(growth.outage, key=lambda row: row.agents)
    open_per_agent = back.open_contacts / back.agents
    so_far = rate_of(large.size) * BEFORE_MS / 1e3 + large.events
    contact_mib = slope(growth.open, lambda row: row.filled_mib)
    recent_mib = back.peak_mib - live[0].resident_mib - contact_mib * back.open_contacts
    settled = large.redis_mib * MIB - record * open_per_agent * large.size
    return Costs(
        event_us=1e6 / per_cpu_s,
        events_per_contact=EVENTS_PER_CONTACT,
        agent_cpu=max(0.0, slope(live, cpu_share)),
        idle_cpu=cpu_share(live[0]),
        idle_mib=live[0].resident_mib,
        queue_mib=slope(growth.memory, lambda row: row.with_boards_mib),
        open_contact_mib=contact_mib,
        recent_event_mib=max(0.0, recent_mib / back.events),
        customer_mib=slope(growth.customers, lambda row: row.resident_mib),
        customers_measured=growth.customers[-1].size,
        board_s=max(0.0, queues[0].board_ms / 1e3 - by_queue * queues[0].size),
        board_s_per_queue=by_queue,
        event_bytes=large.event_bytes / large.events,
        customer_bytes=spread[0].customer_bytes / spread[0].events,
        checkpoint_bytes_s=live[0].checkpoint_bytes / live[0].seconds,
        checkpoint_bytes_s_per_agent=slope(live, lambda row: row.checkpoint_bytes / row.seconds),
        redis_bytes_s=live[0].redis_bytes / live[0].seconds,
        redis_bytes_s_per_agent=slope(live, lambda row: row.redis_bytes / row.seconds),
        state_bytes_per_queue=slope(growth.memory, lambda row: row.row_bytes),
        state_bytes_per_open_contact=record,
        state_bytes_per_event=max(0.0, settled / so_far),
        series_per_queue=whole[-1].series / whole[-1].size,
        open_per_agent=open_per_agent,
        ready_s=max(0.0, spread[0].ready_s),
        ready_s_per_partition=slope(spread, lambda row: row.ready_s),
    )


def assumptions() -> Assumptions:
    """Return them, with the events of a contact as the demo's centres make them."""
    events = list(demo_events(COUNTED))
    contacts = {name for event in events if (name := getattr(event, "contact_id", None))}
    return Assumptions(
        contacts_per_agent_h=CONTACTS_PER_AGENT_H, events_per_contact=len(events) / len(contacts)
    )


_PAGE = """\
# How large

This page is written by `python -m benchmarks.sizing` from what the [benchmarks](performance.md)
measured (core as Python) and from assumptions that are named below. For a centre of your own:
`python -m benchmarks.sizing --agents 300 --queues 8`. Measure on your machines before you buy any:
`python -m benchmarks.growth`, then this page again. Measured here on:
{cpu}.

{sizes}

Agents are those on duty in the busiest hours. *Cores* are what all workers use together at the
peak, for events, boards (at most {board_share:.0%} of each worker's thread), checkpoints and Redis.
A worker folds on one thread, so give each a core of its own, whatever it uses of it. Every worker
shows the board of all partitions, so each has the queues and contacts of all in its memory;
customers are shared out. The memory is that of a worker that catches up with an hour.

What decides:

* **Events** are no problem. {event_us:.0f} µs each: one core folds {per_core:,.0f} a second, and
  {agents} agents make {per_s:,.0f}. A second worker is there for the loss of the first one.
* **Customers remembered** decide. {customer_bytes:.0f} bytes each for {customer_days} days: those
  of {agents} agents take {customers_gib:.1f} GiB. Where no source tells who the customers are, they
  cost nothing, and {plain_workers} workers do.
* **Series.** A queue has some {series_per_queue:,.0f} in all windows; {max_series:,} are shown at
  most (`limits.max_series`), so about {queues_shown:.0f} queues. For more queues take fewer
  windows, or raise the limit and the scrape interval.
* **Checkpoints**, not events, are what Kafka is written: {agents} agents make {own_kib:,.0f} KiB of
  events a second in the busy hour, and {checkpoint_kib:,.0f} KiB of checkpoints.
* **Boards** of many queues come less often, as they may take a fifth of the thread only.

## A provider with {tenants:,} tenants

Taken: {tenant_agents} agents and {tenant_queues} queues each, {all_agents:,} agents in all, and
every tenant busy in the same hour. Roles of vigie do not tell tenants apart: who may look sees all
queues of an installation. So there are two ways, each with a spare worker per installation:

{provider}

*Together*: {shared} tenants share an installation, as {most_queues} queues are its limit
(`limits.max_queues`), named so that they differ; for a provider who looks after all of them
himself. *Apart*: an installation each (prefix of topics, consumer group and database of Redis of
its own), for tenants who look themselves. Without spare workers the second way needs half of them,
and a tenant is without figures while its only one is restarted. All installations can share one
Kafka; {apart_partitions:,} partitions of topics and changelogs are many for one cluster, so give
small tenants one partition each: {least_partitions:,} then.

## What was measured

{costs}

Whole workers at the time of their centre, in shares of a core, beside what the reckoning makes of
it: a line through the first and the last, so the one between says how far off such a line may be.

{fit}

## What is assumed

{assumptions}

Not measured, so not said: the cores of Kafka and Redis themselves, networks slower than loopback,
disks slower than these, and Prometheus.
"""


def page(growth: Growth, throughput: Throughput, groups: Groups) -> str:
    """Return the text of docs/sizing.md."""
    costs, given = costs_of(growth, throughput, groups), assumptions()
    sizes = [(name, size_of(agents, queues, costs, given)) for name, agents, queues in CENTRES]
    _, large = sizes[2]
    return _PAGE.format(
        cpu=f"{growth.machine.cpu}, {growth.machine.cores} cores, {growth.machine.python}",
        sizes=sizes_table(sizes[:4]),
        board_share=BOARD_SHARE,
        event_us=costs.event_us,
        per_core=1e6 / costs.event_us,
        per_s=large.events_per_s,
        plain_workers=size_of(
            large.agents, large.queues, structs.replace(costs, customer_mib=0.0), given
        ).workers,
        own_kib=large.events_per_s * costs.event_bytes / 1024,
        checkpoint_kib=checkpoint_bytes_s(large.agents, costs) / 1024,
        customer_bytes=costs.customer_mib * MIB,
        customer_days=given.customer_days,
        agents=f"{large.agents:,}",
        customers_gib=costs.customer_mib * large.customers / 1024,
        series_per_queue=costs.series_per_queue,
        max_series=MAX_SERIES,
        queues_shown=MAX_SERIES / costs.series_per_queue,
        tenants=TENANTS,
        tenant_agents=TENANT_AGENTS,
        tenant_queues=TENANT_QUEUES,
        all_agents=TENANTS * TENANT_AGENTS,
        provider=provider_table(
            [
                provider_row("together", sizes[3][1], -(-TENANTS // SHARED)),
                provider_row("apart", sizes[4][1], TENANTS),
            ]
        ),
        shared=SHARED,
        most_queues=MOST_QUEUES,
        least_partitions=TENANTS * partitions_in_all(1),
        apart_partitions=TENANTS * partitions_in_all(sizes[4][1].partitions),
        costs=costs_table(costs),
        fit=fit_table(growth.bytes, costs),
        assumptions=assumptions_table(given),
    )


def read() -> tuple[Growth, Throughput, Groups]:
    """Return the kept figures.

    Raises:
        BenchmarkError: there are none, or they are of another version of the benchmarks.
    """
    try:
        return (
            msgspec.json.decode((RESULTS / "growth.json").read_bytes(), type=Growth),
            msgspec.json.decode((RESULTS / "throughput.json").read_bytes(), type=Throughput),
            msgspec.json.decode((RESULTS / "groups.json").read_bytes(), type=Groups),
        )
    except (OSError, msgspec.MsgspecError) as error:
        raise BenchmarkError(
            f"no figures to reckon with: {error}; run the benchmarks with --json into results"
        ) from error


def main() -> int:
    """Write the page, compare it, or print one centre."""
    parser = argparse.ArgumentParser(prog="benchmarks.sizing", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the page is another one")
    parser.add_argument("--output", type=Path, default=PAGE)
    parser.add_argument("--agents", type=int, help="print a centre of so many agents instead")
    parser.add_argument("--queues", type=int, help="its queues; by default one per forty agents")
    given = parser.parse_args()
    if min(given.agents or 1, given.queues or 1) < 1:
        parser.error("--agents and --queues must be at least 1")
    figures = read()
    if given.agents is not None:
        assumed = assumptions()
        queues = given.queues or max(1, round(given.agents / assumed.agents_per_queue))
        found = size_of(given.agents, queues, costs_of(*figures), assumed)
        print(sizes_table([(f"{given.agents:,} agents", found)]))
        return 0
    text = page(*figures)
    if not given.check:
        given.output.write_text(text, encoding="utf-8")
        return 0
    if given.output.exists() and given.output.read_text(encoding="utf-8") == text:
        return 0
    raise BenchmarkError(f"{given.output.name} is not what the figures say: run benchmarks.sizing")


if __name__ == "__main__":
    sys.exit(finish(main))
