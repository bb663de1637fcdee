"""The life of one report: due, begun, tried, sent. Pure: now is passed in, records come out.

1. ``begun`` is written before anything is sent, with what was told to whom so far.
2. Each recipient who took the mail, or refused it for good, is written at once.
3. ``sent`` (or ``failed``) ends it; after that nothing is ever sent for this occasion.

A crash between a mail server's yes and step 2 sends that recipient the mail again, with the same
Message-ID: rather twice than never. Whoever was written down is not written to again.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from aggregators.policy import DAY_MS, MINUTE_MS
from exporters.reports.plan import ReportPlan
from exporters.reports.schedule import Occasion

State: TypeAlias = Literal["begun", "sent", "failed"]
Told: TypeAlias = Literal["delivered", "refused"]

FIRST_PAUSE_MS = MINUTE_MS // 4
LONGEST_PAUSE_MS = 30 * MINUTE_MS
KEPT_MS = 60 * DAY_MS


class Sending(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The record of an occasion. ``told`` is by the digest of the address, so that the log holds
    none; ``tries`` counts tries at which somebody was left, ``next_ms`` is when to try again.
    ``late`` and ``refused`` are how many events had come late or were refused by then.
    """

    state: State
    due_ms: int
    start_ms: int
    end_ms: int
    begun_ms: int
    told: dict[str, Told] = {}
    tries: int = 0
    next_ms: int = 0
    ended_ms: int | None = None
    late: int | None = None
    refused: int | None = None


class Step(Struct, frozen=True):
    """What is to be done: ``begin`` it, ``send`` to those left, ``end`` it, or nothing yet."""

    what: Literal["begin", "send", "end", "nothing"]
    recipients: tuple[str, ...] = ()


NOTHING = Step("nothing")


def digest(address: str) -> str:
    """Return what stands for an address in the records."""
    return sha256(address.strip().lower().encode()).hexdigest()[:16]


def next_step(plan: ReportPlan, occasion: Occasion, record: Sending | None, now_ms: int) -> Step:
    """Return what is to be done now about an occasion."""
    if record is None:
        is_due = occasion.due_ms <= now_ms <= occasion.due_ms + plan.catch_up_ms
        return Step("begin", plan.recipients) if is_due and plan.recipients else NOTHING
    if record.state != "begun":
        return NOTHING
    left = tuple(one for one in plan.recipients if digest(one) not in record.told)
    if not left or now_ms > record.begun_ms + plan.catch_up_ms:
        return Step("end")
    return Step("send", left) if now_ms >= record.next_ms else NOTHING


def begun(
    occasion: Occasion, now_ms: int, *, late: int | None = None, refused: int | None = None
) -> Sending:
    """Return the record with which it begins."""
    return Sending(
        state="begun", due_ms=occasion.due_ms, start_ms=occasion.start_ms, end_ms=occasion.end_ms,
        begun_ms=now_ms, late=late, refused=refused,
    )  # fmt: skip


def told(record: Sending, address: str, outcome: Told) -> Sending:
    """Return the record with one recipient who has it, or will never take it."""
    return replace(record, told={**record.told, digest(address): outcome})


def with_told(record: Sending, known: Mapping[str, Told]) -> Sending:
    """Return the record with what is known beside it to have been told."""
    return replace(record, told={**record.told, **known})


def put_off(record: Sending, now_ms: int) -> Sending:
    """Return the record after a try at which somebody was left: the pauses double."""
    pause_ms = min(FIRST_PAUSE_MS * 2**record.tries, LONGEST_PAUSE_MS)
    return replace(record, tries=record.tries + 1, next_ms=now_ms + pause_ms)


def ended(record: Sending, now_ms: int) -> Sending:
    """Return the last record: sent if anybody has it."""
    has_any = "delivered" in record.told.values()
    return replace(record, state="sent" if has_any else "failed", ended_ms=now_ms)


def before(records: Mapping[str, Sending], occasion: Occasion) -> Sending | None:
    """Return the newest earlier record of the same report."""
    head = occasion.key.rpartition(":")[0] + ":"
    found = [
        one
        for key, one in records.items()
        if key.startswith(head) and one.start_ms < occasion.start_ms
    ]
    return max(found, key=lambda one: one.start_ms, default=None)


def outdated(records: Mapping[str, Sending], now_ms: int) -> list[str]:
    """Return the keys of records that nobody needs any more."""
    return [key for key, one in records.items() if one.end_ms < now_ms - KEPT_MS]


def encode(record: Sending) -> bytes:
    """Return the record for the journal."""
    return msgspec.json.encode(record)


def decode(value: bytes) -> Sending:
    """Return a record of the journal. Raises ValueError for what is none."""
    return msgspec.json.decode(value, type=Sending)
