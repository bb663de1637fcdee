"""Asterisk's manager events: literal blocks to literal events, and laws that hold for any input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators import events as ev
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused, SourceLine, SourceSettingsError
from tests.streams.sources.ami_reading import (
    AGENT,
    CALL,
    SECRET,
    T0,
    ami,
    block,
    complete,
    connect,
    join,
    leave,
    read,
    told,
    total,
)


def test_the_sample_becomes_a_waiting_leg() -> None:
    """The block of a caller who joins gives one queued event with the ids of the call."""
    text = """Event: QueueCallerJoin
Uniqueid: 1717397243.239826
Linkedid: 1717397243.239826
Queue: 1501
Position: 1
Count: 1
CallerIDNum: 9031396745
"""
    [event] = read(text)
    assert msgspec.to_builtins(event) == {
        "type": "contact.queued", "v": 1, "event_id": "1717397243.239826:1501:queued",
        "source": "pbx", "event_time_ms": 1717397243000, "time_quality": "arrival",
        "contact_id": "1717397243.239826", "leg_id": "1717397243.239826:1501",
        "channel": "voice", "queue": "1501", "position": 1,
        "customer_key": customer_key(SECRET, "9031396745"),
    }  # fmt: skip


def test_an_answered_call_is_told_to_its_end() -> None:
    """Joining, ringing, a missed ring, an answer, a hold and the end, each with its literal
    times; the whole folds to one call answered after 12 s and talked for 120 s."""
    second = {**AGENT, "MemberName": "Ben", "DestUniqueid": "d2", "Interface": "PJSIP/7010"}
    story = read(
        join(0)
        + block("AgentCalled", 1, CALL, second)
        + block("AgentRingNoAnswer", 6, CALL, second, RingTime="5000")
        + block("AgentCalled", 7, CALL, AGENT)
        + leave(12)
        + connect(12.001, 12, 5)
        + block("Hold", 20, {"Uniqueid": AGENT["DestUniqueid"]})
        + block("Unhold", 30, {"Uniqueid": AGENT["DestUniqueid"]})
        + complete(132, 12, 120)
    )
    names = ("agent_id", "outcome", "wait_ms", "ring_ms", "talk_ms", "ended_by", "offer_id")
    assert told(story, *names) == [
        {"type": "contact.queued"},
        {"type": "contact.agent_offered", "agent_id": "Ben", "offer_id": "d2"},
        {"type": "contact.agent_offer_missed", "agent_id": "Ben", "outcome": "timeout",
         "ring_ms": 5000, "offer_id": "d2"},
        {"type": "contact.agent_offered", "agent_id": "Anna", "offer_id": "1717397259.239827"},
        {"type": "contact.answered", "agent_id": "Anna", "wait_ms": 12000, "ring_ms": 5000,
         "offer_id": "1717397259.239827"},
        {"type": "contact.hold_started"},
        {"type": "contact.hold_ended"},
        {"type": "contact.ended", "agent_id": "Anna", "talk_ms": 120000, "ended_by": "customer"},
    ]  # fmt: skip
    assert total(story, 6)["contacts_waiting"] == 1
    figures = total(story, 200)
    assert (figures["contacts_waiting"], figures["contacts_answered"]) == (0, 1)
    assert (figures["contacts_abandoned"], figures["contacts_handled"]) == (0, 1)
    assert figures["asa_seconds"]["queue"] == 12.0
    assert figures["talk_mean_seconds"] == 120.0


@pytest.mark.parametrize("leave_first", [True, False])
def test_leaving_is_no_outcome(leave_first: bool) -> None:
    """A leave before or after the abandonment changes nothing: one abandonment, wait 11 s."""
    parts = [
        leave(11), block("QueueCallerAbandon", 11, CALL, HoldTime="11", OriginalPosition="1",
                         Position="1"),
    ]  # fmt: skip
    story = read(join(0) + "".join(parts if leave_first else reversed(parts)))
    assert told(story, "wait_ms", "stage") == [
        {"type": "contact.queued"},
        {"type": "contact.abandoned", "wait_ms": 11000, "stage": "queue"},
    ]
    assert total(story, 60)["contacts_abandoned"] == 1


def test_a_leave_that_nobody_explains_becomes_a_way_out() -> None:
    """With neither answer nor abandonment within 5 s the leg flows out at the leave."""
    source = ami()
    begun = read(join(0) + leave(30), source, end=False)
    assert told(begun) == [{"type": "contact.queued"}]
    assert list(source.due((T0 + 34) * 1000)) == []
    [event] = source.due((T0 + 35) * 1000)
    assert told([event], "reason", "event_time_ms") == [
        {"type": "contact.flow_out", "reason": "other", "event_time_ms": (T0 + 30) * 1000}
    ]
    assert list(source.due((T0 + 99) * 1000)) == []


def test_an_answer_after_the_way_out_takes_it_back() -> None:
    """Announced to an agent for 9 s, the call is answered once and has not flowed out."""
    source = ami()
    begun = read(join(0) + leave(30), source, end=False)
    story = [*begun, *source.due((T0 + 36) * 1000)]
    story += read(connect(39, 30) + complete(49, 30, 10), source)
    assert told(story, "retracted", "revision") == [
        {"type": "contact.queued"},
        {"type": "contact.flow_out"},
        {"type": "contact.flow_out", "retracted": True, "revision": 1},
        {"type": "contact.answered"},
        {"type": "contact.ended"},
    ]
    figures = total(story, 60)
    assert (figures["contacts_answered"], figures["contacts_handled"]) == (1, 1)
    assert figures["contacts_offered"] == 1


def test_an_abandonment_after_the_way_out_takes_it_back() -> None:
    """Told late, the abandonment is the only exit that stands."""
    source = ami()
    begun = read(join(0) + leave(30), source, end=False)
    story = [*begun, *source.due((T0 + 36) * 1000)]
    story += read(block("QueueCallerAbandon", 39, CALL, HoldTime="30"), source)
    assert told(story, "retracted") == [
        {"type": "contact.queued"},
        {"type": "contact.flow_out"},
        {"type": "contact.flow_out", "retracted": True},
        {"type": "contact.abandoned"},
    ]
    assert total(story, 60)["contacts_abandoned"] == 1


def test_the_same_queue_twice_is_two_stays() -> None:
    """A caller who is sent back into the same queue at once has two legs in one contact."""
    story = read(join(0) + leave(60) + join(60.5) + connect(70, 9))
    assert told(story, "leg_id", "contact_id") == [
        {"type": kind, "leg_id": leg, "contact_id": "1717397243.239826"}
        for kind, leg in (
            ("contact.queued", "1717397243.239826:1501"),
            ("contact.flow_out", "1717397243.239826:1501"),
            ("contact.queued", "1717397243.239826:1501#2"),
            ("contact.answered", "1717397243.239826:1501#2"),
        )
    ]


def test_a_transfer_ends_the_agents_part() -> None:
    """Reason transfer is a transfer, attended where the manager told so before."""
    attended = block("AttendedTransfer", 40, {"TransfereeUniqueid": CALL["Uniqueid"]})
    for before, kind in (("", "blind"), (attended, "attended")):
        story = read(join(0) + connect(12, 12) + before + complete(50, 12, 38, "transfer"))
        assert told(story, "kind", "talk_ms")[-1] == {
            "type": "contact.transferred", "kind": kind, "talk_ms": 38000,
        }  # fmt: skip


def test_an_end_alone_tells_the_answer_too() -> None:
    """A call answered before we listened: its end says how long it waited and talked."""
    story = read(complete(200, 12, 120, "agent"))
    assert told(story, "event_time_ms", "wait_ms", "talk_ms") == [
        {"type": "contact.answered", "event_time_ms": (T0 + 80) * 1000, "wait_ms": 12000},
        {"type": "contact.ended", "event_time_ms": (T0 + 200) * 1000, "talk_ms": 120000},
    ]


def test_members_are_told_when_something_changes() -> None:
    """Joining, a pause in all queues, its end, a phone that is gone, leaving; repeats are not."""
    anna = {"MemberName": "Anna", "Interface": "PJSIP/7009", "Status": "1", "Paused": "0"}
    one, two = anna | {"Queue": "a"}, anna | {"Queue": "b"}
    lunch = {"Paused": "1", "PausedReason": "lunch"}
    story = read(
        block("QueueMemberAdded", 0, one) + block("QueueMemberAdded", 0, two)
        + block("QueueMemberPause", 10, one, lunch) + block("QueueMemberPause", 10, two, lunch)
        + block("QueueMemberStatus", 11, one, lunch) + block("QueueMemberPause", 20, one)
        + block("QueueMemberStatus", 30, one, Status="5") + block("QueueMemberRemoved", 40, one)
    )  # fmt: skip
    assert told(story, "queues", "state", "reason", "label") == [
        {"type": "agent.login", "queues": ["a"]},
        {"type": "agent.login", "queues": ["b"]},
        {"type": "agent.state", "state": "pause", "reason": "lunch"},
        {"type": "agent.state", "state": "available"},
        {"type": "agent.state", "state": "other", "label": "Unavailable"},
        {"type": "agent.logout", "queues": ["a"]},
    ]


def test_names_that_nobody_knows_are_refused_and_known_ones_are_left_out() -> None:
    """Newchannel is counted and dropped; an unknown event is refused, unless it is to be
    ignored; a block that is none is refused. No refusal holds a number or a name of a caller."""
    person = {"CallerIDNum": "33612345678", "CallerIDName": "Jean Valjean", "ConnectedLineNum": "9"}
    text = (
        block("Newchannel", 0, person) + block("Mystery", 0, person, Queue="1501")
        + "Jean Valjean 33612345678\r\nCallerIDNum: 33612345678\r\n\r\n"
    )  # fmt: skip
    source = ami()
    found = read(text, source)
    assert source.ignored == {"Newchannel": 1}
    assert [item.reason for item in found] == [Reason.UNMAPPED_SOURCE, Reason.MALFORMED_SOURCE]
    assert found[0].position == "pbx:7"
    for item in found:
        assert "336" not in item.body + item.detail
        assert "Jean" not in item.body + item.detail
    assert read(text, ami(ignore=["mystery"])) == found[1:]


def test_settings_that_nothing_reads_are_refused() -> None:
    """A wrong setting is told with its path."""
    with pytest.raises(SourceSettingsError, match=r"sources\.pbx\.hots: unknown setting"):
        ami(hots="127.0.0.1")
    with pytest.raises(SourceSettingsError, match=r"sources\.pbx\.ignore: must be a list"):
        ami(ignore="Mystery")


def test_names_of_settings_go_into_the_events() -> None:
    """Queues and agents get the names that the settings have for them."""
    source = ami(queues={"1501": "Sales"}, agents={"Anna": "a-7"}, feed="asterisk:pbx1")
    story = read(join(0) + connect(12, 12), source)
    assert told(story, "queue", "agent_id", "source") == [
        {"type": "contact.queued", "queue": "Sales", "source": "asterisk:pbx1"},
        {"type": "contact.answered", "queue": "Sales", "agent_id": "a-7",
         "source": "asterisk:pbx1"},
    ]  # fmt: skip


def test_the_recorded_calls_are_read_without_a_refusal(shared_data: Path) -> None:
    """Five recorded calls hold one queue event: abandoned after 11 s; the rest is left out."""
    found: list[Any] = []
    for path in sorted((shared_data / "asterisk_ami_cacofonisk").glob("*.json")):
        source = ami()
        for number, event in enumerate(json.loads(path.read_text()), start=1):
            found += source.feed(SourceLine(number, json.dumps(event)))
        found += source.finish()
    assert told(found, "wait_ms", "time_quality", "position") == [
        {"type": "contact.abandoned", "wait_ms": 11000, "time_quality": "arrival", "position": 1}
    ]


STORY = (
    join(0) + block("AgentCalled", 1, CALL, AGENT) + leave(12) + connect(12.001, 12)
    + block("Hold", 20, {"Uniqueid": AGENT["DestUniqueid"]}) + complete(132, 12, 120)
)  # fmt: skip
EXPECTED = read(STORY)


@given(
    st.lists(st.sampled_from(["upper", "lower", "title"]), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_order_and_case_of_headers_and_unknown_headers_change_nothing(
    cases: list[str], chance: Any
) -> None:
    """The headers of a block in any order and any case, with others between them, as text or as
    JSON, give the same events."""
    source = ami()
    found: list[Any] = []
    for number, text in enumerate(STORY.split("\r\n\r\n")[:-1]):
        headers = [line.split(": ", 1) for line in text.split("\r\n")]
        case = cases[number % len(cases)]
        headers = [[getattr(name, case)(), value] for name, value in headers]
        headers.append(["X-Unknown", "33612345678"])
        chance.shuffle(headers)
        if number % 2:
            lines = [json.dumps(dict(headers))]
        else:
            lines = [*(": ".join(header) for header in headers), ""]
        for line in lines:
            found += source.feed(SourceLine(1, line))
    assert [*found, *source.finish()] == EXPECTED


@given(st.lists(st.text(max_size=60) | st.sampled_from(STORY.split("\n")), max_size=60))
def test_no_text_makes_it_raise(lines: list[str]) -> None:
    """Whatever lines come, in whatever order, there are only events and refusals."""
    source = ami()
    found: list[Any] = []
    for number, line in enumerate(lines, start=1):
        found += source.feed(SourceLine(number, line))
    found += [*source.due(T0 * 1000), *source.finish()]
    assert all(isinstance(item, ev.Envelope | Refused) for item in found)


@given(
    st.lists(st.sampled_from(STORY.split("\r\n\r\n")[:-1]), max_size=12),
    st.dictionaries(
        st.sampled_from(["Uniqueid", "Queue", "HoldTime", "Timestamp", "Position", "RingTime"]),
        st.text(max_size=140) | st.sampled_from(["-1", "1e400", "99999999999999999999", "nan"]),
        max_size=3,
    ),
)  # fmt: skip
def test_no_mutation_of_a_block_makes_it_raise(texts: list[str], changed: dict[str, str]) -> None:
    """Blocks that are missing, repeated, out of order, with any values: events and refusals,
    and one id is never two facts."""
    source = ami()
    found: list[Any] = []
    for text in texts:
        headers = dict(line.split(": ", 1) for line in text.split("\r\n")) | changed
        found += source.feed(SourceLine(1, json.dumps(headers)))
    found += source.finish()
    assert all(isinstance(item, ev.Envelope | Refused) for item in found)
    facts: dict[tuple[str, int], Any] = {}
    for item in found:
        if isinstance(item, ev.ContactEvent):
            assert facts.setdefault((item.event_id, item.revision), item) == item
