"""What a listing of Asterisk repairs after a gap in the connection."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.streams.sources.ami_reading import (
    AGENT,
    CALL,
    T0,
    ami,
    block,
    complete,
    connect,
    join,
    read,
    told,
    total,
)

LISTING = "Response: Success\r\nEventList: start\r\nMessage: Queue status will follow\r\n\r\n"
CHANNELS = "Response: Success\r\nEventList: start\r\nMessage: Channels will follow\r\n\r\n"


def entry(at_s: float, wait_s: int, **call: str) -> str:
    where = {name: CALL[name] for name in ("Uniqueid", "Queue")}  # entries have no Linkedid
    return block("QueueEntry", at_s, where, call, Position="1", Wait=str(wait_s))


def test_a_listing_opens_who_is_not_known_with_the_wait() -> None:
    """An entry that waits 42 s entered 42 s ago, in the contact that the channels tell."""
    linked = block("CoreShowChannel", 100, CALL | {"Linkedid": "1717397200.1"})
    story = read(
        CHANNELS + linked + block("CoreShowChannelsComplete", 100)
        + LISTING + entry(100, 42) + block("QueueStatusComplete", 100) + entry(101, 43)
    )  # fmt: skip
    assert told(story, "event_time_ms", "contact_id", "time_quality") == [
        {"type": "contact.queued", "event_time_ms": (T0 + 58) * 1000,
         "contact_id": "1717397200.1", "time_quality": "second"},
    ]  # fmt: skip
    assert total(story, 100)["contacts_waiting"] == 1


def test_who_is_gone_after_a_gap_does_not_wait_for_ever() -> None:
    """Of two who wait, one is gone after the gap: a ghost, ended when it was seen last; of one
    who is still there nothing is told."""
    source = ami()
    other = {"Uniqueid": "u2", "Linkedid": "u2"}
    before = read(join(0) + block("QueueCallerJoin", 1, CALL | other), source, end=False)
    source.lost((T0 + 20) * 1000)
    after = read(LISTING + entry(90, 89, **other) + block("QueueStatusComplete", 90), source)
    assert told(after, "leg_id", "reason", "event_time_ms") == [
        {"type": "contact.flow_out", "leg_id": "1717397243.239826:1501", "reason": "other",
         "event_time_ms": (T0 + 20) * 1000},
    ]  # fmt: skip
    assert source.ghosts == 1
    assert total([*before, *after], 100)["contacts_waiting"] == 1


def test_who_talked_and_is_gone_after_a_gap_does_not_talk_for_ever() -> None:
    """A caller whose channel is gone has ended; nobody talks any more."""
    source = ami()
    before = read(join(0) + connect(12, 12), source, end=False)
    source.lost((T0 + 20) * 1000)
    after = read(CHANNELS + block("CoreShowChannelsComplete", 90), source)
    assert told(after, "ended_by", "event_time_ms") == [
        {"type": "contact.ended", "ended_by": "system", "event_time_ms": (T0 + 20) * 1000}
    ]
    assert total([*before, *after], 100)["contacts_in_progress"] == 0


def test_a_ghost_that_was_answered_in_the_gap_is_corrected_by_its_end() -> None:
    """Gone from the queue after the gap because an agent has it: its end makes it answered."""
    source = ami()
    before = read(join(0), source, end=False)
    source.lost((T0 + 5) * 1000)
    after = read(LISTING + block("QueueStatusComplete", 60) + complete(90, 12, 78), source)
    assert [row["type"] for row in told(after)] == [
        "contact.flow_out", "contact.flow_out", "contact.answered", "contact.ended",
    ]  # fmt: skip
    figures = total([*before, *after], 100)
    assert (figures["contacts_offered"], figures["contacts_answered"]) == (1, 1)
    assert figures["contacts_waiting"] == 0


def test_a_listing_tells_who_left_a_queue_in_the_gap() -> None:
    """A member who is listed no more has left the queue."""
    source = ami()
    anna = {"Name": "Anna", "Location": "PJSIP/7009", "Status": "1", "Paused": "0", "Queue": "a"}
    first = read(LISTING + block("QueueMember", 0, anna) + block("QueueStatusComplete", 0), source)
    again = read(LISTING + block("QueueMember", 5, anna) + block("QueueStatusComplete", 5), source)
    gone = read(LISTING + block("QueueStatusComplete", 9), source)
    assert [row["type"] for row in told([*first, *again, *gone])] == ["agent.login", "agent.logout"]


def test_who_left_and_came_again_in_the_gap_waits_anew() -> None:
    """An entry that waits 9 s is not the stay that began 90 s ago: that one is a ghost."""
    source = ami()
    before = read(join(0), source, end=False)
    source.lost((T0 + 20) * 1000)
    after = read(LISTING + entry(90, 9) + block("QueueStatusComplete", 90), source)
    assert told(after, "leg_id", "event_time_ms") == [
        {"type": "contact.flow_out", "leg_id": "1717397243.239826:1501",
         "event_time_ms": (T0 + 20) * 1000},
        {"type": "contact.queued", "leg_id": "1717397243.239826:1501#2",
         "event_time_ms": (T0 + 81) * 1000},
    ]  # fmt: skip
    assert source.ghosts == 1
    figures = total([*before, *after], 100)
    assert (figures["contacts_waiting"], figures["longest_wait_seconds"]) == (1, 19.0)


class Pbx:
    """What a false Asterisk knows of four callers; what it tells goes to a source, or nowhere."""

    def __init__(self) -> None:
        self.source = ami()
        self.told: list[Any] = []
        self.joined: dict[str, int] = {}
        self.talking: set[str] = set()
        self.at_s = 0
        self.is_heard = True

    def step(self, what: str, call: str) -> None:
        """Let a second pass and something happen, if it can."""
        self.at_s += 1
        ids = {"Uniqueid": call, "Linkedid": call, "Queue": "1501"}
        if what == "cut" and self.is_heard:
            self.is_heard = False
            self.source.lost((T0 + self.at_s) * 1000)
        elif what == "back" and not self.is_heard:
            self.list_all()
        elif what == "join" and call not in self.joined and call not in self.talking:
            self.joined[call] = self.at_s
            self.tell(block("QueueCallerJoin", self.at_s, ids))
        elif what in ("answer", "abandon", "leave") and call in self.joined:
            wait = {"HoldTime": str(self.at_s - self.joined.pop(call))}
            self.tell(block("QueueCallerLeave", self.at_s, ids))
            if what == "answer":
                self.talking.add(call)
                self.tell(block("AgentConnect", self.at_s, ids, AGENT, wait))
            elif what == "abandon":
                self.tell(block("QueueCallerAbandon", self.at_s, ids, wait))
        elif what == "complete" and call in self.talking:
            self.talking.discard(call)
            wait = {"HoldTime": "1", "TalkTime": "1", "Reason": "agent"}
            self.tell(block("AgentComplete", self.at_s, ids, AGENT, wait))

    def tell(self, text: str) -> None:
        """Send blocks, unless nobody listens."""
        if self.is_heard:
            self.told += read(text, self.source, end=False)

    def list_all(self) -> None:
        """Answer who is there, as after a login."""
        self.is_heard = True
        there = [{"Uniqueid": call, "Linkedid": call} for call in (*self.joined, *self.talking)]
        self.tell(CHANNELS + "".join(block("CoreShowChannel", self.at_s, ids) for ids in there))
        self.tell(block("CoreShowChannelsComplete", self.at_s) + LISTING)
        for call, at_s in self.joined.items():
            self.tell(entry(self.at_s, self.at_s - at_s, Uniqueid=call))
        self.tell(block("QueueStatusComplete", self.at_s))


@settings(max_examples=500)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["join", "answer", "abandon", "leave", "complete", "cut", "back"]),
            st.sampled_from(["c1", "c2", "c3", "c4"]),
        ),
        max_size=60,
    )
)
def test_after_any_gaps_those_wait_who_wait_in_asterisk(steps: list[tuple[str, str]]) -> None:
    """Whatever happened while we listened and while we did not: after the next listing as many
    wait as in Asterisk, nobody longer than there, and nobody talks who is gone."""
    pbx = Pbx()
    for what, call in steps:
        pbx.step(what, call)
    pbx.list_all()
    pbx.told += pbx.source.due((T0 + pbx.at_s + 5) * 1000)
    figures = total(pbx.told, pbx.at_s + 6)
    assert figures["contacts_waiting"] == len(pbx.joined)
    longest_s = max((pbx.at_s + 6 - at_s for at_s in pbx.joined.values()), default=None)
    assert figures["longest_wait_seconds"] == longest_s
    assert figures["contacts_in_progress"] <= len(pbx.talking)
