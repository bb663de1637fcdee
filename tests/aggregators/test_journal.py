"""Journals are written event by event and read as one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.contact import Contact
from aggregators.journal import Journal, freeze, journal_of, pack, tell_all, thaw, unpack
from aggregators.shard import Shard
from tests.aggregators.story import abandoned, answered, ended, fold, queued, rules


def told(count: int) -> list[Any]:
    """Events of one contact."""
    return [queued("c", at) for at in range(count)]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 65_535, 65_536])
def test_a_journal_of_any_length_is_what_one_written_at_once_is(count: int) -> None:
    """The beginning of an array depends on its length."""
    contact = Contact("c")
    events = told(count)
    tell_all(contact, events)
    assert pack(contact) == msgspec.msgpack.encode(Journal("c", events))
    assert journal_of(contact).events == events


@given(st.integers(1, 30), st.booleans(), st.sampled_from([set(), {"L1"}, {"handled L1", "b"}]))
def test_a_contact_frozen_and_thawed_is_the_same(
    count: int, is_closed: bool, counted: set[str]
) -> None:
    """Its journal, the ids that tell duplicates, its last event and what was counted of it."""
    contact = Contact("c")
    events = told(count)
    tell_all(contact, events)
    contact.counted = set(counted)
    contact.last_id = events[-1].event_id
    packed = pack(contact, is_closed=is_closed)
    ids = sorted(contact.ids)
    freeze(contact, packed)
    assert pack(contact) == packed
    thaw(contact)
    assert (sorted(contact.ids), contact.last_id) == (ids, events[-1].event_id)
    assert contact.counted == counted
    assert pack(contact, is_closed=is_closed) == packed
    assert unpack(packed).is_closed is is_closed


def test_ids_of_a_thawed_contact_are_looked_up_as_those_of_a_living_one() -> None:
    """Few in a list, many in a set."""
    for count, kind in ((24, list), (25, set)):
        contact = Contact("c")
        tell_all(contact, told(count))
        freeze(contact, pack(contact))
        thaw(contact)
        assert type(contact.ids) is kind


def test_a_frozen_contact_takes_the_next_event_as_if_it_had_never_been_frozen() -> None:
    """Two checkpoints without a word of it freeze a contact; then its story goes on."""
    story = [queued("c", 0), answered("c", 9), ended("c", 50)]
    plain = fold(story)
    frozen = fold(story[:2])
    for _ in range(3):
        frozen.encode()
    assert frozen.open["c"].packed is not None
    for event in story[1:]:  # the answer once more
        frozen.apply(event, event.event_time_ms)
    assert frozen.counts.duplicate == 1
    assert state(frozen) == state(plain)


def test_an_event_before_those_of_a_frozen_contact_folds_it_anew() -> None:
    """The old facts are taken out, though only bytes were left of them."""
    frozen = fold([queued("c", 60), abandoned("c", 70)][:1])
    for _ in range(3):
        frozen.encode()
    early = queued("c", 0)
    frozen.apply(early, early.event_time_ms)
    late = abandoned("c", 70)
    frozen.apply(late, late.event_time_ms)
    assert state(frozen) == state(fold([queued("c", 0), queued("c", 60), abandoned("c", 70)]))


def test_names_that_many_contacts_have_are_kept_once() -> None:
    """A centre has few agents and a hundred thousand contacts."""
    shard = fold([e for n in range(2) for e in (queued(f"c{n}", 0), answered(f"c{n}", n + 1))])
    checkpoint = shard.encode()
    again = Shard.decode(checkpoint.record, checkpoint.rows, rules())
    first, second = (
        contact.last_leg.agent_id for contact in again.open.values() if contact.last_leg
    )
    assert first is second


def state(shard: Shard) -> Any:
    """What the contact and the slices hold."""
    shard.encode()
    return (
        {minute: row.cells for minute, row in shard.slices.rows.items()},
        {minute: row.spans for minute, row in shard.slices.rows.items()},
        [journal_of(contact) for contact in shard.open.values()],
        sorted(shard.contacts),
        shard.totals,
    )
