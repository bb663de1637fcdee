"""The page about Prometheus and Alertmanager says what the shipped files say."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.bench.monitoring_files import ALERTMANAGER, PROMETHEUS
from tests.docs.pages import ROOT, text_of
from tests.monitoring.rule_files import alerts, rules

PAGE = text_of("docs/prometheus.md")
CONFIG = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
ROW = re.compile(r"^\| `(Vigie\w+)` \| (\w+) \| (\w+) \| ([\w ]+) \| (.*) \|$", re.MULTILINE)


def test_the_table_of_alerts_is_that_of_the_rule_files() -> None:
    """Every alert once, in the order of the files: severity, origin, time, summary."""
    listed = {
        name: (severity, origin, after) for name, severity, origin, after, _ in ROW.findall(PAGE)
    }
    found = {
        name: (rule["labels"]["severity"], rule["labels"]["origin"], rule.get("for", "at once"))
        for name, rule in alerts().items()
    }
    assert listed == found
    for name, *_, about in ROW.findall(PAGE):
        words = re.sub(r"\{\{.*?\}\}", "", alerts()[name]["annotations"]["summary"])
        assert set(re.findall(r"\w{4,}", about)) - set(re.findall(r"\w{4,}", words)) <= {
            "queue", "partition",
        }, name  # fmt: skip


def test_every_recorded_name_is_on_the_page() -> None:
    """And no other."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert set(re.findall(r"`([a-z_]+:vigie_[a-z_]+:[a-z]+)`", PAGE)) == recorded


@pytest.mark.parametrize("job", ["vigie", "vigie-kpi"])
def test_the_limits_on_the_page_are_those_of_the_jobs(job: str) -> None:
    """Numbers as they stand in the file."""
    (config,) = [one for one in CONFIG["scrape_configs"] if one["job_name"] == job]
    assert f"| `sample_limit` of `{job}` | {config['sample_limit']:,} |" in PAGE
    assert (
        f"| `body_size_limit` of `{job}` | {config['body_size_limit'].replace('MB', ' MB')} |"
        in PAGE
    )
    for name in (
        "label_limit",
        "label_value_length_limit",
        "label_name_length_limit",
        "target_limit",
    ):
        assert f"| `{name}` | {config[name]} |" in PAGE


def test_the_burn_rates_on_the_page_are_those_of_the_rules() -> None:
    """The limit of each row stands in its expression, and what is possible follows."""
    for name, limit in re.findall(
        r"^\| `(VigieServiceLevelBurn\w+)` \| \w+ \| [^|]+ \| (\d) \|", PAGE, re.MULTILINE
    ):
        assert f") > {limit}\n" in alerts()[name]["expr"]
    possible = re.findall(r"^\| (\d+) % \| ([\d.]+) \|$", PAGE, re.MULTILINE)
    assert len(possible) == 5
    for target, burn in possible:
        assert float(burn) == pytest.approx(1 / (1 - int(target) / 100), abs=0.01)


def test_the_secrets_on_the_page_are_those_of_the_files() -> None:
    """Both of Alertmanager."""
    named = set(re.findall(r"/run/secrets/\w+", (ALERTMANAGER / "alertmanager.yml").read_text()))
    assert set(re.findall(r"`(/run/secrets/\w+)`", PAGE)) == named


def test_the_command_on_the_page_is_the_one_whose_output_is_shipped() -> None:
    """See test_the_exported_rules_are_current."""
    command = "vigie alerts export prometheus --boards http://127.0.0.1:3000 --pages . -o"
    assert f"{command} deploy/prometheus/rules\n" in PAGE
    assert (ROOT / "deploy" / "prometheus" / "rules" / "vigie-alerts.rules.yml").exists()
