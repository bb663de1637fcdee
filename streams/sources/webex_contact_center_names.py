"""Names of Webex Contact Center: where things stand in a body, and the words that stand there."""

from __future__ import annotations

from collections.abc import Mapping

PATHS: Mapping[str, str] = {
    "event": "type",
    "time": "data.createdTime",
    "task": "data.taskId",
    "queue": "data.queueId",
    "agent": "data.agentId",
    "team": "data.teamId",
    "channel": "data.channelType",
    "direction": "data.direction",
    "origin": "data.origin",
    "destination": "data.destination",
    "state": "data.currentState",
    "idle_code": "data.idleCodeName",
    "ended_by": "data.terminatingParty",
    "reason": "data.reason",
}
"""Where each thing stands in a body, unless the settings say otherwise."""

TIMES = ("comciscotimestamp", "time")
"""Where the time stands if it is not at its path."""
CHANNELS = {
    "telephony": "voice", "chat": "chat", "email": "email", "social": "social",
    "sms": "messaging", "whatsapp": "messaging", "facebook": "messaging",
    "custommessaging": "messaging", "workitem": "task",
}  # fmt: skip
STATES = {"available": "available", "idle": "pause"}
STATE_CLASSES = ("available", "pause", "other", "offline", "ignore")
LEFT_OUT = frozenset(
    {
        "task:connect", "task:on-hold", "task:hold-done", "task:consulting", "task:consult-done",
        "task:conferencing", "task:conference-done", "task:conference-transferred",
        "task:origin-updated", "task-message:appended", "task-message:append-failed",
        "capture:available",
    }
)  # fmt: skip
STATES_LEFT_OUT = frozenset(
    {
        "consulting", "consult-done", "conferencing", "conference-done", "engaged",
        "engagedother", "reserved", "loggedout", "logged-out",
    }
)  # fmt: skip
IN_TALK = frozenset({"connected", "on-hold", "hold-done"})
CHANNEL_WORDS = ("voice", "chat", "messaging", "email", "ticket", "social", "task")
