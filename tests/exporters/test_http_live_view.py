"""The live view over shards of this process, and the contacts that it lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from aggregators import events as ev
from aggregators.board import Board
from aggregators.policy import Rules
from aggregators.shard import Shard
from exporters.http.app import build_web_app
from exporters.http.openapi import describe_api
from exporters.live import MemoryView, default_windows
from tests.exporters.served import client_of
from tests.exporters.test_http_openapi import check

T0 = 1_767_614_400_000
"""2026-01-05T12:00:00Z"""


class Hands:
    """A steady clock that a test moves."""

    def __init__(self) -> None:
        self.at_s = 100.0

    def __call__(self) -> float:
        return self.at_s


class Counting:
    """Computes an empty board, taking as long as told."""

    def __init__(self, hands: Hands, takes_s: float) -> None:
        self.hands = hands
        self.takes_s = takes_s
        self.asked: list[tuple[int, tuple[str, ...]]] = []

    def __call__(
        self, shards: Sequence[Shard], as_of_ms: int, rules: Rules, windows: Sequence[str]
    ) -> Board:
        self.asked.append((as_of_ms, tuple(windows)))
        self.hands.at_s += self.takes_s
        return Board(as_of_ms, None, True, {}, {}, {})


def contact(kind: type[Any], contact_id: str, at_s: float, **fields: Any) -> Any:
    """Build an event of one contact, ``at_s`` seconds after noon."""
    return kind(
        v=1, event_id=f"{contact_id}-{kind.__name__}", source="test",
        event_time_ms=T0 + int(at_s * 1_000), contact_id=contact_id, leg_id="l1", **fields,
    )  # fmt: skip


def shard_of(*events: Any) -> Shard:
    """Fold events into one shard."""
    shard = Shard("vigie.calls", 0, Rules())
    for event in events:
        shard.apply(event, event.event_time_ms)
    return shard


def queued(contact_id: str, at_s: float, queue: str = "sales") -> Any:
    return contact(ev.ContactQueued, contact_id, at_s, channel="voice", queue=queue)


def answered(contact_id: str, at_s: float) -> Any:
    return contact(ev.ContactAnswered, contact_id, at_s, agent_id="a7", wait_ms=30_000)


@pytest.mark.parametrize(
    ("takes_s", "is_behind", "rest_s"),
    [
        (0.01, False, 0.465),
        (0.15, False, 0.6),
        (1.0, False, 4.0),
        (0.01, True, 0.465),
        (0.15, True, 2.85),
    ],
)
def test_boards_take_at_most_their_share_of_the_time(
    takes_s: float, is_behind: bool, rest_s: float
) -> None:
    """A cheap board lasts half a refresh, others four times their cost, 19 times with a backlog."""
    hands = Hands()
    counting = Counting(hands, takes_s)
    view = MemoryView(
        list, Rules(), lambda: T0, compute=counting, timer=hands, effort=hands,
        is_behind=lambda: is_behind,
    )  # fmt: skip
    view.board()
    hands.at_s += 60.0
    newest = view.board()
    hands.at_s += rest_s - 0.02
    assert view.board() is newest
    hands.at_s += 0.04
    assert view.board() is not newest
    assert view.computations == 3


@pytest.mark.parametrize(("got", "rest_s"), [(1.0, 2.85), (0.5, 5.7), (0.1, 11.4)])
def test_a_backlog_comes_first_also_where_the_machine_gives_little(
    got: float, rest_s: float
) -> None:
    """Half of the time for the thread: twice the rest. A tenth: four times, and no longer."""
    hands = Hands()
    view = MemoryView(
        list, Rules(), lambda: T0, compute=Counting(hands, 0.15 / got), timer=hands,
        effort=lambda: hands.at_s * got, is_behind=lambda: True,
    )  # fmt: skip
    view.board()
    hands.at_s += 60.0
    newest = view.board()
    hands.at_s += rest_s - 0.02
    assert view.board() is newest
    hands.at_s += 0.04
    assert view.board() is not newest


def test_one_long_computation_is_no_reason_to_show_old_numbers() -> None:
    """The first board of a large centre takes long; the next one comes after half a refresh."""
    hands = Hands()
    counting = Counting(hands, 2.0)
    view = MemoryView(list, Rules(), lambda: T0, compute=counting, timer=hands, effort=hands)
    first = view.board()
    hands.at_s += 0.01
    assert view.board() is not first


def test_the_board_follows_the_clock_that_is_passed_in() -> None:
    """A replay shows the replayed instant, with the windows of the rules and the intervals."""
    hands = Hands()
    counting = Counting(hands, 0.0)
    rules = Rules(windows=("5m", "today"), intervals_min=(30,))
    MemoryView(list, rules, lambda: T0, compute=counting, timer=hands, effort=hands).board()
    assert counting.asked == [(T0, ("5m", "today", "interval_30m", "interval_30m_last"))]
    assert default_windows(rules) == counting.asked[0][1]


def test_a_view_without_shards_is_not_ready() -> None:
    """Without partitions there are no numbers to trust; the caller's own reason goes first."""
    shards: list[Shard] = []
    readiness = [(True, "ready")]
    view = MemoryView(lambda: shards, Rules(), lambda: T0, readiness=lambda: readiness[0])
    assert view.ready() == (False, "no partition is assigned to this worker yet")
    shards.append(shard_of())
    assert view.ready() == (True, "ready")
    readiness[0] = (False, "recovering")
    assert view.ready() == (False, "recovering")


def test_data_age_is_the_clock_less_the_newest_event() -> None:
    """No event yet means no age, not zero."""
    shard = shard_of()
    view = MemoryView(lambda: [shard], Rules(), lambda: T0 + 9_000)
    assert view.data_age_ms() is None
    view = MemoryView(lambda: [shard_of(queued("c1", 2))], Rules(), lambda: T0 + 9_000)
    assert view.data_age_ms() == 7_000


def test_the_contacts_behind_a_queue_are_those_that_its_live_numbers_count() -> None:
    """Waiting first, longest first; who left or is in another queue is not there."""
    shard = shard_of(
        queued("c1", 0), queued("c2", 5), queued("other", 6, queue="support"), queued("c3", 8),
        queued("gone", 9),
        contact(ev.AgentOffered, "c2", 20, offer_id="o1", agent_id="a2"),
        contact(ev.ContactAbandoned, "gone", 25, stage="queue"),
        answered("c1", 30),
    )  # fmt: skip
    view = MemoryView(lambda: [shard], Rules(), lambda: T0 + 60_000)
    rows = [(r["contact_id"], r["state"], r["wait_ms"], r["agent_id"]) for r in
            view.contacts("sales")]  # fmt: skip
    assert rows == [
        ("c2", "ringing", 55_000, "a2"),
        ("c3", "waiting", 52_000, None),
        ("c1", "in_progress", 30_000, "a7"),
    ]
    live = view.board().windows["5m"].pairs["sales", "voice"]
    assert (live["contacts_waiting"], live["contacts_in_progress"]) == (2, 1)


async def test_real_shards_reach_the_api_in_the_described_shape() -> None:
    """From events through the core's board to JSON: every value fits the description."""
    shard = shard_of(queued("c1", 0), queued("c2", 5), answered("c1", 30))
    view = MemoryView(lambda: [shard], Rules(), lambda: T0 + 60_000)
    async with client_of(build_web_app(view)) as client:
        board = await (await client.get("/api/board")).json()
        contacts = await (await client.get("/api/queues/sales/contacts")).json()
        level = await (await client.get("/api/kpis/service_level")).json()
    description = describe_api(())
    check(description, "/api/board", 200, board)
    check(description, "/api/queues/{queue}/contacts", 200, contacts)
    check(description, "/api/kpis/{id}", 200, level)
    kpis = board["windows"]["5m"]["pairs"][0]["kpis"]
    assert kpis["contacts_waiting"] == 1
    assert kpis["longest_wait_seconds"] == 55.0
    assert kpis["service_level"]["abandons_negative"] == 1.0
    assert kpis["asa_seconds"]["queue"] == 30.0
    assert [row["contact_id"] for row in contacts["contacts"]] == ["c2", "c1"]
