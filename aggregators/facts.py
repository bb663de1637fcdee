"""What a slice cell may hold: the keys of its one additive map.

A cell maps an integer key to an integer. A plain key counts facts or sums milliseconds; a key
made by :func:`wait_key` counts the contacts that left with exactly that wait. Waits are kept as
an exact multiset, so every threshold, percentile, band and maximum is derived when somebody
looks, to the millisecond, and an added fact can be taken out again exactly.
"""

from __future__ import annotations

from typing import TypeAlias

Cell: TypeAlias = dict[int, int]
"""Key of a fact -> its count or its sum. A commutative group under :func:`merge_into`."""

FLOW_OUT_REASONS: tuple[str, ...] = (
    "timeout", "key", "no_agent", "full", "closed", "divert", "voicemail", "selfcare", "error",
    "other",
)  # fmt: skip
OFFER_OUTCOMES: tuple[str, ...] = ("timeout", "rejected", "canceled", "error")
CALLBACK_OUTCOMES: tuple[str, ...] = ("reached", "failed", "expired", "canceled")
TRANSFER_KINDS: tuple[str, ...] = ("blind", "attended", "queue")
TRANSFER_SCOPES: tuple[str, ...] = ("internal", "external")

ENTERED = 1
TRANSFERRED_IN = 2
TIMER_MISSED = 3  # the wait passed the threshold: booked at enter + X
CREATED = 4
IVR_ABANDONED = 5
ANSWERED_UNKNOWN_WAIT = 6
FROM_START_MS = 7
FROM_START = 8
RING_MS = 9
RING = 10
HOLD_ABANDONED = 11
HANDLED = 12
TALK_MS = 13
HOLD_MS = 14
ACW_MS = 15
HELD = 16
CALLBACK_ATTEMPTS = 17
CALLBACK_WAIT_MS = 18
CALLBACK_REACHED = 19
OFFER_ACCEPTED = 20
LOST = 21
RESPONSE_MS = 22
RESPONSE_BUSINESS_MS = 23
RESPONSE = 24
REPLY_MS = 25
REPLY = 26
HANDLE_RING_MS = 28
TICKETS_OPENED = 29
TICKETS_SOLVED = 30
VOICE_START_MS = 31  # on voice the answer is the first response: FROM_START_MS of those legs
VOICE_CLOSED_MS = 32  # and how much of it lay outside business hours

TRANSFERRED = 40  # + kind * 2 + scope
CALLBACK_DONE = 50  # + outcome
OFFER_MISSED = 60  # + outcome
RESPONSE_IN = 70  # + index of the `le` edge: replied within it
RESPONSE_LATE = 80  # + index of the `le` edge: it passed without a reply
VOICE_START = 90  # + index of the first `le` edge that was kept: FROM_START of those legs

VALUE_BITS = 40
VALUE_MASK = (1 << VALUE_BITS) - 1

WAIT_ANSWERED = 1
WAIT_ABANDONED = 2
WAIT_CALLBACK = 3
WAIT_FLOW_OUT = 10  # + reason

BASE_ANSWERED = WAIT_ANSWERED << VALUE_BITS
BASE_ABANDONED = WAIT_ABANDONED << VALUE_BITS
BASE_CALLBACK = WAIT_CALLBACK << VALUE_BITS
BASE_FLOW_OUT: dict[str, int] = {
    reason: (WAIT_FLOW_OUT + n) << VALUE_BITS for n, reason in enumerate(FLOW_OUT_REASONS)
}


MEASURE = 64
"""Families from this on are measures of a group: multisets of milliseconds, such as the times to
resolve. The key of one value is ``(family << VALUE_BITS) + value``."""

LEVEL = 6999
"""A fact that no window sums up: how many customers there are from an instant on."""

BLOCK = 1000
"""Plain keys below belong to queues and agents; each thousand above to one group of KPIs
(:mod:`aggregators.kpis.groups`)."""

CONTACTS_RECEIVED = 3000  # by motive: CREATED and TICKETS_OPENED, each contact once
RESOLVED_CLOSED_MS = 3001  # of the times to resolve: outside business hours
RESOLVED_LATER_MS = 3002  # from the first solve to the last
RESOLVED_LATER_CLOSED_MS = 3003  # of that: outside business hours
RESOLVED_PAUSED_MS = 3004  # spent solved, before a reopening
RESOLVED_PAUSED_CLOSED_MS = 3005
TICKETS_RESOLVED = 3006
ONE_TOUCH = 3007
ESCALATED = 3008
TO_SELFCARE = 3009  # + 1 without the choice, + 2 with it; neither where it was not told
FIRST_SOLVED = 3014  # + 2 once no reopening counts any more
REOPENED = 3015  # + 2 likewise
PROMISE_KEPT = 3020  # + index of the promise
PROMISE_BROKEN = 3022  # + index of the promise: booked when it fell due
OUT_OF_TIME = 3030  # + index of the reason

UNIDENTIFIED = 4090  # of the contacts received, those whose first sign has no customer key

PROMISES: tuple[str, ...] = ("first_response", "resolution")
OUT_OF_TIME_REASONS: tuple[str, ...] = (
    "reply_before_opening", "solve_before_opening", "opening_never_told",
)  # fmt: skip
"""What a ticket's events may say that gives no duration."""

RESOLUTION_MEASURES = range(MEASURE, 80)
RESOLVED = MEASURE
BASE_RESOLVED = RESOLVED << VALUE_BITS
"""Times to resolve by the calendar."""


def merge_into(target: Cell, cell: Cell) -> None:
    """Add every fact of ``cell`` to ``target``."""
    get = target.get
    for key, n in cell.items():
        target[key] = get(key, 0) + n


def prune(cell: Cell) -> None:
    """Drop the facts that were taken out again, so that equal histories are equal values."""
    for key in [key for key, n in cell.items() if n == 0]:
        del cell[key]
