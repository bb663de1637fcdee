"""Source ``genesys-cloud``: notification topics of Genesys Cloud, by WebSocket or EventBridge.

``contact_id`` is the conversation, ``leg_id`` the session of its ACD part: a transfer gives
another ACD session in the same conversation, and so another leg. Aggregates, such as the
observations of queues, are never folded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar

from aggregators import events as ev
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.genesys_agents import STATES, Users
from streams.sources.genesys_conversations import Conversations
from streams.sources.genesys_sessions import SessionEvents
from streams.sources.payloads import About, IgnoredError

_DETAIL = re.compile(r"v2\.detail\.events\.conversation\.[^.]+\.([a-z.]+)")
_USER = re.compile(r"v2\.users\.([^.]+)\.([a-z.]+)")
_DETAILS_LEFT_OUT = frozenset(
    {
        "contact", "attributes", "wrapup", "routing", "flow.start", "flow.end", "flow.outcome",
        "outbound", "voicemail.start", "voicemail.end", "form", "resolution",
    }
)  # fmt: skip
_TOPICS_LEFT_OUT = (
    "v2.analytics.queues", "v2.analytics", "v2.conversations", "v2.routing", "v2.operations",
    "v2.audits", "v2.system", "v2.authorization", "v2.quality", "v2.speechandtext",
    "channel.metadata",
)  # fmt: skip
_Reader = Callable[["GenesysCloud", Body], Iterable[ev.Envelope]]


class GenesysCloud(SessionEvents):
    """Conversations and users of Genesys Cloud.

    What is kept between bodies is bounded: see :class:`Conversations` and :class:`Users`.
    """

    ABOUT: ClassVar[About] = About(
        title="Genesys Cloud",
        accepts=(
            "messages of the notification service: topicName and eventBody",
            "EventBridge events that carry them in detail",
            "files of such bodies, one per line",
        ),
        needs=(
            "v2.detail.events.conversation.{id}: acd, user and customer, .start and .end, and acw",
            "v2.users.{id}.activity, or presence and routingStatus of the agents",
            "all bodies of a conversation sent to one receiver of vigie",
        ),
        settings={
            "presences": "Presences, system names or ids, to available, pause, other or offline.",
        },
        guide="docs/sources/genesys-cloud.md",
    )

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""
        presences = self.words("presences", STATES)
        self._conversations = Conversations()
        self._users = Users(presences)

    def events(self, body: Body) -> Iterable[ev.Envelope]:
        """Give the events of a body."""
        outer = body.part("detail") if isinstance(body.get("detail"), Mapping) else body
        topic = (outer.text("topicName") or body.need("detail-type")).lower()
        inner = outer.part("eventBody")
        if (detail := _DETAIL.fullmatch(topic)) is not None:
            return self._of_conversation(detail[1], inner)
        if (user := _USER.fullmatch(topic)) is not None:
            return self._of_user(user[1], user[2], topic, outer, inner)
        for family in _TOPICS_LEFT_OUT:
            if topic.startswith(family):
                raise IgnoredError(family)
        raise BodyError(Reason.UNMAPPED_SOURCE, f"{outer.where('topicName')} is no known topic")

    def _of_conversation(self, kind: str, body: Body) -> Iterable[ev.Envelope]:
        if kind in _DETAILS_LEFT_OUT:
            raise IgnoredError(kind)
        reader = _READERS.get(kind)
        if reader is None:
            raise BodyError(Reason.UNMAPPED_SOURCE, "topicName is no known event of conversations")
        return reader(self, body)

    def _of_user(
        self, user: str, kind: str, topic: str, outer: Body, body: Body
    ) -> Iterator[ev.Envelope]:
        if kind not in ("presence", "routingstatus", "activity"):
            raise IgnoredError("v2.users")
        if user == "{id}":  # EventBridge names the topic, not the user
            user = body.text("userId") or body.text("id") or outer.need("eventBody.userId")
        else:  # as it is written: the topic was made lower case
            user = (outer.text("topicName") or topic).split(".")[2]
        if kind == "presence":
            seen = self._users.presence(user, body)
        elif kind == "routingstatus":
            seen = self._users.routing(user, body.part("routingStatus"))
        else:
            seen = self._users.activity(user, body)
        yield self.make(
            ev.AgentState, f"{user}:{kind}:{seen.at_ms}", seen.at_ms, agent_id=self.agent(user),
            state=seen.state, label=seen.label, reason=seen.reason,
        )  # fmt: skip


_READERS: Mapping[str, _Reader] = {
    "customer.start": GenesysCloud.customer_started,
    "customer.end": GenesysCloud.customer_ended,
    "acd.start": GenesysCloud.acd_started,
    "acd.end": GenesysCloud.acd_ended,
    "user.start": GenesysCloud.user_started,
    "user.end": GenesysCloud.user_ended,
    "acw": GenesysCloud.wrapped_up,
}
