"""What is going on at an instant, by scope: counted from the open contacts and the clock."""

from __future__ import annotations

from msgspec import Struct, field

from aggregators.calendar import open_ms
from aggregators.contact import Contact
from aggregators.policy import QueuePolicy
from aggregators.scopes import Scopes


class LiveSums(Struct):
    """Live state of one scope; a commutative monoid. ``None`` as oldest instant: nobody."""

    waiting: int = 0
    oldest_enter_ms: int | None = None
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


_COUNTS = (
    "waiting", "waited_ms", "over_threshold", "ringing", "in_progress", "on_hold", "in_wrap_up",
    "callbacks_scheduled", "callbacks_in_queue", "tickets_open", "tickets_unanswered",
    "awaiting_reply",
)  # fmt: skip
_OLDEST = ("oldest_enter_ms", "oldest_callback_ms", "oldest_unanswered_ms", "oldest_reply_due_ms")


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
    policy: QueuePolicy
    leg = contact.last_leg
    if leg is not None and leg.scope >= 0:
        scope, policy = leg.scope, leg.policy
        if leg.done_ms >= 0 and not contact.ticket:
            return  # the chat is over: nobody waits for a reply
    else:
        scope, policy = scopes.at(contact.queue, contact.channel, contact.team, contact.created_ms)
    live = at_scope(sums, scope)
    if contact.ticket == "open":
        live.tickets_open += 1
        if contact.replied_ms < 0:
            age_ms = open_ms(policy.hours, policy.zone, contact.created_ms, as_of_ms)
            known_ms = live.oldest_unanswered_business_ms
            live.tickets_unanswered += 1
            live.oldest_unanswered_ms = earlier(live.oldest_unanswered_ms, contact.created_ms)
            live.oldest_unanswered_business_ms = max(age_ms, known_ms or 0)
    elif contact.reply_due_since_ms >= 0:
        live.awaiting_reply += 1
        live.oldest_reply_due_ms = earlier(live.oldest_reply_due_ms, contact.reply_due_since_ms)
