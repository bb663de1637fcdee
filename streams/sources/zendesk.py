"""Source ``zendesk``: bodies of Zendesk's event webhooks, one per line or request.

Nothing is kept between bodies. What a ticket was before is asked of the body (``previous``), and
where a body does not tell it, the fold decides: a solve of what is solved changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from aggregators import events as ev
from aggregators.envelope import Author, Channel
from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.payloads import About, IgnoredError, PayloadSource
from streams.sources.zendesk_agents import ByStatus
from streams.sources.zendesk_fields import (
    actor_of,
    author_of,
    id_at,
    levels_of,
    quality_of,
    status_word,
)
from streams.sources.zendesk_names import (
    CHANNELS,
    CLOSED,
    LEFT_OUT,
    LEFT_OUT_DOMAINS,
    PREFIX,
    SOLVED,
    UNSOLVED,
)

_MESSAGE_AUTHORS: Mapping[str, Author] = {
    "end_user": "customer", "agent": "agent", "trigger": "system", "system": "bot",
}  # fmt: skip


class Zendesk(PayloadSource):
    """Events of tickets, of messages and of agents' statuses."""

    ABOUT: ClassVar[About] = About(
        title="Zendesk",
        accepts=("bodies of event webhooks (zen:event-type:...)", "a list of them"),
        needs=(
            "a webhook that is subscribed to ticket, messaging and agent availability events",
            "its signing secret, for vigie ingest",
        ),
        settings={
            "prefix": "First part of contact_id, ticket if not set; one per account.",
            "levels": "Group ids to levels (1, 2 ...): a move to a higher one is an escalation.",
            "presence": "unified (if not set), or the channel whose status is an agent's "
            "presence, such as support.",
            "states": "Names of own agent statuses to available, pause, other or offline.",
        },
        guide="docs/sources/zendesk.md",
    )

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""
        self._prefix = self.text("prefix", "ticket")
        self._teams = self.words("teams")
        self._levels = levels_of(self._settings.get("levels"), f"{self._path}.levels")
        self._by_status = ByStatus(self)
        self._readers = {
            "ticket.created": self._created,
            "ticket.agent_assignment_changed": self._agent_changed,
            "ticket.group_assignment_changed": self._group_changed,
            "ticket.comment_added": self._comment,
            "ticket.comment_created": self._comment,
            "ticket.status_changed": self._status,
            "ticket.merged": self._merged,
            "messaging_ticket.message_added": self._message,
            "agent.state_changed": self._by_status.of_channel,
            "agent.unified_state_changed": self._by_status.unified,
        }

    def events(self, body: Body) -> Iterable[ev.Envelope]:
        """Give the events of a body."""
        if body.text("type") is None:
            raise BodyError(
                Reason.MISSING_FIELD,
                "type is missing; bodies that a trigger writes are read by the format json",
            )
        name = body.word("type").removeprefix(PREFIX)
        reader = self._readers.get(name)
        if reader is not None:
            return reader(body)
        if name in LEFT_OUT or name.partition(".")[0] in LEFT_OUT_DOMAINS:
            raise IgnoredError(name)
        raise BodyError(Reason.UNMAPPED_SOURCE, "type is no event of Zendesk that vigie knows")

    # -- tickets --------------------------------------------------------------------------

    def _created(self, body: Body) -> Iterator[ev.Envelope]:
        # A later word of the opening, with the solve, must not take the place of this one.
        yield self._opened(body, revision=1)

    def _opened(self, body: Body, revision: int) -> ev.TicketOpened:
        detail = body.part("detail")
        path = "created_at" if detail.get("created_at") else "time"
        where = detail if path == "created_at" else body
        requester, submitter = id_at(detail, "requester_id"), id_at(detail, "submitter_id")
        by_agent = None not in (requester, submitter) and requester != submitter
        is_email = self._channel(detail) == "email"  # an agent forwards what a customer wrote
        contact_id = self._contact_id(detail)
        return self.make(
            ev.TicketOpened,
            f"{contact_id}:opened",
            where.need_time_ms(path),
            time_quality=quality_of(where, path),
            revision=revision,
            contact_id=contact_id,
            priority=detail.word("priority") or None,
            initiated_by="agent" if by_agent and not is_email else None,
            customer_key=self.customer(requester and f"zendesk:{requester}"),
            agent_id=self.agent(id_at(detail, "assignee_id")),
            **self._place(detail),
        )

    def _agent_changed(self, body: Body) -> Iterator[ev.Envelope]:
        detail = body.part("detail")
        agent = id_at(body, "event.current") or id_at(detail, "assignee_id")
        if "current" in body.part("event").given and id_at(body, "event.current") is None:
            agent = None  # taken from the agent; the group keeps it
        if agent is None and id_at(detail, "group_id") is None:
            raise IgnoredError("ticket.agent_assignment_changed to nobody")
        yield self._told(ev.TicketAssigned, body, agent_id=self.agent(agent))

    def _group_changed(self, body: Body) -> Iterator[ev.Envelope]:
        group = id_at(body, "event.current") or id_at(body, "detail.group_id")
        before = id_at(body, "event.previous")
        if group is None:
            raise IgnoredError("ticket.group_assignment_changed to none")
        agent = self.agent(id_at(body, "detail.assignee_id"))
        yield self._told(ev.TicketAssigned, body, group=group, agent_id=agent)
        level = self._levels.get(group)
        if level is not None and before is not None and level > self._levels.get(before, level):
            yield self._told(
                ev.TicketEscalated, body, ":escalated", group=group, level=level,
                from_team=self._teams.get(before), to_team=self._teams.get(group),
            )  # fmt: skip

    def _comment(self, body: Body) -> Iterator[ev.Envelope]:
        comment = body.part("event.comment")
        author_id = id_at(comment, "author.id") or id_at(comment, "author_id")
        author_id = author_id or id_at(body, "detail.actor_id")
        author = author_of(author_id, comment.get("author.is_staff"), body.part("detail"))
        contact_id = self._contact_id(body.part("detail"))
        yield self._told(
            ev.TicketReplied, body,
            message_id=f"{contact_id}:comment:{comment.need('id')}",
            author=author,
            public=False if comment.get("is_public") is False else None,
            agent_id=self.agent(author_id) if author == "agent" else None,
        )  # fmt: skip

    def _status(self, body: Body) -> Iterator[ev.Envelope]:
        detail = body.part("detail")
        now = status_word(body.get("event.current")) or status_word(detail.get("status"))
        before = status_word(body.get("event.previous"))
        agent = self.agent(id_at(detail, "assignee_id"))
        was_done = before in (SOLVED, CLOSED)
        if now == SOLVED and before != SOLVED:
            if detail.get("created_at"):
                yield self._opened(body, revision=0)
            yield self._told(ev.TicketSolved, body, agent_id=agent)
        elif now == CLOSED and before in UNSOLVED:
            yield self._told(ev.TicketSolved, body, agent_id=agent, resolved=False)
        elif now in UNSOLVED and (was_done or (before is None and now == "open")):
            # Without a word of before: the fold knows whether the ticket was solved.
            yield self._told(ev.TicketReopened, body, reopened_by=actor_of(detail))
        elif now is None:
            raise BodyError(Reason.BAD_VALUE, "event.current and detail.status name no status")
        else:
            raise IgnoredError(f"ticket.status_changed to {now}")

    def _merged(self, body: Body) -> Iterator[ev.Envelope]:
        paths = (
            "event.target_ticket_id", "event.target_ticket.id", "event.target_id",
            "event.into_ticket_id", "event.current.id", "event.current",
        )  # fmt: skip
        found = (body.text(path) for path in paths if not isinstance(body.get(path), Mapping))
        into = next((one for one in found if one), None)
        if into is None:
            raise BodyError(Reason.MISSING_FIELD, "event does not tell the ticket it went into")
        yield self._told(ev.TicketMerged, body, into_contact_id=f"{self._prefix}:{into}")

    def _message(self, body: Body) -> Iterator[ev.Envelope]:
        kind = body.word("event.actor.type")
        author = _MESSAGE_AUTHORS.get(kind)
        if author is None:
            raise BodyError(Reason.BAD_VALUE, "event.actor.type names no kind of author")
        contact_id = self._contact_id(body.part("detail"))
        agent = self.agent(id_at(body, "event.actor.id")) if author == "agent" else None
        yield self.make(
            ev.MessagePosted,
            body.need("id"),
            body.need_time_ms("time"),
            time_quality=quality_of(body, "time"),
            contact_id=contact_id,
            channel="messaging",
            queue=self.queue(id_at(body, "detail.group_id")),
            message_id=f"{contact_id}:message:{body.need('event.message.id')}",
            author=author,
            agent_id=agent,
        )

    # -- parts of them --------------------------------------------------------------------

    def _told(
        self, kind: type[Any], body: Body, suffix: str = "", group: str | None = None, **fields: Any
    ) -> ev.Envelope:
        """Make an event of a ticket at the time of its body."""
        detail = body.part("detail")
        made: ev.Envelope = self.make(
            kind,
            f"{body.need('id')}{suffix}",
            body.need_time_ms("time"),
            time_quality=quality_of(body, "time"),
            contact_id=self._contact_id(detail),
            **self._place(detail, group),
            **fields,
        )
        return made

    def _place(self, detail: Body, group: str | None = None) -> dict[str, Any]:
        group = group or id_at(detail, "group_id")
        tags = detail.get("tags")
        words = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        return {
            "channel": self._channel(detail),
            "queue": self.queue(group),
            "team": None if group is None else self._teams.get(group.lower()),
            "motive": next((found for tag in words if (found := self.motive(tag))), None),
        }

    def _contact_id(self, detail: Body) -> str:
        return f"{self._prefix}:{detail.need('id')}"

    @staticmethod
    def _channel(detail: Body) -> Channel:
        return CHANNELS.get(detail.word("via.channel").replace(" ", "_"), "ticket")
