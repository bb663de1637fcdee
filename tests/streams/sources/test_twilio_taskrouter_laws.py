"""Laws of what a receiver of Twilio's bodies meets: any content, any order, other forms."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from aggregators import events as ev
from streams.sources import Refused
from tests.streams.sources.twilio_reading import (
    CALL,
    COLD,
    IN_TECH,
    T_S,
    TRANSFER,
    callback,
    folded,
    read,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["WT1", "voice", str(T_S), "COLD", "{}", "+33123456789"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
SAMPLES = [
    *CALL, callback("task.transfer-initiated", 50, **TRANSFER, TransferMode="COLD"),
    callback("task.transfer-completed", 50, **TRANSFER, TransferMode="WARM"),
    callback("task.transfer-failed", 50, **TRANSFER), callback("task.canceled", 9),
    callback("task-queue.moved", 51, PreviousTaskQueueSid="WQ1", **IN_TECH),
    callback("worker.capacity.update", 1, WorkerSid="WK1", WorkerActivityName="Idle",
             WorkerChannelCapacity="2"), callback("task-queue.timeout", 30),
]  # fmt: skip


@given(json_values, st.text(max_size=60))
def test_anything_gives_events_or_refusals(value: Any, text: str) -> None:
    """Any JSON, any text, any text that begins like a form."""
    for body in (json.dumps(value), text, f"EventType={text}", f"{text}&EventType=task.created"):
        for found in read(body):
            assert isinstance(found, ev.Envelope | Refused)


@given(st.data())
def test_any_mutation_gives_events_or_refusals(data: st.DataObject) -> None:
    """A field is anything, or is missing, among whole bodies before and after."""
    sample = data.draw(st.sampled_from(SAMPLES))
    name = data.draw(st.sampled_from(sorted(sample)))
    mutated = {**sample, name: data.draw(json_values)}
    for found in read(*CALL[:3], mutated, {**sample, name: None}, *CALL[3:]):
        assert isinstance(found, ev.Envelope | Refused)


@given(
    st.sampled_from(SAMPLES),
    st.dictionaries(st.text(min_size=1).map("X-".__add__), json_values),
    st.randoms(),
)
def test_fields_that_nobody_asks_for_change_nothing(
    sample: dict[str, Any], more: dict[str, Any], chance: Any
) -> None:
    """Nor do the order and the case of the keys, nor whether it is a form."""
    shuffled = [*more.items(), *((key.lower(), value) for key, value in sample.items())]
    chance.shuffle(shuffled)
    assert read(dict(shuffled)) == read(sample)
    assert read(urlencode(sample)) == read(sample)


@given(st.sampled_from(SAMPLES))
def test_a_cloud_event_tells_what_a_callback_tells(sample: dict[str, Any]) -> None:
    """Snake case, in an envelope, with the same id of the event."""
    snake = {"".join(f"_{c.lower()}" if c.isupper() else c for c in key).strip("_"): value
             for key, value in sample.items() if key != "EventType"}  # fmt: skip
    cloud = {"specversion": "1.0", "type": f"com.twilio.taskrouter.{sample['EventType']}",
             "id": "NO1", "data": {"payload": snake}}  # fmt: skip
    assert read(cloud) == read(sample)


@given(st.permutations(COLD))
def test_any_order_of_a_transferred_task_gives_the_same_figures(bodies: list[Any]) -> None:
    """Where the reservations name the transfer; waits of 12.0 and 15 s, talks of 37.7 and 200 s."""
    assert folded(read(*bodies)) == {
        "offered": 2, "answered": 2, "abandoned": 0, "wait_s": 13.5, "abandon_s": None,
        "talk_s": 118.85,
    }  # fmt: skip
