"""Single fields of Intercom's bodies: legs, last parts, assignees, times."""

from __future__ import annotations

from streams.sources.body import Body


def quality_of(at_ms: int) -> str | None:
    """Return the quality of a time: Intercom tells whole seconds, but for some ISO times."""
    return None if at_ms % 1000 else "second"


def leg_of(talk: Body) -> str:
    """Return the leg under way: one more for each time that the conversation was opened again."""
    reopened = talk.number("statistics.count_reopens") or 0
    return str(1 + max(0, int(reopened)))


def last_part(talk: Body) -> Body:
    """Return the newest part of a conversation: what the notification is about."""
    part = Body({})
    for part in talk.parts("conversation_parts.conversation_parts"):  # noqa: B007 - the last one
        pass
    return part


def reply_ms(body: Body, talk: Body) -> int:
    """Return when the reply was written, else when it was told of."""
    told = last_part(talk).time_ms("created_at")
    return body.need_time_ms("created_at") if told is None else told


def assignee_of(talk: Body) -> str | None:
    """Return the admin who has the conversation; None for nobody or a team alone."""
    found = talk.text("admin_assignee_id")
    if found in (None, "0") and talk.word("assignee.type") == "admin":
        found = talk.text("assignee.id")
    return None if found == "0" else found
