"""The panel of a KPI, made from its line in the catalogue.

A KPI with one value is a line over time for each queue; one with labels of its own is a table
(queues by label values), or bars where counts may be summed.
"""

from __future__ import annotations

from collections.abc import Collection

from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.norms import NORMS
from aggregators.kpis.service import EDGES_S
from aggregators.kpis.service_level import VARIANTS
from aggregators.kpis.waiting import RESPONSE_EDGES_S
from aggregators.live import AGE_BANDS
from exporters.grafana import panels
from exporters.grafana.layout import Line, Panel, Section, lines
from exporters.grafana.links import to_queue_of_series
from exporters.grafana.panels import Override, Target, of_query, target
from exporters.grafana.queries import Source, source
from exporters.grafana.words import Words
from exporters.prometheus.catalogue import SPLIT

ORDER: dict[str, tuple[str, ...]] = {
    "service_level": tuple(name for name in VARIANTS if ("service_level", name) not in SPLIT),
    "answered_within_rate": EDGES_S,
    "first_response_within_rate": RESPONSE_EDGES_S,
    "abandon_band_count": (*EDGES_S, "inf"),
    "tickets_backlog": AGE_BANDS,
}
"""KPIs whose label values have an order: that of columns and bars."""

WIDE = {
    "service_level", "answered_within_rate", "first_response_within_rate", "flow_out_rate",
    "transfer_rate", "occupancy", "resolution_seconds", "first_contact_resolution",
    "repeat_contact_rate",
}  # fmt: skip
"""KPIs whose tables have many columns: they get a line of their own."""

PLACE = "place"
"""A label made for tables: queue and channel in one, because a queue may have several channels."""

JOINED = "part"
"""A label made for tables: several labels of a KPI in one."""

FACET_OF_GROUP = {"selfcare": "tool", "service": "channel"}
"""Groups without series by queue: by what their KPIs are split instead."""

FACET_OF_KPI = {"quality_item_score": "item", "quality_item_count": "item"}
"""KPIs that only say something in the rows of one kind."""


def kpi_panel(kpi_id: str, words: Words) -> Panel:
    """Return the panel of a KPI."""
    kpi, of = CATALOGUE[kpi_id], source(kpi_id)
    about = words.about(kpi, of.name)
    decimals = panels.DECIMALS.get(kpi.unit)
    unit = panels.UNITS[kpi.unit]
    if not of.labels:
        targets, overrides = _lines(kpi, of, words)
        return panels.timeseries(
            words.title(kpi), about, targets, unit, decimals=decimals, overrides=overrides
        )
    if kpi.unit == "count":
        return panels.bars(words.title(kpi), about, _sums(kpi, of, words), unit, decimals=decimals)
    return _matrix(kpi, of, words, about)


def _sums(kpi: Kpi, of: Source, words: Words) -> list[Target]:
    by = ", ".join(of.labels)
    legend = " · ".join(f"{{{{{label}}}}}" for label in of.labels)
    targets: list[Target] = []
    if kpi.id in ORDER:  # one query for each bar: Prometheus gives series in no order of numbers
        for number, value in enumerate(ORDER[kpi.id]):
            one = of.of_pairs(f'{of.labels[0]}="{value}"')
            summed = f"sum by ({by}) ({one})"
            targets.append(target(f"A{number}", summed, legend, instant=True))
        return targets
    if of.by_pair:
        targets.append(target("A", f"sum by ({by}) ({of.of_pairs()})", legend, instant=True))
    if of.centre is not None:
        named = f"{everything(words)} · {legend}" if of.by_pair else legend
        targets.append(target("B", f"max by ({by}) ({of.of_centre()})", named, instant=True))
    return targets


def _lines(kpi: Kpi, of: Source, words: Words) -> tuple[list[Target], list[Override]]:
    targets: list[Target] = []
    overrides: list[Override] = []
    facet = FACET_OF_KPI.get(kpi.id)
    if facet is not None:
        return [target("A", of.of(facet), f"{{{{{facet}}}}}")], []
    if of.by_pair:
        targets.append(target("A", of.of_pairs(), "{{queue}} · {{channel}}"))
        overrides.append(of_query("A", ("links", to_queue_of_series(words))))
    elif kpi.group in FACET_OF_GROUP:
        facet = FACET_OF_GROUP[kpi.group]
        scope = ('channel=~"$channel"',) if facet == "channel" else ()
        targets.append(target("A", of.of(facet, *scope), f"{{{{{facet}}}}}"))
    if of.centre is not None:
        targets.append(target("B", of.of_centre(), everything(words)))
        overrides.append(of_query("B", ("custom.lineWidth", 3), panels.colour(panels.PLAIN)))
    for number, (name, value) in enumerate(NORMS.get(kpi.id, {}).items()):
        ref_id = f"N{number}"
        reference = f"{words('reference', 'repère')} ({name})"
        targets.append(target(ref_id, f"vector({value})", reference))
        overrides.append(of_query(ref_id, *DASHED))
    return targets, overrides


DASHED = (
    ("custom.lineStyle", {"fill": "dash", "dash": [8, 8]}),
    ("custom.lineWidth", 1),
    panels.colour("semi-dark-blue"),
)
"""How a reference or a target is drawn beside measured values."""


def everything(words: Words) -> str:
    """Return the name of the row of everything together."""
    return words("everything", "ensemble")


def placed(expr: str) -> str:
    """Return series by queue and channel with the label :data:`PLACE`."""
    return f'label_join({expr}, "{PLACE}", " · ", "queue", "channel")'


def _matrix(kpi: Kpi, of: Source, words: Words, about: str) -> Panel:
    """Return a table with a row for each queue and a column for each value of the labels."""
    parts = []
    if of.by_pair:
        parts.append(placed(of.of_pairs()))
    if of.centre is not None:
        centre = f'label_replace({of.of_centre()}, "{PLACE}", "{everything(words)}", "", "")'
        parts.append(centre)
    expr = " or ".join(parts)
    column = of.labels[0]
    if len(of.labels) > 1:
        column = JOINED
        joined = ", ".join(f'"{label}"' for label in of.labels)
        expr = f'label_join({expr}, "{JOINED}", " · ", {joined})'
    # One sample for a cell, also while two workers show the same series.
    expr = f"max by ({PLACE}, {column}) ({expr})"
    row = words("Queue", "File")
    return panels.table(
        words.title(kpi), about, [target("A", expr, table=True)], panels.UNITS[kpi.unit],
        decimals=panels.DECIMALS.get(kpi.unit),
        transformations=matrix(PLACE, column, row, ORDER.get(kpi.id, ())),
    )  # fmt: skip


def matrix(
    row: str, column: str, title: str, order: tuple[str, ...] = ()
) -> list[dict[str, object]]:
    """Return the transformations from one sample a line to rows by columns, in their order."""
    corner = f"{row}\\{column}"
    return [
        {
            "id": "groupingToMatrix",
            "options": {
                "rowField": row, "columnField": column, "valueField": "Value",
                "emptyValue": "null",
            },
        },
        panels.organize((corner, *order) if order else (), {corner: title}),
    ]  # fmt: skip


def kpi_lines(kpi_ids: list[str], words: Words, *, height: int = 8) -> list[Line]:
    """Return lines of KPI panels, three a line, wide tables after them."""
    narrow = [kpi_panel(kpi_id, words) for kpi_id in kpi_ids if kpi_id not in WIDE]
    wide = [kpi_panel(kpi_id, words) for kpi_id in kpi_ids if kpi_id in WIDE]
    return [*lines(height, narrow), *lines(height, wide, 1)]


def kpi_section(title: str, kpi_ids: list[str], words: Words, *, is_folded: bool = True) -> Section:
    """Return KPI panels under a title."""
    return Section(title, kpi_lines(kpi_ids, words), is_folded=is_folded)


def figure(title: str, about: str, kpi_id: str, *more: str) -> Panel:
    """Return a KPI of everything together as a number, over its course; ``more`` are matchers."""
    unit = CATALOGUE[kpi_id].unit
    return panels.stat(
        title, about, [target("A", source(kpi_id).of_centre(*more))], panels.UNITS[unit],
        decimals=panels.DECIMALS.get(unit), graph=True,
    )  # fmt: skip


def of_groups(*groups: str) -> list[str]:
    """Return the KPIs of some groups."""
    return [kpi.id for kpi in CATALOGUE.values() if kpi.group in groups]


def further(words: Words, shown: Collection[str], *groups: str) -> list[Section]:
    """Return the section of those KPIs of some groups that are not shown yet, if there are any."""
    rest = [kpi_id for kpi_id in of_groups(*groups) if kpi_id not in shown]
    return [kpi_section(words("Further", "Autres"), rest, words)] if rest else []
