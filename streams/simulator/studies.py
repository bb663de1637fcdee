"""Scenarios for measuring: a stationary queue to compare with Erlang A, a large one for load."""

from __future__ import annotations

from streams.simulator.scenario import Duration, QueueSpec, Scenario, TeamSpec

EVENTS_PER_CONTACT = 8.25
"""What one contact of the load scenario tells, on average."""
LOAD_OCCUPANCY = 0.88
CHAT_SHARE = 0.2


def stationary_scenario(
    rate_per_s: float, mean_service_s: float, mean_patience_s: float | None, agents: int
) -> Scenario:
    """Return M/M/N+M: one voice queue, exponential times, no ringing, no wrap-up, no shifts.

    Without patience nobody gives up (M/M/N).
    """
    queue = QueueSpec(
        name="calls",
        channel="voice",
        per_hour=rate_per_s * 3600.0,
        talk=Duration(mean_service_s),
        patience=None if mean_patience_s is None else Duration(mean_patience_s),
    )
    team = TeamSpec(name="team", queues=("calls",), always=agents, breaks=False)
    return Scenario(name="stationary", queues=(queue,), teams=(team,))


def load_scenario(n_agents: int, events_per_s: float) -> Scenario:
    """Return a large steady centre for benchmarks: about ``events_per_s`` simulated per second.

    One team with its own queue per forty agents, four in five on voice and one on chat, the same
    at any hour. Talk times are what keeps so many agents about 88 % busy: the more events each
    agent must make, the shorter the contacts.
    """
    teams_count = max(2, n_agents // 40)
    chat_teams = max(1, round(teams_count * CHAT_SHARE))
    contacts_per_s = events_per_s / EVENTS_PER_CONTACT
    handle_s = LOAD_OCCUPANCY * n_agents / contacts_per_s
    per_team = [n_agents // teams_count + (i < n_agents % teams_count) for i in range(teams_count)]
    queues, teams = [], []
    for number, agents in enumerate(per_team, start=1):
        chat = number <= chat_teams
        name = f"{'chat' if chat else 'voice'}-{number:03d}"
        queues.append(
            QueueSpec(
                name=name,
                channel="chat" if chat else "voice",
                per_hour=contacts_per_s * 3600.0 * agents / n_agents,
                motives=("billing", "order", "technical"),
                patience=Duration(handle_s),
                ring=Duration(handle_s * 0.03, 0.5),
                ring_limit_s=max(0.1, handle_s * 0.15),
                missed_share=0.01,
                # A chat's four turns need eight messages' time; three go side by side.
                talk=Duration(handle_s * (0.24 if chat else 0.75)),
                turns=(2, 4),
                hold_share=0.1,
                hold=Duration(handle_s * 0.2),
                wrap_up=Duration(handle_s * 0.18, 0.5),
            )
        )
        teams.append(
            TeamSpec(
                name=f"team-{number:03d}",
                queues=(name,),
                always=agents,
                slots={"chat": 3} if chat else {},
                breaks=False,
            )
        )
    return Scenario(name="load", queues=tuple(queues), teams=tuple(teams))
