"""The alerts of one worker put together: what it tells, and what it says of itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aggregators import events as ev
from aggregators.policy import Rules
from aggregators.shard import Shard
from alerts.delivery import GIVE_UP_S
from exporters.live import MemoryView
from tests.bench.process import free_port
from tests.bench.receiver import Answer, receiving, until
from tests.vigie.test_alerts_ping import webhook
from vigie.alerting import Alerting
from vigie.demo import DEMO_STREAMS
from vigie.settings import load_settings

NOW_MS = 1_790_000_000_000
POLICIES = Rules(windows=("5m", "30m"))


class Running:
    """A worker whose folding goes on elsewhere, and its alerts."""

    def __init__(self, folder: Path, targets: str, when: str) -> None:
        rules = folder / "r.yaml"
        rules.write_text(f'rules: [{{id: r, when: "{when}", min_sample: 0}}]\n')
        file = folder / "s.yaml"
        file.write_text(
            f"windows: [5m, 30m]\nalerts:\n  rules: {rules}\n  hosts: [127.0.0.1]\n"
            f"  group_wait: 0s\n  targets:\n{targets}"
            "  ladders: {default: {steps: [{targets: [desk]}]}}\n"
        )
        self.leads = True
        self.steady_s = 0.0
        self.shard = Shard("calls", 0, POLICIES)
        self.events = 0
        worker: Any = SimpleNamespace(is_behind=lambda: False, registry={})
        view = MemoryView(lambda: [self.shard], POLICIES, lambda: NOW_MS, refresh_ms=1)
        self.alerting = Alerting(
            load_settings(file, {}), DEMO_STREAMS, POLICIES, view, [worker], mode="demo",
            leads=lambda: self.leads, clock=lambda: NOW_MS, steady_s=lambda: self.steady_s,
        )  # fmt: skip

    def abandoned(self, minutes_ago: int) -> None:
        """A caller hung up so long ago."""
        self.events += 1
        at_ms, name = NOW_MS - minutes_ago * 60_000, f"c{self.events}"
        common: Any = {"v": 1, "source": "test", "contact_id": name, "leg_id": f"{name}-1"}
        for event in (
            ev.ContactQueued(
                event_id=f"{name}-q", event_time_ms=at_ms - 30_000, channel="voice",
                queue="sales", **common,
            ),
            ev.ContactAbandoned(
                event_id=f"{name}-a", event_time_ms=at_ms, stage="queue", **common
            ),
        ):  # fmt: skip
            self.shard.apply(event, NOW_MS)


Start = Callable[..., Running]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts the alerts; they end with the test."""
    async with AsyncExitStack() as stack:

        def start_it(targets: str, when: str = "contacts_waiting > 99") -> Running:
            running = Running(tmp_path, targets, when)
            running.alerting.start()
            stack.push_async_callback(running.alerting.close)
            return running

        yield start_it


async def test_messages_are_counted_from_zero_on_and_queues_end_with_the_lead(start: Start) -> None:
    """A rate needs the zero; a queue that nobody works on is no queue."""
    with receiving(Answer(500)) as receiver:
        targets = f"    desk: {{{webhook(receiver.url)}}}\n    boss: {{{webhook(receiver.url)}}}\n"
        running = start(targets, "contacts_abandoned[30m] >= 1")
        assert running.alerting.stats().sent == {"desk": 0, "boss": 0}
        running.abandoned(1)
        await until(lambda: running.alerting.stats().queued == {"desk": 1, "boss": 0}, "the queue")
        await until(lambda: bool(running.alerting.stats().failed), "the first try")
        stats = running.alerting.stats()
        assert stats.is_leading
        assert dict(stats.failed) == {("desk", "http_5xx"): 1}
        assert dict(stats.alerts) == {("warning", "firing"): 1}
        running.leads = False
        await until(lambda: running.alerting.watch.delivery is None, "it to step down")
        stats = running.alerting.stats()
        assert (stats.queued, stats.sent) == ({}, {"desk": 0, "boss": 0})
        assert dict(stats.failed) == {("desk", "http_5xx"): 1}


async def test_a_message_counts_the_contacts_in_the_window_of_its_rule(start: Start) -> None:
    """Of three callers who gave up within half an hour, one did in the last five minutes."""
    with receiving() as receiver:
        running = start(
            f"    desk: {{{webhook(receiver.url)}}}\n", "abandonment_rate.of_offered[30m] > 50%"
        )
        for minutes_ago in (20, 10, 1):
            running.abandoned(minutes_ago)
        (request,) = await receiver.arrived(1)
    (alert,) = request.json()["data"]["alerts"]
    assert (alert["labels"]["queue"], alert["contacts"]) == ("sales", 3)


async def test_an_alertmanager_that_is_away_for_long_is_a_target_that_fails(start: Start) -> None:
    """As long as a message is tried: not one that merely restarts."""
    url = f"http://127.0.0.1:{free_port()}"
    targets = f'    am: {{type: alertmanager, urls: ["{url}"]}}\n'
    running = start(targets + f"    desk: {{{webhook(url)}}}\n", "pipeline.target_failing >= 1")
    await until(lambda: any(feed.failing() for feed in running.alerting._feeds), "the failure")
    running.alerting._look()
    running.steady_s = GIVE_UP_S - 1
    assert running.alerting._look().health["target_failing"] == 0.0
    running.steady_s = GIVE_UP_S
    assert running.alerting._look().health["target_failing"] == 1.0
