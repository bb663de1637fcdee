"""Source ``asterisk-queue-log``: the file that app_queue of Asterisk writes.

Settings (all optional)::

    sources:
      asterisk-queue-log:
        source: asterisk:pbx1      # name of the feed in the events
        separator: "|"             # "," for an export of the database table
        zone: Europe/Paris         # for exports with local times
        callback_keys: ["1"]       # EXITWITHKEY with one of these asks for a callback
        ignore: [MYVERB]           # verbs of other modules to leave out

Stamps are whole seconds (``time_quality: second``). Waits, talks and rings are carried as the log
tells them. Ids come from the columns of the line, so reading a file twice changes nothing; two
identical lines of one second are two facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Literal
from zoneinfo import ZoneInfo

from aggregators import events as ev
from aggregators.events import Envelope
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources.queue_log_agents import Agents
from streams.sources.queue_log_calls import Calls, Contact, Leg
from streams.sources.queue_log_line import LineError, QueueLogLine, parse_line
from streams.sources.source import (
    Refused,
    SourceLine,
    SourceSettingsError,
    check_names,
    refused,
    text_setting,
)
from streams.sources.zones import zone_setting

NAME = "asterisk-queue-log"

_NAMES = frozenset({"format", "source", "separator", "zone", "callback_keys", "ignore"})
_NO_CALL = frozenset({"", "NONE", "REALTIME", "MANAGER", "CLI"})
_IGNORED = frozenset({"QUEUESTART", "CONFIGRELOAD", "PENALTY"})
_REMEMBERED_STAMPS = 120
_LONGEST_ID = 170  # leaves room for the number of a repeat and what became of it

_EXITS: dict[str, ev.FlowOutReason] = {"EXITWITHTIMEOUT": "timeout", "EXITEMPTY": "no_agent"}
_TURNED_AWAY: dict[str, ev.FlowOutReason] = {
    "JOINEMPTY": "no_agent", "FULL": "full", "CLOSED": "closed",
}  # fmt: skip
_MISSED: dict[str, Literal["timeout", "canceled", "error"]] = {
    "RINGNOANSWER": "timeout", "RINGCANCELED": "canceled",
    "AGENTDUMP": "error", "SYSCOMPAT": "error",
}  # fmt: skip

Events = Iterator[Envelope]


class AsteriskQueueLog:
    """Reads one queue_log. Joins between its lines live in this object, so feed lines in order.

    ``secret`` keys the hashes of caller numbers; without one they are dropped.

    Raises:
        SourceSettingsError: for a setting that cannot be used.
    """

    encoding = "utf-8"

    def __init__(self, name: str, settings: Mapping[str, Any], *, file: str, secret: bytes) -> None:
        path = f"sources.{name}"
        check_names(settings, _NAMES, path)
        self.name = name
        self.ignored: Counter[str] = Counter()
        self._file = file
        self._secret = secret
        self._feed = text_setting(settings, "source", name, path)[:64]
        self._separator = text_setting(settings, "separator", "|", path)
        if self._separator not in ("|", ",", ";", "\t"):
            raise SourceSettingsError(f'{path}.separator: must be "|", ",", ";" or a tab')
        self._zone: ZoneInfo | None = zone_setting(settings.get("zone"), f"{path}.zone")
        self._callback_keys = _words(settings, "callback_keys", path)
        self._ignore = _IGNORED | {word.upper() for word in _words(settings, "ignore", path)}
        self._calls = Calls()
        self._agents = Agents()
        self._told: dict[int, Counter[str]] = {}
        self._verbs: dict[str, Callable[[QueueLogLine, dict[str, Any]], Events]] = {
            "DID": self._did,
            "ENTERQUEUE": self._enter,
            "CONNECT": self._connect,
            "ABANDON": self._abandon,
            "EXITWITHKEY": self._exit_with_key,
            "COMPLETEAGENT": self._complete,
            "COMPLETECALLER": self._complete,
            "BLINDTRANSFER": self._transfer,
            "TRANSFER": self._transfer,
            "ATTENDEDTRANSFER": self._transfer,
            **dict.fromkeys(_EXITS, self._exit),
            **dict.fromkeys(_TURNED_AWAY, self._turned_away),
            **dict.fromkeys(_MISSED, self._missed),
        }
        agents = self._agents
        self._presence: dict[str, Callable[[QueueLogLine, dict[str, Any]], Envelope]] = {
            "AGENTLOGIN": agents.login,
            "AGENTCALLBACKLOGIN": agents.login,
            "AGENTLOGOFF": agents.logoff,
            "AGENTCALLBACKLOGOFF": agents.logoff,
            "ADDMEMBER": agents.add_member,
            "REMOVEMEMBER": agents.remove_member,
            "PAUSE": lambda line, head: agents.pause(line, head, on=True),
            "UNPAUSE": lambda line, head: agents.pause(line, head, on=False),
            "PAUSEALL": lambda line, head: agents.pause_all(line, head, on=True),
            "UNPAUSEALL": lambda line, head: agents.pause_all(line, head, on=False),
        }

    def feed(self, line: SourceLine) -> Iterator[Envelope | Refused]:
        """Give the events that a line tells."""
        if not line.text.strip():
            return
        try:
            row = parse_line(line.text, self._separator, self._zone)
            yield from self._events(row, f"{self._file}:{line.number}")
        except LineError as error:
            if line.number == 1 and self._separator != "|" and "callid" in line.text.lower():
                self.ignored["header"] += 1
                return
            yield refused(error.reason, str(error), self._file, _without_numbers(line))

    def finish(self) -> Iterator[Envelope | Refused]:
        """Give nothing: calls that still go on when the log ends have no end."""
        return iter(())

    def _events(self, row: QueueLogLine, raw_ref: str) -> list[Envelope]:
        """Return the events of a line, all or none."""
        verb = row.verb
        if verb in self._ignore or verb.startswith("OUT"):
            self.ignored[verb] += 1
            return []
        head: dict[str, Any] = {
            "v": 1,
            "event_id": "",
            "source": self._feed,
            "event_time_ms": row.at_ms,
            "time_quality": "exact" if row.exact else "second",
            "raw_ref": raw_ref,
        }
        if presence := self._presence.get(verb):
            _need(row.agent not in ("", "NONE"), row, "the agent")
            if "MEMBER" in verb or verb in ("PAUSE", "UNPAUSE"):
                _need(row.queue not in ("", "NONE"), row, "the queue")
            head["event_id"] = self._event_id(row)
            return [presence(row, head)]
        tell = self._verbs.get(verb)
        if tell is None:
            raise LineError(
                Reason.UNMAPPED_SOURCE,
                "the event name is not one of app_queue; add it to the source's ignore list",
            )
        _need(row.callid.upper() not in _NO_CALL, row, "the callid")
        _need(verb == "DID" or row.queue not in ("", "NONE"), row, "the queue")
        head["event_id"] = self._event_id(row)
        return list(tell(row, head))

    def _event_id(self, row: QueueLogLine) -> str:
        """Return an id made of the line's columns, numbered if the same line came before."""
        told = self._told.get(row.stamp)
        if told is None:
            if len(self._told) >= _REMEMBERED_STAMPS:
                del self._told[next(iter(self._told))]
            told = self._told[row.stamp] = Counter()
        base = f"{row.callid}:{row.queue}:{row.verb}:{row.stamp}:{row.agent}"
        if len(base) > _LONGEST_ID:
            base = sha256(base.encode()).hexdigest()
        told[base] += 1
        return base if told[base] == 1 else f"{base}#{told[base]}"

    # -- calls ------------------------------------------------------------------------------

    def _did(self, row: QueueLogLine, head: dict[str, Any]) -> Events:
        contact = self._calls.contact(row)
        if contact.created:
            self.ignored["DID again"] += 1
            return
        contact.created = True
        yield contact.tell(
            ev.ContactCreated(**head, contact_id=contact.contact_id, channel="voice")
        )

    def _queued(self, row: QueueLogLine, head: dict[str, Any]) -> tuple[Contact, Leg, Envelope]:
        position = row.count(2) if row.verb == "ENTERQUEUE" else None
        contact = self._calls.contact(row)
        before = contact.legs[-1] if contact.legs else None
        leg = self._calls.enter(contact, row.queue, row.at_ms)
        if contact.customer_key is None and row.verb == "ENTERQUEUE":
            contact.customer_key = customer_key(self._secret, row.text(1))
        queued = ev.ContactQueued(
            **head,
            **_of(contact, leg),
            channel="voice",
            customer_key=contact.customer_key,
            position=position,
            transferred_from=before.leg_id if before and before.transferred else None,
        )
        return contact, leg, contact.tell(queued)

    def _enter(self, row: QueueLogLine, head: dict[str, Any]) -> Events:
        yield self._queued(row, head)[2]

    def _turned_away(self, row: QueueLogLine, head: dict[str, Any]) -> Events:
        contact, leg, queued = self._queued(row, {**head, "event_id": f"{head['event_id']}:queued"})
        yield queued
        self._calls.close(leg)
        reason = _TURNED_AWAY[row.verb]
        yield contact.tell(ev.FlowOut(**head, **_of(contact, leg), reason=reason, wait_ms=0))

    def _connect(self, row: QueueLogLine, head: dict[str, Any]) -> Events:
        _need(row.agent not in ("", "NONE"), row, "the agent")
        wait_ms, ring_ms = row.told_ms(0), row.told_ms(2)
        contact = self._calls.contact(row)
        leg = contact.waiting(row.queue)
        entered_ms = row.at_ms - (wait_ms or 0)
        # Rule b: the waiting leg of a joined call is this one only if the wait agrees.
        if leg and leg.adopted and wait_ms is not None and abs(entered_ms - leg.entered_ms) > 1000:
            leg = None
        leg = leg or self._calls.enter(contact, row.queue, entered_ms)
        self._calls.answer(contact, leg, row.agent, wait_ms)
        yield contact.tell(
            ev.ContactAnswered(
                **head,
                **_of(contact, leg),
                agent_id=row.agent,
                channel="voice",
                wait_ms=wait_ms,
                ring_ms=ring_ms,
            )
        )

    def _left(self, row: QueueLogLine, wait_ms: int | None) -> tuple[Contact, Leg]:
        """Close the leg that waits in the line's queue; one that nobody saw enter is implied."""
        contact = self._calls.contact(row)
        leg = contact.waiting(row.queue)
        leg = leg or self._calls.enter(contact, row.queue, row.at_ms - (wait_ms or 0))
        self._calls.close(leg)
        return contact, leg

    def _abandon(self, row: QueueLogLine, head: dict[str, Any]) -> Events:
        position, wait_ms = row.count(0), row.told_ms(2)
        contact, leg = self._left(row, wait_ms)
        yield contact.tell(
            ev.ContactAbandoned(
                **head,
                **_of(contact, leg),
                channel="voice",
                stage="queue",
                wait_ms=wait_ms,
                position=position,
            )
        )

    def _exit(self, row: QueueLogLine, head: dict[str, Any]) -> Events:
        wait_ms = row.told_ms(2)
        contact, leg = self._left(row, wait_ms)
        reason = _EXITS[row.verb]
        yield contact.tell(ev.FlowOut(**head, **_of(contact, leg), reason=reason, wait_ms=wait_ms))

    def _exit_with_key(self, row: QueueLogLine, head: dict[str, Any]) -> Events:
        wait_ms = row.told_ms(3)
        contact, leg = self._left(row, wait_ms)
        if row.text(0) in self._callback_keys:
            yield contact.tell(
                ev.CallbackRequested(
                    **head, **_of(contact, leg), callback_id=leg.leg_id, wait_ms=wait_ms
                )
            )
        else:
            yield contact.tell(
                ev.FlowOut(**head, **_of(contact, leg), reason="key", wait_ms=wait_ms)
            )

    def _missed(self, row: QueueLogLine, head: dict[str, Any]) -> Events:
        _need(row.agent not in ("", "NONE"), row, "the agent")
        outcome = _MISSED[row.verb]
        # A ring time is the one figure of a queue_log in milliseconds.
        ring_ms = row.told_ms(0, unit_ms=1) if row.verb.startswith("RING") else None
        contact = self._calls.known(row)
        leg = contact.waiting(row.queue) if contact else None
        if contact and leg is None and outcome != "error":
            same = [stay for stay in contact.legs if stay.queue == row.queue]
            leg = same[-1] if same else None
        if contact is None or leg is None:
            self.ignored[f"{row.verb} outside of a wait"] += 1
            return
        yield contact.tell(
            ev.AgentOfferMissed(
                **head,
                **_of(contact, leg),
                offer_id=f"{row.agent}:{head['event_id'].partition('#')[2] or 1}:{row.stamp}",
                agent_id=row.agent,
                outcome=outcome,
                ring_ms=ring_ms,
            )
        )

    def _complete(self, row: QueueLogLine, head: dict[str, Any]) -> Events:
        hold_ms, talk_ms = row.told_ms(0), row.told_ms(1)
        found = self._calls.talking(row)
        if found is None:
            contact = self._calls.known(row)
            if contact and any(leg.queue == row.queue and leg.closed for leg in contact.legs):
                self.ignored[f"{row.verb} after the end"] += 1
                return
            found = self._unseen(row, hold_ms, talk_ms)
        contact, leg = found
        self._calls.close(leg)
        yield contact.tell(
            ev.ContactEnded(
                **head,
                **_of(contact, leg),
                agent_id=_agent(row),
                ended_by="agent" if row.verb == "COMPLETEAGENT" else "customer",
                talk_ms=talk_ms,
            )
        )

    def _transfer(self, row: QueueLogLine, head: dict[str, Any]) -> Events:
        hold_ms, talk_ms = row.told_ms(2), row.told_ms(3)
        contact, leg = (
            self._calls.talking(row)
            or self._calls.talking_elsewhere(row, hold_ms)
            or self._unseen(row, hold_ms, talk_ms)
        )
        self._calls.close(leg, transferred=True)
        attended = row.verb == "ATTENDEDTRANSFER"
        joined = list(self._calls.join(row.callid, contact, leg))
        target = next(
            (e for e in joined if isinstance(e, ev.ContactQueued) and not e.retracted), None
        )
        extension = row.text(0)
        outside = not attended and len(extension) >= 7 and extension.lstrip("+").isdecimal()
        yield contact.tell(
            ev.ContactTransferred(
                **head,
                **_of(contact, leg),
                agent_id=_agent(row),
                kind="attended" if attended else "blind",
                scope="external" if outside else "internal",
                to_queue=target.queue if target else None,
                to_leg_id=target.leg_id if target else None,
                talk_ms=talk_ms,
            )
        )
        yield from joined

    def _unseen(
        self, row: QueueLogLine, hold_ms: int | None, talk_ms: int | None
    ) -> tuple[Contact, Leg]:
        """Return the leg of a call that was answered before the log begins."""
        contact = self._calls.contact(row)
        entered_ms = row.at_ms - (hold_ms or 0) - (talk_ms or 0)
        leg = self._calls.enter(contact, row.queue, entered_ms)
        self._calls.answer(contact, leg, row.agent, hold_ms)
        return contact, leg


def _of(contact: Contact, leg: Leg) -> dict[str, Any]:
    return {"contact_id": contact.contact_id, "leg_id": leg.leg_id, "queue": leg.queue}


def _agent(row: QueueLogLine) -> str | None:
    return row.agent if row.agent not in ("", "NONE") else None


def _need(given: bool, row: QueueLogLine, what: str) -> None:
    if not given:
        raise LineError(Reason.MALFORMED_SOURCE, f"{what} of {row.verb[:32]} is missing")


def _words(settings: Mapping[str, Any], name: str, path: str) -> frozenset[str]:
    words = settings.get(name, [])
    if not isinstance(words, list) or not all(isinstance(word, str | int) for word in words):
        raise SourceSettingsError(f'{path}.{name}: must be a list of words, such as ["1"]')
    return frozenset(str(word) for word in words)


def _without_numbers(line: SourceLine) -> SourceLine:
    """Hide what may be a caller's number or name behind the event column."""
    head, data = line.text.split("|")[:5], line.text.split("|")[5:]
    if not data:
        return line
    hidden = ["*" if len(column) > 6 and "." not in column else column for column in data]
    return SourceLine(line.number, "|".join([*head, *hidden]))
