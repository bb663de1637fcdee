"""How a platform proves that a request is its own: one small class per scheme.

A scheme looks at the raw body and the headers and says why a request is refused, or nothing. The
sender never learns which it was. Every comparison takes the same time whatever it finds. Several
secrets may hold at a time, so that one can be changed without losing a request.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

Refusal: TypeAlias = Literal["no_signature", "stale", "bad_signature"]
TOLERANCE_S = 300.0
_SECONDS = re.compile(r"\d{1,12}")
_STANDARD_PREFIX = "whsec_"


class Asked(Struct, frozen=True, kw_only=True):
    """What is signed of a request: names of ``headers`` in any case, ``query`` as it was sent
    (without the question mark), ``path_token`` behind the source's path."""

    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    path_token: str = ""


class Scheme(Protocol):
    """Tells requests of the platform from those of others."""

    def refusal(self, asked: Asked, now_s: float) -> Refusal | None:
        """Return why a request is refused, None if it is the platform's own."""
        ...


class Zendesk:
    """``X-Zendesk-Webhook-Signature``: base64 of HMAC-SHA256 over timestamp and body."""

    def __init__(self, secrets: Sequence[str], tolerance_s: float = TOLERANCE_S) -> None:
        self._keys = _keys(secrets)
        self._tolerance_s = tolerance_s

    def refusal(self, asked: Asked, now_s: float) -> Refusal | None:
        """Return why a request is refused."""
        given = asked.headers.get("X-Zendesk-Webhook-Signature", "")
        written = asked.headers.get("X-Zendesk-Webhook-Signature-Timestamp", "")
        if not given or not written:
            return "no_signature"
        if not _is_fresh(_iso_s(written), now_s, self._tolerance_s):
            return "stale"
        signed = _bytes(written) + asked.body
        return any_equal(
            (base64.b64encode(hmac.digest(key, signed, "sha256")) for key in self._keys), (given,)
        )


class Intercom:
    """``X-Hub-Signature``: ``sha1=`` and HMAC-SHA1 over the body, by the app's client secret.

    Nothing in it tells the time: a request that is repeated is known by the id of its event.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = _keys(secrets)

    def refusal(self, asked: Asked, now_s: float) -> Refusal | None:
        """Return why a request is refused."""
        given = asked.headers.get("X-Hub-Signature", "")
        if not given:
            return "no_signature"
        return any_equal(
            (b"sha1=" + _hex(hmac.digest(key, asked.body, "sha1")) for key in self._keys), (given,)
        )


class Chatwoot:
    """``X-Chatwoot-Signature``: ``sha256=`` and HMAC-SHA256 over ``timestamp.body``.

    Versions of Chatwoot before signatures need :class:`PathToken`.
    """

    def __init__(self, secrets: Sequence[str], tolerance_s: float = TOLERANCE_S) -> None:
        self._keys = _keys(secrets)
        self._tolerance_s = tolerance_s

    def refusal(self, asked: Asked, now_s: float) -> Refusal | None:
        """Return why a request is refused."""
        given = asked.headers.get("X-Chatwoot-Signature", "")
        written = asked.headers.get("X-Chatwoot-Timestamp", "")
        if not given or not written:
            return "no_signature"
        if not _is_fresh(_unix_s(written), now_s, self._tolerance_s):
            return "stale"
        signed = _bytes(written) + b"." + asked.body
        return any_equal(
            (b"sha256=" + _hex(hmac.digest(key, signed, "sha256")) for key in self._keys),
            (given,),
        )


class StandardWebhooks:
    """``webhook-signature``: ``v1,`` and base64 of HMAC-SHA256 over ``id.timestamp.body``.

    The header may hold several signatures, of several keys. Only symmetric ones (``v1``) are
    read. Headers that begin with ``svix-`` are the same by their older name.
    """

    def __init__(self, secrets: Sequence[str], tolerance_s: float = TOLERANCE_S) -> None:
        """``secrets`` are base64, with or without ``whsec_``.

        Raises:
            ValueError: one is no base64.
        """
        self._keys = [_standard_key(secret) for secret in secrets]
        self._tolerance_s = tolerance_s

    def refusal(self, asked: Asked, now_s: float) -> Refusal | None:
        """Return why a request is refused."""
        headers = asked.headers
        names = "webhook" if "webhook-id" in headers else "svix"
        message = headers.get(f"{names}-id", "")
        written = headers.get(f"{names}-timestamp", "")
        given = [
            text.removeprefix("v1,")
            for text in headers.get(f"{names}-signature", "").split()
            if text.startswith("v1,")
        ]
        if not message or not written or not given:
            return "no_signature"
        if not _is_fresh(_unix_s(written), now_s, self._tolerance_s):
            return "stale"
        signed = b".".join((_bytes(message), _bytes(written), asked.body))
        return any_equal(
            (base64.b64encode(hmac.digest(key, signed, "sha256")) for key in self._keys), given
        )


class Bearer:
    """``Authorization: Bearer`` and a token."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._tokens = _keys(secrets)

    def refusal(self, asked: Asked, now_s: float) -> Refusal | None:
        """Return why a request is refused."""
        kind, _, given = asked.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not given.strip():
            return "no_signature"
        return any_equal(self._tokens, (given.strip(),))


class PathToken:
    """A token as the last part of the path: for platforms that can only call an address."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._tokens = _keys(secrets)

    def refusal(self, asked: Asked, now_s: float) -> Refusal | None:
        """Return why a request is refused."""
        if not asked.path_token:
            return "no_signature"
        return any_equal(self._tokens, (asked.path_token,))


class Unsigned:
    """No proof at all: only for a receiver that nobody but this machine can reach."""

    def refusal(self, asked: Asked, now_s: float) -> Refusal | None:
        """Refuse nothing."""
        return None


def any_equal(expected: Iterable[bytes], given: Iterable[str]) -> Refusal | None:
    """Refuse what equals none; every pair is compared, each in constant time."""
    texts = [_bytes(text) for text in given]
    found = [hmac.compare_digest(one, text) for one in expected for text in texts]
    return None if any(found) else "bad_signature"


def sha256_hex(body: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def _standard_key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_STANDARD_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("must be base64, with or without whsec_ before it")
    return key


def _keys(secrets: Sequence[str]) -> list[bytes]:
    return [secret.encode() for secret in secrets]


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _hex(digest: bytes) -> bytes:
    return digest.hex().encode()


def _is_fresh(written_s: float | None, now_s: float, tolerance_s: float) -> bool:
    return written_s is not None and abs(now_s - written_s) <= tolerance_s


def _unix_s(written: str) -> float | None:
    return float(written) if written.isascii() and _SECONDS.fullmatch(written) else None


def _iso_s(written: str) -> float | None:
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        return None
    return None if read.tzinfo is None else read.timestamp()
