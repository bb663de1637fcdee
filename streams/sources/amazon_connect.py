"""Source ``amazon-connect``: contact events, the agent event stream and contact records.

The three forms are told apart by shape, so one source may read a mixture of them, as they are or
in the wrapping of SQS, SNS or Kinesis. Nothing is kept between bodies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from aggregators import events as ev
from streams.reasons import Reason
from streams.sources.amazon_connect_agents import Agents
from streams.sources.amazon_connect_contacts import BY_EVENT, Contacts, Stay, last_part
from streams.sources.amazon_connect_wrapping import CONFIRMATIONS, unwrapped
from streams.sources.body import Body, BodyError
from streams.sources.payloads import About, IgnoredError, PayloadSource
from streams.sources.source import Refused, SourceLine, refused

CONTACT_EVENT = "amazon connect contact event"
_CHANNELS = {
    "voice": "voice", "chat": "chat", "task": "task", "email": "email", "sms": "messaging",
}  # fmt: skip
_MESSAGING = frozenset({"connect:sms", "connect:whatsapp", "connect:apple"})
_LEFT_OUT = frozenset(
    {"CONNECTED_TO_SYSTEM", "CONTACT_DATA_UPDATED", "AMD_DISABLED", "PAUSED", "RESUMED"}
)
_OTHER_DETAILS = ("contact lens", "rule for contact lens", "voice id", "metrics rules",
                  "amazon connect rules", "aws api call")  # fmt: skip
_CLASSES = ("available", "pause", "other", "offline")


class AmazonConnect(PayloadSource):
    """Contacts and agents of Amazon Connect.

    ``contact_id`` is the first contact's id of a chain of transfers, ``leg_id`` the contact's
    own. Agents and queues are known by the last part of their ARN, which all three forms have.
    """

    ABOUT: ClassVar[About] = About(
        title="Amazon Connect",
        accepts=(
            "contact events of EventBridge (detail-type Amazon Connect Contact Event)",
            "the agent event stream (Kinesis)",
            "contact records (CTR)",
            "all of them bare, or in messages of SQS, SNS or Kinesis",
        ),
        needs=(
            "an EventBridge rule for the contact events, with a target that vigie reads",
            "data streaming of the instance: agent events and contact records to Kinesis",
        ),
        settings={"states": "Names of agent statuses to available, pause, other or offline."},
        guide="docs/sources/amazon-connect.md",
    )

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""
        states = self.words("states", _CLASSES)
        self._contacts = Contacts(self)
        self._agents = Agents(self, self._contacts, self._of_snapshot, _CHANNELS, states)

    def read(self, given: Any, line: SourceLine) -> Iterator[ev.Envelope | Refused]:
        """Give the events of a body, or of each of those wrapped in it; one bad one stays one."""
        if not isinstance(given, Mapping):
            yield from super().read(given, line)
            return
        for one in unwrapped(given, line):
            if one.problem:
                yield refused(Reason.MALFORMED_SOURCE, one.problem, self._file, one.line)
            else:
                yield from super().read(one.given, one.line)

    def events(self, body: Body) -> Iterable[ev.Envelope]:
        """Give the events of one body of whichever form."""
        kind = body.word("detail-type")
        if kind == CONTACT_EVENT:
            return self._contact_event(body.part("detail"), body.time_ms("time"))
        if kind.startswith(_OTHER_DETAILS):
            raise IgnoredError(f"detail-type {kind}")
        if kind:
            detail = "detail-type is none of the events of Amazon Connect that are known"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)
        if body.get("AgentARN") and body.get("EventType"):
            return self._agents.events(body)
        if body.get("ContactId") and body.get("eventType"):
            return self._contact_event(body, None)
        if body.get("ContactId"):
            return self._record(body)
        if body.word("Type") in CONFIRMATIONS:
            raise IgnoredError(body.need("Type"))
        detail = "the body is no contact event, no agent event and no contact record"
        raise BodyError(Reason.MALFORMED_SOURCE, detail)

    # -- contact events -----------------------------------------------------------------------

    def _contact_event(self, detail: Body, sent_ms: int | None) -> Iterator[ev.Envelope]:
        kind = detail.need("eventType").upper()
        if kind in _LEFT_OUT:
            raise IgnoredError(kind)
        facts = _FACTS.get(kind)
        if facts is None:
            raise BodyError(
                Reason.UNMAPPED_SOURCE,
                f"{detail.where('eventType')} is none of the known contact events",
            )
        agent, queue = detail.part("agentInfo"), detail.part("queueInfo")
        stay = self._stay(detail, queue, queue.get("queueArn") or queue.get("arn"))
        stay.agent_id = self._agent(agent.get("agentArn"), None)
        stay.answered_ms = agent.time_ms("connectedToAgentTimestamp")
        stay.is_handled = stay.agent_id is not None
        stay.revision = BY_EVENT
        self._wrap_up(stay, agent)
        _fill_in(stay, kind, sent_ms)
        if kind == "CONNECTED_TO_AGENT" and stay.agent_id is None:
            raise BodyError(Reason.MISSING_FIELD, f"{agent.where('agentArn')} is missing")
        if kind == "QUEUED" and stay.queue is None:
            raise BodyError(Reason.MISSING_FIELD, f"{queue.where('queueArn')} is missing")
        for fact in facts:
            yield from fact(self._contacts, stay)

    # -- contact records ----------------------------------------------------------------------

    def _record(self, body: Body) -> Iterator[ev.Envelope]:
        agent, queue = body.part("Agent"), body.part("Queue")
        stay = self._stay(body, queue, queue.get("ARN"))
        stay.agent_id = self._agent(agent.get("ARN"), agent.text("Username"))
        stay.answered_ms = agent.time_ms("ConnectedToAgentTimestamp")
        stay.is_handled = stay.answered_ms is not None
        stay.left_ms = queue.time_ms("DequeueTimestamp")
        stay.wait_ms = queue.seconds_ms("Duration")
        stay.talk_ms = agent.seconds_ms("AgentInteractionDuration")
        stay.hold_ms = agent.seconds_ms("CustomerHoldDuration")
        self._wrap_up(stay, agent)
        stay.is_outside = bool(body.get("TransferredToEndpoint"))
        stay.revision = max(body.time_ms("LastUpdateTimestamp") or 0, BY_EVENT)
        for fact in _ALL_FACTS:
            yield from fact(self._contacts, stay)

    # -- what the forms share -----------------------------------------------------------------

    def _stay(self, body: Body, queue: Body, queue_arn: object) -> Stay:
        method = (body.text("initiationMethod") or "").upper()
        if method == "MONITOR":
            raise IgnoredError("initiationMethod MONITOR")
        leg = body.need("contactId")
        given = last_part(queue_arn) or queue.text("Name")
        return Stay(
            leg_id=leg,
            initial_id=body.text("initialContactId") or leg,
            previous_id=body.text("previousContactId"),
            next_id=body.text("nextContactId"),
            method=method,
            channel=self._channel(body),
            queue=self.queue(given),
            customer_key=self.customer(body.text("customerEndpoint.address")),
            initiated_ms=body.time_ms("initiationTimestamp"),
            enqueued_ms=queue.time_ms("enqueueTimestamp"),
            reached_ms=body.time_ms("connectedToSystemTimestamp"),
            ended_ms=body.time_ms("disconnectTimestamp"),
            reason=(body.text("disconnectReason") or "").upper(),
        )

    def _of_snapshot(self, contact: Body) -> Stay | None:
        """Read a contact in a snapshot of an agent; None for a supervisor who listens in."""
        queue = contact.part("Queue")
        try:
            stay = self._stay(contact, queue, queue.get("ARN"))
        except IgnoredError as what:
            self.ignored[str(what)] += 1
            return None
        stay.enqueued_ms = contact.time_ms("QueueTimestamp")
        stay.answered_ms = contact.time_ms("ConnectedToAgentTimestamp")
        stay.is_handled = stay.answered_ms is not None
        stay.previous_id = stay.next_id = None
        return stay

    def _wrap_up(self, stay: Stay, agent: Body) -> None:
        stay.acw_from_ms = agent.time_ms("afterContactWorkStartTimestamp")
        stay.acw_to_ms = agent.time_ms("afterContactWorkEndTimestamp")
        stay.acw_ms = agent.seconds_ms("afterContactWorkDuration")

    def _channel(self, body: Body) -> str:
        word = body.word("channel")
        if not word:
            return "voice"
        if word not in _CHANNELS:
            detail = f"{body.where('channel')} is no channel of Amazon Connect that is known"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)
        subtype = body.part("segmentAttributes").part("connect:Subtype").word("valueString")
        return "messaging" if subtype in _MESSAGING else _CHANNELS[word]

    def _agent(self, arn: object, name: str | None) -> str | None:
        return self.agent(last_part(arn) or name)


def _fill_in(stay: Stay, kind: str, sent_ms: int | None) -> None:
    """Take the time at which an event was sent where it does not tell when it happened."""
    if kind == "INITIATED" and stay.initiated_ms is None:
        stay.initiated_ms = sent_ms
    elif kind == "QUEUED" and stay.enqueued_ms is None:
        stay.enqueued_ms = sent_ms
    elif kind == "CONNECTED_TO_AGENT" and stay.answered_ms is None:
        stay.answered_ms = sent_ms
    elif kind == "DISCONNECTED" and stay.ended_ms is None:
        stay.ended_ms = sent_ms
    told = {
        "INITIATED": stay.initiated_ms, "QUEUED": stay.enqueued_ms,
        "CONNECTED_TO_AGENT": stay.answered_ms,
    }  # fmt: skip
    if told.get(kind, stay.ended_ms) is None:
        raise BodyError(Reason.MISSING_FIELD, f"the time of {kind} is missing")


_ALL_FACTS = (
    Contacts.created, Contacts.queued, Contacts.answered, Contacts.over, Contacts.wrapped_up,
)  # fmt: skip
_FACTS = {
    "INITIATED": (Contacts.created,),
    "QUEUED": (Contacts.before, Contacts.queued),
    "CONNECTED_TO_AGENT": (Contacts.answered,),
    "DISCONNECTED": (Contacts.answered, Contacts.over),
    "COMPLETED": (Contacts.answered, Contacts.over, Contacts.wrapped_up),
}
"""What each contact event tells; a later one repeats what an earlier one may have lost."""
