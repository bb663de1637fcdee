"""Source ``intercom``: bodies of Intercom's webhooks, one per line or request.

Nothing is kept between bodies. Each carries the conversation with its statistics; how often it
was opened again names the leg. The statistics leave out the hours out of office, so waits are
taken from the points in time and never from ``time_to_admin_reply``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from aggregators import events as ev
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.intercom_admins import admin_event
from streams.sources.intercom_calls import ai_events, call_events
from streams.sources.intercom_fields import (
    assignee_of,
    last_part,
    leg_of,
    quality_of,
    reply_ms,
)
from streams.sources.intercom_names import CHANNELS, LEFT_OUT, LEFT_OUT_DOMAINS
from streams.sources.payloads import About, IgnoredError, PayloadSource, first_wins

_SAME_REPLY_MS = 60_000
"""A reply and the time that the statistics have of it lie at most so far apart."""


def _is_left_out(topic: str) -> bool:
    return topic in LEFT_OUT or topic.partition(".")[0] in LEFT_OUT_DOMAINS


class Intercom(PayloadSource):
    """Events of conversations, calls and admins."""

    ABOUT: ClassVar[About] = About(
        title="Intercom",
        accepts=("notifications of webhooks (notification_event)", "a list of them"),
        needs=(
            "an app with webhook topics of conversations, admins and calls",
            "its client secret, for vigie ingest",
        ),
        settings={
            "queue": "Queue of conversations that no team has, inbox if not set.",
        },
        guide="docs/sources/intercom.md",
    )

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""
        self._queue = self.text("queue", "inbox")
        self._readers = {
            "conversation.user.created": self._created,
            "conversation.admin.single.created": self._begun_by_admin,
            "conversation.user.replied": self._user_replied,
            "conversation.admin.replied": self._admin_replied,
            "conversation.operator.replied": self._operator_replied,
            "conversation.admin.assigned": self._assigned,
            "conversation.admin.open.assigned": self._assigned,
            "conversation.admin.closed": self._closed,
            "conversation.admin.opened": self._opened,
            "conversation.rating.added": self._rated,
            "call.started": self._call,
            "call.ended": self._call,
            "admin.logged_in": self._admin,
            "admin.logged_out": self._admin,
            "admin.away_mode_updated": self._admin,
        }

    def events(self, body: Body) -> Iterable[ev.Envelope]:
        """Give the events of a body."""
        return self.told(body, "topic", self._readers, _is_left_out)

    # -- conversations --------------------------------------------------------------------

    def _created(self, body: Body) -> Iterator[ev.Envelope]:
        talk, place = self._place(body)
        contact_id = place["contact_id"]
        at_ms = talk.time_ms("created_at") or body.need_time_ms("created_at")
        common = {"time_quality": quality_of(at_ms), **place}
        yield self.make(
            ev.ContactCreated, f"{contact_id}:created", at_ms,
            customer_key=self._customer(talk), **common,
        )  # fmt: skip
        yield self.make(
            ev.ContactQueued, f"{contact_id}:1:queued", at_ms, leg_id="1", **common
        )  # fmt: skip
        message = talk.text("source.id") or talk.text("conversation_message.id")
        if message is not None:
            yield self.make(
                ev.MessagePosted, f"{contact_id}:message:{message}", at_ms,
                message_id=f"{contact_id}:message:{message}", author="customer", **common,
            )  # fmt: skip

    def _begun_by_admin(self, body: Body) -> Iterator[ev.Envelope]:
        talk, place = self._place(body)
        at_ms = talk.time_ms("created_at") or body.need_time_ms("created_at")
        yield self.make(
            ev.ContactCreated, f"{place['contact_id']}:created", at_ms,
            time_quality=quality_of(at_ms), initiated_by="agent", direction="out",
            customer_key=self._customer(talk), **place,
        )  # fmt: skip

    def _user_replied(self, body: Body) -> Iterator[ev.Envelope]:
        talk, place = self._place(body)
        at_ms = reply_ms(body, talk)
        leg_id = leg_of(talk)
        if leg_id != "1":  # the reply that opened it again begins the leg; later ones repeat that
            yield self._queued(place, leg_id, at_ms)
        yield self._posted(body, talk, place, at_ms, "customer", None)

    def _admin_replied(self, body: Body) -> Iterator[ev.Envelope]:
        talk, place = self._place(body)
        at_ms = reply_ms(body, talk)
        part = last_part(talk)
        if part.word("author.type") in ("bot", "operator"):
            yield self._posted(body, talk, place, at_ms, "bot", None)
            return
        given = part.text("author.id") if part.word("author.type") == "admin" else None
        agent = self.agent(given or assignee_of(talk))
        yield self._posted(body, talk, place, at_ms, "agent", agent)
        if agent is not None:
            yield from self._answered(talk, place, agent, at_ms)
        yield from ai_events(self, talk, place["contact_id"], place["queue"], at_ms)

    def _operator_replied(self, body: Body) -> Iterator[ev.Envelope]:
        talk, place = self._place(body)
        yield self._posted(body, talk, place, reply_ms(body, talk), "bot", None)

    def _answered(
        self, talk: Body, place: dict[str, Any], agent: str, at_ms: int
    ) -> Iterator[ev.Envelope]:
        """The first reply of an admin answers the leg; later ones tell it again, lower."""
        leg_id, wait_ms = leg_of(talk), None
        if leg_id == "1":
            first_ms = talk.time_ms("statistics.first_admin_reply_at")
            asked_ms = talk.time_ms("statistics.first_contact_reply_at")
            is_begun_here = bool(talk.part("statistics").given) and asked_ms is None
            if is_begun_here or (first_ms is not None and first_ms < at_ms - _SAME_REPLY_MS):
                return
            at_ms = at_ms if first_ms is None else first_ms
            if asked_ms is not None and asked_ms <= at_ms:
                wait_ms = at_ms - asked_ms
        yield self.make(
            ev.ContactAnswered, f"{place['contact_id']}:{leg_id}:answered", at_ms,
            time_quality=quality_of(at_ms), leg_id=leg_id, agent_id=agent, wait_ms=wait_ms,
            revision=first_wins(at_ms),
            **place,
        )  # fmt: skip

    def _assigned(self, body: Body) -> Iterator[ev.Envelope]:
        talk, place = self._place(body)
        at_ms = body.need_time_ms("created_at")
        agent, leg_id = self.agent(assignee_of(talk)), leg_of(talk)
        if agent is not None:
            # An agent has it now, and the customer still waits for the first reply.
            offer_id = f"{place['contact_id']}:{leg_id}:{agent}"
            yield self.make(
                ev.AgentOffered, body.need("id"), at_ms, time_quality=quality_of(at_ms),
                leg_id=leg_id, offer_id=offer_id, agent_id=agent, **place,
            )  # fmt: skip
        yield from ai_events(self, talk, place["contact_id"], place["queue"], at_ms)

    def _closed(self, body: Body) -> Iterator[ev.Envelope]:
        talk, place = self._place(body)
        at_ms = body.need_time_ms("created_at")
        common = {"time_quality": quality_of(at_ms), **place}
        ai = list(ai_events(self, talk, place["contact_id"], place["queue"], at_ms))
        statistics = talk.part("statistics")
        if statistics.given and statistics.get("first_admin_reply_at") is None:
            contained = any(isinstance(one, ev.SelfcareContained) for one in ai)
            yield self.make(
                ev.FlowOut, f"{body.need('id')}:left", at_ms, leg_id=leg_of(talk),
                reason="selfcare" if contained else "other", **common,
            )  # fmt: skip
        by_admin = last_part(talk).word("author.type") == "admin"
        yield self.make(
            ev.ContactEnded, body.need("id"), at_ms, resolved=True, **common,
            ended_by="agent" if by_admin else None, agent_id=self.agent(assignee_of(talk)),
        )  # fmt: skip
        yield from ai

    def _opened(self, body: Body) -> Iterator[ev.Envelope]:
        talk, place = self._place(body)
        if leg_of(talk) == "1":
            # Nothing says that it was opened before; a second leg could not be told from the first.
            raise IgnoredError("conversation.admin.opened without count_reopens")
        yield self._queued(place, leg_of(talk), body.need_time_ms("created_at"))

    def _rated(self, body: Body) -> Iterator[ev.Envelope]:
        talk, place = self._place(body)
        rating = talk.part("conversation_rating")
        score = rating.number("rating")
        if score is None:
            raise BodyError(Reason.MISSING_FIELD, f"{rating.where('rating')} is missing")
        at_ms = body.need_time_ms("created_at")
        agent = rating.text("teammate.id") or assignee_of(talk)
        yield self.make(
            ev.SurveyAnswered, body.need("id"), at_ms, time_quality=quality_of(at_ms),
            survey_id=f"{place['contact_id']}:rating", survey_kind="csat", score=score,
            agent_id=self.agent(agent), customer_key=self._customer(talk), **place,
        )  # fmt: skip

    # -- calls and admins -----------------------------------------------------------------

    def _call(self, body: Body) -> Iterator[ev.Envelope]:
        call = body.part("data.item")
        yield from call_events(self, call, self._queue, body.need_time_ms("created_at"))

    def _admin(self, body: Body) -> Iterator[ev.Envelope]:
        yield admin_event(self, body)

    # -- parts of them --------------------------------------------------------------------

    def _place(self, body: Body) -> tuple[Body, dict[str, Any]]:
        talk = body.part("data.item")
        team = talk.text("team_assignee_id")
        team = None if team == "0" else team
        if talk.word("assignee.type") == "team":
            team = team or talk.text("assignee.id")
        channel = CHANNELS.get(talk.word("source.type"), "chat")
        if channel == "voice":
            raise IgnoredError("conversation of a phone call")  # told by its call.* topics
        return talk, {
            "contact_id": f"intercom:{talk.need('id')}",
            "channel": channel,
            "queue": self.queue(team or self._queue),
            "team": self.team(team),
            "motive": self._motive(talk),
        }

    def _queued(self, place: dict[str, Any], leg_id: str, at_ms: int) -> ev.Envelope:
        return self.make(
            ev.ContactQueued, f"{place['contact_id']}:{leg_id}:queued", at_ms,
            time_quality=quality_of(at_ms), leg_id=leg_id,
            revision=first_wins(at_ms) if leg_id != "1" else None, **place,
        )  # fmt: skip

    def _posted(
        self, body: Body, talk: Body, place: dict[str, Any], at_ms: int, author: str,
        agent: str | None,
    ) -> ev.Envelope:  # fmt: skip
        message = last_part(talk).text("id") or body.need("id")
        fact = f"{place['contact_id']}:message:{message}"
        return self.make(
            ev.MessagePosted, fact, at_ms, time_quality=quality_of(at_ms), message_id=fact,
            author=author, agent_id=agent, **place,
        )  # fmt: skip

    def _motive(self, talk: Body) -> str | None:
        names = (tag.get("name") for tag in talk.parts("tags.tags"))
        found = (self.motive(name) for name in names if isinstance(name, str))
        return next((one for one in found if one), None)

    def _customer(self, talk: Body) -> str | None:
        contact = next((one.text("id") for one in talk.parts("contacts.contacts")), None)
        contact = contact or talk.text("user.id")
        return self.customer(contact and f"intercom:{contact}")
