"""Panels of Grafana: stat, time series, bars, table, state timeline, heatmap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from exporters.grafana.layout import Panel
from exporters.grafana.variables import DATASOURCE

DASH = "–"
CONNECTED_MS = 15_000
"""Gaps up to this long are drawn through: at a change of the leading worker one scrape is lost."""

GOOD, WARN, BAD, PLAIN = "green", "orange", "red", "text"
UNITS = {"count": "short", "ratio": "percentunit", "seconds": "dthms", "number": "none",
         "money": "locale"}  # fmt: skip
"""Grafana's unit of a KPI's unit; a currency is in no series, so money has none."""

DECIMALS = {"count": 0, "ratio": 1, "number": 2, "money": 2}

Target = dict[str, Any]
Override = dict[str, Any]


def target(
    ref_id: str, expr: str, legend: str = "", *, instant: bool = False, table: bool = False,
    heatmap: bool = False,
) -> Target:  # fmt: skip
    """Return a query. Tables are of one instant."""
    at_once = instant or table
    shape = "table" if table else "heatmap" if heatmap else "time_series"
    return {
        "refId": ref_id, "datasource": DATASOURCE, "editorMode": "code", "expr": expr,
        "format": shape, "instant": at_once, "range": not at_once, "legendFormat": legend,
    }  # fmt: skip


def of_query(ref_id: str, *properties: tuple[str, Any]) -> Override:
    """Return settings for the values of one query."""
    return _override("byFrameRefID", ref_id, properties)


def of_field(name: str, *properties: tuple[str, Any]) -> Override:
    """Return settings for one column or series."""
    return _override("byName", name, properties)


def _override(matcher: str, option: str, properties: Sequence[tuple[str, Any]]) -> Override:
    return {
        "matcher": {"id": matcher, "options": option},
        "properties": [{"id": name, "value": value} for name, value in properties],
    }


def colour(name: str) -> tuple[str, Any]:
    """Return the property that gives a fixed colour."""
    return "color", {"mode": "fixed", "fixedColor": name}


def steps(*pairs: tuple[float | None, str]) -> dict[str, Any]:
    """Return thresholds; the first value is None, for everything below the second."""
    return {
        "mode": "absolute",
        "steps": [{"value": value, "color": name} for value, name in pairs],
    }


def values(mapping: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return what is shown for a value: text and colour."""
    shown = {
        value: {"text": text, "color": name, "index": index}
        for index, (value, (text, name)) in enumerate(mapping.items())
    }
    return {"type": "value", "options": shown}


def between(low: float | None, high: float | None, text: str, name: str) -> dict[str, Any]:
    """Return what is shown for the values of a range: text and colour."""
    shown = {"text": text, "color": name, "index": 0}
    return {"type": "range", "options": {"from": low, "to": high, "result": shown}}


def organize(order: Iterable[str], names: Mapping[str, str], *hidden: str) -> dict[str, Any]:
    """Return the transformation that orders, renames and hides columns of a table."""
    return {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(hidden, True),
            "indexByName": {name: index for index, name in enumerate(order)},
            "renameByName": dict(names),
        },
    }


def _panel(
    kind: str, title: str, about: str, targets: Sequence[Target], options: dict[str, Any],
    defaults: dict[str, Any], overrides: Sequence[Override] = (),
    transformations: Sequence[dict[str, Any]] = (), links: Sequence[dict[str, Any]] = (),
) -> Panel:  # fmt: skip
    panel: Panel = {
        "type": kind, "title": title, "description": about, "datasource": DATASOURCE,
        "targets": list(targets), "options": options,
        "fieldConfig": {
            "defaults": {"noValue": DASH, **defaults}, "overrides": list(overrides),
        },
    }  # fmt: skip
    if transformations:
        panel["transformations"] = list(transformations)
    if links:
        panel["fieldConfig"]["defaults"]["links"] = list(links)
    return panel


def _number(unit: str, decimals: int | None) -> dict[str, Any]:
    return {"unit": unit, **({} if decimals is None else {"decimals": decimals})}


def stat(
    title: str, about: str, targets: Sequence[Target], unit: str, *, decimals: int | None = None,
    overrides: Sequence[Override] = (), thresholds: dict[str, Any] | None = None,
    mappings: Sequence[dict[str, Any]] = (), named: bool = False, filled: bool = False,
    value_px: int | None = None, no_value: str = DASH, links: Sequence[dict[str, Any]] = (),
    graph: bool = False,
) -> Panel:  # fmt: skip
    """Return big numbers. ``named`` shows the name of each value too; ``filled`` the colour as
    background; ``value_px`` is the size of the digits, by default as large as fits."""
    options: dict[str, Any] = {
        "colorMode": "background" if filled else "value",
        "graphMode": "area" if graph else "none", "justifyMode": "center",
        "orientation": "auto", "textMode": "value_and_name" if named else "value",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }  # fmt: skip
    if value_px is not None:
        options["text"] = {"titleSize": max(16, value_px // 3), "valueSize": value_px}
    defaults = {
        **_number(unit, decimals), "noValue": no_value,
        "color": {"mode": "thresholds"}, "thresholds": thresholds or steps((None, PLAIN)),
        "mappings": list(mappings),
    }  # fmt: skip
    return _panel("stat", title, about, targets, options, defaults, overrides, (), links)


def timeseries(
    title: str, about: str, targets: Sequence[Target], unit: str, *, decimals: int | None = None,
    overrides: Sequence[Override] = (), stacked: bool = False, last: bool = True,
) -> Panel:  # fmt: skip
    """Return lines over time; ``last`` shows the last value of each in the legend."""
    custom = {
        "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 2,
        "fillOpacity": 30 if stacked else 0, "showPoints": "auto", "pointSize": 4,
        "spanNulls": CONNECTED_MS, "axisSoftMin": 0,
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
    }  # fmt: skip
    options = {
        "legend": {
            "calcs": ["lastNotNull"] if last else [], "displayMode": "list",
            "placement": "bottom", "showLegend": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }  # fmt: skip
    defaults = {
        **_number(unit, decimals), "color": {"mode": "palette-classic"},
        "custom": custom, "mappings": [],
    }  # fmt: skip
    return _panel("timeseries", title, about, targets, options, defaults, overrides)


def bars(
    title: str, about: str, targets: Sequence[Target], unit: str, *, decimals: int | None = None
) -> Panel:
    """Return one horizontal bar for each value."""
    options = {
        "displayMode": "basic", "orientation": "horizontal", "showUnfilled": True,
        "valueMode": "text", "minVizHeight": 16, "minVizWidth": 8,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }  # fmt: skip
    defaults = {
        **_number(unit, decimals), "min": 0, "color": {"mode": "palette-classic"}, "mappings": [],
    }  # fmt: skip
    return _panel("bargauge", title, about, targets, options, defaults)


def table(
    title: str, about: str, targets: Sequence[Target], unit: str, *, decimals: int | None = None,
    overrides: Sequence[Override] = (), transformations: Sequence[dict[str, Any]] = (),
    sort_by: str = "", large: bool = False,
) -> Panel:  # fmt: skip
    """Return a table, sorted by a column from high to low; ``large`` is for a wall."""
    options: dict[str, Any] = {"showHeader": True, "cellHeight": "lg" if large else "sm"}
    if sort_by:
        options["sortBy"] = [{"displayName": sort_by, "desc": True}]
    defaults = {
        **_number(unit, decimals), "mappings": [],
        "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": False},
    }  # fmt: skip
    return _panel("table", title, about, targets, options, defaults, overrides, transformations)


def state_timeline(
    title: str, about: str, targets: Sequence[Target], mappings: Sequence[dict[str, Any]]
) -> Panel:
    """Return a line for each series with its states over time, as coloured spans with text."""
    options = {
        "alignValue": "left", "mergeValues": True, "rowHeight": 0.8, "showValue": "auto",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
        "tooltip": {"mode": "single", "sort": "none"},
    }  # fmt: skip
    defaults = {
        "unit": "none", "color": {"mode": "thresholds"}, "thresholds": steps((None, PLAIN)),
        "mappings": list(mappings),
        "custom": {"fillOpacity": 80, "lineWidth": 0},
    }  # fmt: skip
    return _panel("state-timeline", title, about, targets, options, defaults)


def heatmap(title: str, about: str, targets: Sequence[Target], unit: str) -> Panel:
    """Return counts by bucket over time."""
    options = {
        "calculate": False, "cellGap": 1, "showValue": "never",
        "color": {"mode": "scheme", "scheme": "Blues", "steps": 32, "fill": "dark-blue",
                  "exponent": 0.5, "reverse": False, "scale": "exponential"},
        "filterValues": {"le": 1e-9}, "legend": {"show": True},
        "rowsFrame": {"layout": "auto"}, "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": True},
        "yAxis": {"axisPlacement": "left", "unit": unit, "reverse": False},
    }  # fmt: skip
    defaults = {"unit": unit, "custom": {"scaleDistribution": {"type": "linear"}}}
    return _panel("heatmap", title, about, targets, options, defaults)
