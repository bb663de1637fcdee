"""Who waits and who talks in the queues of an Asterisk, as far as its manager told.

A leg is one stay of a channel in a queue: ``Uniqueid:Queue``, and from the second stay of the
same channel in the same queue on with ``#2`` and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

MOST_CHANNELS = 20_000
"""Channels that are remembered; beyond it the one that came first is forgotten."""

State: TypeAlias = Literal["waiting", "left", "talking", "done"]


class Leg(Struct):
    """One stay. ``left`` is a stay that ended and nobody has said how yet.

    ``assumed`` is a stay whose end we told without knowing it; it is taken back if the end is
    told after all.
    """

    contact_id: str
    leg_id: str
    uniqueid: str
    queue: str
    entered_ms: int
    state: State = "waiting"
    left_ms: int = 0
    left_quality: str = "exact"
    assumed: bool = False
    corrections: int = 0
    agent_channel: str = ""
    holds: int = 0
    transfer: Literal["blind", "attended"] = "blind"


class Legs:
    """The stays of each channel, in the order in which they began."""

    def __init__(self) -> None:
        self._of: dict[str, list[Leg]] = {}
        self._begun: dict[tuple[str, str], int] = {}
        self._left: dict[str, Leg] = {}
        self._agents: dict[str, Leg] = {}

    def begin(self, uniqueid: str, queue: str, contact_id: str, at_ms: int) -> Leg:
        """Remember a new stay. A channel that is known keeps its contact."""
        if uniqueid not in self._of and len(self._of) >= MOST_CHANNELS:
            self._forget(next(iter(self._of)))
        stays = self._of.setdefault(uniqueid, [])
        number = self._begun[uniqueid, queue] = self._begun.get((uniqueid, queue), 0) + 1
        leg_id = f"{uniqueid}:{queue}" if number == 1 else f"{uniqueid}:{queue}#{number}"
        leg = Leg(stays[0].contact_id if stays else contact_id, leg_id, uniqueid, queue, at_ms)
        stays.append(leg)
        if len(stays) > 50:  # a caller who is sent round and round
            self._drop(stays.pop(1))
        return leg

    def last(self, uniqueid: str, queue: str) -> Leg | None:
        """Return the latest stay of a channel in a queue."""
        return next(
            (leg for leg in reversed(self._of.get(uniqueid, [])) if leg.queue == queue), None
        )

    def find(self, uniqueid: str, queue: str, *states: State) -> Leg | None:
        """Return the latest stay in one of these states."""
        for leg in reversed(self._of.get(uniqueid, [])):
            if leg.queue == queue and leg.state in states:
                return leg
        return None

    def leave(self, leg: Leg, at_ms: int, quality: str) -> None:
        """Note that a stay is over, in a way still to be told."""
        leg.state, leg.left_ms, leg.left_quality = "left", at_ms, quality
        self._left[leg.leg_id] = leg

    def wait(self, leg: Leg) -> None:
        """Note that a stay goes on."""
        leg.state = "waiting"
        self._left.pop(leg.leg_id, None)

    def talk(self, leg: Leg, agent_channel: str) -> None:
        """Note the answer."""
        leg.state, leg.agent_channel = "talking", agent_channel
        self._left.pop(leg.leg_id, None)
        if agent_channel:
            self._agents[agent_channel] = leg

    def close(self, leg: Leg) -> None:
        """Note that all is told."""
        leg.state = "done"
        self._drop(leg)

    def of_agent(self, channel: str) -> Leg | None:
        """Return the stay that the agent on this channel talks to."""
        return self._agents.get(channel)

    def of_channel(self, uniqueid: str) -> list[Leg]:
        """Return the stays of a caller's channel."""
        return self._of.get(uniqueid, [])

    def overdue(self, until_ms: int) -> list[Leg]:
        """Return the stays that ended at this instant or before and nobody said how."""
        return [leg for leg in self._left.values() if leg.left_ms <= until_ms]

    def in_state(self, state: State) -> Iterator[Leg]:
        """Give all stays in a state."""
        return (leg for stays in self._of.values() for leg in stays if leg.state == state)

    def _forget(self, uniqueid: str) -> None:
        for leg in self._of.pop(uniqueid):
            self._drop(leg)
            self._begun.pop((uniqueid, leg.queue), None)

    def _drop(self, leg: Leg) -> None:
        self._left.pop(leg.leg_id, None)
        self._agents.pop(leg.agent_channel, None)
