"""Asks the desk for a change, and turns its refusals into answers."""

from __future__ import annotations

import secrets
from typing import Any

from alerts.alert import Action
from alerts.desk import ActionLateError, ActionRefusedError, Desk
from exporters.http.problems import RequestError

RETRY_AFTER_S = 2


def new_id() -> str:
    """Return an id that nobody can guess and nothing else has."""
    return secrets.token_hex(16)


async def ask(desk: Desk, what: Any, by: str, why: str = "", **others: Any) -> None:
    """Have an :class:`alerts.alert.Action` done.

    Raises RequestError: 409 when it is refused, 503 when it takes too long.
    """
    now_ms = desk.now_ms()
    try:
        await desk.ask(Action(id=new_id(), what=what, at_ms=now_ms, by=by, why=why, **others))
    except ActionRefusedError as refused:
        raise RequestError(409, refused.reason, refused.fix) from None
    except ActionLateError:
        raise RequestError(
            503,
            "the change has not happened yet",
            "it may happen yet: look at the alert again in a moment, then try again",
            {"Retry-After": str(RETRY_AFTER_S)},
        ) from None
