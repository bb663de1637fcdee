"""The events of Twilio's tasks: queues entered and left, reservations, transfers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from aggregators import events as ev
from streams.reasons import Reason
from streams.sources import twilio_bodies
from streams.sources.body import BodyError
from streams.sources.payloads import IgnoredError, PayloadSource
from streams.sources.twilio_bodies import Fact
from streams.sources.twilio_legs import Told, read
from streams.sources.twilio_tasks import Move, Task, Tasks, Transfer
from streams.sources.twilio_workers import CHANNELS

_TIMED_OUT = frozenset({"task ttl exceeded", "timeout", "timed out"})
MISSED: Mapping[str, str] = {
    "reservation.rejected": "rejected", "reservation.timeout": "timeout",
    "reservation.canceled": "canceled", "reservation.rescinded": "canceled",
    "reservation.failed": "error",
}  # fmt: skip
"""Names of bodies that say that an agent offer ended without an answer, and its outcome."""


class TaskEvents(PayloadSource):
    """Turns bodies about tasks into events; the settings are those of the class that is used."""

    _hangups: frozenset[str]
    _channels: Mapping[str, str]
    _channel: str
    _customer_at: str
    _tasks: Tasks

    # -- tasks and queues ---------------------------------------------------------------------

    def _told(self, fact: Fact) -> tuple[Told, Task, dict[str, Any]]:
        """Return what a body says of its task, what is known of it, the fields of its events."""
        told = read(fact)
        task = self._tasks.of(told.task)
        given = twilio_bodies.attributes(fact.body)
        word = fact.body.word("TaskChannelUniqueName")
        if word:
            named = self._channels.get(word) or CHANNELS.get(word)
            task.channel = named or self._channel
        task.direction = twilio_bodies.direction(given) or task.direction
        is_outbound = task.direction == "out"
        who = twilio_bodies.customer(given, self._customer_at, is_outbound=is_outbound)
        return told, task, {
            "contact_id": told.task,
            "channel": task.channel or self._channel,
            "direction": "out" if is_outbound else None,
            "customer_key": self.customer(who),
            "time_quality": fact.quality,
        }  # fmt: skip

    def _queue(self, told: Told) -> str | None:
        """Return the name of a queue: by the map of its sid, else of its name."""
        by_sid = self.queue(told.queue_sid)
        named = None if by_sid != told.queue_sid else self.queue(told.queue_name)
        return named or by_sid

    def _created(self, fact: Fact) -> Iterator[ev.Envelope]:
        told, _, fields = self._told(fact)
        # A queue may be entered, and told of, before the task is created: in the same second.
        created_ms = fact.body.time_ms("TaskDateCreated")
        at_ms = fact.at_ms if created_ms is None else min(created_ms, fact.at_ms)
        fields |= {"queue": self._queue(told), "time_quality": "second"}
        at_ms -= at_ms % 1000
        yield self.make(ev.ContactCreated, f"{told.task}:created", at_ms, **fields)

    def _entered(self, fact: Fact) -> Iterator[ev.Envelope]:
        told, task, fields = self._told(fact)
        leg = told.transfer or task.entered_by_transfer(fact.at_ms)
        queue = self._queue(told)
        if queue is None or told.queue is None:
            raise BodyError(Reason.MISSING_FIELD, f"{fact.body.where('TaskQueueName')} is missing")
        at_ms, by = fact.at_ms, {}
        if leg is None:
            stay = task.stay(told.queue, told.entered_ms or at_ms)
            leg = stay.leg_id
        else:
            stay = task.open(leg, told.queue, at_ms)
            if task.transfer and task.transfer.sid == leg:  # told, but without the queue's name
                at_ms = task.transfer.at_ms
                by = {"revision": 1, "transferred_from": task.transfer.from_leg}
        stay.is_told = True
        yield self.make(
            ev.ContactQueued, f"{told.task}:{leg}:queued", at_ms, leg_id=leg, queue=queue,
            priority=_whole(fact.body.number("TaskPriority")), **by, **fields,
        )  # fmt: skip
        if fact.name == "task-queue.moved":
            former = fact.text("PreviousTaskQueueSid") or fact.text("PreviousTaskQueueName")
            task.moved(Move(fact.body_id, fact.at_ms, former, leg, queue))
        yield from self._left(task, fields)

    def _left(self, task: Task, fields: dict[str, Any]) -> Iterator[ev.Envelope]:
        """Give the exits from queues that a task was moved out of, once both are known."""
        for move, stay in task.left():
            stay.is_left = True
            yield self.make(
                ev.FlowOut, f"{move.body_id}:left", move.at_ms, leg_id=stay.leg_id,
                reason="divert", to_queue=move.to_queue, **fields,
            )  # fmt: skip

    def _queue_timeout(self, fact: Fact) -> Iterator[ev.Envelope]:
        told, task, fields = self._told(fact)
        stay = told.stay(task)
        if stay is None:
            raise BodyError(Reason.MISSING_FIELD, f"{fact.body.where('TaskQueueName')} is missing")
        stay.is_left = True
        yield self.make(
            ev.FlowOut, f"{fact.body_id}:timeout", fact.at_ms, leg_id=stay.leg_id,
            reason="timeout", queue=self._queue(told), wait_ms=told.wait_ms(stay), **fields,
        )  # fmt: skip

    def _canceled(self, fact: Fact) -> Iterator[ev.Envelope]:
        told, task, fields = self._told(fact)
        body_id, at_ms = f"{told.task}:canceled", fact.at_ms
        stay = told.stay(task)
        if task.taken_by is not None and (stay is None or stay.is_answered):
            yield self.make(ev.ContactEnded, body_id, at_ms, **fields)
            return
        reason = fact.body.word("TaskCanceledReason") or fact.body.word("Reason")
        is_hangup = reason in self._hangups
        if stay is None:
            if not is_hangup:
                raise IgnoredError("task.canceled before a queue")
            yield self.make(ev.ContactAbandoned, body_id, at_ms, stage="ivr", **fields)
            return
        stay.is_left = True
        fields |= {"leg_id": stay.leg_id, "queue": self._queue(told)}
        fields["wait_ms"] = told.wait_ms(stay)
        if is_hangup:
            yield self.make(ev.ContactAbandoned, body_id, at_ms, stage="queue", **fields)
        else:
            out = "timeout" if reason in _TIMED_OUT else "other"
            yield self.make(ev.FlowOut, body_id, at_ms, reason=out, **fields)

    # -- reservations -------------------------------------------------------------------------

    def _reserved(self, fact: Fact) -> tuple[Told, Task, dict[str, Any]]:
        told, task, fields = self._told(fact)
        told.need_reservation(fact)
        leg = told.leg(task)
        if leg is None:
            raise BodyError(Reason.MISSING_FIELD, f"{fact.body.where('TaskQueueName')} is missing")
        fields |= {"leg_id": leg, "agent_id": self.agent(told.worker)}
        fields["queue"] = self._queue(told)
        return told, task, fields

    def _offered(self, fact: Fact) -> Iterator[ev.Envelope]:
        told, _, fields = self._reserved(fact)
        sid = told.reservation
        yield self.make(ev.AgentOffered, f"{sid}:offered", fact.at_ms, offer_id=sid, **fields)

    def _missed(self, fact: Fact) -> Iterator[ev.Envelope]:
        told, _, fields = self._reserved(fact)
        fields |= {"offer_id": told.reservation, "outcome": MISSED[fact.name]}
        yield self.make(ev.AgentOfferMissed, f"{told.reservation}:missed", fact.at_ms, **fields)

    def _accepted(self, fact: Fact) -> Iterator[ev.Envelope]:
        told, task, fields = self._reserved(fact)
        task.taken_by, task.worker = told.reservation, told.worker
        by_transfer = task.transfer is not None and fields["leg_id"] == task.transfer.sid
        by_transfer = by_transfer or fields["leg_id"] == told.transfer
        # Of a transfer, the age in the queue counts from the task's first entry.
        wait_ms = None if by_transfer else told.age_in_queue_ms
        stay = task.stays.get(fields["leg_id"])
        if stay is not None:
            stay.is_answered = True
        yield self.make(
            ev.ContactAnswered, f"{told.reservation}:accepted", fact.at_ms, wait_ms=wait_ms,
            offer_id=told.reservation, **fields,
        )  # fmt: skip

    def _wrapup(self, fact: Fact) -> Iterator[ev.Envelope]:
        sid, fields = self._handled(fact)
        if not self._was_transferred(fields):
            spoken = {name: value for name, value in fields.items() if name != "agent_id"}
            yield self.make(ev.ContactEnded, f"{sid}:ended", fact.at_ms, **spoken)
        if fields.get("agent_id") and fields.get("leg_id"):
            yield self.make(ev.WrapUpStarted, f"{sid}:wrap_up", fact.at_ms, **fields)

    def _completed(self, fact: Fact) -> Iterator[ev.Envelope]:
        sid, fields = self._handled(fact)
        if fields.get("agent_id") and fields.get("leg_id"):
            yield self.make(ev.WrapUpEnded, f"{sid}:completed", fact.at_ms, **fields)
        else:  # who handled it is not told: at least nobody talks any more
            fields.pop("agent_id", None)
            yield self.make(ev.ContactEnded, f"{sid}:ended", fact.at_ms, **fields)

    def _was_transferred(self, fields: dict[str, Any]) -> bool:
        stay = self._tasks.of(fields["contact_id"]).stays.get(fields.get("leg_id") or "")
        return stay is not None and stay.is_transferred

    def _handled(self, fact: Fact) -> tuple[str, dict[str, Any]]:
        """Return whose handling a body ends, by reservation; a task's is the one taken last."""
        if fact.name.startswith("reservation."):
            told, _, fields = self._reserved(fact)
            return str(told.reservation), fields
        told, task, fields = self._told(fact)
        sid = told.reservation or task.taken_by
        worker = told.worker or task.worker
        if sid is None:
            return told.task, fields
        fields |= {"leg_id": task.legs.get(sid), "agent_id": self.agent(worker)}
        return sid, fields

    # -- transfers ----------------------------------------------------------------------------

    def _transfer_begun(self, fact: Fact) -> Iterator[ev.Envelope]:
        told, task, fields = self._told(fact)
        sid = told.need_transfer(fact)
        from_leg = told.initiating_leg(task)
        if from_leg is None:
            raise BodyError(Reason.MISSING_FIELD, f"{fact.body.where('TaskQueueName')} is missing")
        target = fact.text("TransferTo")
        to_queue = fact.body.word("TransferType") == "queue"
        if task.transfer is None or task.transfer.sid != sid:
            task.transfer = Transfer(
                sid, fact.at_ms, from_leg, told.initiating or task.taken_by, to_queue
            )
        queue = (self.queue(target) if to_queue else None) or self._queue(told)
        if fact.body.word("TransferMode") != "warm":
            yield self._transferred(
                task, from_leg, sid, "blind", fact.at_ms,
                to_queue=queue if to_queue else None,
                agent_id=self.agent(told.initiating_worker),
                to_agent_id=None if to_queue else self.agent(target), **fields,
            )  # fmt: skip
        if queue is not None:
            known_by = (target if to_queue else told.queue) or queue
            task.open(sid, known_by, fact.at_ms).is_told = True
            yield self.make(
                ev.ContactQueued, f"{told.task}:{sid}:queued", fact.at_ms, leg_id=sid,
                queue=queue, transferred_from=from_leg, **fields,
            )  # fmt: skip

    def _transfer_done(self, fact: Fact) -> Iterator[ev.Envelope]:
        told, task, fields = self._told(fact)
        sid = told.need_transfer(fact)
        begun = task.transfer if task.transfer and task.transfer.sid == sid else None
        if begun is not None:
            begun.is_over = True
        if fact.body.word("TransferMode") != "warm":
            raise IgnoredError("task.transfer-completed of a cold transfer")
        leg = begun.from_leg if begun else told.initiating_leg(task)
        if leg is None:
            raise BodyError(Reason.MISSING_FIELD, f"{fact.body.where('TaskQueueName')} is missing")
        yield self._transferred(
            task, leg, sid, "attended", fact.at_ms,
            agent_id=self.agent(told.initiating_worker), **fields,
        )  # fmt: skip

    def _transferred(
        self,
        task: Task,
        leg: str,
        sid: str,
        kind: Literal["blind", "attended"],
        at_ms: int,
        **fields: Any,
    ) -> ev.ContactTransferred:
        stay = task.stays.get(leg)
        if stay is not None:
            stay.is_transferred = True
        return self.make(
            ev.ContactTransferred, f"{sid}:transferred", at_ms, leg_id=leg, kind=kind,
            to_leg_id=sid, **fields,
        )  # fmt: skip

    def _transfer_failed(self, fact: Fact) -> Iterator[ev.Envelope]:
        told, task, fields = self._told(fact)
        sid = told.need_transfer(fact)
        if task.transfer and task.transfer.sid == sid:
            task.transfer.is_over = True
        stay = task.stays.get(sid)
        if stay is not None and stay.is_answered:
            yield self.make(ev.ContactEnded, f"{sid}:failed", fact.at_ms, leg_id=sid, **fields)
            return
        if stay is not None:
            stay.is_left = True
        yield self.make(
            ev.FlowOut, f"{sid}:failed", fact.at_ms, leg_id=sid, reason="other", **fields
        )


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)
