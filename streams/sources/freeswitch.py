"""FreeSWITCH's mod_callcenter: its events ``callcenter::info`` as JSON.

What the events tell needs no memory. The source still remembers who is there, so that the offers
of a ring have one id and that a gap in a live connection can be repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal

from aggregators import events as ev
from aggregators.events import Envelope
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.freeswitch_members import Member, Stays
from streams.sources.live import LIVE_SETTINGS, wall_clock_ms
from streams.sources.payloads import About, IgnoredError, PayloadSource
from streams.sources.source import Refused, SourceLine

MEMBERS = "vigie-members"
"""Action of a body that a live connection makes: ``CC-Members``, the callers that are there."""

MOST_AGENTS = 10_000
"""Agents that are remembered as logged in; further ones are told by their states alone."""
_IGNORED = frozenset({"members-count", "agent-contact-change", "agent-add", "agent-del"})
_EXITS: Mapping[str, ev.FlowOutReason] = {
    "TIMEOUT": "timeout", "NO_AGENT_TIMEOUT": "no_agent", "EXIT_WITH_KEY": "key",
}  # fmt: skip
_MISSED: Mapping[str, Literal["timeout", "rejected", "canceled"]] = {
    "NO_ANSWER": "timeout", "NO_USER_RESPONSE": "timeout", "ALLOTTED_TIMEOUT": "timeout",
    "PROGRESS_TIMEOUT": "timeout", "CALL_REJECTED": "rejected", "USER_BUSY": "rejected",
    "ORIGINATOR_CANCEL": "canceled", "LOSE_RACE": "canceled", "PICKED_OFF": "canceled",
}  # fmt: skip
_STATUSES: Mapping[str, Literal["available", "pause", "offline"]] = {
    "available": "available", "available (on demand)": "available", "on break": "pause",
    "logged out": "offline",
}  # fmt: skip
_SHOWN = (
    "Event-Name", "Event-Subclass", "Event-Date-Timestamp", "CC-Action", "CC-Queue", "CC-Agent",
    "CC-Member-UUID", "CC-Member-Session-UUID", "CC-Cause", "CC-Cancel-Reason",
)  # fmt: skip
"""Headers that name no caller: the others do not go to a dead letter."""


class FreeSwitch(PayloadSource):
    """Reads the events of one FreeSWITCH. ``clock`` is for bodies that carry no time."""

    ABOUT: ClassVar[About] = About(
        title="FreeSWITCH mod_callcenter",
        accepts=("events CUSTOM callcenter::info as JSON, one per line",),
        needs=("mod_event_socket with a password and an access list",),
        settings=LIVE_SETTINGS,
        guide="docs/sources/freeswitch.md",
    )

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""
        self.clock: Callable[[], int] = wall_clock_ms
        self.ghosts = 0
        self._stays = Stays()
        self._lost_ms: int | None = None
        self._present: set[str] = set()
        self._before: set[tuple[str, str]] = set()
        self._tells: dict[str, Callable[[Body], Iterable[Envelope]]] = {
            "member-queue-start": self._queued,
            "member-queue-resume": self._queued,
            "agent-offering": self._offered,
            "bridge-agent-fail": self._missed,
            "bridge-agent-start": self._answered,
            "bridge-agent-end": self._ended,
            "member-queue-end": self._left,
            "agent-status-change": self._status,
            "agent-state-change": self._state,
            MEMBERS: self._members,
        }

    def read(self, given: Any, line: SourceLine) -> Iterator[Envelope | Refused]:
        """Give the events of a body that is parsed already."""
        if isinstance(given, Mapping):
            kept = [f"{name}: {given[name]}" for name in _SHOWN if name in given]
            line = SourceLine(line.number, "\n".join(kept))
        yield from super().read(given, line)

    def lost(self, at_ms: int) -> None:
        """Take note that nothing is heard from this instant on."""
        self._before = {member.key for member in self._stays.open()}
        if self._lost_ms is None:
            self._lost_ms = at_ms

    def due(self, at_ms: int) -> Iterator[Envelope | Refused]:
        """Give nothing: each stay is told to its end."""
        return iter(())

    def events(self, body: Body) -> Iterable[Envelope]:
        """Give the events of a body."""
        subclass = body.word("Event-Subclass")
        if subclass and subclass != "callcenter::info":
            raise BodyError(Reason.UNMAPPED_SOURCE, "the event is not callcenter::info")
        action = body.need("CC-Action")
        tell = self._tells.get(action.lower())
        if tell is not None:
            return list(tell(body))
        if action.lower() in _IGNORED:
            raise IgnoredError(action)
        raise BodyError(Reason.UNMAPPED_SOURCE, "CC-Action is none that mod_callcenter is known by")

    # -- calls ------------------------------------------------------------------------------

    def _member(self, body: Body) -> Member:
        member_id = body.need("CC-Member-UUID")
        contact_id = body.text("CC-Member-Session-UUID") or member_id
        return self._stays.of(contact_id, member_id, body.need("CC-Queue"))

    def _when(self, body: Body, *names: str) -> tuple[int, str]:
        """Return the time of a fact and its quality: that of the event, else of a field."""
        micros = body.number("Event-Date-Timestamp")
        if micros:
            return round(micros / 1000), "exact"
        for name in names:
            found = _time_ms(body, name)
            if found is not None:
                return found, "second"
        return self.clock(), "arrival"

    def _tell(
        self, kind: Any, member: Member, fact: str, when: tuple[int, str], /, **fields: Any
    ) -> Any:
        return self.make(
            kind, f"{member.contact_id}:{member.member_id}:{fact}", when[0],
            time_quality=when[1], contact_id=member.contact_id, leg_id=member.member_id,
            channel="voice", queue=self.queue(member.queue), **fields,
        )  # fmt: skip

    def _agent(self, body: Body) -> str:
        return str(self.agent(body.need("CC-Agent")))

    def _queued(self, body: Body) -> Iterator[Envelope]:
        member, when = self._member(body), self._when(body, "CC-Member-Joined-Time")
        customer = self.customer(body.text("CC-Member-CID-Number"))
        yield self._tell(ev.ContactQueued, member, "queued", when, customer_key=customer)

    def _offered(self, body: Body) -> Iterator[Envelope]:
        member, when = self._member(body), self._when(body, "CC-Agent-Called-Time")
        agent_id = self._agent(body)
        offer_id = f"{agent_id}:{when[0] // 1000}"
        member.offers = {**member.offers, agent_id: offer_id} if len(member.offers) < 100 else {}
        yield self._tell(
            ev.AgentOffered, member, f"offered:{offer_id}", when, agent_id=agent_id,
            offer_id=offer_id,
        )  # fmt: skip

    def _missed(self, body: Body) -> Iterator[Envelope]:
        member, when = self._member(body), self._when(body, "CC-Agent-Aborted-Time")
        agent_id, called_ms = self._agent(body), _time_ms(body, "CC-Agent-Called-Time")
        aborted_ms = _time_ms(body, "CC-Agent-Aborted-Time")
        outcome = _MISSED.get((body.text("CC-Hangup-Cause") or "").upper(), "error")
        second = (called_ms or when[0]) // 1000
        offer_id = member.offers.get(agent_id) or f"{agent_id}:{second}"
        member.offers = {name: one for name, one in member.offers.items() if name != agent_id}
        yield self._tell(
            ev.AgentOfferMissed, member, f"missed:{agent_id}:{second}", when, agent_id=agent_id,
            offer_id=offer_id, outcome=outcome, ring_ms=_between(called_ms, aborted_ms),
        )  # fmt: skip

    def _answer(
        self, member: Member, body: Body, when: tuple[int, str], revision: int = 0
    ) -> Iterator[Envelope]:
        answered_ms = _time_ms(body, "CC-Agent-Answered-Time")
        # The end of a call names the answer too; in old versions without the agent.
        agent_id = str(self.agent(body.text("CC-Agent")) or "unknown")
        offer_id = member.offers.get(agent_id)
        member.talks, member.offers = True, {}
        yield from self._take_back(member)
        yield self._tell(
            ev.ContactAnswered, member, "answered", when, agent_id=agent_id, offer_id=offer_id,
            revision=revision,
            wait_ms=_between(_time_ms(body, "CC-Member-Joined-Time"), answered_ms),
            ring_ms=_between(_time_ms(body, "CC-Agent-Called-Time"), answered_ms),
        )  # fmt: skip

    def _answered(self, body: Body) -> Iterator[Envelope]:
        # The body of the answer itself knows better than that of the end, and replaces it.
        member, when = self._member(body), self._when(body, "CC-Agent-Answered-Time")
        yield from self._answer(member, body, when, revision=1)

    def _ended(self, body: Body) -> Iterator[Envelope]:
        """Tell the end of the talk; it comes twice, and may be all that is heard of a call."""
        member, answered_ms = self._member(body), _time_ms(body, "CC-Agent-Answered-Time")
        ends = ("CC-Bridge-Terminated-Time", "CC-Member-Leaving-Time")
        when = self._when(body, *ends)
        ended_ms = next(filter(None, (_time_ms(body, name) for name in ends)), None)
        if answered_ms is not None and not member.talks:
            yield from self._answer(member, body, (answered_ms, "second"))
        member.over = True
        yield self._tell(
            ev.ContactEnded, member, "ended", when, agent_id=self.agent(body.text("CC-Agent")),
            revision=int(body.word("CC-Action") == "bridge-agent-end"),
            talk_ms=_between(answered_ms, ended_ms),
        )  # fmt: skip

    def _left(self, body: Body) -> Iterator[Envelope]:
        cause, member = body.word("CC-Cause"), self._member(body)
        if cause == "terminated":
            yield from self._ended(body)
            return
        if cause != "cancel":
            raise BodyError(Reason.BAD_VALUE, "CC-Cause must be Terminated or Cancel")
        left_ms = _time_ms(body, "CC-Member-Leaving-Time")
        when = self._when(body, "CC-Member-Leaving-Time")
        wait_ms = _between(_time_ms(body, "CC-Member-Joined-Time"), left_ms)
        reason = (body.text("CC-Cancel-Reason") or "NONE").upper()
        member.over = True
        yield from self._take_back(member)
        if reason == "BREAK_OUT":
            yield self._tell(
                ev.ContactAbandoned, member, "abandoned", when, stage="queue", wait_ms=wait_ms
            )
            return
        out = _EXITS.get(reason, "other")
        yield self._tell(ev.FlowOut, member, "left", when, reason=out, wait_ms=wait_ms)

    # -- after a gap ------------------------------------------------------------------------

    def _members(self, body: Body) -> Iterator[Envelope]:
        """Compare who is there with whom we know."""
        gone_ms = self.clock() if self._lost_ms is None else self._lost_ms
        there: set[tuple[str, str]] = set()
        for row in body.parts("CC-Members"):
            member = self._member(row)
            there.add(member.key)
            # Listed without an answer: waits. The same fact as member-queue-start, told once.
            state = row.word("CC-Member-State")
            if member.talks or state in ("answered", "abandoned"):
                continue
            if member.over and not member.assumed_ms:
                continue  # it left while the list was on its way
            member.over = False
            yield from self._take_back(member)
            yield from self._queued(row)
        for member in self._stays.open():
            if member.key in there or member.key not in self._before:
                continue
            self.ghosts += 1
            member.over, when = True, (gone_ms, "arrival")
            if member.talks:
                yield self._tell(ev.ContactEnded, member, "ended", when, ended_by="system")
                continue
            member.assumed_ms = gone_ms
            yield self._tell(
                ev.FlowOut, member, "assumed", when, reason="other", revision=member.corrections
            )
        self._lost_ms = None

    def _take_back(self, member: Member) -> Iterator[Envelope]:
        if not member.assumed_ms:
            return
        when, member.assumed_ms = (member.assumed_ms, "arrival"), 0
        member.corrections += 2
        yield self._tell(
            ev.FlowOut, member, "assumed", when, reason="other", retracted=True,
            revision=member.corrections - 1,
        )  # fmt: skip

    # -- agents -----------------------------------------------------------------------------

    def _status(self, body: Body) -> Iterator[Envelope]:
        agent_id, label = self._agent(body), body.need("CC-Agent-Status")
        state = _STATUSES.get(label.lower())
        if state is None:
            raise BodyError(Reason.BAD_VALUE, "CC-Agent-Status is none of mod_callcenter")
        at_ms, quality = self._when(body)
        head = f"{agent_id}:{label}:{at_ms}"
        if state == "offline":
            self._present.discard(agent_id)
            yield self.make(
                ev.AgentLogout, f"{head}:logout", at_ms, agent_id=agent_id, time_quality=quality
            )
            return
        if agent_id not in self._present and len(self._present) < MOST_AGENTS:
            self._present.add(agent_id)
            yield self.make(
                ev.AgentLogin, f"{head}:login", at_ms, agent_id=agent_id, time_quality=quality
            )
        yield self.make(
            ev.AgentState, head, at_ms, agent_id=agent_id, state=state, label=label,
            time_quality=quality,
        )  # fmt: skip

    def _state(self, body: Body) -> Iterator[Envelope]:
        # Waiting, receiving, in a call, idle: the calls tell it, and a pause is a status.
        raise IgnoredError("agent-state-change")


def _time_ms(body: Body, name: str) -> int | None:
    """Return a time; 0 is what never happened."""
    return body.time_ms(name) or None


def _between(begin_ms: int | None, end_ms: int | None) -> int | None:
    """Return a duration of two times that are there; the second before the first is none."""
    if begin_ms is None or end_ms is None or end_ms < begin_ms:
        return None
    return end_ms - begin_ms
