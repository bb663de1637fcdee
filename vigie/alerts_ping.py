"""``vigie alerts ping``: a message to every target, or to one, to see that it arrives."""

from __future__ import annotations

import asyncio
import secrets
import time

import click
import msgspec

from alerts.alert_view import alert_name
from alerts.message import Message
from alerts.notify import REASONS, Undelivered
from alerts.notify.guard import GuardedSession
from alerts.notify.senders import open_senders
from alerts.notify.webhook import check_answer
from alerts.plan import AlertmanagerTarget, Language, Plan
from alerts.wording import rfc3339
from vigie.alert_plan import alert_plan
from vigie.errors import UserError
from vigie.settings import Settings
from vigie.settings_reader import nearest

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
        for name in names:
            began_s = time.monotonic()
            try:
                await _tell(plan, name, session)
            except Undelivered as undelivered:
                failed += 1
                click.echo(f"{name}: not delivered: {REASONS[undelivered.reason]}")
            else:
                click.echo(f"{name}: delivered in {time.monotonic() - began_s:.1f} s")
    return 1 if failed else 0


async def _tell(plan: Plan, name: str, session: GuardedSession) -> None:
    target = plan.targets[name]
    now_ms = time.time_ns() // 1_000_000
    if isinstance(target, AlertmanagerTarget):
        alert = {
            "labels": {"alertname": alert_name(PING), "severity": "info"},
            "annotations": {"summary": _TITLES[target.language]},
            "startsAt": rfc3339(now_ms),
            "endsAt": rfc3339(now_ms + _FOR_MS),
        }
        headers = {"Content-Type": "application/json"}
        if target.token:
            headers["Authorization"] = f"Bearer {target.token}"
        for url in target.urls:
            address = f"{url.rstrip('/')}/api/v2/alerts"
            check_answer(await session.post(address, msgspec.json.encode([alert]), headers))
        return
    message = Message(
        id=f"ping-{secrets.token_hex(8)}",
        what="firing",
        severity="warning",
        language=target.language,
        title=_TITLES[target.language],
        text=_TEXTS[target.language],
        made_ms=now_ms,
        group=PING,
    )
    await open_senders(plan, session)[name].send(message)
