"""The members of an Asterisk's queues: who is in which, who pauses, whose phone is there.

A member is paused when that holds for all queues known to be theirs; a change is told once,
however many queues repeat it. Whether a member rings or talks is told by the calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct, field

from aggregators.events import AgentLogin, AgentLogout, AgentState, Envelope
from streams.reasons import Reason
from streams.sources.body import Body, BodyError

MOST_MEMBERS = 10_000
"""Members that are remembered; beyond it the one that came first is forgotten."""
_NO_PHONE = frozenset({4, 5})  # the device is invalid, or not registered

Make = Callable[..., Any]
"""kind of event, rest of its id, fields: what makes an event at the time of the block."""


class Member(Struct):
    """``paused`` holds queue and reason; ``told`` is what was said of the member last."""

    queues: set[str] = field(default_factory=set)
    paused: dict[str, str] = field(default_factory=dict)
    unavailable: bool = False
    told: tuple[str, str] = ("", "")


class Members:
    """What was told of each member so far, by the member's name."""

    def __init__(self, agent: Callable[[str], str], queue: Callable[[str], str]) -> None:
        """``agent`` and ``queue`` give the names that the settings have for those of Asterisk."""
        self._agent = agent
        self._queue = queue
        self._of: dict[str, Member] = {}
        self._unlisted: set[tuple[str, str]] | None = None

    def added(self, body: Body, make: Make) -> Iterator[Envelope]:
        """QueueMemberAdded: the member joins a queue."""
        name, queue, member = self._member(body)
        yield from self._join(name, queue, member, make)
        yield from self._state(name, queue, member, body, make)

    def removed(self, body: Body, make: Make) -> Iterator[Envelope]:
        """QueueMemberRemoved: the member leaves a queue."""
        name, queue, member = self._member(body)
        yield from self._leave(name, queue, member, make)

    def changed(self, body: Body, make: Make) -> Iterator[Envelope]:
        """QueueMemberPause, QueueMemberStatus: a pause, a reason, the phone."""
        name, queue, member = self._member(body)
        member.queues.add(queue)
        yield from self._state(name, queue, member, body, make)

    def listed(self, body: Body, make: Make) -> Iterator[Envelope]:
        """QueueMember of a listing: as if added, unless known already."""
        name, queue, member = self._member(body)
        if self._unlisted is not None:
            self._unlisted.discard((name, queue))
        if queue not in member.queues:
            yield from self._join(name, queue, member, make)
        yield from self._state(name, queue, member, body, make)

    def begin_list(self) -> None:
        """A listing begins: who is known and not in it has left meanwhile."""
        self._unlisted = {
            (name, queue) for name, member in self._of.items() for queue in member.queues
        }

    def end_list(self, make: Make) -> Iterator[Envelope]:
        """The listing is complete."""
        for name, queue in sorted(self._unlisted or ()):
            member = self._of.get(name)
            if member is not None and queue in member.queues:
                yield from self._leave(name, queue, member, make)
        self._unlisted = None

    def _member(self, body: Body) -> tuple[str, str, Member]:
        name = next(filter(None, map(body.text, ("MemberName", "Name", "Interface"))), None)
        name = name or body.text("Location")
        if name is None:
            raise BodyError(Reason.MISSING_FIELD, "MemberName is missing")
        queue = body.need("Queue")
        if name not in self._of and len(self._of) >= MOST_MEMBERS:
            del self._of[next(iter(self._of))]
        return name, queue, self._of.setdefault(name, Member())

    def _join(self, name: str, queue: str, member: Member, make: Make) -> Iterator[Envelope]:
        member.queues.add(queue)
        member.told = ("available", "")
        yield make(
            AgentLogin, f"{name}:{queue}:joined",
            agent_id=self._agent(name), queues=[self._queue(queue)],
        )  # fmt: skip

    def _leave(self, name: str, queue: str, member: Member, make: Make) -> Iterator[Envelope]:
        member.queues.discard(queue)
        member.paused.pop(queue, None)
        if not member.queues:
            del self._of[name]
        yield make(
            AgentLogout, f"{name}:{queue}:left",
            agent_id=self._agent(name), queues=[self._queue(queue)],
        )  # fmt: skip

    def _state(
        self, name: str, queue: str, member: Member, body: Body, make: Make
    ) -> Iterator[Envelope]:
        paused, status = body.word("Paused"), body.number("Status")
        if paused in ("1", "true", "yes"):
            member.paused[queue] = (body.text("PausedReason") or body.text("Reason") or "")[:128]
        elif paused:
            member.paused.pop(queue, None)
        if status is not None:
            member.unavailable = status in _NO_PHONE
        if member.queues and member.queues <= member.paused.keys():
            now = ("pause", member.paused.get(queue, ""))
        else:
            now = ("other", "") if member.unavailable else ("available", "")
        if now == member.told:
            return
        member.told = now
        state, reason = now
        yield make(
            AgentState, f"{name}:{state}:{reason}", agent_id=self._agent(name), state=state,
            label="Unavailable" if state == "other" else None, reason=reason or None,
        )  # fmt: skip
