"""Names of Zendesk's events and channels, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping

from aggregators.envelope import Channel

PREFIX = "zen:event-type:"

LEFT_OUT_DOMAINS = frozenset(
    (
        "article", "community_post", "messaging_live_metrics", "omnichannel_config",
        "organization", "user",
    )
)  # fmt: skip
"""Domains whose events say nothing of a contact or of an agent's presence."""

LEFT_OUT = frozenset(
    (
        "ticket.attachment_linked", "ticket.attachment_linked_to_comment",
        "ticket.attachment_redacted", "ticket.attachment_redacted_from_comment",
        "ticket.brand_changed", "ticket.comment_made_private", "ticket.comment_redacted",
        "ticket.csat_received", "ticket.csat_requested", "ticket.custom_field_changed",
        "ticket.custom_status_changed", "ticket.description_changed", "ticket.email_ccs_changed",
        "ticket.external_id_changed", "ticket.followers_changed", "ticket.form_changed",
        "ticket.marked_as_spam", "ticket.next_sla_breach_changed", "ticket.ola_policy_changed",
        "ticket.organization_changed", "ticket.permanently_deleted", "ticket.priority_changed",
        "ticket.problem_link_changed", "ticket.requester_changed", "ticket.schedule_changed",
        "ticket.sla_policy_changed", "ticket.soft_deleted", "ticket.subject_changed",
        "ticket.submitter_changed", "ticket.tags_changed", "ticket.task_due_at_changed",
        "ticket.ticket_type_changed", "ticket.type_changed", "ticket.undeleted",
        "agent.channel_created", "agent.channel_deleted", "agent.groups_updated",
        "agent.max_capacity_changed", "agent.work_item_added", "agent.work_item_removed",
        "agent.work_item_updated",
    )
)  # fmt: skip
"""Events of tickets and agents that are known and left out on purpose."""

_MESSAGING = (
    "any_channel", "apple_business_chat", "facebook", "facebook_messenger", "google_rcs",
    "instagram_dm", "kakaotalk", "line", "messaging", "mobile_sdk", "native_messaging", "sms",
    "sunshine_conversations_api", "telegram", "twitter_dm", "viber", "wechat", "whatsapp",
)  # fmt: skip
CHANNELS: Mapping[str, Channel] = {
    **dict.fromkeys(_MESSAGING, "messaging"),
    "chat": "chat",
    "email": "email",
    "mail": "email",
    "twitter": "social",
    "voice": "voice",
}
"""``via.channel`` to channel; all others, such as ``web`` and ``api``, are ``ticket``."""

UNSOLVED = frozenset(("new", "open", "pending", "hold", "on_hold"))
SOLVED, CLOSED = "solved", "closed"
STATUSES = UNSOLVED | {SOLVED, CLOSED}
