"""One sender for each target of the plan that gets messages."""

from __future__ import annotations

from alerts.notify import Sender
from alerts.notify.apprise import AppriseSender
from alerts.notify.guard import GuardedSession
from alerts.notify.webhook import WebhookSender
from alerts.plan import AppriseTarget, Plan, WebhookTarget


def open_senders(plan: Plan, session: GuardedSession) -> dict[str, Sender]:
    """Return the senders by id of the target; an Alertmanager has none, it is fed instead."""
    senders: dict[str, Sender] = {}
    for target in plan.targets.values():
        if isinstance(target, WebhookTarget):
            senders[target.id] = WebhookSender(target, session)
        elif isinstance(target, AppriseTarget):
            senders[target.id] = AppriseSender(target, plan.hosts)
    return senders
