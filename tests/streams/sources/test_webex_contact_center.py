"""Webhook bodies of Webex Contact Center: tasks tell the wait and the end, agents the rest.

The bodies are built of the field names that public samples show; none comes from a real tenant.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.board import board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused, SourceLine, SourceSettingsError
from streams.sources.webex_contact_center import WebexContactCenter
from streams.sources.webex_contact_center_tasks import MAX_TASKS, Tasks

SECRET = b"a secret of the test"
T0 = 1_717_372_800_000  # 2024-06-03T00:00:00Z


def body(event: str, at_s: float, **data: Any) -> dict[str, Any]:
    base = {"taskId": "t1", "createdTime": T0 + round(at_s * 1000)}
    return {
        "id": f"n-{event}-{at_s}", "specversion": "1.0", "source": "/com/cisco/wxcc/s1",
        "comciscoorgid": "org", "type": event, "data": {**base, **data},
    }  # fmt: skip


def task(event: str, at_s: float, **data: Any) -> dict[str, Any]:
    call = {"channelType": "telephony", "direction": "INBOUND", "origin": "+33123456789",
            "destination": "+33987654321"}  # fmt: skip
    return body(event, at_s, **{**call, **data})


def agent(state: str, at_s: float, **data: Any) -> dict[str, Any]:
    base = {"agentId": "a1", "teamId": "tm", "queueId": "q1", "channelType": "telephony"}
    return body("agent:channel_state_change", at_s, **{**base, "currentState": state, **data})


CALL = [
    task("task:new", 0),
    task("task:parked", 1, queueId="q1"),
    agent("ringing", 9),
    agent("not-responding", 24),
    task("task:parked", 24.5, queueId="q1"),
    agent("ringing", 27, agentId="a2"),
    task("task:connect", 27, queueId="q1"),
    agent("connected", 31, agentId="a2"),
    task("task:connected", 31, queueId="q1"),
    agent("on-hold", 60, agentId="a2"),
    agent("hold-done", 80, agentId="a2"),
    task("task:ended", 151, queueId="q1", reason="Agent Left", terminatingParty="Agent"),
    agent("wrapup", 151, agentId="a2"),
    agent("wrapup-done", 171, agentId="a2"),
]
HUNG_UP = [
    task("task:new", 0),
    task("task:parked", 1, queueId="q1"),
    task("task:ended", 35, queueId="q1", reason="Customer Left", terminatingParty="Customer"),
]


def source(**given: Any) -> WebexContactCenter:
    return WebexContactCenter("webex", given, file="hooks.jsonl", secret=SECRET)


def read(
    bodies: Iterable[Any], adapter: WebexContactCenter | None = None
) -> list[ev.Envelope | Refused]:
    adapter = adapter or source()
    found: list[ev.Envelope | Refused] = []
    for number, one in enumerate(bodies, start=1):
        found += adapter.feed(SourceLine(number, json.dumps(one)))
    return found


def rows(found: Iterable[ev.Envelope | Refused], *names: str) -> list[dict[str, Any]]:
    told = []
    for event in found:
        assert isinstance(event, ev.Envelope), event
        row = msgspec.to_builtins(event)
        told.append({name: row[name] for name in ("type", *names) if name in row})
    return told


def kpis(found: Iterable[ev.Envelope | Refused], topic: str = "calls") -> dict[str, Any]:
    """Fold events in the order given, and look at all queues."""
    policy = QueuePolicy(threshold_ms=20_000, short_limit_ms=0)
    rules = Rules(channels=dict.fromkeys(("voice", "chat"), policy), retention_ms=None)
    shard = Shard(topic, 0, rules)
    for event in found:
        assert isinstance(event, ev.Envelope), event
        if ev.topic_of(event) == topic:
            shard.apply(event, event.event_time_ms)
    total: dict[str, Any] = dict(
        board([shard], T0 + 600_000, rules, ["whole"]).windows["whole"].total
    )
    return {
        "offered": total["contacts_offered"], "answered": total["contacts_answered"],
        "abandoned": total["contacts_abandoned"], "talk": total["talk_mean_seconds"],
        "hold": total["hold_mean_seconds"], "left_after": total["abandon_wait_mean_seconds"],
        "wait": (total["asa_seconds"] or {}).get("queue"), "busy": total["contacts_in_progress"],
    }  # fmt: skip


def test_a_call_with_a_ring_in_vain_gives_exactly_these_events() -> None:
    """Put back into its queue it goes on waiting: told again, the wait has the same id."""
    key = customer_key(SECRET, "+33123456789")
    call = {"contact_id": "webex:t1", "channel": "voice"}
    leg = {**call, "leg_id": "q1", "queue": "q1"}
    names = ("event_id", "event_time_ms", "contact_id", "channel", "leg_id", "queue", "agent_id",
             "customer_key", "outcome", "ended_by")  # fmt: skip
    assert rows(read(CALL), *names) == [
        {"type": "contact.created", "event_id": "t1:created", "event_time_ms": T0, **call,
         "customer_key": key},
        {"type": "contact.queued", "event_id": "t1:q1:queued", "event_time_ms": T0 + 1_000, **leg,
         "customer_key": key},
        {"type": "contact.agent_offered", "event_id": f"t1:a1:{T0 + 9_000}:offered",
         "event_time_ms": T0 + 9_000, **leg, "agent_id": "a1"},
        {"type": "contact.agent_offer_missed", "event_id": f"t1:a1:{T0 + 9_000}:missed",
         "event_time_ms": T0 + 24_000, **leg, "agent_id": "a1", "outcome": "timeout"},
        {"type": "contact.queued", "event_id": "t1:q1:queued", "event_time_ms": T0 + 24_500, **leg,
         "customer_key": key},
        {"type": "contact.agent_offered", "event_id": f"t1:a2:{T0 + 27_000}:offered",
         "event_time_ms": T0 + 27_000, **leg, "agent_id": "a2"},
        {"type": "contact.answered", "event_id": "t1:q1:answered", "event_time_ms": T0 + 31_000,
         **leg, "agent_id": "a2"},
        {"type": "contact.hold_started", "event_id": f"t1:q1:a2:on-hold:{T0 + 60_000}",
         "event_time_ms": T0 + 60_000, **leg, "agent_id": "a2"},
        {"type": "contact.hold_ended", "event_id": f"t1:q1:a2:hold-done:{T0 + 80_000}",
         "event_time_ms": T0 + 80_000, **leg, "agent_id": "a2"},
        {"type": "contact.ended", "event_id": "t1:ended", "event_time_ms": T0 + 151_000, **call,
         "customer_key": key, "ended_by": "agent"},
        {"type": "contact.wrap_up_started", "event_id": f"t1:q1:a2:wrapup:{T0 + 151_000}",
         "event_time_ms": T0 + 151_000, **leg, "agent_id": "a2"},
        {"type": "contact.wrap_up_ended", "event_id": f"t1:q1:a2:wrapup-done:{T0 + 171_000}",
         "event_time_ms": T0 + 171_000, **leg, "agent_id": "a2"},
    ]  # fmt: skip


def test_the_fold_of_the_call_has_its_wait_talk_and_hold() -> None:
    """Waited 30 s from the first queueing, talked 100 s, held 20 s; nothing is left open."""
    assert kpis(read(CALL)) == {
        "offered": 1, "answered": 1, "abandoned": 0, "talk": 100.0, "hold": 20.0,
        "left_after": None, "wait": 30.0, "busy": 0,
    }  # fmt: skip


def test_a_customer_who_hangs_up_in_the_queue_abandons() -> None:
    """After 34 s."""
    found = read(HUNG_UP)
    assert rows(found, "event_id", "stage", "leg_id")[-1] == {
        "type": "contact.abandoned", "event_id": "t1:left", "stage": "queue", "leg_id": "q1",
    }  # fmt: skip
    assert kpis(found)["abandoned"] == 1
    assert kpis(found)["left_after"] == 34.0


@pytest.mark.parametrize(
    ("bodies", "last"),
    [
        ([task("task:new", 0), task("task:ended", 5, terminatingParty="Customer")],
         {"type": "contact.abandoned", "stage": "ivr"}),
        ([task("task:ended", 5, terminatingParty="Customer")],
         {"type": "contact.ended", "ended_by": "customer"}),
        ([*HUNG_UP[:2], task("task:ended", 60, terminatingParty="System", reason="Flow ended")],
         {"type": "contact.flow_out", "reason": "other", "leg_id": "q1"}),
        ([*HUNG_UP[:2], task("task:failed", 60)],
         {"type": "contact.flow_out", "reason": "error", "leg_id": "q1"}),
        ([*HUNG_UP[:2], agent("connected", 9), task("task:parked", 60, queueId="q2"),
          task("task:ended", 90, terminatingParty="Customer")],
         {"type": "contact.abandoned", "stage": "queue", "leg_id": "q2"}),
    ],
)  # fmt: skip
def test_how_a_task_ended_follows_from_what_was_heard_of_it(
    bodies: list[Any], last: dict[str, Any]
) -> None:
    """A task of which nothing is known claims no abandon."""
    assert rows(read(bodies), "stage", "ended_by", "reason", "leg_id")[-1] == last


def test_the_end_after_a_callback_nobody_took_is_no_end() -> None:
    """Ended by the system because of RONA: the task is in its queue again."""
    adapter = source()
    end = task("task:ended", 40, terminatingParty="System", reason="RONA Timer Expired")
    assert len(read([*HUNG_UP[:2], end], adapter)) == 2
    assert adapter.ignored == {"task:ended after RONA": 1}


def test_an_answer_that_arrives_after_the_end_takes_the_abandon_back() -> None:
    """Whatever the order of arrival of the end and the answer, the figures are the same."""
    late = [
        *HUNG_UP[:2],
        task("task:ended", 100, terminatingParty="Customer"),
        agent("connected", 9),
    ]
    expected = kpis(read([late[0], late[1], late[3], late[2]]))
    assert expected == {**expected, "answered": 1, "abandoned": 0, "talk": 91.0, "busy": 0}
    assert kpis(read(late)) == expected


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_figures_do_not_depend_on_the_order_of_arrival(order: tuple[int, ...]) -> None:
    """Four bodies of one answered call, in any order, and each twice."""
    call = [HUNG_UP[0], HUNG_UP[1], agent("connected", 9), CALL[11]]
    bodies = [call[at] for at in order]
    assert kpis(read([*bodies, *bodies])) == {
        "offered": 1, "answered": 1, "abandoned": 0, "talk": 142.0, "hold": 0.0,
        "left_after": None, "wait": 8.0, "busy": 0,
    }  # fmt: skip


def test_all_events_of_a_chat_carry_its_channel() -> None:
    """Also those of the older agent events, which do not say it."""
    chat = [
        task("task:new", 0, channelType="chat", origin="jane@example.com"),
        task("task:parked", 1, channelType="chat", queueId="q1"),
        body("agent:state_change", 9, agentId="a1", queueId="q1", currentState="connected"),
    ]
    assert {ev.topic_of(one) for one in read(chat) if isinstance(one, ev.Envelope)} == {"chats"}
    assert kpis(read(chat), "chats")["answered"] == 1


def test_agents_log_in_and_have_states() -> None:
    """States on a task are not states of the agent; names come from the settings."""
    adapter = source(agents={"a1": "Alex"}, teams={"tm": "Blue"}, states={"lunch": "pause"})
    found = read(
        [
            body("agent:login", 0, agentId="a1", teamId="tm"),
            agent("available", 1, taskId=None),
            agent("idle", 2, taskId=None, idleCodeName="Meeting"),
            agent("lunch", 3, taskId=None),
            body("agent:channelType_state_change", 4, agentId="a1", currentState="Engaged"),
            body("agent:logout", 5, agentId="a1"),
        ],
        adapter,
    )
    alex = {"agent_id": "Alex", "team": "Blue"}
    assert rows(found, "agent_id", "team", "state", "label") == [
        {"type": "agent.login", **alex},
        {"type": "agent.state", **alex, "state": "available"},
        {"type": "agent.state", **alex, "state": "pause", "label": "Meeting"},
        {"type": "agent.state", **alex, "state": "pause"},
        {"type": "agent.logout", "agent_id": "Alex"},
    ]
    assert adapter.ignored == {"agent state engaged": 1}


def test_the_paths_may_be_others() -> None:
    """For a tenant whose bodies have other names."""
    other = {"kind": "task:parked", "when": "2024-06-03T00:00:01Z", "t": "t1", "q": 7}
    paths = {"event": "kind", "time": "when", "task": "t", "queue": "q"}
    [event] = read([other], source(paths=paths, queues={"7": "Support"}))
    assert msgspec.to_builtins(event) == {
        "v": 1, "type": "contact.queued", "event_id": "t1:7:queued", "source": "webex",
        "event_time_ms": T0 + 1_000, "contact_id": "webex:t1", "leg_id": "7", "channel": "voice",
        "queue": "Support",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "reason", "detail"),
    [
        ({}, Reason.MISSING_FIELD, "type is missing"),
        (body("task:exploded", 0), Reason.UNMAPPED_SOURCE, "type is none of the known events"),
        (agent("dancing", 0), Reason.UNMAPPED_SOURCE, "data.currentState is no known state"),
        (task("task:new", 0, channelType="smoke"), Reason.UNMAPPED_SOURCE, "set channels"),
        (task("task:new", 0, channelType=None), Reason.MISSING_FIELD, "data.channelType"),
        (task("task:parked", 0), Reason.MISSING_FIELD, "data.queueId is missing"),
        (agent("ringing", 0, queueId=None), Reason.MISSING_FIELD, "data.queueId is missing"),
        (task("task:new", 0, taskId=None), Reason.MISSING_FIELD, "data.taskId is missing"),
        ({"type": "task:new", "data": {"taskId": "t"}}, Reason.MISSING_FIELD, "data.createdTime"),
    ],
)
def test_what_is_not_understood_says_why(one: Any, reason: Reason, detail: str) -> None:
    """The reason, and the field of the body."""
    [refused] = read([one])
    assert isinstance(refused, Refused)
    assert refused.reason is reason
    assert detail in refused.detail


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"paths": 5}, "sources.webex.paths: must map names to paths"),
        ({"paths": {"tsk": "a"}}, "sources.webex.paths.tsk: unknown setting; known here: agent"),
        ({"paths": {"task": 5}}, "sources.webex.paths.task: must be a path"),
        ({"channels": {"fax": "paper"}}, "sources.webex.channels.fax: must be one of voice"),
        ({"states": {"lunch": "away"}}, "sources.webex.states.lunch: must be one of available"),
        ({"path": {}}, "sources.webex.path: unknown setting"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, Any], message: str) -> None:
    """One line with its path."""
    with pytest.raises(SourceSettingsError) as error:
        source(**given)
    assert str(error.value).startswith(message)


def test_what_is_remembered_is_bounded() -> None:
    """The task that was silent for the longest time goes first."""
    tasks = Tasks()
    tasks.seen("old", "chat")
    for number in range(MAX_TASKS - 1):
        tasks.seen(f"t{number}", None)
    assert tasks.seen("old", None).channel == "chat"
    tasks.seen("one more", None)
    assert tasks.seen("old", None).channel == "chat"
    for number in range(MAX_TASKS):
        tasks.seen(f"u{number}", None)
    assert tasks.seen("old", None).channel is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
NAMES = ["taskId", "queueId", "agentId", "createdTime", "channelType", "currentState", "origin",
         "direction", "reason", "terminatingParty"]  # fmt: skip


@given(st.sampled_from(CALL), st.dictionaries(st.sampled_from(NAMES), JSON), JSON)
def test_no_body_makes_the_source_raise(one: Any, changes: dict[str, Any], other: Any) -> None:
    """Any JSON, and any change of any field."""
    for found in read([{**one, "data": {**one["data"], **changes}}, other, {**one, "data": other}]):
        assert isinstance(found, ev.Envelope | Refused)


@settings(max_examples=30)
@given(st.dictionaries(st.text(min_size=1, max_size=8).map("x".__add__), JSON), st.randoms())
def test_unknown_fields_and_the_order_and_case_of_names_change_nothing(
    extra: dict[str, Any], chance: Any
) -> None:
    """The law for every source of bodies."""
    changed = []
    for one in CALL:
        pairs = [(name.upper(), value) for name, value in one["data"].items()]
        chance.shuffle(pairs)
        changed.append({**extra, "Data": {**extra, **dict(pairs)}, "TYPE": one["type"]})
    assert read(changed) == read(CALL)
