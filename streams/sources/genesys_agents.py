"""What Genesys' topics of users say: presence, routing status, and both in one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Literal, TypeAlias, cast, get_args

from msgspec import Struct

from streams.reasons import Reason
from streams.sources.body import Body, BodyError

State: TypeAlias = Literal["available", "pause", "other", "offline"]
STATES: tuple[str, ...] = get_args(State)

_ROUTING: Mapping[str, State] = {
    "idle": "available", "interacting": "available", "communicating": "available",
    "not_responding": "other",
}  # fmt: skip
_OFF_QUEUE = "off_queue"
_PRESENCES: Mapping[str, State] = {
    "on_queue": "available", "available": "pause", "idle": "pause", "offline": "offline",
    "break": "pause", "meal": "pause", "meeting": "pause", "training": "pause", "away": "pause",
    "busy": "pause",
}  # fmt: skip
_MOST_USERS = 20_000


class Seen(Struct, frozen=True):
    """The state of an agent since an instant, with the platform's word for it."""

    state: State
    label: str
    at_ms: int

    @property
    def reason(self) -> str | None:
        """Why an agent pauses."""
        return self.label.lower() if self.state == "pause" else None


class Users:
    """The last presence of the users that were told of last: it says what being off queue is."""

    def __init__(self, presences: Mapping[str, str]) -> None:
        """``presences`` are names of presences, system or own, to states."""
        self._presences = presences
        self._known: OrderedDict[str, Seen] = OrderedDict()

    def presence(self, user: str, body: Body, at: str = "modifiedDate") -> Seen:
        """Return what a presence says, and take note of it. Raises BodyError."""
        found = self._of_presence(body, body.need_time_ms(at))
        known = self._known.get(user)
        if known is None or known.at_ms <= found.at_ms:
            self._known[user] = found
            self._known.move_to_end(user)
            if len(self._known) > _MOST_USERS:
                self._known.popitem(last=False)
        return found

    def routing(self, user: str, body: Body) -> Seen:
        """Return what a routing status says.

        Off queue, it is the last presence, where that is known and is not being on queue: who is
        offline does not pause. Raises BodyError.
        """
        status, at_ms = body.need("status"), body.need_time_ms("startTime")
        state = _ROUTING.get(status.lower())
        if state is not None:
            return Seen(state, status, at_ms)
        if status.lower() != _OFF_QUEUE:
            detail = f"{body.where('status')} is no known routing status"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)
        known = self._known.get(user)
        if known is not None and known.state != "available":
            return Seen(known.state, known.label, at_ms)
        return Seen("pause", status, at_ms)

    def activity(self, user: str, body: Body) -> Seen:
        """Return what a body with both says: the later of the two tells since when."""
        presence = self.presence(user, body.part("presence"))
        if body.get("routingStatus.status") is None:
            return presence
        routing = self.routing(user, body.part("routingStatus"))
        return Seen(routing.state, routing.label, max(presence.at_ms, routing.at_ms))

    def _of_presence(self, body: Body, at_ms: int) -> Seen:
        own = body.text("presenceDefinition.id")
        name = body.text("presenceDefinition.systemPresence")
        if name is None and own is None:
            where = body.where("presenceDefinition.systemPresence")
            raise BodyError(Reason.MISSING_FIELD, f"{where} is missing")
        word = (name or own or "").lower().replace(" ", "_")
        state = self._presences.get((own or "").lower()) or self._presences.get(word)
        known = state or _PRESENCES.get(word) or "other"
        return Seen(cast(State, known), name or own or "", at_ms)
