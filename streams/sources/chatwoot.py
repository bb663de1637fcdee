"""Source ``chatwoot``: bodies of Chatwoot's webhooks, one per line or request.

Conversations of e-mail inboxes are tickets, all others are chats with legs: the first leg begins
with the conversation, another one each time it is opened again. There is no id of a delivery, so
ids are made of the event, the conversation and its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from aggregators import events as ev
from aggregators.envelope import Channel
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.chatwoot_fields import before_of, changed_names, time_of
from streams.sources.chatwoot_legs import ReopenedLegs
from streams.sources.chatwoot_messages import Messages
from streams.sources.chatwoot_names import (
    CHANNELS,
    FIRST_LEG,
    LEFT_OUT,
    STATUSES,
)
from streams.sources.payloads import About, IgnoredError, PayloadSource

_FIRST_REPLY = "firstreplycreatedat"


class Chatwoot(PayloadSource):
    """Events of conversations and their messages."""

    ABOUT: ClassVar[About] = About(
        title="Chatwoot",
        accepts=("bodies of account webhooks", "bodies of the webhook of an API inbox"),
        needs=(
            "a webhook with the events of conversations (created, updated, status changed)",
            "and of messages (created, updated)",
            "its secret, or a token in its URL, for vigie ingest",
        ),
        settings={
            "prefix": "First part of contact_id, chatwoot if not set; one per account.",
            "channels": "Inbox ids to channels, where the kind of inbox is not enough.",
        },
        guide="docs/sources/chatwoot.md",
    )

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""
        self._prefix = self.text("prefix", "chatwoot")
        self._channels = self.words("channels")
        self._legs = ReopenedLegs()
        messages = Messages(self, self._legs, self._place, self._customer)
        self._readers = {
            "conversation_created": self._created,
            "conversation_status_changed": self._status,
            "conversation_updated": self._updated,
            "message_created": messages.created,
            "message_updated": messages.updated,
        }

    def events(self, body: Body) -> Iterable[ev.Envelope]:
        """Give the events of a body."""
        return self.told(body, "event", self._readers, LEFT_OUT.__contains__)

    # -- conversations --------------------------------------------------------------------

    def _created(self, body: Body) -> Iterator[ev.Envelope]:
        place = self._place(body)
        contact_id = place["contact_id"]
        path = "created_at" if body.get("created_at") else "timestamp"
        at_ms, quality = time_of(body, path)
        common = {"time_quality": quality, "customer_key": self._customer(body), **place}
        if place["channel"] == "email":
            yield self.make(ev.TicketOpened, f"{contact_id}:created", at_ms, **common)
            return
        yield self.make(ev.ContactCreated, f"{contact_id}:created", at_ms, **common)
        if body.word("status") == "pending":  # it begins with a bot
            yield self.make(
                ev.SelfcareStarted, f"{contact_id}:bot", at_ms, time_quality=quality,
                session_id=contact_id, tool="chatwoot-bot", customer_key=common["customer_key"],
            )  # fmt: skip
        else:
            yield self._queued(place, FIRST_LEG, at_ms, quality)

    def _status(self, body: Body) -> Iterator[ev.Envelope]:
        place = self._place(body)
        now, before = body.word("status"), before_of(body, "status")
        if now not in STATUSES:
            raise BodyError(Reason.BAD_VALUE, "status is none of Chatwoot's")
        if now in ("pending", "snoozed") or before == "snoozed" or before == now:
            raise IgnoredError(f"conversation_status_changed to {now}")
        path = "updated_at" if body.get("updated_at") else "timestamp"
        at_ms, quality = time_of(body, path)
        fact = f"{place['contact_id']}:{now}:{body.need(path)}"
        if place["channel"] == "email":
            kind = ev.TicketSolved if now == "resolved" else ev.TicketReopened
            agent = self.agent(body.text("meta.assignee.id"))
            yield self.make(kind, fact, at_ms, time_quality=quality, agent_id=agent, **place)
        elif now == "resolved":
            yield from self._resolved(body, place, before, fact, at_ms, quality)
        else:
            yield from self._opened(body, place, before, fact, at_ms, quality)

    def _opened(
        self, body: Body, place: dict[str, Any], before: str, fact: str, at_ms: int, quality: Any
    ) -> Iterator[ev.Envelope]:
        """From a bot, or again after a solve: somebody waits for a person."""
        if before == "pending":
            yield self.make(
                ev.SelfcareHandedOff, f"{fact}:bot", at_ms, time_quality=quality,
                session_id=place["contact_id"], contact_id=place["contact_id"], reason="other",
                queue=place["queue"],
            )  # fmt: skip
        is_first = body.get("first_reply_created_at") is None and before != "resolved"
        leg_id = FIRST_LEG if is_first else self._legs.begin(place["contact_id"], at_ms)
        yield self._queued(place, leg_id, at_ms, quality)

    def _resolved(
        self, body: Body, place: dict[str, Any], before: str, fact: str, at_ms: int, quality: Any
    ) -> Iterator[ev.Envelope]:
        contact_id = place["contact_id"]
        if before == "pending":
            yield self.make(
                ev.SelfcareContained, f"{fact}:bot", at_ms, time_quality=quality,
                session_id=contact_id, outcome="assumed",
            )  # fmt: skip
            return
        reopened = self._legs.at(contact_id, at_ms)
        is_told = any(name.replace("_", "").lower() == _FIRST_REPLY for name in body.given)
        never_replied = is_told and body.get("first_reply_created_at") is None
        if never_replied or (reopened is not None and self._legs.waits(contact_id)):
            # Nobody replied: the leg left the queue, neither answered nor given up.
            yield self.make(
                ev.FlowOut, f"{fact}:left", at_ms, time_quality=quality, reason="other",
                leg_id=reopened or FIRST_LEG, **place,
            )  # fmt: skip
        if never_replied:
            return
        agent = self.agent(body.text("meta.assignee.id"))
        # Without a leg: it ends whichever is in talk, also after a restart.
        yield self.make(
            ev.ContactEnded, fact, at_ms, time_quality=quality, resolved=True, agent_id=agent,
            **place,
        )  # fmt: skip

    def _updated(self, body: Body) -> Iterator[ev.Envelope]:
        place = self._place(body)
        moved = {"assignee_id", "team_id"} & changed_names(body)
        if place["channel"] != "email" or not moved:
            raise IgnoredError("conversation_updated")
        at_ms, quality = time_of(body, "updated_at")
        yield self.make(
            ev.TicketAssigned, f"{place['contact_id']}:assigned:{body.need('updated_at')}", at_ms,
            time_quality=quality, agent_id=self.agent(body.text("meta.assignee.id")), **place,
        )  # fmt: skip

    # -- parts of them --------------------------------------------------------------------

    def _place(self, talk: Body, inbox: str | None = None) -> dict[str, Any]:
        inbox = talk.text("inbox_id") or inbox or "inbox"
        return {
            "contact_id": f"{self._prefix}:{talk.need('id')}",
            "channel": self._channel(talk, inbox),
            "queue": self.queue(inbox),
            "team": self.team(talk.text("meta.team.id")),
            "motive": self._motive(talk),
        }

    def _queued(
        self, place: dict[str, Any], leg_id: str, at_ms: int, quality: Any
    ) -> ev.ContactQueued:
        return self.make(
            ev.ContactQueued, f"{place['contact_id']}:{leg_id}:queued", at_ms,
            time_quality=quality, leg_id=leg_id, **place,
        )  # fmt: skip

    def _channel(self, talk: Body, inbox: str) -> Channel | str:
        given = self._channels.get(inbox.lower())
        kind = talk.word("channel").removeprefix("channel::")
        return given or CHANNELS.get(kind, "chat")

    def _motive(self, talk: Body) -> str | None:
        labels = talk.get("labels")
        words = [one for one in labels if isinstance(one, str)] if isinstance(labels, list) else []
        return next((found for one in words if (found := self.motive(one))), None)

    def _customer(self, talk: Body) -> str | None:
        sender = talk.text("meta.sender.id")
        return self.customer(sender and f"{self._prefix}:{sender}")
