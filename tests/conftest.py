"""The bench: real Kafka, Redis, Prometheus, Alertmanager and Chromium as fixtures.

A component that is missing fails the test, with the command that brings it. The only tests that
may be skipped are those of the public sample data beside the repository, where it is not there.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.bench.alertmanager import Alertmanager
from tests.bench.browser import open_chromium
from tests.bench.kafka import Kafka
from tests.bench.prometheus import Prometheus
from tests.bench.redis import RedisServer

if TYPE_CHECKING:
    from playwright.async_api import Browser

ROOT = Path(__file__).resolve().parent.parent
COMPONENTS = {"kafka", "redis_server", "prometheus_server", "alertmanager", "chromium"}

# Machines of tests are shared and noisy: how long an example takes says nothing there.
settings.register_profile(
    "vigie", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("vigie")

_test_numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the fault tests; they must be known before their folder is read."""
    group = parser.getgroup("faults")
    group.addoption("--fault-seed", type=int, help="repeat the fault tests with this seed")
    group.addoption("--fault-results", help="append the records of fault runs to this file")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests by what they start, so that `-m "not component"` is the quick run."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & COMPONENTS:
            item.add_marker("component")
        if "shared_data" in fixtures:
            item.add_marker("shared_data")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The top-level folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public sample data: `VIGIE_DATA`, or `../shared/data` beside the project."""
    named = os.environ.get("VIGIE_DATA")
    if named is not None:
        if not Path(named).is_dir():
            pytest.fail(f"VIGIE_DATA={named} is not a folder", pytrace=False)
        return Path(named)
    beside = ROOT.parent / "shared" / "data"
    if not beside.is_dir():
        pytest.skip(
            "the public sample data is not beside the repository (../shared/data): "
            "set VIGIE_DATA to its folder"
        )
    return beside


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One real broker for all tests; each test uses topics under its own `topic_prefix`.

    A test that stops or kills it starts it again before it ends.
    """
    broker = Kafka(tmp_path_factory.mktemp("kafka"))
    with ExitStack() as stack:
        stack.callback(broker.kill)
        broker.start()
        yield broker


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> str:
    """A beginning of topic and group names that no other test of the run has."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40]
    return f"{name}-{next(_test_numbers)}-"


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """An empty Redis of this test's own."""
    server = RedisServer(tmp_path / "redis")
    with ExitStack() as stack:
        stack.callback(server.kill)
        server.start()
        yield server


@pytest.fixture
def prometheus_server(tmp_path: Path) -> Iterator[Callable[[Mapping[str, object]], Prometheus]]:
    """Starts a Prometheus with the settings given to it; see `scrape_config`."""
    with ExitStack() as stack:
        numbers = count(1)

        def start(config: Mapping[str, object]) -> Prometheus:
            server = Prometheus(tmp_path / f"prometheus-{next(numbers)}", config)
            stack.callback(server.process.kill)
            server.start()
            return server

        yield start


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    """An Alertmanager of this test's own that calls nobody."""
    server = Alertmanager(tmp_path / "alertmanager")
    with ExitStack() as stack:
        stack.callback(server.process.kill)
        server.start()
        yield server


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A real headless browser, for asynchronous tests: `page = await chromium.new_page()`."""
    async with open_chromium() as browser:
        yield browser
