"""Themes of free text, by the key words of the settings (kpis.md, section 10).

The text itself never gets further than the edge, where it is read: only the names of its themes
do. Words are compared without case, accents and plural.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from aggregators.dossiers.wording import singular
from aggregators.policy import OTHER, Rules
from aggregators.scales import plain

MAX_THEMES = 20
"""An answer has so many themes at most; further ones are left out."""

_WORD = re.compile(r"\w+\*?")


def folded(text: str) -> list[str]:
    """Return the words of a text without case, accents and plural. Digits stay, signs go."""
    return _WORD.findall(singular(plain(text).replace("_", " ")))


def folded_keys(words: Iterable[str]) -> tuple[str, ...]:
    """Return the key words of a theme as :func:`themes_of` looks for them.

    A key of several words is found where they follow each other; one that ends in ``*`` where a
    word begins with it. Keys without a letter or digit are left out.
    """
    keys: dict[str, None] = {}
    for word in words:
        parts = folded(word)
        if parts:
            key = " " + " ".join(parts)
            keys[key[:-1] if key.endswith("*") else key + " "] = None
    return tuple(keys)


def themes_of(text: str, rules: Rules) -> list[str]:
    """Return the themes of which a text has a key word, in the order of the settings."""
    if not rules.themes:
        return []
    words = " " + " ".join(word.replace("*", "") for word in folded(text)) + " "
    return [name for name, keys in rules.themes.items() if any(key in words for key in keys)]


def merged(told: Sequence[str] | None, found: Sequence[str]) -> list[str] | None:
    """Return the themes that an event told and those found in its text; None for no themes."""
    return list(dict.fromkeys((*(told or ()), *found))) or None


def counted(told: Iterable[str] | None, themes: Mapping[str, object]) -> list[str]:
    """Return the themes under which an answer counts, each once.

    Where the settings declare themes, all others count as ``__other__``; where they declare none,
    names are taken as they are told.
    """
    names: dict[str, None] = {}
    for name in told or ():
        short = name.strip()
        if short:
            names[short if not themes or short in themes else OTHER] = None
    return list(names)[:MAX_THEMES]
