"""Events of agents: sessions, presence, heartbeats."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from aggregators.envelope import Channel, Count, Envelope, Id, Name


class Slots(Struct, omit_defaults=True, gc=False):
    """How many contacts of one channel an agent can take at once."""

    max: Count = 1
    used: Count | None = None


class AgentEvent(Envelope, kw_only=True):
    """An event of one agent's presence."""

    agent_id: Id
    team: Name | None = None
    queues: list[Id] | None = None


class AgentLogin(AgentEvent, kw_only=True, tag="agent.login"):
    """A session begins, or the agent joins more queues. ``channels`` gives the slots."""

    session_id: Id | None = None
    channels: dict[Channel, Slots] | None = None


class AgentLogout(AgentEvent, kw_only=True, tag="agent.logout"):
    """A session ends; with ``queues`` and without ``session_id`` only those are left."""

    session_id: Id | None = None
    login_ms: Annotated[int, Meta(ge=0)] | None = None


class AgentState(AgentEvent, kw_only=True, tag="agent.state"):
    """Presence by class; ``label`` is the source's own word for it."""

    state: Literal["available", "pause", "other", "offline"]
    label: Name | None = None
    reason: Name | None = None
    slots: dict[Channel, Slots] | None = None


class AgentHeartbeat(AgentEvent, kw_only=True, tag="agent.heartbeat"):
    """The agent's desk is still there."""
