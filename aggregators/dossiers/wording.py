"""The wording of an expression: what is the same to a reader gets the same form.

Lower case, no accents, one space between words; plurals are one with their singular. What could
tell who searched is left out: e-mail addresses and numbers as long as a telephone's.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 64
"""Characters of an expression; the rest is cut off."""

LONG_NUMBER = 7
"""From so many digits on an expression may hold the number of a person, card or contract."""

_PLAIN = re.compile(r"[a-z]+(?: [a-z]+)*")
_NOT_WORDS = re.compile(r"[\W_]+")
_PLURAL = re.compile(r"(?<=[^\W\d_]{3})(?<!s)s\b|(?<=eau)x\b|(?<=eu)x\b")


def _bare(raw: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", raw).casefold())
    return "".join([ch for ch in letters if not unicodedata.combining(ch)])


# Letter by letter, which most expressions are made of; the rest takes the long way.
_LETTERS = {ord(ch): _bare(ch) for ch in map(chr, range(ord("A"), 0x180)) if ch.isalpha()}


def plain(raw: str) -> str:
    """Return an expression in lower case and without accents; "" when it must not be listed.

    That is when it holds an e-mail address, seven digits or more, or no word at all.
    """
    if _PLAIN.fullmatch(raw):
        return _cut(raw)
    short = raw.translate(_LETTERS)
    if _PLAIN.fullmatch(short):
        return _cut(short)
    # Some signs only show what they are once they are folded: a half is two digits.
    bare = _bare(raw)
    if "@" in bare or sum(map(str.isdigit, bare)) >= LONG_NUMBER:
        return ""
    return _cut(_NOT_WORDS.sub(" ", bare).strip())


def _cut(expression: str) -> str:
    return expression if len(expression) <= LONGEST else expression[:LONGEST].rstrip()


def singular(expression: str) -> str:
    """Return a plain expression without the endings of plurals: what it is counted under."""
    return _PLURAL.sub("", expression)
