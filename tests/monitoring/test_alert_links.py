"""Links of exported alerts: boards of Grafana and pages of vigie."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from aggregators.policy import Rules
from alerts.export.files import export_files
from alerts.export.links import Links
from alerts.export.measures import Shown
from alerts.rules import Compare, Measure, Rule, Scope
from exporters.row_kinds import DEFAULT_KINDS
from tests.bench.prometheus import promtool

WAIT = Rule(
    id="wait", english="Wait", french="Attente",
    condition=Compare(Measure("longest_wait_seconds"), ">", 60),
)  # fmt: skip
SHOWN = Shown(Rules().windows, DEFAULT_KINDS)


def annotations_of(rule: Rule, links: Links) -> dict[str, str]:
    """Those of the first rule of the export."""
    made = export_files((rule,), SHOWN, Rules(), links=links)
    groups = yaml.safe_load(made.files["vigie-alerts.rules.yml"])["groups"]
    found: dict[str, str] = groups[0]["rules"][0]["annotations"]
    return found


def test_without_addresses_there_are_no_links() -> None:
    """As before: nobody is sent to a place that may not exist."""
    assert not annotations_of(WAIT, Links()).keys() & {"runbook_url", "dashboard_url"}


@pytest.mark.parametrize(
    ("kpi", "scope", "board"),
    [
        ("longest_wait_seconds", Scope(), "vigie-queue"),
        ("agents_available", Scope(), "vigie-agents"),
        ("faq_no_answer_rate", Scope("tool"), "vigie-satisfaction"),
        ("data_age_seconds", Scope("pipeline"), "vigie-pipeline"),
    ],
)
def test_a_link_leads_to_the_board_of_what_the_rule_is_about(
    kpi: str, scope: Scope, board: str
) -> None:
    """By the group of the KPI; the pages from wherever they are read."""
    window = "1h" if kpi.startswith("faq") else ""
    rule = replace(WAIT, scope=scope, condition=Compare(Measure(kpi, (), window), ">", 1))
    if kpi == "agents_available":
        rule = replace(rule, condition=Compare(Measure(kpi), "<", 1))
    links = Links("https://boards.example.org/", "https://git.example.org/vigie/")
    found = annotations_of(rule, links)
    assert found["dashboard_url"].startswith(f"https://boards.example.org/d/{board}")
    assert found["runbook_url"].startswith("https://git.example.org/vigie/docs/")


def test_the_links_of_a_rule_come_first() -> None:
    """Whoever wrote the rule knows better."""
    own = replace(WAIT, runbook="https://example.org/wait", board="https://example.org/board")
    found = annotations_of(own, Links("http://boards", "."))
    assert found["runbook_url"] == "https://example.org/wait"
    assert found["dashboard_url"] == "https://example.org/board"


def test_a_queue_with_any_name_is_found_again_by_the_link(tmp_path: Path) -> None:
    """Prometheus writes its name so that it stays one value of the query."""
    made = export_files((WAIT,), SHOWN, Rules(), links=Links("http://boards", "."))
    rules = "vigie-alerts.rules.yml"
    (tmp_path / rules).write_text(made.files[rules])
    row = {"queue": "a b&c=é", "channel": "voice"}
    series = 'vigie_longest_wait_seconds{queue="a b&c=é",channel="voice"}'
    expected = {
        "exp_labels": {"severity": "warning", "origin": "twin", **row},
        "exp_annotations": {
            "summary": "Wait: a b&c=é (voice)", "summary_fr": "Attente: a b&c=é (voice)",
            "description": "Longest wait now is above 60 s: 90.00.",
            "runbook_url": "docs/prometheus.md#an-alert-on-the-figures",
            "dashboard_url": "http://boards/d/vigie-queue?var-queue=a+b%26c%3D%C3%A9"
            "&var-channel=voice",
        },
    }  # fmt: skip
    test = {
        "interval": "5s",
        "input_series": [
            {"series": series, "values": "90x20"},
            {"series": "vigie_view_complete", "values": "1x20"},
        ],
        "alert_rule_test": [
            {"eval_time": "1m", "alertname": "VigieWait", "exp_alerts": [expected]}
        ],
    }
    path = tmp_path / "one.test.yml"
    path.write_text(yaml.safe_dump({"rule_files": [rules], "tests": [test]}))
    found = promtool("test", "rules", path)
    assert found.returncode == 0, found.stdout + found.stderr
