"""How messages leave: one module for each kind of target.

A sender tries once and says what came of it; :mod:`alerts.delivery` decides about trying again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

from alerts.message import Message

Reason: TypeAlias = Literal[
    "timeout", "refused", "http_3xx", "http_4xx", "http_429", "http_5xx", "rejected", "forbidden",
    "invalid", "error", "queue_full", "no_target", "gave_up",
]  # fmt: skip

REASONS: Mapping[Reason, str] = {
    "timeout": "no answer in time, or one that came in drips",
    "refused": "no connection: nobody listens, no such name, or TLS failed",
    "http_3xx": "the answer leads elsewhere, which is never followed",
    "http_4xx": "the target does not want this message",
    "http_429": "the target asks for fewer messages",
    "http_5xx": "the target failed",
    "rejected": "the service did not take the message and gave no reason",
    "forbidden": "the address is not one that may be called; name its host in the settings",
    "invalid": "the URL of the target, or the message, cannot be used",
    "error": "a fault of vigie's own",
    "queue_full": "too many messages wait for the target",
    "no_target": "the target is not in the settings any more",
    "gave_up": "tried again and again for as long as makes sense",
}
"""Every reason why a message did not arrive; labels of metrics and words of an alert's story."""


class Undelivered(Exception):  # noqa: N818 - what is the case, not a fault of the program
    """One try failed. ``is_final``: trying again cannot help. The text carries no URL."""

    def __init__(
        self, reason: Reason, *, is_final: bool, retry_after_s: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.is_final = is_final
        self.retry_after_s = retry_after_s


class Sender(Protocol):
    """Takes messages to one target."""

    async def send(self, message: Message) -> None:
        """Try once, in bounded time. Raises Undelivered."""
