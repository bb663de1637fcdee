"""Contacts of Amazon Connect: the same facts, whether an event or a record tells them.

A contact of the platform is one stay in a queue with at most one agent, so a leg; what follows by
a transfer has a new id and names the first as ``InitialContactId``. The id of an event is the
leg's id and the fact, whoever tells it: an event that comes twice, a later event that repeats the
times of an earlier one, and all records of a leg are one fact. A record has the instant of its
last update as revision, so it replaces what was told before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from msgspec import Struct

from aggregators import events as ev
from aggregators.contact_events import FlowOutReason
from streams.sources.payloads import PayloadSource

_OUTWARD = frozenset(
    {"OUTBOUND", "EXTERNAL_OUTBOUND", "CALLBACK", "AGENT_REPLY", "CAMPAIGN_PREVIEW"}
)
BY_EVENT, _BY_NEXT = 1, 2
"""Revisions: 0 by the agent stream, then by contact events, then how a leg left its queue if the
contact that follows it tells so; records come last of all."""
_LEFT_OTHERWISE: dict[str, FlowOutReason] = {
    "EXPIRED": "timeout", "IDLE_DISCONNECT": "timeout", "TELECOM_PROBLEM": "error",
}  # fmt: skip
_LONGEST_ID = 128
E = TypeVar("E", bound=ev.ContactEvent)


class Stay(Struct, kw_only=True):
    """What a body says of one leg; times in milliseconds since 1970, None where it says nothing.

    ``is_handled`` tells that an agent had it, even without a time.
    """

    leg_id: str
    initial_id: str
    previous_id: str | None = None
    next_id: str | None = None
    method: str = ""
    channel: str = "voice"
    queue: str | None = None
    agent_id: str | None = None
    customer_key: str | None = None
    initiated_ms: int | None = None
    enqueued_ms: int | None = None
    answered_ms: int | None = None
    reached_ms: int | None = None
    left_ms: int | None = None
    ended_ms: int | None = None
    reason: str = ""
    wait_ms: int | None = None
    talk_ms: int | None = None
    hold_ms: int | None = None
    acw_from_ms: int | None = None
    acw_to_ms: int | None = None
    acw_ms: int | None = None
    is_handled: bool = False
    is_outside: bool = False
    revision: int = 0

    @property
    def direction(self) -> str | None:
        """``out`` for what did not come from the customer, None for the rest."""
        by_api = self.method == "API" and self.channel == "voice"
        return "out" if by_api or self.method in _OUTWARD else None

    @property
    def is_callback(self) -> bool:
        """Tell whether it is the call to a customer who asked for it in a queue."""
        return self.method == "CALLBACK" and self.previous_id is not None

    @property
    def waited_ms(self) -> int | None:
        """Time in the queue: told, else the difference; 0 outward, where no customer waits."""
        if self.direction == "out":
            return 0
        if self.wait_ms is not None or self.enqueued_ms is None:
            return self.wait_ms
        until_ms = self.answered_ms or self.left_ms or self.ended_ms
        return None if until_ms is None or until_ms < self.enqueued_ms else (
            until_ms - self.enqueued_ms
        )  # fmt: skip


def last_part(arn: object) -> str | None:
    """Return what an ARN ends in: the id; of an agent's own queue ``agent/`` and the id."""
    if not isinstance(arn, str):
        return None
    tail = arn.strip().rpartition("/queue/agent/")[2]
    own = "agent/" if "/queue/agent/" in arn else ""
    return (own + tail.rpartition("/")[2])[:_LONGEST_ID].strip() or None


class Contacts:
    """Makes the events of a source's legs."""

    def __init__(self, source: PayloadSource) -> None:
        self._source = source

    def created(self, stay: Stay) -> Iterator[ev.Envelope]:
        """The first contact of a chain began; a later one tells how the one before it left."""
        at_ms = stay.initiated_ms
        if at_ms is None:
            return
        if stay.initial_id == stay.leg_id:
            by = "agent" if stay.method == "OUTBOUND" else "system" if stay.direction else None
            yield self._make(
                ev.ContactCreated, stay, "created", at_ms, leg_id=None, initiated_by=by,
                customer_key=stay.customer_key,
            )  # fmt: skip
        yield from self.before(stay)

    def before(self, stay: Stay) -> Iterator[ev.Envelope]:
        """The contact before this one left its queue for another one, or for a callback."""
        before, at_ms = stay.previous_id, stay.initiated_ms
        if before is None or at_ms is None or stay.initial_id == stay.leg_id:
            return
        told: dict[str, Any] = {"direction": None, "queue": None, "leg_id": before}
        told |= {"event_id": f"{before}:left", "revision": max(_BY_NEXT, stay.revision)}
        if stay.is_callback:
            yield self._make(
                ev.CallbackRequested, stay, "", at_ms, callback_id=stay.leg_id, **told
            )  # fmt: skip
        elif stay.method == "QUEUE_TRANSFER":
            yield self._make(
                ev.FlowOut, stay, "", at_ms, reason="divert", to_queue=stay.queue, **told
            )

    def queued(self, stay: Stay) -> Iterator[ev.Envelope]:
        """The leg entered its queue."""
        if stay.enqueued_ms is None or stay.direction == "out" or stay.queue is None:
            return
        yield self._make(
            ev.ContactQueued, stay, "queued", stay.enqueued_ms,
            transferred_from=stay.previous_id, customer_key=stay.customer_key,
        )  # fmt: skip

    def answered(self, stay: Stay) -> Iterator[ev.Envelope]:
        """An agent took the leg."""
        at_ms = stay.answered_ms
        if at_ms is None or stay.agent_id is None:
            return
        yield self._make(
            ev.ContactAnswered, stay, "answered", at_ms, agent_id=stay.agent_id,
            wait_ms=stay.waited_ms,
        )  # fmt: skip
        if stay.is_callback:
            outcome = None if stay.reached_ms is None else "reached"
            yield self._make(
                ev.CallbackAttempted, stay, "attempted", stay.reached_ms or at_ms, attempt=1,
                callback_id=stay.leg_id, agent_id=stay.agent_id, outcome=outcome,
            )  # fmt: skip

    def over(self, stay: Stay) -> Iterator[ev.Envelope]:
        """The leg is over: its conversation, or the wait for one."""
        at_ms = stay.ended_ms
        if at_ms is None:
            return
        if stay.is_handled:
            yield self._ended(stay, at_ms)
        elif not stay.direction and not stay.next_id:
            yield self._left(stay, at_ms if stay.left_ms is None else stay.left_ms)
        if stay.is_callback:
            was_reached = stay.is_handled and stay.reached_ms is not None
            outcome = "reached" if was_reached else "failed" if stay.is_handled else "expired"
            yield self._make(
                ev.CallbackDone, stay, "done", at_ms, callback_id=stay.leg_id, outcome=outcome,
                agent_id=stay.agent_id,
            )  # fmt: skip

    def wrapped_up(self, stay: Stay) -> Iterator[ev.Envelope]:
        """The agent's work after the conversation."""
        told = {"agent_id": stay.agent_id}
        if stay.agent_id is None or stay.acw_from_ms is None:
            return
        yield self._make(ev.WrapUpStarted, stay, "wrap_up_started", stay.acw_from_ms, **told)
        if stay.acw_to_ms is not None:
            yield self._make(
                ev.WrapUpEnded, stay, "wrap_up_ended", stay.acw_to_ms, acw_ms=stay.acw_ms, **told
            )

    def _ended(self, stay: Stay, at_ms: int) -> ev.Envelope:
        if stay.acw_from_ms is not None:  # the agent may leave before the customer does
            at_ms = min(at_ms, stay.acw_from_ms)
        told = {"agent_id": stay.agent_id, "talk_ms": stay.talk_ms}
        if stay.next_id or stay.is_outside:
            return self._make(
                ev.ContactTransferred, stay, "ended", at_ms, to_leg_id=stay.next_id,
                kind="queue" if stay.next_id else "blind",
                scope=None if stay.next_id else "external", **told,
            )  # fmt: skip
        return self._make(
            ev.ContactEnded, stay, "ended", at_ms, hold_ms=stay.hold_ms,
            ended_by=_party(stay.reason), **told,
        )  # fmt: skip

    def _left(self, stay: Stay, at_ms: int) -> ev.Envelope:
        """Return how a leg left that no agent had: by the customer, or by the flow."""
        gave_up = _party(stay.reason) in (None, "customer")
        if stay.enqueued_ms is None and stay.queue is None:
            if gave_up:
                return self._make(
                    ev.ContactAbandoned, stay, "left", at_ms, stage="ivr", leg_id=None
                )
            return self._make(ev.ContactEnded, stay, "left", at_ms, leg_id=None, ended_by="system")
        if gave_up:
            return self._make(
                ev.ContactAbandoned, stay, "left", at_ms, stage="queue", wait_ms=stay.waited_ms
            )
        reason = _LEFT_OTHERWISE.get(stay.reason, "other")
        return self._make(ev.FlowOut, stay, "left", at_ms, reason=reason, wait_ms=stay.waited_ms)

    def _make(self, kind: type[E], stay: Stay, fact: str, at_ms: int, /, **more: Any) -> E:
        fields: dict[str, Any] = {
            "event_id": f"{stay.leg_id}:{fact}",
            "contact_id": stay.initial_id,
            "leg_id": stay.leg_id,
            "channel": stay.channel,
            "direction": stay.direction,
            "queue": stay.queue,
            "revision": stay.revision,
            "time_quality": "second" if at_ms % 1000 == 0 else None,
            **more,
        }
        return self._source.make(kind, fields.pop("event_id"), at_ms, **fields)


def _party(reason: str) -> str | None:
    if not reason:
        return None
    return next((word for word in ("customer", "agent") if reason.startswith(word.upper())),
                "system")  # fmt: skip
