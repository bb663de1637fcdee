"""The section of docs/performance.md on the webhook receiver."""

from __future__ import annotations

from benchmarks.ingest import AIM_P99_MS, AIM_PER_S, IngestLoad, Run
from benchmarks.measures import median
from benchmarks.tables import table

_SECTION = """
## Webhooks

`vigie ingest` in a process of its own takes webhooks and answers each when Kafka has its events.
Bodies are signed (HMAC-SHA256 over time and body). Another process sends over connections that stay
open; Kafka runs on the same {cores} cores. The time of a request runs from when it was due, not
from when it could be sent. Afterwards the topic is read: each event of a request that was answered
200 is there exactly once, else there is no figure. A run before the first round is not counted.
Measured {taken_at}, load per core {load:.2f}.

* *steady*: {rate:,.0f} requests per second for {seconds:.0f} s, whether or not earlier ones are
  answered, over {connections} connections; a body is one canonical event of {bytes} bytes;
* *tickets*: the same with bodies of Zendesk, {ticket_bytes} bytes, which become two events each;
* *full*: canonical events, and the next request as soon as one of {full_connections} connections
  is free.

{rounds}

*Per CPU second* is what one core of the receiver can take, whatever the sender and the broker
leave of the machine.

Aims: {aim_per_s:,.0f} requests per second on one core ({verdict_rate}: one core's CPU is enough for
{full_per_cpu_s:,.0f} per second when full, {steady_per_cpu_s:,.0f} when steady,
{tickets_per_cpu_s:,.0f} with tickets; {full_per_s:,.0f} per second of the clock when full), none
lost ({verdict_loss}), 99 % answered within {aim_p99:.0f} ms ({verdict_p99}: median of the rounds at
the fixed rate {p99:.1f} ms, worst {worst_p99:.1f} ms).
"""


def ingest_section(figures: IngestLoad) -> str:
    """Return the section."""
    steady, full = figures.steady + figures.tickets, figures.full
    rate = min(run.per_s for run in steady)
    p99 = median([run.p99_ms for run in steady])
    worst = max(run.p99_ms for run in steady)
    fits = rate >= 0.99 * AIM_PER_S and all(run.receiver_cores <= 1.0 for run in steady)
    answered = all(set(run.statuses) == {"200"} for run in steady)
    return _SECTION.format(
        bytes=figures.body_bytes,
        ticket_bytes=figures.ticket_bytes,
        cores=figures.machine.cores,
        taken_at=figures.taken_at,
        load=figures.load_per_core,
        rate=steady[0].asked_per_s,
        seconds=figures.seconds,
        connections=figures.connections,
        full_connections=figures.full_connections,
        rounds=rounds_table(figures),
        aim_per_s=AIM_PER_S,
        aim_p99=AIM_P99_MS,
        verdict_rate=_verdict(fits),
        verdict_loss=_verdict(answered and not any(run.lost for run in steady + full)),
        verdict_p99=_verdict(worst <= AIM_P99_MS),
        full_per_cpu_s=median([run.per_cpu_s for run in full]),
        full_per_s=median([run.per_s for run in full]),
        steady_per_cpu_s=median([run.per_cpu_s for run in figures.steady]),
        tickets_per_cpu_s=median([run.per_cpu_s for run in figures.tickets]),
        p99=p99,
        worst_p99=worst,
    )


def rounds_table(figures: IngestLoad) -> str:
    """Return a row per run, steady ones first."""
    head = ("", "answered/s", "not 200", "lost", "p50 ms", "p99 ms", "max ms", "receiver's cores",
            "per CPU second", "sender's cores", "broker's cores")  # fmt: skip
    rows = [
        _row(f"round {number}, {name}", run)
        for name, runs in (
            ("steady", figures.steady),
            ("tickets", figures.tickets),
            ("full", figures.full),
        )
        for number, run in enumerate(runs, start=1)
    ]
    return table(head, rows)


def _row(name: str, run: Run) -> list[str]:
    others = sum(count for status, count in run.statuses.items() if status != "200")
    return [
        name, f"{run.per_s:,.0f}", str(others), str(run.lost), f"{run.p50_ms:.1f}",
        f"{run.p99_ms:.1f}", f"{run.max_ms:.1f}", f"{run.receiver_cores:.2f}",
        f"{run.per_cpu_s:,.0f}", f"{run.sender_cores:.2f}", f"{run.broker_cores:.2f}",
    ]  # fmt: skip


def _verdict(is_kept: bool) -> str:
    return "kept" if is_kept else "**not kept**"
