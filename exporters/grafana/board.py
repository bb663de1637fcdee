"""A board: its name, its variables and its sections, and the JSON that Grafana reads."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from exporters.grafana import links
from exporters.grafana.alert_series import SCOPE, firing
from exporters.grafana.layout import Section, place
from exporters.grafana.variables import DATASOURCE, DEFAULT_VIGIE_URL, datasource, vigie_address
from exporters.grafana.words import Words

SCHEMA_VERSION = 39
"""Of the classic format, as Grafana 10.4 to 13 read it."""


class Board(Struct, frozen=True):
    """One board. ``name`` makes its id: ``queue`` is ``vigie-queue``.

    ``variables`` are those that it has beside the data source and the address of vigie.
    """

    name: str
    title: str
    about: str
    variables: list[dict[str, Any]]
    sections: list[Section]
    refresh: str = "10s"
    shown_from: str = "now-1h"
    hides_address: bool = False
    """Whether nobody is asked for the address of vigie."""


def board_json(board: Board, words: Words, vigie_url: str = DEFAULT_VIGIE_URL) -> dict[str, Any]:
    """Return a board as Grafana's classic JSON."""
    uid = links.board_uid(board.name, words)
    address = vigie_address(words, vigie_url, hidden=board.hides_address)
    by_queue = any(variable["name"] == "queue" for variable in board.variables)
    return {
        "uid": uid,
        "id": None,
        "title": board.title,
        "description": board.about,
        "tags": ["vigie", f"vigie-{words.language}"],
        "editable": False,
        "graphTooltip": 1,
        "refresh": board.refresh,
        "time": {"from": board.shown_from, "to": "now"},
        "timepicker": {"refresh_intervals": ["5s", "10s", "30s", "1m", "5m", "15m"]},
        "timezone": "browser",
        "weekStart": "monday",
        "fiscalYearStartMonth": 0,
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "links": links.menu(words, uid),
        "templating": {"list": [datasource(words), *board.variables, address]},
        "annotations": {"list": alert_marks(words, by_queue=by_queue)},
        "panels": place(board.sections),
    }


def alert_marks(words: Words, *, by_queue: bool) -> list[dict[str, Any]]:
    """Return the marks on the time axis: alerts of Prometheus, and those of vigie itself."""
    return [
        _annotation(
            words("Alerts of Prometheus", "Alertes de Prometheus"), "red",
            firing(SCOPE if by_queue else ""), "{{alertname}}", "{{queue}} {{channel}}", "severity",
        ),
        _annotation(
            words("Alerts of vigie nobody has taken", "Alertes de vigie non prises"), "orange",
            'sum by (severity) (vigie_alerts{state="firing"}) > 0',
            words("vigie: {{severity}}", "vigie : {{severity}}"), "", "severity",
        ),
    ]  # fmt: skip


def _annotation(
    name: str, colour: str, expr: str, title: str, text: str, tags: str
) -> dict[str, Any]:
    asked = {"refId": "Anno", "expr": expr, "interval": "15s", "range": True, "instant": False}
    return {
        "name": name, "datasource": DATASOURCE, "enable": True, "hide": False,
        "iconColor": colour, "target": asked, "titleFormat": title,
        "textFormat": text, "tagKeys": tags, "useValueForTime": "off",
    }  # fmt: skip
