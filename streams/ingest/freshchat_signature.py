"""``X-Freshchat-Signature``: base64 of an RSA signature (PKCS #1 v1.5, SHA-256) over the body.

Checking one needs no secret and no library: the public key opens the signature to bytes that are
compared, as a whole, with those that a right one must have (RFC 8017, 8.2.2).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import NamedTuple

from streams.ingest.signatures import Asked, Refusal

_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_LEAST_BITS = 2048
_MOST_BITS = 8192
_SEQUENCE, _INTEGER, _BIT_STRING = 0x30, 0x02, 0x03
_FRAME = re.compile(r"-----(?:BEGIN|END) (?:RSA )?PUBLIC KEY-----")


class Freshchat:
    """Tells Freshchat's requests from those of others.

    Nothing in it tells the time: a request that is repeated is known by the id of its event.
    """

    def __init__(self, public_key: str) -> None:
        """``public_key`` is what Freshchat shows: PEM, or its base64 alone.

        Raises:
            ValueError: it is no RSA key of 2,048 to 8,192 bits.
        """
        self._key = read_public_key(public_key)

    def refusal(self, asked: Asked, now_s: float) -> Refusal | None:
        """Return why a request is refused."""
        given = asked.headers.get("X-Freshchat-Signature", "")
        if not given:
            return "no_signature"
        try:
            signature = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            return "bad_signature"
        return None if self._key.has_signed(asked.body, signature) else "bad_signature"


class PublicKey(NamedTuple):
    """An RSA key: the modulus and the exponent."""

    modulus: int
    exponent: int

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether a signature is that of a message."""
        size = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature, "big")
        if len(signature) != size or number >= self.modulus:
            return False
        opened = pow(number, self.exponent, self.modulus).to_bytes(size, "big")
        info = _SHA256_INFO + hashlib.sha256(message).digest()
        expected = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
        return hmac.compare_digest(opened, expected)


def read_public_key(text: str) -> PublicKey:
    """Return the key of a PEM text, or of its base64.

    Raises:
        ValueError: it is no RSA key of 2,048 to 8,192 bits.
    """
    try:
        der = base64.b64decode("".join(_FRAME.sub("", text).split()), validate=True)
        key = _key_of(der)
    except (ValueError, IndexError):
        raise ValueError("must be an RSA public key, as Freshchat shows it") from None
    if not _LEAST_BITS <= key.modulus.bit_length() <= _MOST_BITS:
        raise ValueError(f"must be an RSA key of {_LEAST_BITS} to {_MOST_BITS} bits")
    if key.exponent < 3 or key.exponent % 2 == 0 or key.exponent.bit_length() > 64:
        raise ValueError("must be an RSA key with a usual exponent")
    return key


def _key_of(der: bytes) -> PublicKey:
    outer, _ = _part(der, 0, _SEQUENCE)
    if outer[0] == _SEQUENCE:  # the kind of key, then the key in a bit string
        _, at = _part(outer, 0, _SEQUENCE)
        bits, _ = _part(outer, at, _BIT_STRING)
        outer, _ = _part(bits, 1, _SEQUENCE)
    modulus, at = _part(outer, 0, _INTEGER)
    exponent, _ = _part(outer, at, _INTEGER)
    return PublicKey(int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big"))


def _part(der: bytes, at: int, tag: int) -> tuple[bytes, int]:
    """Return the content of a DER element and where the next begins."""
    if der[at] != tag:
        raise ValueError("another element")
    length, begin = der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("a length out of range")
        length, begin = int.from_bytes(der[begin : begin + count], "big"), begin + count
    if begin + length > len(der):
        raise ValueError("the text is cut short")
    return der[begin : begin + length], begin + length
