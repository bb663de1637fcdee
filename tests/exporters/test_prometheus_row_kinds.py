"""Series of rows that are no queue: the centre, channels, surveys, tools and the like."""

from __future__ import annotations

import subprocess
from typing import Any

from aggregators.board import Board, Rows
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.groups import FACETS, GROUPS
from aggregators.kpis.values import KpiValues
from exporters.prometheus.catalogue import catalogue, kpi_metric, twin_metric
from exporters.prometheus.collector import KpiCollector
from exporters.prometheus.exposition import exposition
from exporters.row_kinds import ROW_KINDS
from tests.exporters.full_centre import FullCentre, full_row

KPIS = {
    kpi_id: CATALOGUE[kpi_id]
    for kpi_id in ("contacts_waiting", "answer_rate", "nps", "csat_share", "faq_searches")
}


def rows(**kinds: Any) -> Rows:
    empty: dict[str, Any] = {"total": {}, "queues": {}, "channels": {}, "teams": {}, "pairs": {}}
    return Rows(**{**empty, **kinds})


def board(**windows: Rows) -> Board:
    return Board(
        as_of_ms=0,
        data_up_to_ms=None,
        complete=True,
        windows={name.strip("_"): found for name, found in windows.items()},
        durable={},
        pairs={},
    )


def lines(shown: Board, **options: Any) -> list[str]:
    """The sample lines without those of the view itself."""
    collector = KpiCollector(lambda: shown, lambda: True, kpis=KPIS, **options)
    text = exposition(collector)("")[1].decode()
    return [line for line in text.splitlines() if not line.startswith(("#", "vigie_view"))]


def test_a_score_has_series_of_the_centre_its_queue_and_its_survey() -> None:
    """Three names, so that no sum counts an answer twice."""
    score: KpiValues = {"nps": 40.0}
    shown = board(
        today=rows(
            total={**score, "answer_rate": 0.5},
            pairs={("sales", "voice"): score},
            facets={"survey": {"after_call": score}},
        )
    )
    assert lines(shown) == [
        'vigie_nps{channel="voice",queue="sales",window="today"} 40.0',
        'vigie_centre_nps{window="today"} 40.0',
        'vigie_survey_nps{survey="after_call",window="today"} 40.0',
    ]


def test_the_ratios_of_queues_have_none_of_the_centre() -> None:
    """They are summed from the pairs; only what has no queue needs a series of everything."""
    shown = board(today=rows(total={"answer_rate": 0.5, "contacts_waiting": 3}))
    assert lines(shown) == []


def test_a_group_without_queues_has_no_series_by_queue() -> None:
    """A search has no queue: it is in the series of its tool and of the centre."""
    searched: KpiValues = {"faq_searches": 7}
    shown = board(
        _5m=rows(
            total=searched,
            pairs={("sales", "voice"): searched},
            facets={"tool": {"faq": searched}},
        )
    )
    assert lines(shown) == [
        'vigie_centre_faq_searches{window="5m"} 7.0',
        'vigie_tool_faq_searches{tool="faq",window="5m"} 7.0',
    ]


def test_scores_have_series_in_long_windows_only() -> None:
    """Five minutes hold too few answers; searches and answer rates are shown in both."""
    row: KpiValues = {"nps": 40.0, "faq_searches": 7, "answer_rate": 0.5}
    shown = board(
        _5m=rows(total=row, pairs={("s", "voice"): row}), _1h=rows(total=row), today=rows(total=row)
    )
    assert lines(shown) == [
        'vigie_answer_rate_ratio{channel="voice",queue="s",window="5m"} 0.5',
        'vigie_centre_nps{window="1h"} 40.0',
        'vigie_centre_nps{window="today"} 40.0',
        'vigie_centre_faq_searches{window="5m"} 7.0',
        'vigie_centre_faq_searches{window="1h"} 7.0',
        'vigie_centre_faq_searches{window="today"} 7.0',
    ]


def test_without_a_long_window_the_longest_stands_in() -> None:
    """Settings with short windows only still have the scores, once."""
    score = rows(total={"nps": 40.0})
    assert lines(board(_5m=score, _15m=score)) == ['vigie_centre_nps{window="15m"} 40.0']


def test_kinds_that_are_switched_off_have_no_series() -> None:
    """Motives and teams are off by default, all can be off."""
    score: KpiValues = {"nps": 40.0}
    shown = board(
        today=rows(
            total=score,
            channels={"voice": score},
            teams={"north": score},
            facets={"motive": {"billing": score}, "survey": {"yearly": score}},
        )
    )
    assert [line.partition("{")[0] for line in lines(shown)] == [
        "vigie_centre_nps", "vigie_channel_nps", "vigie_survey_nps",
    ]  # fmt: skip
    assert [line.partition("{")[0] for line in lines(shown, kinds=("motive", "team"))] == [
        "vigie_motive_nps", "vigie_team_nps",
    ]  # fmt: skip
    assert lines(shown, kinds=()) == []


def test_a_flood_of_survey_names_never_costs_a_queue_its_series() -> None:
    """Surveys come after the queues: where room ends, they are left out and counted."""
    score: KpiValues = {"nps": 40.0}
    shown = board(
        today=rows(
            total=score,
            pairs={(f"q{n}", "voice"): score for n in range(5)},
            facets={"survey": {f"s{n:02}": score for n in range(30)}},
        )
    )
    collector = KpiCollector(lambda: shown, lambda: True, kpis=KPIS, max_series=12)
    samples = [s for family in collector.collect() for s in family.samples]
    assert len(samples) == 12
    assert sum("queue" in sample.labels for sample in samples) == 5
    cost = collector.cost()
    assert cost is not None
    assert cost.series == 12
    assert cost.dropped["survey"] == 25


def test_names_of_a_kind_keep_their_places_and_are_made_harmless() -> None:
    """At most two hundred names; a name that looks like another is the same series once."""
    score: KpiValues = {"nps": 1.0}
    surveys = {f"s{n:03}": score for n in range(201)} | {"s000\u200b": score}
    collector = KpiCollector(
        lambda: board(today=rows(facets={"survey": surveys})), lambda: True, kpis=KPIS
    )
    names = {s.labels.get("survey") for family in collector.collect() for s in family.samples}
    assert len(names - {None}) == 200
    cost = collector.cost()
    assert cost is not None
    assert cost.dropped["survey"] == 2


def test_every_group_has_twins_for_its_facets_and_no_others() -> None:
    """What a group says of itself decides, and a figure by theme has none by theme."""
    for kpi in CATALOGUE.values():
        group = next((group for group in GROUPS if group.name == kpi.group), None)
        if group is None:
            continue
        metric = kpi_metric(kpi)
        kinds = {kind for kind in ROW_KINDS if twin_metric(metric, kind) is not None}
        facets = {facet for facet in group.facets if facet not in metric.labels}
        assert kinds & set(FACETS) == facets, kpi.id
        assert {"centre", "team"} <= kinds | set(metric.labels)


def test_promtool_finds_nothing_to_say_about_the_series_of_everything() -> None:
    """Every KPI in every kind of row, all of them switched on."""
    full = FullCentre().board()
    full.windows["today"].pairs["full", "voice"] = full_row("full")
    collector = KpiCollector(lambda: full, lambda: True, kinds=ROW_KINDS, max_series=10**6)
    body = exposition(collector)("")[1]
    names = {line.split(b"{")[0].split(b" ")[0] for line in body.splitlines() if line[:1] != b"#"}
    wanted = {metric.name.encode() for metric in catalogue() if metric.kpi in CATALOGUE}
    assert wanted - names == set()
    checked = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
