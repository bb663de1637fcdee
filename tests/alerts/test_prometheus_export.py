"""The exported rules: promtool takes them, their tests pass, and none is silently missing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aggregators.kpis.catalogue import CATALOGUE
from aggregators.policy import CHANNEL_POLICIES, HOUR_MS, Hours, QueuePolicy, Rules
from alerts.export.burn_rate import (
    ROWS,
    BurnRule,
    Promise,
    burn_rules,
    is_reachable,
    promises,
)
from alerts.export.files import Export, export_files
from alerts.export.measures import Shown
from alerts.export.promql import rule_expression
from alerts.export.selectors import NotInPromQLError, duration, name_matchers
from alerts.rules import (
    Active,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Measure,
    Rule,
    Scope,
)
from exporters.prometheus.catalogue import catalogue, kpi_metrics, twin_metrics
from exporters.row_kinds import DEFAULT_KINDS
from tests.bench.process import require_program
from vigie.alert_plan import DEFAULT_RULES
from vigie.alert_rules_file import load_alert_rules
from vigie.alerts_export import run_alerts_export
from vigie.errors import UserError
from vigie.settings import load_settings

SHOWN = Shown(Rules().windows, DEFAULT_KINDS)
EVERYWHERE = Scope()
WAIT = Compare(Measure("longest_wait_seconds"), ">", 60, clear=45)
OFFICE = Hours((*((((30, 1080),),) * 5), (), ()))


def rule(rule_id: str, condition: Condition, scope: Scope = EVERYWHERE, **fields: Any) -> Rule:
    return Rule(
        id=rule_id, english=f"{rule_id} {{{{ x }}}}", french="Règle", condition=condition,
        scope=scope, **fields,
    )  # fmt: skip


LEVEL = Compare(Measure("service_level", ("abandons_negative",), "15m"), "<", 0.7, 0.75, 20)
VARIED = (
    rule("wait", WAIT, Scope(channels=("voice",)), runbook="https://example.org/wait"),
    rule("level", LEVEL, Scope(names=("sales*", "b[x].c"), without=("sales-test",)), for_ms=60_000),
    rule("nobody", AllOf((
        Compare(Measure("agents_available"), "<=", 0),
        Compare(Measure("contacts_waiting"), ">=", 1),
    )), for_ms=30_000),
    rule("either", AnyOf((
        Compare(Measure("abandonment_rate", ("of_offered",), "15m"), ">", 0.1, min_sample=20),
        Compare(Measure("contacts_waiting"), ">", 10),
    ))),
    rule("same-series", AllOf((
        Compare(Measure("contacts_waiting"), ">", 5),
        AnyOf((
            Compare(Measure("contacts_waiting"), "<", 50),
            Compare(Measure("flow_out_rate", ("closed",), "1h"), ">", 0.5),
        )),
    ))),
    rule("csat", Compare(Measure("csat", ("after_call",), "1h"), "<", 0.7, min_sample=10),
         Scope("survey")),
    rule("all-csat", Compare(Measure("csat", ("after_call",), "1h"), "<", 0.7), Scope("total")),
    rule("all-wait", Compare(Measure("longest_wait_seconds"), ">", 60), Scope("total")),
    rule("by-channel", Compare(Measure("contacts_waiting"), ">", 30), Scope("channel")),
    rule("refused", Compare(Measure("dead_lettered_per_minute"), ">", 10), Scope("pipeline")),
    rule("hours", Compare(Measure("contacts_waiting"), ">=", 10), active=Active(OFFICE)),
)  # fmt: skip


def promtool(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = require_program("promtool", "prometheus")
    return subprocess.run([program, *words], cwd=folder, capture_output=True, text=True)


def write(made: Export, folder: Path) -> None:
    for name, text in made.files.items():
        (folder / name).write_text(text, encoding="utf-8")


def hold(made: Export, folder: Path, name: str) -> None:
    """Write an export; promtool finds nothing wrong in the rules of that name, its tests pass."""
    write(made, folder)
    for words in (
        ("check", "rules", "--lint=all", "--lint-fatal", f"{name}.rules.yml"),
        ("test", "rules", f"{name}.test.yml"),
    ):
        found = promtool(*words, folder=folder)
        assert found.returncode == 0, found.stdout + found.stderr


@pytest.fixture(scope="module")
def shipped() -> Export:
    return export_files(load_alert_rules(DEFAULT_RULES, Rules()), SHOWN, Rules())


@pytest.fixture(scope="module")
def varied() -> Export:
    return export_files(VARIED, SHOWN, Rules())


@pytest.mark.parametrize("name", ["vigie-alerts", "vigie-burn", "vigie-recording"])
def test_promtool_takes_the_shipped_rules_and_their_tests_pass(
    shipped: Export, tmp_path: Path, name: str
) -> None:
    """No lint finding, and each rule fires just beyond its limits and not just within."""
    hold(shipped, tmp_path, name)


def test_promtool_agrees_on_every_kind_of_condition(varied: Export, tmp_path: Path) -> None:
    """Patterns, all, any, samples, hysteresis, hours, other rows: the tests pass."""
    assert varied.left_out == []
    hold(varied, tmp_path, "vigie-alerts")


def test_every_exported_rule_has_tests_on_both_sides(shipped: Export, varied: Export) -> None:
    """Each alert is expected in one test and expected not to be in another."""
    for made in (shipped, varied):
        for name in ("vigie-alerts", "vigie-burn"):
            groups = yaml.safe_load(made.files[f"{name}.rules.yml"])["groups"]
            alerts = {one["alert"] for group in groups for one in group["rules"]}
            sides: dict[str, set[bool]] = {}
            for test in yaml.safe_load(made.files[f"{name}.test.yml"])["tests"]:
                for one in test["alert_rule_test"]:
                    sides.setdefault(one["alertname"], set()).add(bool(one["exp_alerts"]))
            assert set(sides) == alerts
            assert {alert for alert in alerts if len(sides[alert]) < 2} == {
                "VigieWatchdog"
            } & alerts


VIEW = "and on () (max(vigie_view_complete) == 1)"
OFFERED = 'outcome="offered"}) >='
MUTATIONS: list[tuple[str, Callable[[str], str]]] = [
    ("a threshold", lambda text: text.replace("> 60)", "> 61)", 1)),
    ("the view flag", lambda text: text.replace(VIEW, "", 1)),
    ("the sample", lambda text: text.replace(f"{OFFERED} 20", f"{OFFERED} 0")),
    ("keep_firing_for", lambda text: re.sub(r"keep_firing_for: .*", "keep_firing_for: 0s", text)),
    ("for", lambda text: text.replace("for: 15s", "for: 10s", 1)),
    ("the clear side", lambda text: text.replace("ALERTS{", "ALERTS{alertname!='',x='y',", 1)),
    ("a matcher", lambda text: text.replace('queue!="sales-test"', 'queue="sales-test"')),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change"), MUTATIONS, ids=[what for what, _ in MUTATIONS])
def test_a_rule_that_is_changed_fails_its_tests(
    tmp_path: Path, what: str, change: Callable[[str], str]
) -> None:
    """The generated tests hold every part of an expression."""
    made = export_files(VARIED[:2], SHOWN, Rules())
    write(made, tmp_path)
    tests = yaml.safe_load(made.files["vigie-alerts.test.yml"])
    tests["tests"] = [one for one in tests["tests"] if not one["name"].startswith("Vigie")]
    (tmp_path / "vigie-alerts.test.yml").write_text(yaml.safe_dump(tests))
    path = tmp_path / "vigie-alerts.rules.yml"
    changed = change(path.read_text())
    assert changed != path.read_text(), what
    path.write_text(changed)
    assert promtool("test", "rules", "vigie-alerts.test.yml", folder=tmp_path).returncode == 1


def test_every_metric_in_the_rules_is_exposed(shipped: Export, varied: Export) -> None:
    """Names and labels are those of the catalogue of metrics."""
    known = {
        metric.name: {*metric.labels}
        for metric in (*catalogue(), *kpi_metrics(CATALOGUE), *twin_metrics(kpi_metrics(CATALOGUE)))
    }
    for made in (shipped, varied):
        for name, text in made.files.items():
            if not name.endswith(".rules.yml"):
                continue
            for group in yaml.safe_load(text)["groups"]:
                for one in group["rules"]:
                    named = re.findall(r"(?<![:\w])(vigie_\w+)(?:\{([^}]*)\})?", one["expr"])
                    for metric, matchers in named:
                        assert metric in known, one
                        labels = set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", matchers))
                        assert labels <= known[metric], (metric, labels)


@given(
    target=st.floats(0.01, 0.999),
    period_ms=st.integers(HOUR_MS, 168 * HOUR_MS),
)
def test_each_burn_rule_can_fire(target: float, period_ms: int) -> None:
    """burn x (1 - target) stays below 1 for every target and length of the day; none is lost."""
    found = list(burn_rules(Promise(target, "abandons_negative"), SHOWN, period_ms))
    assert len(found) == len(ROWS)
    for one in found:
        if isinstance(one, BurnRule):
            assert one.burn >= 1
            assert one.burn * (1 - target) < 1
            assert one.burn == pytest.approx(one.row.budget * period_ms / one.row.long_ms, abs=1e-3)


def test_the_burn_rows_of_80_per_cent_are_those_of_the_table() -> None:
    """Burn 3, 2 and 1 over 30 min, 1 h and 4 h; 14.4 and 6 could never fire."""
    found = list(burn_rules(Promise(0.8, "abandons_negative"), SHOWN))
    rows = [(one.long, one.short, one.burn) for one in found if isinstance(one, BurnRule)]
    assert rows == [("30m", "5m", 3.0), ("1h", "15m", 2.0), ("4h", "30m", 1.0)]
    assert not is_reachable(14.4, 0.8)
    assert not is_reachable(6.0, 0.8)
    assert not is_reachable(5.0, 0.8)


def test_a_burn_row_that_cannot_fire_is_named(tmp_path: Path) -> None:
    """A target of 60 % burns 2.5 at most: the first row is a comment and a line, the rest there."""
    policies = Rules(channels={name: QueuePolicy(target=0.6) for name in CHANNEL_POLICIES})
    made = export_files((), SHOWN, policies)
    (line,) = [one for one in made.left_out if one.startswith("page 30m/5m")]
    assert line == (
        "page 30m/5m for a target of 60 %: a burn of 3 is never reached, at most 2.5 is"
    )
    assert f"# Not here: {line}" in made.files["vigie-burn.rules.yml"]
    write(made, tmp_path)
    tested = promtool("test", "rules", "vigie-burn.test.yml", folder=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_queues_with_other_variants_and_targets_have_rules_of_their_own(tmp_path: Path) -> None:
    """Each series is looked at by exactly one promise."""
    policies = Rules(queues={
        ("vip", "voice"): QueuePolicy(target=0.9, headline_variant="answered_only"),
        ("press", "voice"): QueuePolicy(target=0.9),
    }, channels={"voice": QueuePolicy()})  # fmt: skip
    found = [one for one in promises(policies) if one.channel == "voice"]
    assert [(one.target, one.variant, one.queues, one.without) for one in found] == [
        (0.8, "abandons_negative", ("*",), ("press", "vip")),
        (0.9, "abandons_negative", ("press",), ()),
        (0.9, "answered_only", ("vip",), ()),
    ]
    made = export_files((), Shown(("5m", "15m", "30m", "1h", "4h"), DEFAULT_KINDS), policies)
    hold(made, tmp_path, "vigie-burn")
    assert (
        'queue="vip",channel="voice",window="5m",variant="answered_only"'
        in (made.files["vigie-burn.rules.yml"])
    )


PARIS = Active(OFFICE, "Europe/Paris")
UNSAYABLE = [
    (rule("r", WAIT, active=PARIS), "the clock of Europe/Paris"),
    (rule("r", Compare(LEVEL.measure, "<", 0.5), Scope("total")), "has no series by centre"),
    (rule("r", Compare(Measure("contacts_waiting"), ">", 1), Scope("team")), "metrics.by"),
    (rule("r", Compare(Measure("answer_rate", (), "4h"), "<", 0.5)), "window 4h has no series"),
    (rule("r", Compare(Measure("csat", ("s",), "5m"), "<", 0.5)), "from 1h on"),
    (rule("r", Compare(Measure("contacts_waiting"), ">", 1, min_sample=3)), "no count"),
    (rule("r", Compare(Measure("lag_seconds"), ">", 1), Scope("pipeline")), "no series"),
]


@pytest.mark.parametrize(("one", "why"), UNSAYABLE, ids=[why for _, why in UNSAYABLE])
def test_what_promql_cannot_say_is_told(one: Rule, why: str) -> None:
    """A rule that is not exported is a comment in the file and a line of its own."""
    with pytest.raises(NotInPromQLError, match=why):
        rule_expression(one, SHOWN, Rules())
    made = export_files((one,), SHOWN, Rules())
    (line,) = [text for text in made.left_out if text.startswith("r: ")]
    assert why in line
    assert f"# Not here: {line}" in made.files["vigie-alerts.rules.yml"]


def test_names_become_anchored_and_escaped_matchers() -> None:
    """Only * and ? are patterns; everything else stands for itself."""
    assert name_matchers("queue", ("*",), ()) == []
    assert name_matchers("queue", ("sales",), ("a.b*", "c")) == [
        'queue="sales"', 'queue!~"a\\\\.b.*|c"',
    ]  # fmt: skip
    assert name_matchers("queue", ("sa?es", 'q"\\'), ()) == ['queue=~"sa.es|q\\"\\\\\\\\"']


@given(st.integers(0, 10**10))
def test_durations_mean_what_they_say(ms: int) -> None:
    """What is written adds up to the milliseconds."""
    units = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
    parts = re.findall(r"(\d+)(ms|[dhms])", duration(ms))
    assert sum(int(count) * units[unit] for count, unit in parts) == ms


def test_the_command_writes_the_files_and_says_what_is_not_in_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names of files on standard output, rules that are left out on standard error."""
    assert run_alerts_export(load_settings(None, {}), None, tmp_path / "made") == 0
    out, err = capsys.readouterr()
    names = sorted(Path(line).name for line in out.splitlines())
    assert names == sorted(path.name for path in (tmp_path / "made").iterdir())
    assert names == [
        "vigie-alerts.rules.yml", "vigie-alerts.test.yml", "vigie-burn.rules.yml",
        "vigie-burn.test.yml", "vigie-recording.rules.yml", "vigie-recording.test.yml",
    ]  # fmt: skip
    assert "vigie: not in the rules: numbers-late: pipeline.lag_seconds has no series" in err


def test_a_folder_that_cannot_be_written_is_a_line_with_a_fix(tmp_path: Path) -> None:
    """No traceback for a file in the place of the folder."""
    (tmp_path / "made").write_text("")
    with pytest.raises(UserError, match="cannot write into"):
        run_alerts_export(load_settings(None, {}), None, tmp_path / "made")
