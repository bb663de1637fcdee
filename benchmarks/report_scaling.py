"""The section of docs/performance.md on two workers."""

from __future__ import annotations

from benchmarks.measures import median
from benchmarks.scaling import AIM, Core, Scaling, cpu_ratios, left_ratios, ratios, rounds_table
from benchmarks.scaling_team import Team
from benchmarks.tables import table

_SECTION = """
## Two workers

{events:,} events lie in {partitions} partitions per topic of a real Kafka. One worker reads all of
them, or two of one group read half of the partitions each, turn by turn, in processes of their own:

* *one*: a worker alone, as above.
* *two, apart*: each computes the board of its own partitions; nothing but the group connects them.
* *two, one view*: as in production, with Redis: each publishes what it made durable, reads what the
  other published, and computes the board of all partitions once a second, as if somebody looked at
  the wallboard of each.

All workers of a run wait at a gate until each has its even share, so starting, joining and dealing
out are not in it; the first fetch of each partition may be there already, for one as for two. The
time runs from the first batch that any of them folds to the last one, CPU until nobody folds any
more. A partition that was folded by nobody, by both, or not to its end makes the benchmark void. A
run before the first round is not counted. Measured {taken_at}, load per core {load:.2f}.

The machine has {cores} cores, and Kafka runs on them as well. *The broker left* is what it left of
them, in multiples of what one worker keeps busy: nobody gains more by a second process, unless an
event becomes cheaper. *Of one, CPU* is the events per CPU second of both against those of one: what
splitting costs, whatever the broker takes. *Of what it left* is *of one* against *the broker left*:
the aim of {aim} holds as far as the broker leaves the two a core each.
What one view costs: each worker makes the board of all partitions, and takes in the checkpoints of
the other twice a second.

{summary}
{lines}
"""

_ROUNDS = """
The rounds, core {core}:

{rounds}
"""


def two_workers(figures: Scaling) -> str:
    """Return the section."""
    cores = figures.machine.cores
    found = [
        (name, core)
        for name, core in (("compiled", figures.compiled), ("Python", figures.python))
        if core.one
    ]
    rows = [
        row
        for name, core in found
        for row in (
            _summary_row(f"two, apart, {name}", core, core.apart, cores),
            _summary_row(f"two, one view, {name}", core, core.two, cores),
        )
    ]
    head = (
        "", "of one", "lowest", "highest", "of one, CPU", "the broker left", "of what it left",
        f"aim {AIM}",
    )  # fmt: skip
    text = _SECTION.format(
        events=figures.events,
        partitions=figures.partitions,
        taken_at=figures.taken_at,
        load=figures.load_per_core,
        cores=cores,
        aim=AIM,
        summary=table(head, rows),
        lines="".join(_lines(name, core, cores) for name, core in found),
    )
    return text + "".join(
        _ROUNDS.format(core=name, rounds=rounds_table(core, cores)) for name, core in found
    )


def _summary_row(name: str, core: Core, runs: list[Team], cores: int) -> tuple[str, ...]:
    found, left = ratios(core.one, runs), left_ratios(core.one, runs, cores)
    return (
        name,
        f"{median(found):.2f}",
        f"{min(found):.2f}",
        f"{max(found):.2f}",
        f"{median(cpu_ratios(core.one, runs)):.2f}",
        f"{median(left):.2f}",
        f"{median([a / b for a, b in zip(found, left, strict=True)]):.2f}",
        "kept" if median(found) >= AIM else "**not kept**",
    )


_LINES = """
* Core {name}, two apart: of {cores} cores the workers kept {workers:.2f} busy, the broker
  {broker:.2f} ({broker_one:.2f} with one worker) and everything else {others:.2f}. For {tail:.0%}
  of the time only one of the two had something to fold.
* Core {name}, CPU per event: {one:.1f} µs for one, {apart:.1f} for two apart, {shared:.1f} with one
  view. A board of half the partitions took {board_apart:.0f} ms, of all {board_one:.0f} ms for one
  and {board_shared:.0f} ms for two that share the cores."""


def _lines(name: str, core: Core, cores: int) -> str:
    return _LINES.format(
        name=name,
        cores=cores,
        workers=median([run.cores for run in core.apart]),
        broker=median([run.broker_cores for run in core.apart]),
        broker_one=median([run.broker_cores for run in core.one]),
        others=max(0.0, median([run.other_cores for run in core.apart])),
        tail=median([alone_s(run) / run.wall_s for run in core.apart]),
        one=_us(core.one),
        apart=_us(core.apart),
        shared=_us(core.two),
        board_one=_board_ms(core.one),
        board_apart=_board_ms(core.apart),
        board_shared=_board_ms(core.two),
    )


def _us(runs: list[Team]) -> float:
    return 1e6 / median([run.per_cpu_s for run in runs])


def _board_ms(runs: list[Team]) -> float:
    shares = [share for run in runs for share in run.shares]
    return sum(one.board_s for one in shares) / max(1, sum(one.boards for one in shares)) * 1_000


def alone_s(run: Team) -> float:
    """Return the seconds in which not all workers of a run had something to fold."""
    began = [share.began_s for share in run.shares]
    ended = [share.ended_s for share in run.shares]
    return max(began) - min(began) + max(ended) - min(ended)
