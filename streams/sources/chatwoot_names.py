"""Names of Chatwoot's events and inboxes, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping

from aggregators.envelope import Author, Channel

LEFT_OUT = frozenset(
    (
        "assignee_changed", "contact_created", "contact_updated", "conversation_contact_changed",
        "conversation_opened", "conversation_read", "conversation_resolved",
        "conversation_typing_off", "conversation_typing_on", "first_reply_created",
        "inbox_created", "inbox_updated", "reply_created", "team_changed", "webwidget_triggered",
    )
)  # fmt: skip
"""Events that are known and left out; ``conversation_resolved`` and ``conversation_opened`` are
old and say the same as ``conversation_status_changed``."""

CHANNELS: Mapping[str, Channel] = {
    "api": "chat",
    "email": "email",
    "facebookpage": "messaging",
    "instagram": "messaging",
    "line": "messaging",
    "sms": "messaging",
    "telegram": "messaging",
    "tiktok": "messaging",
    "twiliosms": "messaging",
    "twitterprofile": "social",
    "webwidget": "chat",
    "whatsapp": "messaging",
}
"""``Channel::...`` in lower case to channel; what is not here is ``chat``."""

MESSAGE_TYPES: Mapping[str, Author | None] = {
    "incoming": "customer", "0": "customer",
    "outgoing": "agent", "1": "agent",
    "activity": None, "2": None,
    "template": "system", "3": "system",
}  # fmt: skip
"""``message_type``, as a word or as the number of the same, to author; None are no messages."""

BOTS = frozenset(("agent_bot", "agentbot", "bot", "captain_assistant", "captain::assistant"))
STATUSES = frozenset(("open", "resolved", "pending", "snoozed"))
FIRST_LEG = "1"
