"""Signed links to acknowledge an alert: whoever got the message may open it, nobody else.

The signature covers the alert and the expiry; whether a link has expired is asked by the caller.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote

from aggregators.policy import DAY_MS
from alerts.plan import Plan

VALID_MS = DAY_MS
"""How long a link in a message works."""


def acknowledge_url(plan: Plan, alert_id: str, expires_ms: int) -> str:
    """Return a link that works until ``expires_ms``; "" without a public URL or a secret."""
    if not plan.public_url or not plan.link_secret:
        return ""
    signature = _signature(plan.link_secret, alert_id, expires_ms)
    path = f"{plan.public_url}/alerts/{quote(alert_id, safe='')}"
    return f"{path}?expires={expires_ms}&signature={signature}"


def is_signed(plan: Plan, alert_id: str, expires_ms: int, signature: str) -> bool:
    """Tell whether a link was made here, in a time that does not depend on the signature."""
    if not plan.link_secret:
        return False
    expected = _signature(plan.link_secret, alert_id, expires_ms)
    return hmac.compare_digest(expected.encode(), signature.encode(errors="backslashreplace"))


def _signature(secret: bytes, alert_id: str, expires_ms: int) -> str:
    # The purpose is signed too: one secret must not let one kind of link stand for another.
    text = f"acknowledge\n{expires_ms}\n{alert_id}"
    digest = hmac.new(secret, text.encode(errors="backslashreplace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
