"""The agent event stream of Amazon Connect: presence, and what an agent does with contacts.

An event shows the agent before and after (``PreviousAgentSnapshot``, ``CurrentAgentSnapshot``);
facts are what differs. The status is what the agent has chosen: it stays "Available" through a
call, so who talks is read from the contacts of the snapshots, never from the status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aggregators import events as ev
from streams.reasons import Reason
from streams.sources.amazon_connect_contacts import Contacts, Stay, last_part
from streams.sources.body import Body, BodyError
from streams.sources.payloads import PayloadSource

_STATUS = {"ROUTABLE": "available", "CUSTOM": "pause", "OFFLINE": "offline"}
_STATUS_NAMES = {"available": "available", "offline": "offline"}
_RINGING = frozenset({"INCOMING", "PENDING", "CONNECTING"})
_MISSED = {"MISSED": "timeout", "REJECTED": "rejected", "ERROR": "error"}
_TALKING = frozenset({"CONNECTED", "CONNECTED_ONHOLD"})


class Agents:
    """Makes the events of agents; ``stay`` reads a contact of a snapshot, None to leave it out."""

    def __init__(
        self,
        source: PayloadSource,
        contacts: Contacts,
        stay: Callable[[Body], Stay | None],
        channels: Mapping[str, str],
        states: Mapping[str, str],
    ) -> None:
        self._source = source
        self._contacts = contacts
        self._stay = stay
        self._channels = channels
        self._states = states

    def events(self, body: Body) -> Iterator[ev.Envelope]:
        """Give the events of one event of the stream."""
        kind = (body.text("EventType") or "").upper()
        told_id, at_ms = body.need("EventId"), body.need_time_ms("EventTimestamp")
        now, before = body.part("CurrentAgentSnapshot"), body.part("PreviousAgentSnapshot")
        given_id = last_part(body.get("AgentARN")) or body.need("AgentARN")
        agent = self._source.agent(given_id) or given_id
        if kind == "LOGIN":
            yield self._source.make(
                ev.AgentLogin, told_id, at_ms, agent_id=agent, session_id=told_id,
                team=self._team(now), queues=self._queues(now), channels=self._slots(now),
            )  # fmt: skip
            if now.get("AgentStatus"):
                yield self._state(agent, now, f"{told_id}:state", at_ms)
        elif kind == "LOGOUT":
            yield self._source.make(ev.AgentLogout, told_id, at_ms, agent_id=agent)
        elif kind == "HEART_BEAT":
            yield from self._contact_events(agent, before, now, at_ms)
            if self._class(now) == "offline":
                self._source.ignored["HEART_BEAT offline"] += 1
            else:
                yield self._source.make(ev.AgentHeartbeat, told_id, at_ms, agent_id=agent)
        elif kind == "STATE_CHANGE":
            yield from self._contact_events(agent, before, now, at_ms)
            since_ms = now.time_ms("AgentStatus.StartTimestamp")
            if _status(now) != _status(before) and now.get("AgentStatus"):
                since_ms = at_ms if since_ms is None else since_ms
                yield self._state(agent, now, f"{given_id}:state:{since_ms}", since_ms)
        else:
            raise BodyError(Reason.UNMAPPED_SOURCE, "EventType is none of the agent event stream")

    # -- presence -----------------------------------------------------------------------------

    def _state(self, agent: str, now: Body, body_id: str, at_ms: int) -> ev.Envelope:
        return self._source.make(
            ev.AgentState, body_id, at_ms, agent_id=agent, team=self._team(now),
            state=self._class(now), label=now.text("AgentStatus.Name"), slots=self._slots(now),
        )  # fmt: skip

    def _class(self, now: Body) -> str:
        name = now.word("AgentStatus.Name")
        kind = (now.text("AgentStatus.Type") or "").upper()
        if name in self._states:
            return self._states[name]
        if kind:
            return _STATUS.get(kind, "other")
        return _STATUS_NAMES.get(name, "pause")  # streams before 2020 have no Type

    def _team(self, now: Body) -> str | None:
        """Return the lowest group of the hierarchy, else the routing profile."""
        for level in (5, 4, 3, 2, 1):
            group = now.part(f"Configuration.AgentHierarchyGroups.Level{level}")
            if found := group.text("Name") or last_part(group.get("ARN")):
                return self._source.team(found)
        profile = now.part("Configuration.RoutingProfile")
        return self._source.team(profile.text("Name") or last_part(profile.get("ARN")))

    def _queues(self, now: Body) -> list[str] | None:
        found = []
        for queue in now.parts("Configuration.RoutingProfile.InboundQueues"):
            given = last_part(queue.get("ARN")) or queue.text("Name")
            if given and not given.startswith("agent/"):
                found.append(self._source.queue(given) or given)
        return found or None

    def _slots(self, now: Body) -> dict[str, ev.Slots] | None:
        found = {}
        for one in now.parts("Configuration.RoutingProfile.Concurrency"):
            channel = self._channels.get(one.word("Channel"))
            most, free = one.whole_ms("MaximumSlots"), one.whole_ms("AvailableSlots")
            if channel is not None and most is not None:
                used = None if free is None else max(0, most - free)
                found[channel] = ev.Slots(max=most, used=used)
        return found or None

    # -- contacts -----------------------------------------------------------------------------

    def _contact_events(
        self, agent: str, before: Body, now: Body, at_ms: int
    ) -> Iterator[ev.Envelope]:
        was = {one.text("ContactId"): one for one in before.parts("Contacts")}
        for contact in now.parts("Contacts"):
            yield from self._changed(agent, was.pop(contact.need("ContactId"), None), contact)
        for contact in was.values():
            yield from self._gone(agent, contact, at_ms)

    def _changed(self, agent: str, was: Body | None, now: Body) -> Iterator[ev.Envelope]:
        state, old = _state_of(now), _state_of(was)
        since_ms = now.need_time_ms("StateStartTimestamp")
        stay = self._stay(now)
        if stay is None or (was is not None and state == old
                            and since_ms == was.time_ms("StateStartTimestamp")):  # fmt: skip
            return
        stay.agent_id = agent
        if stay.is_handled or state in _TALKING:
            stay.is_handled = True
            if stay.answered_ms is None:
                stay.answered_ms = since_ms
        if state in _RINGING:
            if old not in _RINGING and stay.method not in ("OUTBOUND", "EXTERNAL_OUTBOUND"):
                yield from self._contacts.queued(stay)
                yield self._offer(ev.AgentOffered, stay, since_ms)
        elif state in _TALKING:
            if old not in _TALKING:
                yield from self._contacts.answered(stay)
            if state != old and (state == "CONNECTED_ONHOLD" or old == "CONNECTED_ONHOLD"):
                yield self._hold(stay, since_ms, was if old == "CONNECTED_ONHOLD" else None)
        elif state == "ENDED" or (state == "ERROR" and stay.is_handled):
            yield from self._talk_over(stay, since_ms, has_wrap_up=state == "ENDED")
        elif state in _MISSED:
            yield self._offer(ev.AgentOfferMissed, stay, since_ms, outcome=_MISSED[state])
        else:
            self._source.ignored[f"contact state {state or 'missing'}"] += 1

    def _gone(self, agent: str, was: Body, at_ms: int) -> Iterator[ev.Envelope]:
        """A contact is in the snapshot no more: wrap-up is done, or there was none."""
        stay, state = self._stay(was), _state_of(was)
        if stay is None:
            return
        stay.agent_id = agent
        if state == "ENDED" and stay.is_handled:
            stay.acw_from_ms, stay.acw_to_ms = was.time_ms("StateStartTimestamp"), at_ms
            if stay.acw_from_ms is not None:
                stay.acw_ms = max(0, at_ms - stay.acw_from_ms)
            yield from self._contacts.wrapped_up(stay)
        elif state in _TALKING:
            stay.is_handled, stay.ended_ms = True, at_ms
            yield from self._contacts.over(stay)
        elif state in _RINGING and stay.method not in ("OUTBOUND", "EXTERNAL_OUTBOUND"):
            yield self._offer(ev.AgentOfferMissed, stay, at_ms, outcome="canceled")

    def _talk_over(self, stay: Stay, since_ms: int, *, has_wrap_up: bool) -> Iterator[ev.Envelope]:
        if not stay.is_handled:  # the customer left while it rang
            yield self._offer(ev.AgentOfferMissed, stay, since_ms, outcome="canceled")
            return
        yield from self._contacts.answered(stay)
        stay.ended_ms = since_ms
        yield from self._contacts.over(stay)
        if has_wrap_up:
            stay.acw_from_ms = since_ms
            yield from self._contacts.wrapped_up(stay)

    def _offer(
        self, kind: type[ev.ContactEvent], stay: Stay, at_ms: int, **more: Any
    ) -> ev.Envelope:
        offer = f"{stay.leg_id}:{stay.agent_id}"[:128]
        word = "offered" if kind is ev.AgentOffered else "missed"
        return self._source.make(
            kind, f"{offer}:{word}:{at_ms}", at_ms, offer_id=offer, **self._of(stay), **more
        )

    def _hold(self, stay: Stay, at_ms: int, held: Body | None) -> ev.Envelope:
        """Return the start of a hold, or the end of the one that ``held`` shows."""
        if held is None:
            hold = f"{stay.leg_id}:hold:{at_ms}"
            return self._source.make(
                ev.HoldStarted, hold, at_ms, hold_id=hold[-128:], **self._of(stay)
            )
        from_ms = held.need_time_ms("StateStartTimestamp")
        hold = f"{stay.leg_id}:hold:{from_ms}"
        return self._source.make(
            ev.HoldEnded, f"{hold}:ended", at_ms, hold_id=hold[-128:],
            hold_ms=max(0, at_ms - from_ms), **self._of(stay),
        )  # fmt: skip

    def _of(self, stay: Stay) -> dict[str, Any]:
        return {
            "contact_id": stay.initial_id,
            "leg_id": stay.leg_id,
            "channel": stay.channel,
            "direction": stay.direction,
            "queue": stay.queue,
            "agent_id": stay.agent_id,
        }


def _status(snapshot: Body) -> tuple[object, ...]:
    return tuple(snapshot.get(f"AgentStatus.{name}") for name in ("ARN", "Name", "StartTimestamp"))


def _state_of(contact: Body | None) -> str:
    return "" if contact is None else (contact.text("State") or "").upper()
