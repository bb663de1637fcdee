"""Customers stay unknown: keyed hashes for their ids, and no clear e-mail or phone number.

Ids of machines look a lot like phone numbers, so only *clear* numbers are recognised: with an
international prefix, or in a national notation with leading zero or brackets. A bare run of
digits may be any id.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache

KEY_HEX_LENGTH = 32
"""128 bits of the HMAC, in hexadecimal."""

_EMAIL = re.compile(r"[\w.%+\-]+@[\w\-]+(?:\.[\w\-]+)*\.[^\W\d_]{2,24}(?![\w\-])")
_EXTENSION = re.compile(r"\d{1,6}@")  # a SIP extension at its exchange: an agent, no customer
_INTERNATIONAL = re.compile(r"(?<!\w)\+\(?\d(?:[ .()/\-]{0,2}\d){7,14}(?!\d)")
_BRACKETS = re.compile(r"\(0?\d{2,4}\) ?\d{3,4}[ .\-]?\d{3,5}(?![\w\-])")
_NATIONAL = re.compile(
    r"(?<![\w.+\-])(?:"
    r"00[1-9]\d{8,13}"
    r"|00[1-9]\d?(?:[ .\-/]\d{1,4}){3,6}"
    r"|0[1-9](?:[ .\-]?\d{2}){4}"
    r")(?![\w\-]|\.\d)"
)
_BARE_NUMBER = re.compile(r"\d{7,15}")

_PERSONAL_MEMBERS = (
    "name|first_?name|last_?name|full_?name|user_?name|customer|customer_?name|"
    "contact_?name|e_?mail|e_?mail_?address|mail|phone|phone_?number|telephone|tel|mobile|msisdn|"
    "caller|caller_?id|caller_?id_?num|caller_?id_?name|ani|from|to|address|street|city|ip|"
    "subject|body|text|html|message|content|comment|comments|description|note|notes|keyword|"
    "transcript|verbatim|attachments?|requester"
)
_MEMBER = re.compile(
    rf'("(?:{_PERSONAL_MEMBERS})"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?\Z)|-?\d[\d.eE+\-]*)',
    re.IGNORECASE | re.DOTALL,
)
_VERBATIMS = re.compile(  # no string: a list or a mapping of texts
    r'("verbatim"\s*:\s*)[\[{](?:[^\]}"]|"(?:[^"\\]|\\.)*+(?:"|\\?\Z))*+(?:[\]}]|\Z)',
    re.IGNORECASE | re.DOTALL,
)
_CLEAR_KEY = re.compile(r'("customer_key"\s*:\s*)(?:"\d{7,15}"|\d+)')
_UNKNOWN_CALLERS = frozenset(
    {
        "",
        "anonymous",
        "unknown",
        "private",
        "restricted",
        "unavailable",
        "none",
        "null",
        "<unknown>",
    }
)


def customer_key(secret: bytes, customer: str) -> str | None:
    """Return the keyed hash (HMAC-SHA-256, 128 bits, hexadecimal) of a customer's id.

    Spaces and punctuation of phone numbers and the case of e-mail addresses do not matter, so
    one customer has one key. None when no ``secret`` is configured (the id is dropped then) or
    when the id is empty or says that the caller is unknown.
    """
    plain = customer.strip().casefold()
    if not secret or plain in _UNKNOWN_CALLERS:
        return None
    digits = re.sub(r"[ .()/\-]", "", plain)
    if digits.removeprefix("+").isdecimal():
        plain = digits
    return hmac.new(secret, plain.encode(), hashlib.sha256).hexdigest()[:KEY_HEX_LENGTH]


def personal_data(value: str) -> str | None:
    """Return what personal datum a value holds in clear, None if it holds none."""
    value = value.strip()  # as names are, later
    # Each pattern needs one of these; nearly all ids and names are done here.
    if value[:1] == "0" or "@" in value or "+" in value or "(" in value:
        return _clear(value)
    return None


@lru_cache(maxsize=8192)
def _clear(value: str) -> str | None:
    if "@" in value:
        for found in _EMAIL.finditer(value):
            if not _EXTENSION.match(found.group()):
                return "an e-mail address"
    if _INTERNATIONAL.search(value) or _NATIONAL.match(value) or _BRACKETS.search(value):
        return "a phone number"
    return None


def is_bare_number(value: str) -> bool:
    """Whether a customer key is a plain number of phone-number length: no keyed hash is."""
    return _BARE_NUMBER.fullmatch(value.strip()) is not None


def redact(text: str) -> str:
    """Return a text without e-mail addresses, phone numbers and values of personal members.

    Works on broken JSON too. Ids stay, so that a repaired message can be sent again.
    """
    text = _MEMBER.sub(r'\1"[redacted]"', text)
    text = _VERBATIMS.sub(r'\1"[redacted]"', text)
    text = _CLEAR_KEY.sub(r'\1"[redacted]"', text)
    text = _EMAIL.sub("[email]", text)
    for number in (_INTERNATIONAL, _NATIONAL, _BRACKETS):
        text = number.sub("[phone]", text)
    return text
