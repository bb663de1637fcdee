"""The floor: agents, the lines in front of them, and who takes what next.

Each line is first come, first served, and goes to the agent who has been ready longest. An agent
with several skills takes the longest waiting contact of all lines. Voice calls, e-mails and
callbacks are taken one at a time; chats and messages up to the agent's slots.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random

from streams.simulator.scenario import QueueSpec, TeamSpec
from streams.simulator.timeline import sampler

SHARED_CHANNELS = frozenset({"chat", "messaging"})
"""Channels of which an agent can have several contacts in hand."""


class WorkItem:
    """Something that waits in a line for an agent: a leg, a ticket or a callback."""

    __slots__ = ("entered_ms", "line", "waiting")

    def __init__(self, line: Line, entered_ms: int) -> None:
        self.line = line
        self.entered_ms = entered_ms
        self.waiting = False

    def taken_by(self, agent: Agent) -> None:
        """Begin the work with this agent, who is free for it."""
        raise NotImplementedError


class Line:
    """One queue at work: who waits, who is ready, and how long things take here."""

    __slots__ = (
        "channel", "hold", "idle", "ivr", "name", "outages", "patience", "ring", "shared", "spec",
        "talk", "waiting", "waiting_count", "wrap_up",
    )  # fmt: skip

    def __init__(self, spec: QueueSpec, rng: Random) -> None:
        self.spec = spec
        self.name = spec.name
        self.channel = spec.channel
        self.shared = spec.channel in SHARED_CHANNELS
        self.waiting: deque[WorkItem] = deque()
        self.waiting_count = 0
        self.idle: deque[tuple[Agent, int]] = deque()
        self.outages = 0
        self.ivr = sampler(spec.ivr, rng)
        self.ring = sampler(spec.ring, rng)
        self.talk = sampler(spec.talk, rng)
        self.hold = sampler(spec.hold, rng)
        self.wrap_up = sampler(spec.wrap_up, rng)
        self.patience: Callable[[], int] | None = (
            None if spec.patience is None else sampler(spec.patience, rng)
        )


class Absence:
    """Why an agent takes nothing for a while; without a length until it is called off."""

    __slots__ = ("label", "length_ms", "reason", "started", "state")

    def __init__(self, state: str, label: str, reason: str, length_ms: int | None) -> None:
        self.state = state
        self.label = label
        self.reason = reason
        self.length_ms = length_ms
        self.started = False


class Agent:
    """One agent. ``stamp`` moves with every change, so that old places among the ready lapse."""

    __slots__ = (
        "absences", "agent_id", "exclusive", "lines", "load", "logged_in_ms", "on_shift",
        "sessions", "shown", "slots", "stamp", "team", "team_name",
    )  # fmt: skip

    def __init__(self, agent_id: str, team: TeamSpec, lines: tuple[Line, ...]) -> None:
        self.agent_id = agent_id
        self.team = team
        self.team_name = team.name
        self.lines = lines
        self.slots = team.slots
        self.load = 0
        self.exclusive = False
        self.on_shift = False
        self.absences: dict[str, Absence] = {}
        self.shown = "offline"
        self.logged_in_ms = 0
        self.sessions = 0
        self.stamp = 0

    def takes(self, line: Line) -> bool:
        """Tell whether the agent is free for one more contact of this line."""
        if self.absences or self.exclusive or not self.on_shift:
            return False
        return self.load == 0 or (line.shared and self.load < self.slots[line.channel])


class Floor:
    """Brings waiting work and free agents together."""

    __slots__ = ("_settle",)

    def __init__(self, settle: Callable[[Agent], None]) -> None:
        self._settle = settle

    def enter(self, item: WorkItem) -> None:
        """Put an item at the end of its line, or give it to who is ready."""
        line = item.line
        item.waiting = True
        line.waiting_count += 1
        line.waiting.append(item)
        self.dispatch(line)

    def enter_again(self, item: WorkItem) -> None:
        """Put an item whose agent offer was missed back at the head of its line."""
        line = item.line
        item.waiting = True
        line.waiting_count += 1
        line.waiting.appendleft(item)
        self.dispatch(line)

    def leave(self, item: WorkItem) -> None:
        """Take a waiting item out of its line, whose place there lapses."""
        item.waiting = False
        item.line.waiting_count -= 1

    def dispatch(self, line: Line) -> None:
        """Give the waiting of one line to its ready agents."""
        idle = line.idle
        while line.waiting_count and not line.outages:
            while idle:
                agent, stamp = idle.popleft()
                if agent.stamp == stamp:
                    break
            else:
                return
            self._give(self._next(line), agent)

    def occupy(self, agent: Agent, line: Line) -> None:
        """The agent has one contact more in hand (from the agent offer on)."""
        agent.load += 1
        agent.stamp += 1
        if not line.shared:
            agent.exclusive = True
        else:
            self._line_up(agent)

    def release(self, agent: Agent) -> None:
        """The agent has one contact less in hand: go into a due pause, or take the next."""
        agent.load -= 1
        agent.stamp += 1
        if agent.load == 0:
            agent.exclusive = False
            self._settle(agent)
        self.ready(agent)

    def ready(self, agent: Agent) -> None:
        """Give the agent what waits longest, as long as there is room; then line up."""
        while True:
            oldest: Line | None = None
            oldest_ms = 0
            for line in agent.lines:
                if line.waiting_count and not line.outages and agent.takes(line):
                    waiting = line.waiting
                    while not waiting[0].waiting:
                        waiting.popleft()
                    entered_ms = waiting[0].entered_ms
                    if oldest is None or entered_ms < oldest_ms:
                        oldest, oldest_ms = line, entered_ms
            if oldest is None:
                break
            self._give(self._next(oldest), agent)
        self._line_up(agent)

    def _line_up(self, agent: Agent) -> None:
        agent.stamp += 1
        place = (agent, agent.stamp)
        for line in agent.lines:
            if agent.takes(line):
                line.idle.append(place)

    @staticmethod
    def _next(line: Line) -> WorkItem:
        item = line.waiting.popleft()
        while not item.waiting:
            item = line.waiting.popleft()
        return item

    @staticmethod
    def _give(item: WorkItem, agent: Agent) -> None:
        item.waiting = False
        item.line.waiting_count -= 1
        item.taken_by(agent)
