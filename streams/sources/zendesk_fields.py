"""Single fields of Zendesk's bodies: ids, statuses, authors, and the levels of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aggregators.envelope import Author
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.source import SourceSettingsError
from streams.sources.zendesk_names import STATUSES


def id_at(body: Body, path: str) -> str | None:
    """Return an id; Zendesk also writes 0 for none."""
    found = body.get(path)
    if isinstance(found, Mapping):
        return None
    text = body.text(path)
    return None if text == "0" else text


def quality_of(body: Body, path: str) -> str | None:
    """Return ``second`` for a time that is written without a fraction."""
    return None if "." in (body.text(path) or "") else "second"


def status_word(found: Any) -> str | None:
    """Return a status, whether it is told as a word or within an object."""
    if isinstance(found, Mapping):
        found = found.get("status")
    word = found.strip().lower() if isinstance(found, str) else None
    return word if word in STATUSES else None


def author_of(author_id: str | None, is_staff: Any, detail: Body) -> Author:
    """Return who wrote a comment.

    Raises:
        BodyError: neither the author nor whether it is staff is told.
    """
    requester = id_at(detail, "requester_id")
    if author_id == "-1":
        return "system"
    if author_id is not None and author_id == requester:
        return "customer"
    if isinstance(is_staff, bool):
        return "agent" if is_staff else "customer"
    if author_id is None or requester is None:
        raise BodyError(Reason.MISSING_FIELD, "event.comment.author.id is missing")
    return "agent"


def actor_of(detail: Body) -> Author | None:
    """Return who did it; None where the body does not tell."""
    actor, requester = id_at(detail, "actor_id"), id_at(detail, "requester_id")
    if actor is None or requester is None:
        return None
    return "system" if actor == "-1" else "customer" if actor == requester else "agent"


def levels_of(given: Any, path: str) -> dict[str, int]:
    """Return the levels of groups. Raises SourceSettingsError where one is no whole number."""
    if given is None:
        return {}
    is_right = isinstance(given, Mapping) and all(
        isinstance(level, int) and not isinstance(level, bool) and level >= 0
        for level in given.values()
    )
    if not is_right:
        raise SourceSettingsError(f"{path}: must map group ids to whole numbers")
    return {str(group): level for group, level in given.items()}
