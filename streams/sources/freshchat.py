"""Source ``freshchat``: bodies of Freshchat's webhooks, one per line or request.

Nothing is kept between bodies. There is no event for a new conversation: its first message from
the customer is its beginning. As no body says that it is the first, each of them tells the
beginning under the same id, and the earliest one counts; so it is with replies and the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from aggregators import events as ev
from aggregators.envelope import Author
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.payloads import About, IgnoredError, PayloadSource, first_wins

_ACTORS: Mapping[str, Author] = {
    "user": "customer", "agent": "agent", "system": "system", "bot": "bot",
}  # fmt: skip
_PARTS = {
    "conversation_assignment": "assignment",
    "conversation_resolution": "resolve",
    "conversation_reopen": "reopen",
}
_LEFT_OUT = frozenset(
    ("agent_activity", "conversation_create", "conversation_update", "message_update",
     "user_create", "user_update")
)  # fmt: skip
_FIRST_LEG = "1"


class Freshchat(PayloadSource):
    """Events of conversations and their messages."""

    ABOUT: ClassVar[About] = About(
        title="Freshchat",
        accepts=("bodies of Freshchat's webhook", "a list of them"),
        needs=("the webhook of the account", "its public key, for vigie ingest"),
        settings={
            "queue": "Queue of conversations whose body names no channel, inbox if not set.",
            "bots": "Actor ids of bots that write as agents, to names.",
        },
        guide="docs/sources/freshchat.md",
    )

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""
        self._queue = self.text("queue", "inbox")
        self._bots = self.words("bots")
        self._readers = {
            "message_create": self._message,
            "conversation_assignment": self._assignment,
            "conversation_resolution": self._resolution,
            "conversation_reopen": self._reopen,
        }

    def events(self, body: Body) -> Iterable[ev.Envelope]:
        """Give the events of a body."""
        return self.told(body, "action", self._readers, _LEFT_OUT.__contains__)

    def _message(self, body: Body) -> Iterator[ev.Envelope]:
        message = body.part("data.message")
        contact_id = f"freshchat:{message.need('conversation_id')}"
        at_ms, quality = _when(message if message.get("created_time") else body)
        place = self._place(message, contact_id)
        leg_id = _leg(message)
        author, actor = self._author(body, message)
        is_public = (
            message.word("message_type") != "private" and message.get("botsPrivateNote") is not True
        )
        common = {"time_quality": quality, **place}
        if author == "customer" and is_public:
            user = message.text("user_id") or actor
            key = self.customer(user and f"freshchat:{user}")
            yield self.make(
                ev.ContactCreated, f"{contact_id}:created", at_ms, customer_key=key,
                revision=first_wins(at_ms), **common,
            )  # fmt: skip
            yield self.make(
                ev.ContactQueued, f"{contact_id}:{leg_id}:queued", at_ms, leg_id=leg_id,
                revision=first_wins(at_ms), **common,
            )  # fmt: skip
        agent = self.agent(actor) if author == "agent" else None
        fact = f"{contact_id}:message:{message.need('id')}"
        yield self.make(
            ev.MessagePosted, fact, at_ms, message_id=fact, author=author, agent_id=agent,
            leg_id=leg_id, public=None if is_public else False, **common,
        )  # fmt: skip
        if agent is not None and is_public:
            yield self.make(
                ev.ContactAnswered, f"{contact_id}:{leg_id}:answered", at_ms, leg_id=leg_id,
                agent_id=agent, revision=first_wins(at_ms), **common,
            )  # fmt: skip

    def _assignment(self, body: Body) -> Iterator[ev.Envelope]:
        """An agent has it now, and the customer still waits for the first reply."""
        part, common, fact, at_ms = self._of_conversation(body)
        leg_id = _leg(part)

        def offer(agent: str) -> dict[str, Any]:
            offer_id = f"{common['contact_id']}:{leg_id}:{agent}"
            return {"leg_id": leg_id, "offer_id": offer_id, "agent_id": self.agent(agent)}

        # An empty id is nobody.
        before, now = part.text("from_agent_id"), part.text("to_agent_id")
        if before == now:
            raise IgnoredError("conversation_assignment to no other agent")
        if before is not None:
            yield self.make(
                ev.AgentOfferMissed, f"{fact}:taken", at_ms, outcome="canceled", **offer(before),
                **common,
            )  # fmt: skip
        if now is not None:
            yield self.make(ev.AgentOffered, fact, at_ms, **offer(now), **common)

    def _resolution(self, body: Body) -> Iterator[ev.Envelope]:
        part, common, fact, at_ms = self._of_conversation(body)
        resolver = _ACTORS.get(part.word("resolver") or body.word("actor.actor_type"))
        agent = part.text("resolver_id") if resolver == "agent" else None
        agent = agent or part.text("conversation.assigned_agent_id")
        # Without a leg: whichever is in talk ends, also one whose number the body does not tell.
        yield self.make(
            ev.ContactEnded, fact, at_ms, resolved=True, agent_id=self.agent(agent),
            ended_by="system" if resolver == "bot" else resolver, **common,
        )  # fmt: skip
        leg_id = part.text("interaction_id")
        if leg_id is not None:
            # Where nobody replied the leg left the queue; where somebody did, that came before.
            yield self.make(
                ev.FlowOut, f"{fact}:left", at_ms, leg_id=leg_id, reason="other", **common
            )  # fmt: skip

    def _reopen(self, body: Body) -> Iterator[ev.Envelope]:
        part, common, _, at_ms = self._of_conversation(body)
        leg_id = part.text("interaction_id")
        if leg_id is None:
            # The messages that follow do not say that they belong to a second leg.
            raise IgnoredError("conversation_reopen without interaction_id")
        yield self.make(
            ev.ContactQueued, f"{common['contact_id']}:{leg_id}:queued", at_ms, leg_id=leg_id,
            revision=first_wins(at_ms), **common,
        )  # fmt: skip

    # -- parts of them --------------------------------------------------------------------

    def _of_conversation(self, body: Body) -> tuple[Body, dict[str, Any], str, int]:
        """Return the part about the conversation, the common fields, the fact's id and its time."""
        action = body.word("action")
        part = body.part(f"data.{_PARTS[action]}")
        talk = part.part("conversation")
        contact_id = f"freshchat:{talk.need('conversation_id')}"
        at_ms, quality = _when(body)
        fact = f"{contact_id}:{action}:{body.need('action_time')}"
        return part, {"time_quality": quality, **self._place(talk, contact_id)}, fact, at_ms

    def _place(self, talk: Body, contact_id: str) -> dict[str, Any]:
        return {
            "contact_id": contact_id,
            "channel": "chat",
            "queue": self.queue(talk.text("channel_id") or self._queue),
            "team": self.team(talk.text("assigned_group_id")),
        }

    def _author(self, body: Body, message: Body) -> tuple[Author, str | None]:
        kind = message.word("actor_type") or body.word("actor.actor_type")
        actor = message.text("actor_id") or body.text("actor.actor_id")
        if kind not in _ACTORS:
            raise BodyError(Reason.BAD_VALUE, "actor.actor_type names no kind of actor")
        is_bot = kind == "agent" and actor is not None and actor.lower() in self._bots
        return "bot" if is_bot else _ACTORS[kind], actor


def _leg(part: Body) -> str:
    """Return the leg: Freshchat's interaction, from an opening to its solve, where it is told."""
    return part.text("interaction_id") or _FIRST_LEG


def _when(body: Body) -> tuple[int, str | None]:
    path = "created_time" if body.get("created_time") else "action_time"
    at_ms = body.need_time_ms(path)
    return at_ms, None if "." in (body.text(path) or "") or at_ms % 1000 else "second"
