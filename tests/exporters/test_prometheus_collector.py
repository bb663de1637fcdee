"""The KPI series: a literal board gives literal text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aggregators.board import Board, Rows
from aggregators.kpis.catalogue import Kpi
from aggregators.kpis.values import KpiValues
from aggregators.policy import QueuePolicy
from aggregators.totals import Totals
from exporters.prometheus.collector import KpiCollector, ViewShards
from exporters.prometheus.exposition import exposition


def kpi(kpi_id: str, unit: Any, kind: Any, *labels: str, formula: str = "A / O") -> Kpi:
    return Kpi(
        id=kpi_id,
        unit=unit,
        kind=kind,
        labels=labels,
        direction="none",
        group="service",
        english=kpi_id.replace("_", " "),
        french=kpi_id,
        formula=formula,
    )


KPIS = {
    one.id: one
    for one in (
        kpi("contacts_waiting", "count", "N"),
        kpi("longest_wait_seconds", "seconds", "N"),
        kpi("contacts_offered", "count", "R"),
        kpi("contacts_flow_out", "count", "R", "reason"),
        kpi("answer_rate", "ratio", "R"),
        kpi("service_level", "ratio", "R", "variant"),
        kpi("answered_within_rate", "ratio", "R", "le"),
        kpi("transfer_rate", "ratio", "R", "kind", "scope"),
        kpi("wait_quantile_seconds", "seconds", "R", "q"),
        kpi("hold_abandon_count", "count", "R"),
        kpi("agents_available", "count", "N"),
        kpi("agents_paused", "count", "N", "reason"),
        kpi("agents_staffed", "count", "N"),
    )
}

Pairs = Mapping[tuple[str, str], KpiValues]


def rows(pairs: Pairs, teams: Mapping[str, KpiValues] | None = None) -> Rows:
    return Rows(total={}, queues={}, channels={}, teams=dict(teams or {}), pairs=dict(pairs))


def board(
    windows: Mapping[str, Pairs],
    *,
    complete: bool = True,
    durable: Mapping[tuple[str, str], Totals] | None = None,
    policies: Mapping[tuple[str, str], QueuePolicy] | None = None,
    teams: Mapping[str, KpiValues] | None = None,
) -> Board:
    return Board(
        as_of_ms=1_000_000,
        data_up_to_ms=999_500,
        complete=complete,
        windows={name: rows(pairs, teams) for name, pairs in windows.items()},
        durable=dict(durable or {}),
        pairs=dict(policies or {}),
    )


def text(shown: Board, **options: Any) -> str:
    collector = KpiCollector(lambda: shown, lambda: True, kpis=KPIS, **options)
    return exposition(collector)("")[1].decode()


def samples(shown: Board, **options: Any) -> list[str]:
    """The sample lines without those of the view itself."""
    return [
        line
        for line in text(shown, **options).splitlines()
        if not line.startswith(("#", "vigie_view"))
    ]


SALES = ("sales", "voice")
AT = 'channel="voice",queue="sales"'


def test_a_board_becomes_text_with_help_and_type() -> None:
    """The whole page of a small board, word for word."""
    shown = board({"30m": {SALES: {"answer_rate": 0.75, "contacts_waiting": 3}}})
    assert text(shown) == (
        "# HELP vigie_view_complete 1 when the KPI series cover every expected shard and all are"
        " fresh, else 0. Also 0, on the page of the worker itself, while a worker shows no KPI"
        " series and Redis does not do its part.\n"
        "# TYPE vigie_view_complete gauge\n"
        "vigie_view_complete 1.0\n"
        "# HELP vigie_view_event_timestamp_seconds Data up to: the newest event time in the"
        " merged view.\n"
        "# TYPE vigie_view_event_timestamp_seconds gauge\n"
        "vigie_view_event_timestamp_seconds 999.5\n"
        "# HELP vigie_contacts_waiting Contacts waiting: A / O.\n"
        "# TYPE vigie_contacts_waiting gauge\n"
        'vigie_contacts_waiting{channel="voice",queue="sales"} 3.0\n'
        "# HELP vigie_answer_rate_ratio Answer rate: A / O. Event-time window up to now, so not a"
        " rate over scrapes. 0 to 1; do not average, divide sums of vigie_window_contacts or"
        " select one.\n"
        "# TYPE vigie_answer_rate_ratio gauge\n"
        'vigie_answer_rate_ratio{channel="voice",queue="sales",window="30m"} 0.75\n'
    )


def test_the_counts_under_the_ratios_share_one_metric() -> None:
    """Outcomes are one metric; flow-outs are shown by reason and as the sum of the reasons."""
    row: KpiValues = {
        "contacts_offered": 10,
        "contacts_answered": 6,
        "contacts_answered_in_target": 5,
        "contacts_abandoned": 2,
        "contacts_short_abandoned": 1,
        "contacts_flow_out": {"timeout": 1, "closed": 1},
        "wait_sum_seconds": {"answered": 61.5, "abandoned": 9.0},
        "wait_quantile_seconds": {"0.5": 8.0, "0.9": None},
    }
    at = 'channel="voice",'
    assert samples(board({"5m": {SALES: row}})) == [
        f'vigie_window_contacts{{{at}outcome="offered",queue="sales",window="5m"}} 10.0',
        f'vigie_window_contacts{{{at}outcome="answered",queue="sales",window="5m"}} 6.0',
        f'vigie_window_contacts{{{at}outcome="answered_in_target",queue="sales",window="5m"}} 5.0',
        f'vigie_window_contacts{{{at}outcome="abandoned",queue="sales",window="5m"}} 2.0',
        f'vigie_window_contacts{{{at}outcome="abandoned_short",queue="sales",window="5m"}} 1.0',
        f'vigie_window_contacts{{{at}outcome="flow_out",queue="sales",window="5m"}} 2.0',
        f'vigie_window_wait_time_seconds{{{at}outcome="answered",queue="sales",window="5m"}} 61.5',
        f'vigie_window_wait_time_seconds{{{at}outcome="abandoned",queue="sales",window="5m"}} 9.0',
        f'vigie_window_wait_percentile_seconds{{{at}q="0.5",queue="sales",window="5m"}} 8.0',
        f'vigie_contacts_flow_out{{{at}queue="sales",reason="timeout",window="5m"}} 1.0',
        f'vigie_contacts_flow_out{{{at}queue="sales",reason="closed",window="5m"}} 1.0',
    ]


def test_a_label_that_belongs_to_histograms_is_called_within() -> None:
    """The label le is for histograms; a gauge that ends in _count fails promtool."""
    row: KpiValues = {"answered_within_rate": {"20": 0.5}, "hold_abandon_count": 4}
    assert samples(board({"1h": {SALES: row}})) == [
        f'vigie_answered_within_rate_ratio{{{AT},window="1h",within="20"}} 0.5',
        'vigie_hold_abandon{channel="voice",queue="sales",window="1h"} 4.0',
    ]


def test_nested_labels_come_in_the_order_of_the_catalogue() -> None:
    """A KPI with two labels has one sample per combination."""
    row: KpiValues = {"transfer_rate": {"blind": {"internal": 0.1, "external": None}}}
    labels = 'channel="voice",kind="blind",queue="sales",scope="internal",window="1h"'
    expected = [f"vigie_transfer_rate_ratio{{{labels}}} 0.1"]
    assert samples(board({"1h": {SALES: row}})) == expected


def test_values_of_now_appear_once_and_without_window() -> None:
    """Every window repeats the live values; the text does not."""
    row: KpiValues = {"contacts_waiting": 2, "service_level": {"instant": 0.5, "genesys": 0.8}}
    assert samples(board({"5m": {SALES: row}, "1h": {SALES: row}})) == [
        'vigie_service_level_instant_ratio{channel="voice",queue="sales"} 0.5',
        'vigie_contacts_waiting{channel="voice",queue="sales"} 2.0',
        f'vigie_service_level_ratio{{{AT},variant="genesys",window="5m"}} 0.8',
        f'vigie_service_level_ratio{{{AT},variant="genesys",window="1h"}} 0.8',
    ]


def test_agents_are_counted_by_states_that_exclude_each_other() -> None:
    """Staffed agents are in other states too, so they are a metric of their own."""
    row: KpiValues = {
        "agents_staffed": 4,
        "agents_available": 3,
        "agents_paused": {"lunch": 2, "training": 1},
    }
    assert samples(board({"5m": {SALES: row}})) == [
        'vigie_agents{channel="voice",queue="sales",state="available"} 3.0',
        'vigie_agents{channel="voice",queue="sales",state="paused"} 3.0',
        'vigie_agents_paused{channel="voice",queue="sales",reason="lunch"} 2.0',
        'vigie_agents_paused{channel="voice",queue="sales",reason="training"} 1.0',
        'vigie_agents_staffed{channel="voice",queue="sales"} 4.0',
    ]


def test_the_oldest_waiting_is_an_instant_and_absent_when_nobody_waits() -> None:
    """At 1000 s a wait of 75 s began at 925 s; without a wait there is no sample."""
    waiting: KpiValues = {"longest_wait_seconds": 75.0}
    nobody: KpiValues = {"longest_wait_seconds": None}
    assert samples(board({"5m": {SALES: waiting}})) == [
        'vigie_oldest_waiting_timestamp_seconds{channel="voice",queue="sales"} 925.0',
        'vigie_longest_wait_seconds{channel="voice",queue="sales"} 75.0',
    ]
    assert samples(board({"5m": {SALES: nobody}})) == []


def test_the_settings_of_a_queue_are_series() -> None:
    """Rules and boards need no copies of target and threshold."""
    policies = {SALES: QueuePolicy(threshold_ms=20_000, target=0.85)}
    assert samples(board({}, policies=policies)) == [
        'vigie_service_level_target_ratio{channel="voice",queue="sales"} 0.85',
        'vigie_service_level_threshold_seconds{channel="voice",queue="sales"} 20.0',
    ]


def test_counters_and_histograms_come_from_the_durable_totals() -> None:
    """Buckets are cumulative, sums are seconds, and no sample tells when it was created."""
    totals = Totals(offered=3, answered=2, answered_in_target=1, abandoned=1, corrected=1)
    totals.see_wait("answered", 5_000)
    totals.see_wait("answered", 2_000_000)
    totals.see_handle(61_000)
    lines = samples(board({}, durable={SALES: totals}))
    at = 'channel="voice"'
    assert lines[:7] == [
        f'vigie_contacts_offered_total{{{at},queue="sales"}} 3.0',
        f'vigie_contacts_answered_total{{{at},queue="sales"}} 2.0',
        f'vigie_contacts_answered_in_target_total{{{at},queue="sales"}} 1.0',
        f'vigie_contacts_abandoned_total{{{at},queue="sales"}} 1.0',
        f'vigie_contacts_abandoned_short_total{{{at},queue="sales"}} 0.0',
        f'vigie_contacts_transferred_total{{{at},queue="sales"}} 0.0',
        f'vigie_contacts_corrected_total{{{at},queue="sales"}} 1.0',
    ]
    wait = f"vigie_contact_wait_seconds_bucket{{{at}"
    assert f'{wait},le="5.0",outcome="answered",queue="sales"}} 1.0' in lines
    assert f'{wait},le="1800.0",outcome="answered",queue="sales"}} 1.0' in lines
    assert f'{wait},le="+Inf",outcome="answered",queue="sales"}} 2.0' in lines
    assert f'{wait},le="+Inf",outcome="abandoned",queue="sales"}} 0.0' in lines
    answered = f'{{{at},outcome="answered",queue="sales"}}'
    assert f"vigie_contact_wait_seconds_sum{answered} 2005.0" in lines
    assert f"vigie_contact_wait_seconds_count{answered} 2.0" in lines
    assert f'vigie_contact_handle_seconds_sum{{{at},queue="sales"}} 61.0' in lines
    assert not [line for line in lines if "_created" in line]


def test_a_worker_that_may_not_expose_shows_nothing() -> None:
    """Without the right to speak for the view there is no KPI series and no view series."""
    shown = board({"5m": {SALES: {"contacts_waiting": 2}}})
    collector = KpiCollector(lambda: shown, lambda: False, kpis=KPIS)
    assert list(collector.collect()) == []
    assert collector.cost() is None


def test_the_view_says_whether_it_is_complete_and_which_shards_it_has() -> None:
    """The flag is 0 while a shard is missing, and the counts say why."""
    shown = text(board({}, complete=False), shards=lambda: ViewShards(8, 7, 6))
    assert "vigie_view_complete 0.0\n" in shown
    assert "vigie_view_shards_expected 8.0\n" in shown
    assert "vigie_view_shards_present 7.0\n" in shown
    assert "vigie_view_shards_fresh 6.0\n" in shown


def test_teams_are_shown_only_when_asked_for_and_under_names_of_their_own() -> None:
    """Under the same name, a sum over queues would count every contact twice."""
    shown = board({"5m": {}}, teams={"north": {"contacts_waiting": 2, "answer_rate": 0.5}})
    assert samples(shown) == []
    assert samples(shown, kinds=("team",)) == [
        'vigie_team_contacts_waiting{team="north"} 2.0',
        'vigie_team_answer_rate_ratio{team="north",window="5m"} 0.5',
    ]


def test_fixed_intervals_have_series_only_when_asked_for() -> None:
    """A closed interval does not change between scrapes; live values are there all the same."""
    row: KpiValues = {"answer_rate": 0.5, "contacts_waiting": 1}
    shown = board({"interval_15m_last": {SALES: row}})
    waiting = f"vigie_contacts_waiting{{{AT}}} 1.0"
    assert samples(shown) == [waiting]
    assert samples(shown, windows=("interval_15m_last",)) == [
        waiting,
        f'vigie_answer_rate_ratio{{{AT},window="interval_15m_last"}} 0.5',
    ]
