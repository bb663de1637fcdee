"""Laws of the script that publishes, on a real Redis: what it takes and what it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from exporters.shared.store import Asked, Found, Place, Publication, Store
from tests.bench.redis import RedisServer

HERE = Place("acme.calls", 3)
FIRST = Publication(
    owner="a", generation=5, offset=100, seq=1, acked=0, is_whole=True, record=b"\x00one\xff",
    gone=(), rows={1: b"\x001", 2: b"\xff2", 3: b"3"},
)  # fmt: skip


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncIterator[Store]:
    """A Redis in which the first publication is."""
    made = Store(redis_server.url, "test")
    assert await made.publish(HERE, FIRST) == "written"
    yield made
    await made.close()


async def found(store: Store, owner: bytes = b"", seq: int = 0) -> Found:
    """What is there of the shard, as somebody reads it who has read so far."""
    (answer,) = await store.read([Asked(HERE, owner, seq, True)])
    assert answer is not None
    return answer


def next_one(**changes: Any) -> Publication:
    """What the same owner publishes next: one row changed, one is gone."""
    usual: dict[str, Any] = {
        "offset": 110, "seq": 2, "acked": 1, "is_whole": False, "record": b"two", "gone": (3,),
        "rows": {2: b"new"},
    }  # fmt: skip
    return replace(FIRST, **(usual | changes))


async def test_a_change_replaces_what_changed(store: Store) -> None:
    """A reader who has read the first gets the change only; any other gets everything."""
    assert await store.publish(HERE, next_one()) == "written"
    assert (await found(store, b"a", 1))[-2:] == (b"two", {2: b"new"})
    whole = await found(store)
    assert whole[:4] == (b"a", 5, 110, 2)
    assert whole[-2:] == (b"two", {1: b"\x001", 2: b"new"})
    assert 0 <= whole.age_ms < 10_000
    assert (await found(store, b"a", 2)).rows == {}
    assert (await found(store, b"b", 2)).rows == whole.rows


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"generation": 4}, "lower_generation"),
        ({"generation": 4, "offset": 500, "owner": "b", "is_whole": True}, "lower_generation"),
        ({"offset": 99}, "lower_offset"),
        ({"generation": 6, "offset": 99, "owner": "b", "is_whole": True}, "lower_offset"),
        ({"seq": 1}, "lower_seq"),
        ({"acked": 2, "seq": 3}, "everything"),
        ({"owner": "b"}, "everything"),
        ({"owner": "b", "generation": 6}, "everything"),
    ],
)
async def test_what_does_not_follow_is_refused(
    store: Store, changes: dict[str, Any], answer: str
) -> None:
    """Lower generation, lower offset, an older attempt, a gap, another owner: nothing changes."""
    before = await found(store)
    assert await store.publish(HERE, next_one(**changes)) == answer
    after = await found(store)
    assert after._replace(age_ms=0) == before._replace(age_ms=0)


@pytest.mark.parametrize("generation", [5, 6])
async def test_a_new_owner_starts_anew(store: Store, generation: int) -> None:
    """With all its rows; those of the one before are gone, and it cannot go on."""
    taken = next_one(owner="b", generation=generation, is_whole=True, seq=1, acked=0, offset=100)
    assert await store.publish(HERE, taken) == "written"
    assert (await found(store, b"a", 1))[-2:] == (b"two", {2: b"new"})
    late = next_one(offset=120, seq=7)
    assert await store.publish(HERE, late) == (
        "everything" if generation == 5 else "lower_generation"
    )


async def test_nothing_is_repeated_after_a_lost_answer(store: Store) -> None:
    """The owner does not know that it was written: it sends the same and more, and a reader of
    the first attempt gets it."""
    await store.publish(HERE, next_one())
    again = next_one(seq=3, offset=120, rows={2: b"new", 4: b"4"}, record=b"three")
    assert await store.publish(HERE, again) == "written"
    assert (await found(store, b"a", 2))[-2:] == (b"three", {2: b"new", 4: b"4"})


async def test_a_beat_is_the_owners_only(store: Store) -> None:
    """Another owner of the same age has to send everything, an older one is told to be silent."""
    beats = [("a", 5, 1), ("a", 5, 2), ("b", 6, 1), ("b", 4, 1)]
    answers = await store.beat([(HERE, *beat) for beat in beats])
    assert answers == ["fresh", "everything", "everything", "lower_generation"]
    assert await store.beat([(Place("other", 0), "a", 5, 1)]) == ["everything"]


async def test_many_shards_are_read_in_order(store: Store) -> None:
    """More than go into one round trip; unknown ones are told as such."""
    places = [Place("acme.calls", number) for number in range(120)]
    answers = await store.read([Asked(place, b"", 0, False) for place in places])
    assert [number for number, answer in enumerate(answers) if answer is not None] == [3]
    assert answers[3] is not None
    assert answers[3].record is None
