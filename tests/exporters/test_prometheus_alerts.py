"""The series of the alerts: literal statistics give literal text."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from msgspec.structs import replace

from exporters.prometheus.alert_metrics import ALERT_METRICS, AlertStats, alert_families
from exporters.prometheus.exposition import exposition
from exporters.prometheus.pipeline import BuildInfo, PipelineCollector, PipelineStats

FOLLOWING = AlertStats(
    is_leading=False,
    rules=7,
    alerts={},
    mtta_ms={},
    mttr_ms={},
    evaluation_s=0.0,
    evaluated_ms=None,
    journal_failures=0,
    sent={},
    failed={},
    queued={},
    is_reload_good=True,
    reloaded_ms=1_500,
)
LEADING = replace(
    FOLLOWING,
    is_leading=True,
    alerts={("critical", "firing"): 2, ("warning", "acknowledged"): 1},
    mtta_ms={"1h": 90_500, "24h": None, "7d": 0},
    mttr_ms={"1h": None, "24h": 600_000},
    evaluation_s=0.0125,
    evaluated_ms=2_500,
    journal_failures=3,
    sent={"desk": 5, "boss": 0},
    failed={("desk", "timeout"): 4},
    queued={"desk": 1, "boss": 0},
    is_reload_good=False,
)


def page(stats: AlertStats) -> bytes:
    """The whole page of a worker with these alerts."""
    build = BuildInfo(version="0.1.0", python="3.11.2", faust="0.15.3")
    pipeline = PipelineStats(partitions=[], build=build, alerts=stats)
    return exposition(PipelineCollector(lambda: pipeline))("")[1]


def samples(stats: AlertStats) -> list[str]:
    """The lines of the alerts, without HELP and TYPE."""
    names = tuple(metric.name for metric in ALERT_METRICS)
    return [line for line in page(stats).decode().splitlines() if line.startswith(names)]


def test_the_leader_tells_everything_it_knows() -> None:
    """Alerts by severity and state from 0 on; times in seconds; no mean where nothing happened."""
    assert samples(LEADING) == [
        'vigie_alerts{severity="warning",state="pending"} 0.0',
        'vigie_alerts{severity="warning",state="firing"} 0.0',
        'vigie_alerts{severity="warning",state="acknowledged"} 1.0',
        'vigie_alerts{severity="critical",state="pending"} 0.0',
        'vigie_alerts{severity="critical",state="firing"} 2.0',
        'vigie_alerts{severity="critical",state="acknowledged"} 0.0',
        'vigie_alert_acknowledge_mean_seconds{window="1h"} 90.5',
        'vigie_alert_acknowledge_mean_seconds{window="7d"} 0.0',
        'vigie_alert_resolve_mean_seconds{window="24h"} 600.0',
        "vigie_alert_evaluation_seconds 0.0125",
        "vigie_alert_evaluation_timestamp_seconds 2.5",
        "vigie_alert_rules 7.0",
        "vigie_alert_journal_failures_total 3.0",
        'vigie_alert_notifications_total{target="desk"} 5.0',
        'vigie_alert_notifications_total{target="boss"} 0.0',
        'vigie_alert_notifications_failed_total{reason="timeout",target="desk"} 4.0',
        'vigie_alert_queue_length{target="desk"} 1.0',
        'vigie_alert_queue_length{target="boss"} 0.0',
        "vigie_config_last_reload_successful 0.0",
        "vigie_config_last_reload_timestamp_seconds 1.5",
    ]


def test_who_follows_says_nothing_of_the_alerts_themselves() -> None:
    """Else a sum over workers would count each of them several times."""
    assert samples(FOLLOWING) == [
        "vigie_alert_rules 7.0",
        "vigie_alert_journal_failures_total 0.0",
        "vigie_config_last_reload_successful 1.0",
        "vigie_config_last_reload_timestamp_seconds 1.5",
    ]
    assert all(family.samples for family in alert_families(FOLLOWING))
    led_before = replace(LEADING, is_leading=False)
    names = {line.partition("{")[0].partition(" ")[0] for line in samples(led_before)}
    assert "vigie_alert_notifications_total" in names
    assert not names & {
        "vigie_alerts", "vigie_alert_evaluation_seconds",
        "vigie_alert_evaluation_timestamp_seconds", "vigie_alert_acknowledge_mean_seconds",
        "vigie_alert_resolve_mean_seconds",
    }  # fmt: skip


def test_a_leader_that_has_not_looked_yet_says_no_time() -> None:
    """0 would be fifty years ago."""
    new = replace(LEADING, evaluated_ms=None)
    assert not [line for line in samples(new) if "evaluation" in line]
    assert 'vigie_alerts{severity="critical",state="firing"} 2.0' in samples(new)


def test_every_metric_of_the_catalogue_is_shown_and_no_other() -> None:
    """With the type, the labels and the text that the catalogue has."""
    found: dict[str, Any] = {family.name: family for family in alert_families(LEADING)}
    assert found.keys() == {metric.name.removesuffix("_total") for metric in ALERT_METRICS}
    for metric in ALERT_METRICS:
        family = found[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.type, metric.help)
        assert {tuple(one.labels) for one in family.samples} == {metric.labels}


@pytest.mark.parametrize("stats", [FOLLOWING, LEADING])
def test_promtool_finds_nothing_to_say(stats: AlertStats) -> None:
    """Names, HELP and types pass the linter of Prometheus (a missing promtool is a failure)."""
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=page(stats), capture_output=True
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
