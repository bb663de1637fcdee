"""A delivery whose time is free, and targets that fail as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from alerts.alert import Notice
from alerts.delivery import Delivery
from alerts.message import Message
from alerts.notify import REASONS, Undelivered
from alerts.plan import AppriseTarget, Language, Plan
from tests.bench.receiver import until
from tests.bench.sample_alerts import a_message
from tests.bench.tasks import running

PLAN = Plan(
    targets={
        "desk": AppriseTarget(id="desk", url="json://desk"),
        "boss": AppriseTarget(id="boss", url="json://boss", language="fr"),
    }
)


class Target:
    """A target that fails as it is told, then takes everything; a poisonous message third."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.tried: list[str] = []
        self.taken: list[Message] = []
        self.always: Exception | None = None
        self.poison = ""
        self.is_hung = False

    async def send(self, message: Message) -> None:
        self.tried.append(message.id)
        if self.is_hung:
            await asyncio.Event().wait()
        if self.failures:
            raise self.failures.pop(0)
        if self.always is not None or message.id == self.poison:
            raise self.always or Undelivered("http_5xx", is_final=False)
        self.taken.append(message)
        if len(self.taken) == 2:
            self.poison = ""


def compose(notice: Notice, language: Language) -> Message | None:
    return a_message(id=notice.id, language=language)


class Post:
    """A delivery whose pauses pass at once: its clock goes on by them."""

    def __init__(self, plan: Plan = PLAN, **senders: Any) -> None:
        self.now_s = 0.0
        self.pauses: list[float] = []
        self.delivered: list[str] = []
        self.failed: list[tuple[str, str]] = []
        self.composed: Callable[[Notice, Language], Message | None] = compose
        self.delivery = Delivery(
            plan,
            senders,
            compose=self.compose,
            on_delivered=self.on_delivered,
            on_failed=self.on_failed,
            most_queued=5,
            attempt_s=0.2,
            clock=lambda: self.now_s,
            sleep=self.sleep,
            chance=lambda: 0.5,
        )

    def compose(self, notice: Notice, language: Language) -> Message | None:
        return self.composed(notice, language)

    async def on_delivered(self, notice: Notice) -> None:
        self.delivered.append(notice.id)

    async def on_failed(self, notice: Notice, reason: str) -> None:
        assert reason in REASONS
        self.failed.append((notice.id, reason))

    async def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)
        self.now_s += pause_s
        await asyncio.sleep(0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Delivery]:
        async with running(self.delivery.run()):
            yield self.delivery

    async def settled(self, n: int) -> None:
        await until(lambda: len(self.delivered) + len(self.failed) >= n, f"{n} reports")
