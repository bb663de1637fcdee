"""FreeSWITCH's mod_callcenter: literal bodies to literal events, and laws for any input."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.board import board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused, SourceLine
from streams.sources.freeswitch import MEMBERS, FreeSwitch

SECRET = b"a secret of the test"
T0 = 1_717_390_000
HEAD = {"Event-Name": "CUSTOM", "Event-Subclass": "callcenter::info"}
CALLER = {
    "CC-Queue": "support@default", "CC-Member-UUID": "4533", "CC-Member-Session-UUID": "b77c",
    "CC-Member-CID-Number": "33612345678", "CC-Member-CID-Name": "Jean Valjean",
}  # fmt: skip
RULES = Rules(
    channels={"voice": QueuePolicy(threshold_ms=20_000, short_limit_ms=10_000)}, retention_ms=None
)


def body(action: str, at_s: float | None = None, /, *parts: dict[str, Any], **more: Any) -> str:
    """A body as mod_event_socket writes it; times are given as seconds of the story."""
    given: dict[str, Any] = {**HEAD, "CC-Action": action}
    if at_s is not None:
        given["Event-Date-Timestamp"] = str(round((T0 + at_s) * 1_000_000))
    for part in (*parts, {name.replace("_", "-"): value for name, value in more.items()}):
        given |= {
            name: str(T0 + value) if name.endswith("-Time") and isinstance(value, int) else value
            for name, value in part.items()
        }
    return json.dumps(given)


def switch(**settings: Any) -> FreeSwitch:
    made = FreeSwitch("fs", settings, file="fs", secret=SECRET)
    made.clock = lambda: T0 * 1000
    return made


def read(bodies: Iterable[str], source: FreeSwitch | None = None) -> list[Any]:
    source = source or switch()
    found: list[Any] = []
    for number, text in enumerate(bodies, start=1):
        found += source.feed(SourceLine(number, text))
    return [*found, *source.finish()]


def told(items: Iterable[Any], *names: str) -> list[dict[str, Any]]:
    rows = []
    for item in items:
        assert isinstance(item, ev.Envelope), item
        row = msgspec.to_builtins(item)
        rows.append({name: row[name] for name in ("type", *names) if name in row})
    return rows


def total(items: Iterable[Any], at_s: float) -> Any:
    """The figures of a story, folded by the core, just before an instant."""
    shard = Shard("calls", 0, RULES)
    for item in items:
        if isinstance(item, ev.ContactEvent) and item.event_time_ms <= (T0 + at_s) * 1000:
            shard.apply(item, item.event_time_ms)
    return board([shard], round((T0 + at_s) * 1000), RULES, ["whole"]).windows["whole"].total


TIMES = {
    "CC-Member-Joined-Time": 9000, "CC-Agent-Called-Time": 10000, "CC-Agent-Answered-Time": 10009,
    "CC-Agent": "1001@default",
}  # fmt: skip
START = body("member-queue-start", 9000.4, CALLER)
OFFER = body("agent-offering", 10000.2, CALLER, {"CC-Agent": "1001@default"})
ANSWER = body("bridge-agent-start", 10009.5, CALLER, TIMES)
END = body("bridge-agent-end", 10100.1, CALLER, TIMES, {"CC-Bridge-Terminated-Time": 10100})
OFF = body(
    "member-queue-end", 10100.2, CALLER, TIMES,
    {"CC-Member-Leaving-Time": 10100, "CC-Cause": "Terminated"},
)  # fmt: skip
STORY = [START, OFFER, ANSWER, END, OFF]


def test_the_sample_alone_tells_wait_ring_and_talk() -> None:
    """The end of a call, shifted into the valid range: wait 1009 s, ring 9 s, talk 91 s."""
    sample = {
        "CC-Queue": "support@default", "CC-Member-UUID": "4533", "CC-Member-Session-UUID": "b77c",
        "CC-Member-Joined-Time": 9000, "CC-Agent-Called-Time": 10000,
        "CC-Agent-Answered-Time": 10009, "CC-Member-Leaving-Time": 10100,
        "CC-Cause": "Terminated",
    }  # fmt: skip
    answered, ended = read([body("member-queue-end", None, sample)])
    head = {
        "v": 1, "source": "fs", "time_quality": "second", "contact_id": "b77c", "leg_id": "4533",
        "channel": "voice", "queue": "support@default",
    }  # fmt: skip
    assert msgspec.to_builtins(answered) == head | {
        "type": "contact.answered", "event_id": "b77c:4533:answered", "agent_id": "unknown",
        "event_time_ms": 1717400009000, "wait_ms": 1_009_000, "ring_ms": 9_000,
    }  # fmt: skip
    assert msgspec.to_builtins(ended) == head | {
        "type": "contact.ended", "event_id": "b77c:4533:ended", "event_time_ms": 1717400100000,
        "talk_ms": 91_000,
    }  # fmt: skip


def test_a_call_is_told_to_its_end_once() -> None:
    """Queue, ring, answer, and two bodies that tell the same end: one call, 1009 s, 91 s."""
    story = read(STORY)
    names = ("event_id", "agent_id", "offer_id", "wait_ms", "ring_ms", "talk_ms", "customer_key")
    offer = "1001@default:1717400000"
    assert told(story, *names) == [
        {"type": "contact.queued", "event_id": "b77c:4533:queued",
         "customer_key": customer_key(SECRET, "33612345678")},
        {"type": "contact.agent_offered", "event_id": f"b77c:4533:offered:{offer}",
         "agent_id": "1001@default", "offer_id": offer},
        {"type": "contact.answered", "event_id": "b77c:4533:answered",
         "agent_id": "1001@default", "offer_id": offer, "wait_ms": 1009000, "ring_ms": 9000},
        {"type": "contact.ended", "event_id": "b77c:4533:ended", "agent_id": "1001@default",
         "talk_ms": 91000},
        {"type": "contact.ended", "event_id": "b77c:4533:ended", "agent_id": "1001@default",
         "talk_ms": 91000},
    ]  # fmt: skip
    assert total(story, 9500)["contacts_waiting"] == 1
    figures = total(story, 10200)
    assert (figures["contacts_waiting"], figures["contacts_in_progress"]) == (0, 0)
    assert (figures["contacts_answered"], figures["contacts_handled"]) == (1, 1)
    assert figures["asa_seconds"]["queue"] == 1009.0
    assert figures["talk_mean_seconds"] == 91.0


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("BREAK_OUT", {"type": "contact.abandoned", "stage": "queue", "wait_ms": 34000}),
        ("TIMEOUT", {"type": "contact.flow_out", "reason": "timeout", "wait_ms": 34000}),
        ("NO_AGENT_TIMEOUT", {"type": "contact.flow_out", "reason": "no_agent", "wait_ms": 34000}),
        ("EXIT_WITH_KEY", {"type": "contact.flow_out", "reason": "key", "wait_ms": 34000}),
        ("NONE", {"type": "contact.flow_out", "reason": "other", "wait_ms": 34000}),
    ],
)
def test_each_reason_to_cancel_has_its_own_exit(reason: str, expected: dict[str, Any]) -> None:
    """Who leaves without an agent has abandoned, or flowed out for the reason given."""
    times = {"CC-Member-Joined-Time": 0, "CC-Member-Leaving-Time": 34, "CC-Cause": "Cancel"}
    text = body("member-queue-end", 34.2, CALLER, times, {"CC-Cancel-Reason": reason})
    assert told(read([text]), "stage", "reason", "wait_ms") == [expected]


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [("NO_ANSWER", "timeout"), ("CALL_REJECTED", "rejected"), ("USER_BUSY", "rejected"),
     ("ORIGINATOR_CANCEL", "canceled"), ("DESTINATION_OUT_OF_ORDER", "error")],
)  # fmt: skip
def test_a_ring_that_fails_ends_the_offer(cause: str, outcome: str) -> None:
    """The miss names the offer, even where the two bodies disagree by a second."""
    times = {
        "CC-Agent-Called-Time": 10001, "CC-Agent-Aborted-Time": 10015, "CC-Agent": "1001@default",
        "CC-Hangup-Cause": cause,
    }  # fmt: skip
    story = read([START, OFFER, body("bridge-agent-fail", 10015.3, CALLER, times)])
    assert told(story, "outcome", "offer_id", "ring_ms")[-1] == {
        "type": "contact.agent_offer_missed", "outcome": outcome, "ring_ms": 14000,
        "offer_id": "1001@default:1717400000",
    }  # fmt: skip


def test_a_status_is_presence() -> None:
    """Available logs in once, a break is a pause, logged out is a logout."""
    statuses = ["Available", "On Break", "Available (On Demand)", "Logged Out"]
    story = read(
        body("agent-status-change", at_s, {"CC-Agent": "1001", "CC-Agent-Status": status})
        for at_s, status in enumerate(statuses)
    )
    assert told(story, "state", "label") == [
        {"type": "agent.login"},
        {"type": "agent.state", "state": "available", "label": "Available"},
        {"type": "agent.state", "state": "pause", "label": "On Break"},
        {"type": "agent.state", "state": "available", "label": "Available (On Demand)"},
        {"type": "agent.logout"},
    ]


def listing(*rows: dict[str, Any]) -> str:
    return json.dumps({"CC-Action": MEMBERS, "CC-Members": rows})


def row(member: str, joined_s: int, state: str = "Waiting") -> dict[str, Any]:
    return {
        "CC-Queue": "support@default", "CC-Member-UUID": member, "CC-Member-State": state,
        "CC-Member-Session-UUID": f"s-{member}", "CC-Member-Joined-Time": str(T0 + joined_s),
    }  # fmt: skip


def test_a_listing_repairs_a_gap() -> None:
    """Of two who wait one is gone: a ghost, seen last when the connection broke. The other is
    there once, with its wait; so is a third who came meanwhile."""
    source = switch()
    before = read([listing(row("1", 0), row("2", 5))], source)
    source.lost((T0 + 20) * 1000)
    after = read([listing(row("2", 5), row("3", 40), row("4", 1, "Abandoned"))], source)
    assert told(after, "leg_id", "reason", "event_time_ms") == [
        {"type": "contact.queued", "leg_id": "2", "event_time_ms": (T0 + 5) * 1000},
        {"type": "contact.queued", "leg_id": "3", "event_time_ms": (T0 + 40) * 1000},
        {"type": "contact.flow_out", "leg_id": "1", "reason": "other",
         "event_time_ms": (T0 + 20) * 1000},
    ]  # fmt: skip
    assert source.ghosts == 1
    figures = total([*before, *after], 60)
    assert (figures["contacts_waiting"], figures["longest_wait_seconds"]) == (2, 55.0)


def test_a_ghost_that_was_answered_in_the_gap_is_corrected_by_its_end() -> None:
    """What was assumed is taken back when the end of the call tells of the answer."""
    source = switch()
    before = read([START], source)
    source.lost((T0 + 9001) * 1000)
    after = read([listing(), OFF], source)
    assert told(after, "retracted", "revision") == [
        {"type": "contact.flow_out"},
        {"type": "contact.flow_out", "retracted": True, "revision": 1},
        {"type": "contact.answered"},
        {"type": "contact.ended"},
    ]
    figures = total([*before, *after], 10200)
    assert (figures["contacts_offered"], figures["contacts_answered"]) == (1, 1)


def test_who_ended_before_the_listing_came_is_not_opened_again() -> None:
    """The end overtakes the listing: nobody waits, and nobody is a ghost."""
    source = switch()
    source.lost(T0 * 1000)
    gone = body("member-queue-end", 34.2, {"CC-Queue": "support@default", "CC-Member-UUID": "1",
                "CC-Member-Session-UUID": "s-1", "CC-Cause": "Cancel",
                "CC-Cancel-Reason": "BREAK_OUT"})  # fmt: skip
    story = read([gone, listing(row("1", 0))], source)
    assert [found["type"] for found in told(story)] == ["contact.abandoned"]
    assert source.ghosts == 0


def test_who_came_while_the_listing_was_made_is_no_ghost() -> None:
    """Known only since the connection stands again, and not listed: still waits."""
    source = switch()
    source.lost(T0 * 1000)
    story = read([START, listing()], source)
    assert [found["type"] for found in told(story)] == ["contact.queued"]
    assert source.ghosts == 0


def test_what_is_not_known_is_refused_and_known_names_are_left_out() -> None:
    """Counts of members are dropped and counted; other actions and subclasses are refused,
    without the number or the name of a caller."""
    source = switch()
    found = read(
        [
            body("members-count", 1, CALLER), body("mystery", 1, CALLER),
            body("member-queue-start", 1, CALLER, {"Event-Subclass": "sofia::register"}), "no",
        ],
        source,
    )  # fmt: skip
    assert source.ignored == {"members-count": 1}
    assert [item.reason for item in found] == [
        Reason.UNMAPPED_SOURCE, Reason.UNMAPPED_SOURCE, Reason.NOT_JSON,
    ]  # fmt: skip
    assert "336" not in "".join(item.body + item.detail for item in found)
    assert "Jean" not in "".join(item.body + item.detail for item in found)


@given(st.randoms(use_true_random=False), st.sampled_from(["upper", "lower", "title"]))
def test_case_order_and_unknown_headers_change_nothing(chance: Any, case: str) -> None:
    """Headers in any order and case, with unknown ones between them, give the same events."""
    bodies = []
    for text in STORY:
        headers = [(getattr(name, case)(), value) for name, value in json.loads(text).items()]
        headers.append(("variable_sip_from_user", "33612345678"))
        chance.shuffle(headers)
        bodies.append(json.dumps(dict(headers)))
    assert read(bodies) == read(STORY)


@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=5))
def test_order_and_repeats_do_not_matter(order: list[str], more: list[str]) -> None:
    """In any order, some of them twice: one call, answered after 1009 s, talked for 91 s."""
    shard = Shard("calls", 0, RULES)
    for item in read([*order, *more]):
        shard.apply(item, item.event_time_ms)
    at_ms = (T0 + 10200) * 1000
    figures: Any = board([shard], at_ms, RULES, ["whole"]).windows["whole"].total
    assert (figures["contacts_offered"], figures["contacts_answered"]) == (1, 1)
    assert figures["contacts_waiting"] == figures["contacts_in_progress"] == 0
    assert figures["asa_seconds"]["queue"] == 1009.0
    assert figures["talk_mean_seconds"] == 91.0


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(st.lists(st.sampled_from([*STORY, listing(row("1", 0))]), min_size=1), st.data())
def test_no_mutation_makes_it_raise(bodies: list[str], data: Any) -> None:
    """Any header with any value: events and refusals, never an error."""
    source = switch()
    for text in bodies:
        given = json.loads(text)
        given[data.draw(st.sampled_from(sorted(given)))] = data.draw(ANY)
        for item in source.feed(SourceLine(1, json.dumps(given))):
            assert isinstance(item, ev.Envelope | Refused)


@given(ANY | st.text())
def test_no_json_makes_it_raise(found: Any) -> None:
    """Any JSON, or any text: events and refusals, never an error."""
    text = found if isinstance(found, str) else json.dumps(found)
    for item in switch().feed(SourceLine(1, text)):
        assert isinstance(item, ev.Envelope | Refused)
