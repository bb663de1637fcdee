"""The events of Genesys' conversations: sessions of the customer, of the ACD and of agents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec.structs import replace

from aggregators import events as ev
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.genesys_conversations import Conversation, Conversations, Held, Leg
from streams.sources.payloads import IgnoredError, PayloadSource

_CHANNELS = {
    "voice": "voice", "callback": "voice", "video": "voice", "chat": "chat",
    "message": "messaging", "email": "email",
}  # fmt: skip
_SIDE_SESSIONS = frozenset({"cobrowse", "screenshare", "internalmessage"})
_FLOW_OUT = {
    "timeout": "timeout", "error": "error", "transport_failure": "error", "transfer": "divert",
    "forward_transfer": "divert", "not_available_transfer": "divert",
    "no_answer_transfer": "divert",
}  # fmt: skip
_TRANSFERS: Mapping[str, Literal["blind", "attended"]] = {
    "transfer": "blind", "forward_transfer": "blind", "no_answer_transfer": "blind",
    "not_available_transfer": "blind", "dnd_transfer": "blind", "consult_transfer": "attended",
    "conference_transfer": "attended",
}  # fmt: skip
_ENDED_BY = {
    "peer": "customer", "client": "agent", "endpoint": "agent", "dnd_endpoint": "agent",
    "system": "system", "timeout": "system", "error": "system", "transport_failure": "system",
}  # fmt: skip
_MISSED = {"timeout": "timeout", "no_answer_transfer": "timeout", "client": "rejected",
           "endpoint": "rejected", "error": "error", "transport_failure": "error"}  # fmt: skip


class SessionEvents(PayloadSource):
    """Turns the bodies of sessions into events; the class that is used has the memory."""

    _conversations: Conversations

    def _told(self, body: Body) -> tuple[str, int, Conversation, dict[str, Any]]:
        """Return id, time and memory of a body's conversation, and the fields of its events."""
        conversation, at_ms = body.need("conversationId"), body.need_time_ms("eventTime")
        media = body.word("mediaType")
        if media in _SIDE_SESSIONS:
            raise IgnoredError(f"sessions of {media}")
        is_outbound = body.word("direction") == "outbound"
        fields = {
            "contact_id": conversation,
            "channel": _CHANNELS.get(media, "voice"),
            "direction": "out" if is_outbound else None,
            "customer_key": self.customer(_customer(body, is_outbound=is_outbound)),
        }
        return conversation, at_ms, self._conversations.of(conversation), fields

    def _reached(self, known: Conversation) -> Iterator[ev.Envelope]:
        """Take note that a queue or an agent was reached; take back an IVR abandon told before."""
        known.is_reached = True
        gone, known.gone = known.gone, None
        if gone is not None:
            yield replace(gone, revision=1, retracted=True)

    # -- the customer's session ---------------------------------------------------------------

    def customer_started(self, body: Body) -> Iterator[ev.Envelope]:
        """The first sign of a conversation."""
        conversation, at_ms, _, fields = self._told(body)
        by = "agent" if fields["direction"] == "out" else None
        yield self.make(
            ev.ContactCreated, f"{conversation}:created", at_ms, initiated_by=by, **fields
        )

    def customer_ended(self, body: Body) -> Iterator[ev.Envelope]:
        """Without a queue or an agent before, the customer left in the IVR."""
        conversation, at_ms, known, fields = self._told(body)
        if known.is_reached or fields["direction"] == "out":
            raise IgnoredError("customer.end after a queue")
        known.gone = self.make(
            ev.ContactAbandoned, f"{conversation}:ivr_left", at_ms, stage="ivr", **fields
        )
        yield known.gone

    # -- the ACD's sessions -------------------------------------------------------------------

    def acd_started(self, body: Body) -> Iterator[ev.Envelope]:
        """A leg enters a queue; a callback is asked for where it is one."""
        conversation, at_ms, known, fields = self._told(body)
        session, queue = body.need("sessionId"), body.need("queueId")
        yield from self._reached(known)
        leg = known.leg(session, queue, at_ms)
        leg.queue, leg.entered_ms = queue, at_ms
        fields |= {"leg_id": session, "queue": self.queue(queue)}
        yield self.make(
            ev.ContactQueued, f"{conversation}:{session}:queued", at_ms,
            priority=_whole(body.number("routingPriority")),
            transferred_from=known.transferred_from(session, at_ms), **fields,
        )  # fmt: skip
        due_ms = body.time_ms("callbackScheduledTime")
        if due_ms is not None or body.word("mediaType") == "callback":
            yield self.make(
                ev.CallbackRequested, f"{conversation}:{session}:callback", at_ms,
                callback_id=session, due_at_ms=due_ms, **fields,
            )  # fmt: skip

    def acd_ended(self, body: Body) -> Iterator[ev.Envelope]:
        """A leg leaves its queue: answered, abandoned or otherwise."""
        conversation, at_ms, known, fields = self._told(body)
        session, outcome = body.need("sessionId"), body.need("acdOutcome").lower()
        user = body.need("answeredUserId") if outcome == "answered" else None
        if outcome not in ("answered", "abandon", "abandoned", "flow_out", "flow-out", "unknown"):
            detail = f"{body.where('acdOutcome')} is no known outcome"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)
        yield from self._reached(known)
        queue = body.text("queueId")
        leg = known.leg(session, queue, at_ms)
        leg.left_ms, leg.user = at_ms, user
        leg.entered_ms = min(leg.entered_ms, at_ms)
        fields |= {"leg_id": session, "queue": self.queue(queue or leg.queue)}
        body_id = f"{conversation}:{session}:left"
        if body.word("mediaType") == "callback":
            yield from self._callback(body_id, at_ms, outcome, user, fields)
        elif outcome == "answered":
            yield self.make(ev.ContactAnswered, body_id, at_ms, agent_id=self.agent(user), **fields)
        elif outcome.startswith("abandon"):
            yield self.make(ev.ContactAbandoned, body_id, at_ms, stage="queue", **fields)
        else:
            reason = _FLOW_OUT.get(body.word("disconnectType"), "other")
            yield self.make(ev.FlowOut, body_id, at_ms, reason=reason, **fields)
        for held in known.release(user or ""):
            if held.kind == "acw":
                yield from self.wrapped_up(held.body)
            else:
                yield from self.user_ended(held.body, held.revision)

    def _callback(
        self, body_id: str, at_ms: int, outcome: str, user: str | None, fields: dict[str, Any]
    ) -> Iterator[ev.Envelope]:
        """The callback itself left the queue: an agent calls, or nobody will."""
        told = {name: value for name, value in fields.items() if name != "leg_id"}
        told["callback_id"] = fields["leg_id"]
        if user is None:
            done = "canceled" if outcome.startswith("abandon") else "expired"
            yield self.make(ev.CallbackDone, body_id, at_ms, outcome=done, **told)
        else:
            agent = self.agent(user)
            yield self.make(ev.CallbackAttempted, body_id, at_ms, attempt=1, agent_id=agent, **told)

    # -- agents' sessions ---------------------------------------------------------------------

    def user_started(self, body: Body) -> Iterator[ev.Envelope]:
        """The conversation rings at an agent."""
        _, at_ms, known, fields = self._told(body)
        session, user = body.need("sessionId"), body.need("userId")
        yield from self._reached(known)
        leg = known.ringing(body.text("queueId"), at_ms)
        if leg is None or body.word("mediaType") == "callback":
            self.ignored["user.start without a waiting ACD session"] += 1
            return
        yield self.make(
            ev.AgentOffered, f"{session}:offered", at_ms, leg_id=leg.leg_id, offer_id=session,
            agent_id=self.agent(user), queue=self.queue(leg.queue), **fields,
        )  # fmt: skip

    def user_ended(self, body: Body, revision: int = 0) -> Iterator[ev.Envelope]:
        """An agent's session is over: the talk, or a ring in vain."""
        conversation, at_ms, known, fields = self._told(body)
        session, user = body.need("sessionId"), body.need("userId")
        talk_ms, held_ms = body.whole_ms("interactingDurationMs"), body.whole_ms("heldDurationMs")
        yield from self._reached(known)
        leg = known.answered_by(user, at_ms)
        if leg is None and not talk_ms and not held_ms:
            yield from self._missed(body, known.ringing(body.text("queueId"), at_ms), fields)
        elif body.word("mediaType") == "callback":
            yield from self._called_back(body, leg, fields, reached=bool(talk_ms or held_ms))
        elif leg is not None:
            fields["revision"] = revision
            yield from self._talked(body, leg, fields, talk_ms or None, held_ms or None)
        elif known.is_known:
            known.hold(Held("user.end", user, body))
        elif body.text("queueId") is not None:  # told of for the first time: whoever talks ends
            known.hold(Held("user.end", user, body, revision=1))
            fact = f"{conversation}:{session}:ended"
            yield self.make(ev.ContactEnded, fact, at_ms, **fields)
        else:
            self.ignored["user.end without a queue"] += 1

    def _missed(self, body: Body, leg: Leg | None, fields: dict[str, Any]) -> Iterator[ev.Envelope]:
        session = body.need("sessionId")
        if leg is None:
            self.ignored["user.end without a waiting ACD session"] += 1
            return
        yield self.make(
            ev.AgentOfferMissed, f"{session}:missed", body.need_time_ms("eventTime"),
            leg_id=leg.leg_id, offer_id=session, agent_id=self.agent(body.need("userId")),
            queue=self.queue(leg.queue), ring_ms=body.whole_ms("alertingDurationMs"),
            outcome=_MISSED.get(body.word("disconnectType"), "canceled"), **fields,
        )  # fmt: skip

    def _called_back(
        self, body: Body, leg: Leg | None, fields: dict[str, Any], *, reached: bool
    ) -> Iterator[ev.Envelope]:
        if leg is None:
            self.ignored["user.end of an unknown callback"] += 1
            return
        yield self.make(
            ev.CallbackDone, f"{leg.leg_id}:called", body.need_time_ms("eventTime"),
            callback_id=leg.leg_id, outcome="reached" if reached else "failed",
            agent_id=self.agent(leg.user), **fields,
        )  # fmt: skip

    def _talked(
        self,
        body: Body,
        leg: Leg,
        fields: dict[str, Any],
        talk_ms: int | None,
        held_ms: int | None,
    ) -> Iterator[ev.Envelope]:
        at_ms, session = body.need_time_ms("eventTime"), body.need("sessionId")
        fact = f"{fields['contact_id']}:{session}"
        fields |= {"leg_id": leg.leg_id, "queue": self.queue(leg.queue)}
        agent, word = self.agent(leg.user), body.word("disconnectType")
        kind = _TRANSFERS.get(word)
        if kind is None:
            yield self.make(
                ev.ContactEnded, f"{fact}:ended", at_ms, talk_ms=talk_ms, hold_ms=held_ms,
                ended_by=_ENDED_BY.get(word), agent_id=agent, **fields,
            )  # fmt: skip
            return
        if held_ms is not None:
            yield self.make(
                ev.HoldEnded, f"{fact}:held", at_ms, hold_id=session, hold_ms=held_ms,
                agent_id=agent, **fields,
            )  # fmt: skip
        yield self.make(
            ev.ContactTransferred, f"{fact}:ended", at_ms, kind=kind, talk_ms=talk_ms,
            agent_id=agent, **fields,
        )  # fmt: skip

    def wrapped_up(self, body: Body) -> Iterator[ev.Envelope]:
        """After-contact work is done; it is told once, at its end."""
        _, at_ms, known, fields = self._told(body)
        session, user = body.need("sessionId"), body.need("userId")
        yield from self._reached(known)
        leg = known.answered_by(user, at_ms)
        if leg is None:
            known.hold(Held("acw", user, body))
            return
        yield self.make(
            ev.WrapUpEnded, f"{fields['contact_id']}:{session}:acw", at_ms, leg_id=leg.leg_id,
            agent_id=self.agent(user), acw_ms=body.whole_ms("wrapupDurationMs"),
            queue=self.queue(leg.queue), motive=self.motive(body.text("wrapupCode")), **fields,
        )  # fmt: skip


def _customer(body: Body, *, is_outbound: bool) -> str | None:
    """Return who the customer is: the external contact, else the address on their side."""
    paths = ("externalContactId", "dnis", "addressTo") if is_outbound else (
        "externalContactId", "ani", "addressFrom")  # fmt: skip
    for path in paths:
        found = body.get(path)
        if isinstance(found, str) and found.strip():
            return found.strip().removeprefix("tel:")
    return None


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)
