"""The keys of the facts about customers, and which of them become final when.

What goes well is the rule, so mostly what goes wrong is counted: a first contact is one fact
where nothing else happens. Cohort facts (:mod:`aggregators.cohorts`) are booked at the end of the
first contact (or session).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from aggregators.cohorts import final_before, make_final
from aggregators.dossiers.journeys import WINDOWS_MS
from aggregators.facts import VALUE_BITS
from aggregators.policy import HOUR_MS
from aggregators.slices import Slices

CHANNELS = ("voice", "chat", "messaging", "email", "ticket", "social", "task", "selfcare")

CONTACTS = 4000  # at their opening
EXTRA = 4002  # contacts of demands beyond the first, at the end of that
TRANSFERS = 4003  # of all contacts of a demand
DEMANDS_OF = 4004  # + number of contacts, 2 to 4, the last with more too
UNHANDLED = 4010  # first contacts nobody took
DEMANDS = 4011  # first contacts
NOT_CONCLUSIVE = 4012  # + window: handled, but repeated, transferred or escalated
CAME_BACK = 4015  # + window: first contacts that were repeated
REPEATS = 4020  # + window, at the opening of the repeating contact
AFTER_UNANSWERED = 4023  # + window: of these, what they repeat was not handled
DECLARED = 4026  # handled, and it was said whether it is solved; when handling was done
DECLARED_NOT_FIRST = 4027  # of these, not solved or not at the first contact
PERCEIVED = 4028  # surveys that asked whether it is solved
PERCEIVED_NOT_FIRST = 4029
UNKNOWN_CONTACT = 4030  # surveys about a contact that the customer is not known to have had
OFTEN = 4031  # customers with many contacts in a week, one motive, unsolved; at the last of them
TO_SELFCARE = 4032  # + self-care window: handled first contacts, then a self-care session
SESSIONS = 4034  # self-care sessions of known customers that ended
HANDED_OVER = 4035
RETURNED = 4036  # + self-care window: contained, and then a contact with a person
ANSWERS_OF = 4040  # + number of contacts of the demand, 1 to 4: answers about satisfaction
SATISFIED_OF = 4045
ATTRIBUTED_MICRO = 4050  # orders of customers with a contact before
ATTRIBUTED = 4051
PAIR = 4100  # + 8 * channel + channel of what repeats it, within the longest window

BOT_WAIT = 80  # family: from the hand-over to the answer of a person
BASE_BOT_WAIT = BOT_WAIT << VALUE_BITS

SELFCARE_WINDOWS: dict[str, int] = {"24h": 24 * HOUR_MS, "48h": 48 * HOUR_MS}
SELFCARE_WINDOWS_MS = tuple(SELFCARE_WINDOWS.values())

_OF_CONTACTS = 4500
_OF_SESSIONS = 4600
_WIDTH = 20


def final(key: int, window: int) -> int:
    """Return the key of a cohort fact of contacts as final for a window."""
    return _OF_CONTACTS + window * _WIDTH + key - UNHANDLED


def final_session(key: int, window: int) -> int:
    """Return the key of a cohort fact of sessions as final for a window of self-care."""
    return _OF_SESSIONS + window * _WIDTH + key - SESSIONS


_COHORTS: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = (
    *(
        (
            window_ms,
            tuple(
                (key, final(key, n))
                for key in (UNHANDLED, DEMANDS, NOT_CONCLUSIVE + n, CAME_BACK + n)
            ),
        )
        for n, window_ms in enumerate(WINDOWS_MS)
    ),
    *(
        (
            window_ms,
            tuple((key, final_session(key, n)) for key in (SESSIONS, HANDED_OVER, RETURNED + n)),
        )
        for n, window_ms in enumerate(SELFCARE_WINDOWS_MS)
    ),
)


def passed(ended_ms: int, swept_ms: int, windows_ms: Sequence[int]) -> int:
    """Return how many windows after an end time has passed: there it is final."""
    if ended_ms >= swept_ms - windows_ms[0]:
        return 0
    for n, window_ms in enumerate(windows_ms):
        if ended_ms >= final_before(swept_ms, window_ms):
            return n
    return len(windows_ms)


def within(gap_ms: int, windows_ms: Sequence[int]) -> int:
    """Return which is the shortest window that a gap lies within, their number if in none."""
    for n, window_ms in enumerate(windows_ms):
        if gap_ms <= window_ms:
            return n
    return len(windows_ms)


def _demand_keys(case: tuple[bool, bool, int, int]) -> tuple[int, ...]:
    is_handled, is_passed_on, back, final_windows = case
    cohort = (DEMANDS,) if is_handled else (DEMANDS, UNHANDLED)
    keys = list(cohort)
    for n in range(len(WINDOWS_MS)):
        of_window = [CAME_BACK + n] if n >= back else []
        if is_handled and (n >= back or is_passed_on):
            of_window.append(NOT_CONCLUSIVE + n)
        keys += of_window
        if n < final_windows:
            keys += [final(key, n) for key in (*cohort, *of_window)]
    return tuple(keys)


def _session_keys(case: tuple[bool, int, int]) -> tuple[int, ...]:
    is_contained, returned, final_windows = case
    cohort = (SESSIONS,) if is_contained else (SESSIONS, HANDED_OVER)
    keys = list(cohort)
    for n in range(len(SELFCARE_WINDOWS_MS)):
        of_window = [RETURNED + n] if n >= returned else []
        keys += of_window
        if n < final_windows:
            keys += [final_session(key, n) for key in (*cohort, *of_window)]
    return tuple(keys)


_EITHER = (False, True)
_WINDOWS = range(len(WINDOWS_MS) + 1)
_SELFCARE_WINDOWS = range(len(SELFCARE_WINDOWS_MS) + 1)

DECLARED_KEYS = {True: (DECLARED,), False: (DECLARED, DECLARED_NOT_FIRST)}
"""By whether it is solved at the first contact."""

DEMAND_KEYS = {case: _demand_keys(case) for case in product(_EITHER, _EITHER, _WINDOWS, _WINDOWS)}
"""By (handled, passed on, first window in which it came back, windows that have passed)."""

SESSION_KEYS = {
    case: _session_keys(case) for case in product(_EITHER, _SELFCARE_WINDOWS, _SELFCARE_WINDOWS)
}
"""By (contained, first window in which a contact came, windows that have passed)."""


def make_all_final(slices: Slices, from_swept_ms: int, swept_ms: int) -> None:
    """Make final what the watermark has passed by its window, each cohort by its own."""
    for window_ms, copies in _COHORTS:
        from_ms, until_ms = (final_before(ms, window_ms) for ms in (from_swept_ms, swept_ms))
        make_final(slices, from_ms, until_ms, copies)
