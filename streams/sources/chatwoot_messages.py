"""Messages of Chatwoot: what is said, the answer of a leg, and surveys, which are messages too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from aggregators import events as ev
from streams.sources.body import Body
from streams.sources.chatwoot_fields import author_of, time_of
from streams.sources.chatwoot_legs import ReopenedLegs
from streams.sources.chatwoot_names import FIRST_LEG
from streams.sources.payloads import IgnoredError, PayloadSource, first_wins

_SAME_REPLY_MS = 2_000
"""``first_reply_created_at`` and the message it is about lie at most so far apart."""


class Messages:
    """Reads the bodies of messages."""

    def __init__(
        self,
        source: PayloadSource,
        legs: ReopenedLegs,
        place: Callable[[Body, str | None], dict[str, Any]],
        customer: Callable[[Body], str | None],
    ) -> None:
        """``place`` gives the common fields of a conversation and its inbox."""
        self._source = source
        self._legs = legs
        self._place = place
        self._customer = customer

    def created(self, body: Body) -> Iterator[ev.Envelope]:
        """A message was written, or a survey was sent with one."""
        talk = body.part("conversation")
        place = self._place(talk, body.text("inbox.id"))
        author = author_of(body)
        if body.word("content_type") == "input_csat":
            yield self._survey(ev.SurveySent, body, place, ":sent", "created_at")
            return
        if author is None:
            raise IgnoredError("message_created of the kind activity")
        at_ms, quality = time_of(body, "created_at")
        fact = f"{place['contact_id']}:message:{body.need('id')}"
        given_agent = body.text("sender.id") or talk.text("meta.assignee.id")
        agent = self._source.agent(given_agent) if author == "agent" else None
        is_public = body.get("private") is not True
        is_ticket = place["channel"] == "email"
        yield self._source.make(
            ev.TicketReplied if is_ticket else ev.MessagePosted, fact, at_ms,
            time_quality=quality, message_id=fact, author=author, agent_id=agent,
            public=None if is_public else False, **place,
        )  # fmt: skip
        if author == "agent" and is_public and agent and not is_ticket:
            yield from self._answered(talk, place, agent, at_ms, quality)

    def _answered(
        self, talk: Body, place: dict[str, Any], agent: str, at_ms: int, quality: Any
    ) -> Iterator[ev.Envelope]:
        """The first reply of a person in a leg answers it; later ones tell it again, lower."""
        contact_id = place["contact_id"]
        first_ms = talk.time_ms("first_reply_created_at")
        leg_id = self._legs.at(contact_id, at_ms)
        if leg_id is None:
            if first_ms is not None and first_ms < at_ms - _SAME_REPLY_MS:
                return
            leg_id = FIRST_LEG
        else:
            self._legs.answer(contact_id)
        yield self._source.make(
            ev.ContactAnswered, f"{contact_id}:{leg_id}:answered", at_ms, time_quality=quality,
            leg_id=leg_id, agent_id=agent, revision=first_wins(at_ms), **place,
        )  # fmt: skip

    def updated(self, body: Body) -> Iterator[ev.Envelope]:
        """A message changed; the answer to a survey comes so."""
        answer = body.part("content_attributes.submitted_values.csat_survey_response")
        score = answer.number("rating")
        if score is None:
            raise IgnoredError("message_updated")
        place = self._place(body.part("conversation"), body.text("inbox.id"))
        path = "updated_at" if body.get("updated_at") else "created_at"
        yield self._survey(ev.SurveyAnswered, body, place, ":answered", path, score=score)

    def _survey(
        self, kind: type[Any], body: Body, place: dict[str, Any], suffix: str, path: str, **kw: Any
    ) -> ev.Envelope:
        at_ms, quality = time_of(body, path)
        fact = f"{place['contact_id']}:csat:{body.need('id')}"
        agent = body.text("conversation.meta.assignee.id")
        made: ev.Envelope = self._source.make(
            kind, f"{fact}{suffix}", at_ms, time_quality=quality, survey_id=fact,
            survey_kind="csat", agent_id=self._source.agent(agent),
            customer_key=self._customer(body.part("conversation")), **kw, **place,
        )  # fmt: skip
        return made
