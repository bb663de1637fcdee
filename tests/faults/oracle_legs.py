"""The oracle's second part: what one leg of a contact counts for.

A batch view: all that was told of the leg is there, corrected and sorted, and each figure is
looked up among it. Nothing moves from state to state here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.faults.oracle_reading import REQUIRED, CannotJudgeError, Event

if TYPE_CHECKING:
    from tests.faults.oracle_contact import ContactView

EXITS = {
    "contact.answered": "answered",
    "contact.abandoned": "abandoned",
    "contact.flow_out": "flow_out",
    "contact.callback_requested": "callback",
}
LIFE = {kind: place for place, kind in enumerate(REQUIRED)}
THRESHOLD_MS = {"voice": 90_000, "chat": 60_000}
MAX_WAIT_MS = 4 * 3_600_000
MAX_HANDLE_MS = 24 * 3_600_000
WRAP_UP_MS = 900_000


class Fact(NamedTuple):
    """An amount of something, booked at an instant for a queue and a channel."""

    at_ms: int
    queue: str
    channel: str
    name: tuple[Any, ...]
    amount: int = 1


class Open(NamedTuple):
    """What is going on in a leg at the end: ``waiting`` or ``in_progress``."""

    queue: str
    channel: str
    what: str


def in_order(events: list[Event]) -> list[Event]:
    """Sorted by event time; at one instant in the order of a contact's life, then by id."""
    return sorted(events, key=lambda e: (e["event_time_ms"], _place_in_life(e), e["event_id"]))


def _place_in_life(event: Event) -> float:
    """What no agent wrote comes before the queue: a chat often begins with it."""
    if event["type"] == "message.posted" and event["author"] != "agent":
        return LIFE["contact.queued"] - 0.5
    return LIFE[event["type"]]


def duration_ms(told_ms: int | None, measured_ms: int, quality: str) -> int:
    """A told duration wins, except that whole seconds yield to the stamps within a second."""
    measured_ms = max(0, measured_ms)
    if told_ms is None or (quality == "second" and abs(told_ms - measured_ms) <= 1_000):
        return measured_ms
    return told_ms


class Leg:
    """One leg: all that was told of it, in order, and its figures."""

    def __init__(self, told: list[Event], about: ContactView) -> None:
        self.told = told
        self.created = about.created
        self.began_ms = about.began_ms
        self.lateness_ms = about.lateness_ms
        entered = [e for e in told if e["type"] == "contact.queued"]
        exits = [e for e in told if e["type"] in EXITS]
        self.exit = exits[0] if exits else None
        self.first = entered[0] if entered else told[0]
        self.enter_ms: int | None = None
        self.is_entered = True
        if entered:
            self.enter_ms = entered[0]["event_time_ms"]
            if self.exit is not None and self._before(self.exit, entered[0]):
                raise CannotJudgeError(f"a leg left before it entered: {told[0]['contact_id']}")
        elif self.exit is not None and "wait_ms" in self.exit:
            self.first = self.exit
            self.enter_ms = self.exit["event_time_ms"] - self.exit["wait_ms"]
        else:
            self.is_entered = False
            if self.exit is not None and self.exit["type"] != "contact.answered":
                self.enter_ms = self.exit["event_time_ms"]
        self.queue = about.queue_of(self.first)
        self.channel = about.channel_of(self.first)
        self.wait_ms = -1
        if self.exit is not None and self.enter_ms is not None:
            at_ms, told_ms = self.exit["event_time_ms"], self.exit.get("wait_ms")
            self.wait_ms = duration_ms(told_ms, at_ms - self.enter_ms, _quality(self.exit))
        self.talk: list[Event] = []
        self.end: Event | None = None
        if self.exit is not None and self.exit["type"] == "contact.answered":
            self._talk_until([*told, *about.ends])

    def _before(self, one: Event, other: Event) -> bool:
        return in_order([one, other])[0] is one

    def _talk_until(self, told: list[Event]) -> None:
        assert self.exit is not None
        endings = (
            "contact.transferred", "contact.ended", "contact.wrap_up_started",
            "contact.wrap_up_ended",
        )  # fmt: skip
        for event in in_order(told):
            if event is self.exit or not self._before(self.exit, event):
                continue
            if event["type"] in endings:
                self.end = event
                return
            self.talk.append(event)

    # -- what is counted ----------------------------------------------------------------------

    def facts(self, as_of_ms: int, *, is_first: bool) -> Iterator[Fact]:
        """All that the leg counts for, seen from an instant."""
        if not self.is_inbound:
            return
        for event in self.told:
            if event["type"] == "contact.agent_offer_missed":
                yield self._fact(event["event_time_ms"], "offer_missed", event["outcome"])
        if self.enter_ms is not None:
            yield from self._stay(self.enter_ms, as_of_ms)
        elif self.exit is not None and as_of_ms > self.exit["event_time_ms"] + self.lateness_ms:
            yield self._fact(self.exit["event_time_ms"], "entered")
            yield self._fact(self.exit["event_time_ms"], "answered_unknown_wait")
        if self.exit is None:
            return
        if self.exit["type"] == "contact.answered":
            if self.enter_ms is not None:
                since = self.created if is_first else None
                start_ms = self.enter_ms if since is None else since["event_time_ms"]
                if is_first and self.began_ms is not None:
                    start_ms = self.began_ms
                at_ms = self.exit["event_time_ms"]
                yield self._fact(at_ms, "from_start_ms", amount=at_ms - start_ms)
            yield from self._handling(as_of_ms)

    def _stay(self, enter_ms: int, as_of_ms: int) -> Iterator[Fact]:
        """The stay in the queue, when it is known when it began."""
        if self.is_entered:
            yield self._fact(enter_ms, "entered")
            if self.first.get("transferred_from") is not None:
                yield self._fact(enter_ms, "transferred_in")
        limit_ms = THRESHOLD_MS[self.channel]
        waited_ms = as_of_ms - enter_ms if self.exit is None else self.wait_ms
        if waited_ms > limit_ms:
            yield self._fact(enter_ms + limit_ms, "timer_missed")
        if self.exit is None:
            if waited_ms > MAX_WAIT_MS:
                yield self._fact(enter_ms + MAX_WAIT_MS, "lost")
            return
        how = EXITS[self.exit["type"]]
        more = (self.exit["reason"],) if how == "flow_out" else ()
        yield self._fact(self.exit["event_time_ms"], how, *more, self.wait_ms)

    def _handling(self, as_of_ms: int) -> Iterator[Fact]:
        assert self.exit is not None
        if self.end is None:
            return
        end, end_ms = self.end, self.end["event_time_ms"]
        if end["type"] == "contact.transferred":
            kind, scope = end["kind"], end.get("scope", "internal")
            yield self._fact(end_ms, "transferred", kind, scope)
        _, is_held, is_holding = self._held(end_ms)
        by_customer = end["type"] == "contact.ended" and end.get("ended_by") == "customer"
        if by_customer and (is_holding or end.get("during") == "hold"):
            yield self._fact(end_ms, "hold_abandoned")
        talk_ms, held_ms = self.talk_and_hold_ms(end)
        if _told_hold_ms(end) is not None:
            is_held = is_held or held_ms > 0
        work = self._after_work(end, as_of_ms)
        if work is None:
            return
        done_ms, acw_ms = work
        yield self._fact(done_ms, "handled")
        yield self._fact(done_ms, "talk_ms", amount=talk_ms)
        if is_held:
            yield self._fact(done_ms, "held")
            yield self._fact(done_ms, "hold_ms", amount=held_ms)
        yield self._fact(done_ms, "acw_ms", amount=acw_ms)

    def talk_and_hold_ms(self, end: Event) -> tuple[int, int]:
        """How long the agent talked with the customer, and how long the customer was parked."""
        assert self.exit is not None
        end_ms = end["event_time_ms"]
        held_ms, told_ms = self._held(end_ms)[0], _told_hold_ms(end)
        if told_ms is not None:
            held_ms = duration_ms(told_ms, held_ms, _quality(end))
        measured_ms = end_ms - self.exit["event_time_ms"] - held_ms
        return duration_ms(end.get("talk_ms"), measured_ms, _quality(end)), held_ms

    def _held(self, end_ms: int) -> tuple[int, bool, bool]:
        """How long the customer was parked, whether at all, and whether at the very end."""
        assert self.exit is not None
        held_ms, since_ms, holds = 0, -1, 0
        back_ms = self.exit["event_time_ms"]
        for event in self.talk:
            if event["type"] == "contact.hold_started" and since_ms < 0:
                since_ms = event["event_time_ms"]
                holds += 1
            elif event["type"] == "contact.hold_ended":
                at_ms, told_ms = event["event_time_ms"], event.get("hold_ms")
                if since_ms < 0:  # its beginning was never told: the end has to tell how long
                    if told_ms is None:
                        continue
                    since_ms = max(back_ms, at_ms - told_ms)
                    holds += 1
                held_ms += duration_ms(told_ms, at_ms - since_ms, _quality(event))
                since_ms, back_ms = -1, at_ms
        is_holding = since_ms >= 0
        return held_ms + (end_ms - since_ms if is_holding else 0), holds > 0, is_holding

    def _after_work(self, end: Event, as_of_ms: int) -> tuple[int, int] | None:
        """When the leg was done and how long after-contact work took; None while it goes on."""
        end_ms = end["event_time_ms"]
        later = [e for e in self.told if e is end or self._before(end, e)]
        starts = [e for e in later if e["type"] == "contact.wrap_up_started"]
        stops = [e for e in later if e["type"] == "contact.wrap_up_ended"]
        if not starts and not stops:
            return end_ms, 0
        if len(starts) > 1:
            raise CannotJudgeError(f"two wrap-ups: {end['contact_id']}")
        if not stops:
            since_ms = starts[0]["event_time_ms"]
            return (end_ms, 0) if as_of_ms - since_ms > WRAP_UP_MS else None
        stop = stops[0]
        done_ms, told_ms = stop["event_time_ms"], stop.get("acw_ms")
        if starts and self._before(stop, starts[0]):
            raise CannotJudgeError(f"a wrap-up that ended before it began: {end['contact_id']}")
        if starts:
            since_ms = starts[0]["event_time_ms"]
        else:
            since_ms = end_ms if told_ms is None else done_ms - told_ms
        return done_ms, duration_ms(told_ms, done_ms - since_ms, _quality(stop))

    def open(self, as_of_ms: int) -> Open | None:
        """What goes on in the leg at an instant."""
        if not self.is_inbound or (self.exit is None and self.enter_ms is None):
            return None
        if self.exit is None:
            assert self.enter_ms is not None
            is_there = as_of_ms - self.enter_ms <= MAX_WAIT_MS
            return Open(self.queue, self.channel, "waiting") if is_there else None
        if self.exit["type"] == "contact.answered" and self.end is None:
            is_there = as_of_ms - self.exit["event_time_ms"] <= MAX_HANDLE_MS
            return Open(self.queue, self.channel, "in_progress") if is_there else None
        return None

    def is_over(self) -> bool:
        """Whether nothing of the leg can still happen in the ordinary course."""
        if self.exit is None:
            return False
        if self.exit["type"] != "contact.answered":
            return True
        return self.end is not None and self._after_work(self.end, 0) is not None

    @property
    def is_inbound(self) -> bool:
        """Only legs of customers who came to us are counted."""
        return bool(self.first.get("direction", "in") == "in")

    def _fact(self, at_ms: int, *name: Any, amount: int = 1) -> Fact:
        return Fact(at_ms, self.queue, self.channel, name, amount)


def _told_hold_ms(end: Event) -> int | None:
    """What the end of a conversation itself tells of holds."""
    told_ms: int | None = end.get("hold_ms") if end["type"] == "contact.ended" else None
    return told_ms


def _quality(event: Event) -> str:
    quality: str = event.get("time_quality", "exact")
    return quality
