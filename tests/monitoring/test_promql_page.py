"""The page of ready PromQL, each query on a real Prometheus that scrapes the demo."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from tests.bench.process import wait_until
from tests.bench.web import get_json
from tests.docs.pages import blocks, text_of
from tests.monitoring.running_demo import Scene, running

PAGE = "docs/promql.md"
QUERIES = [line for block in blocks(PAGE) for line in block.text.strip().splitlines()]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with running(tmp_path_factory.mktemp("monitoring")) as one:
        (alert, *_) = _firing(one)
        one.post(f"/api/alerts/{alert['id']}/acknowledge", {"by": "Anna", "why": "a test"})
        yield one


def _firing(scene: Scene) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def holds() -> bool:
        alerts = msgspec.json.decode(scene.get("/api/alerts"))["alerts"]
        found[:] = [alert for alert in alerts if alert["state"] == "firing"]
        return bool(found)

    wait_until(holds, what="an alert of the demo", timeout_s=90)
    return found


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_of_the_page_returns_data(scene: Scene, query: str) -> None:
    """At least one series, all of them numbers."""
    found = scene.prometheus.wait_for(
        query, lambda vector: any(value == value for value in vector.values()), timeout_s=60
    )
    assert found


def test_a_forecast_is_the_mean_of_the_weeks_before(scene: Scene) -> None:
    """Four weeks that were alike give what each of them had; today is about as much as then."""
    (forecast,) = [query for query in QUERIES if "offset 671h" in query]
    one_week = 'sum by (queue) (vigie_window_contacts{window="1h",outcome="offered"} offset 168h)'
    found = scene.prometheus.query(forecast)
    assert found == scene.prometheus.query(one_week)
    assert sum(found.values()) > 100
    (compared,) = [query for query in QUERIES if query.startswith("sum(") and "offset 1w" in query]
    ((_, ratio),) = scene.prometheus.query(compared).items()
    assert 0.9 < ratio < 1.5


def test_every_query_has_its_question_its_reading_and_its_trap() -> None:
    """A heading with a question mark, one query, some words and a trap."""
    sections = re.split(r"^### ", text_of(PAGE), flags=re.MULTILINE)[1:]
    assert 25 <= len(sections) <= 60
    for section in sections:
        question, _, rest = section.partition("\n")
        assert question.endswith("?"), question
        assert rest.count("```promql") == 1, question
        words = rest.split("```")[2].split("\n## ")[0]
        assert "Trap: " in words, question
        assert words.strip().index("Trap: ") > 0, question
    assert len(QUERIES) == len(sections)


def _of_queue(kpi: str, *labels: str) -> Callable[[Scene, str], dict[str, float]]:
    def values(scene: Scene, window: str) -> dict[str, float]:
        found = {}
        for queue, row in scene.board(window)["queues"].items():
            value = row[kpi]
            for label in labels:
                value = None if value is None else value.get(label)
            if value is not None:
                found[queue] = round(float(value), 6)
        return found

    return values


def _of_total(kpi: str, *labels: str) -> Callable[[Scene, str], dict[str, float]]:
    def values(scene: Scene, window: str) -> dict[str, float]:
        value = scene.board(window)["total"][kpi]
        for label in labels:
            value = value[label]
        return {} if value is None else {"": round(float(value), 6)}

    return values


SAME = [
    ('vigie_service_level_ratio{window="15m", variant="abandons_negative"}', "15m",
     _of_queue("service_level", "abandons_negative")),
    ('centre_window:vigie_service_level:ratio{window="today"}', "today",
     _of_total("service_level", "abandons_negative")),
    ('centre_window:vigie_wait_seconds:mean{window="1h"}', "1h", _of_total("asa_seconds", "queue")),
    ('vigie_occupancy_ratio{window="1h", variant="wall_clock"}', "1h",
     _of_queue("occupancy", "wall_clock")),
    ('vigie_window_wait_percentile_seconds{window="1h", q="0.9"}', "1h",
     _of_queue("wait_quantile_seconds", "0.9")),
    ('vigie_nps{window="today"}', "today", _of_queue("nps")),
    ('vigie_centre_faq_no_answer_rate_ratio{window="today"}', "today",
     _of_total("faq_no_answer_rate")),
    ('vigie_centre_cost_per_contact{window="1h"}', "1h", _of_total("cost_per_contact")),
]  # fmt: skip


@pytest.mark.parametrize(("query", "window", "of_api"), SAME, ids=[query for query, *_ in SAME])
def test_prometheus_and_the_api_say_the_same(
    scene: Scene, query: str, window: str, of_api: Callable[[Scene, str], dict[str, float]]
) -> None:
    """A query of the page, or a part of one, at an instant at which the board stood still."""
    assert any(query in one for one in QUERIES)
    seen: list[object] = []

    def agree() -> bool:
        before = of_api(scene, window)
        found = {
            dict(place).get("queue", ""): round(value, 6)
            for place, value in scene.prometheus.query(query).items()
        }
        seen[:] = [before, found]
        return bool(before) and found == before

    try:
        wait_until(agree, what=query, timeout_s=60)
    except Exception:
        assert seen[0] == seen[1]
        raise


def test_every_rule_is_evaluated_without_an_error(scene: Scene) -> None:
    """All groups of all files, each at least once."""
    groups = get_json(f"{scene.prometheus.url}/api/v1/rules")["data"]["groups"]
    assert len({group["file"] for group in groups}) == 5
    for group in groups:
        for rule in group["rules"]:
            assert (rule["health"], rule.get("lastError", "")) == ("ok", ""), rule["name"]


def test_the_targets_are_up_and_only_the_kpis_have_no_instance(scene: Scene) -> None:
    """With the token, through the limits of the jobs."""
    jobs = {target["labels"]["job"] for target in scene.prometheus.targets()}
    assert jobs == {"vigie", "vigie-kpi", "prometheus", "alertmanager"}
    assert {target["health"] for target in scene.prometheus.targets()} == {"up"}
    assert scene.prometheus.query('count({job="vigie-kpi",instance="",__name__!="up"})')
    assert not scene.prometheus.query('{job="vigie-kpi",instance!="",__name__=~"vigie_.+"}')
    assert scene.prometheus.query('vigie_lag_events{job="vigie",instance!=""}')
    assert len(scene.prometheus.query("up")) == 4


def test_what_the_rules_name_of_prometheus_and_alertmanager_is_there(scene: Scene) -> None:
    """A metric that was renamed would make a rule that never fires."""
    rules = get_json(f"{scene.prometheus.url}/api/v1/rules")["data"]["groups"]
    text = " ".join(rule["query"] for group in rules for rule in group["rules"])
    named = set(re.findall(r"\b(?:prometheus|alertmanager|scrape)_\w+|\bup\b", text))
    assert len(named) > 10
    for name in sorted(named - {"scrape_configs"}):
        assert scene.prometheus.query(f"count({name})"), name


def test_of_the_rules_that_vigie_tells_itself_nobody_is_told_by_prometheus(scene: Scene) -> None:
    """The twin of an alert is active in Alertmanager, muted by vigie's own sign of life."""

    def by_origin(name: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for alert in scene.alertmanager.alerts():
            if alert["labels"]["alertname"] == name:
                state = alert["status"]["state"]
                found.setdefault(alert["labels"].get("origin", ""), set()).add(state)
        return found

    wait_until(
        lambda: by_origin("VigieVeryLongWait") == {"": {"active"}, "twin": {"suppressed"}},
        what="the alert of vigie and its muted twin",
        timeout_s=120,
    )
    wait_until(
        lambda: by_origin("VigieWatchdog") == {"": {"active"}, "prometheus": {"active"}},
        what="both signs of life",
        timeout_s=120,
    )
    wait_until(lambda: len(scene.told.requests) > 0, what="a message", timeout_s=60)
    told = [alert for request in scene.told.requests for alert in request.json()["alerts"]]
    assert "VigieVeryLongWait" in {alert["labels"]["alertname"] for alert in told}
    assert [alert for alert in told if alert["labels"].get("origin") == "twin"] == []

    def signs() -> set[tuple[str, str]]:
        return {
            (alert["labels"]["alertname"], alert["labels"].get("origin", ""))
            for request in list(scene.outside.requests)
            for alert in request.json()["alerts"]
        }

    both = {("VigieWatchdog", ""), ("VigieWatchdog", "prometheus")}
    wait_until(lambda: signs() >= both, what="both signs of life outside", timeout_s=60)
    assert signs() == both
