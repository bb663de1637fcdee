"""Folding in batches: dossiers that are held for a while come to the same as event by event."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.dossiers.fold import DossierFold
from aggregators.events import CUSTOMERS, topic_of
from aggregators.policy import MINUTE_MS, Rules
from aggregators.shard import Shard
from aggregators.slices import SCOPE_BITS, SCOPE_MASK
from streams.agents import FoldError, fold_batch
from streams.simulator.demo import demo_scenario
from streams.simulator.simulation import Simulation
from tests.faults.crashing_owner import Row

START_MS = 1_736_928_000_000
RULES = Rules(
    lateness_ms=2 * MINUTE_MS,
    retention_ms=None,
    long_retention_ms=None,
    selfcare_idle_ms=MINUTE_MS,
    cart_idle_ms=2 * MINUTE_MS,
)


TOPICS = ("selfcare", "feedback", "business", CUSTOMERS)


@cache
def history() -> dict[str, list[Any]]:
    """An hour of the demo's centre by topic, with what vigie itself tells of its customers."""
    found: dict[str, list[Any]] = {topic: [] for topic in TOPICS}
    shards: dict[str, Shard] = {}
    end_ms = START_MS + 60 * MINUTE_MS
    for event in Simulation(demo_scenario(), seed=5, start_ms=START_MS).events(end_ms):
        topic = topic_of(event)
        if topic in found:
            found[topic].append(event)
        shard = shards.setdefault(topic, Shard(topic, 0, RULES))
        shard.apply(event, event.event_time_ms)
        found[CUSTOMERS] += shard.outbox
        shard.outbox.clear()
    assert min(map(len, found.values())) > 100
    return found


def state(shard: Shard) -> dict[str, Any]:
    """Return everything that a batch may not change: all but the order of first mention."""
    pages, names = shard.dossiers.pages.pages, shard.scopes.known
    return {
        "rows": {
            minute: cells
            for minute, row in shard.slices.rows.items()
            if (
                cells := {
                    (key >> SCOPE_BITS, names[key & SCOPE_MASK]): cell
                    for key, cell in row.cells.items()
                    if cell
                }
            )
        },
        "levels": shard.slices.history.levels,
        "dossiers": {number: page.dossiers for number, page in pages.items()},
        "due": {number: page.due_ms for number, page in pages.items()},
        "notes": sorted(note for page in pages.values() for note in page.notes.items()),
        "expressions": shard.dossiers.expressions.encode(),
        "counts": shard.counts,
    }


def told(events: list[Any]) -> dict[tuple[str, str], Any]:
    """Return what a reader of the topic of the customers knows in the end.

    The revision is that of the journal when it was told: the same may be told with a later one.
    """
    known: dict[tuple[str, str], Any] = {}
    for event in events:
        place = (event.customer_key, event.event_id)
        if place not in known or known[place].revision < event.revision:
            known[place] = event
    return {
        place: msgspec.structs.replace(event, revision=0)
        for place, event in known.items()
        if not event.retracted
    }


def disturbed(events: list[Any], seed: int) -> list[Any]:
    """Put events in another order by up to three minutes, tell some again, correct, take back."""
    chance = random.Random(seed)
    found: list[tuple[int, int, Any]] = []
    for event in events:
        late_ms = chance.choice([0, 0, 0, chance.randrange(3 * MINUTE_MS)])
        found.append((event.event_time_ms + late_ms, len(found), event))
        if chance.random() < 0.1:
            after_ms = chance.randrange(4 * MINUTE_MS)
            changes: dict[str, Any] = {"revision": chance.randrange(2)}
            if chance.random() < 0.5:  # the same thing, told as another fact
                changes["event_id"] = f"{event.event_id} again"
                changes["event_time_ms"] = event.event_time_ms + after_ms
            if topic_of(event) != CUSTOMERS and chance.random() < 0.5:
                changes["customer_key"] = "somebody else"
            changes["retracted"] = chance.random() < 0.3
            again = msgspec.structs.replace(event, **changes)
            found.append((event.event_time_ms + after_ms, len(found), again))
    return [event for _, _, event in sorted(found, key=lambda item: item[:2])]


@pytest.mark.parametrize("topic", TOPICS)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(seed=st.integers(0, 2**32), size=st.sampled_from([7, 100, 400, 2_000]), data=st.data())
def test_batches_of_any_size_come_to_the_same_as_event_by_event(
    topic: str, seed: int, size: int, data: st.DataObject
) -> None:
    """Slices, dossiers, lists, counts, and what is told; whatever the order and the corrections.

    Also when a worker told a part, event by event, before it was killed, and the next one folds
    in batches; and the other way round.
    """
    events = disturbed(history()[topic], seed)
    expected, shard = Shard(topic, 0, RULES), Shard(topic, 0, RULES)
    for event in events:
        expected.apply(event, event.event_time_ms)
    for start in range(0, len(events), size):
        shard.begin_batch()
        for event in events[start : start + size]:
            shard.apply(event, event.event_time_ms)
        shard.end_batch()
    assert state(shard) == state(expected)
    one_by_one, in_batches = expected.outbox, shard.outbox
    known = told(one_by_one)
    assert told(in_batches) == known
    for _ in range(5):
        cut = data.draw(st.integers(0, len(one_by_one)))
        assert told(one_by_one[:cut] + in_batches) == known
        assert told(in_batches[:cut] + one_by_one) == known


def viewed(at_s: int, session: str) -> Any:
    """A known customer looks at something."""
    return ev.ArticleViewed(
        v=1, source="t", event_id=f"{session}{at_s}", event_time_ms=START_MS + at_s * 1000,
        customer_key="c", session_id=session, article_id="a", tool="faq",
    )  # fmt: skip


@pytest.mark.parametrize(
    "batches",
    [
        ([viewed(0, "s")], [viewed(50, "s"), viewed(220, "other"), viewed(221, "s")]),
        ([viewed(0, "s"), viewed(250, "other"), viewed(251, "s")],),
    ],
    ids=["one that was known before", "one that began in the batch"],
)
def test_a_session_that_falls_silent_within_a_batch_is_told_of_as_event_by_event(
    batches: tuple[list[Any], ...],
) -> None:
    """Silent for a minute it is over; told of again it was not. No telling more, none less."""
    expected, shard = Shard("selfcare", 0, RULES), Shard("selfcare", 0, RULES)
    for batch in batches:
        shard.begin_batch()
        for event in batch:
            expected.apply(event, event.event_time_ms)
            shard.apply(event, event.event_time_ms)
        shard.end_batch()
    assert shard.outbox == expected.outbox
    assert bool(expected.outbox) == (len(batches) == 1)


@pytest.mark.interpreted
def test_a_batch_books_a_dossier_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is what it is for: all events of a session that lie in it are booked together."""
    booked: list[str] = []
    change: Any = DossierFold._change

    def counted(self: DossierFold, kind: Any, key: str, *rest: Any, **more: Any) -> None:
        booked.append(key)
        change(self, kind, key, *rest, **more)

    events = history()["selfcare"][:400]
    monkeypatch.setattr(DossierFold, "_change", counted)
    shard = Shard("selfcare", 0, Rules())
    shard.begin_batch()
    for event in events:
        shard.apply(event, event.event_time_ms)
    shard.end_batch()
    sessions = {f"h{event.session_id}" for event in events}
    assert set(booked) == sessions
    assert len(booked) < 1.2 * len(sessions) < 0.6 * len(events)


@pytest.mark.interpreted
def test_a_failure_at_the_end_of_a_batch_names_the_last_record_it_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The shard is thrown away, and the next try goes record by record."""

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    event = history()["selfcare"][0]
    monkeypatch.setattr(DossierFold, "_put", broken)
    shard = Shard("selfcare", 0, Rules())
    rows = [Row(offset, event.event_time_ms, b"", b"") for offset in (40, 41)]
    with pytest.raises(FoldError) as failure:
        fold_batch(shard, lambda *_: event, rows, lambda *_: None)
    assert (failure.value.offset, failure.value.is_exact) == (41, False)
    assert isinstance(failure.value.__cause__, ZeroDivisionError)
