"""Bodies that no platform sends: any JSON, a sample with one value replaced, keys in another form.

For the laws that every source of a platform keeps: it never raises, and how an object is written
does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def shuffled(one: Any) -> Any:
    """Return the same JSON with its keys in another order, without ``_`` and in capitals."""
    if isinstance(one, dict):
        return {
            key.replace("_", "").upper(): shuffled(value) for key, value in reversed(one.items())
        }
    if isinstance(one, list):
        return [shuffled(inner) for inner in one]
    return one


def mutations(samples: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Return the samples, each with one of its values, at any depth, replaced by any JSON."""
    places = [(sample, path) for sample in samples for path in _paths(sample, ())]
    return st.builds(
        lambda place, value: _with(place[0], place[1], value), st.sampled_from(places), json_values
    )


def _paths(one: Any, before: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    members: list[tuple[Any, Any]] = []
    if isinstance(one, dict):
        members = list(one.items())
    elif isinstance(one, list):
        members = list(enumerate(one))
    return [before, *(path for key, value in members for path in _paths(value, (*before, key)))]


def _with(one: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(one, list):
        return [_with(inner, rest, value) if at == key else inner for at, inner in enumerate(one)]
    return {**one, key: _with(one[key], rest, value)}
