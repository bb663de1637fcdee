"""What is kept of the tasks of Webex Contact Center between bodies.

The end of a task does not say whether anybody answered, and the older events of agents do not say
the channel: both follow from earlier bodies of the task. Nothing breaks where they never came, or
came elsewhere: an end of a task that is unknown claims no abandon.
"""

from __future__ import annotations

from collections import OrderedDict

from msgspec import Struct
from msgspec.structs import replace

from aggregators.events import ContactEvent

MAX_TASKS = 50_000
"""Tasks that are remembered; the one not heard of for the longest time goes first."""


class Facts(Struct):
    """What is known of one task; times are the latest, so the order of arrival does not matter."""

    task: str
    channel: str | None = None
    is_new: bool = False
    waits_in: str | None = None
    parked_ms: int = -1
    answered_ms: int = -1
    told: ContactEvent | None = None
    offers: dict[str, int] = {}

    @property
    def was_answered(self) -> bool:
        """Whether an agent took the task, and it was put into no queue after that."""
        return self.answered_ms >= 0 and self.answered_ms >= self.parked_ms

    def parked(self, queue: str, at_ms: int) -> None:
        """The task waits in a queue."""
        if at_ms >= self.parked_ms:
            self.waits_in, self.parked_ms = queue, at_ms

    def answered(self, at_ms: int) -> None:
        """An agent talks."""
        self.answered_ms = max(self.answered_ms, at_ms)

    def left(self, event: ContactEvent) -> ContactEvent:
        """Remember that the task was told to have left unanswered."""
        self.told = event
        return event

    def take_back(self, at_ms: int) -> tuple[ContactEvent, ContactEvent] | None:
        """Return the withdrawal of what :meth:`left` was told, and that itself; once.

        None where nothing was told, or it is older than ``at_ms``, the answer.
        """
        told = self.told
        if told is None or told.event_time_ms < at_ms or at_ms < self.parked_ms:
            return None
        self.told = None
        return replace(told, revision=told.revision + 1, retracted=True), told

    def offer(self, agent: str, at_ms: int | None) -> str:
        """Return the id of an offer to an agent: a new one with a time, else the newest."""
        if at_ms is not None:
            self.offers[agent] = at_ms
        return f"{self.task}:{agent}:{self.offers.get(agent, 0)}"


class Tasks:
    """The newest tasks, by their id."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[str, Facts] = OrderedDict()

    def seen(self, task: str, channel: str | None) -> Facts:
        """Return what is known of a task; the channel that a body told stays known."""
        facts = self._tasks.get(task)
        if facts is None:
            facts = self._tasks[task] = Facts(task)
            if len(self._tasks) > MAX_TASKS:
                self._tasks.popitem(last=False)
        self._tasks.move_to_end(task)
        facts.channel = channel or facts.channel
        return facts
