"""docs/performance.md, written from the figures of the last kept runs.

``python -m benchmarks.report`` reads the JSON files in ``benchmarks/results`` (written by the
benchmarks with ``--json``) and writes the page; ``--check`` only compares.
Every figure on the page comes from these files.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from benchmarks.growth.figures import Growth
from benchmarks.guard import Guarded
from benchmarks.ingest import IngestLoad
from benchmarks.latency_measures import Latencies
from benchmarks.measures import (
    AlertLooks,
    Customers,
    Groups,
    Machine,
    Paint,
    Recovery,
    Scrape,
    Throughput,
    Watchers,
    WorkerRun,
    median,
)
from benchmarks.peers.figures import Peers
from benchmarks.report_alerts import alert_rules
from benchmarks.report_compiled import compiled_core
from benchmarks.report_growth import growth_section
from benchmarks.report_guard import guard
from benchmarks.report_ingest import ingest_section
from benchmarks.report_latency import latency_section
from benchmarks.report_peers import peers_section
from benchmarks.report_scaling import two_workers
from benchmarks.report_trials import tried
from benchmarks.report_watchers import watching
from benchmarks.scaling import Scaling
from benchmarks.stage import ROOT, BenchmarkError, finish
from benchmarks.tables import (
    checkpoint_share,
    per_event,
    profile_table,
    recovery_table,
    rounds_table,
    table,
)
from benchmarks.trials import Trials

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "performance.md"
AIM_PER_S = 60_000
AIM_RATIO = 0.25
AIM_CHECKPOINTS = 0.1
AIM_RESTORE_S = 10
AIM_MEMORY_MIB = 400
AIM_GROUPS = 0.8

_PAGE = """\
# Performance

This page is written by `python -m benchmarks.report` from the figures that the benchmarks left in
`benchmarks/results`. It says nothing about other machines: run the benchmarks on yours.

1. `make bench`: throughput and peers
2. `.venv/bin/python -m benchmarks.latency --json benchmarks/results/latency.json`
3. `.venv/bin/python -m benchmarks.recovery --json benchmarks/results/recovery.json`
4. `.venv/bin/python -m benchmarks.groups --json benchmarks/results/groups.json`
5. `.venv/bin/python -m benchmarks.customers --json benchmarks/results/customers.json`
6. `.venv/bin/python -m benchmarks.alert_rules --json benchmarks/results/alert_rules.json`
7. `.venv/bin/python -m benchmarks.watchers --json benchmarks/results/watchers.json`
8. `.venv/bin/python -m benchmarks.scrape --json benchmarks/results/scrape.json`
9. `.venv/bin/python -m benchmarks.paint --json benchmarks/results/paint.json`
10. `.venv/bin/python -m benchmarks.guard --json benchmarks/results/guard.json`
11. `.venv/bin/python -m benchmarks.growth --json benchmarks/results/growth.json`
12. `.venv/bin/python -m benchmarks.scaling --python --json benchmarks/results/scaling.json`
13. `.venv/bin/python -m benchmarks.trials --json benchmarks/results/trials.json`
14. `.venv/bin/python -m benchmarks.ingest --json benchmarks/results/ingest.json`
15. `.venv/bin/python -m benchmarks.report_latency && .venv/bin/python -m benchmarks.report`
16. `.venv/bin/python -m benchmarks.report_growth && .venv/bin/python -m benchmarks.sizing`

## The machine

{machine}

Wall-clock figures suffer from whatever else the machine does; CPU time suffers much less (caches
and clock rate are shared all the same). So both are given. One minute of load per core before the
runs: {load_throughput} (throughput), {load_latency} (latency), {load_recovery} (recovery); 0 is an
idle machine, and a benchmark that ran just before counts too.

## Events per second

{events:,} events of a simulated centre ({topics}; {bytes} bytes each) lie in {partitions}
partitions per topic of a real Kafka on the same machine. Two processes take turns at reading all of
them from the first offset:

* *bare loop*: aiokafka reads, msgspec decodes into the same types, a counter counts; nothing else.
* *worker*: Faust, the record-batch transport, checking, the fold of all KPI groups, a checkpoint of
  every shard once a second (less often where they are dear), and the board of all windows once a
  second. The clock of the board
  follows the newest event, so that no window is ever empty: {span} of a
  day are read in seconds, and each board looks at more than a live one would.

Both run on uvloop with the same settings of the garbage collector. Time runs from the first records
handed over to the last ones done; process start, joining the group and the last checkpoint are not
in it. After each run the counts of all shards must be those of the events sent, and all but the
last six seconds of them be in acknowledged checkpoints, else there is no figure.

{rounds}

Aims: at least {aim_per_s:,} events per second, and at least {aim_ratio} of the bare loop. Medians:
{median_per_s:,.0f} events per second of wall clock ({verdict_rate}) and {median_per_cpu_s:,.0f} per
second of CPU ({verdict_cpu}); {median_ratio:.2f} of the bare loop ({verdict_ratio}). Largest memory
of a worker: {peak} MiB. A board took {board_ms:.0f} ms, {boards} were computed per run; a slow run
computes more of them, and writes more checkpoints, for the same events.

The bare loop costs {bare_us:.2f} µs of CPU per event here, so {aim_ratio} of it leaves
{left_us:.2f} µs for everything that a worker does, reading and decoding included; a worker takes
{worker_us:.2f} µs (medians).

## Where the time goes

{profile}

The main thread is sampled by its own CPU clock, threads are measured exactly, and the collector is
timed wherever it runs; it is in the parts above too. Checkpoints take {checkpoints:.0%} of
the CPU; the aim is at most {aim_checkpoints:.0%} ({verdict_checkpoints}).

## Back after a crash

The state: {contacts:,} open contacts, and {days} days of history with a contact in every one of
{history_queues} queues and every minute. It lies in the changelogs of a real Kafka: {records:,}
records of {state_mib:,.0f} MiB, the largest of {largest_kib:,.0f} KiB. A worker starts in a fresh
process; timed are the start until all shards are restored, the first board of all windows, and the
first checkpoints, with which a new owner writes everything once.

{recovery}

Aims: restored within {aim_restore_s} s ({verdict_restore}), records below 1 MiB
({verdict_record}), at most {aim_memory} MiB of memory ({verdict_memory}).

## What was decided for speed, and what it costs

* **Batches, not messages.** Faust's own path gives each record to two tasks. The transport hands
  over one list per partition and fetch; the agent folds it without an await, a few hundred records
  at a turn so that checkpoints, web requests and heartbeats keep their pace.
* **msgspec structs** decode, check and type a message in one pass. Telling duplicate keys needs the
  event to be written again and compared, a deliberate part of *decode and check*.
* **The garbage collector looks rarely.** The fold makes no reference cycles. It took
  {collector} µs per event in the profile; events themselves are never looked at (`gc=False`).
* **Exact multisets of waits** instead of sketches: adding and taking out are exact, and any
  threshold or percentile is an exact sum when somebody looks. The price is paid by the board, once
  per look and not once per event and window.
* **One fact, one cell.** An event is booked in one slice, however many windows there are.
* **Journals in checkpoints.** A contact is stored as its events, so every event is written once
  more, while it is folded: this stands under *fold: contacts*. Only rows that changed are encoded
  and compressed. Where checkpoints are dear they come less often (decision 0012).
"""


def page(throughput: Throughput, latency: Latencies, recovery: Recovery) -> str:
    """Return the text of docs/performance.md."""
    runs = throughput.worker
    events = sum(throughput.events_by_topic.values())
    profile = throughput.profile
    per_s = median([run.per_s for run in runs])
    per_cpu_s = median([run.per_cpu_s for run in runs])
    ratio = median(throughput.ratios(runs))
    bare_us = 1e6 / median([run.per_cpu_s for run in throughput.bare])
    checkpoints = checkpoint_share(profile) if profile else 0.0
    built, restarts = recovery.built, recovery.restarts
    return _PAGE.format(
        machine=machine_table(
            throughput.machine, throughput.taken_at, latency.taken_at, recovery.taken_at
        ),
        load_recovery=recovery.load_per_core,
        checkpoints=checkpoints,
        aim_checkpoints=AIM_CHECKPOINTS,
        verdict_checkpoints=verdict(0 < checkpoints <= AIM_CHECKPOINTS),
        contacts=recovery.contacts,
        days=recovery.days,
        history_queues=recovery.queues,
        records=built.records,
        state_mib=built.bytes / 2**20,
        largest_kib=built.largest_record / 1024,
        recovery=recovery_table(recovery),
        aim_restore_s=AIM_RESTORE_S,
        verdict_restore=verdict(max(run.restore_s for run in restarts) < AIM_RESTORE_S),
        verdict_record=verdict(built.largest_record < 2**20),
        aim_memory=AIM_MEMORY_MIB,
        verdict_memory=verdict(max(run.peak_mib for run in restarts) <= AIM_MEMORY_MIB),
        load_throughput=throughput.load_per_core,
        load_latency=latency.load_per_core,
        events=events,
        topics=", ".join(f"{n:,} {name}" for name, n in throughput.events_by_topic.items()),
        bytes=throughput.value_bytes // events,
        partitions=throughput.partitions,
        span=f"{throughput.span_s / 3600:.1f} hours",
        rounds=rounds_table(throughput, runs),
        aim_per_s=AIM_PER_S,
        aim_ratio=AIM_RATIO,
        median_per_s=per_s,
        median_per_cpu_s=per_cpu_s,
        median_ratio=ratio,
        verdict_rate=verdict(per_s >= AIM_PER_S),
        verdict_cpu=verdict(per_cpu_s >= AIM_PER_S),
        verdict_ratio=verdict(ratio >= AIM_RATIO),
        peak=max(run.peak_mib for run in runs),
        board_ms=board_ms(runs),
        boards=boards(runs),
        bare_us=bare_us,
        left_us=bare_us / AIM_RATIO,
        worker_us=1e6 / per_cpu_s,
        profile=profile_table(profile) if profile else "No profile was taken.",
        collector=per_event(profile.collector_s, profile) if profile else "an unknown number of",
    )


def verdict(is_kept: bool) -> str:
    """Return whether an aim is kept, in words."""
    return "kept" if is_kept else "**not kept**"


def board_ms(runs: list[WorkerRun]) -> float:
    """Return the mean time of a board over the runs."""
    return sum(run.board_s for run in runs) / max(1, sum(run.boards for run in runs)) * 1_000


def boards(runs: list[WorkerRun]) -> str:
    """Return how many boards the runs computed."""
    low, high = min(run.boards for run in runs), max(run.boards for run in runs)
    return str(low) if low == high else f"{low} to {high}"


def machine_table(machine: Machine, throughput_at: str, latency_at: str, recovery_at: str) -> str:
    """Return the machine, the versions and the days of the runs."""
    return table(
        ("", "what"),
        [
            ("processor", f"{machine.cpu}, {machine.cores} cores"),
            ("memory", f"{machine.memory_gib} GiB"),
            ("system", machine.system),
            ("interpreter", machine.python),
            *machine.versions.items(),
            ("throughput measured", throughput_at),
            ("latency measured", latency_at),
            ("recovery measured", recovery_at),
        ],
    )


_LATER = """
## The later groups

{events:,} events of a dozen of the demo's centres, as they are (customers, surveys, self-care,
business), and those of contacts and agents alone, as if no source told who the customers are: the
live queue, service and agents. Measured {groups_at}, {rounds} rounds, load per core {load}.

{groups}

With all groups a worker folds **{ratio:.2f}** of the events per CPU second that it folds with the
first three ({low:.2f} to {high:.2f} by round; aim {aim}: {verdict}). What it tells itself of
customers is work here, not input: {told:,} records in a round, read by the worker itself.

{customers:,} customers ({days} days) with {contacts:,} contacts, in one shard: **{resident} MiB**
resident (aim: under 1 GB, {verdict_memory}), {fold:.1f} us to fold a contact, a whole checkpoint
of {checkpoint:.0f} MiB in {checkpoint_s:.1f} s, restored in {restore_s:.1f} s. Measured
{customers_at}.
"""


def later_groups(groups: Groups, customers: Customers) -> str:
    """Return the section on the groups beyond queues and agents."""
    ratios = sorted(groups.ratios)
    rows = [
        (name, str(n), f"{run.per_s:,.0f}", f"{run.per_cpu_s:,.0f}", f"{run.told:,}")
        for name, runs in (("all", groups.all_groups), ("first three", groups.first_three))
        for n, run in enumerate(runs, start=1)
    ]
    return _LATER.format(
        events=groups.events,
        groups_at=groups.taken_at,
        rounds=len(ratios),
        load=f"{groups.load_per_core:.2f}",
        groups=table(("groups", "round", "events/s", "events per CPU s", "told"), rows),
        ratio=median(ratios),
        low=ratios[0],
        high=ratios[-1],
        aim=AIM_GROUPS,
        verdict="kept" if median(ratios) >= AIM_GROUPS else "missed",
        told=groups.all_groups[0].told,
        customers=customers.customers,
        days=customers.days,
        contacts=customers.contacts,
        resident=customers.resident_mib,
        verdict_memory="kept" if customers.resident_mib * 1_048_576 < 10**9 else "missed",
        fold=customers.fold_us,
        checkpoint=customers.checkpoint_mib,
        checkpoint_s=customers.checkpoint_s,
        restore_s=customers.restore_s,
        customers_at=customers.taken_at,
    )


def read() -> str:
    """Return the page for the kept figures.

    Raises:
        BenchmarkError: there are none, or they are of another version of the benchmarks.
    """
    try:
        throughput = msgspec.json.decode(
            (RESULTS / "throughput.json").read_bytes(), type=Throughput
        )
        latency = msgspec.json.decode((RESULTS / "latency.json").read_bytes(), type=Latencies)
        recovery = msgspec.json.decode((RESULTS / "recovery.json").read_bytes(), type=Recovery)
        groups = msgspec.json.decode((RESULTS / "groups.json").read_bytes(), type=Groups)
        customers = msgspec.json.decode((RESULTS / "customers.json").read_bytes(), type=Customers)
        looks = msgspec.json.decode((RESULTS / "alert_rules.json").read_bytes(), type=AlertLooks)
        watchers = msgspec.json.decode((RESULTS / "watchers.json").read_bytes(), type=Watchers)
        scrape = msgspec.json.decode((RESULTS / "scrape.json").read_bytes(), type=Scrape)
        paint = msgspec.json.decode((RESULTS / "paint.json").read_bytes(), type=Paint)
        peers = msgspec.json.decode((RESULTS / "peers.json").read_bytes(), type=Peers)
        guarded = msgspec.json.decode((RESULTS / "guard.json").read_bytes(), type=Guarded)
        growth = msgspec.json.decode((RESULTS / "growth.json").read_bytes(), type=Growth)
        scaling = msgspec.json.decode((RESULTS / "scaling.json").read_bytes(), type=Scaling)
        trials = msgspec.json.decode((RESULTS / "trials.json").read_bytes(), type=Trials)
        ingested = msgspec.json.decode((RESULTS / "ingest.json").read_bytes(), type=IngestLoad)
    except (OSError, msgspec.MsgspecError) as error:
        raise BenchmarkError(
            f"no figures to write: {error}; run the benchmarks with --json into {RESULTS.name}"
        ) from error
    later = compiled_core(throughput, aim_per_s=AIM_PER_S, aim_ratio=AIM_RATIO)
    later += peers_section(peers) + latency_section(latency)
    later += later_groups(groups, customers) + alert_rules(looks)
    later += watching(watchers, scrape, paint) + guard(guarded) + growth_section(growth)
    later += two_workers(scaling) + tried(trials) + ingest_section(ingested)
    return page(throughput, latency, recovery) + later


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(prog="benchmarks.report", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the page is another one")
    parser.add_argument("--output", type=Path, default=PAGE)
    given = parser.parse_args()
    text = read()
    if not given.check:
        given.output.write_text(text, encoding="utf-8")
        return 0
    if given.output.exists() and given.output.read_text(encoding="utf-8") == text:
        return 0
    raise BenchmarkError(f"{given.output.name} is not what the figures say: run benchmarks.report")


if __name__ == "__main__":
    sys.exit(finish(main))
