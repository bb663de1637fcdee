"""Plain HTTP questions to the components, for tests that wait for an answer."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import Any

import msgspec


def get_text(url: str, timeout_s: float = 5.0) -> str:
    """Body of the answer; an answer of 400 and above raises :class:`urllib.error.HTTPError`."""
    with urllib.request.urlopen(url, timeout=timeout_s) as answer:
        body: bytes = answer.read()
    return body.decode()


def get_json(url: str, timeout_s: float = 5.0) -> Any:
    """The decoded JSON of the answer."""
    return msgspec.json.decode(get_text(url, timeout_s))


def answers(url: str) -> bool:
    """Whether a GET is answered with a 2xx now."""
    try:
        get_text(url, timeout_s=2.0)
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return False
    return True
