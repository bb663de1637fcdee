"""What is known of one contact: its journal of events and the legs that follow from it.

A contact is a pure function of its events in canonical order (time, rank of the type, id).
Events that arrive in that order are folded one by one; anything else (disorder, a correction,
a retraction) takes the contact's facts out of the slices and folds the sorted journal anew.
So every order of arrival gives the same result.
"""

from __future__ import annotations

from typing import Any

from aggregators import events as ev
from aggregators.desk import BookedFact, Desk
from aggregators.policy import QueuePolicy

RANK: dict[Any, int] = {
    kind: 2 * rank
    for rank, kind in enumerate(
        (
            ev.ContactCreated, ev.TicketOpened, ev.ContactQueued, ev.TicketAssigned,
            ev.AgentOffered, ev.AgentOfferMissed, ev.ContactAnswered, ev.TicketReplied,
            ev.MessagePosted, ev.HoldStarted, ev.HoldEnded, ev.ContactAbandoned, ev.FlowOut,
            ev.CallbackRequested, ev.CallbackAttempted, ev.CallbackDone, ev.ContactTransferred,
            ev.ContactEnded, ev.WrapUpStarted, ev.WrapUpEnded, ev.TicketEscalated,
            ev.TicketSolved, ev.TicketReopened, ev.TicketMerged,
        )
    )
}  # fmt: skip
"""Order of facts that bear the same instant."""

CUSTOMER_SPOKE = RANK[ev.ContactQueued] - 1
"""Rank of a message that no agent wrote: a chat often begins with one, at the same instant."""

WAITING, ANSWERED, ABANDONED, FLOWED_OUT, CALLED_BACK, IMPLIED = range(6)
"""States of a leg's exit. IMPLIED: answered, but when it entered is not known yet."""

_NO_POLICY = QueuePolicy()
FEW_IDS = 24


class Leg:
    """One stay of a contact in a queue and the handling that follows. Times in ms, -1 unknown.

    ``scope`` is the shard's number of (queue, channel, team, hours), -1 while it is not known;
    legs that are not ``booked`` (outbound ones) enter no queue KPI; ``offers`` are the open agent
    offers: id to (agent, since).
    """

    __slots__ = (
        "acw_ms", "acw_since_ms", "agent_id", "booked", "done_ms", "enter_ms", "exit", "exit_ms",
        "held_ms", "hold_since_ms", "holds", "leg_id", "offers", "policy", "ring_ms", "scope",
        "talk_end_ms", "talk_ms", "talk_since_ms", "wait_ms",
    )  # fmt: skip

    def __init__(self, leg_id: str) -> None:
        self.leg_id = leg_id
        self.scope = -1
        self.policy = _NO_POLICY
        self.booked = True
        self.enter_ms = self.exit_ms = self.wait_ms = -1
        self.exit = WAITING
        self.agent_id = ""
        self.offers: dict[str, tuple[str, int]] | None = None
        self.ring_ms = self.talk_since_ms = self.hold_since_ms = -1
        self.held_ms = self.holds = self.acw_ms = 0
        self.talk_end_ms = self.talk_ms = self.acw_since_ms = self.done_ms = -1


class Callback:
    """A callback that was asked for and is not done."""

    __slots__ = ("attempts", "due_ms", "leg", "reached_ms", "requested_ms")

    def __init__(self, leg: Leg, requested_ms: int, due_ms: int) -> None:
        self.leg = leg
        self.requested_ms = requested_ms
        self.due_ms = due_ms
        self.reached_ms = -1
        self.attempts = 0


class Contact:
    """A contact's journal and what follows from it.

    ``counted`` are the legs whose first outcome already entered the cumulative totals;
    ``row`` is the start of the row that keeps the settled contact, -1 while it is open. ``told``
    are the events as :mod:`aggregators.journal` writes them, ``told_count`` of them, ``ids`` their
    ids. While ``packed`` holds the whole journal they are empty; ``is_fresh`` tells that something
    was told since the last checkpoint.
    """

    __slots__ = (
        "callbacks", "channel", "contact_id", "counted", "created_ms", "desk", "ids",
        "initiated_by_agent", "is_fresh", "is_void", "last_id", "last_leg", "last_ms",
        "last_rank", "legs", "motive", "packed", "queue", "replied_ms", "reply_due_since_ms",
        "row", "solution", "team", "ticket", "told", "told_count",
    )  # fmt: skip

    def __init__(self, contact_id: str) -> None:
        self.contact_id = contact_id
        self.told = bytearray()
        self.told_count = 0
        self.ids: list[str] | set[str] = []
        self.counted: set[str] = set()
        self.row = -1
        self.packed: bytes | None = None
        self.is_fresh = True
        self.reset()

    def remember(self, event_id: str) -> None:
        """Take note of an event id; many are kept in a set, where looking one up stays cheap."""
        ids = self.ids
        if isinstance(ids, list):
            ids.append(event_id)
            if len(ids) > FEW_IDS:
                self.ids = set(ids)
        else:
            ids.add(event_id)

    def reset(self) -> None:
        """Forget what followed from the journal, not the journal."""
        self.last_ms = -1
        self.last_rank = -1
        self.last_id = ""
        self.legs: dict[str, Leg] = {}
        self.last_leg: Leg | None = None
        self.created_ms = -1
        self.channel = ""
        self.queue = ""
        self.team: str | None = None
        self.initiated_by_agent = False
        self.is_void = False  # merged into another ticket: in no KPI
        self.callbacks: dict[str, Callback] | None = None
        self.replied_ms = -1  # first public human reply
        self.reply_due_since_ms = -1  # first customer message after the last human reply
        self.ticket = ""  # "", "open", "solved"
        self.desk: Desk | None = None  # of a ticket
        self.motive = ""
        self.solution: tuple[BookedFact, ...] | None = None  # booked at the last solve

    @property
    def is_ticket(self) -> bool:
        """Tell whether the contact is a ticket: those stay known for the whole retention."""
        return bool(self.ticket)

    def likely_counted(self) -> set[str]:
        """Return what is in ``counted`` when nothing was corrected: all outcomes of all legs."""
        found = {leg.leg_id for leg in self.legs.values() if leg.exit != WAITING and leg.booked}
        for leg in self.legs.values():
            if leg.talk_end_ms >= 0 and leg.booked:
                found.add("handled " + leg.leg_id)
        return found

    def is_settled(self) -> bool:
        """Tell whether nothing of the contact is open: it changes only by a late fact."""
        if self.callbacks or self.ticket == "open":
            return False
        for leg in self.legs.values():
            if leg.done_ms < 0 or leg.acw_since_ms >= 0 or leg.exit == IMPLIED:
                return False
        return True


class Settled:
    """A contact with nothing open, reduced to its packed journal until it is told of again."""

    __slots__ = ("is_ticket", "packed", "row")

    def __init__(self, packed: bytes, row: int, *, is_ticket: bool) -> None:
        self.packed = packed
        self.row = row
        self.is_ticket = is_ticket


def order_key(event: ev.ContactEvent) -> tuple[int, int, str]:
    """Return the canonical order of a contact's events: time, rank, id."""
    return event.event_time_ms, rank_of(event), event.event_id


def rank_of(event: Any) -> int:
    """Return the place of an event among those of its instant."""
    if type(event) is ev.MessagePosted and event.author != "agent":
        return CUSTOMER_SPOKE
    rank: int = RANK[type(event)]
    return rank
