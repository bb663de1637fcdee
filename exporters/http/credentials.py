"""What a request shows to say who asks: a bearer token, or a name with its password."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable

from msgspec import Struct

from exporters.http.roles import Principal, Role


class Token(Struct, frozen=True):
    """A bearer token; ``name`` None is one that many share, whose holders say who they are."""

    name: str | None
    text: str
    role: Role

    def __repr__(self) -> str:
        return f"Token({self.name!r}, {self.role!r})"


class Bearer(Struct, frozen=True):
    """A token as it was sent."""

    digest: bytes


class Basic(Struct, frozen=True):
    """A name and a password as they were sent."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Basic(...)"


def read_authorization(header: str) -> Bearer | Basic | None:
    """Return what an Authorization header shows; None for what is neither."""
    scheme, _, given = header.partition(" ")
    given = given.strip()
    if scheme.lower() == "bearer" and given:
        return Bearer(digest(given))
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(given, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return Basic(user, password) if colon else None


def digest(token: str) -> bytes:
    """Return what tokens are compared by: finding it in a table tells nothing about the token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def principals_of(tokens: Iterable[Token]) -> dict[bytes, Principal]:
    """Return who holds each token, by its digest.

    Raises ValueError for an empty token and for one that two have.
    """
    found: dict[bytes, Principal] = {}
    for token in tokens:
        if not token.text.strip():
            raise ValueError("the token is empty; set one or leave it out")
        key = digest(token.text)
        if key in found:
            raise ValueError("two names have the same token; give each its own")
        found[key] = Principal(token.name, token.role, key)
    return found
