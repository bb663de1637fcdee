"""Laws of the source ``amazon-connect``: whatever it is given, it goes on."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from streams.sources import Refused, SourceLine
from tests.streams.sources.test_amazon_connect import ANSWERED, CALL, RECORD, read, source
from tests.streams.sources.test_amazon_connect_agents import HANDLED, LOGIN, LOGOUT
from tests.streams.sources.test_amazon_connect_wrapping import coded

SAMPLES = [ANSWERED, RECORD, LOGIN, LOGOUT, *CALL, *HANDLED]

ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["2022-04-08T15:00:49Z", "x" * 300, "ENDED", "OUTBOUND", "CALLBACK", "CHAT"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(given: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place within a body."""
    if not isinstance(given, dict | list):
        return []
    inner = given.items() if isinstance(given, dict) else enumerate(given)
    found: list[tuple[Any, ...]] = []
    for key, value in inner:
        found += [(*path, key), *places(value, (*path, key))]
    return found


def put(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The body with something else at a place."""
    changed = copy.deepcopy(body)
    at: Any = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def strange(given: Any) -> Any:
    """The body with its keys the other way round, in capitals, and one more that nobody knows."""
    if isinstance(given, dict):
        found = {key.upper(): strange(value) for key, value in reversed(list(given.items()))}
        return {"someThingNew": {"a": [1]}, **found}
    return [strange(one) for one in given] if isinstance(given, list) else given


def checked(bodies: list[Any]) -> list[ev.Envelope | Refused]:
    found = read(bodies)
    assert all(isinstance(one, ev.Envelope | Refused) for one in found)
    return found


@given(ODD)
def test_any_json_gives_events_or_refusals(body: Any) -> None:
    """Nothing is raised, also for what is wrapped."""
    checked([body, [body], {"Records": [body, {"body": json.dumps(body)}]}])
    checked([{"Records": [{"kinesis": {"data": coded(body)}}]}, {"Message": json.dumps(body)}])


@settings(max_examples=300)
@given(st.sampled_from(SAMPLES), st.data())
def test_a_sample_with_anything_at_any_place_gives_events_or_refusals(
    sample: dict[str, Any], data: st.DataObject
) -> None:
    """Nothing is raised, and each body is answered or left out by name."""
    path = data.draw(st.sampled_from(places(sample)))
    checked([put(sample, path, data.draw(ODD))])


@given(st.text(max_size=60))
def test_any_line_gives_events_or_refusals(text: str) -> None:
    """Also one that is no JSON."""
    for one in source().feed(SourceLine(1, text)):
        assert isinstance(one, ev.Envelope | Refused)


def test_new_fields_the_order_of_keys_and_their_case_change_nothing() -> None:
    """The vendor adds fields as it goes, and spells some in two ways."""
    for sample in SAMPLES:
        found = checked([sample])
        assert found
        assert not any(isinstance(one, Refused) for one in found)
        assert checked([strange(sample)]) == found


def test_a_sample_read_twice_tells_the_same_facts() -> None:
    """Nothing is kept between bodies, so a second receiver tells the same ids."""
    adapter = source()
    for sample in SAMPLES:
        first, second = read([sample], adapter), read([sample], adapter)
        assert first == second == read([sample])
