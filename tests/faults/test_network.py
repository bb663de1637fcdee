"""A bad network between worker and broker: slow and thin, cut again and again, silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench.kafka import Kafka
from tests.bench.proxy import Proxy
from tests.faults.conftest import OpenRun
from tests.faults.network import CUT, HOLE, THIN, cuts, silence, slow_and_thin

HOLE_S = 15.0


@pytest.fixture
def proxy(kafka: Kafka, fault_seed: int) -> Iterator[Proxy]:
    """A network of its own for the workers of one test."""
    with Proxy(kafka.proxy_port, kafka.proxied_port, seed=fault_seed) as opened:
        yield opened


def test_a_slow_and_thin_network_changes_no_number(
    open_run: OpenRun, kafka: Kafka, proxy: Proxy
) -> None:
    """100 ms each way and 3,000 kbit/s for every connection."""
    with open_run(THIN, worker_servers=kafka.proxied_servers) as run:
        slow_and_thin(run, proxy, 8.0)


def test_connections_that_are_cut_again_and_again_change_no_number(
    open_run: OpenRun, kafka: Kafka, proxy: Proxy
) -> None:
    """A reset in the middle of requests and answers, whichever connection it hits."""
    with open_run(CUT, worker_servers=kafka.proxied_servers) as run:
        cuts(run, proxy, 10.0)


def test_a_network_that_swallows_everything_changes_no_number(
    open_run: OpenRun, kafka: Kafka, proxy: Proxy
) -> None:
    """No connection ends, nothing comes: the worker says that it is not ready, and heals."""
    fault = HOLE.format("both ways", HOLE_S)
    with open_run(fault, worker_servers=kafka.proxied_servers) as run:
        silence(run, proxy, HOLE_S)
