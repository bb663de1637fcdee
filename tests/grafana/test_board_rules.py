"""The rules of Grafana's dashboard-linter, and those of a page that people look at all day.

Exceptions of the linter's rules, with their reasons:

* template-job-rule, template-instance-rule, target-job-rule, target-instance-rule: only the board
  of the pipeline has the variables. KPI series have no instance (it is dropped, or every change of
  the leading worker would begin new series), and boards must work with one job as with two.
* template-datasource-rule: the label is French on French boards.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.grafana.board_parts import Json, boards, panels, queries, variables

COUNTER = re.compile(r"\b(vigie_\w+_total|vigie_\w+_bucket)\b")
UNITS = {"short", "percentunit", "dthms", "s", "none", "locale", "bytes", "cpm", "cps"}
EVERY_BOARD = pytest.mark.parametrize("path", boards())
VARIABLES = {
    "wallboard": ["datasource", "channel", "queue", "window", "variant", "vigie_url"],
    "supervisor": ["datasource", "channel", "queue", "window", "variant", "vigie_url"],
    "queue": ["datasource", "channel", "queue", "window", "variant", "vigie_url"],
    "agents": ["datasource", "channel", "queue", "window", "vigie_url"],
    "resolution": ["datasource", "channel", "queue", "window", "vigie_url"],
    "satisfaction": ["datasource", "channel", "queue", "window", "vigie_url"],
    "business": ["datasource", "window", "vigie_url"],
    "alerts": ["datasource", "channel", "queue", "vigie_url"],
    "pipeline": ["datasource", "job", "instance", "vigie_url"],
}


def name_of(path: str) -> str:
    """The board's name."""
    return path[3:].removesuffix(".json")


def test_ids_and_titles_are_unique() -> None:
    """Over all boards, those of both languages."""
    for field in ("uid", "title"):
        assert set(Counter(board[field] for board in boards().values()).values()) == {1}


@EVERY_BOARD
def test_a_board_has_its_variables(path: str) -> None:
    """Each with a label; what Grafana asks for is asked again when the time changes."""
    found = variables(path)
    assert list(found) == VARIABLES[name_of(path)]
    assert all(variable["label"] for variable in found.values())
    for name, variable in found.items():
        if variable["type"] == "query":
            assert variable["refresh"] == 2, name
            assert variable["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    source = found["datasource"]
    assert (source["type"], source["query"]) == ("datasource", "prometheus")
    assert source["current"]["value"] == "vigie-prometheus"
    assert source["label"] == ("Data source" if path.startswith("en") else "Source de données")


@EVERY_BOARD
def test_a_board_uses_what_it_offers(path: str) -> None:
    """A choice that changes nothing is a puzzle; a variable that is not there stays as written."""
    used: set[str] = set()
    for query in queries(path):
        used |= set(re.findall(r"\$(\w+)", query.expr))
    for variable in variables(path).values():
        if variable["type"] == "query":
            used |= set(re.findall(r"\$(\w+)", variable["query"]["query"]))
    built_in = {"__rate_interval", "__range"}
    assert used - built_in == set(variables(path)) - {"datasource", "vigie_url"}


@EVERY_BOARD
def test_a_board_cannot_be_edited(path: str) -> None:
    """It comes from the repository: what is changed in the browser would be lost."""
    assert boards()[path]["editable"] is False


@EVERY_BOARD
def test_every_panel_has_title_description_unit_source_and_query(path: str) -> None:
    """The description is for whoever asks «what is this?»; no value is a dash or a word."""
    for panel in panels(boards()[path]):
        where = f"{path}: {panel['title']}"
        assert panel["title"].strip(), where
        assert len(panel["description"]) >= 20, where
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, where
        assert panel["targets"], where
        assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"] in UNITS, where
        assert defaults["noValue"], where


@EVERY_BOARD
def test_titles_of_a_board_are_unique(path: str) -> None:
    """Two panels of one name cannot be spoken of."""
    titles = Counter(panel["title"] for panel in panels(boards()[path]))
    assert [title for title, count in titles.items() if count > 1] == []


@EVERY_BOARD
def test_counters_are_rates_over_the_rate_interval(path: str) -> None:
    """Or the increase over what is shown; never a bare counter."""
    for query in queries(path):
        for found in COUNTER.finditer(query.expr):
            rest = query.expr[found.end() :]
            assert re.match(r"(\{[^}]*\})?\[\$__(rate_interval|range)\]", rest), query.where
            before = query.expr[: found.start()]
            assert before.endswith(("rate(", "increase(")), query.where


@pytest.mark.parametrize("path", ["en/pipeline.json", "fr/pipeline.json"])
def test_queries_of_the_pipeline_name_job_and_worker(path: str) -> None:
    """On the board that has the variables, but for series of the view and the strip at the top."""
    for query in queries(path):
        if query.kind == "mark":
            continue
        has_view = re.search(r"vigie_view_|vigie_alerts\{|count\(vigie_build_info\)", query.expr)
        if not has_view:
            assert 'job=~"$job",instance=~"$instance"' in query.expr, query.where


@EVERY_BOARD
def test_legends_have_no_name_that_prometheus_makes_up(path: str) -> None:
    """A series of several has a legend; a table has columns instead."""
    for panel in panels(boards()[path]):
        for target in panel["targets"]:
            many = panel["type"] in ("timeseries", "bargauge", "state-timeline", "heatmap")
            assert bool(target["legendFormat"]) or not many, f"{path}: {panel['title']}"


@EVERY_BOARD
def test_panels_fill_the_grid_without_touching(path: str) -> None:
    """24 columns, no holes within a line, nothing on top of anything; also in opened rows."""
    board = boards()[path]
    for group in (board["panels"], *(panel.get("panels", []) for panel in board["panels"])):
        taken: set[tuple[int, int]] = set()
        for panel in group:
            at = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert not cells & taken, f"{path}: {panel['title']}"
            assert at["x"] >= 0
            assert at["x"] + at["w"] <= 24
            taken |= cells
        for y in {y for _, y in taken}:
            assert len([x for x, line in taken if line == y]) == 24, f"{path}: line {y}"
    ids = [panel["id"] for panel in panels(board, rows=True)]
    assert len(set(ids)) == len(ids)


@EVERY_BOARD
def test_every_board_shows_data_age_view_and_alerts_first(path: str) -> None:
    """Then a board that stands still shows it."""
    first = sorted(panels(boards()[path]), key=lambda p: (p["gridPos"]["y"], p["gridPos"]["x"]))
    exprs = [panel["targets"][0]["expr"] for panel in first[:4] if panel["gridPos"]["y"] == 0]
    assert exprs == [
        "time() - max(vigie_view_event_timestamp_seconds)",
        "min(vigie_view_complete) or vector(0)",
        'sum(vigie_alerts{state="firing"})',
        "count(vigie_build_info)",
    ]


def test_the_wallboard_fits_a_screen_and_can_be_read_from_afar() -> None:
    """28 lines of 38 pixels on 1080; digits of 64 pixels are 48 pt; fresh every five seconds."""
    board = boards()["en/wallboard.json"]
    found = list(panels(board))
    assert max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in found) == 28
    assert all(p["type"] != "row" for p in board["panels"])
    large = [p for p in found if p["type"] == "stat" and "text" in p["options"]]
    assert len(large) == 6
    assert {p["options"]["text"]["valueSize"] for p in large} == {64}
    assert board["refresh"] == "5s"


def test_each_large_number_is_judged_by_colour_and_by_words() -> None:
    """Green and red with a sign and words of their own: nobody needs to see the colour."""
    for path in ("en/wallboard.json", "fr/wallboard.json"):
        for panel in panels(boards()[path]):
            if panel["type"] != "stat" or "text" not in panel["options"]:
                continue
            good, bad = panel["targets"]
            assert good["legendFormat"].startswith("✔ ")
            assert bad["legendFormat"].startswith("▲ ")
            assert good["legendFormat"][2:] != bad["legendFormat"][2:]
            colours = [
                override["properties"][0]["value"]["fixedColor"]
                for override in panel["fieldConfig"]["overrides"]
            ]
            assert colours == ["green", "red"]
            assert panel["options"]["textMode"] == "value_and_name"


@EVERY_BOARD
def test_no_copy_of_a_setting_is_a_threshold(path: str) -> None:
    """Targets and thresholds of queues are read from the series that expose the settings."""
    for panel in panels(boards()[path]):
        about_level = any("vigie_service_level" in t["expr"] for t in panel["targets"])
        steps = _steps(panel)
        if about_level and panel["type"] != "state-timeline":
            assert set(steps) <= {None, 0}, f"{path}: {panel['title']}"


def _steps(panel: Json) -> list[float | None]:
    """The values of a panel's thresholds."""
    found = panel["fieldConfig"]["defaults"].get("thresholds", {"steps": []})["steps"]
    for override in panel["fieldConfig"]["overrides"]:
        for changed in override["properties"]:
            if changed["id"] == "thresholds":
                found = [*found, *changed["value"]["steps"]]
    return [step["value"] for step in found]


@EVERY_BOARD
def test_gaps_are_drawn_through_below_15_seconds(path: str) -> None:
    """At a change of the leading worker a scrape is lost; a longer gap is one."""
    for panel in panels(boards()[path]):
        if panel["type"] == "timeseries":
            assert panel["fieldConfig"]["defaults"]["custom"]["spanNulls"] == 15_000


@EVERY_BOARD
def test_agents_are_counted_and_never_ranked(path: str) -> None:
    """No series by agent, no highest or lowest but of queues."""
    for query in queries(path):
        assert "agent=" not in query.expr
        for found in re.finditer(r"\b(topk|bottomk)\(", query.expr):
            assert "by (queue, channel)" in query.expr[found.end() :], query.where


@EVERY_BOARD
def test_links_keep_what_was_chosen_and_lead_somewhere(path: str) -> None:
    """To the other boards, the other language, vigie; from values to contacts and boards."""
    board = boards()[path]
    language = path[:2]
    by_tag, other, own = board["links"]
    assert (by_tag["type"], by_tag["tags"]) == ("dashboards", [f"vigie-{language}"])
    assert f"vigie-{language}" in board["tags"]
    assert by_tag["includeVars"] and by_tag["keepTime"]  # noqa: PT018
    uids = {b["uid"] for b in boards().values()}
    assert other["url"].removeprefix("/d/") in uids - {board["uid"]}
    assert own["url"] == "${vigie_url:raw}/"
    for url in _data_links(board):
        if url.startswith("/d/"):
            assert url.removeprefix("/d/").partition("?")[0] in uids
        else:
            assert url.startswith("${vigie_url:raw}/?page="), url
        named = set(re.findall(r"\$\{(\w+):", url)) - {"__url_time_range"}
        assert named <= {*variables(path), "__data", "__field"}


def _data_links(board: Json) -> list[str]:
    found: list[str] = []
    for panel in panels(board):
        config = panel["fieldConfig"]
        found += [link["url"] for link in config["defaults"].get("links", ())]
        for override in config["overrides"]:
            for changed in override["properties"]:
                if changed["id"] == "links":
                    found += [link["url"] for link in changed["value"]]
    return found


@pytest.mark.parametrize("name", [n for n, v in VARIABLES.items() if "queue" in v])
def test_a_number_of_a_queue_leads_to_its_contacts(name: str) -> None:
    """From lines and tables, to vigie's page of the queue."""
    urls = _data_links(boards()[f"en/{name}.json"])
    assert any("/?page=queue&queue=${__" in url for url in urls)


@EVERY_BOARD
def test_alerts_are_marked_on_the_time_axis(path: str) -> None:
    """Those of Prometheus without the watchdog, and those of vigie itself."""
    prometheus, own = boards()[path]["annotations"]["list"]
    assert 'alertname=~"Vigie.*",alertname!="VigieWatchdog"' in prometheus["target"]["expr"]
    assert "vigie_alerts{" in own["target"]["expr"]
    assert prometheus["enable"] is own["enable"] is True


@EVERY_BOARD
def test_a_board_is_no_larger_than_it_must_be(path: str) -> None:
    """Grafana sends it whole to every viewer."""
    assert len(str(boards()[path])) < 200_000
