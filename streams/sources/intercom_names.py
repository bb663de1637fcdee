"""Topics of Intercom's webhooks, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping

from aggregators.envelope import Channel

LEFT_OUT_DOMAINS = frozenset(
    (
        "api", "article", "company", "contact", "content_stat", "conversation_part",
        "data_connector", "event", "granular", "job", "ping", "subscription", "ticket", "user",
        "visitor",
    )
)  # fmt: skip
"""First words of topics that are left out whole; ``ticket`` are Intercom's own tickets."""

LEFT_OUT = frozenset(
    (
        "admin.activity_log_event.created", "admin.added_to_workspace",
        "admin.removed_from_workspace", "call.recording_available",
        "call.transcription_available", "conversation.admin.noted",
        "conversation.admin.replied.translated", "conversation.admin.snoozed",
        "conversation.admin.unsnoozed", "conversation.company.updated",
        "conversation.contact.attached", "conversation.contact.detached", "conversation.deleted",
        "conversation.priority.updated", "conversation.read",
    )
)  # fmt: skip
"""Topics that are known and left out on purpose."""

CHANNELS: Mapping[str, Channel] = {
    "conversation": "chat",
    "email": "email",
    "facebook": "messaging",
    "instagram": "messaging",
    "phone_call": "voice",
    "phone_switch": "chat",
    "push": "chat",
    "sms": "messaging",
    "twitter": "social",
    "whatsapp": "messaging",
}
"""``source.type`` of a conversation to channel; what is not here, or not told, is ``chat``."""

CONTAINED: Mapping[str, str] = {
    "assumed_resolution": "assumed", "confirmed_resolution": "confirmed",
}  # fmt: skip
HANDED_OFF: Mapping[str, str] = {
    "escalated": "asked",
    "negative_feedback": "negative_feedback",
    "procedure_handoff": "policy",
    "routed_to_team": "other",
}
"""``ai_agent.resolution_state`` to how the session with the AI agent ended."""
