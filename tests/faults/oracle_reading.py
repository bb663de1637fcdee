"""The oracle's first half: from the bytes of a record to an event, or to why it is refused.

Written from the description of the inputs alone. It judges contact events (topics ``calls`` and
``chats``); anything else that it cannot judge it refuses loudly, so that it is never a wrong
witness.
"""

from __future__ import annotations

import json
import re
from typing import Any

Event = dict[str, Any]

LARGEST_BYTES = 65_536
FUTURE_MS = 300_000
YEAR_1990_MS = 631_152_000_000
YEAR_9999_MS = 253_402_300_799_999
LONGEST_MS = 30 * 86_400_000

LEG = ("contact_id", "leg_id")
REQUIRED: dict[str, tuple[str, ...]] = {
    "contact.created": ("contact_id", "channel"),
    "contact.queued": (*LEG, "channel", "queue"),
    "contact.agent_offered": (*LEG, "offer_id", "agent_id"),
    "contact.agent_offer_missed": (*LEG, "offer_id", "agent_id", "outcome"),
    "contact.answered": (*LEG, "agent_id"),
    "message.posted": ("contact_id", "message_id", "author"),
    "contact.hold_started": (*LEG, "hold_id"),
    "contact.hold_ended": (*LEG, "hold_id"),
    "contact.transferred": (*LEG, "kind"),
    "contact.abandoned": ("contact_id", "stage"),
    "contact.flow_out": (*LEG, "reason"),
    "contact.callback_requested": (*LEG, "callback_id"),
    "contact.callback_attempted": ("contact_id", "callback_id", "attempt"),
    "contact.callback_done": ("contact_id", "callback_id", "outcome"),
    "contact.ended": ("contact_id",),
    "contact.wrap_up_started": (*LEG, "agent_id"),
    "contact.wrap_up_ended": (*LEG, "agent_id"),
}
"""Contact events in the order of a contact's life, which also orders facts of one instant."""

ELSEWHERE = frozenset(
    (
        "ticket.opened", "ticket.assigned", "ticket.replied", "ticket.solved", "ticket.reopened",
        "ticket.escalated", "ticket.merged", "agent.login", "agent.logout", "agent.state",
        "agent.heartbeat", "survey.sent", "survey.answered", "quality.evaluated",
        "selfcare.session_started", "selfcare.faq_searched", "selfcare.article_viewed",
        "selfcare.handed_off", "selfcare.contained", "order.placed", "cart.created",
        "cart.abandoned", "cost.booked", "customers.counted", "staff.counted",
    )
)  # fmt: skip
"""Types that belong to other topics."""

WORDS: dict[str, frozenset[str]] = {
    "channel": frozenset(
        ("voice", "chat", "messaging", "email", "ticket", "social", "task", "selfcare")
    ),
    "direction": frozenset(("in", "out")),
    "stage": frozenset(("ivr", "queue", "ring")),
    "kind": frozenset(("blind", "attended", "queue")),
    "author": frozenset(("customer", "agent", "bot", "system")),
    "scope": frozenset(("internal", "external")),
    "time_quality": frozenset(("exact", "second", "arrival")),
}
REASONS_TO_LEAVE = frozenset(
    (
        "timeout", "key", "no_agent", "full", "closed", "divert", "voicemail", "selfcare",
        "error", "other",
    )
)  # fmt: skip
TEXTS = frozenset(
    (
        "event_id", "type", "source", "contact_id", "leg_id", "channel", "direction", "queue",
        "team", "agent_id", "motive", "offer_id", "hold_id", "callback_id", "outcome", "stage",
        "kind", "scope", "reason", "transferred_from", "message_id", "author",
    )
)  # fmt: skip
DURATIONS = ("wait_ms", "ring_ms", "talk_ms", "hold_ms", "acw_ms")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}")


class CannotJudgeError(Exception):
    """The traffic holds something that the oracle does not know the rule for."""


class _BrokenError(ValueError):
    """Not JSON as it is wanted: a key twice, or a word that JSON does not have."""


def read_event(topic: str, key: bytes | None, value: bytes | None, append_ms: int) -> Event | str:
    """The event of a record of ``calls`` or ``chats`` (canonical name), or the reason why not."""
    if not value:
        return "not_json"
    if len(value) > LARGEST_BYTES:
        return "too_large"
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return "not_utf8"
    if "\0" in text:
        return "not_utf8"
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return "not_json"
    if not isinstance(found, dict):
        return "not_json"
    return _envelope(topic, found) or _fields(found) or _place(found, key, append_ms) or found


def _once(pairs: list[tuple[str, Any]]) -> Event:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _BrokenError
    return found


def _no_constant(word: str) -> Any:
    raise _BrokenError(word)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _envelope(topic: str, event: Event) -> str | None:
    if not _is_int(event.get("v")) or event["v"] != 1:
        return "unsupported_version"
    kind = event.get("type")
    if kind is None:
        return "missing_field"
    if not isinstance(kind, str):
        return "bad_type"
    if kind in ELSEWHERE or (kind == "message.posted" and topic == "calls"):
        return "wrong_topic"
    return None if kind in REQUIRED else "unknown_type"


def _fields(event: Event) -> str | None:
    for name in ("event_id", "source", "event_time_ms", *REQUIRED[event["type"]]):
        if event.get(name) is None:
            return "missing_field"
    for name, value in event.items():
        if name in TEXTS and not isinstance(value, str):
            return "bad_type"
        if (name.endswith("_ms") or name == "revision") and not _is_int(value):
            return "bad_type"
        if name in ("retracted", "test", "public") and not isinstance(value, bool):
            return "bad_type"
        if name in WORDS and value not in WORDS[name]:
            return "bad_value"
        if name in DURATIONS and not 0 <= value <= LONGEST_MS:
            return "bad_value"
        if name == "revision" and value < 0:
            return "bad_value"
        if name.endswith("_id") and not 0 < len(value) <= (200 if name == "event_id" else 128):
            return "bad_value"
    if event["type"] == "contact.flow_out" and event["reason"] not in REASONS_TO_LEAVE:
        return "bad_value"
    return None


def _place(event: Event, key: bytes | None, append_ms: int) -> str | None:
    at_ms = event["event_time_ms"]
    if not YEAR_1990_MS <= at_ms <= YEAR_9999_MS:
        return "bad_time"
    if at_ms > append_ms + FUTURE_MS:
        return "future_time"
    if key is None or key != event["contact_id"].encode():
        return "key_mismatch"
    if any(MAIL.search(value) for name, value in event.items() if name in TEXTS):
        return "personal_data"
    if event["type"] == "contact.abandoned" and event["stage"] != "ivr" and "leg_id" not in event:
        return "missing_field"
    return None
