"""Laws of what a receiver of Genesys' bodies meets: any content, any order."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aggregators import events as ev
from streams.sources import Refused
from tests.streams.sources.genesys_reading import (
    ABANDON,
    CALL,
    DETAIL,
    OBSERVATIONS,
    TRANSFERRED,
    T,
    folded,
    presence,
    read,
    routing,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12) | st.sampled_from(["c2", "a1", "U2", "TRANSFER", "CALLBACK", T]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
SAMPLES = [
    *TRANSFERRED, CALL[6], ABANDON, OBSERVATIONS, routing("IDLE", T),
    presence("Meal", "2024-12-30T09:45:00Z"),
]  # fmt: skip


@given(json_values)
def test_any_json_gives_events_or_refusals(value: Any) -> None:
    """Whatever it is, and whatever stands in the envelope."""
    inside = {"topicName": f"{DETAIL}c2.acd.end", "eventBody": value}
    for found in read(value, inside, {"detail-type": "v2.users.{id}.activity", "detail": inside}):
        assert isinstance(found, ev.Envelope | Refused)


@given(st.data())
def test_any_mutation_gives_events_or_refusals(data: st.DataObject) -> None:
    """A field is anything, or is missing, among whole bodies before and after."""
    sample = data.draw(st.sampled_from(SAMPLES))
    name = data.draw(st.sampled_from(sorted(sample["eventBody"])))
    mutated = {**sample, "eventBody": {**sample["eventBody"], name: data.draw(json_values)}}
    for found in read(*CALL[:2], mutated, *CALL[2:], mutated):
        assert isinstance(found, ev.Envelope | Refused)


@given(
    st.sampled_from(SAMPLES),
    st.dictionaries(st.text(min_size=1).map("X-".__add__), json_values),
    st.randoms(),
)
def test_fields_that_nobody_asks_for_change_nothing(
    sample: dict[str, Any], more: dict[str, Any], chance: Any
) -> None:
    """Nor do the order and the case of the keys."""
    inner = [*more.items(), *((key.lower(), value) for key, value in sample["eventBody"].items())]
    chance.shuffle(inner)
    changed = {"eventbody": dict(inner), **more, "topic_name": sample["topicName"]}
    assert read(changed) == read(sample)


@given(st.permutations([CALL[at] for at in (0, 1, 3, 4, 5, 6)]))
def test_any_order_of_the_bodies_gives_the_same_figures(bodies: list[Any]) -> None:
    """Also where the customer's end, or the agent's, comes first, and each comes twice."""
    assert folded(read(*bodies, *bodies)) == {
        "offered": 1, "answered": 1, "abandoned": 0, "wait_s": 20.0, "abandon_s": None,
        "talk_s": 80.0, "ivr": 0,
    }  # fmt: skip


@given(st.permutations(TRANSFERRED))
def test_any_order_of_a_transferred_call_gives_the_same_figures(bodies: list[Any]) -> None:
    """Two sessions of the ACD and two of agents find each other."""
    assert folded(read(*bodies)) == {
        "offered": 2, "answered": 2, "abandoned": 0, "wait_s": 25.0, "abandon_s": None,
        "talk_s": 115.0, "ivr": 0,
    }  # fmt: skip
