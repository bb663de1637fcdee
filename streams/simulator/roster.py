"""Shifts and breaks of every local day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from streams.simulator.floor import Absence, Agent
from streams.simulator.presence import Presence
from streams.simulator.scenario import Shift
from streams.simulator.timeline import Timeline

MINUTE_MS = 60_000
STAGGER_STEP_MIN = 5

BREAKS: tuple[tuple[int, int, int, str, str], ...] = (
    (110, 50, 12, "Pause café", "break"),
    (240, 70, 40, "Déjeuner", "lunch"),
    (385, 50, 12, "Pause café", "break"),
)
"""Minutes into the shift, how much that varies, length, label, reason."""


class Roster:
    """Plans logins, logouts and breaks one local day ahead."""

    __slots__ = ("_members", "_presence", "_rng", "_timeline", "_zone")

    def __init__(self, timeline: Timeline, presence: Presence, zone: ZoneInfo, rng: Random) -> None:
        self._timeline = timeline
        self._presence = presence
        self._zone = zone
        self._rng = rng
        self._members: list[tuple[Agent, Shift, int]] = []

    def add_always(self, agent: Agent) -> None:
        """An agent who is there from now on for ever."""
        self._timeline.after(0, self._presence.begin_shift, agent)

    def add(self, agent: Agent, shift: Shift, place: int) -> None:
        """An agent of a shift; ``place`` among its agents decides how much later they begin."""
        spread = agent.team.stagger_minutes // STAGGER_STEP_MIN
        later = place * spread // max(1, shift.agents) * STAGGER_STEP_MIN
        self._members.append((agent, shift, later))

    def begin(self) -> None:
        """Plan the shifts that cover now, then those of each new local day."""
        today = datetime.fromtimestamp(self._timeline.now_ms / 1000, self._zone).date()
        if self._members:
            self._plan(today - timedelta(days=1))
            self._plan_today(today)

    def _plan_today(self, day: date) -> None:
        self._plan(day)
        tomorrow = day + timedelta(days=1)
        self._timeline.at(self._instant_ms(tomorrow, 0), self._plan_today, tomorrow)

    def _plan(self, day: date) -> None:
        now_ms = self._timeline.now_ms
        for agent, shift, later in self._members:
            begin_ms = self._instant_ms(day, shift.start_minute + later)
            end_ms = begin_ms + shift.length_minutes * MINUTE_MS
            breaks = self._breaks(begin_ms, end_ms) if agent.team.breaks else []
            if end_ms <= now_ms:
                continue
            self._timeline.at(begin_ms, self._presence.begin_shift, agent)
            self._timeline.at(end_ms, self._presence.end_shift, agent)
            for at_ms, absence in breaks:
                if at_ms >= now_ms:
                    self._timeline.at(at_ms, self._presence.go_away, agent, "break", absence)

    def _breaks(self, begin_ms: int, end_ms: int) -> list[tuple[int, Absence]]:
        planned = []
        for offset, jitter, length, label, reason in BREAKS:
            at_ms = begin_ms + round((offset + jitter * (2 * self._rng.random() - 1)) * MINUTE_MS)
            if at_ms + (length + 15) * MINUTE_MS < end_ms:
                planned.append((at_ms, Absence("pause", label, reason, length * MINUTE_MS)))
        return planned

    def _instant_ms(self, day: date, minute: int) -> int:
        """Return the instant of a local wall-clock minute of a day (24:00 and later: next day)."""
        day += timedelta(days=minute // 1440)
        wall = datetime(day.year, day.month, day.day, minute % 1440 // 60, minute % 60)  # noqa: DTZ001
        return int(wall.replace(tzinfo=self._zone).astimezone(UTC).timestamp()) * 1000
