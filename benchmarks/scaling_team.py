"""A team of workers that work off the same topics at once, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.gated_worker import Share
from benchmarks.stage import ROOT, BenchmarkError
from benchmarks.whole_worker import CHECKPOINTS_BEHIND_S, CUSTOMERS_BEHIND_S
from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from vigie.compiled import SWITCH

READY_S = 90.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Team(Struct, frozen=True, kw_only=True):
    """One run of a team: its shares, and CPU seconds of the broker and of the whole machine.

    ``stolen_s`` are those that the machine's host kept for others.
    """

    shares: list[Share]
    broker_cpu_s: float
    machine_cpu_s: float
    stolen_s: float = 0.0

    @property
    def wall_s(self) -> float:
        """Seconds from the first batch that any worker folded to the last one."""
        began_s = min(share.began_s for share in self.shares)
        return max(share.ended_s for share in self.shares) - began_s

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all workers together."""
        return sum(share.cpu_s for share in self.shares)

    @property
    def events(self) -> int:
        """Events of all workers together."""
        return sum(share.events for share in self.shares)

    @property
    def per_s(self) -> float:
        """Events per second of wall clock."""
        return self.events / self.wall_s

    @property
    def per_cpu_s(self) -> float:
        """Events per CPU second of the workers."""
        return self.events / self.cpu_s

    @property
    def cores(self) -> float:
        """Cores that the workers kept busy."""
        return self.cpu_s / self.wall_s

    @property
    def broker_cores(self) -> float:
        """Cores that the broker kept busy."""
        return self.broker_cpu_s / self.wall_s

    @property
    def other_cores(self) -> float:
        """Cores that whatever else runs on the machine kept busy, Redis included."""
        return (self.machine_cpu_s - self.broker_cpu_s - self.cpu_s) / self.wall_s


def check_once(team: Team, ends: Mapping[str, int], told: int) -> None:
    """Let only a run pass in which the team folded every event exactly once and kept pace.

    ``ends`` is the number of events by partition as they lie in Kafka, ``told`` the number of
    records about customers there.

    Raises:
        BenchmarkError: a partition was folded by nobody, by two, or not to its end; or
            checkpoints or customers fell behind.
    """
    folded: Counter[str] = Counter()
    for share in team.shares:
        if set(share.offsets) & set(folded):
            raise BenchmarkError("a partition was folded by two workers")
        folded.update(share.offsets)
        if share.duplicate:
            raise BenchmarkError(f"{share.duplicate} events were folded twice")
        if share.events != sum(share.offsets.values()):
            raise BenchmarkError(
                f"{share.events} events of {sum(share.offsets.values())} are in the state"
            )
        behind_s = (1 - share.durable_events / max(1, share.events)) * team.wall_s
        if behind_s > CHECKPOINTS_BEHIND_S:
            raise BenchmarkError(f"the last {behind_s:.1f} s of events are in no checkpoint")
    for place, end in ends.items():
        if folded[place] != end:
            raise BenchmarkError(f"{place} holds {end} events, {folded[place]} were folded")
    all_told = told + sum(share.told for share in team.shares)
    unread = all_told - sum(share.told_folded for share in team.shares)
    if unread / max(1, all_told) * team.wall_s > CUSTOMERS_BEHIND_S:
        raise BenchmarkError(f"{unread} of {all_told} records about customers were not folded")


class Member:
    """The process of one worker."""

    def __init__(self, arguments: Sequence[str], log: Path, *, is_compiled: bool) -> None:
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.child", "benchmarks.gated_worker", *arguments],
                cwd=ROOT,
                env={**os.environ, SWITCH: "on" if is_compiled else "off"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
            )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._rest = b""
        self.owned: list[str] = []

    def look(self) -> None:
        """Read which partitions it has by now.

        Raises:
            BenchmarkError: it has ended.
        """
        for line in self._lines():
            self.owned = msgspec.json.decode(line, type=list[str])

    def tell(self, line: str) -> None:
        """Send one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    def answer(self, kind: Any, *, timeout_s: float) -> Any:
        """Wait for the next line that is of this kind.

        Raises:
            BenchmarkError: it has ended.
        """
        found: list[Any] = []

        def is_there() -> bool:
            for line in self._lines():
                try:
                    found.append(msgspec.json.decode(line, type=kind))
                except msgspec.ValidationError:  # partitions that it has
                    continue
            return bool(found)

        wait_until(is_there, what="a worker of the team", timeout_s=timeout_s)
        return found[0]

    def end(self) -> None:
        """End it, however far it is."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _lines(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        code = self._process.poll()
        *lines, self._rest = (self._rest + (self._process.stdout.read() or b"")).split(b"\n")
        yield from lines
        if code is not None and not lines:
            told = self._log.read_text(encoding="utf-8", errors="replace")
            raise BenchmarkError(f"a worker of the team ended with code {code}:\n{told[-2000:]}")


@contextmanager
def team_of(size: int, arguments: Sequence[str], *, is_compiled: bool) -> Iterator[list[Member]]:
    """Start so many workers; nothing of them is left at the end."""
    members: list[Member] = []
    with tempfile.TemporaryDirectory(prefix="vigie-team-") as folder:
        try:
            for number in range(size):
                log = Path(folder) / f"worker-{number}.log"
                members.append(Member(arguments, log, is_compiled=is_compiled))
            yield members
        finally:
            for member in members:
                member.end()


def run_team(
    broker: Kafka, size: int, arguments: Sequence[str], ends: Mapping[str, int], customers: str,
    *, partitions: int, is_compiled: bool,
) -> Team:  # fmt: skip
    """Let a team work off everything once; return the run if nothing speaks against it.

    ``ends`` as for :func:`check_once`, ``partitions`` is the number of all, customers included.

    Raises:
        BenchmarkError: a worker failed, or the run is void.
    """
    with team_of(size, arguments, is_compiled=is_compiled) as members:

        def are_dealt_out() -> bool:
            for member in members:
                member.look()
            owned = [place for member in members for place in member.owned]
            # Even shares only: an odd one says nothing about two cores.
            return len(owned) == len(set(owned)) == partitions and all(
                len(member.owned) == partitions // size for member in members
            )

        wait_until(are_dealt_out, what="even shares of the partitions", timeout_s=READY_S)
        before = _cpu_s(broker.process.pid)
        for member in members:
            member.tell(f"go {sum(ends.get(place, 0) for place in member.owned)}")
        for member in members:
            member.answer(str, timeout_s=READY_S * 4)
        after = _cpu_s(broker.process.pid)
        told = sum(broker.end_offsets(customers).values())
        for member in members:
            member.tell("end")
        shares = [member.answer(Share, timeout_s=READY_S) for member in members]
    spent = [b - a for a, b in zip(before, after, strict=True)]
    team = Team(
        shares=shares, broker_cpu_s=spent[0], machine_cpu_s=spent[1], stolen_s=spent[2]
    )  # fmt: skip
    check_once(team, ends, told)
    return team


def _cpu_s(pid: int) -> tuple[float, float, float]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = [int(text) for text in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    user, nice, system, _idle, _waiting, hardware, software, stolen = ticks
    busy = user + nice + system + hardware + software
    own = int(fields[11]) + int(fields[12])
    return own / _TICKS_PER_S, busy / _TICKS_PER_S, stolen / _TICKS_PER_S
