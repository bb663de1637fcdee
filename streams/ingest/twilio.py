"""``X-Twilio-Signature``: base64 of HMAC-SHA1 over the address and the fields of the form.

The address is the one that Twilio was told, so behind a proxy it has to be in the settings. A body
that is no form is signed by its SHA-256, which then stands in the query as ``bodySHA256``.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

from streams.ingest.signatures import Asked, Refusal, any_equal, sha256_hex

FORM = "application/x-www-form-urlencoded"
_PORTS = {"https": 443, "http": 80}
_MOST_FIELDS = 1_000


class Twilio:
    """Tells Twilio's requests from those of others.

    Nothing in it tells the time: a request that is repeated is known by the id of its event.
    """

    def __init__(self, secrets: Sequence[str], public_url: str) -> None:
        """``public_url`` is what Twilio calls, without a query; ``secrets`` are auth tokens.

        Raises:
            ValueError: it is no address.
        """
        self._keys = [secret.encode() for secret in secrets]
        self._addresses = tuple(_spellings(public_url))

    def refusal(self, asked: Asked, now_s: float) -> Refusal | None:
        """Return why a request is refused."""
        given = asked.headers.get("X-Twilio-Signature", "")
        if not given:
            return "no_signature"
        fields = ""
        if asked.headers.get("Content-Type", "").partition(";")[0].strip().lower() == FORM:
            try:
                fields = _fields(asked.body)
            except ValueError:
                return "bad_signature"
        elif not self._is_body_of(asked):
            return "bad_signature"
        query = f"?{asked.query}" if asked.query else ""
        signed = [f"{address}{query}{fields}".encode() for address in self._addresses]
        return any_equal(
            (
                base64.b64encode(hmac.digest(key, text, "sha1"))
                for key in self._keys
                for text in signed
            ),
            (given,),
        )

    def _is_body_of(self, asked: Asked) -> bool:
        """Whether the query names the body; the signature covers the query."""
        named = parse_qs(asked.query, max_num_fields=_MOST_FIELDS).get("bodySHA256", [""])[0]
        expected = sha256_hex(asked.body)
        return hmac.compare_digest(expected.encode(), named.lower().encode())


def _fields(body: bytes) -> str:
    """Return names and values in the order that is signed: each pair once, sorted."""
    pairs = parse_qsl(
        body.decode("utf-8"),
        keep_blank_values=True,
        errors="strict",
        max_num_fields=_MOST_FIELDS,
    )
    return "".join(name + value for name, value in sorted(set(pairs)))


def _spellings(public_url: str) -> Iterator[str]:
    """Give the address as it is written, and with the port of its kind added or left out."""
    parts = urlsplit(public_url)
    port = _PORTS.get(parts.scheme)
    if port is None or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be the address that Twilio calls, such as https://HOST/in/NAME")
    host = parts.netloc.rpartition("@")[2]  # Twilio signs without a user and a password
    bare = host.removesuffix(f":{parts.port}") if parts.port is not None else host
    yield urlunsplit(parts._replace(netloc=host))
    if parts.port is None:
        yield urlunsplit(parts._replace(netloc=f"{host}:{port}"))
    elif parts.port == port:
        yield urlunsplit(parts._replace(netloc=bare))
