"""Asks the desk for a change, and turns its refusals into answers."""

from __future__ import annotations

from alerts.alert import Action
from alerts.desk import ActionLateError, ActionRefusedError, Desk
from exporters.http.problems import RequestError

RETRY_AFTER_S = 2


async def ask(desk: Desk, action: Action) -> None:
    """Have an action done. Raises RequestError: 409 when refused, 503 when it takes too long."""
    try:
        await desk.ask(action)
    except ActionRefusedError as refused:
        raise RequestError(409, refused.reason, refused.fix) from None
    except ActionLateError:
        raise RequestError(
            503,
            "the change has not happened yet",
            "it may happen yet: look at the alert again in a moment, then try again",
            {"Retry-After": str(RETRY_AFTER_S)},
        ) from None
