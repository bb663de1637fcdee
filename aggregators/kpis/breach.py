"""Early warning: when the service level passes below its target if nothing changes.

"Nothing changes" means the pace of the last five minutes: contacts go on to count at the rate
at which they did, and the same share of them meets the threshold. With (met, whole) of the window
and (a, b) per second of the pace, the margin is ``met - target * whole``, and the pace moves it by
``a - target * b`` a second.

- A window that grows (today, an open interval) only gains: margin + t * pace.
- A rolling one of L seconds also loses what is in it now, spread evenly over it, so that after
  t <= L seconds a share 1 - t / L of it is left: margin * (1 - t / L) + t * pace. After L seconds
  it holds nothing but the pace, so it is below the target by then, or never.

Contacts that wait now count when they leave, as everywhere; an open interval or day is taken as if
it did not end.
"""

from __future__ import annotations

from msgspec import Struct

from aggregators.kpis.service_level import Part
from aggregators.windows import Kind, Window, parse_window

PACE: Window = parse_window("5m")
"""The window whose pace goes on."""

_PACE_S = PACE.length_ms / 1000

_GROWING = frozenset((Kind.OPEN_INTERVAL, Kind.TODAY, Kind.PERIOD, Kind.WHOLE))


class Course(Struct, frozen=True):
    """How a window goes on: ``length_s`` of a rolling one, None for one that grows."""

    length_s: float | None


def course_of(window: Window) -> Course | None:
    """Return how a window goes on, None for a closed one: nothing changes in it."""
    if window.kind is Kind.ROLLING:
        return Course(window.length_ms / 1000)
    return Course(None) if window.kind in _GROWING else None


def service_level_breach_s(now: Part, pace: Part, target: float, course: Course) -> float | None:
    """Return after how many seconds the service level is below the target.

    ``now`` are the parts of the window, ``pace`` those of the last five minutes. 0 when it is
    below now; no value when the pace keeps it up, or when nothing counted in the window or in the
    last five minutes.
    """
    if now[1] <= 0 or pace[1] <= 0:
        return None
    # As the ratio itself is held to the target, so that both change sides at once.
    if now[0] / now[1] < target:
        return 0.0
    if pace[0] / pace[1] >= target:
        return None
    margin = max(0.0, now[0] - target * now[1])
    lost = (target * pace[1] - pace[0]) / _PACE_S
    if course.length_s is not None:
        lost += margin / course.length_s
    return margin / lost if lost > 0.0 else None
