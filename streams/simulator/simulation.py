"""The whole centre at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from aggregators.events import Envelope
from streams.simulator.aftermath import Aftermath
from streams.simulator.callbacks import Callbacks
from streams.simulator.chat import Chat
from streams.simulator.demand import Demand
from streams.simulator.floor import Absence, Agent, Line
from streams.simulator.incident import Incident
from streams.simulator.office import Office
from streams.simulator.people import People
from streams.simulator.presence import Presence
from streams.simulator.queueing import Queueing
from streams.simulator.record import Record
from streams.simulator.roster import Roster
from streams.simulator.scenario import Scenario, TeamSpec
from streams.simulator.tickets import Tickets
from streams.simulator.timeline import Timeline
from streams.simulator.voice import Voice
from streams.simulator.web import SelfCare, Shop


class Simulation:
    """A simulated contact centre that begins empty at ``start_ms`` and tells its events.

    Deterministic: scenario, seed, start and the incidents switched on (and when) decide every
    byte. Arrivals have random generators of their own per queue, so an incident changes what
    happens to the customers more than which customers come.
    """

    def __init__(self, scenario: Scenario, *, seed: int, start_ms: int) -> None:
        self.scenario = scenario
        self._seed = seed
        self._timeline = Timeline(start_ms)
        self._record = Record(self._timeline, seed, start_ms)
        self._zone = ZoneInfo(scenario.zone)
        rng = Random(f"{seed}/centre")
        self._lines = {spec.name: Line(spec, rng) for spec in scenario.queues}
        self._presence = Presence(self._timeline, self._record)
        self._teams: dict[str, list[Agent]] = {}
        self._staff()
        self._demand: dict[str, Demand] = {}
        self._open(rng)

    @property
    def now_ms(self) -> int:
        """The simulated time of the last thing that happened."""
        return self._timeline.now_ms

    def events(self, until_ms: int) -> Iterator[Envelope]:
        """Yield the events from where the last call stopped up to before ``until_ms``.

        In time order, made as they are asked for; stopping in the middle loses nothing.
        """
        told, step = self._record.told, self._timeline.step
        while True:
            while told:
                yield told.popleft()
            if not step(until_ms):
                return

    def switch_on(self, incident: Incident) -> None:
        """Let an incident happen at its instant, or at once if that has passed.

        Raises :class:`~streams.simulator.scenario.ScenarioError` for an unknown queue or team.
        """
        incident.check(self.scenario)
        self._timeline.at(incident.at_ms, self._begin, incident)

    def _staff(self) -> None:
        rng = Random(f"{self._seed}/roster")
        roster = Roster(self._timeline, self._presence, self._zone, rng)
        number = 0
        for team in self.scenario.teams:
            members = self._teams[team.name] = []
            lines = tuple(self._lines[name] for name in team.queues)
            for shift in team.shifts:
                for place in range(shift.agents):
                    number += 1
                    agent = self._hire(team, lines, number)
                    members.append(agent)
                    roster.add(agent, shift, place)
            for _ in range(team.always):
                number += 1
                agent = self._hire(team, lines, number)
                members.append(agent)
                roster.add_always(agent)
        roster.begin()

    @staticmethod
    def _hire(team: TeamSpec, lines: tuple[Line, ...], number: int) -> Agent:
        return Agent(f"A{number:03d}", team, lines)

    def _open(self, rng: Random) -> None:
        timeline, record, presence = self._timeline, self._record, self._presence
        callbacks = Callbacks(timeline, record, presence, rng)
        people = People(self._seed, self.scenario.customers)
        aftermath = Aftermath(timeline, record, rng, Random(f"{self._seed}/feedback"))
        queueing = Queueing(
            timeline, record, presence, callbacks, aftermath, self._lines, people, rng
        )
        chat = Chat(timeline, record, queueing, rng)
        queueing.conversations = {
            "voice": Voice(timeline, record, queueing, rng),
            "chat": chat,
            "messaging": chat,
        }
        tickets = Tickets(timeline, record, presence.floor, people, aftermath, rng)
        for spec in self.scenario.queues:
            line = self._lines[spec.name]
            arrive = tickets.arrive if spec.channel == "email" else queueing.arrive
            self._demand[spec.name] = self._arrivals(
                spec.name, partial(arrive, line), spec.per_hour, spec.curve, spec.overdispersion
            )
        for tool in self.scenario.selfcare:
            own = Random(f"{self._seed}/sessions/{tool.tool}")
            sessions = SelfCare(timeline, record, queueing, tool, self._lines, people, own)
            queueing.tools[tool.tool] = sessions.open
            self._arrivals(f"tool {tool.tool}", sessions.arrive, tool.per_hour, tool.curve, 0.0)
        if (shop := self.scenario.shop) is not None:
            baskets = Shop(timeline, record, shop, people, rng)
            self._arrivals("shop", baskets.arrive, shop.per_hour, shop.curve, 0.0)
        if (office := self.scenario.office) is not None:
            own = Random(f"{self._seed}/office")
            Office(timeline, record, office, self._teams, self._zone, own).begin()

    def _arrivals(
        self,
        name: str,
        arrive: Callable[[], object],
        per_hour: float,
        curve: tuple[float, ...],
        overdispersion: float,
    ) -> Demand:
        return Demand(
            self._timeline,
            Random(f"{self._seed}/arrivals/{name}"),
            arrive,
            per_hour=per_hour,
            curve=curve,
            overdispersion=overdispersion,
            zone=self._zone,
        )

    def _begin(self, incident: Incident) -> None:
        """Make the trouble and plan its end."""
        if incident.kind == "agents_gone":
            absence = Absence("pause", "Incident", "incident", None)
            gone = self._half_of(incident.target)
            for agent in gone:
                self._presence.go_away(agent, "incident", absence)
            self._timeline.after(incident.duration_ms, self._return, gone, absence)
            return
        names = list(self._lines) if incident.target is None else [incident.target]
        for name in names:
            if incident.kind == "surge":
                self._demand[name].begin_surge(incident.factor)
            else:
                self._lines[name].outages += 1
        self._timeline.after(incident.duration_ms, self._end, incident, names)

    def _end(self, incident: Incident, names: list[str]) -> None:
        for name in names:
            if incident.kind == "surge":
                self._demand[name].end_surge(incident.factor)
            else:
                self._lines[name].outages -= 1
                self._presence.floor.dispatch(self._lines[name])

    def _half_of(self, team: str | None) -> list[Agent]:
        """Return every second agent, of those at work and of the others."""
        gone: list[Agent] = []
        for name in self._teams if team is None else (team,):
            members = self._teams[name]
            at_work = [agent for agent in members if agent.on_shift]
            others = [agent for agent in members if not agent.on_shift]
            gone += at_work[::2] + others[::2]
        return gone

    def _return(self, gone: list[Agent], absence: Absence) -> None:
        for agent in gone:
            self._presence.come_back(agent, "incident", absence)
