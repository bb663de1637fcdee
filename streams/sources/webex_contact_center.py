"""Source ``webex-contact-center``: the webhooks of Webex Contact Center.

A body is a CloudEvent: ``type`` says what happened, ``data`` to which task or agent. The names of
its fields are unverified, so each is found by a path that the settings may change.

Tasks and agents tell different halves. That a task waits, and that it is over, is told of the
task; who rings, talks, holds and wraps up is told of the agent, with the task's id. Ids of events
are made from the task, its queue and the fact, so repeats, and a call that rang in vain and was
put back into its queue, change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from aggregators import events as ev
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.payloads import About, IgnoredError, PayloadSource
from streams.sources.source import SourceSettingsError, check_names
from streams.sources.webex_contact_center_names import (
    CHANNEL_WORDS,
    CHANNELS,
    IN_TALK,
    LEFT_OUT,
    PATHS,
    STATE_CLASSES,
    STATES,
    STATES_LEFT_OUT,
    TIMES,
)
from streams.sources.webex_contact_center_tasks import Facts, Tasks

_Reader = Callable[["WebexContactCenter", Body, int], Iterable[ev.Envelope]]


class WebexContactCenter(PayloadSource):
    """Tasks and agents of Webex Contact Center.

    ``contact_id`` is ``webex:`` and the task's id, ``leg_id`` the id of its queue. What is kept
    between bodies is bounded: see :class:`Tasks`.
    """

    ABOUT: ClassVar[About] = About(
        title="Webex Contact Center",
        accepts=(
            "webhook bodies of the resources task (task:1.0.0) and agent (agent:2.0.0, 1.0.0)",
            "files of such bodies, one per line",
        ),
        needs=(
            "a subscription to task:new, task:parked, task:connected, task:ended and task:failed",
            "a subscription to agent:login, agent:logout, agent:channel_state_change: who answered",
            "all of them sent to one receiver of vigie",
        ),
        settings={
            "paths": "Where things stand in a body, all unverified: "
            + ", ".join(f"{name} ({path})" for name, path in PATHS.items())
            + ".",
            "channels": "More words of the channel to channels: {videoCall: voice}.",
            "states": "More states of agents to available, pause, other, offline or ignore.",
        },
        guide="docs/sources/webex-contact-center.md",
    )

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""
        given = self._settings.get("paths") or {}
        if not isinstance(given, Mapping):
            raise SourceSettingsError(f"{self._path}.paths: must map names to paths")
        check_names(given, frozenset(PATHS), f"{self._path}.paths")
        for key, path in given.items():
            if not isinstance(path, str) or not path:
                raise SourceSettingsError(f"{self._path}.paths.{key}: must be a path: data.id")
        self._at = {**PATHS, **given}
        self._channels = {**CHANNELS, **self.words("channels", CHANNEL_WORDS)}
        self._states = {**STATES, **self.words("states", STATE_CLASSES)}
        self._tasks = Tasks()

    def events(self, body: Body) -> Iterable[ev.Envelope]:
        """Give the events of a body."""
        event = body.need(self._at["event"])
        word = event.lower().replace("channeltype_", "channel_")
        if word in LEFT_OUT:
            raise IgnoredError(word)
        reader = _READERS.get(word)
        if reader is None:
            detail = f"{body.where(self._at['event'])} is none of the known events of Webex"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)
        return reader(self, body, self._time_ms(body))

    # -- tasks --------------------------------------------------------------------------------

    def _facts(self, body: Body) -> Facts:
        """Return what a body says of its task, and what is known of it from earlier bodies."""
        task = body.need(self._at["task"])
        channel = body.word(self._at["channel"])
        if channel and channel not in self._channels:
            detail = f"{body.where(self._at['channel'])} is no known channel; set channels"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)
        return self._tasks.seen(task, self._channels.get(channel))

    def _of_task(self, body: Body, facts: Facts) -> dict[str, Any]:
        outward = body.word(self._at["direction"]) == "outbound"
        customer = body.text(self._at["destination" if outward else "origin"])
        return {
            "contact_id": f"webex:{facts.task}",
            "channel": facts.channel,
            "direction": "out" if outward else None,
            "customer_key": self.customer(customer),
        }

    def _new(self, body: Body, at_ms: int) -> Iterator[ev.Envelope]:
        facts = self._facts(body)
        facts.is_new = True
        fields = self._of_task(body, facts)
        if fields["channel"] is None:
            raise BodyError(Reason.MISSING_FIELD, f"{body.where(self._at['channel'])} is missing")
        yield self.make(ev.ContactCreated, f"{facts.task}:created", at_ms, **fields)

    def _parked(self, body: Body, at_ms: int) -> Iterator[ev.Envelope]:
        facts = self._facts(body)
        queue = body.need(self._at["queue"])
        facts.parked(queue, at_ms)
        fields = {**self._of_task(body, facts), "leg_id": queue, "queue": self.queue(queue)}
        fields["channel"] = fields["channel"] or "voice"
        yield self.make(ev.ContactQueued, f"{facts.task}:{queue}:queued", at_ms, **fields)

    def _connected(self, body: Body, at_ms: int) -> Iterator[ev.Envelope]:
        facts = self._facts(body)
        yield from self._withdrawn(facts, at_ms)
        facts.answered(at_ms)
        if body.text(self._at["agent"]) is None:
            self.ignored["task:connected without agent"] += 1
            return
        yield from self._answered(body, facts, at_ms)

    def _ended(self, body: Body, at_ms: int) -> Iterator[ev.Envelope]:
        facts = self._facts(body)
        ended_by = body.word(self._at["ended_by"])
        if ended_by == "system" and "rona" in body.word(self._at["reason"]):
            raise IgnoredError("task:ended after RONA")  # the task waits on
        fields = self._of_task(body, facts)
        if facts.was_answered or ended_by == "agent" or not (facts.waits_in or facts.is_new):
            by = ended_by if ended_by in ("customer", "agent", "system") else None
            yield self.make(ev.ContactEnded, f"{facts.task}:ended", at_ms, ended_by=by, **fields)
        elif ended_by == "system" and facts.waits_in:
            told = {**fields, "leg_id": facts.waits_in, "queue": self.queue(facts.waits_in)}
            yield facts.left(
                self.make(ev.FlowOut, f"{facts.task}:flow_out", at_ms, reason="other", **told)
            )
        else:
            stage = "queue" if facts.waits_in else "ivr"
            told = {**fields, "leg_id": facts.waits_in, "queue": self.queue(facts.waits_in)}
            yield facts.left(
                self.make(ev.ContactAbandoned, f"{facts.task}:left", at_ms, stage=stage, **told)
            )

    def _failed(self, body: Body, at_ms: int) -> Iterator[ev.Envelope]:
        facts = self._facts(body)
        if facts.was_answered or not facts.waits_in:
            raise IgnoredError("task:failed before a queue or after an answer")
        told = {"leg_id": facts.waits_in, "queue": self.queue(facts.waits_in)}
        fields = {**self._of_task(body, facts), **told}
        yield facts.left(
            self.make(ev.FlowOut, f"{facts.task}:flow_out", at_ms, reason="error", **fields)
        )

    def _withdrawn(self, facts: Facts, at_ms: int) -> Iterator[ev.Envelope]:
        """Take back that a task left unanswered, told because its answer arrived after its end.

        In place of it the conversation ends then.
        """
        told = facts.take_back(at_ms)
        if told is not None:
            yield told[0]
            end = told[1]
            yield self.make(
                ev.ContactEnded, f"{facts.task}:ended", end.event_time_ms,
                contact_id=end.contact_id, channel=end.channel,
            )  # fmt: skip

    # -- agents -------------------------------------------------------------------------------

    def _state(self, body: Body, at_ms: int) -> Iterator[ev.Envelope]:
        agent = body.need(self._at["agent"])
        state = body.word(self._at["state"])
        if state in self._states and self._states[state] != "ignore":
            yield self.make(
                ev.AgentState, f"{agent}:{state}:{at_ms}", at_ms, agent_id=self.agent(agent),
                team=self.team(body.text(self._at["team"])), state=self._states[state],
                label=body.text(self._at["idle_code"]),
            )  # fmt: skip
        elif state in self._states or state in STATES_LEFT_OUT:
            raise IgnoredError(f"agent state {state}")
        elif body.text(self._at["task"]) is None:
            raise IgnoredError("agent state without a task")
        else:
            yield from self._of_agent(body, state, at_ms)

    def _of_agent(self, body: Body, state: str, at_ms: int) -> Iterator[ev.Envelope]:
        facts = self._facts(body)
        if state in IN_TALK:
            yield from self._withdrawn(facts, at_ms)
            facts.answered(at_ms)
        if state == "connected":
            yield from self._answered(body, facts, at_ms)
            return
        fields = self._of_leg(body, facts)
        agent, leg = fields["agent_id"], fields["leg_id"]
        fact = f"{facts.task}:{leg}:{agent}:{state}:{at_ms}"
        if state == "ringing":
            offer = facts.offer(agent, at_ms)
            yield self.make(ev.AgentOffered, f"{offer}:offered", at_ms, offer_id=offer, **fields)
        elif state == "not-responding":
            offer = facts.offer(agent, None)
            yield self.make(
                ev.AgentOfferMissed, f"{offer}:missed", at_ms, offer_id=offer, outcome="timeout",
                **fields,
            )  # fmt: skip
        elif state == "on-hold":
            yield self.make(ev.HoldStarted, fact, at_ms, hold_id=fact, **fields)
        elif state == "hold-done":
            yield self.make(ev.HoldEnded, fact, at_ms, hold_id=fact, **fields)
        elif state == "wrapup":
            yield self.make(ev.WrapUpStarted, fact, at_ms, **fields)
        elif state == "wrapup-done":
            yield self.make(ev.WrapUpEnded, fact, at_ms, **fields)
        else:
            detail = f"{body.where(self._at['state'])} is no known state; set states"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)

    def _answered(self, body: Body, facts: Facts, at_ms: int) -> Iterator[ev.Envelope]:
        fields = self._of_leg(body, facts)
        fact = f"{facts.task}:{fields['leg_id']}:answered"
        yield self.make(ev.ContactAnswered, fact, at_ms, **fields)

    def _of_leg(self, body: Body, facts: Facts) -> dict[str, Any]:
        """Return the fields of an agent's event on a task."""
        queue = body.text(self._at["queue"]) or facts.waits_in
        if queue is None:
            raise BodyError(Reason.MISSING_FIELD, f"{body.where(self._at['queue'])} is missing")
        return {
            "contact_id": f"webex:{facts.task}",
            "leg_id": queue,
            "channel": facts.channel,
            "queue": self.queue(queue),
            "agent_id": self.agent(body.need(self._at["agent"])),
            "team": self.team(body.text(self._at["team"])),
        }

    def _login(self, body: Body, at_ms: int) -> Iterator[ev.Envelope]:
        agent = body.need(self._at["agent"])
        yield self.make(
            ev.AgentLogin, f"{agent}:login:{at_ms}", at_ms, agent_id=self.agent(agent),
            team=self.team(body.text(self._at["team"])),
        )  # fmt: skip

    def _logout(self, body: Body, at_ms: int) -> Iterator[ev.Envelope]:
        agent = body.need(self._at["agent"])
        yield self.make(
            ev.AgentLogout, f"{agent}:logout:{at_ms}", at_ms, agent_id=self.agent(agent),
            team=self.team(body.text(self._at["team"])),
        )  # fmt: skip

    def _time_ms(self, body: Body) -> int:
        for path in (self._at["time"], *TIMES):
            at_ms = body.time_ms(path)
            if at_ms is not None:
                return at_ms
        raise BodyError(Reason.MISSING_FIELD, f"{body.where(self._at['time'])} is missing")


_READERS: Mapping[str, _Reader] = {
    "task:new": WebexContactCenter._new,
    "task:parked": WebexContactCenter._parked,
    "task:connected": WebexContactCenter._connected,
    "task:ended": WebexContactCenter._ended,
    "task:failed": WebexContactCenter._failed,
    "agent:state_change": WebexContactCenter._state,
    "agent:channel_state_change": WebexContactCenter._state,
    "agent:login": WebexContactCenter._login,
    "agent:logout": WebexContactCenter._logout,
}
