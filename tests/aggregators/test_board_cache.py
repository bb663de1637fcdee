"""Laws of boards made one after the other: exactly what a board from scratch gives."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.board import Board, Boards, board
from aggregators.kpis.waits import Waits
from aggregators.policy import EDGES_MS, Rules
from aggregators.shard import Shard
from aggregators.snapshot import encode_part
from tests.aggregators.story import abandoned, answered, ended, event, fold, queued, rules, s
from tests.aggregators.unruly_story import JUMPS_S, UnrulyStory, steps, unruly_rules

WINDOWS = [
    "30s", "1m", "5m", "15m", "1h", "4h", "interval_15m", "interval_30m_last", "today", "whole",
]  # fmt: skip


def shard_of(event: Any, shards: list[Shard]) -> int:
    """Contacts lie in the first two shards; agents are in the last and the first."""
    if hasattr(event, "contact_id"):
        return int(event.contact_id[1:]) % 2
    return 0 if event.agent_id == "A3" else len(shards) - 1


def assert_same(kept: Board, fresh: Board) -> None:
    for name, rows in fresh.windows.items():
        assert kept.windows[name] == rows, name
    assert kept == fresh
    assert list(kept.pairs) == list(fresh.pairs)


@given(
    steps,
    st.lists(st.integers(0, 9), min_size=1, max_size=8),
    st.booleans(),
    st.sampled_from([None, 30, 72]),
)
@settings(max_examples=200, deadline=None)
def test_a_kept_board_is_the_board_from_scratch(
    told: list[Any], pace: list[int], figures: bool, retention_h: int | None
) -> None:
    """Whatever happens in between: late facts, corrections, jumps, checkpoints, restarts."""
    made = unruly_rules(figures, retention_h)
    shards = [Shard(topic, 0, made) for topic in ("calls", "chats", "agents")]
    boards, other = Boards(made), Boards(made)
    story = UnrulyStory()
    for number, step in enumerate(told):
        item = story.event(step)
        shards[shard_of(item, shards)].apply(item, s(story.now_s))
        match pace[number % len(pace)]:
            case 0:
                continue
            case 1:
                story.now_s += JUMPS_S[number % 3]
            case 2:
                at = number % 3
                checkpoint = shards[at].encode()
                shards[at].confirm(checkpoint)
                if number % 4 == 0:
                    rows = {**all_rows(shards[at]), **checkpoint.rows}
                    shards[at] = Shard.decode(checkpoint.record, rows, made)
            case 3:
                other.make(shards, s(story.now_s), ["5m", "today"])
        as_of_ms = s(story.now_s) + 250 * (number % 7) - (90_000 if number % 11 == 10 else 0)
        windows = WINDOWS if number % 5 else WINDOWS[: 3 + number % 6]
        assert_same(boards.make(shards, as_of_ms, windows), board(shards, as_of_ms, made, windows))


def all_rows(shard: Shard) -> dict[int, bytes]:
    """Encode every row of a shard, as a changelog that saw them all would hold them."""
    return {key: encode_part(shard, key) for key in shard.row_keys()}


def test_looking_does_not_change_what_the_kept_board_learns() -> None:
    """A board from scratch in between takes nothing away from the kept one."""
    made = rules()
    shard = fold([queued("c", 0), answered("c", 10)], made)
    boards = Boards(made)
    boards.make([shard], s(20), ["1m"])
    shard.apply(ended("c", 15), s(15))
    board([shard], s(21), made, ["1m"])
    kept = boards.make([shard], s(21), ["1m"])
    assert kept.windows["1m"].total["agent_contact_seconds"] == 5.0


def test_a_contact_that_leaves_the_window_leaves_its_figures() -> None:
    """Slice by slice, as the clock alone moves on."""
    made = rules()
    shard = fold([queued("c", 0), abandoned("c", 12)], made)
    boards = Boards(made)
    seen = [
        boards.make([shard], s(at), ["30s"]).windows["30s"].total["contacts_abandoned"]
        for at in (9, 13, 20, 38, 40, 41)
    ]
    assert seen == [0, 1, 1, 1, 1, 0]  # an event of 12 s lies in the slice that ends at 15 s


def test_a_day_in_coarse_rows_is_corrected_in_the_kept_board() -> None:
    """A late fact enters a row that was melted into a minute since it was counted."""
    made = Rules()
    shard = fold([queued("a", 0), abandoned("a", 30)], made)
    boards = Boards(made)
    boards.make([shard], s(60), ["whole"])
    shard.apply(queued("later", 3 * 3600), s(3 * 3600))
    for item in (queued("b", 5), abandoned("b", 31)):
        shard.apply(item, s(3 * 3600))
    kept = boards.make([shard], s(3 * 3600 + 2), ["whole"])
    assert kept.windows["whole"].total["contacts_abandoned"] == 2


def test_the_rows_of_a_queue_with_one_channel_are_its_pair() -> None:
    """Until the queue gets a second channel: then they part."""
    made = rules()
    shard = fold([queued("c", 0), abandoned("c", 30)], made)
    boards = Boards(made)
    rows = boards.make([shard], s(40), ["1m"]).windows["1m"]
    assert rows.pairs["q", "voice"] is rows.queues["q"]
    for item in (queued("d", 41, channel="chat"), abandoned("d", 42)):
        shard.apply(item, item.event_time_ms)
    rows = boards.make([shard], s(45), ["1m"]).windows["1m"]
    assert rows.queues["q"]["contacts_abandoned"] == 2
    assert rows.pairs["q", "voice"]["contacts_abandoned"] == 1
    assert rows.pairs["q", "chat"]["contacts_abandoned"] == 1


@given(st.lists(st.tuples(st.integers(0, 3_600_000), st.integers(-2, 2)), max_size=120))
def test_ordered_waits_are_the_plain_multiset(changes: list[tuple[int, int]]) -> None:
    """Percentiles, bands and edges from the ordered list and from counting agree."""
    waits, plain = Waits(), Counter[int]()
    for wait_ms, n in changes:
        waits.change([wait_ms] * max(0, n), [wait_ms] * max(0, -n))
        plain[wait_ms] += n
    there = sorted((+plain).elements())
    assert waits.ordered == there
    assert waits.n == sum(plain.values())
    assert waits.sum_ms == sum(wait_ms * n for wait_ms, n in plain.items())
    assert waits.max_ms == max(there, default=-1)
    assert waits.up_to() == [
        sum(n for wait_ms, n in plain.items() if wait_ms <= edge_ms) for edge_ms in EDGES_MS
    ]
    assert sum(waits.bands()) == waits.n
    if there:
        assert waits.quantile_ms(0.5) == [there[-(-len(there) // 2) - 1]]


@given(st.lists(st.integers(0, 2000), max_size=200), st.lists(st.integers(0, 2000), max_size=200))
def test_many_waits_at_once_are_the_same_as_one_by_one(more: list[int], less: list[int]) -> None:
    """Sorting anew and inserting one by one give equal values."""
    at_once, singly = Waits(), Waits()
    at_once.change(more, less)
    for wait_ms in more:
        singly.change([wait_ms], [])
    for wait_ms in less:
        singly.change([], [wait_ms])
    assert at_once == singly


def test_a_running_contact_counts_until_now_and_stops_with_its_end() -> None:
    """Talk that goes on is in the kept time; an end told late takes back what was too much."""
    made = rules()
    login = event(ev.AgentLogin, 0, agent_id="A1", session_id="s")
    shard = fold([login, queued("c", 0), answered("c", 10)], made)
    boards = Boards(made)
    running = boards.make([shard], s(100), ["5m"]).windows["5m"].total
    assert running["agent_contact_seconds"] == 90.0
    shard.apply(ended("c", 40), s(101))
    late = boards.make([shard], s(101), ["5m"]).windows["5m"].total
    assert (late["agent_contact_seconds"], late["agent_logged_in_seconds"]) == (30.0, 101.0)


def login(at_s: float, agent: str = "A1") -> Any:
    """Let an agent begin a session."""
    return event(ev.AgentLogin, at_s, agent_id=agent, session_id="s")


def test_what_was_told_ahead_of_the_clock_begins_when_the_clock_gets_there() -> None:
    """A talk and a session from ahead: nothing is told anew, yet their time begins."""
    made = rules()
    shard = fold([queued("c", 10), answered("c", 50, agent="A1"), login(50, "A2")], made)
    boards = Boards(made)
    seen = []
    for at in (40, 50, 60):
        total = boards.make([shard], s(at), ["5m"]).windows["5m"].total
        seen.append((total["agent_contact_seconds"], total["agent_logged_in_seconds"]))
    assert seen == [(0.0, 0.0), (0.0, 0.0), (10.0, 10.0)]


def test_an_agent_falls_silent_by_the_clock_alone() -> None:
    """The last heartbeat gets too old between two boards, and no event says so."""
    made = unruly_rules(False, None)
    shard = fold([login(0), event(ev.AgentHeartbeat, 10, agent_id="A1")], made)
    boards = Boards(made)
    seen = [
        boards.make([shard], s(at), ["5m"]).windows["5m"].total["agents_unresponsive"]
        for at in (60, 70, 71)
    ]
    assert seen == [0, 0, 1]


def test_two_kept_boards_of_the_same_shards_both_learn_everything() -> None:
    """What one has asked the shards for is not lost for the other."""
    made = rules()
    shard = fold([login(0), queued("c", 0), answered("c", 10)], made)
    first, second = Boards(made), Boards(made)
    for boards in (first, second):
        boards.make([shard], s(20), ["5m"])
    shard.apply(ended("c", 15), s(20))
    for boards in (first, second):
        total = boards.make([shard], s(30), ["5m"]).windows["5m"].total
        assert total["agent_contact_seconds"] == 5.0


def test_time_past_its_retention_leaves_the_kept_board() -> None:
    """A span is dropped for its age from a window that is longer than what is kept."""
    made = Rules(retention_ms=2 * 3_600_000)
    shard = fold([login(0), queued("c", 0), answered("c", 10), ended("c", 70)], made)
    boards = Boards(made)
    before = boards.make([shard], s(100), ["whole"]).windows["whole"].total
    shard.apply(queued("later", 9 * 3600), s(9 * 3600))
    after = boards.make([shard], s(9 * 3600), ["whole"]).windows["whole"].total
    assert (before["agent_contact_seconds"], after["agent_contact_seconds"]) == (60.0, 0.0)


def test_another_order_of_the_shards_gives_the_same_board() -> None:
    """A partition that comes, goes or moves makes the kept board begin anew."""
    made = rules()
    calls = fold([queued("c", 0), abandoned("c", 12)], made)
    agents = fold([login(0)], made, topic="agents")
    boards = Boards(made)
    for shards in ([calls, agents], [agents, calls], [agents], [agents, calls]):
        assert_same(boards.make(shards, s(30), WINDOWS), board(shards, s(30), made, WINDOWS))


def test_a_clock_that_goes_back_gives_the_board_of_then() -> None:
    """A replay that begins anew, or a clock that was put right."""
    made = rules()
    shard = fold([login(0), queued("c", 0), answered("c", 10), ended("c", 70)], made)
    boards = Boards(made)
    for at in (200, 65, 66, 300):
        assert_same(boards.make([shard], s(at), WINDOWS), board([shard], s(at), made, WINDOWS))


def test_a_contact_that_outlives_its_rows_can_still_be_folded_anew() -> None:
    """The spans of its first day went with their age; an event out of order does no harm."""
    made = Rules(retention_ms=2 * 3_600_000)
    offer = {"contact_id": "c", "leg_id": "L1", "offer_id": "o", "agent_id": "A1"}
    shard = fold([queued("c", 0, channel="email"), event(ev.AgentOffered, 10, **offer)], made)
    boards = Boards(made)
    for kind, at, more in (
        (ev.AgentOfferMissed, 30, {"outcome": "timeout"}),
        (ev.AgentOffered, 9 * 3600, {"offer_id": "o2"}),
        (ev.AgentOffered, 9 * 3600 - 10, {"offer_id": "o3"}),
    ):
        boards.make([shard], s(at), WINDOWS)
        shard.apply(event(kind, at, **(offer | more)), s(at))
    as_of_ms = s(9 * 3600 + 5)
    kept = boards.make([shard], as_of_ms, WINDOWS)
    assert_same(kept, board([shard], as_of_ms, made, WINDOWS))
    assert kept.windows["5m"].total["agents_ringing"] == 0
    assert kept.windows["5m"].total["contacts_ringing"] == 1
