"""What a request that changes something has to be: from here, JSON, short, and signed by a name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from aiohttp import web
from msgspec import Struct

from aggregators.policy import DAY_MS, MINUTE_MS
from exporters.http.problems import RequestError
from exporters.http.roles import acting_name

T = TypeVar("T")

MAX_BY = 64
MAX_WHY = 200
MAX_PATTERN = 128
MAX_SNOOZE_MS = DAY_MS
MAX_SILENCE_MS = 30 * DAY_MS
DIGITS = re.compile(r"[0-9]{1,15}")
"""A whole number in an address; so long at most that it may be an instant in ms."""


class Taken(Struct, forbid_unknown_fields=True):
    """Body of an acknowledgement or of a release: who, and if they like why.

    Who is logged in under a name leaves ``by`` out, here and below.
    """

    by: str = ""
    why: str = ""


class Snoozed(Struct, forbid_unknown_fields=True):
    """Body of a snooze: for how long, or until when."""

    by: str = ""
    why: str = ""
    for_ms: int | None = None
    until_ms: int | None = None


class Silenced(Struct, forbid_unknown_fields=True):
    """Body of a silence: from now or ``start_ms`` on, and what it matches."""

    why: str
    by: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    for_ms: int | None = None
    rule: str = ""
    queue: str = ""
    name: str = ""
    channel: str = ""
    severity: str = ""


async def body_of(request: web.Request, kind: type[T], own_origins: Iterable[str]) -> T:
    """Return the decoded body; refuses what another web site sent, and what is no such body.

    ``own_origins`` are addresses under which people open vigie behind a proxy.
    """
    refuse_foreign(request, own_origins)
    if request.content_type != "application/json":
        raise RequestError(
            415, "the body is not JSON", "send JSON with the header Content-Type: application/json"
        )
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        text = str(wrong)[:160]
        raise RequestError(
            400, f"the body is not understood: {text}", "GET /api/openapi.json describes it"
        ) from None


def refuse_foreign(request: web.Request, own_origins: Iterable[str]) -> None:
    """Refuse a change that a page of another web site asks for. Programs send no origin."""
    origin = request.headers.get("Origin")
    is_foreign = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    if origin is not None:
        own = {host_of(address) for address in own_origins if address}
        own.add(request.headers.get("Host", "").lower())
        is_foreign = host_of(origin) not in own - {""}
    if is_foreign:
        raise RequestError(
            403,
            "cross-site: another web site may not change alerts",
            "act on the wallboard itself, or from a program that sends no Origin header",
        )


def host_of(address: str) -> str:
    """Return host and port of an address in lower case, "" for ``null`` and what is no address."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


def name_of(request: web.Request, by: str) -> str:
    """Return who asks, without spaces around. A name is what the journal will say for ever.

    Raises RequestError, also when somebody who is logged in acts under another's name.
    """
    name = acting_name(request, by).strip()
    if not 1 <= len(name) <= MAX_BY or not name.isprintable():
        raise RequestError(
            400, "nobody is named", f"send your name as by: 1 to {MAX_BY} characters in one line"
        )
    return name


def reason_of(why: str) -> str:
    """Return why, which may be nothing."""
    reason = why.strip()
    if len(reason) > MAX_WHY or not reason.isprintable():
        raise RequestError(
            400, "the reason is not readable", f"send at most {MAX_WHY} characters in one line"
        )
    return reason


def snooze_end(asked: Snoozed, now_ms: int) -> int:
    """Return until when (epoch ms)."""
    if (asked.for_ms is None) == (asked.until_ms is None):
        raise RequestError(400, "no end is given", "send either for_ms or until_ms")
    until_ms = now_ms + asked.for_ms if asked.for_ms is not None else asked.until_ms
    assert until_ms is not None
    if not MINUTE_MS <= until_ms - now_ms <= MAX_SNOOZE_MS:
        raise RequestError(
            400, "no alert is snoozed for so long", "snooze for one minute to 24 hours"
        )
    return until_ms


def silence_times(asked: Silenced, now_ms: int) -> tuple[int, int]:
    """Return start and end (epoch ms)."""
    if (asked.for_ms is None) == (asked.end_ms is None):
        raise RequestError(400, "no end is given", "send either for_ms or end_ms")
    start_ms = now_ms if asked.start_ms is None else asked.start_ms
    end_ms = start_ms + asked.for_ms if asked.for_ms is not None else asked.end_ms
    assert end_ms is not None
    if not 0 < end_ms - start_ms <= MAX_SILENCE_MS or end_ms <= now_ms:
        raise RequestError(
            400, "a silence cannot last so long", "end it after now and at most 30 days on"
        )
    if start_ms > now_ms + 365 * DAY_MS:
        raise RequestError(400, "it begins in over a year", "choose an earlier start")
    return start_ms, end_ms


def pattern_of(name: str, text: str) -> str:
    """Return a pattern of a silence, refused when it is too long or unprintable."""
    if len(text) > MAX_PATTERN or not text.isprintable():
        raise RequestError(400, f"{name} is not readable", f"send at most {MAX_PATTERN} characters")
    return text
