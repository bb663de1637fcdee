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

TRANSFERRED = 40  # + kind * 2 + scope
CALLBACK_DONE = 50  # + outcome
OFFER_MISSED = 60  # + outcome
RESPONSE_IN = 70  # + index of the `le` edge: replied within it
RESPONSE_LATE = 80  # + index of the `le` edge: it passed without a reply

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


def merge_into(target: Cell, cell: Cell) -> None:
    """Add every fact of ``cell`` to ``target``."""
    get = target.get
    for key, n in cell.items():
        target[key] = get(key, 0) + n


def prune(cell: Cell) -> None:
    """Drop the facts that were taken out again, so that equal histories are equal values."""
    for key in [key for key, n in cell.items() if n == 0]:
        del cell[key]
