"""Who takes part in the benchmark of the peers, and how each of them is run."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from benchmarks.centre import Sent, make_topics, stream_settings
from benchmarks.peers import environment, maven
from benchmarks.peers.figures import BARE, PeerRun
from benchmarks.stage import ROOT, BenchmarkError
from benchmarks.throughput import run_bare, run_worker, say
from vigie.compiling import compile_core

LEAST_S = 120.0
SLOWEST_PER_S = 1_000
"""Whoever is slower than this is given up: the fold of one event takes no millisecond."""


class Lap(NamedTuple):
    """One run: which Kafka, a name that nobody had before, and what lies in the topics."""

    servers: str
    app_id: str
    sent: Sent


class Peer(NamedTuple):
    """One of those who take part: ``prepare`` installs or builds what is missing."""

    name: str
    title: str
    prepare: Callable[[], object]
    run: Callable[[Lap], PeerRun]
    versions: Callable[[], dict[str, str]]


def ask(command: list[str], lap: Lap) -> PeerRun:
    """Run a peer as a process of its own; return what its last line says.

    Raises:
        BenchmarkError: it failed, or it did not count everything in time.
    """
    settings = stream_settings(lap.servers, lap.app_id)
    topics = [settings.topic(name) for name in lap.sent.events]
    patience_s = LEAST_S + lap.sent.total / SLOWEST_PER_S
    with tempfile.TemporaryDirectory(prefix="vigie-peer-") as folder:
        arguments = [lap.servers, lap.app_id, str(lap.sent.total), folder, *topics]
        try:
            done = subprocess.run(
                [*command, *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=patience_s,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise BenchmarkError(
                f"{lap.app_id} did not count {lap.sent.total:,} events in {late.timeout:.0f} s"
            ) from late
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise BenchmarkError(
            f"{lap.app_id} failed with code {done.returncode}:\n{done.stderr[-2000:]}"
        )
    try:
        return msgspec.json.decode(lines[-1], type=PeerRun)
    except msgspec.MsgspecError as error:
        raise BenchmarkError(f"{lap.app_id} ended with {lines[-1][:200]!r}: {error}") from error


def checked(run: PeerRun, lap: Lap, cells: int) -> PeerRun:
    """Return a run that counted every event once, each in the window that it belongs to.

    Raises:
        BenchmarkError: it did not, so its time says nothing.
    """
    if run.events != lap.sent.total:
        raise BenchmarkError(
            f"{lap.app_id} counted {run.events:,} events, {lap.sent.total:,} were sent"
        )
    if run.cells not in (None, cells):
        raise BenchmarkError(f"{lap.app_id} holds {run.cells:,} keys and windows, not {cells:,}")
    return run


def _bare(lap: Lap) -> PeerRun:
    # The loop reads every topic, and a worker that ran before told of customers in one of them.
    asyncio.run(make_topics(stream_settings(lap.servers, lap.app_id)))
    run = run_bare(lap.servers, lap.sent)
    return PeerRun(wall_s=run.wall_s, cpu_s=run.cpu_s, events=run.events)


def _vigie(lap: Lap, *, is_compiled: bool = False) -> PeerRun:
    run = run_worker(lap.servers, lap.app_id, lap.sent, is_compiled=is_compiled)
    return PeerRun(wall_s=run.wall_s, cpu_s=run.cpu_s, events=run.events, peak_mib=run.peak_mib)


def _module(python: str, name: str) -> Callable[[Lap], PeerRun]:
    return lambda lap: ask([python, "-m", f"benchmarks.peers.{name}"], lap)


def _nothing() -> dict[str, str]:
    return {}


def _of(package: str) -> Callable[[], dict[str, str]]:
    return lambda: {package: environment.version_of(package)}


_OWN = str(environment.PYTHON)

LINEUP = (
    Peer(BARE, "bare loop", _nothing, _bare, _nothing),
    Peer("vigie", "vigie, all KPI groups", _nothing, _vigie, _nothing),
    Peer(
        "vigie-compiled", "vigie, core compiled", lambda: compile_core(say),
        lambda lap: _vigie(lap, is_compiled=True), _nothing,
    ),
    Peer(
        "kafka-streams", "Kafka Streams", maven.ensure,
        lambda lap: ask(maven.command(), lap), maven.versions,
    ),
    Peer(
        "bytewax", "Bytewax", environment.ensure, _module(_OWN, "bytewax_fold"), _of("bytewax"),
    ),
    Peer(
        "quix", "Quix Streams", environment.ensure, _module(_OWN, "quix_count"),
        _of("quixstreams"),
    ),
    Peer("faust", "Faust Table", _nothing, _module(sys.executable, "faust_table"), _nothing),
)  # fmt: skip


def chosen(names: str | None) -> list[Peer]:
    """Return the peers that ``--only`` names, all of them without it.

    Raises:
        BenchmarkError: nobody is called so.
    """
    if names is None:
        return list(LINEUP)
    wanted = [name.strip() for name in names.split(",")]
    if unknown := set(wanted) - {peer.name for peer in LINEUP}:
        known = ", ".join(peer.name for peer in LINEUP)
        raise BenchmarkError(f"no peer is called {', '.join(sorted(unknown))}; there are: {known}")
    return [peer for peer in LINEUP if peer.name in wanted]


def order(names: list[str], number: int) -> list[str]:
    """Return who runs after whom in a round, from 1: each begins with another one, and every
    second one runs backwards, so that nobody always comes after the same one."""
    line = names if number % 2 else names[::-1]
    first = (number - 1) % len(names)
    return line[first:] + line[:first]
