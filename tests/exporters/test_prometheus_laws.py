"""Laws of the KPI page, over boards that nobody thought of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from aggregators.board import Board, Rows
from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.values import KpiValue, KpiValues
from aggregators.totals import Totals
from exporters.prometheus.catalogue import SUMMED, is_by_pair, kpi_metric
from exporters.prometheus.collector import KpiCollector
from exporters.prometheus.exposition import exposition

Sample = tuple[str, frozenset[tuple[str, str]], float]

NAMES = st.sampled_from(("support", "ventes", "a b", 'say "hi"', "back\\slash", "été"))
CHANNELS = st.sampled_from(("voice", "chat"))
NUMBERS = st.one_of(
    st.none(), st.integers(0, 10**9), st.floats(allow_nan=True, allow_infinity=True)
)


def values_of(kpi: Kpi) -> st.SearchStrategy[KpiValue]:
    value: st.SearchStrategy[KpiValue] = NUMBERS
    for _ in kpi.labels:
        value = st.dictionaries(NAMES, value, max_size=3)
    return value


OWN = {
    kpi_id: kpi
    for kpi_id, kpi in CATALOGUE.items()
    if kpi_id not in SUMMED and kpi_id != "longest_wait_seconds" and is_by_pair(kpi_metric(kpi))
}
"""KPIs whose values by pair all appear exactly once; those shown as a sum too have examples."""

ROWS = st.lists(st.sampled_from(sorted(OWN)), unique=True, max_size=5).flatmap(
    lambda ids: st.fixed_dictionaries({kpi_id: values_of(OWN[kpi_id]) for kpi_id in ids})
)
PAIRS = st.dictionaries(st.tuples(NAMES, CHANNELS), ROWS, max_size=4)


def board(windows: dict[str, dict[tuple[str, str], KpiValues]]) -> Board:
    return Board(
        as_of_ms=0,
        data_up_to_ms=None,
        complete=True,
        windows={
            name: Rows(total={}, queues={}, channels={}, teams={}, pairs=pairs)
            for name, pairs in windows.items()
        },
        durable={},
        pairs={},
    )


def floats(value: KpiValue) -> Iterator[float]:
    """The numbers in a value that can be shown."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from floats(inner)
    elif value is not None and math.isfinite(value):
        yield float(value)


def shown(collector: KpiCollector) -> list[Sample]:
    text = exposition(collector)("")[1].decode()
    return [
        (sample.name, frozenset(sample.labels.items()), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.startswith("vigie_view")
    ]


@given(PAIRS)
def test_every_value_of_the_board_appears_exactly_once(
    pairs: dict[tuple[str, str], KpiValues],
) -> None:
    """No value is lost, none is doubled, none is invented, and no series comes twice."""
    samples = shown(KpiCollector(lambda: board({"5m": pairs}), lambda: True))
    wanted = Counter(
        number for row in pairs.values() for value in row.values() for number in floats(value)
    )
    assert Counter(value for _, _, value in samples) == wanted
    assert len({(name, labels) for name, labels, _ in samples}) == len(samples)
    assert all(math.isfinite(value) for _, _, value in samples)


@given(PAIRS, PAIRS)
def test_no_series_comes_twice_whatever_the_windows_hold(
    first: dict[tuple[str, str], KpiValues], second: dict[tuple[str, str], KpiValues]
) -> None:
    """Live values are repeated in every window; the page still has each series once."""
    samples = shown(KpiCollector(lambda: board({"5m": first, "1h": second}), lambda: True))
    assert len({(name, labels) for name, labels, _ in samples}) == len(samples)


HOSTILE = st.text(st.characters(), max_size=80)


@given(st.dictionaries(st.tuples(HOSTILE, HOSTILE), st.just({"contacts_waiting": 1}), max_size=6))
def test_no_name_can_break_the_page(pairs: dict[tuple[str, str], KpiValues]) -> None:
    """Whatever a producer calls a queue, the page parses and each series is there once."""
    collector = KpiCollector(lambda: board({"5m": pairs}), lambda: True)
    samples = shown(collector)
    cost = collector.cost()
    assert cost is not None
    assert len(samples) + cost.dropped["queue"] == len(pairs)
    for _, labels, _ in samples:
        assert all(0 < len(value) <= 64 for _, value in labels)


WAITS = st.lists(
    st.tuples(NAMES, st.sampled_from(("answered", "abandoned")), st.integers(0, 4_000_000)),
    max_size=8,
)


@given(st.lists(WAITS, min_size=2, max_size=4))
def test_counters_and_buckets_never_fall(steps: list[list[tuple[str, str, int]]]) -> None:
    """As totals only grow, every cumulative series only grows: Prometheus sees no reset."""
    durable: dict[tuple[str, str], Totals] = {}
    now = board({})
    now.durable = durable
    collector = KpiCollector(lambda: now, lambda: True)
    before: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for step in steps:
        for queue, outcome, wait_ms in step:
            totals = durable.setdefault((queue, "voice"), Totals())
            totals.offered += 1
            totals.see_wait(outcome, wait_ms)
            totals.see_handle(wait_ms)
        after = {(name, labels): value for name, labels, value in shown(collector)}
        for series, value in before.items():
            assert after[series] >= value
        before = after
