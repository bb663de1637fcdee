"""Fixtures of the fault tests: a world of each test's own on the one real broker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from tests.bench.kafka import Kafka
from tests.faults.run import Run
from tests.faults.world import World

OpenRun = Callable[..., Run]
"""``open_run("name of the fault", **options_of_the_world)``"""


@pytest.fixture
def fault_seed(request: pytest.FixtureRequest) -> int:
    """The seed of `--fault-seed`; without it a new one each day for each test."""
    given: int | None = request.config.getoption("--fault-seed")
    if given is not None:
        return given
    return crc32(f"{datetime.now(UTC).date()} {request.node.name}".encode())


@pytest.fixture
def open_run(
    kafka: Kafka,
    topic_prefix: str,
    tmp_path: Path,
    fault_seed: int,
    request: pytest.FixtureRequest,
) -> OpenRun:
    """Opens a run, to be used in a `with` block; its record goes to `--fault-results`, if given."""
    named: str | None = request.config.getoption("--fault-results")
    results = None if named is None else Path(named)
    how = request.node.nodeid

    def opened(fault: str, **options: Any) -> Run:
        world = World(kafka, topic_prefix, tmp_path / "world", **options)
        return Run(fault, fault_seed, world, how=how, results=results)

    return opened
