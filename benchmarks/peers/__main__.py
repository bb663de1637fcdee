"""vigie beside its peers: events per second on the same events and the same real Kafka.

``python -m benchmarks.peers [--events N] [--rounds N] [--only NAME,NAME] [--json FILE]``

The bare read-and-decode loop, vigie's worker with all KPI groups, Kafka Streams, Bytewax, Quix
Streams and Faust read the same topics from the first offset, each in a process of its own, turn by
turn and each round in another order. vigie does all its work; the others count events per record
key and minute. Time runs from the first record handed over to the last one counted. A run that
did not count every event once makes the benchmark void. Peers that are missing are installed or
built first; one that cannot be ends the benchmark, unless ``--only`` leaves it out.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from confluent_kafka.admin import AdminClient

from aggregators.events import Envelope, message_key
from benchmarks import machine
from benchmarks.centre import PARTITIONS, day_events, fill_topics, stream_settings
from benchmarks.peers.figures import PeerRun, Peers
from benchmarks.peers.lineup import LINEUP, Lap, Peer, checked, chosen, order
from benchmarks.peers.stopwatch import WINDOW_S
from benchmarks.report_peers import peers_lines, peers_table
from benchmarks.stage import finish, keep, own_kafka
from benchmarks.throughput import say
from tests.bench.kafka import ANSWER_TIMEOUT_S, Kafka

EVENTS = 400_000
ROUNDS = 3
REST_S = 0.5
IDLE_SHARE = 0.1
LONGEST_REST_S = 20.0


def measure(events: int, rounds: int, peers: list[Peer]) -> Peers:
    """Measure everything.

    Raises:
        BenchmarkError: a peer cannot be had, or a run failed or is void.
    """
    load = machine.load_per_core()
    for peer in peers:
        peer.prepare()
    by_name = {peer.name: peer for peer in peers}
    runs: dict[str, list[PeerRun]] = {name: [] for name in by_name}
    orders = [order(list(by_name), number) for number in range(1, rounds + 1)]
    with own_kafka() as broker:
        servers = broker.bootstrap_servers
        cells: set[tuple[str, int]] = set()
        day = noted(day_events(events), cells)
        sent = asyncio.run(fill_topics(stream_settings(servers, "filling"), day))
        say(f"{sent.total:,} events in Kafka, {sent.value_bytes // sent.total} bytes each")
        kept = set(broker.topics())
        for number, names in enumerate(orders, start=1):
            for name in names:
                lap = Lap(servers, f"{name}-{number}", sent)
                run = checked(by_name[name].run(lap), lap, len(cells))
                runs[name].append(run)
                say(f"round {number}: {name} {run.per_s:,.0f}/s")
                clean(servers, kept)
                settle(broker)
    return Peers(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        events_by_topic=sent.events,
        value_bytes=sent.value_bytes,
        span_s=sent.span_s,
        partitions=PARTITIONS,
        window_s=WINDOW_S,
        cells=len(cells),
        versions={name: text for peer in peers for name, text in peer.versions().items()},
        orders=orders,
        runs=runs,
    )


def noted(day: Iterable[Envelope], cells: set[tuple[str, int]]) -> Iterator[Envelope]:
    """Yield the events; note the pairs of record key and window that they make."""
    for event in day:
        cells.add((message_key(event), event.event_time_ms // (WINDOW_S * 1_000)))
        yield event


def clean(servers: str, kept: set[str]) -> None:
    """Delete the topics that a run left, so that each finds the broker as the first one did."""
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    known = admin.list_topics(timeout=ANSWER_TIMEOUT_S).topics
    # Kafka's own (consumer offsets) have two underscores; nobody's else begins so.
    if left := [name for name in known if name not in kept and not name.startswith("__")]:
        for deleted in admin.delete_topics(left).values():
            deleted.result(ANSWER_TIMEOUT_S)


def settle(broker: Kafka) -> None:
    """Wait until the broker has done with the run before: its work is no part of the next one."""
    deadline_s = time.monotonic() + LONGEST_REST_S
    while time.monotonic() < deadline_s:
        before_s = cpu_s(broker.process.pid)
        time.sleep(REST_S)
        if cpu_s(broker.process.pid) - before_s < IDLE_SHARE * REST_S:
            return
    say(f"the broker is still at work after {LONGEST_REST_S:.0f} s")


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process so far, all threads."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.peers", description=__doc__)
    names = ", ".join(peer.name for peer in LINEUP)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", help=f"some of them, with commas between: {names}")
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    if given.events < 1 or given.rounds < 1:
        parser.error("--events and --rounds must be at least 1")
    figures = measure(given.events, given.rounds, chosen(given.only))
    print(f"{peers_table(figures)}\n\n{peers_lines(figures)}".rstrip())
    keep(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
