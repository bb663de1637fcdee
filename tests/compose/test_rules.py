"""The table of rules for containers holds, and each rule of it can fail."""

from __future__ import annotations

import copy

import pytest

from tests.compose.rules import EXCEPTIONS, RULES, Rule, problems
from tests.compose.stack_files import services, stack


def test_every_service_keeps_to_every_rule() -> None:
    """Exceptions are named with their reason."""
    assert problems(stack()) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_bites(rule: Rule) -> None:
    """Spoiled in this one point, every service that keeps to the rule breaks it."""
    for name, service in services().items():
        if (rule.name, name) in EXCEPTIONS:
            continue
        broken = copy.deepcopy(stack())
        rule.breaks(broken["services"][name])
        found = rule.look(broken["services"][name], broken)
        assert found is not None, name
        assert rule.look(service, stack()) is None


def test_no_exception_is_left_over() -> None:
    """Each is needed: without it the service would break the rule."""
    by_name = {rule.name: rule for rule in RULES}
    for (rule, service), reason in EXCEPTIONS.items():
        assert by_name[rule].look(services()[service], stack()) is not None, (rule, service)
        assert len(reason) > 20


def test_only_what_people_open_is_published() -> None:
    """Wallboard, Prometheus and Grafana; never Kafka, Redis, Alertmanager or a worker."""
    published = {name for name, service in services().items() if service.get("ports")}
    assert published == {"door", "prometheus", "grafana"}


def test_the_inner_networks_lead_nowhere() -> None:
    """Only those that publish or reach people have a way out."""
    networks = stack()["networks"]
    ways_out = {name for name, about in networks.items() if not (about or {}).get("internal")}
    assert ways_out == {"front", "out"}
    on_the_way_out = {n for n, s in services().items() if "out" in s["networks"]}
    assert on_the_way_out == {"worker", "alertmanager"}


def test_who_holds_which_secret() -> None:
    """Nobody has one that it does not use."""
    held = {name: set(service.get("secrets", ())) for name, service in services().items()}
    tokens = {"scraper_token", "viewer_token", "admin_token"}
    ours = {"redis_password", *tokens, "customer_key", "alert_link_secret"}
    assert held == {
        "kafka": set(),
        "redis": {"redis_password"},
        "topics": ours,  # the same program with the same settings
        "worker": ours,
        "simulator": ours,
        "door": set(),
        "prometheus": {"scraper_token"},
        "alertmanager": {"alert_webhook_url", "alert_watchdog_url"},
        "grafana": {"grafana_admin_password"},
    }


def test_what_must_be_there_first_is_waited_for() -> None:
    """Kafka before its topics, topics and Redis before a worker, a worker before the door."""
    waits = {
        name: {other: about["condition"] for other, about in service["depends_on"].items()}
        for name, service in services().items()
        if "depends_on" in service
    }
    assert waits == {
        "topics": {"kafka": "service_healthy"},
        "worker": {"topics": "service_completed_successfully", "redis": "service_healthy"},
        "door": {"worker": "service_healthy"},
        "grafana": {"prometheus": "service_healthy", "alertmanager": "service_healthy"},
        "simulator": {"topics": "service_completed_successfully"},
    }
