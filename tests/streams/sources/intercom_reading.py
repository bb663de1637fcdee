"""Bodies of Intercom's webhooks in the documented shape, and what they are read as."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from aggregators import events as ev
from streams.sources import Refused, SourceLine, build_source

SECRET = b"a secret of the test"
SETTINGS: dict[str, Any] = {
    "queues": {"2": "Care"}, "agents": {"5": "A5"}, "motives": {"Refund": "return"},
}  # fmt: skip
ASKED, REPLIED = 1_410_188_000, 1_410_188_620
REPLY: dict[str, Any] = {
    "type": "notification_event", "id": "notif_1", "topic": "conversation.admin.replied",
    "app_id": "a",
    "data": {"type": "notification_event_data", "item": {
        "type": "conversation", "id": "77", "state": "open", "waiting_since": None,
        "admin_assignee_id": 5, "team_assignee_id": 2,
        "statistics": {"time_to_admin_reply": 540, "first_contact_reply_at": ASKED,
                       "first_admin_reply_at": REPLIED},
    }},
    "delivery_attempts": 1, "first_sent_at": 1_410_188_629, "created_at": 1_410_188_628,
}  # fmt: skip


def part(number: int, at: int, author: str, who: str) -> dict[str, Any]:
    return {
        "type": "conversation_part", "id": str(number), "part_type": "comment",
        "body": "<p>Hello Jane</p>", "created_at": at,
        "author": {"type": author, "id": who, "name": "Joe", "email": "joe@example.com"},
    }  # fmt: skip


def notice(
    topic: str, after_s: int, *, told: dict[str, Any] | None = None, parts: Any = (), **item: Any
) -> dict[str, Any]:
    """A body as it comes a second after what it tells."""
    whole = {
        "type": "conversation", "id": "77", "created_at": ASKED, "state": "open",
        "source": {"type": "conversation", "id": "s1", "author": {"type": "user", "id": "u9"}},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "u9"}]},
        "team_assignee_id": 2, "admin_assignee_id": None,
        "tags": {"type": "tag.list", "tags": [{"name": "vip"}, {"name": "refund"}]},
        "statistics": told,
        "conversation_parts": {"conversation_parts": list(parts)}, **item,
    }  # fmt: skip
    return {
        "type": "notification_event", "id": f"notif_{topic}_{after_s}", "topic": topic,
        "data": {"item": whole}, "delivery_attempts": 1, "created_at": ASKED + after_s + 1,
    }  # fmt: skip


FIRST = {"first_contact_reply_at": ASKED, "first_admin_reply_at": ASKED + 60, "count_reopens": 0}
CREATED = notice("conversation.user.created", 0)
CLOSED = notice(
    "conversation.admin.closed", 299, told=FIRST, admin_assignee_id=5,
    parts=[part(3, ASKED + 299, "admin", "5")],
)  # fmt: skip
STORY = [
    CREATED,
    notice("conversation.admin.replied", 60, told=FIRST, parts=[part(1, ASKED + 60, "admin", "5")]),
    notice("conversation.user.replied", 90, told=FIRST, parts=[part(2, ASKED + 90, "user", "u9")]),
    notice(
        "conversation.admin.replied", 200, told=FIRST, parts=[part(9, ASKED + 200, "admin", "6")]
    ),
    CLOSED,
]
RATED = notice(
    "conversation.rating.added", 400, admin_assignee_id=5,
    conversation_rating={"rating": 4, "remark": "Thanks Jane", "teammate": {"id": 5}},
)  # fmt: skip
ADMIN: dict[str, Any] = {
    "type": "notification_event", "id": "notif_a", "topic": "admin.away_mode_updated",
    "created_at": ASKED,
    "data": {"item": {"type": "admin", "id": "5", "name": "Joe", "email": "joe@example.com",
                      "away_mode_enabled": True, "away_status_reason": "On lunch"}},
}  # fmt: skip
CALL: dict[str, Any] = {
    "type": "notification_event", "id": "notif_c", "topic": "call.ended", "created_at": ASKED + 95,
    "data": {"item": {
        "type": "call", "id": "123", "conversation_id": "456", "admin_id": "5",
        "contact_id": "u9", "state": "completed", "initiated_at": "2014-09-08T14:53:20Z",
        "answered_at": ASKED + 15, "ended_at": ASKED + 95, "direction": "inbound",
        "phone": "+33123456789",
    }},
}  # fmt: skip
SAMPLES = [REPLY, *STORY, RATED, ADMIN, CALL]


def read(*bodies: Any, **settings: Any) -> list[ev.Envelope | Refused]:
    adapter = build_source("intercom", {"intercom": {**SETTINGS, **settings}}, secret=SECRET)
    found: list[ev.Envelope | Refused] = []
    for number, one in enumerate(bodies, start=1):
        text = one if isinstance(one, str) else json.dumps(one)
        found += adapter.feed(SourceLine(number, text))
    return [*found, *adapter.finish()]


def rows(*bodies: Any, **settings: Any) -> list[dict[str, Any]]:
    told = []
    for event in read(*bodies, **settings):
        assert isinstance(event, ev.Envelope), event
        told.append(msgspec.to_builtins(event))
    return told


def types(*bodies: Any) -> list[str]:
    return [row["type"] for row in rows(*bodies)]


def ignored(one: Any) -> dict[str, int]:
    adapter = build_source("intercom", {"intercom": SETTINGS})
    assert list(adapter.feed(SourceLine(1, json.dumps(one)))) == []
    return dict(adapter.ignored)
