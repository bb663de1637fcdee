"""What is remembered of Genesys' conversations: their ACD sessions, and who answered them.

A session of an agent (``user.end``, ``acw``) does not name the ACD session that it answered, so
the agent's id joins them. What comes before its ACD session is held back, a few bodies each.
"""

from __future__ import annotations

from collections import OrderedDict

from msgspec import Struct, field

from aggregators.events import ContactAbandoned
from streams.sources.body import Body

MOST_CONVERSATIONS = 20_000
"""Conversations that are remembered; the one told of longest ago is forgotten first."""
MOST_OF_A_CONVERSATION = 64
"""ACD sessions of one conversation that are remembered, and bodies that are held back."""


class Leg(Struct):
    """One ACD session. ``user`` answered it at ``left_ms``; that is -1 while it waits."""

    leg_id: str
    queue: str | None
    entered_ms: int
    left_ms: int = -1
    user: str | None = None


class Held(Struct, frozen=True):
    """A body of an agent's session that came before the ACD session it belongs to.

    With a ``revision``, something was told of it already, which that revision replaces.
    """

    kind: str
    user: str
    body: Body
    revision: int = 0


class Conversation(Struct):
    """What is known of one conversation.

    ``is_reached``: it came to a queue or to an agent, so who leaves now was no IVR abandon;
    ``gone`` is the abandon that was told before that was known.
    """

    is_reached: bool = False
    gone: ContactAbandoned | None = None
    legs: dict[str, Leg] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)

    @property
    def is_known(self) -> bool:
        """Whether any ACD session was told of."""
        return bool(self.legs)

    def leg(self, leg_id: str, queue: str | None, at_ms: int) -> Leg:
        """Return the leg of an ACD session, a new one if it is not known."""
        found = self.legs.get(leg_id)
        if found is None:
            found = self.legs[leg_id] = Leg(leg_id, queue, at_ms)
            if len(self.legs) > MOST_OF_A_CONVERSATION:
                del self.legs[next(iter(self.legs))]
        return found

    def answered_by(self, user: str, at_ms: int) -> Leg | None:
        """Return the leg that a user answered last before an instant, else the first one after."""
        legs = [leg for leg in self.legs.values() if leg.user == user]
        before = [leg for leg in legs if leg.left_ms <= at_ms]
        if before:
            return max(before, key=lambda leg: leg.left_ms)
        return min(legs, key=lambda leg: leg.left_ms, default=None)

    def ringing(self, queue: str | None, at_ms: int) -> Leg | None:
        """Return the leg that waited in a queue at an instant, the newest of several."""
        legs = [
            leg
            for leg in self.legs.values()
            if leg.queue == queue
            and leg.entered_ms <= at_ms
            and (leg.left_ms < 0 or at_ms <= leg.left_ms)
        ]
        return max(legs, key=lambda leg: leg.entered_ms, default=None)

    def transferred_from(self, leg_id: str, at_ms: int) -> str | None:
        """Return the leg that was answered last before a leg began, None where none was."""
        legs = [
            leg
            for leg in self.legs.values()
            if leg.user is not None and leg.leg_id != leg_id and leg.left_ms <= at_ms
        ]
        last = max(legs, key=lambda leg: leg.left_ms, default=None)
        return None if last is None else last.leg_id

    def hold(self, held: Held) -> None:
        """Hold a body back; the oldest gives way."""
        self.held.append(held)
        del self.held[:-MOST_OF_A_CONVERSATION]

    def release(self, user: str) -> list[Held]:
        """Return the bodies of a user's sessions that were held back."""
        found = [held for held in self.held if held.user == user]
        self.held = [held for held in self.held if held.user != user]
        return found


class Conversations:
    """The conversations that were told of last."""

    def __init__(self, most: int = MOST_CONVERSATIONS) -> None:
        self._known: OrderedDict[str, Conversation] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        return len(self._known)

    def of(self, conversation: str) -> Conversation:
        """Return what is known of a conversation."""
        found = self._known.get(conversation)
        if found is None:
            found = self._known[conversation] = Conversation()
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        self._known.move_to_end(conversation)
        return found
