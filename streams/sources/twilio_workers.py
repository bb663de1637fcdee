"""What Twilio's bodies say of workers: activities and the capacity of their channels."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, cast, get_args

from aggregators.events import Channel, Slots
from streams.reasons import Reason
from streams.sources.body import BodyError
from streams.sources.twilio_bodies import Fact

State: TypeAlias = Literal["available", "pause", "other", "offline"]
STATES: tuple[str, ...] = get_args(State)
CHANNELS: Mapping[str, Channel] = {
    "default": "task", "voice": "voice", "video": "voice", "chat": "chat", "sms": "messaging",
    "messaging": "messaging", "whatsapp": "messaging", "email": "email", "task": "task",
}  # fmt: skip
"""Unique names of task channels, as Twilio makes them."""

_ACTIVITIES: Mapping[str, State] = {
    "available": "available", "idle": "available", "offline": "offline",
    "break": "pause", "lunch": "pause", "unavailable": "pause", "training": "pause",
}  # fmt: skip
_MOST_WORKERS = 20_000


class Capacities:
    """The slots of the workers that were told of last: a body tells those of one channel."""

    def __init__(self) -> None:
        self._workers: OrderedDict[str, dict[Channel, Slots]] = OrderedDict()

    def seen(self, worker: str, channel: Channel, slots: Slots) -> dict[Channel, Slots]:
        """Take note of a channel's slots; return those of all channels that are known."""
        known = {**self._workers.get(worker, {}), channel: slots}
        self._workers[worker] = known
        self._workers.move_to_end(worker)
        if len(self._workers) > _MOST_WORKERS:
            self._workers.popitem(last=False)
        return known


def state(fact: Fact, activities: Mapping[str, str]) -> State | None:
    """Return the state of a worker, None where the body tells no activity.

    The name of the activity decides, by the settings and then by Twilio's own names; for other
    names it is whether the activity is available.
    """
    name = fact.body.word("WorkerActivityName") or fact.body.word("ActivityName")
    found = activities.get(name) or _ACTIVITIES.get(name)
    if found is not None:
        return cast(State, found)
    for path in ("WorkerAvailable", "WorkerActivityAvailable", "ActivityAvailable"):
        given: Any = fact.body.get(path)
        if isinstance(given, bool) or str(given).lower() in ("true", "false"):
            return "available" if str(given).lower() == "true" else "pause"
    return "other" if name else None


def capacity(fact: Fact, channel: Channel) -> tuple[Channel, Slots] | None:
    """Return the slots of the channel that a body tells, None where it tells none."""
    most = fact.body.whole_ms("WorkerChannelCapacity")
    if most is None:
        return None
    if not 0 <= most <= 10_000:
        detail = f"{fact.body.where('WorkerChannelCapacity')} is no number of slots"
        raise BodyError(Reason.BAD_VALUE, detail)
    return channel, Slots(max=most)
