"""Every expression of every board on a real Prometheus that scrapes the demo: no error, data."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest

from tests.bench.process import ComponentError, wait_until
from tests.bench.web import get_json
from tests.grafana.board_parts import (
    Query,
    boards,
    legend_labels,
    panels,
    queries,
    selectors,
    variables,
)
from tests.grafana.conftest import Centre
from tests.grafana.interpolation import ALL, Value, interpolated
from tests.grafana.no_data import NO_DATA
from tests.grafana.shown_table import columns, shown_columns
from tests.grafana.written_series import LASTS_S

pytestmark = pytest.mark.component

PATHS = tuple(boards())
PATIENCE_S = 90.0
BACK_S = 120

Row = dict[str, Any]


def chosen(path: str, **more: Value) -> dict[str, Value]:
    """What a viewer has chosen who changed nothing."""
    found: dict[str, Value] = {}
    for name, variable in variables(path).items():
        found[name] = ALL if variable.get("includeAll") else variable["current"]["value"]
    return found | more


def choices(path: str) -> Iterator[dict[str, Value]]:
    """The untouched board; where it shows long windows, the other long window too."""
    yield chosen(path)
    if variables(path).get("window", {}).get("current", {}).get("value") == "today":
        yield chosen(path, window="1h")


def asked(centre: Centre, expr: str, kind: str, at_s: float | None = None) -> list[Row]:
    """The rows of an answer that have a finite value.

    :raises ComponentError: Prometheus refuses the expression.
    """
    now_s = time.time() if at_s is None else at_s
    path, query = "query", {"query": expr, "time": f"{now_s:.3f}"}
    if kind in ("range", "mark"):
        path = "query_range"
        query = {"query": expr, "start": f"{now_s - BACK_S:.3f}", "end": f"{now_s:.3f}",
                 "step": "5"}  # fmt: skip
    try:
        data = get_json(f"{centre.prometheus.url}/api/v1/{path}?{urlencode(query)}")["data"]
    except HTTPError as refused:
        raise ComponentError(f"{expr}: {refused.read().decode()}") from None
    if data["resultType"] == "scalar":
        return [{"metric": {}, "value": data["result"]}]
    rows: list[Row] = data["result"]
    return [row for row in rows if _has_number(row)]


def _has_number(row: Row) -> bool:
    samples = row.get("values") or [row["value"]]
    return any(math.isfinite(float(value)) for _, value in samples)


def cannot_have_data(expr: str) -> bool:
    """Whether all the metrics of an expression are ones that the demo cannot have."""
    of_demo = {name for name, _ in selectors(expr)} - NO_DATA.keys()
    # The series by queue of a KPI whose centre has none either.
    return not {name for name in of_demo if name.replace("vigie_", "vigie_centre_") not in NO_DATA}


def alternatives(path: str) -> list[list[Query]]:
    """The queries of which at least one must have data: mostly one; of a number that is shown in
    one colour or another, all of them."""
    found: dict[tuple[str, str], list[Query]] = {}
    for query in queries(path):
        is_one_of = query.legend.startswith(("✔", "▲"))
        found.setdefault((query.panel, "" if is_one_of else query.ref_id), []).append(query)
    return list(found.values())


@pytest.mark.parametrize("path", PATHS)
def test_every_expression_returns_data(centre: Centre, path: str) -> None:
    """As Grafana asks it when somebody opens the board of the demo."""
    open_ones = [q for q in alternatives(path) if not all(cannot_have_data(x.expr) for x in q)]
    assert open_ones

    def all_have_data() -> bool:
        open_ones[:] = [several for several in open_ones if not any_has_data(centre, several)]
        if open_ones:
            time.sleep(0.5)  # until the next scrape
        return not open_ones

    try:
        wait_until(all_have_data, what="data", timeout_s=PATIENCE_S)
    except ComponentError:
        pytest.fail("no data: " + "\n".join(f"{q.where}: {q.expr}" for qs in open_ones for q in qs))


def any_has_data(centre: Centre, several: list[Query]) -> bool:
    """Whether one of the queries has data; all of them are asked, so that none is wrong."""
    found = [
        bool(asked(centre, interpolated(query.expr, choice), query.kind))
        for query in several
        for choice in choices(query.board)
    ]
    return any(found)


@pytest.mark.parametrize("path", PATHS)
def test_what_the_demo_cannot_have_is_shown_when_it_is_there(centre: Centre, path: str) -> None:
    """On series with the labels of the metric catalogue."""
    at_s = centre.at_s + LASTS_S - 10
    empty = [
        query.where
        for query in queries(path)
        if query.kind != "mark" and cannot_have_data(query.expr) and selects(query.expr)
        and not asked(centre, interpolated(query.expr, chosen(path)), query.kind, at_s)
    ]  # fmt: skip
    assert empty == []


def selects(expr: str) -> bool:
    """Whether an expression asks for series at all."""
    return bool(list(selectors(expr)))


def test_each_exception_is_still_needed(centre: Centre) -> None:
    """What the demo has got meanwhile is none."""
    window = "[1m]"
    found = [name for name in NO_DATA if centre.prometheus.query(f"last_over_time({name}{window})")]
    assert found == []


@pytest.mark.parametrize("path", PATHS)
def test_a_choice_of_odd_queues_is_good_promql(centre: Centre, path: str) -> None:
    """Names with dots, backslashes and brackets, several at once."""
    odd = ["tech", "a.b 'c' \\d", "(e|f)+*", "g$h{i}"]
    names = dict.fromkeys(("queue", "channel", "job", "instance"), odd)
    for query in queries(path):
        asked(centre, interpolated(query.expr, chosen(path, **names)), query.kind)


@pytest.mark.parametrize("path", PATHS)
def test_every_legend_names_labels_of_the_result(centre: Centre, path: str) -> None:
    """A label that is not there would be an empty word."""
    for query in queries(path):
        for choice in choices(path):
            rows = asked(centre, interpolated(query.expr, choice), query.kind)
            for label in legend_labels(query.legend) if rows else ():
                # An alert of vigie itself has no queue.
                is_alert = "ALERTS" in query.expr and label in ("queue", "channel")
                assert is_alert or any(label in row["metric"] for row in rows), query.where


@pytest.mark.parametrize("path", PATHS)
def test_every_variable_has_its_default_among_its_values(centre: Centre, path: str) -> None:
    """Asked as Grafana asks Prometheus for the values of a label."""
    for name, variable in variables(path).items():
        if variable["type"] != "query":
            continue
        found = label_values(centre, variable["query"]["query"], chosen(path))
        assert found, name
        default = variable["current"]["value"]
        assert default == ["$__all"] or default in found, (name, found)


def label_values(centre: Centre, query: str, choice: Mapping[str, Value]) -> list[str]:
    """The values of ``label_values(selector, label)``."""
    inside = query.removeprefix("label_values(").removesuffix(")")
    selector, _, label = inside.rpartition(", ")
    matched = urlencode({"match[]": interpolated(selector, choice)})
    url = f"{centre.prometheus.url}/api/v1/label/{label}/values?{matched}"
    found: list[str] = get_json(url)["data"]
    return found


@pytest.mark.parametrize("path", PATHS)
def test_tables_name_columns_that_are_there(centre: Centre, path: str) -> None:
    """Columns that transformations hide, order and rename, and those that overrides colour."""
    tables = [panel for panel in panels(boards()[path]) if panel["type"] == "table"]
    for panel in tables:
        if all(cannot_have_data(target["expr"]) for target in panel["targets"]):
            continue
        answers = table_answers(centre, path, panel["targets"])
        shown, missing = shown_columns(panel["transformations"], columns(answers), answers)
        assert missing == [], panel["title"]
        coloured = {change["matcher"]["options"] for change in panel["fieldConfig"]["overrides"]}
        assert coloured <= set(shown), panel["title"]
        for sorting in panel["options"].get("sortBy", ()):
            assert sorting["displayName"] in shown, panel["title"]


def table_answers(centre: Centre, path: str, targets: list[Row]) -> dict[str, list[Row]]:
    """The answers to a table's queries, as soon as there are some."""
    found: dict[str, list[Row]] = {}

    def there() -> bool:
        for choice in choices(path):
            found.update({
                target["refId"]: asked(centre, interpolated(target["expr"], choice), "instant")
                for target in targets
            })  # fmt: skip
            if any(found.values()):
                return True
        time.sleep(0.5)  # until the next scrape
        return False

    wait_until(
        there, what=f"data of {[target['expr'] for target in targets]}", timeout_s=PATIENCE_S
    )
    return found
