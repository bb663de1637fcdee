"""Source ``twilio-taskrouter``: event callbacks and Event Streams of Twilio TaskRouter.

A body is a form (event callback), a CloudEvent, or a list of CloudEvents. ``contact_id`` is the
task's sid; ``leg_id`` is the task queue and the second it was entered, or the sid of the transfer
that led to it. A stay is opened by ``task-queue.entered``, rings and is answered by reservations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar

from aggregators import events as ev
from streams.reasons import Reason
from streams.sources import twilio_bodies, twilio_workers
from streams.sources.body import Body, BodyError
from streams.sources.payloads import About, IgnoredError
from streams.sources.source import Refused, SourceLine, SourceSettingsError
from streams.sources.twilio_bodies import Fact
from streams.sources.twilio_task_events import MISSED, TaskEvents
from streams.sources.twilio_tasks import Tasks

HANGUPS = ("hangup", "hang up", "hung up", "customer hung up", "caller hung up", "abandoned")
"""Reasons of canceled tasks that say that the customer left, unless the settings name others."""

_LEFT_OUT = frozenset(
    {
        "task.updated", "task.deleted", "task.system-deleted", "task.transfer-attempt-failed",
        "task-queue.created", "task-queue.deleted", "task-queue.expression.updated",
        "worker.created", "worker.deleted", "worker.attributes.update",
        "worker.channel.availability.update", "activity.created", "activity.updated",
        "activity.deleted", "com.twilio.eventstreams.test-event",
    }
)  # fmt: skip
_WORDS_OF_CHANNELS = ("voice", "chat", "messaging", "email", "social", "task")
_Reader = Callable[["TwilioTaskRouter", Fact], Iterable[ev.Envelope]]


class TwilioTaskRouter(TaskEvents):
    """Tasks, reservations and workers of a TaskRouter workspace.

    What is kept between bodies is bounded: see :class:`Tasks`.
    """

    ABOUT: ClassVar[About] = About(
        title="Twilio TaskRouter",
        accepts=(
            "event callbacks of a workspace: form-encoded webhook bodies",
            "CloudEvents of Event Streams (webhook or Kinesis sink), one or a list of them",
            "files of such bodies, one per line",
        ),
        needs=(
            "the workspace's EventCallbackUrl, or Event Streams of com.twilio.taskrouter.*",
            "all bodies of a workspace sent to one receiver of vigie",
        ),
        settings={
            "hangup_reasons": "Reasons of canceled tasks that mean that the customer left; "
            f"{', '.join(HANGUPS)} if not set.",
            "activities": "Names of activities to available, pause, other or offline.",
            "channels": "Unique names of task channels to channels: {returns: email}.",
            "channel": "Channel of tasks whose bodies name none; voice if not set.",
            "customer": "Path in the task's attributes to who the customer is; from if not set.",
        },
        guide="docs/sources/twilio-taskrouter.md",
    )

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""
        self._hangups = self._texts("hangup_reasons", HANGUPS)
        self._activities = self.words("activities", twilio_workers.STATES)
        self._channels = self.words("channels", _WORDS_OF_CHANNELS)
        self._channel = self.text("channel", "voice")
        if self._channel not in _WORDS_OF_CHANNELS:
            fix = f"must be one of {', '.join(_WORDS_OF_CHANNELS)}, not {self._channel!r}"
            raise SourceSettingsError(f"{self._path}.channel: {fix}")
        self._customer_at = self.text("customer")
        self._tasks = Tasks()
        self._capacities = twilio_workers.Capacities()

    def _texts(self, name: str, default: tuple[str, ...]) -> frozenset[str]:
        given = self._settings.get(name)
        given = list(default) if given is None else given
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise SourceSettingsError(f"{self._path}.{name}: must be a list of texts")
        return frozenset(one.strip().lower() for one in given)

    def feed(self, line: SourceLine) -> Iterator[ev.Envelope | Refused]:
        """Give the events of a body, which may be a form; never raises for anything in it."""
        fields = None if line.text.lstrip()[:1] in ("{", "[") else twilio_bodies.form(line.text)
        if fields is None:
            yield from super().feed(line)
        else:
            yield from self.read(fields, line)

    def events(self, body: Body) -> Iterable[ev.Envelope]:
        """Give the events of a body."""
        fact = twilio_bodies.fact(body)
        if fact.name.startswith("workflow."):
            raise IgnoredError("workflow")
        if fact.name in _LEFT_OUT:
            raise IgnoredError(fact.name)
        reader = _READERS.get(fact.name)
        if reader is None:
            detail = f"{body.where('EventType')} is none of the known events of TaskRouter"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)
        return reader(self, fact)

    # -- workers ------------------------------------------------------------------------------

    def _worker(self, fact: Fact) -> Iterator[ev.Envelope]:
        worker = fact.body.need("WorkerSid")
        state = twilio_workers.state(fact, self._activities)
        if state is None:
            raise IgnoredError(f"{fact.name} without an activity")
        word = fact.body.word("TaskChannelUniqueName") or fact.body.word("WorkerChannelName")
        slots = None
        channel = self._channels.get(word) or twilio_workers.CHANNELS.get(word)
        if channel is not None:
            told = twilio_workers.capacity(fact, channel)  # type: ignore[arg-type]  # checked
            slots = self._capacities.seen(worker, *told) if told else None
        label = fact.text("WorkerActivityName") or fact.text("ActivityName")
        yield self.make(
            ev.AgentState, f"{fact.body_id}:state", fact.at_ms, agent_id=self.agent(worker),
            state=state, label=label, slots=slots, time_quality=fact.quality,
        )  # fmt: skip


_READERS: Mapping[str, _Reader] = {
    "task.created": TwilioTaskRouter._created,
    "task-queue.entered": TwilioTaskRouter._entered,
    "task-queue.moved": TwilioTaskRouter._entered,
    "task-queue.timeout": TwilioTaskRouter._queue_timeout,
    "task.canceled": TwilioTaskRouter._canceled,
    "reservation.created": TwilioTaskRouter._offered,
    **dict.fromkeys(MISSED, TwilioTaskRouter._missed),
    "reservation.accepted": TwilioTaskRouter._accepted,
    "reservation.wrapup": TwilioTaskRouter._wrapup,
    "reservation.completed": TwilioTaskRouter._completed,
    "task.wrapup": TwilioTaskRouter._wrapup,
    "task.completed": TwilioTaskRouter._completed,
    "task.transfer-initiated": TwilioTaskRouter._transfer_begun,
    "task.transfer-completed": TwilioTaskRouter._transfer_done,
    "task.transfer-failed": TwilioTaskRouter._transfer_failed,
    "task.transfer-canceled": TwilioTaskRouter._transfer_failed,
    "worker.activity.update": TwilioTaskRouter._worker,
    "worker.capacity.update": TwilioTaskRouter._worker,
}
