"""The part of docs/performance.md about vigie beside its peers, and its picture.

``python -m benchmarks.report_peers [FILE]`` writes the picture of the kept figures and prints the
section; ``--check`` only compares the picture.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.measures import median
from benchmarks.peers.figures import BARE, PeerRun, Peers
from benchmarks.peers.lineup import LINEUP
from benchmarks.stage import ROOT, BenchmarkError, finish
from benchmarks.tables import table

RESULT = ROOT / "benchmarks" / "results" / "peers.json"
PICTURE = ROOT / "docs" / "pictures" / "performance-peers.svg"
VIGIE = "vigie"
COMPILED = "vigie-compiled"

_TITLES = {peer.name: peer.title for peer in LINEUP}
_YARDSTICK, _OURS, _OTHERS = "#a9b8c6", "#d98c1f", "#2f6f9f"
_TEXT, _GRID = "#1c2229", "#d5dbe1"


def peers_table(found: Peers) -> str:
    """Return a row per peer, ratios to the bare loop first; medians over the rounds."""
    return table(
        (
            "", "of the bare loop", "events/s", "lowest", "highest", "events per CPU s",
            "of the bare loop, CPU", "cores busy", "memory, MiB",
        ),
        [_cells(found, name) for name in _ran(found)],
    )  # fmt: skip


def _ran(found: Peers) -> list[str]:
    return [name for name in _TITLES if found.runs.get(name)]


def _cells(found: Peers, name: str) -> tuple[str, ...]:
    runs = found.runs[name]
    per_s = [run.per_s for run in runs]
    return (
        _TITLES[name],
        _ratio(found.ratios(name)),
        f"{median(per_s):,.0f}",
        f"{min(per_s):,.0f}",
        f"{max(per_s):,.0f}",
        f"{median([run.per_cpu_s for run in runs]):,.0f}",
        _ratio(found.cpu_ratios(name)),
        f"{median([run.cpu_s / run.wall_s for run in runs]):.2f}",
        _memory(runs),
    )


def _ratio(values: list[float]) -> str:
    return f"{median(values):.3f}" if values else ""


def _memory(runs: list[PeerRun]) -> str:
    known = [run.peak_mib for run in runs if run.peak_mib is not None]
    return f"{max(known):,}" if known else ""


def peers_lines(found: Peers) -> str:
    """Return a line per peer that vigie wants to be ahead of: how far it is, or is not.

    As Python and compiled, whichever ran; nothing if neither did.
    """
    names = [name for name in _ran(found) if name not in (BARE, VIGIE, COMPILED)]
    ours = [name for name in (VIGIE, COMPILED) if found.runs.get(name)]
    return "\n".join(f"* {_line(found, our, name)}" for name in names for our in ours)


def _line(found: Peers, our: str, name: str) -> str:
    ratios, cpu = found.ratios(our, name), median(found.cpu_ratios(our, name))
    is_ahead = median(ratios) > 1
    return (
        f"{_TITLES[name]}: {_TITLES[our]}, folds {median(ratios):.2f} times the events per second "
        f"({min(ratios):.2f} to {max(ratios):.2f} by round), {cpu:.2f} times those per second of "
        f"CPU (aim: ahead of it, {'kept' if is_ahead else '**not kept**'})."
    )


_SECTION = """
## Beside its peers

{events:,} events of a simulated centre ({bytes} bytes each, {span:.1f} hours) lie in {partitions}
partitions per topic of a real Kafka on the same machine. Each of these reads all of them from the
first offset, in a process of its own, turn by turn; every round begins with another one:

* *bare loop*: the yardstick. aiokafka reads, msgspec decodes, a counter counts; nothing else.
* *vigie*: the whole worker: all KPI groups, exact checkpoints, a board of all windows once a
  second. A crash at any moment changes no number. As Python, and with the core compiled.
* *Kafka Streams* {kafka_streams} on Java {java}: one stream thread, windows in RocksDB with a
  changelog and a cache of 10 MB before it, commits every 30 s: a run of some seconds is over before
  the first one. The JVM compiles and collects garbage beside that thread, so its wall clock depends
  on whether another core is free, and in a longer run it has less to compile.
* *Bytewax* {bytewax}: a keyed fold on one worker thread. It keeps nothing, which is how it comes: a
  crash begins at the first offset again.
* *Quix Streams* {quix}: every update of a count is told; windows in RocksDB with a changelog, a
  checkpoint every 5 s.
* *Faust* {faust}: an agent with a Table in memory, a changelog record for every increment. This is
  what vigie would be without a transport and a fold of its own.

The last four count the events per record key (contact or agent) in tumbling windows of {window} s,
by the time in the event: what the guide of each shows first, in the settings that it comes with,
those for a backlog where it has some. No state of a contact, no KPI, no duplicates told, no board.
Kafka Streams, Quix Streams and Faust may count an event twice after a crash in these settings. All
that are Python have the same settings of its garbage collector.

Time and CPU (all threads) run from the first record handed over to the last one counted, for
everybody; process start, joining the group and what is written at the end are not in it. A run
that does not hold every event exactly once, the last four in exactly the {cells:,} pairs of key
and window that they belong to, makes the benchmark void. Medians of {rounds} rounds, ratios to the
bare loop of the same round. Measured {taken_at}, load per core {load:.2f}.

{peers}

![Events per second of vigie and its peers](pictures/{picture})

{said}
"""


def peers_section(found: Peers) -> str:
    """Return the section.

    Raises:
        BenchmarkError: not all of the peers took part.
    """
    if missing := [name for name in _TITLES if not found.runs.get(name)]:
        raise BenchmarkError(f"the figures of the peers lack {', '.join(missing)}")
    return _SECTION.format(
        events=found.events,
        bytes=found.value_bytes // found.events,
        span=found.span_s / 3_600,
        partitions=found.partitions,
        kafka_streams=found.versions["Kafka Streams"],
        java=found.versions["Java"],
        bytewax=found.versions["bytewax"],
        quix=found.versions["quixstreams"],
        faust=found.machine.versions["faust-streaming"],
        window=found.window_s,
        cells=found.cells,
        rounds=len(found.orders),
        taken_at=found.taken_at,
        load=found.load_per_core,
        peers=peers_table(found),
        picture=PICTURE.name,
        said=peers_lines(found),
    )


def peers_plot(found: Peers) -> bytes:
    """Return the picture as SVG: a bar per peer, its median, and the spread of its rounds.

    The same figures give the same bytes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with mpl.rc_context({
        "font.family": "DejaVu Sans", "font.size": 8, "text.color": _TEXT, "axes.edgecolor": _GRID,
        "axes.labelcolor": _TEXT, "xtick.color": _TEXT, "ytick.color": _TEXT,
        "axes.spines.top": False, "axes.spines.right": False,
        "svg.hashsalt": "vigie", "svg.fonttype": "path",
    }):  # fmt: skip
        figure = Figure(figsize=(7.2, 2.6), layout="constrained")
        _bars(figure.subplots(), found)
        figure.savefig(
            out, format="svg", facecolor="white", metadata={"Date": None, "Creator": None}
        )
    return out.getvalue()


def _bars(axes: Any, found: Peers) -> None:
    names = _ran(found)
    rates = [[run.per_s for run in found.runs[name]] for name in names]
    medians = [median(of_peer) for of_peer in rates]
    spread = [
        [middle - min(of_peer) for middle, of_peer in zip(medians, rates, strict=True)],
        [max(of_peer) - middle for middle, of_peer in zip(medians, rates, strict=True)],
    ]
    own = {BARE: _YARDSTICK, VIGIE: _OURS, COMPILED: _OURS}
    axes.barh(
        [_TITLES[name] for name in names], medians, height=0.62, xerr=spread,
        color=[own.get(name, _OTHERS) for name in names],
        error_kw={"ecolor": _TEXT, "elinewidth": 1, "capsize": 3},
    )  # fmt: skip
    for place, (middle, of_peer) in enumerate(zip(medians, rates, strict=True)):
        axes.annotate(
            f"{middle:,.0f}", (max(of_peer), place), xytext=(5, 0), textcoords="offset points",
            va="center",
        )  # fmt: skip
    axes.invert_yaxis()
    axes.set_xlim(0, max(max(of_peer) for of_peer in rates) * 1.12)
    axes.set_xlabel("events per second of wall clock: median, lowest and highest round")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def read(path: Path = RESULT) -> Peers:
    """Return the kept figures.

    Raises:
        BenchmarkError: there are none, or they are of another version of the benchmark.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Peers)
    except (OSError, msgspec.MsgspecError) as error:
        raise BenchmarkError(f"no figures: {error}; run benchmarks.peers with --json") from error


def main() -> int:
    """Write the picture and print the section, or compare the picture."""
    parser = argparse.ArgumentParser(prog="benchmarks.report_peers", description=__doc__)
    parser.add_argument("figures", type=Path, nargs="?", default=RESULT, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="fail when the picture is another one")
    given = parser.parse_args()
    found = read(given.figures)
    picture = peers_plot(found)
    if not given.check:
        PICTURE.write_bytes(picture)
        print(peers_section(found))
    elif not PICTURE.exists() or PICTURE.read_bytes() != picture:
        raise BenchmarkError(f"{PICTURE.name} is not what the figures say: run report_peers")
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
