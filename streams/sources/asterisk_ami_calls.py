"""The calls in the queues of an Asterisk, as its manager tells them: joining, ringing, talk.

``QueueCallerLeave`` is no outcome: an answer or an abandonment comes with it, before or after.
With neither within 5 s the caller went on elsewhere; if the outcome is told after all, what was
assumed is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from aggregators import events as ev
from aggregators.events import Envelope
from streams.sources.asterisk_ami_legs import Leg, Legs
from streams.sources.body import Body
from streams.sources.live import wall_clock_ms
from streams.sources.payloads import IgnoredError, PayloadSource


class AmiCalls(PayloadSource):
    """What tells of calls. ``clock`` is for blocks that carry no time stamp."""

    def prepare(self) -> None:
        """Begin with no call."""
        self.clock: Callable[[], int] = wall_clock_ms
        self._legs = Legs()

    def _at(self, body: Body) -> int:
        return body.time_ms("Timestamp") or self.clock()

    def _tell(
        self, kind: Any, leg: Leg, fact: str, at_ms: int, quality: str, /, **fields: Any
    ) -> Any:
        return self.make(
            kind, f"{leg.leg_id}:{fact}", at_ms, time_quality=quality, contact_id=leg.contact_id,
            leg_id=leg.leg_id, channel="voice", queue=self.queue(leg.queue), **fields,
        )  # fmt: skip

    def _agent(self, body: Body) -> str:
        return str(self.agent(body.text("MemberName") or body.need("Interface")))

    # -- waiting ----------------------------------------------------------------------------

    def _join(self, body: Body) -> Iterator[Envelope]:
        uniqueid, queue = body.need("Uniqueid"), body.need("Queue")
        at_ms, quality = self._at(body), quality_of(body)
        last = self._legs.last(uniqueid, queue)
        again = last is not None and quality == "exact" and last.entered_ms == at_ms
        if again or self._legs.find(uniqueid, queue, "waiting"):
            raise IgnoredError("QueueCallerJoin again")
        if left := self._legs.find(uniqueid, queue, "left"):  # sent back into the same queue
            yield self._assume(left, left.left_ms, left.left_quality)
        contact_id = body.text("Linkedid") or uniqueid
        leg = self._legs.begin(uniqueid, queue, contact_id, at_ms)
        yield self._tell(
            ev.ContactQueued, leg, "queued", at_ms, quality, position=whole(body, "Position"),
            customer_key=self.customer(body.text("CallerIDNum")),
        )  # fmt: skip

    def _leave(self, body: Body) -> Iterator[Envelope]:
        leg = self._legs.find(body.need("Uniqueid"), body.need("Queue"), "waiting")
        if leg is None:
            raise IgnoredError("QueueCallerLeave after the end")
        self._legs.leave(leg, self._at(body), quality_of(body))
        return iter(())

    def _abandon(self, body: Body) -> Iterator[Envelope]:
        wait_ms, at_ms = body.seconds_ms("HoldTime"), self._at(body)
        leg, before = self._waiting(body, at_ms - (wait_ms or 0), "QueueCallerAbandon")
        self._legs.close(leg)
        yield from before
        yield self._tell(
            ev.ContactAbandoned, leg, "abandoned", at_ms, quality_of(body), stage="queue",
            wait_ms=wait_ms, position=whole(body, "Position"),
        )  # fmt: skip

    def _waiting(self, body: Body, entered_ms: int, name: str) -> tuple[Leg, list[Envelope]]:
        """Return the stay that ends, and what has to be taken back of what was assumed."""
        uniqueid, queue = body.need("Uniqueid"), body.need("Queue")
        leg = self._legs.find(uniqueid, queue, "waiting", "left")
        if leg is None:
            leg = self._legs.last(uniqueid, queue)
            if leg is not None and not leg.assumed:
                raise IgnoredError(f"{name} after the end")
        if leg is None:
            contact_id = body.text("Linkedid") or uniqueid
            leg = self._legs.begin(uniqueid, queue, contact_id, entered_ms)
        return leg, self._take_back(leg)

    def _assume(self, leg: Leg, at_ms: int, quality: str) -> Envelope:
        """End a stay of which nobody says how it ended."""
        self._legs.close(leg)
        leg.assumed, leg.left_ms, leg.left_quality = True, at_ms, quality
        told: Envelope = self._tell(
            ev.FlowOut, leg, "left", at_ms, quality, reason="other", revision=leg.corrections
        )
        return told

    def _take_back(self, leg: Leg) -> list[Envelope]:
        if not leg.assumed:
            return []
        leg.assumed = False
        leg.corrections += 2
        return [
            self._tell(
                ev.FlowOut, leg, "left", leg.left_ms, leg.left_quality, reason="other",
                revision=leg.corrections - 1, retracted=True,
            )
        ]  # fmt: skip

    # -- agents and talk ----------------------------------------------------------------------

    def _called(self, body: Body) -> Iterator[Envelope]:
        leg = self._legs.find(body.need("Uniqueid"), body.need("Queue"), "waiting", "left")
        if leg is None:
            raise IgnoredError("AgentCalled outside of a wait")
        offer_id, at_ms = _offer(body), self._at(body)
        yield self._tell(
            ev.AgentOffered, leg, f"offered:{offer_id}", at_ms, quality_of(body),
            offer_id=offer_id, agent_id=self._agent(body),
        )  # fmt: skip

    def _missed(self, body: Body) -> Iterator[Envelope]:
        leg = self._legs.last(body.need("Uniqueid"), body.need("Queue"))
        if leg is None:
            raise IgnoredError("AgentRingNoAnswer outside of a wait")
        offer_id, at_ms = _offer(body), self._at(body)
        yield self._tell(
            ev.AgentOfferMissed, leg, f"missed:{offer_id}", at_ms, quality_of(body),
            offer_id=offer_id, agent_id=self._agent(body), outcome="timeout",
            ring_ms=body.whole_ms("RingTime"),  # in milliseconds here alone, as in the queue_log
        )  # fmt: skip

    def _connect(self, body: Body) -> Iterator[Envelope]:
        wait_ms, ring_ms = body.seconds_ms("HoldTime"), body.seconds_ms("RingTime")
        at_ms, agent_id = self._at(body), self._agent(body)
        if self._legs.find(body.need("Uniqueid"), body.need("Queue"), "talking"):
            raise IgnoredError("AgentConnect again")
        leg, before = self._waiting(body, at_ms - (wait_ms or 0), "AgentConnect")
        self._legs.talk(leg, body.text("DestUniqueid") or "")
        yield from before
        yield self._tell(
            ev.ContactAnswered, leg, "answered", at_ms, quality_of(body), agent_id=agent_id,
            wait_ms=wait_ms, ring_ms=ring_ms, offer_id=body.text("DestUniqueid"),
        )  # fmt: skip

    def _complete(self, body: Body) -> Iterator[Envelope]:
        wait_ms, talk_ms = body.seconds_ms("HoldTime"), body.seconds_ms("TalkTime")
        at_ms, quality, agent_id = self._at(body), quality_of(body), self._agent(body)
        reason = body.word("Reason")
        leg = self._legs.find(body.need("Uniqueid"), body.need("Queue"), "talking")
        if leg is None:  # answered while nobody listened
            answered_ms = at_ms - (talk_ms or 0)
            leg, before = self._waiting(body, answered_ms - (wait_ms or 0), "AgentComplete")
            yield from before
            yield self._tell(
                ev.ContactAnswered, leg, "answered", answered_ms, quality, agent_id=agent_id,
                wait_ms=wait_ms,
            )  # fmt: skip
        self._legs.close(leg)
        if reason == "transfer":
            yield self._tell(
                ev.ContactTransferred, leg, "transferred", at_ms, quality, agent_id=agent_id,
                kind=leg.transfer, talk_ms=talk_ms,
            )  # fmt: skip
            return
        yield self._tell(
            ev.ContactEnded, leg, "ended", at_ms, quality, agent_id=agent_id, talk_ms=talk_ms,
            ended_by={"caller": "customer", "agent": "agent"}.get(reason),
        )  # fmt: skip

    def _hold(self, body: Body) -> Iterator[Envelope]:
        leg = self._legs.of_agent(body.need("Uniqueid"))
        if leg is None:
            raise IgnoredError("Hold outside of a queue's call")
        begins = body.word("Event") == "hold"
        leg.holds += begins
        kind, fact = (ev.HoldStarted, "hold") if begins else (ev.HoldEnded, "unhold")
        yield self._tell(
            kind, leg, f"{fact}:{leg.holds}", self._at(body), quality_of(body),
            hold_id=f"{leg.leg_id}:{leg.holds}",
        )  # fmt: skip

    def _transfer(self, body: Body) -> Iterator[Envelope]:
        attended = body.word("Event") == "attendedtransfer"
        for leg in self._legs.of_channel(body.text("TransfereeUniqueid") or ""):
            leg.transfer = "attended" if attended else "blind"
        raise IgnoredError("AttendedTransfer" if attended else "BlindTransfer")


def quality_of(body: Body) -> str:
    """Return how good the time of a block is."""
    return "arrival" if body.get("Timestamp") in (None, "") else "exact"


def whole(body: Body, name: str) -> int | None:
    """Return a count of a block."""
    found = body.number(name)
    return None if found is None else round(found)


def _offer(body: Body) -> str:
    """Return the id of a ring: that of the channel which rings."""
    return body.text("DestUniqueid") or f"{body.need('Uniqueid')}:{body.need('Interface')}"
