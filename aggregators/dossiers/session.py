"""Self-care sessions: a bot, help pages, a portal, and how they end (kpis.md, section 8).

A session ends when it is handed to a person, when the tool says that it was contained, or when
nothing happened for a while. Of several ends the hand-over counts, and of several hand-overs the
first: who was sent to a person was not contained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from aggregators import events as ev
from aggregators.customer_events import CustomerSession
from aggregators.dossiers.kind import Fact, Kind, Mention
from aggregators.dossiers.places import Places
from aggregators.dossiers.wording import plain
from aggregators.policy import DAY_MS, Rules
from aggregators.telling import SOURCE, told_id

CHANNEL = "selfcare"
REASONS = ("asked", "failed", "policy", "negative_feedback", "other")

SESSIONS = 2000
CONFIRMED = 2001  # contained: the customer said so
ASSUMED = 2002  # contained: the tool takes it for granted
IDLE = 2003  # contained: nothing happened any more
SEARCHES = 2004
NO_ANSWER = 2005
VIEWS = 2006
BOTH_ENDS = 2007  # told as contained and as handed over
SEARCH_REPEATED = 2008  # a search told twice under one search_id
HANDED_OVER = 2010  # + reason


class End(NamedTuple):
    """The end of a session: when, as which fact; the hand-over if it was one."""

    at_ms: int
    fact: int
    hand_over: ev.SelfcareHandedOff | None = None


class SessionKind(Kind):
    """One session with a tool."""

    letter = "h"
    types = (
        ev.SelfcareStarted, ev.FaqSearched, ev.ArticleViewed, ev.SelfcareHandedOff,
        ev.SelfcareContained,
    )  # fmt: skip
    kept_ms = 8 * DAY_MS

    def key(self, event: ev.SelfcareEvent) -> str:
        """A session is known by its id."""
        return event.session_id

    def facts(self, events: Sequence[Any], swept_ms: int, places: Places) -> list[Fact]:
        """Count the session at its start, its searches and views, and its end at the end."""
        if not events:
            return []
        tool, motive = about(events)
        own = places.of("", CHANNEL, facets=(("tool", tool), ("motive", motive)))
        booked = [(_started(events).event_time_ms, SESSIONS, own)]
        searches: set[str] = set()
        is_contained = False
        for event in events:
            kind = type(event)
            if kind is ev.FaqSearched or kind is ev.ArticleViewed:
                at_ms, scopes = event.event_time_ms, own
                if event.motive or event.tool not in (tool, None):
                    facets = (("tool", event.tool or tool), ("motive", event.motive or motive))
                    scopes = places.of("", CHANNEL, facets=facets)
                if kind is ev.ArticleViewed:
                    booked.append((at_ms, VIEWS, scopes))
                elif event.search_id in searches:
                    booked.append((at_ms, SEARCH_REPEATED, scopes))
                else:
                    searches.add(event.search_id)
                    booked.append((at_ms, SEARCHES, scopes))
                    if not event.result_count:
                        booked.append((at_ms, NO_ANSWER, scopes))
            elif kind is ev.SelfcareContained:
                is_contained = True
        end = end_of(events, swept_ms, places.rules.selfcare_idle_ms)
        if end is not None:
            booked.append((end.at_ms, end.fact, own))
            if is_contained and end.hand_over is not None:
                booked.append((end.at_ms, BOTH_ENDS, own))
        return [(at_ms, scope, fact, 1) for at_ms, fact, scopes in booked for scope in scopes]

    def tells(
        self, events: Sequence[Any], swept_ms: int, places: Places
    ) -> Sequence[CustomerSession]:
        """Tell of a session that ended, if it is known whose it was."""
        customer_key = next((event.customer_key for event in events if event.customer_key), None)
        if customer_key is None:
            return ()
        end = end_of(events, swept_ms, places.rules.selfcare_idle_ms)
        if end is None:
            return ()
        tool, motive = about(events)
        told = CustomerSession(
            v=1,
            event_id=told_id("session", events[0].session_id),
            source=SOURCE,
            event_time_ms=end.at_ms,
            revision=int(end.fact == IDLE),  # the stage: the clock alone brought it about
            customer_key=customer_key,
            session_id=events[0].session_id,
            tool=tool,
            motive=motive,
            started_ms=_started(events).event_time_ms,
            ended_ms=end.at_ms,
            contained=end.hand_over is None,
            handed_off_ms=None if end.hand_over is None else end.at_ms,
            contact_id=None if end.hand_over is None else end.hand_over.contact_id,
        )
        return (told,)

    def due_under(self, events: Sequence[Any], swept_ms: int, rules: Rules) -> int | None:
        """A session with no told end is over when it has been idle long enough."""
        if not events or end_of(events, swept_ms, rules.selfcare_idle_ms) is not None:
            return None
        return int(events[-1].event_time_ms) + rules.selfcare_idle_ms

    def quiet_ms(self, rules: Rules) -> int:
        """A session goes idle."""
        return rules.selfcare_idle_ms

    def may_wait(self, events: Sequence[Any], event: Any) -> bool:
        """What tells of the tool late changes where earlier searches are listed."""
        if not events:
            return True
        first = events[0]
        return type(event) is not ev.SelfcareStarted and (
            event.tool is None or (first.tool is not None and not first.retracted)
        )

    def mentioned(self, events: Sequence[Any], event: Any) -> Mention | None:
        """Return a search that found nothing, unless it is told again."""
        if type(event) is not ev.FaqSearched or event.result_count:
            return None
        valid = [told for told in events if not told.retracted]
        for told in valid:
            if type(told) is ev.FaqSearched and told.search_id == event.search_id:
                return None
        return _mention(event, valid)

    def pack(self, events: Sequence[Any]) -> bytes:
        """Keep of what was typed only what may be listed."""
        return super().pack([_without_text(event) for event in events])

    def mentions(self, events: Sequence[Any]) -> list[Mention]:
        """Return what was searched for and not found, each search once."""
        found: list[Mention] = []
        seen: set[str] = set()
        for event in events:
            if type(event) is ev.FaqSearched and event.search_id not in seen:
                seen.add(event.search_id)
                if not event.result_count:
                    found.append(_mention(event, events))
        return found


def _without_text(event: Any) -> Any:
    if type(event) is ev.FaqSearched:
        kept = plain(event.keyword)
        if kept != event.keyword:
            return replace(event, keyword=kept)
    return event


def _mention(search: ev.FaqSearched, events: Sequence[Any]) -> Mention:
    """Return how a search without answer is listed; ``events`` tell of the tool if it does not."""
    return search.event_time_ms, search.tool or about(events)[0] or "", plain(search.keyword)


def about(events: Sequence[Any]) -> tuple[str | None, str | None]:
    """Return the tool and the motive of a session: those of its start, else the first told."""
    tool = motive = start = None
    for event in events:
        tool, motive = tool or event.tool, motive or event.motive
        if start is None and type(event) is ev.SelfcareStarted:
            start = event
    if start is None:
        return tool, motive
    return start.tool, start.motive or motive


def end_of(events: Sequence[Any], swept_ms: int, idle_ms: int) -> End | None:
    """Return how a session ended, None while it is open at the instant swept up to."""
    contained: ev.SelfcareContained | None = None
    for event in events:
        kind = type(event)
        if kind is ev.SelfcareHandedOff:
            return End(event.event_time_ms, HANDED_OVER + REASONS.index(event.reason), event)
        if kind is ev.SelfcareContained and contained is None:
            contained = event
    if contained is not None:
        fact = CONFIRMED if contained.outcome == "confirmed" else ASSUMED
        return End(contained.event_time_ms, fact)
    idle_at_ms = events[-1].event_time_ms + idle_ms
    return End(idle_at_ms, IDLE) if idle_at_ms <= swept_ms else None


def _started(events: Sequence[Any]) -> Any:
    """Return the event that began the session: the first one where its start was not told."""
    return next((event for event in events if type(event) is ev.SelfcareStarted), events[0])
