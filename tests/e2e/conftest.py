"""Fixtures of the tests that run all of vigie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.front_door import FrontDoor
from tests.e2e.secure_site import Doors, Site, canary_doors
from tests.e2e.secure_site import secure_site as started_site

_folders = count(1)


@pytest.fixture(scope="module")
def open_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., FrontDoor]]:
    """Gives a front door for each settings asked for; what it started ends with the module."""
    with ExitStack() as stack:

        def opened(**settings: Any) -> FrontDoor:
            folder: Path = tmp_path_factory.mktemp(f"door-{next(_folders)}")
            door = FrontDoor(folder, settings)
            stack.callback(door.close)
            return door

        yield opened


@pytest.fixture(scope="module")
def prefix(request: pytest.FixtureRequest) -> str:
    """A beginning of topic and group names that no other module has."""
    return f"e2e-{request.module.__name__.rsplit('.', 1)[-1].replace('_', '-')}-"


@pytest.fixture(scope="session")
def secure_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Kafka and Redis that ask who comes."""
    with started_site(tmp_path_factory.mktemp("secure")) as site:
        yield site


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    """Gives the commands of vigie for some settings; none of them may print a secret."""
    with canary_doors(tmp_path) as opened:
        yield opened
