"""The settings and rules of Prometheus that are shipped: valid, current, and each rule tested."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from aggregators.kpis.catalogue import CATALOGUE
from exporters.prometheus.catalogue import catalogue, kpi_metrics, twin_metrics
from exporters.prometheus.labels import MAX_LENGTH, clean
from tests.bench.monitoring_files import PROMETHEUS, local_prometheus
from tests.bench.prometheus import promtool
from tests.docs.pages import ROOT, anchors
from tests.monitoring.rule_files import RULES, TESTS, alerts, rules
from vigie.alerts_export import run_alerts_export
from vigie.settings import Settings, load_settings

CONFIG = (PROMETHEUS / "prometheus.yml").read_text()
JOBS = {job["job_name"]: job for job in yaml.safe_load(CONFIG)["scrape_configs"]}
BOARDS = {
    "vigie-wallboard", "vigie-supervisor", "vigie-queue", "vigie-agents", "vigie-resolution",
    "vigie-satisfaction", "vigie-alerts", "vigie-pipeline",
}  # fmt: skip
ADDRESSES = {
    "worker:8080": "127.0.0.1:1,127.0.0.1:2",
    "alertmanager:9093": "127.0.0.1:3",
    "localhost:9090": "127.0.0.1:4",
}
PART = re.compile("just beyond|just within|few contacts|: fires$|hand-over|sums, and")
WORD = re.compile(r"(?<![:\w])vigie_\w+")


def test_promtool_takes_the_settings_and_the_rules_they_name(tmp_path: Path) -> None:
    """As they are, but for the token's path: promtool wants to see the file."""
    token = tmp_path / "token"
    token.write_text("a secret of the tests")
    folder = tmp_path / "prometheus"
    (folder / "rules").mkdir(parents=True)
    for path in RULES:
        (folder / "rules" / path.name).write_text(path.read_text())
    config = CONFIG.replace("/run/secrets/scraper_token", str(token))
    assert config.count(str(token)) == 2
    (folder / "prometheus.yml").write_text(config)
    checked = promtool("check", "config", "--lint=all", "--lint-fatal", folder / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"SUCCESS: {len(RULES)} rule files found" in checked.stdout
    token.unlink()
    assert promtool("check", "config", folder / "prometheus.yml").returncode == 1


def test_promtool_finds_nothing_in_the_rules_to_complain_about() -> None:
    """No duplicates, valid PromQL and templates, names as they should be."""
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count("SUCCESS") == len(RULES) == 5


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_the_unit_tests_of_the_rules_pass(tmp_path: Path, path: Path) -> None:
    """Those that are shipped beside the rules; of the many that the command makes, a part.

    All of those run in tests/alerts/test_prometheus_export.py; here the links are looked at too.
    """
    tests = yaml.load(path.read_text(), yaml.CSafeLoader)
    if path.name.startswith("vigie-"):
        part = [one for one in tests["tests"] if PART.search(one["name"])]
        assert 0 < len(part) < len(tests["tests"]) or len(tests["tests"]) == 1
        tests["tests"] = part
    (tmp_path / "tests").mkdir()
    (tmp_path / "rules").mkdir()
    for rule_file in RULES:
        for folder in ("rules", "tests"):
            (tmp_path / folder / rule_file.name).write_text(rule_file.read_text())
    made = tmp_path / "tests" / path.name
    made.write_text(yaml.safe_dump(tests))
    found = promtool("test", "rules", made)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_alert_is_tested_to_fire_and_not_to_fire() -> None:
    """In some test each; the sign of life always fires."""
    sides: dict[str, set[bool]] = {}
    for path in TESTS:
        for test in yaml.load(path.read_text(), yaml.CSafeLoader)["tests"]:
            for one in test.get("alert_rule_test", ()):
                sides.setdefault(one["alertname"], set()).add(bool(one["exp_alerts"]))
    assert sides.keys() == alerts().keys()
    assert {name for name, found in sides.items() if len(found) < 2} == {"VigieWatchdog"}


STACK = [
    ("a threshold", lambda text: text.replace("> 0.8 * 80000", ">= 0.8 * 80000")),
    ("the recovery", lambda text: re.sub(r"\n *unless on \(\).*", "", text)),
    ("the position", lambda text: text.replace("[2m])) == 0", "[2m])) >= 0")),
    ("the lag", lambda text: text.replace("[2m])) > 0", "[2m])) >= 0")),
    ("a time", lambda text: text.replace("for: 2m", "for: 1m", 1)),
    ("another time", lambda text: text.replace("[10m])) == 1", "[1m])) == 1")),
    ("a job", lambda text: text.replace('job=~"vigie|vigie-kpi"', 'job!=""')),
    ("an alternative", lambda text: text.replace("or sum(prometheus_notifications_alertm",
                                                 "and sum(prometheus_notifications_alertm")),
    ("the clock", lambda text: text.replace("> 60\n        for: 5m", "> 0\n        for: 5m")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change"), STACK, ids=[what for what, _ in STACK])
def test_a_rule_of_the_stack_that_is_changed_fails_its_tests(
    tmp_path: Path, what: str, change: Callable[[str], str]
) -> None:
    """The tests hold the parts of its expression."""
    text = (PROMETHEUS / "rules" / "stack.rules.yml").read_text()
    changed = change(text)
    assert changed != text, what
    for name in ("rules", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "rules" / "stack.rules.yml").write_text(changed)
    tests = tmp_path / "tests" / "stack.test.yml"
    tests.write_text((PROMETHEUS / "tests" / "stack.test.yml").read_text())
    assert promtool("test", "rules", tests).returncode == 1


def test_the_exported_rules_are_current(tmp_path: Path) -> None:
    """What the command of docs/prometheus.md writes with the settings as they come."""
    boards = "http://127.0.0.1:3000"
    assert run_alerts_export(load_settings(None, {}), None, tmp_path, boards, ".") == 0
    shipped = {path.name: path.read_text() for path in (PROMETHEUS / "rules").glob("vigie-*")}
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == shipped


def test_every_metric_in_the_rules_is_exposed() -> None:
    """Names and labels of vigie's are those of the catalogue of metrics."""
    known = {
        metric.name: {*metric.labels, "job", "instance"}
        for metric in (*catalogue(), *kpi_metrics(CATALOGUE), *twin_metrics(kpi_metrics(CATALOGUE)))
    }
    seen = set()
    for rule in rules():
        for name, matchers in re.findall(rf"({WORD.pattern})(?:\{{([^}}]*)\}})?", rule["expr"]):
            assert name in known, rule
            assert set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", matchers)) <= known[name], rule
            seen.add(name)
    assert len(seen) > 30


def test_recorded_names_say_level_metric_and_operation() -> None:
    """Once each; the metric is one of vigie's, or what it measures."""
    names = [rule["record"] for rule in rules() if "record" in rule]
    assert len(names) == len(set(names)) == 13
    for name in names:
        assert re.fullmatch(r"[a-z_]+:vigie_[a-z_]+:(sum|ratio|mean|max|burn)", name), name


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_says_what_to_do_and_where_to_look(name: str) -> None:
    """Severity, whether vigie tells it too, words, a heading that exists, a board."""
    rule = alerts()[name]
    assert name.startswith("Vigie")
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["labels"]["origin"] in {"twin", "prometheus"}
    words = rule["annotations"]
    assert {"summary", "description", "runbook_url", "dashboard_url"} <= words.keys()
    assert "value" not in rule["labels"]
    page, _, anchor = words["runbook_url"].partition("#")
    assert anchor in anchors(ROOT / page), words["runbook_url"]
    board = urlsplit(words["dashboard_url"])
    assert f"{board.scheme}://{board.netloc}" == "http://127.0.0.1:3000"
    assert board.path.removeprefix("/d/") in BOARDS


def test_alerts_on_the_figures_outlast_a_hand_over_between_workers() -> None:
    """Series may be gone for a scrape: three scrapes to begin, and some time to end."""
    interval_s = 5
    assert yaml.safe_load(CONFIG)["global"]["scrape_interval"] == f"{interval_s}s"
    seconds = {"s": 1, "m": 60}
    for name, rule in alerts().items():
        if not {"queue", "survey", "tool"} & set(re.findall(r"labels\.(\w+)", str(rule))):
            continue
        for key, least_s in (("for", 3 * interval_s), ("keep_firing_for", 30)):
            found = re.fullmatch(r"(\d+)([sm])", rule[key])
            assert found is not None, name
            assert int(found[1]) * seconds[found[2]] >= least_s, name


def test_the_limits_of_the_jobs_hold_what_vigie_may_send() -> None:
    """Beyond a limit Prometheus drops the whole scrape, so vigie's own come first."""
    kpi = JOBS["vigie-kpi"]
    most = Settings().limits.max_series
    assert most < kpi["sample_limit"] == 80_000
    longest = clean("\U0001f600" * 200).encode()
    assert len(longest) == 4 * MAX_LENGTH <= kpi["label_value_length_limit"]
    labels = [len(metric.labels) for metric in catalogue()]
    names = [len(label) for metric in catalogue() for label in metric.labels]
    for job in (kpi, JOBS["vigie"]):
        assert max(labels) + 3 <= job["label_limit"]  # name, job, instance
        assert max(names) <= job["label_name_length_limit"]
        assert job["label_value_length_limit"] == kpi["label_value_length_limit"]
    text = (PROMETHEUS / "rules" / "stack.rules.yml").read_text()
    for job in (kpi, JOBS["vigie"]):
        assert f'{{job="{job["job_name"]}"}}) > 0.8 * {job["sample_limit"]}' in text


def test_only_the_kpi_job_drops_the_instance() -> None:
    """And there only of what is scraped: `up` of three workers must not collide."""
    assert JOBS["vigie-kpi"]["metric_relabel_configs"] == [
        {"action": "labeldrop", "regex": "instance"}
    ]
    assert "relabel_configs" not in JOBS["vigie-kpi"]
    assert "metric_relabel_configs" not in JOBS["vigie"]
    assert JOBS["vigie"]["dns_sd_configs"] == JOBS["vigie-kpi"]["dns_sd_configs"]


def test_nothing_adds_labels_to_alerts() -> None:
    """External labels would make the copies of one alert look like two."""
    config = yaml.safe_load(CONFIG)
    assert "external_labels" not in config["global"]
    assert config["alerting"].keys() == {"alertmanagers"}


def test_on_this_machine_only_addresses_and_paths_change(tmp_path: Path) -> None:
    """What tests start with is what is shipped."""
    local = yaml.safe_load(local_prometheus(CONFIG, ADDRESSES, tmp_path))
    shipped = yaml.safe_load(CONFIG)
    assert local["rule_files"] == [str(tmp_path / "*.rules.yml")]
    targets: dict[str, object] = {}
    for config in (local, shipped):
        del config["rule_files"]
        for job in (*config["scrape_configs"], *config["alerting"]["alertmanagers"]):
            job.pop("dns_sd_configs", None)
            name = job.get("job_name", "alertmanagers")
            targets.setdefault(name, job.pop("static_configs", None))
    assert local == shipped
    assert targets["vigie-kpi"] == [{"targets": ["127.0.0.1:1", "127.0.0.1:2"]}]
    assert targets["alertmanagers"] == [{"targets": ["127.0.0.1:3"]}]
    with pytest.raises(KeyError, match="worker:8080"):
        local_prometheus(CONFIG, {}, tmp_path)
