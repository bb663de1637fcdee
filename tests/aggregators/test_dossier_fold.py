"""The fold of dossiers: facts follow from the journal and the watermark, and from nothing else."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.counts import Outcome
from aggregators.dossiers.kind import Fact, Kind
from aggregators.dossiers.kinds import KIND_OF, KINDS
from aggregators.dossiers.places import Places
from aggregators.policy import DAY_MS, HOUR_MS, MINUTE_MS, Rules
from aggregators.shard import Shard
from tests.aggregators.story import T0, event

ANSWERS, SCORES, SETTLED = 900, 901, 902


class TenMinutes(Kind):
    """Answers to a survey: how many, their scores, and ten minutes after the last: settled."""

    letter: ClassVar[str] = "s"
    types = (ev.SurveyAnswered,)
    max_events: ClassVar[int] = 50

    def key(self, event: Any) -> str:
        return str(event.survey_id)

    def refusal(self, event: Any, places: Places) -> Outcome | None:
        return Outcome.OUT_OF_SCALE if event.score > 10 else None

    def facts(self, events: Sequence[Any], swept_ms: int, places: Places) -> list[Fact]:
        facts: list[Fact] = []
        for told in events:
            for scope in places.of(told.queue, told.channel, facets=[("motive", told.motive)]):
                facts += [
                    (told.event_time_ms, scope, ANSWERS, 1),
                    (told.event_time_ms, scope, SCORES, int(told.score)),
                ]
        if events and self._settles_ms(events) <= swept_ms:
            facts.append((events[-1].event_time_ms, places.of()[0], SETTLED, 1))
        return facts

    def due_ms(self, events: Sequence[Any], swept_ms: int) -> int | None:
        if not events or self._settles_ms(events) <= swept_ms:
            return None
        return self._settles_ms(events)

    @staticmethod
    def _settles_ms(events: Sequence[Any]) -> int:
        return int(events[-1].event_time_ms) + 10 * MINUTE_MS


pytestmark = pytest.mark.interpreted


@pytest.fixture(autouse=True)
def only_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fold knows this one kind of answers."""
    kind = TenMinutes()
    kind_of: dict[Any, Kind] = KIND_OF
    monkeypatch.setitem(kind_of, ev.SurveyAnswered, kind)
    monkeypatch.setitem(KINDS, "s", kind)


def told(at_s: float, survey: str = "v", score: float = 1, **more: Any) -> Any:
    more = {"survey_kind": "nps", "queue": "q", "channel": "chat"} | more
    return event(ev.SurveyAnswered, at_s, survey_id=survey, score=score, **more)


def folded(events: Sequence[Any], rules: Rules | None = None) -> Shard:
    shard = Shard("feedback", 0, rules or Rules(lateness_ms=HOUR_MS))
    for item in events:
        shard.apply(item, item.event_time_ms)
    return shard


def sums(shard: Shard) -> dict[str, dict[int, int]]:
    """Return the facts of every scope over everything."""
    found: dict[str, dict[int, int]] = {}
    for row in shard.slices.rows.values():
        for scope, cell in row.by_scope().items():
            place = shard.scopes.known[scope]
            named = found.setdefault(f"{place.facet} {place.name} {place.queue}".strip(), {})
            for key, n in cell.items():
                named[key] = named.get(key, 0) + n
    return found


def restored(shard: Shard, written: dict[int, bytes]) -> Shard:
    """Return the shard after a checkpoint and a restart; ``written`` are all rows until now."""
    checkpoint = shard.encode()
    written.update(checkpoint.rows)
    rows = {key: written[key] for key in shard.row_keys()}
    return Shard.decode(checkpoint.record, rows, shard.rules)


def test_facts_stand_in_the_scope_and_in_each_facet() -> None:
    """Not twice in the total: a facet is a view of its own."""
    shard = folded([told(0, score=3, motive="bill"), told(5, "w", 4)])
    assert sums(shard) == {
        "q": {ANSWERS: 2, SCORES: 7},
        "motive bill": {ANSWERS: 1, SCORES: 3},
    }


def test_a_correction_replaces_and_a_retraction_removes() -> None:
    """By revision; the same or a lower one is a duplicate."""
    first = told(0, score=3, event_id="a")
    shard = folded([first, told(1, score=5, event_id="b")])
    mended = msgspec.structs.replace(first, score=9, revision=1)
    assert shard.apply(mended, T0) is Outcome.APPLIED
    assert sums(shard) == {"q": {ANSWERS: 2, SCORES: 14}}
    assert shard.apply(mended, T0) is Outcome.DUPLICATE
    assert shard.apply(first, T0) is Outcome.DUPLICATE
    gone = msgspec.structs.replace(first, revision=2, retracted=True)
    assert shard.apply(gone, T0) is Outcome.APPLIED
    assert sums(shard) == {"q": {ANSWERS: 1, SCORES: 5}}
    assert shard.counts.read == shard.counts.applied + shard.counts.duplicate == 6


def test_the_watermark_settles_what_no_event_speaks_of() -> None:
    """Ten minutes after the last answer of its own, told by an event of somebody else."""
    shard = folded([told(0), told(60), told(3600 + 600, "w")])
    assert shard.watermark_ms == T0 + 600_000
    assert sums(shard)["q"] == {ANSWERS: 3, SCORES: 3}
    assert "" not in sums(shard)
    shard.apply(told(3600 + 660, "w"), T0 + DAY_MS)
    assert sums(shard)[""] == {SETTLED: 1}
    late = told(120)
    assert shard.apply(late, T0 + DAY_MS) is Outcome.LATE
    assert "" not in sums(shard), "with a newer answer it is not settled yet"


def test_a_refused_event_changes_nothing_and_is_counted_by_its_reason() -> None:
    """And so is one too many for a dossier."""
    shard = folded([told(0, score=11)])
    assert (sums(shard), len(shard.dossiers.pages)) == ({}, 0)
    assert shard.counts.reasons == {"out_of_scale": 1}
    shard = folded([told(n) for n in range(51)])
    assert shard.counts.reasons == {"dossier_full": 1}
    assert sums(shard) == {"q": {ANSWERS: 50, SCORES: 50}}


def test_what_was_dropped_for_its_age_is_never_taken_out_again() -> None:
    """A dossier outlives the rows of its first facts: correcting those books nothing."""
    rules = Rules(lateness_ms=HOUR_MS, retention_ms=DAY_MS, long_retention_ms=2 * DAY_MS)
    first = told(0, event_id="a")
    shard = folded([first, told(86_400), told(2 * 86_400), told(3 * 86_400)], rules)
    shard.apply(msgspec.structs.replace(first, score=7, revision=1), T0 + 3 * DAY_MS)
    newest_ms = T0 + 3 * DAY_MS
    assert all(row.end_ms > newest_ms - 2 * DAY_MS for row in shard.slices.rows.values())
    assert all(
        n > 0 for row in shard.slices.rows.values() for cell in row.cells.values()
        for n in cell.values()
    )  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    """Answers over five hours, some corrected, some taken back."""
    found: list[Any] = []
    for n in range(draw(st.integers(1, 12))):
        survey = draw(st.sampled_from("vwx"))
        answer = told(
            draw(st.integers(0, 5 * 3600)), survey, float(draw(st.integers(0, 9))),
            event_id=f"{survey}{n}", motive=draw(st.sampled_from([None, "bill"])),
        )  # fmt: skip
        found.append(answer)
        if draw(st.booleans()):
            found.append(
                msgspec.structs.replace(
                    answer,
                    score=float(draw(st.integers(0, 9))),
                    event_time_ms=T0 + draw(st.integers(0, 18_000)) * 1000,
                    revision=1,
                    retracted=draw(st.booleans()),
                )
            )
    return found


END = 86_400
"""Later than everything: an answer at that time moves every watermark to the same place."""


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(histories(), st.integers(0, 2**32), st.data())
def test_order_repeats_and_restarts_change_nothing(
    history: list[Any], seed: int, data: st.DataObject
) -> None:
    """Any order, everything told twice, and a checkpoint read back at any place."""
    last = told(END, "z", event_id="z")
    expected = folded([*history, last])
    shuffled = history * 2
    random.Random(seed).shuffle(shuffled)
    shard, written = folded([]), dict[int, bytes]()
    for item in [*shuffled, last]:
        shard.apply(item, item.event_time_ms)
        if data.draw(st.integers(0, 3)) == 0:
            shard = restored(shard, written)
    assert sums(shard) == sums(expected)
    assert {key: page.dossiers for key, page in shard.dossiers.pages.pages.items()} == {
        key: page.dossiers for key, page in expected.dossiers.pages.pages.items()
    }
