"""Laws of replicas: a board over them is the board over the shards of the same checkpoints."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.board import Boards, board
from aggregators.replica import Replica
from aggregators.shard import Shard
from aggregators.snapshot import SnapshotError, encode_record, encode_row
from tests.aggregators.story import answered, ended, event, fold, queued, rules, s
from tests.aggregators.test_board_cache import WINDOWS, assert_same, shard_of
from tests.aggregators.unruly_story import JUMPS_S, UnrulyStory, steps, unruly_rules


class Followed:
    """A shard, all rows of its checkpoints so far, and a replica that is told of some of them."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.replica = Replica(shard.rules)
        self.rows: dict[int, bytes] = {}
        self.untold: dict[int, bytes] = {}
        self.record = b""

    def checkpoint(self) -> None:
        """The owner writes a checkpoint."""
        made = self.shard.encode()
        self.shard.confirm(made)
        self.record = made.record
        self.rows |= made.rows
        self.untold |= made.rows

    def tell(self) -> None:
        """The replica hears of the newest checkpoint, and of what changed since it last did."""
        self.replica.update(self.record, self.untold)
        self.untold = {}

    def decoded(self) -> Shard:
        """The shard as a new owner would read it."""
        return Shard.decode(self.record, self.rows, self.shard.rules)


@given(
    steps,
    st.lists(st.integers(0, 6), min_size=1, max_size=8),
    st.booleans(),
    st.sampled_from([None, 30, 72]),
)
@settings(max_examples=200, deadline=None)
def test_a_board_over_replicas_is_the_board_over_the_decoded_shards(
    told: list[Any], pace: list[int], figures: bool, retention_h: int | None
) -> None:
    """Whichever checkpoints a replica hears of, kept boards and boards from scratch agree."""
    made = unruly_rules(figures, retention_h)
    parts = [Followed(Shard(topic, 0, made)) for topic in ("calls", "chats", "agents")]
    for part in parts:
        part.checkpoint()
        part.tell()
    boards = Boards(made)
    story = UnrulyStory()
    for number, step in enumerate(told):
        item = story.event(step)
        live = [part.shard for part in parts]
        live[shard_of(item, live)].apply(item, s(story.now_s))
        match pace[number % len(pace)]:
            case 0:
                continue
            case 1:
                story.now_s += JUMPS_S[number % 3]
            case 2:
                parts[number % 3].checkpoint()
                continue
            case 3:  # the owner changes: it reads the checkpoint and folds on from there
                part = parts[number % 3]
                part.checkpoint()
                part.shard = part.decoded()
                board([part.shard], s(story.now_s), made, ["5m"])
        for part in parts:
            part.checkpoint()
            part.tell()
        as_of_ms = s(story.now_s) + 250 * (number % 7) - (90_000 if number % 11 == 10 else 0)
        replicas = [part.replica.shard for part in parts]
        decoded = [part.decoded() for part in parts]
        assert None not in replicas
        fresh = board(decoded, as_of_ms, made, WINDOWS)
        assert_same(boards.make(replicas, as_of_ms, WINDOWS), fresh)  # type: ignore[arg-type]
        assert_same(board(replicas, as_of_ms, made, WINDOWS), fresh)  # type: ignore[arg-type]
        for shard, replica in zip(decoded, replicas, strict=True):
            assert replica is not None
            assert (replica.next_offset, replica.counts) == (shard.next_offset, shard.counts)
            assert replica.scopes.known == shard.scopes.known
            assert replica.spans.by_agent == shard.spans.by_agent


def followed(events: list[Any], topic: str = "calls") -> Followed:
    """A shard of a story whose replica heard of its checkpoint."""
    part = Followed(fold(events, topic=topic))
    part.checkpoint()
    part.tell()
    return part


def replica_of(part: Followed) -> Shard:
    """The replica's shard, which must be there."""
    assert part.replica.shard is not None
    return part.replica.shard


def test_what_did_not_change_is_not_folded_again() -> None:
    """The same shard, the same contact, the same sums of a row; only the other contact is new."""
    part = followed([queued("a", 0), queued("b", 1), answered("b", 2), queued("c", 300)])
    shard = replica_of(part)
    contacts, sums = dict(shard.open), shard.slices.rows[s(0) // 60_000].by_scope()
    part.shard.apply(answered("c", 310), s(310))
    part.checkpoint()
    part.tell()
    assert replica_of(part) is shard
    assert shard.open["a"] is contacts["a"]
    assert shard.open["c"] is not contacts["c"]
    assert shard.slices.rows[s(0) // 60_000].merged is sums


def test_a_scope_that_a_look_numbered_gives_way_to_the_owners() -> None:
    """The reader saw a chat without a leg in its queue; the owner numbers another queue first."""
    post = {"author": "customer", "queue": "quiet", "channel": "chat"}
    part = followed([event(ev.MessagePosted, 0, contact_id="m", message_id="1", **post)], "chats")
    boards = Boards(rules())
    shard = replica_of(part)
    looked = boards.make([shard], s(10), ["5m"]).windows["5m"]
    assert looked.queues["quiet"]["conversations_awaiting_reply"] == 1
    assert shard.scopes.known[0].queue == "quiet"
    for item in (queued("a", 20, queue="busy"), answered("a", 25)):
        part.shard.apply(item, s(25))
    part.checkpoint()
    part.tell()
    assert replica_of(part) is not shard
    assert replica_of(part).scopes.known[0].queue == "busy"
    kept = boards.make([replica_of(part)], s(30), WINDOWS)
    assert_same(kept, board([part.decoded()], s(30), rules(), WINDOWS))
    assert kept.windows["5m"].queues["busy"]["contacts_answered"] == 1


def test_a_row_that_was_never_given_is_asked_for() -> None:
    """Nothing is kept of a replica that missed a row; with all rows it is whole again."""
    part = followed([queued("a", 0), answered("a", 5), ended("a", 9)])
    part.shard.apply(queued("b", 300), s(300))
    part.shard.apply(answered("b", 301), s(301))
    part.checkpoint()
    part.untold = {}
    with pytest.raises(SnapshotError, match=r"calls/0: the row of minute \d+ is missing"):
        part.tell()
    assert part.replica.shard is None
    part.untold = part.rows
    part.tell()
    assert_same(
        board([replica_of(part)], s(302), rules(), WINDOWS),
        board([part.decoded()], s(302), rules(), WINDOWS),
    )


@pytest.mark.parametrize("cut", [0, 1, 30])
def test_damaged_bytes_are_refused(cut: int) -> None:
    """An empty record, and one that is cut."""
    part = followed([queued("a", 0)])
    with pytest.raises(SnapshotError):
        part.replica.update(part.record[:cut], {})


def test_all_rows_can_be_encoded_beside_the_checkpoints() -> None:
    """Record and rows as of now are a whole checkpoint, and the next one writes what is due."""
    shard = fold([queued("a", 0), answered("a", 5), ended("a", 9), queued("b", 300)])
    record = encode_record(shard).record
    rows = {minute: encode_row(shard, row) for minute, row in shard.slices.rows.items()}
    assert set(rows) == set(shard.row_keys())
    again = Shard.decode(record, rows, rules())
    decoded, live = (board([one], s(400), rules(), WINDOWS).windows for one in (again, shard))
    assert decoded == live
    assert shard.encode().rows == rows
