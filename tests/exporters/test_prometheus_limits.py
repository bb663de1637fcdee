"""Names from outside cannot break the page or make it grow without end."""

from __future__ import annotations

from dataclasses import dataclass, field

from aggregators.board import Board, Rows
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.values import KpiValues
from aggregators.policy import QueuePolicy
from exporters.prometheus.collector import KpiCollector
from exporters.prometheus.cost import CollectCost
from exporters.prometheus.exposition import exposition
from exporters.prometheus.labels import LabelValues, clean


@dataclass
class Changing:
    """A view whose board a test changes between scrapes."""

    queues: tuple[str, ...]
    row: KpiValues
    total: KpiValues = field(default_factory=dict)

    def board(self) -> Board:
        pairs = {(queue, "voice"): self.row for queue in self.queues}
        rows = Rows(total=self.total, queues={}, channels={}, teams={}, pairs=pairs)
        return Board(
            as_of_ms=0,
            data_up_to_ms=None,
            complete=True,
            windows={"5m": rows},
            durable={},
            pairs={pair: QueuePolicy() for pair in pairs},
        )


def scrape(collector: KpiCollector) -> tuple[str, CollectCost]:
    body = exposition(collector)("")[1].decode()
    cost = collector.cost()
    assert cost is not None
    return body, cost


def test_queues_beyond_the_limit_are_left_out_and_counted_once() -> None:
    """Two places, three queues: the third is missing, however often it is scraped."""
    view = Changing(("a", "b", "c"), {"contacts_waiting": 1})
    collector = KpiCollector(view.board, lambda: True, max_pairs=2)
    for _ in range(3):
        body, cost = scrape(collector)
        assert 'queue="b"' in body
        assert 'queue="c"' not in body
        assert cost.dropped["queue"] == 1


def test_a_queue_keeps_its_place_when_others_come() -> None:
    """A newcomer never pushes a series out, whatever its name."""
    view = Changing(("m", "n"), {"contacts_waiting": 1})
    collector = KpiCollector(view.board, lambda: True, max_pairs=2)
    scrape(collector)
    view.queues = ("a", "m", "n")
    body, _ = scrape(collector)
    assert 'queue="a"' not in body
    assert 'queue="n"' in body
    view.queues = ("a", "m")
    assert 'queue="a"' in scrape(collector)[0]


def test_a_page_stays_below_its_limit_of_series() -> None:
    """Prometheus refuses a whole scrape beyond sample_limit, so whole queues are left out."""
    view = Changing(tuple(f"q{n:02}" for n in range(20)), {"contacts_waiting": 1})
    collector = KpiCollector(view.board, lambda: True, max_series=31)
    body, cost = scrape(collector)
    assert cost.series == 31
    assert cost.dropped["queue"] == 10
    assert 'queue="q09"' in body
    assert 'queue="q10"' not in body


def test_a_producer_that_invents_reasons_is_limited() -> None:
    """One label has at most a hundred values; the sum over all reasons stays right."""
    view = Changing(("a",), {"agents_paused": {f"reason {n}": 1 for n in range(150)}})
    body, cost = scrape(KpiCollector(view.board, lambda: True))
    assert body.count("vigie_agents_paused{") == 100
    assert cost.dropped["reason"] == 50
    assert 'state="paused"} 150.0' in body


def test_names_that_look_alike_are_one_series() -> None:
    """A name that differs only by an invisible character would be the same series twice."""
    view = Changing(("sales", "sales\u200b"), {"contacts_waiting": 1})
    body, cost = scrape(KpiCollector(view.board, lambda: True))
    assert body.count("vigie_contacts_waiting{") == 1
    assert cost.dropped["queue"] == 1


def test_the_cost_of_a_collection_is_measured() -> None:
    """The timer runs from 1.0 to 1.25 s; one waiting count, two settings and the view flag."""
    times = iter((1.0, 1.25))
    view = Changing(("a",), {"contacts_waiting": 1})
    collector = KpiCollector(view.board, lambda: True, timer=lambda: next(times))
    _, cost = scrape(collector)
    assert (cost.seconds, cost.series) == (0.25, 4)


def test_a_label_value_is_short_and_visible() -> None:
    """Control characters go, long names are cut, nothing at all has a name."""
    assert clean("Comptes  été") == "Comptes  été"
    assert clean("a\x00b\nc\x1b[31m") == "abc[31m"
    assert clean("\u202eabc\ud800\u2028") == "abc"
    assert clean("x" * 200) == "x" * 64
    assert clean("\n") == "__unknown__"


def test_a_refused_value_gets_the_place_that_another_frees() -> None:
    """The limit is on the values shown now, not on those ever seen."""
    values = LabelValues(1)
    assert values.admit("a") == ("a",)
    assert values.admit("b") is None
    values.retain({("b",)})
    assert values.admit("b") == ("b",)
    assert values.dropped == 1


def test_every_kpi_of_the_catalogue_has_a_place() -> None:
    """No KPI of the catalogue is lost between the board and the page."""
    for kpi_id, kpi in CATALOGUE.items():
        value: object = 1.5
        for label in reversed(kpi.labels):
            value = {f"a {label}": value}
        row: KpiValues = {kpi_id: value}  # type: ignore[dict-item]  # as deep as it says
        view = Changing(("a",), row, total=row)
        collector = KpiCollector(view.board, lambda: True)
        values = [s.value for family in collector.collect() for s in family.samples]
        assert values.count(1.5) >= 1, kpi_id
