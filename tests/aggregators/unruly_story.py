"""An unruly story for laws: events of all kinds in any order, told from a list of small numbers.

Contacts and agents are few, so that events meet; some come late or from ahead of the clock, some
are told again with another time, another agent or withdrawn.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from aggregators import events as ev
from aggregators.policy import HOUR_MS, Hours, QueuePolicy, Rules
from tests.aggregators.story import T0, s

QUEUES = ("q", "r", "p")
CHANNELS = ("voice", "voice", "chat", "email")
PASSED_S = (0, 1, 4, 5, 7, 31, 61, 299, 900, 3_700)
JUMPS_S = (2 * 3600, 26 * 3600, 50 * 3600)
BEHIND_S = (0, 0, 0, 0, 2, 30, 400, 4_000, -3, -200)
"""How far behind the clock an event's time lies; negative: ahead."""

Step = tuple[int, int, int, int, int]
"""(what, who, variant, behind, passed): indexes into the tables."""

steps = st.lists(
    st.tuples(
        st.integers(0, 31), st.integers(0, 4), st.integers(0, 11), st.integers(0, 9),
        st.integers(0, 9),
    ),
    min_size=5, max_size=70,
)  # fmt: skip


def unruly_rules(figures: bool, retention_h: int | None) -> Rules:
    """Queues in three zones, with hours, callbacks, short limits and teams of their own."""
    hours = Hours(tuple(((8 * 60, 20 * 60),) for _ in range(7)))
    paris = QueuePolicy(threshold_ms=20_000, zone="Europe/Paris", callbacks="as_missed")
    nepal = QueuePolicy(threshold_ms=5_000, zone="Asia/Kathmandu", hours=hours, team="tp",
                        max_wait_ms=HOUR_MS, timer_abandons="negative")  # fmt: skip
    return Rules(
        queues={("r", "voice"): paris, ("p", "voice"): nepal, ("p", "chat"): nepal},
        agent_teams={"A1": "t1"},
        lateness_ms=HOUR_MS,
        retention_ms=None if retention_h is None else retention_h * HOUR_MS,
        unresponsive_after_ms=60_000,
        agent_figures=figures,
    )


class UnrulyStory:
    """Turns steps into events; ``now_s`` is the clock."""

    def __init__(self) -> None:
        self.now_s = 10 * 3600
        self.told: list[Any] = []

    def event(self, step: Step) -> Any:
        """Return the event of a step; the clock moves first."""
        what, who, variant, behind, passed = step
        self.now_s += PASSED_S[passed]
        at_ms = s(self.now_s - BEHIND_S[behind])
        if what == 31 and self.told:
            return self._again(variant, behind)
        made = self._agent(what, who, variant, at_ms) or self._contact(what, who, variant, at_ms)
        self.told.append(made)
        return made

    def _again(self, variant: int, behind: int) -> Any:
        known = self.told[-1 - variant * behind % len(self.told)]
        changes: dict[str, Any] = {"revision": known.revision + (variant != 5)}
        if variant % 3 == 0:
            changes["retracted"] = not known.retracted
        if variant % 3 == 1:
            changes["event_time_ms"] = max(T0, known.event_time_ms - 1000 * BEHIND_S[behind])
        if variant % 2 and isinstance(known, ev.ContactAnswered):
            changes["agent_id"] = f"A{variant % 4}"
        again = replace(known, **changes)
        self.told[self.told.index(known)] = again
        return again

    def _agent(self, what: int, who: int, variant: int, at_ms: int) -> Any:
        fields: dict[str, Any] = self._envelope(at_ms) | {"agent_id": f"A{who % 4}"}
        queues = list(QUEUES[: variant % 3]) or None
        match what:
            case 0:
                return ev.AgentLogin(session_id="s" if variant % 2 else None, queues=queues,
                                     team="t2" if variant % 5 == 0 else None, **fields)  # fmt: skip
            case 1:
                return ev.AgentLogout(queues=queues, **fields)
            case 2 | 3:
                state: Any = ("available", "pause", "other", "offline")[variant % 4]
                return ev.AgentState(state=state, reason="tea" if variant > 6 else None, **fields)
            case 4 | 5:
                return ev.AgentHeartbeat(**fields)
        return None

    def _contact(self, what: int, who: int, variant: int, at_ms: int) -> Any:
        leg: dict[str, Any] = {"leg_id": "L2" if variant % 5 == 4 else "L1"}
        fields: dict[str, Any] = self._envelope(at_ms) | {"contact_id": f"c{who}"}
        agent: dict[str, Any] = {"agent_id": f"A{variant % 4}"}
        offer: dict[str, Any] = {"offer_id": f"o{variant % 2}", **leg, **agent}
        channel: Any = CHANNELS[(who + variant // 7) % 4]
        if variant == 9:
            fields["direction"] = "out"
        match what:
            case 6:
                return ev.ContactCreated(channel=channel, **fields)
            case 7 | 8 | 9:
                team = "t3" if variant % 4 == 1 else None
                return ev.ContactQueued(channel=channel, queue=QUEUES[variant % 3], team=team,
                                        **leg, **fields)  # fmt: skip
            case 10 | 11:
                return ev.AgentOffered(**offer, **fields)
            case 12:
                return ev.AgentOfferMissed(outcome="timeout", **offer, **fields)
            case 13 | 14 | 15:
                wait_ms = 1000 * variant if variant > 7 else None
                return ev.ContactAnswered(wait_ms=wait_ms, **leg, **agent, **fields)
            case 16:
                return ev.HoldStarted(hold_id="h", **leg, **fields)
            case 17:
                return ev.HoldEnded(hold_id="h", **leg, **fields)
            case 18:
                return ev.ContactTransferred(kind="blind", **leg, **fields)
            case 19:
                return ev.ContactAbandoned(stage="ivr" if variant == 11 else "queue", **leg,
                                           **fields)  # fmt: skip
            case 20:
                return ev.FlowOut(reason="timeout" if variant % 2 else "closed", **leg, **fields)
            case 21:
                due_ms = at_ms + 100_000 * (variant % 2)
                return ev.CallbackRequested(callback_id="cb", due_at_ms=due_ms, **leg, **fields)
            case 22:
                return ev.CallbackDone(callback_id="cb", outcome="reached", **fields)
            case 23 | 24:
                return ev.ContactEnded(ended_by="customer", **leg, **fields)
            case 25:
                return ev.WrapUpStarted(**leg, **agent, **fields)
            case 26:
                return ev.WrapUpEnded(**leg, **agent, **fields)
            case 27 | 28:
                author: Any = "customer" if variant % 2 else "agent"
                return ev.MessagePosted(message_id="m", author=author, queue="q", **fields)
            case 29:
                return ev.TicketOpened(channel="email", queue="q", **fields)
            case 30:
                return ev.TicketSolved(**fields)
        return ev.ContactQueued(channel="voice", queue="q", **leg, **fields)

    def _envelope(self, at_ms: int) -> dict[str, Any]:
        number = len(self.told)
        return {"v": 1, "event_id": f"e{number}", "source": "story", "event_time_ms": at_ms}
