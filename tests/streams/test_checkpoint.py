"""A checkpoint is one atomic step: after any crash and any zombie, what is read back is whole."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.checkpoint import (
    CHUNK_BYTES,
    CheckpointError,
    CheckpointWriter,
    Snapshot,
    highest_generation,
    key,
    keys_of,
    pack_rows,
    restore,
    unpack_rows,
)

Store = dict[bytes, bytes]


def write(
    store: Store,
    writer: CheckpointWriter,
    next_offset: int,
    changed: dict[int, bytes],
    live: list[int],
    *,
    generation: int = 1,
) -> None:
    """One complete checkpoint, confirmed; then clear old keys away."""
    for name, value in writer.begin(b"body at %d" % next_offset, changed, live):
        store[name] = value
    head = writer.head(next_offset, generation)
    store[head.key] = head.value
    writer.confirm()
    for name in writer.sweep(100):
        store.pop(name, None)


def test_a_checkpoint_is_read_back_as_it_was_written() -> None:
    """Body, rows and position return; unchanged rows need not be written again."""
    store: Store = {}
    writer = CheckpointWriter("calls", 3, "1-aa")
    write(store, writer, 10, {100: b"x", 101: b"y"}, [100, 101])
    write(store, writer, 20, {101: b"z"}, [100, 101])
    assert restore(store, "calls", 3) == Snapshot(20, 1, b"body at 20", {100: b"x", 101: b"z"})


def test_a_partition_without_any_key_is_new() -> None:
    """Keys of other partitions say nothing about this one."""
    store: Store = {}
    write(store, CheckpointWriter("calls", 1, "1-aa"), 10, {}, [])
    assert restore(store, "calls", 11) is None
    assert restore(store, "calls", 0) is None


def test_rows_that_are_gone_are_cleared_away() -> None:
    """A row that the head no longer names leaves no key behind."""
    store: Store = {}
    writer = CheckpointWriter("calls", 0, "1-aa")
    write(store, writer, 10, {100: b"x", 101: b"y"}, [100, 101])
    write(store, writer, 20, {}, [101])
    assert not [name for name in store if b"/r100/" in name]
    snapshot = restore(store, "calls", 0)
    assert snapshot is not None
    assert snapshot.rows == {101: b"y"}


def test_a_large_row_is_cut_into_chunks() -> None:
    """What exceeds a Kafka record is stored in pieces and put together again."""
    store: Store = {}
    large = bytes(range(256)) * (CHUNK_BYTES // 256) * 2 + b"tail"
    write(store, CheckpointWriter("calls", 0, "1-aa"), 10, {5: large}, [5])
    assert sum(b"/r5/" in name for name in store) == 3
    assert max(map(len, store.values())) < CHUNK_BYTES + 100
    snapshot = restore(store, "calls", 0)
    assert snapshot is not None
    assert snapshot.rows[5] == large


def test_a_missing_chunk_makes_the_checkpoint_unusable() -> None:
    """Better no start than a start with half a row."""
    store: Store = {}
    write(store, CheckpointWriter("calls", 0, "1-aa"), 10, {5: b"x" * 2 * CHUNK_BYTES}, [5])
    del store[key(0, "1-aa", "r5", 0, 1)]
    with pytest.raises(CheckpointError, match=r"no usable checkpoint of calls\[0\].*chunk 1"):
        restore(store, "calls", 0)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (key(0, "1-aa", "h"), b"\xff", "cannot be read"),
        (key(0, "1-aa", "b", 0, 0), b"\0\1\0\0\0\0damaged", "b fails its checksum"),
        (key(0, "1-aa", "r7", 0, 0), None, "r7 is missing"),
    ],
)
def test_a_damaged_checkpoint_stops_the_start(
    name: bytes, value: bytes | None, message: str
) -> None:
    """The sentence names the partition, the fault and what to do."""
    store: Store = {}
    write(store, CheckpointWriter("calls", 0, "1-aa"), 10, {7: b"x"}, [7])
    if value is None:
        del store[name]
    else:
        store[name] = value
    with pytest.raises(CheckpointError, match=message) as caught:
        restore(store, "calls", 0)
    assert "\n" not in str(caught.value)
    assert "`vigie state reset --topic calls --partition 0`" in str(caught.value)


def test_a_new_owner_writes_everything_under_its_own_token() -> None:
    """Inherited rows are copied once; the former owner's keys go after that."""
    store: Store = {}
    write(store, CheckpointWriter("calls", 0, "1-aa"), 10, {1: b"a", 2: b"b"}, [1, 2])
    snapshot = restore(store, "calls", 0)
    assert snapshot is not None
    writer = CheckpointWriter(
        "calls", 0, "2-bb", inherited=snapshot.rows, garbage=keys_of(store, 0)
    )
    assert writer.sweep(100) == []
    write(store, writer, 20, {2: b"c"}, [1, 2], generation=2)
    assert {name.split(b"/")[2] for name in store} == {b"2-bb"}
    assert restore(store, "calls", 0) == Snapshot(20, 2, b"body at 20", {1: b"a", 2: b"c"})


def test_a_zombie_cannot_spoil_what_the_new_owner_wrote() -> None:
    """A woken former owner writes under its own token; its torn checkpoint is passed over."""
    store: Store = {}
    zombie = CheckpointWriter("calls", 0, "1-aa")
    write(store, zombie, 10, {1: b"a", 2: b"b"}, [1, 2])
    heir = CheckpointWriter(
        "calls", 0, "2-bb", inherited={1: b"a", 2: b"b"}, garbage=keys_of(store, 0)
    )
    write(store, heir, 20, {}, [1, 2], generation=2)
    write(store, zombie, 30, {2: b"z"}, [1, 2])  # row 1 was cleared away by the heir
    assert restore(store, "calls", 0) == Snapshot(20, 2, b"body at 20", {1: b"a", 2: b"b"})


def test_generations_are_found_in_the_keys() -> None:
    """A group that was forgotten by Kafka starts counting again; we do not."""
    store: Store = {}
    write(store, CheckpointWriter("calls", 0, "7-aa"), 10, {}, [])
    write(store, CheckpointWriter("calls", 1, "9-bb"), 10, {}, [])
    assert highest_generation(store, 0) == 7
    assert highest_generation(store, 2) == 0


@given(st.dictionaries(st.integers(-(10**9), 10**9), st.integers(0, 1), max_size=300))
def test_row_lists_return_as_they_were(slots: dict[int, int]) -> None:
    """Any rows, any slots."""
    assert unpack_rows(pack_rows(slots)) == slots


def test_a_row_list_of_eight_days_is_small() -> None:
    """11,520 minutes cost a few hundred bytes in every head."""
    assert len(pack_rows(dict.fromkeys(range(29_000_000, 29_011_520), 1))) < 500


@given(data=st.data())
def test_after_any_crash_the_last_acknowledged_state_is_there(data: st.DataObject) -> None:
    """Crashes between any two records, new owners, zombies: the result is some exact state."""
    store: Store = {}
    states: dict[int, dict[int, bytes]] = {0: {}}
    owners = count(1)
    writer = CheckpointWriter("calls", 0, f"{next(owners)}-x")
    rows: dict[int, bytes] = {}
    changed: set[int] = set()
    offset = durable = 0
    zombies: list[tuple[CheckpointWriter, int]] = []
    for _ in range(data.draw(st.integers(1, 12))):
        for row in data.draw(st.sets(st.integers(0, 5), max_size=3)):
            rows[row] = b"%d at %d" % (row, offset)
            changed.add(row)
        for row in data.draw(st.sets(st.integers(0, 5), max_size=1)):
            rows.pop(row, None)
            changed.discard(row)
        offset += 1
        states[offset] = dict(rows)
        entries = writer.begin(b"%d" % offset, {row: rows[row] for row in changed}, rows)
        entries.append(writer.head(offset, 1))
        cut = data.draw(st.one_of(st.just(len(entries)), st.integers(0, len(entries))))
        for name, value in entries[:cut]:
            store[name] = value
        if cut == len(entries):
            durable = offset
            writer.confirm()
            changed = set()
            for name in writer.sweep(data.draw(st.integers(0, 50))):
                store.pop(name, None)
            if data.draw(st.booleans()):
                continue
        # The owner dies, or freezes and wakes up later.
        zombies.append((writer, offset))
        snapshot = restore(store, "calls", 0)
        assert (snapshot.next_offset if snapshot else 0) >= durable
        offset = snapshot.next_offset if snapshot else 0
        rows = dict(snapshot.rows) if snapshot else {}
        assert rows == states[offset]
        assert snapshot is None or snapshot.body == b"%d" % offset
        changed = set()
        writer = CheckpointWriter(
            "calls", 0, f"{next(owners)}-x", inherited=rows, garbage=keys_of(store, 0)
        )
