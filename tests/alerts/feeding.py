"""A feed that runs against receivers, with alerts that a test changes; pauses are scaled down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from alerts.alert import Alert
from alerts.notify.alertmanager import AlertmanagerFeed
from alerts.notify.guard import GuardedSession
from alerts.plan import AlertmanagerTarget, Plan
from tests.bench.receiver import Request
from tests.bench.sample_alerts import RULES, an_alert
from tests.bench.tasks import running

PLAN = Plan(public_url="https://vigie.example.org", link_secret=b"s" * 32, hosts=("127.0.0.1",))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def fired(queue: str, **others: Any) -> Alert:
    """An alert that fires since now."""
    return an_alert(queue, pending_ms=now_ms(), fired_ms=now_ms(), **others)


def over(alert: Alert) -> Alert:
    return replace(alert, state="resolved", resolved_ms=now_ms())


def alerts_of(request: Request) -> dict[str, dict[str, Any]]:
    """Alerts of a request by queue, the watchdog by its name."""
    return {one["labels"].get("queue", one["labels"]["alertname"]): one for one in request.json()}


def ms_of(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)


class Fed:
    """The alerts as they are, and a feed that tells of them; pauses are scaled down."""

    def __init__(self, session: GuardedSession, target: AlertmanagerTarget) -> None:
        self.is_watching = True
        self.alerts: dict[str, Alert] = {}
        self.held: set[str] = set()
        self.pauses: list[float] = []
        self.feed = AlertmanagerFeed(
            target, PLAN, lambda: list(self.alerts.values()), lambda: RULES, now_ms,
            session=session,
            is_told=lambda alert: alert.id not in self.held,
            is_watching=lambda: self.is_watching,
            sleep=self.sleep,
            chance=lambda: 0.0,
        )  # fmt: skip

    def put(self, *alerts: Alert) -> None:
        self.alerts |= {alert.id: alert for alert in alerts}
        self.feed.nudge()

    async def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)
        await asyncio.sleep(pause_s / 20)


@asynccontextmanager
async def feeding(
    *urls: str, total_s: float = 2.0, alerts: tuple[Alert, ...] = (), **target: Any
) -> AsyncIterator[Fed]:
    """A feed that runs; it resends every 0.4 s unless told otherwise."""
    fields = {"resend_ms": 400, "resolved_for_ms": 60_000, "watchdog": False, **target}
    async with GuardedSession(PLAN.hosts, total_s=total_s) as session:
        fed = Fed(session, AlertmanagerTarget(id="am", urls=urls, **fields))
        fed.alerts |= {alert.id: alert for alert in alerts}
        async with running(fed.feed.run()):
            yield fed
