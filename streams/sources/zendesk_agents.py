"""Statuses of Zendesk's agents into presence.

With omnichannel routing an agent has one unified status, and a change of it also changes that of
each channel, in another way ("Away" is offline on some): so only one of them is the presence.
"""

from __future__ import annotations

from collections.abc import Iterator

from aggregators import events as ev
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.payloads import IgnoredError, PayloadSource
from streams.sources.source import SourceSettingsError

_STATES = {
    "online": "available", "away": "pause", "invisible": "other", "transfers only": "other",
    "transfers_only": "other", "offline": "offline",
}  # fmt: skip
_CLASSES = ("available", "pause", "other", "offline")


class ByStatus:
    """Reads what is told of an agent's status."""

    def __init__(self, source: PayloadSource) -> None:
        """Raises SourceSettingsError where ``states`` names something else than a class."""
        self._source = source
        self._presence = source.text("presence", "unified").lower()
        own = source.words("states")
        for state in own.values():
            if state not in _CLASSES:
                raise SourceSettingsError(
                    f"sources.{source.name}.states: must be one of {', '.join(_CLASSES)}"
                )
        self._states = {**_STATES, **own}

    def unified(self, body: Body) -> Iterator[ev.Envelope]:
        """The one status of an agent changed."""
        if self._presence != "unified":
            raise IgnoredError("agent.unified_state_changed")
        yield self._state(body, "event.new_unified_state.name")

    def of_channel(self, body: Body) -> Iterator[ev.Envelope]:
        """The status on one channel changed."""
        if body.word("event.channel") != self._presence:
            raise IgnoredError("agent.state_changed of another channel than presence")
        yield self._state(body, "event.new_state")

    def _state(self, body: Body, path: str) -> ev.Envelope:
        # The status changed at updated_at; the body may be written much later.
        time = "event.updated_at" if body.get("event.updated_at") else "time"
        label = body.need(path)
        agent = body.text("detail.agent_id") or body.text("subject") or ""
        agent = agent.removeprefix("zen:agent:")
        if not agent:
            raise BodyError(Reason.MISSING_FIELD, "detail.agent_id is missing")
        return self._source.make(
            ev.AgentState,
            body.need("id"),
            body.need_time_ms(time),
            time_quality=None if "." in (body.text(time) or "") else "second",
            agent_id=self._source.agent(agent),
            # A status that somebody made: not to be called available without being told so.
            state=self._states.get(label.lower(), "other"),
            label=label,
        )
