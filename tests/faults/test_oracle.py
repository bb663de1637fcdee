"""The oracle against figures computed by hand, and its independence."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.faults.oracle import Expected, Oracle, OracleRules
from tests.faults.oracle_reading import read_event
from tests.faults.poison import bad_messages
from tests.faults.raw_log import RawRecord

T0 = 1_717_397_000_000
PARTS = (
    "oracle",
    "oracle_contact",
    "oracle_firsts",
    "oracle_replies",
    "oracle_legs",
    "oracle_reading",
    "raw_log",
)
ROOMS = {"aggregators", "streams", "exporters", "alerts", "vigie"}


def event(kind: str, at_s: float, contact: str = "C1", /, **fields: Any) -> dict[str, Any]:
    """An event of a contact, so many seconds after the start."""
    at_ms = T0 + round(at_s * 1000)
    made = {
        "v": 1, "event_id": f"{contact}:{kind}:{at_s}", "type": f"contact.{kind}", "source": "t",
        "event_time_ms": at_ms, "contact_id": contact, "leg_id": "L1", **fields,
    }  # fmt: skip
    return {name: value for name, value in made.items() if value is not None}


def queued(at_s: float, contact: str = "C1", /, **fields: Any) -> dict[str, Any]:
    """A contact enters a queue."""
    return event("queued", at_s, contact, **{"channel": "voice", "queue": "q", **fields})


def judged(
    *events: dict[str, Any],
    at_s: float = 600,
    append_s: float | None = None,
    topic: str = "calls",
    **rules: int,
) -> Expected:
    """What the oracle says of events in the order given."""
    records = []
    for n, one in enumerate(events):
        append_ms = one["event_time_ms"] if append_s is None else T0 + round(append_s * 1000)
        key = one["contact_id"].encode()
        records.append(RawRecord(topic, 0, n, append_ms, key, orjson.dumps(one)))
    oracle = Oracle(records, {topic: topic}, OracleRules(**rules))
    return oracle.at(T0 + round(at_s * 1000))


def amounts(expected: Expected) -> dict[tuple[Any, ...], int]:
    """Everything counted, whenever and wherever."""
    found: dict[tuple[Any, ...], int] = {}
    for (_, _, _, name), amount in expected.facts.items():
        found[name] = found.get(name, 0) + amount
    return found


def test_the_oracle_shares_no_code_with_vigie() -> None:
    """It imports the standard library, the Kafka client for reading, and itself."""
    folder = Path(__file__).parent
    for part in PARTS:
        for node in ast.walk(ast.parse((folder / f"{part}.py").read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in names:
                assert name.split(".")[0] not in ROOMS, f"{part} imports {name}"
                if name.startswith("tests."):
                    assert name.removeprefix("tests.faults.") in PARTS, f"{part} imports {name}"


def test_a_call_from_its_queue_to_its_wrap_up() -> None:
    """Waits 20 s, talks 100 s of which 25 s on hold, writes for 30 s."""
    expected = judged(
        event("created", 0, channel="voice", leg_id=None),
        queued(10),
        event("answered", 30, agent_id="A"),
        event("hold_started", 50, hold_id="h"),
        event("hold_ended", 75, hold_id="h"),
        event("ended", 130),
        event("wrap_up_started", 130, agent_id="A"),
        event("wrap_up_ended", 160, agent_id="A"),
    )
    assert amounts(expected) == {
        ("created",): 1, ("entered",): 1, ("answered", 20_000): 1, ("from_start_ms",): 30_000,
        ("handled",): 1, ("talk_ms",): 75_000, ("held",): 1, ("hold_ms",): 25_000,
        ("acw_ms",): 30_000,
    }  # fmt: skip
    assert not expected.open


def test_facts_are_booked_in_the_slice_of_their_own_time() -> None:
    """Slices of five seconds: entered at 12 s and left at 26 s."""
    expected = judged(queued(12), event("abandoned", 26, stage="queue"))
    assert dict(expected.facts) == {
        (T0 + 10_000, "q", "voice", ("entered",)): 1,
        (T0 + 25_000, "q", "voice", ("abandoned", 14_000)): 1,
    }


def test_who_has_not_left_waits_and_is_lost_after_four_hours() -> None:
    """The clock alone: over the threshold after 90 s, lost after four hours."""
    assert judged(queued(0), at_s=60).open == {("q", "voice", "waiting"): 1}
    assert ("timer_missed",) in amounts(judged(queued(0), at_s=91))
    late = judged(queued(0), at_s=4 * 3600 + 1)
    assert not late.open
    assert amounts(late)["lost",] == 1


def test_a_transfer_opens_a_leg_of_its_own() -> None:
    """Queue q keeps its answered leg, queue r gets its own wait."""
    expected = judged(
        queued(0),
        event("answered", 12, agent_id="A"),
        event("transferred", 132, kind="attended", to_queue="r"),
        queued(132, queue="r", leg_id="L2", transferred_from="L1"),
        event("answered", 139, leg_id="L2", agent_id="B"),
    )
    assert expected.count("answered", "q") == expected.count("answered", "r") == 1
    assert amounts(expected)["answered", 7_000] == 1
    assert amounts(expected)["transferred", "attended", "internal"] == 1
    assert amounts(expected)["talk_ms",] == 120_000
    assert expected.open == {("r", "voice", "in_progress"): 1}


def test_a_higher_revision_replaces_and_a_withdrawal_removes() -> None:
    """Lower or equal revisions of a known id are duplicates."""
    left = event("abandoned", 40, stage="queue", event_id="x")
    sooner = event("abandoned", 25, stage="queue", event_id="x", revision=1)
    gone = {**sooner, "revision": 2, "retracted": True}
    expected = judged(queued(0), left, sooner, left, sooner, gone)
    tally = expected.tallies["calls", 0]
    assert (tally.applied, tally.duplicate) == (4, 2)
    assert expected.open == {("q", "voice", "waiting"): 1}
    assert expected.count("abandoned") == 0


def test_of_two_ends_of_a_wait_the_earlier_counts_whatever_came_first() -> None:
    """The other stays a witness and counts nothing."""
    expected = judged(
        queued(0), event("abandoned", 31, stage="queue"), event("answered", 30, agent_id="A")
    )
    assert (expected.count("answered"), expected.count("abandoned")) == (1, 0)


def test_told_durations_win_except_within_a_whole_second() -> None:
    """Told 18.4 s, measured 20 s; with stamps of whole seconds, told 19 s yields to 20 s."""
    exact = judged(queued(0), event("answered", 20, agent_id="A", wait_ms=18_400))
    assert ("answered", 18_400) in amounts(exact)
    whole = event("answered", 20, agent_id="A", wait_ms=19_000, time_quality="second")
    assert ("answered", 20_000) in amounts(judged(queued(0), whole))


def test_late_is_decided_by_the_log_and_a_forgotten_contact_is_refused() -> None:
    """Ten minutes of lateness; a contact that was over is known no more, a new one is late."""
    other = queued(3_600, "C2")
    again = event("ended", 21)
    expected = judged(
        queued(0), event("abandoned", 20, stage="queue"), other, again, queued(5, "C3"),
        lateness_ms=600_000,
    )  # fmt: skip
    tally = expected.tallies["calls", 0]
    assert (tally.applied, tally.late, dict(tally.reasons)) == (3, 1, {"too_late": 1})
    assert expected.letters == {"calls/0/3"}
    assert tally.is_conserved()


def test_a_bad_clock_does_not_move_the_watermark_beyond_the_brokers() -> None:
    """An event four minutes ahead is taken and makes nobody late."""
    ahead, ordinary = queued(840, "C1"), queued(20, "C2")
    expected = judged(ahead, ordinary, append_s=600, lateness_ms=600_000)
    assert expected.tallies["calls", 0].late == 0


def test_names_beyond_the_limit_count_as_one() -> None:
    """The first two names are kept."""
    calls = [queued(n, f"C{n}", queue=f"q{n}") for n in range(5)]
    expected = judged(*calls, max_queues=2)
    assert expected.open == {
        ("q0", "voice", "waiting"): 1,
        ("q1", "voice", "waiting"): 1,
        ("__other__", "voice", "waiting"): 3,
    }


@pytest.mark.parametrize("number", range(len(bad_messages(T0, 1))))
def test_every_bad_message_is_refused_for_some_reason(number: int) -> None:
    """None of the list is an event."""
    topic, key, value = bad_messages(T0, 1)[number]
    assert isinstance(read_event(topic, key, value, T0), str)


def test_counters_take_the_first_outcome_as_it_was_told() -> None:
    """A correction and an earlier end of the wait change the windows, not the counters."""
    told = event("answered", 20, agent_id="A", event_id="x")
    expected = judged(
        queued(0), told, event("transferred", 50, kind="blind"), told,
        {**told, "revision": 1, "wait_ms": 95_000}, event("abandoned", 10, stage="queue"),
        queued(100, "C2"), event("abandoned", 105, contact_id="C2", stage="queue"),
    )  # fmt: skip
    assert expected.count("abandoned") == 2
    assert expected.count("answered") == 0
    assert expected.counters == {
        ("q", "voice", name): n
        for name, n in {
            "offered": 2, "answered": 1, "answered_in_target": 1, "answered_wait_ms": 20_000,
            "transferred": 1, "handled": 1, "handle_ms": 30_000,
            "abandoned": 1, "abandoned_short": 1, "abandoned_wait_ms": 5_000,
        }.items()
    }  # fmt: skip


def said(at_s: float, author: str, **fields: Any) -> dict[str, Any]:
    """A message of the chat."""
    made = event("posted", at_s, message_id=f"m{at_s}", author=author, **fields)
    return {**made, "type": "message.posted"}


def chat(*events: dict[str, Any]) -> dict[tuple[Any, ...], int]:
    """The replies of a chat that entered at 0 s and was answered at 5 s."""
    taken = queued(0, channel="chat"), event("answered", 5, agent_id="A")
    found = amounts(judged(*taken, *events, topic="chats"))
    return {name: n for name, n in found.items() if name[0].startswith(("first_resp", "reply"))}


def test_the_first_word_of_a_person_is_the_first_response_and_later_ones_answer() -> None:
    """Neither a bot nor a note is a reply; two questions in a row are one wait."""
    assert chat(
        said(6, "bot"), said(7, "agent", public=False), said(20, "agent"), said(30, "customer"),
        said(33, "customer"), said(40, "agent"), said(41, "agent"),
    ) == {
        ("first_response",): 1, ("first_response_ms",): 20_000,
        ("reply",): 1, ("reply_ms",): 10_000,
    }  # fmt: skip


def test_a_chat_that_ended_without_a_word_has_no_first_response() -> None:
    """What is said after its end is no answer to the question before it."""
    assert chat(said(10, "customer"), event("ended", 60), said(70, "agent")) == {}


def test_a_reply_of_which_no_queue_is_told_yet_counts_under_none() -> None:
    """Its leg may be told of later; until then it is in the sums of the channel alone."""
    expected = judged(said(3, "customer"), said(10, "agent"), topic="chats")
    assert expected.facts == {
        (T0 + 10_000, "", "chat", ("first_response",)): 1,
        (T0 + 10_000, "", "chat", ("first_response_ms",)): 7_000,
    }
