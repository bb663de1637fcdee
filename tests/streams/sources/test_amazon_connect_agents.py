"""The agent event stream of Amazon Connect: presence, rings, holds, wrap-up.

The bodies have the shapes that the vendor documents; none comes from a real instance.
"""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from aggregators import events as ev
from aggregators.kpis.agents import STATES
from streams.reasons import Reason
from streams.sources import Refused
from tests.streams.sources.test_amazon_connect import ARN, CALL, T0, kpis, look, read, rows, source


def at(seconds: float) -> str:
    """The instant so many seconds after the start of the story, as the stream writes it."""
    moment = datetime.fromtimestamp((T0 + round(seconds * 1000)) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def status(name: str, since: float, kind: str | None = None) -> dict[str, Any]:
    found = {"ARN": f"{ARN}/agent-state/{name}", "Name": name, "StartTimestamp": at(since)}
    return found if kind is None else {**found, "Type": kind}


READY, LUNCH = status("Available", 0, "ROUTABLE"), status("Lunch", 300, "CUSTOM")
CONFIGURATION = {
    "FirstName": "Ann", "LastName": "Other", "Username": "ann",
    "AgentHierarchyGroups": {"Level1": {"ARN": f"{ARN}/agent-group/g1", "Name": "Paris"},
                             "Level2": {"ARN": f"{ARN}/agent-group/g2", "Name": "Team blue"}},
    "RoutingProfile": {
        "ARN": f"{ARN}/routing-profile/r1", "Name": "Both",
        "Concurrency": [{"AvailableSlots": 2, "Channel": "CHAT", "MaximumSlots": 3},
                        {"AvailableSlots": 1, "Channel": "VOICE", "MaximumSlots": 1}],
        "InboundQueues": [
            {"ARN": f"{ARN}/queue/agent/a1", "Name": None, "Channels": ["VOICE"]},
            {"ARN": f"{ARN}/queue/q1", "Name": "Sales", "Channels": ["VOICE", "CHAT"]},
        ],
    },
}  # fmt: skip


def contact(state: str, since: float, **more: Any) -> dict[str, Any]:
    base = {"Channel": "VOICE", "ContactId": "c1", "InitialContactId": None,
            "InitiationMethod": "INBOUND", "ConnectedToAgentTimestamp": None,
            "Queue": {"ARN": f"{ARN}/queue/q1", "Name": "Sales"},
            "QueueTimestamp": at(10)}  # fmt: skip
    return {**base, "State": state, "StateStartTimestamp": at(since), **more}


def snapshot(given: dict[str, Any], *contacts: dict[str, Any]) -> dict[str, Any]:
    return {"AgentStatus": given, "Configuration": CONFIGURATION, "Contacts": list(contacts)}


def agent_event(
    kind: str, seconds: float, now: dict[str, Any] | None, before: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "AWSAccountId": "111122223333", "AgentARN": f"{ARN}/agent/a1", "EventType": kind,
        "EventId": f"{kind}-{seconds}", "EventTimestamp": at(seconds), "InstanceARN": ARN,
        "CurrentAgentSnapshot": now, "PreviousAgentSnapshot": before, "Version": "2019-05-25",
    }  # fmt: skip


def story(*steps: tuple[float, dict[str, Any]]) -> list[dict[str, Any]]:
    """A change of state from each snapshot to the next one."""
    found = []
    for (_, before), (seconds, now) in itertools.pairwise(steps):
        found.append(agent_event("STATE_CHANGE", seconds, now, before))
    return found


LOGIN = agent_event("LOGIN", 0, snapshot(READY))
LOGOUT = agent_event("LOGOUT", 600, snapshot(status("Offline", 600, "OFFLINE")))
TALK = {"ConnectedToAgentTimestamp": at(25)}
HANDLED = story(
    (0, snapshot(READY)),
    (16, snapshot(READY, contact("CONNECTING", 16))),
    (25, snapshot(READY, contact("CONNECTED", 25, **TALK))),
    (40, snapshot(READY, contact("CONNECTED_ONHOLD", 40, **TALK))),
    (50, snapshot(READY, contact("CONNECTED", 50, **TALK))),
    (95.012, snapshot(READY, contact("ENDED", 95.012, **TALK))),
    (100.017, snapshot(READY)),
)


def test_a_handled_call_gives_exactly_these_events() -> None:
    """Ring, answer, hold, end and wrap-up, each from the difference of two snapshots."""
    names = ("event_id", "event_time_ms", "agent_id", "queue", "wait_ms", "hold_ms", "acw_ms")
    by = {"agent_id": "a1", "queue": "q1"}
    wrap_up = {"type": "contact.wrap_up_started", "event_id": "c1:wrap_up_started",
               "event_time_ms": T0 + 95_012, **by}  # fmt: skip
    assert rows(read(HANDLED), *names) == [
        {"type": "contact.queued", "event_id": "c1:queued", "event_time_ms": T0 + 10_000,
         "queue": "q1"},
        {"type": "contact.agent_offered", "event_id": f"c1:a1:offered:{T0 + 16_000}",
         "event_time_ms": T0 + 16_000, **by},
        {"type": "contact.answered", "event_id": "c1:answered", "event_time_ms": T0 + 25_000,
         **by, "wait_ms": 15_000},
        {"type": "contact.hold_started", "event_id": f"c1:hold:{T0 + 40_000}",
         "event_time_ms": T0 + 40_000, **by},
        {"type": "contact.hold_ended", "event_id": f"c1:hold:{T0 + 40_000}:ended",
         "event_time_ms": T0 + 50_000, **by, "hold_ms": 10_000},
        {"type": "contact.answered", "event_id": "c1:answered", "event_time_ms": T0 + 25_000,
         **by, "wait_ms": 15_000},
        {"type": "contact.ended", "event_id": "c1:ended", "event_time_ms": T0 + 95_012, **by},
        wrap_up,
        wrap_up,
        {"type": "contact.wrap_up_ended", "event_id": "c1:wrap_up_ended",
         "event_time_ms": T0 + 100_017, **by, "acw_ms": 5_005},
    ]  # fmt: skip


def test_wrap_up_lasts_to_the_change_whose_snapshot_lacks_the_contact() -> None:
    """5.005 s, as in the vendor's own example; in any order, and told twice."""
    for seed in range(20):
        told = [*HANDLED, *HANDLED]
        random.Random(seed).shuffle(told)
        found = kpis(read(told))
        assert (found["contacts_handled"], found["acw_mean_seconds"]) == (1, 5.005)
        assert (found["talk_mean_seconds"], found["hold_mean_seconds"]) == (60.012, 10.0)
        assert found["asa_seconds"]["queue"] == 15.0


def test_a_change_of_the_profile_during_wrap_up_does_not_end_it() -> None:
    """The contact is in both snapshots, unchanged."""
    ended = snapshot(READY, contact("ENDED", 95.012, **TALK))
    profile = {**ended, "Configuration": {**CONFIGURATION, "RoutingProfile": None}}
    assert read([agent_event("STATE_CHANGE", 97, profile, ended)]) == []


def states(bodies: list[Any], seconds: float) -> dict[str, Any]:
    """How many agents are in each state; those in none are left out."""
    total = look(read(bodies), T0 + round(seconds * 1000)).windows["whole"].total
    found: dict[str, Any] = {name: total[f"agents_{name}"] for name in STATES}
    found["paused"] = sum(found["paused"].values())
    return {name: count for name, count in found.items() if count}


def test_an_agent_on_a_call_is_on_contact_though_the_status_says_available() -> None:
    """The status is what the agent chose and does not change with a call."""
    assert states([LOGIN], 5) == {"available": 1}
    assert states([LOGIN, *HANDLED[:1]], 20) == {"ringing": 1}
    assert states([LOGIN, *HANDLED[:2]], 30) == {"on_contact": 1}
    assert states([LOGIN, *HANDLED[:3]], 45) == {"on_contact": 1}
    assert states([LOGIN, *HANDLED[:5]], 97) == {"in_wrap_up": 1}
    assert states([LOGIN, *HANDLED], 110) == {"available": 1}


def test_heartbeats_after_the_log_off_do_not_bring_the_agent_back() -> None:
    """They come for up to an hour, with whatever status the agent had."""
    beats = [agent_event("HEART_BEAT", 600 + 120 * n, snapshot(READY), snapshot(READY))
             for n in range(1, 30)]  # fmt: skip
    assert states([LOGIN, LOGOUT, *beats], 700) == {}
    assert states([LOGIN, LOGOUT, *beats], 4_000) == {}
    offline = snapshot(status("Offline", 600, "OFFLINE"))
    adapter = source()
    assert read([agent_event("HEART_BEAT", 720, offline, offline)], adapter) == []
    assert dict(adapter.ignored) == {"HEART_BEAT offline": 1}


def test_a_log_in_tells_team_queues_and_slots() -> None:
    """The lowest group is the team; the agent's own queue is none; free slots are not used."""
    first, second = read([LOGIN], source(queues={"q1": "Ventes"}))
    assert msgspec.to_builtins(first) == {
        "type": "agent.login", "v": 1, "event_id": "LOGIN-0", "source": "connect",
        "event_time_ms": T0, "agent_id": "a1", "session_id": "LOGIN-0", "team": "Team blue",
        "queues": ["Ventes"], "channels": {"chat": {"max": 3, "used": 1}, "voice": {"used": 0}},
    }  # fmt: skip
    assert isinstance(second, ev.AgentState)
    assert (second.state, second.label) == ("available", "Available")


def test_a_new_status_counts_from_when_it_was_chosen() -> None:
    """A pause has the status's own name as label; others are classed by the settings."""
    change = story((0, snapshot(READY)), (301, snapshot(LUNCH)))
    names = ("event_id", "event_time_ms", "state", "label", "slots")
    assert rows(read(change), *names) == [
        {"type": "agent.state", "event_id": f"a1:state:{T0 + 300_000}",
         "event_time_ms": T0 + 300_000, "state": "pause", "label": "Lunch",
         "slots": {"chat": {"max": 3, "used": 1}, "voice": {"used": 0}}}
    ]  # fmt: skip
    assert rows(read(change, source(states={"lunch": "other"})), "state") == [
        {"type": "agent.state", "state": "other"}
    ]
    assert states([LOGIN, *change], 310) == {"paused": 1}


@pytest.mark.parametrize(
    ("name", "wanted"), [("Available", "available"), ("Offline", "offline"), ("Tea", "pause")]
)
def test_a_status_without_a_type_is_known_by_its_name(name: str, wanted: str) -> None:
    """Older versions of the stream have no Type."""
    change = story((0, snapshot(status("x", 0))), (9, snapshot(status(name, 9))))
    assert rows(read(change), "state") == [{"type": "agent.state", "state": wanted}]


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (contact("MISSED", 36), "timeout"),
        (contact("REJECTED", 36), "rejected"),
        (contact("ERROR", 36), "error"),
        (contact("ENDED", 36), "canceled"),
        (None, "canceled"),
    ],
)
def test_a_ring_that_is_not_answered_is_missed(after: Any, outcome: str) -> None:
    """What the customer ended, or what was withdrawn, counts against nobody."""
    then = snapshot(READY) if after is None else snapshot(READY, after)
    told = story((0, snapshot(READY)), (16, snapshot(READY, contact("INCOMING", 16))),
                 (17, snapshot(READY, contact("CONNECTING", 17))), (36, then))  # fmt: skip
    assert rows(read(told), "offer_id", "outcome", "event_time_ms")[1:] == [
        {"type": "contact.agent_offered", "offer_id": "c1:a1", "event_time_ms": T0 + 16_000},
        {"type": "contact.agent_offer_missed", "offer_id": "c1:a1", "outcome": outcome,
         "event_time_ms": T0 + 36_000},
    ]  # fmt: skip
    assert kpis([*read(CALL[:2]), *read(told)], T0 + 40_000)["contacts_waiting"] == 1


def test_an_outgoing_call_is_no_offer_and_enters_no_queue() -> None:
    """The example of the vendor's guide: 5.005 s of wrap-up after a call that the agent made."""
    out = {"InitiationMethod": "OUTBOUND", "QueueTimestamp": None, **TALK}
    told = story(
        (0, snapshot(READY)),
        (16, snapshot(READY, contact("CONNECTING", 16, InitiationMethod="OUTBOUND"))),
        (25, snapshot(READY, contact("CONNECTED", 25, **out))),
        (31, snapshot(READY, contact("ENDED", 31, **out))),
        (36.005, snapshot(READY)),
    )
    assert rows(read(told), "wait_ms")[0] == {"type": "contact.answered", "wait_ms": 0}
    assert rows(read(told), "direction", "acw_ms")[-1] == {
        "type": "contact.wrap_up_ended", "direction": "out", "acw_ms": 5_005,
    }  # fmt: skip
    assert states([LOGIN, *told[:2]], 28) == {"on_contact": 1}
    found = kpis(read(told))
    assert (found["contacts_offered"], found["contacts_waiting"]) == (0, 0)


def test_stream_and_contact_events_of_one_call_are_one_call() -> None:
    """Each feed alone and both together give the same figures; the events tell the whole times."""
    for seed in range(20):
        told = [*CALL, *HANDLED]
        random.Random(seed).shuffle(told)
        found = kpis(read(told))
        assert (found["contacts_offered"], found["contacts_answered"]) == (1, 1)
        assert (found["contacts_handled"], found["asa_seconds"]["queue"]) == (1, 15.0)
        assert (found["talk_mean_seconds"], found["hold_mean_seconds"]) == (60.0, 10.0)
        assert found["acw_mean_seconds"] == 20.0


def test_a_supervisor_who_listens_in_is_no_contact() -> None:
    """MONITOR is left out and counted."""
    adapter = source()
    listens = contact("CONNECTED", 9, InitiationMethod="MONITOR")
    told = story((0, snapshot(READY)), (9, snapshot(READY, listens)))
    assert read(told, adapter) == []
    assert dict(adapter.ignored) == {"initiationMethod MONITOR": 1}


def test_an_event_of_the_stream_that_nobody_knows_is_refused() -> None:
    """LOGIN, LOGOUT, STATE_CHANGE and HEART_BEAT are all."""
    (found,) = read([agent_event("DANCE", 1, snapshot(READY))])
    assert isinstance(found, Refused)
    assert found.reason == Reason.UNMAPPED_SOURCE
