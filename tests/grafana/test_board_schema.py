"""The boards against Grafana's own published types (grafana-foundation-sdk): read into them and
written again, nothing is lost and nothing changes. The types know every field of a panel's
options, so a misspelt one is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.grafana.board_parts import Json, boards

LOST = {
    "id": "null: Grafana gives the number itself",
    "templating.list.definition": "Grafana writes it beside the query; only its editor reads it",
    "annotations.list.titleFormat": "of the Prometheus data source, which has no types there",
    "annotations.list.textFormat": "of the Prometheus data source, which has no types there",
    "annotations.list.tagKeys": "of the Prometheus data source, which has no types there",
    "annotations.list.useValueForTime": "of the Prometheus data source, which has no types there",
    "annotations.list.target.refId": "a query of Prometheus; the types know Grafana's own only",
    "annotations.list.target.expr": "a query of Prometheus; the types know Grafana's own only",
    "annotations.list.target.interval": "a query of Prometheus; the types know Grafana's own only",
    "annotations.list.target.range": "a query of Prometheus; the types know Grafana's own only",
    "annotations.list.target.instant": "a query of Prometheus; the types know Grafana's own only",
    "panels.panels.options.tooltip.mode": "heatmap: came with Grafana 10.3, the types are of 10.1",
    "panels.panels.options.tooltip.showColorScale": "heatmap: came with Grafana 10.3",
}
"""What the types lose, each with the reason."""


@pytest.fixture(scope="module", autouse=True)
def plugins_known() -> None:
    """Panels and queries are read as their plugins' types."""
    plugins.register_default_plugins()


def through_the_types(board: Json) -> Json:
    """A board read into the types and written again."""
    written: Json = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))
    return written


def lost(given: object, written: object, path: str = "") -> Iterator[str]:
    """The paths of what is not there any more or has another value."""
    if isinstance(given, dict) and isinstance(written, dict):
        for name, value in given.items():
            inner = f"{path}.{name}".lstrip(".")
            if name not in written:
                yield inner
            else:
                yield from lost(value, written[name], inner)
    elif isinstance(given, list) and isinstance(written, list) and len(given) == len(written):
        for one, other in zip(given, written, strict=True):
            yield from lost(one, other, path)
    elif given != written:
        yield path


@pytest.mark.parametrize("path", boards())
def test_grafanas_types_know_everything_on_a_board(path: str) -> None:
    """But for what is listed with its reason."""
    board = boards()[path]
    assert set(lost(board, through_the_types(board))) <= LOST.keys()


def test_each_exception_is_still_needed() -> None:
    """What the types know meanwhile is none."""
    found = {
        one for board in boards().values() for one in lost(board, through_the_types(board))
    }  # fmt: skip
    assert found == LOST.keys()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("panels", 0, "gridPos", "height"), "panels.gridPos.height"),
        (("panels", 0, "options", "colourMode"), "panels.options.colourMode"),
        (("panels", 0, "targets", 0, "legend"), "panels.targets.legend"),
        (("panels", 0, "fieldConfig", "defaults", "units"), "panels.fieldConfig.defaults.units"),
        (("refreshed",), "refreshed"),
    ],
)
def test_a_misspelt_field_is_found(change: tuple[str | int, ...], expected: str) -> None:
    """On every level."""
    board = json.loads(json.dumps(boards()["en/wallboard.json"]))
    place = board
    for step in change[:-1]:
        place = place[step]
    place[change[-1]] = "x"
    assert expected in set(lost(board, through_the_types(board)))


@pytest.mark.parametrize("path", boards())
def test_words_of_options_are_those_that_grafana_knows(path: str) -> None:
    """The types take any text where Grafana takes one of a few words."""
    text = json.dumps(boards()[path])
    for field, allowed in {
        "drawStyle": {"line", "bars", "points"},
        "lineInterpolation": {"linear", "smooth", "stepBefore", "stepAfter"},
        "showPoints": {"auto", "never", "always"},
        "displayMode": {"list", "table", "hidden", "basic", "lcd", "gradient"},
        "placement": {"bottom", "right"},
        "colorMode": {"none", "value", "background", "background_solid"},
        "graphMode": {"none", "line", "area"},
        "justifyMode": {"auto", "center"},
        "textMode": {"auto", "value", "value_and_name", "name", "none"},
        "orientation": {"auto", "vertical", "horizontal"},
        "valueMode": {"color", "text", "hidden"},
        "cellHeight": {"sm", "md", "lg"},
        "alignValue": {"center", "left", "right"},
        "showValue": {"auto", "always", "never"},
        "format": {"time_series", "table", "heatmap"},
        "editorMode": {"code", "builder"},
    }.items():
        assert set(re.findall(rf'"{field}": "(\w*)"', text)) <= allowed, field
