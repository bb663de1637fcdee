"""Calls of Intercom Phone, and what its AI agent did: parts of bodies that stand for themselves.

Each body of a call is the whole call as known then: all facts in it are told, with ids of their
own, so a start that never came is told by the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aggregators import events as ev
from streams.sources.body import Body
from streams.sources.intercom_fields import quality_of
from streams.sources.intercom_names import CONTAINED, HANDED_OFF
from streams.sources.payloads import PayloadSource

_LEG = "1"


def call_events(source: PayloadSource, call: Body, queue: str, fallback_ms: int) -> Iterator[Any]:
    """Give the facts of a call so far; ``fallback_ms`` is the time of the notification."""
    contact_id = f"intercom:call:{call.need('id')}"
    is_out = call.word("direction").startswith("out")
    contact = call.text("contact_id")
    place: dict[str, Any] = {
        "contact_id": contact_id,
        "channel": "voice",
        "queue": source.queue(call.text("team_assignee_id") or queue),
        "direction": "out" if is_out else None,
    }

    def told(kind: type[Any], name: str, at_ms: int, **fields: Any) -> Any:
        return source.make(
            kind, f"{contact_id}:{name}", at_ms, time_quality=quality_of(at_ms), **place, **fields
        )

    began_ms = call.time_ms("initiated_at") or call.time_ms("created_at")
    answered_ms, ended_ms = call.time_ms("answered_at"), call.time_ms("ended_at")
    agent = source.agent(call.text("admin_id"))
    began_ms = fallback_ms if began_ms is None else began_ms
    yield told(
        ev.ContactCreated, "created", began_ms, initiated_by="agent" if is_out else None,
        customer_key=source.customer(contact and f"intercom:{contact}"),
    )  # fmt: skip
    yield told(ev.ContactQueued, "queued", began_ms, leg_id=_LEG)
    if answered_ms is not None and agent is not None:
        yield told(ev.ContactAnswered, "answered", answered_ms, leg_id=_LEG, agent_id=agent)
    if ended_ms is None:
        return
    if answered_ms is not None:
        yield told(ev.ContactEnded, "ended", ended_ms, leg_id=_LEG, agent_id=agent)
    elif "voicemail" in call.word("ended_reason"):
        yield told(ev.FlowOut, "left", ended_ms, leg_id=_LEG, reason="voicemail")
    else:
        yield told(ev.ContactAbandoned, "left", ended_ms, leg_id=_LEG, stage="queue")


def ai_events(
    source: PayloadSource, talk: Body, contact_id: str, queue: str | None, at_ms: int
) -> Iterator[Any]:
    """Give the session with the AI agent once the body says how it ended."""
    state = talk.word("ai_agent.resolution_state")
    if state not in CONTAINED and state not in HANDED_OFF:
        return
    began_ms = talk.time_ms("created_at") or at_ms
    yield source.make(
        ev.SelfcareStarted, f"{contact_id}:ai", began_ms, time_quality=quality_of(began_ms),
        session_id=contact_id, tool="intercom-ai-agent",
    )  # fmt: skip
    common = {"time_quality": quality_of(at_ms), "session_id": contact_id}
    if state in CONTAINED:
        yield source.make(
            ev.SelfcareContained, f"{contact_id}:ai:{state}", at_ms, outcome=CONTAINED[state],
            **common,
        )  # fmt: skip
    else:
        yield source.make(
            ev.SelfcareHandedOff, f"{contact_id}:ai:{state}", at_ms, reason=HANDED_OFF[state],
            contact_id=contact_id, queue=queue, **common,
        )  # fmt: skip
