"""Fixtures of the tests of what watches."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.alerts.watch_bench import Centre


@pytest.fixture
async def centre() -> AsyncIterator[Centre]:
    """Workers that end with the test."""
    centre = Centre()
    yield centre
    for worker in centre.workers:
        await worker.end()
