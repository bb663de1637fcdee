"""Admins of Intercom into agents' sessions and states."""

from __future__ import annotations

from typing import Any

from aggregators import events as ev
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.intercom_fields import quality_of
from streams.sources.payloads import PayloadSource


def admin_event(source: PayloadSource, body: Body) -> ev.Envelope:
    """Return the event of a notification about an admin.

    Raises:
        BodyError: the admin, the time, or whether the admin is away is not told.
    """
    topic = body.word("topic")
    kind: type[ev.AgentEvent] = ev.AgentState
    fields: dict[str, Any] = {}
    if topic == "admin.logged_in":
        kind, fields = ev.AgentLogin, {"session_id": body.need("id")}
    elif topic == "admin.logged_out":
        kind = ev.AgentLogout
    else:
        away = body.get("data.item.away_mode_enabled")
        if not isinstance(away, bool):
            raise BodyError(Reason.BAD_TYPE, "data.item.away_mode_enabled must be true or false")
        fields = {
            "state": "pause" if away else "available",
            "label": body.text("data.item.away_status_reason") if away else None,
        }
    at_ms = body.need_time_ms("created_at")
    return source.make(
        kind, body.need("id"), at_ms, time_quality=quality_of(at_ms),
        agent_id=source.agent(body.need("data.item.id")), **fields,
    )  # fmt: skip
