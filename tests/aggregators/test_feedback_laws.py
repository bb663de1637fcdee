"""Laws of surveys and evaluations: order, repeats, checkpoints and splits change nothing."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.board import board
from aggregators.kpis import quality, satisfaction
from aggregators.kpis.sums import Sums
from aggregators.shard import Shard
from tests.aggregators.feedback_story import FOREVER, folded, graded, sent, told
from tests.aggregators.story import event, s

DAY_S = 86_400.0


@st.composite
def stories(draw: st.DrawFn) -> list[Any]:
    """Surveys sent and answered, evaluations, corrections and retractions over ten days."""
    story: list[Any] = []
    for n in range(draw(st.integers(1, 12))):
        at_s = draw(st.integers(0, 10 * 86_400))
        name = draw(st.sampled_from("abc"))
        common = {
            "event_id": f"e{n}", "queue": draw(st.sampled_from([None, "q", "r"])),
            "motive": draw(st.sampled_from([None, "bill"])), "agent_id": "A1",
        }  # fmt: skip
        what = draw(st.integers(0, 3))
        if what == 0:
            made = sent(name, at_s, draw(st.sampled_from(["csat", "nps"])), **common)
        elif what == 3:
            points = draw(st.integers(0, 3))
            made = graded(name, [("i", points, 3, 1), ("j", 1, 7, 2)], at_s, **common)
        else:
            themes = draw(st.sampled_from([None, ["x"], ["y", "x"]]))
            kind = draw(st.sampled_from(["csat", "nps", "ces", "engagement"]))
            made = told(name, draw(st.integers(1, 5)), at_s, kind, themes=themes, **common)
        story.append(made)
        if draw(st.integers(0, 4)) == 0:
            is_gone = draw(st.booleans())
            story.append(msgspec.structs.replace(made, revision=1, retracted=is_gone))
    return story


SHORT = msgspec.structs.replace(FOREVER, agent_figures=True)
LONG = msgspec.structs.replace(FOREVER, lateness_ms=20 * 86_400_000, agent_figures=True)
WINDOWS = ["1h", "24h", "whole"]
NOTHING = {**satisfaction.values(Sums()), **quality.values(Sums())}


def in_order(story: list[Any]) -> list[Any]:
    return sorted(story, key=lambda e: e.event_time_ms)


def figures(shard: Shard) -> Any:
    """All rows, after the seven days of every survey have passed."""
    shard.apply(event(ev.SurveySent, 40 * DAY_S, survey_id="end", survey_kind="ces"), s(40 * DAY_S))
    return told_rows([shard], 10)


def told_rows(shards: list[Shard], day: int) -> Any:
    """What rows tell of surveys and evaluations, without rows and KPIs that tell of none.

    A row that had a fact which was replaced stays, with nothing in it.
    """
    found: dict[tuple[str, str, Any], Any] = {}
    for window, of in board(shards, s(day * DAY_S), LONG, WINDOWS).windows.items():
        kinds: dict[str, Any] = {
            "total": {"": of.total}, "queue": of.queues, "team": of.teams, "agent": of.agents,
            **of.facets,
        }  # fmt: skip
        for by, named in kinds.items():
            for name, row in named.items():
                told = {kpi: value for kpi, value in row.items() if NOTHING.get(kpi) != value}
                found[window, by, name] = {kpi: told[kpi] for kpi in NOTHING if kpi in told}
    return {row: told for row, told in found.items() if told}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories(), st.randoms(use_true_random=False), st.data())
def test_order_repeats_and_checkpoints_change_nothing(
    story: list[Any], rnd: random.Random, data: st.DataObject
) -> None:
    """Any order, events told twice and a restart at any place give the same board.

    So it is when the watermark passes the time to answer between the events, or long after them.
    """
    mixed = [*story, *rnd.sample(story, k=min(3, len(story)))]
    rnd.shuffle(mixed)
    cut = data.draw(st.integers(0, len(mixed)))
    late = data.draw(st.sampled_from([LONG, SHORT]))
    shard = folded(mixed[:cut], late)
    checkpoint = shard.encode()
    shard = Shard.decode(checkpoint.record, checkpoint.rows, late)
    for item in mixed[cut:]:
        shard.apply(item, item.event_time_ms)
    assert figures(shard) == figures(folded(in_order(story), LONG))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
def test_two_shards_add_up_to_the_whole(story: list[Any]) -> None:
    """Surveys and evaluations on two partitions give the figures of one."""

    def is_odd(item: Any) -> bool:
        return bool((getattr(item, "survey_id", None) or item.evaluation_id) == "b")

    parts = [
        folded([e for e in in_order(story) if is_odd(e) is odd], LONG) for odd in (True, False)
    ]
    whole = folded(in_order(story), LONG)
    assert told_rows(parts, 10) == told_rows([whole], 10)
