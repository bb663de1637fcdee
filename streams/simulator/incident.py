"""Trouble that can be switched on for a while."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from streams.simulator.scenario import Scenario, ScenarioError

IncidentKind: TypeAlias = Literal["surge", "agents_gone", "outage"]

MINUTE_MS = 60_000


class Incident(Struct, frozen=True, kw_only=True):
    """From ``at_ms`` for ``duration_ms``; an instant already past means at once.

    ``surge``: ``factor`` times the arrivals of queue ``target``. ``agents_gone``: half of the
    agents of team ``target`` go into a pause, those on a contact when it is done. ``outage``:
    nobody is offered a contact of queue ``target``. Without ``target``: all queues or teams.
    """

    kind: IncidentKind
    at_ms: int
    duration_ms: int
    target: str | None = None
    factor: float = 3.0

    def check(self, scenario: Scenario) -> None:
        """Raise :class:`ScenarioError` when the scenario has no such queue or team."""
        if self.kind not in ("surge", "agents_gone", "outage"):
            raise ScenarioError(f"no incident {self.kind!r}: use surge, agents_gone or outage")
        if self.duration_ms <= 0:
            raise ScenarioError("an incident lasts more than 0 ms")
        if self.kind == "surge" and not self.factor > 0.0:
            raise ScenarioError(f"the factor of a surge is above 0, not {self.factor}")
        what = "team" if self.kind == "agents_gone" else "queue"
        names = [part.name for part in (scenario.teams if what == "team" else scenario.queues)]
        if self.target is not None and self.target not in names:
            raise ScenarioError(
                f"incident {self.kind}: no {what} {self.target!r}, known are {', '.join(names)}"
            )


def demo_incident(name: str, at_ms: int) -> Incident:
    """Return the demo centre's incident of that name: ``surge``, ``agents_gone`` or ``outage``."""
    if name == "surge":
        return Incident(
            kind="surge", at_ms=at_ms, duration_ms=30 * MINUTE_MS, target="billing", factor=3.0
        )
    if name == "agents_gone":
        return Incident(kind="agents_gone", at_ms=at_ms, duration_ms=20 * MINUTE_MS, target="front")
    if name == "outage":
        return Incident(kind="outage", at_ms=at_ms, duration_ms=15 * MINUTE_MS, target="sales")
    raise ScenarioError(f"no incident {name!r}: use surge, agents_gone or outage")
