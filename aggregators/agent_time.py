"""How an agent spends logged-in time: a sweep over presence and contact spans.

The shown state of an agent is the first that fits (kpis.md, section 5): logged out,
unresponsive, on contact (talk before hold), wrap-up, ringing, paused, other, available. Each
logged-in millisecond is booked under exactly one of them. Nothing is booked outside presence,
except ``contact_ms_any``.

Times are integer milliseconds since 1970 UTC, spans half open; a span that has not ended yet is
given with the present as its end. Spans may come in any order; empty ones are ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from aggregators.policy import MINUTE_MS

RING, TALK, HOLD, ACW = 0, 1, 2, 3
"""Kinds of contact span."""

NO_QUEUE = -1
"""The ``pair`` of a contact that came through no queue (any negative number will do)."""

NO_REASON = "none"
"""Stands in ``paused_ms`` for a pause whose reason was not told."""


class ContactSpan(NamedTuple):
    """One part of one contact with the agent; parts of the same contact do not overlap."""

    start_ms: int
    end_ms: int
    kind: int
    pair: int


class PresenceSpan(NamedTuple):
    """One stretch of a session: ``available``, ``pause``, ``other`` or ``unresponsive``.

    Where spans overlap (several sessions), the one that started last tells the state, the
    reason and the slots; when it ends, the one before it does again.
    """

    start_ms: int
    end_ms: int
    state: str
    reason: str = ""
    slots: int = 1


class AgentTime(Struct, gc=False, omit_defaults=True):
    """Sums of time in ms; a commutative monoid under :meth:`add`, ``AgentTime()`` is zero.

    Shown states, which add up to ``logged_in_ms``: ``talk_ms`` (at least one contact in talk),
    ``hold_ms`` (none in talk, one on hold), ``acw_ms`` (only after-contact work), ``ringing_ms``,
    ``available_ms``, ``paused_ms`` by reason, ``other_ms``, ``unresponsive_ms``.

    ``occupied_ms`` is talk + hold + ACW as shown, so a contact of an unresponsive agent is not in
    it. Within occupied time, ``contact_ms`` counts each simultaneous contact;
    ``interacting_ms`` and ``communicating_ms`` tell queue contacts from time with other contacts
    only, on queue alone, that is while presence says available. ``slot_ms`` is slots times
    (occupied + available). ``contact_ms_any`` is talk + hold + ACW of every contact whatever the
    presence, for centres that send no log-ins.
    """

    logged_in_ms: int = 0
    occupied_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    acw_ms: int = 0
    ringing_ms: int = 0
    available_ms: int = 0
    other_ms: int = 0
    unresponsive_ms: int = 0
    contact_ms: int = 0
    contact_ms_any: int = 0
    slot_ms: int = 0
    interacting_ms: int = 0
    communicating_ms: int = 0
    paused_ms: dict[str, int] = {}

    @property
    def ready_ms(self) -> int:
        """Logged-in time that is neither pause, other nor unresponsive."""
        return self.occupied_ms + self.ringing_ms + self.available_ms

    def add(self, other: AgentTime) -> AgentTime:
        """Add the sums of another value to this one, in place; return this one."""
        self.logged_in_ms += other.logged_in_ms
        self.occupied_ms += other.occupied_ms
        self.talk_ms += other.talk_ms
        self.hold_ms += other.hold_ms
        self.acw_ms += other.acw_ms
        self.ringing_ms += other.ringing_ms
        self.available_ms += other.available_ms
        self.other_ms += other.other_ms
        self.unresponsive_ms += other.unresponsive_ms
        self.contact_ms += other.contact_ms
        self.contact_ms_any += other.contact_ms_any
        self.slot_ms += other.slot_ms
        self.interacting_ms += other.interacting_ms
        self.communicating_ms += other.communicating_ms
        for reason, ms in other.paused_ms.items():
            self.paused_ms[reason] = self.paused_ms.get(reason, 0) + ms
        return self


def total(times: Iterable[AgentTime]) -> AgentTime:
    """Return the sum as a new value; of nothing, zero."""
    result = AgentTime()
    for time in times:
        result.add(time)
    return result


def agent_time(
    presence: Sequence[PresenceSpan],
    contacts: Sequence[ContactSpan],
    start_ms: int,
    end_ms: int,
) -> AgentTime:
    """Return the time of one agent by state within [start, end)."""
    result = AgentTime()
    for piece in pieces(presence, contacts, start_ms, end_ms):
        book(result, piece, piece[1] - piece[0])
    return result


def agent_time_by_minute(
    presence: Sequence[PresenceSpan],
    contacts: Sequence[ContactSpan],
    start_ms: int,
    end_ms: int,
) -> dict[int, AgentTime]:
    """Return the time of one agent within [start, end), cut at minutes of UTC.

    Keys are the starts of the minutes; minutes in which nothing is booked are left out. Each
    value is what :func:`agent_time` gives for the part of that minute inside [start, end).
    """
    minutes: dict[int, AgentTime] = {}
    for piece in pieces(presence, contacts, start_ms, end_ms):
        at_ms, until_ms = piece[0], piece[1]
        minute = at_ms - at_ms % MINUTE_MS
        while minute < until_ms:
            time = minutes.get(minute)
            if time is None:
                time = minutes[minute] = AgentTime()
            following = minute + MINUTE_MS
            book(time, piece, min(until_ms, following) - max(at_ms, minute))
            minute = following
    return minutes


Piece: TypeAlias = tuple[int, int, PresenceSpan | None, int, int, int, int, int]
"""from, until, presence in force, open rings, talks, holds, ACWs, those of them of no queue."""

# A mark is one border of a span in one integer, which sorts fast: time << 5, and the code below.
_STARTS = 1
_KIND_SHIFT = 1
_OF_NO_QUEUE = 8
_PRESENCE = 16


def pieces(
    presence: Sequence[PresenceSpan],
    contacts: Sequence[ContactSpan],
    start_ms: int,
    end_ms: int,
) -> Iterator[Piece]:
    """Cut [start, end) where anything changes; pieces with nothing open are left out."""
    marks: list[int] = []
    for start, end, kind, pair in contacts:
        first = max(start_ms, start)
        last = min(end_ms, end)
        if first < last:
            code = kind << _KIND_SHIFT if pair >= 0 else kind << _KIND_SHIFT | _OF_NO_QUEUE
            marks.append(first << 5 | code | _STARTS)
            marks.append(last << 5 | code)
    sessions = sorted([p for p in presence if p[0] < p[1] and p[0] < end_ms and p[1] > start_ms])
    for span in sessions:
        marks.append(max(span[0], start_ms) << 5 | _PRESENCE | _STARTS)
        marks.append(min(span[1], end_ms) << 5 | _PRESENCE)
    marks.sort()

    open_kinds = [0, 0, 0, 0]
    of_no_queue = 0
    # Sessions in order of start: the top tells the state. Ended ones below it wait for their turn.
    stack: list[PresenceSpan] = []
    entered = 0
    now: PresenceSpan | None = None
    at = start_ms
    for mark in marks:
        until = mark >> 5
        if until > at:
            ring, talk, hold, acw = open_kinds
            if now is not None or talk or hold or acw:
                yield at, until, now, ring, talk, hold, acw, of_no_queue
            at = until
        if mark & _PRESENCE:
            if mark & _STARTS:
                stack.append(sessions[entered])
                entered += 1
            else:
                while stack and stack[-1][1] <= at:
                    stack.pop()
            now = stack[-1] if stack else None
        else:
            kind = mark >> _KIND_SHIFT & 3
            step = 1 if mark & _STARTS else -1
            open_kinds[kind] += step
            if mark & _OF_NO_QUEUE and kind != RING:
                of_no_queue += step


def book(time: AgentTime, piece: Piece, ms: int) -> None:
    """Book that much time of a piece under its shown state."""
    _, _, now, ring, talk, hold, acw, of_no_queue = piece
    contacts = talk + hold + acw
    time.contact_ms_any += contacts * ms
    if now is None:
        return
    _, _, state, reason, slots = now
    time.logged_in_ms += ms
    if state == "unresponsive":
        time.unresponsive_ms += ms
    elif contacts:
        time.occupied_ms += ms
        time.contact_ms += contacts * ms
        time.slot_ms += slots * ms
        if talk:
            time.talk_ms += ms
        elif hold:
            time.hold_ms += ms
        else:
            time.acw_ms += ms
        if state == "available":
            if contacts > of_no_queue:
                time.interacting_ms += ms
            else:
                time.communicating_ms += ms
    elif ring:
        time.ringing_ms += ms
    elif state == "pause":
        why = reason or NO_REASON
        time.paused_ms[why] = time.paused_ms.get(why, 0) + ms
    elif state == "available":
        time.available_ms += ms
        time.slot_ms += slots * ms
    else:
        time.other_ms += ms


def occupancy(time: AgentTime) -> dict[str, float | None]:
    """Return occupancy by variant (kpis.md, section 5), None where the denominator is 0.

    Only ``slot_weighted`` can pass 1: when an agent has more contacts than slots.
    """
    idle, ready = time.available_ms, time.ready_ms
    on_queue = time.interacting_ms + time.communicating_ms + idle
    talk_acw, talk_hold = time.talk_ms + time.acw_ms, time.talk_ms + time.hold_ms
    return {
        "wall_clock": _ratio(time.occupied_ms, time.occupied_ms + idle),
        "slot_weighted": _ratio(time.contact_ms, time.slot_ms),
        "interacting": _ratio(time.interacting_ms, on_queue),
        "ready_based": _ratio(talk_acw, ready),
        "ready_based_idle": _ratio(ready - idle, ready),
        "logged_in": _ratio(talk_acw, time.logged_in_ms),
        "aor": _ratio(talk_hold, time.logged_in_ms),
    }


def utilisation(time: AgentTime, paid_ms: int | None = None) -> dict[str, float | None]:
    """Return occupied time over logged-in and over paid time; None without a denominator."""
    return {
        "logged_in": _ratio(time.occupied_ms, time.logged_in_ms),
        "paid": _ratio(time.occupied_ms, paid_ms or 0),
    }


def availability_rate(time: AgentTime) -> float | None:
    """Return available time over logged-in time."""
    return _ratio(time.available_ms, time.logged_in_ms)


def pause_rate(time: AgentTime) -> dict[str, float | None]:
    """Return paused time over logged-in time, by reason."""
    return {reason: _ratio(ms, time.logged_in_ms) for reason, ms in time.paused_ms.items()}


def concurrency_mean(time: AgentTime) -> float | None:
    """Return the mean number of contacts at once while there is one."""
    return _ratio(time.contact_ms, time.occupied_ms)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
