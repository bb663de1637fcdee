"""Asterisk's manager interface (AMI): the events of its queues, as they are sent or recorded.

A line of a file is a header of a block, which an empty line closes; or it is one whole event as
a JSON object. Joins between events live in the source, so feed them in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from aggregators import events as ev
from aggregators.events import Envelope
from streams.reasons import Reason
from streams.sources.asterisk_ami_blocks import GREETING, Block, shown
from streams.sources.asterisk_ami_calls import AmiCalls, quality_of, whole
from streams.sources.asterisk_ami_members import Make, Members
from streams.sources.asterisk_ami_names import IGNORED
from streams.sources.body import Body, BodyError
from streams.sources.live import LIVE_SETTINGS
from streams.sources.payloads import About, IgnoredError
from streams.sources.source import Refused, SourceLine, SourceSettingsError, refused

UNDECIDED_MS = 5_000
"""How long a caller may have left a queue before we say that nobody will tell how."""
SAME_STAY_MS = 2_000
"""How much later than we saw it a stay may have begun by its `Wait`, in whole seconds."""


class AsteriskAmi(AmiCalls):
    """Reads the events of one Asterisk; ``ghosts`` counts ends that nobody told."""

    ABOUT: ClassVar[About] = About(
        title="Asterisk (manager interface, AMI)",
        accepts=("blocks of Name: value lines", "one event per line as a JSON object"),
        needs=(
            "a user in manager.conf with read = agent,call,reporting and write = reporting",
            "timestampevents = yes in manager.conf, so that events say when they happened",
        ),
        settings={
            **LIVE_SETTINGS,
            "login": "challenge (the default) or plain, for servers that know no MD5.",
            "ignore": "Names of further events that are left out.",
        },
        guide="docs/sources/asterisk-ami.md",
    )

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""
        super().prepare()
        ignore = self._settings.get("ignore") or []
        if not isinstance(ignore, list) or not all(isinstance(word, str) for word in ignore):
            raise SourceSettingsError(f"{self._path}.ignore: must be a list of names of events")
        self._ignored = IGNORED | {word.lower() for word in ignore}
        self.ghosts = 0
        self._members = Members(
            lambda name: self.agent(name) or name, lambda name: self.queue(name) or name
        )
        self._block: Block | None = None
        self._lost_ms: int | None = None
        self._linked: dict[str, str] = {}
        self._unlisted: set[str] | None = None
        self._silent: set[str] | None = None
        members = self._members
        self._tells: dict[str, Callable[[Body], Iterable[Envelope]]] = {
            "queuecallerjoin": self._join,
            "queuecallerleave": self._leave,
            "queuecallerabandon": self._abandon,
            "agentcalled": self._called,
            "agentringnoanswer": self._missed,
            "agentconnect": self._connect,
            "agentcomplete": self._complete,
            "hold": self._hold,
            "unhold": self._hold,
            "blindtransfer": self._transfer,
            "attendedtransfer": self._transfer,
            "coreshowchannel": self._channel,
            "coreshowchannelscomplete": self._channels_complete,
            "queueentry": self._entry,
            "queuestatuscomplete": self._queues_complete,
            "queuemember": lambda body: members.listed(body, self._maker(body)),
            "queuememberadded": lambda body: members.added(body, self._maker(body)),
            "queuememberremoved": lambda body: members.removed(body, self._maker(body)),
            "queuememberpause": lambda body: members.changed(body, self._maker(body)),
            "queuememberstatus": lambda body: members.changed(body, self._maker(body)),
        }

    # -- lines, blocks, gaps --------------------------------------------------------------

    def feed(self, line: SourceLine) -> Iterator[Envelope | Refused]:
        """Give the events of the block that this line closes, or of a line of JSON."""
        text = line.text.rstrip("\r")
        if self._block is None:
            if text[:1] in ("{", "["):
                yield from super().feed(line)
                return
            if not text.strip() or text.startswith(GREETING):
                return
            self._block = Block(line.number)
        if text.strip():
            self._block.add(text)
        else:
            yield from self._close_block()

    def finish(self) -> Iterator[Envelope | Refused]:
        """Give what the last block holds, and what is still undecided."""
        yield from self._close_block()
        yield from self._overdue(None)

    def read(self, given: Any, line: SourceLine) -> Iterator[Envelope | Refused]:
        """Give the events of a block that is parsed already."""
        if isinstance(given, Mapping):
            line = shown(given, line.number)
        yield from super().read(given, line)

    def lost(self, at_ms: int) -> None:
        """Take note that nothing is heard from this instant on."""
        self._block = None
        self._unlisted = self._silent = None
        if self._lost_ms is None:
            self._lost_ms = at_ms

    def due(self, at_ms: int) -> Iterator[Envelope | Refused]:
        """Give the ends of stays that nobody has told how they ended, 5 s after the end."""
        yield from self._overdue(at_ms - UNDECIDED_MS)

    def _close_block(self) -> Iterator[Envelope | Refused]:
        block, self._block = self._block, None
        if block is None:
            return
        if block.fault:
            reason = Reason.MALFORMED_SOURCE
            yield refused(reason, block.fault, self._file, block.line())
        else:
            yield from self.read(block.headers, block.line())

    def _overdue(self, until_ms: int | None) -> Iterator[Envelope | Refused]:
        until = 1 << 62 if until_ms is None else until_ms
        for leg in self._legs.overdue(until):
            told = self._assume(leg, leg.left_ms, leg.left_quality)
            yield self._checked(told, SourceLine(0, "{}"))

    # -- what a block says ----------------------------------------------------------------

    def events(self, body: Body) -> Iterable[Envelope]:
        """Give the events of a block."""
        name = body.text("Event")
        if name is None:
            return self._response(body)
        tell = self._tells.get(name.lower())
        if tell is None:
            if name.lower() in self._ignored:
                raise IgnoredError(name)
            raise BodyError(
                Reason.UNMAPPED_SOURCE,
                "the event is neither of queues nor known; add it to the source's ignore list",
            )
        found = list(tell(body))
        until_ms = self._at(body) - UNDECIDED_MS
        overdue = [
            self._assume(leg, leg.left_ms, leg.left_quality) for leg in self._legs.overdue(until_ms)
        ]
        return [*overdue, *found]

    def _response(self, body: Body) -> Iterable[Envelope]:
        if body.text("Response") is None:
            raise BodyError(Reason.MALFORMED_SOURCE, "the block is neither event nor response")
        message = body.word("Message")
        if message.startswith("queue status will follow"):
            self._unlisted = {leg.leg_id for leg in self._legs.in_state("waiting")}
            self._members.begin_list()
        elif message.startswith("channels will follow"):
            self._silent = {leg.leg_id for leg in self._legs.in_state("talking")}
            self._linked.clear()
        raise IgnoredError("Response")

    def _maker(self, body: Body) -> Make:
        """Return what makes an event at the time of a block about something with no id."""
        at_ms, quality = self._at(body), quality_of(body)

        def make(kind: type[Envelope], what: str, **fields: Any) -> Envelope:
            return self.make(kind, f"{what}:{at_ms}", at_ms, time_quality=quality, **fields)

        return make

    # -- what is there, after a gap ---------------------------------------------------------

    def _channel(self, body: Body) -> Iterator[Envelope]:
        uniqueid = body.need("Uniqueid")
        self._linked[uniqueid] = body.text("Linkedid") or uniqueid
        if self._silent:
            self._silent -= {leg.leg_id for leg in self._legs.of_channel(uniqueid)}
        raise IgnoredError("CoreShowChannel")

    def _channels_complete(self, body: Body) -> Iterator[Envelope]:
        silent, self._silent = self._silent or set(), None
        for leg in [leg for leg in self._legs.in_state("talking") if leg.leg_id in silent]:
            self.ghosts += 1
            self._legs.close(leg)
            at_ms = self._gap(body)
            yield self._tell(ev.ContactEnded, leg, "ended", at_ms, "arrival", ended_by="system")

    def _entry(self, body: Body) -> Iterator[Envelope]:
        uniqueid, queue = body.need("Uniqueid"), body.need("Queue")
        entered_ms = self._at(body) - (body.seconds_ms("Wait") or 0)
        leg = self._legs.find(uniqueid, queue, "waiting", "left")
        leg = leg or self._legs.last(uniqueid, queue)
        if leg is not None and (leg.state != "done" or leg.assumed):
            if entered_ms - leg.entered_ms <= SAME_STAY_MS:
                self._legs.wait(leg)
                if self._unlisted is not None:
                    self._unlisted.discard(leg.leg_id)
                yield from self._take_back(leg)
                return
            if leg.state in ("waiting", "left"):  # left and came again while nobody listened
                self.ghosts += 1
                yield self._assume(leg, self._gap(body), "arrival")
        quality = "second" if quality_of(body) == "exact" else "arrival"
        contact_id = self._linked.get(uniqueid, uniqueid)
        leg = self._legs.begin(uniqueid, queue, contact_id, entered_ms)
        yield self._tell(
            ev.ContactQueued, leg, "queued", entered_ms, quality,
            position=whole(body, "Position"),
            customer_key=self.customer(body.text("CallerIDNum")),
        )  # fmt: skip

    def _queues_complete(self, body: Body) -> Iterator[Envelope]:
        gone, self._unlisted = self._unlisted or set(), None
        for leg in [leg for leg in self._legs.in_state("waiting") if leg.leg_id in gone]:
            self.ghosts += 1
            yield self._assume(leg, self._gap(body), "arrival")
        yield from self._members.end_list(self._maker(body))
        self._lost_ms = None

    def _gap(self, body: Body) -> int:
        """Return when a ghost was seen last."""
        return self._at(body) if self._lost_ms is None else self._lost_ms
