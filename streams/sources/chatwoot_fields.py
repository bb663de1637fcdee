"""Single fields of Chatwoot's bodies: authors, times, and what an update changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aggregators.envelope import Author
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.chatwoot_names import BOTS, MESSAGE_TYPES


def author_of(body: Body) -> Author | None:
    """Return who wrote a message; None for an activity, which nobody wrote.

    Raises:
        BodyError: the type of the message is unknown.
    """
    kind = body.word("message_type")
    if kind not in MESSAGE_TYPES:
        raise BodyError(Reason.BAD_VALUE, "message_type is none of Chatwoot's")
    by_rule = body.get("content_attributes.automation_rule_id")
    by_campaign = body.get("additional_attributes.campaign_id")
    if kind in ("outgoing", "1") and (
        body.word("sender.type") in BOTS or by_rule is not None or by_campaign is not None
    ):
        return "bot"
    return MESSAGE_TYPES[kind]


def time_of(body: Body, path: str) -> tuple[int, str | None]:
    """Return a time and its quality. Old bodies write ``2020-03-03 13:05:57 UTC``."""
    text = body.text(path) or ""
    if text.endswith(" UTC"):
        body = Body({path: text.removesuffix(" UTC") + "+00:00"}, path=body.where(path))
    at_ms = body.need_time_ms(path)
    return at_ms, None if at_ms % 1000 else "second"


def _changes(body: Body) -> list[Mapping[str, Any]]:
    given = body.get("changed_attributes")
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []


def changed_names(body: Body) -> set[str]:
    """Return the names of the attributes that an update changed."""
    return {str(name).lower() for one in _changes(body) for name in one}


def before_of(body: Body, name: str) -> str:
    """Return the word that an attribute had before, empty where it is not told."""
    found = (Body(one).get(f"{name}.previous_value") for one in _changes(body))
    return next((str(one).lower() for one in found if one is not None), "")
