"""What is going on at an instant, by scope: counted from the open contacts and the clock."""

from __future__ import annotations

from bisect import bisect_right

from msgspec import Struct, field

from aggregators.calendar import NEVER_MS, open_ms
from aggregators.contact import Contact
from aggregators.desk import conversation_place
from aggregators.facts import PROMISES
from aggregators.policy import DAY_MS, HOUR_MS
from aggregators.scopes import Scopes

AGE_EDGES_MS = (4 * HOUR_MS, DAY_MS, 3 * DAY_MS, 7 * DAY_MS)
AGE_BANDS = ("4h", "1d", "3d", "7d", "older")
"""Bands of the age of open tickets: younger than so much, and not in the band before."""


class TicketSums(Struct):
    """Open tickets of one scope: by age, and by promise those at risk and those overdue."""

    by_age: tuple[int, ...] = (0,) * len(AGE_BANDS)
    at_risk: tuple[int, ...] = (0,) * len(PROMISES)
    overdue: tuple[int, ...] = (0,) * len(PROMISES)

    def add(self, other: TicketSums) -> None:
        """Add another scope's open tickets."""
        for name in ("by_age", "at_risk", "overdue"):
            both = zip(getattr(self, name), getattr(other, name), strict=True)
            setattr(self, name, tuple(a + b for a, b in both))

    def see(self, contact: Contact, as_of_ms: int) -> None:
        """Count an open ticket."""
        band = bisect_right(AGE_EDGES_MS, as_of_ms - contact.created_ms)
        self.by_age = _more(self.by_age, band)
        if contact.desk is not None:
            for n, deadline in enumerate((contact.desk.response, contact.desk.resolution)):
                if as_of_ms > deadline.due_ms:
                    self.overdue = _more(self.overdue, n)
                elif deadline.due_ms != NEVER_MS and as_of_ms > deadline.risk_ms:
                    self.at_risk = _more(self.at_risk, n)


def _more(counts: tuple[int, ...], at: int) -> tuple[int, ...]:
    return (*counts[:at], counts[at] + 1, *counts[at + 1 :])


class LiveSums(Struct):
    """Live state of one scope; a commutative monoid. ``None`` as oldest instant: nobody."""

    waiting: int = 0
    oldest_enter_ms: int | None = None
    first_due_ms: int | None = None  # when the first of them reaches its queue's threshold
    waited_ms: int = 0
    over_threshold: int = 0
    at_risk: dict[int, int] = field(default_factory=dict)
    ringing: int = 0
    in_progress: int = 0
    on_hold: int = 0
    in_wrap_up: int = 0
    callbacks_scheduled: int = 0
    callbacks_in_queue: int = 0
    oldest_callback_ms: int | None = None
    tickets_open: int = 0
    tickets_unanswered: int = 0
    oldest_unanswered_ms: int | None = None
    oldest_unanswered_business_ms: int | None = None
    awaiting_reply: int = 0
    oldest_reply_due_ms: int | None = None
    tickets: TicketSums | None = None

    def add(self, other: LiveSums) -> None:
        """Add another scope's live state."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for within, n in other.at_risk.items():
            self.at_risk[within] = self.at_risk.get(within, 0) + n
        for name in _OLDEST:
            setattr(self, name, earlier(getattr(self, name), getattr(other, name)))
        mine, theirs = self.oldest_unanswered_business_ms, other.oldest_unanswered_business_ms
        if theirs is not None:
            self.oldest_unanswered_business_ms = theirs if mine is None else max(mine, theirs)
        if other.tickets is not None:
            self.tickets = self.tickets or TicketSums()
            self.tickets.add(other.tickets)


_COUNTS = (
    "waiting", "waited_ms", "over_threshold", "ringing", "in_progress", "on_hold", "in_wrap_up",
    "callbacks_scheduled", "callbacks_in_queue", "tickets_open", "tickets_unanswered",
    "awaiting_reply",
)  # fmt: skip
_OLDEST = (
    "oldest_enter_ms", "first_due_ms", "oldest_callback_ms", "oldest_unanswered_ms",
    "oldest_reply_due_ms",
)  # fmt: skip


def earlier(a: int | None, b: int | None) -> int | None:
    """Return the earlier of two instants, either of which may be missing."""
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)


def at_scope(sums: dict[int, LiveSums], scope: int) -> LiveSums:
    """Return the sums of a scope, made if need be."""
    found = sums.get(scope)
    if found is None:
        found = sums[scope] = LiveSums()
    return found


def count_callback(live: LiveSums, requested_ms: int, due_ms: int, as_of_ms: int) -> None:
    """Count a callback that was asked for and is not done."""
    if due_ms > as_of_ms:
        live.callbacks_scheduled += 1
    else:
        live.callbacks_in_queue += 1
    live.oldest_callback_ms = earlier(live.oldest_callback_ms, requested_ms)


def count_conversation(
    sums: dict[int, LiveSums], contact: Contact, as_of_ms: int, scopes: Scopes
) -> None:
    """Count an open ticket, or a conversation in which the customer waits for a reply."""
    leg = contact.last_leg
    if leg is not None and leg.scope >= 0 and leg.done_ms >= 0 and not contact.ticket:
        return  # the chat is over: nobody waits for a reply
    if contact.ticket == "solved" or (contact.desk is not None and not contact.desk.is_inbound):
        return
    scope, policy = conversation_place(contact, scopes)
    live = at_scope(sums, scope)
    if contact.ticket == "open":
        live.tickets_open += 1
        live.tickets = live.tickets or TicketSums()
        live.tickets.see(contact, as_of_ms)
        if contact.replied_ms < 0:
            age_ms = open_ms(policy.hours, policy.zone, contact.created_ms, as_of_ms)
            known_ms = live.oldest_unanswered_business_ms
            live.tickets_unanswered += 1
            live.oldest_unanswered_ms = earlier(live.oldest_unanswered_ms, contact.created_ms)
            live.oldest_unanswered_business_ms = max(age_ms, known_ms or 0)
    elif contact.reply_due_since_ms >= 0:
        live.awaiting_reply += 1
        live.oldest_reply_due_ms = earlier(live.oldest_reply_due_ms, contact.reply_due_since_ms)
