"""Signed webhooks, as Standard Webhooks ask: an id, a time, and a signature over both and the body.

The id is the same for every try, so the receiver can leave out what it has already.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

import msgspec

from alerts.message import Message, message_data
from alerts.notify import Undelivered
from alerts.notify.guard import Answer, GuardedSession
from alerts.plan import WebhookTarget

_TEMPORARY_4XX = (408, 425, 429)


class WebhookSender:
    """Posts messages to one address."""

    def __init__(
        self,
        target: WebhookTarget,
        session: GuardedSession,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` gives seconds since the epoch."""
        self._target = target
        self._session = session
        self._clock = clock

    async def send(self, message: Message) -> None:
        """See :class:`alerts.notify.Sender`."""
        body = msgspec.json.encode(message_data(message))
        at_s = int(self._clock())
        answer = await self._session.post(
            self._target.url,
            body,
            {
                "Content-Type": "application/json",
                "webhook-id": message.id,
                "webhook-timestamp": str(at_s),
                "webhook-signature": signature(self._target.secret, message.id, at_s, body),
            },
        )
        check_answer(answer)


def signature(secret: bytes, message_id: str, at_s: int, body: bytes) -> str:
    """Return the header ``webhook-signature``."""
    signed = b"%b.%d.%b" % (message_id.encode(), at_s, body)
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def check_answer(answer: Answer) -> None:
    """Return for a 2xx. Raises Undelivered: final where the same again gives the same."""
    status = answer.status
    if 200 <= status < 300:
        return
    if status == 429:
        raise Undelivered("http_429", is_final=False, retry_after_s=answer.retry_after_s)
    if 300 <= status < 400:
        raise Undelivered("http_3xx", is_final=True)
    if 400 <= status < 500:
        raise Undelivered("http_4xx", is_final=status not in _TEMPORARY_4XX)
    raise Undelivered("http_5xx", is_final=False, retry_after_s=answer.retry_after_s)
