"""``vigie alerts ping``: a message to every target, or to one, to see that it arrives."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TypeAlias

import click

from alerts.alert_view import alert_name
from alerts.message import Message
from alerts.notify import REASONS, Undelivered
from alerts.notify.alertmanager import Posted, post_alerts
from alerts.notify.guard import GuardedSession
from alerts.notify.senders import open_senders
from alerts.plan import AlertmanagerTarget, Language, Plan
from alerts.wording import rfc3339
from vigie.alert_plan import alert_plan
from vigie.errors import UserError
from vigie.settings import Settings
from vigie.settings_reader import nearest

Send: TypeAlias = Callable[[], Awaitable[None]]

PING = "ping"
_TITLES: dict[Language, str] = {
    "en": "vigie reaches you: this is only a test",
    "fr": "vigie vous atteint : ceci n'est qu'un essai",
}
_TEXTS: dict[Language, str] = {
    "en": "Somebody ran `vigie alerts ping`. Nothing has happened, nothing is to be done.",
    "fr": "Quelqu'un a lancé `vigie alerts ping`. Rien ne s'est passé, il n'y a rien à faire.",
}
_FOR_MS = 60_000


def run_alerts_ping(settings: Settings, target: str | None) -> int:
    """Send the message; print a line per target; return 0 if all have it, else 1.

    Raises:
        UserError: there is no target, or none of that name.
    """
    plan = alert_plan(settings)
    if not plan.targets:
        raise UserError(
            "the settings name nobody to tell", "Add a target under alerts.targets, see alerts.md."
        )
    if target is not None and target not in plan.targets:
        raise UserError(f"there is no target {target!r}", nearest(target, plan.targets))
    names = list(plan.targets) if target is None else [target]
    return asyncio.run(_ping(plan, names))


async def _ping(plan: Plan, names: list[str]) -> int:
    failed = 0
    async with GuardedSession(plan.hosts) as session:
        for name, send in _sends(plan, names, session):
            began_s = time.monotonic()
            try:
                await send()
            except Undelivered as undelivered:
                failed += 1
                click.echo(f"{name}: not delivered: {REASONS[undelivered.reason]}")
            else:
                click.echo(f"{name}: delivered in {time.monotonic() - began_s:.1f} s")
    return 1 if failed else 0


def _sends(plan: Plan, names: list[str], session: GuardedSession) -> Iterator[tuple[str, Send]]:
    """Yield a name and what sends for each target; for an Alertmanager one for each of its URLs."""
    senders = open_senders(plan, session)
    for name in names:
        target = plan.targets[name]
        if not isinstance(target, AlertmanagerTarget):
            yield name, partial(senders[name].send, _message(target.language))
            continue
        for number, url in enumerate(target.urls, 1):
            shown = name if len(target.urls) == 1 else f"{name} ({number} of {len(target.urls)})"
            yield shown, partial(post_alerts, session, target, url, [_alert(target.language)])


def _alert(language: Language) -> Posted:
    now_ms = time.time_ns() // 1_000_000
    return {
        "labels": {"alertname": alert_name(PING), "severity": "info"},
        "annotations": {"summary": _TITLES[language]},
        "startsAt": rfc3339(now_ms),
        "endsAt": rfc3339(now_ms + _FOR_MS),
    }


def _message(language: Language) -> Message:
    return Message(
        id=f"ping-{secrets.token_hex(8)}",
        what="firing",
        severity="warning",
        language=language,
        title=_TITLES[language],
        text=_TEXTS[language],
        made_ms=time.time_ns() // 1_000_000,
        group=PING,
    )
