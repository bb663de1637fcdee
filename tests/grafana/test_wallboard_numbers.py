"""The judgements of the boards on literal figures, computed by promtool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from exporters.grafana.risk import RISK
from tests.bench.prometheus import promtool
from tests.grafana.board_parts import boards, panels
from tests.grafana.interpolation import ALL, interpolated

SALES = 'queue="sales",channel="voice"'
TECH = 'queue="tech",channel="voice"'
MAIL = 'queue="mail",channel="email"'
LEVEL = 'window="30m",variant="abandons_negative"'
CHOSEN = {"queue": ALL, "channel": ALL, "window": "30m", "variant": "abandons_negative"}

# Tech is further below its own target than sales, whose level is lower; tech's caller waits
# longest by the threshold of the queue, the mail longest by the clock.
FIGURES = {
    f"vigie_service_level_ratio{{{SALES},{LEVEL}}}": 0.60,
    f"vigie_service_level_ratio{{{TECH},{LEVEL}}}": 0.75,
    f"vigie_service_level_target_ratio{{{SALES}}}": 0.50,
    f"vigie_service_level_target_ratio{{{TECH}}}": 0.875,
    f"vigie_service_level_target_ratio{{{MAIL}}}": 0.80,
    f"vigie_service_level_threshold_seconds{{{SALES}}}": 20,
    f"vigie_service_level_threshold_seconds{{{TECH}}}": 100,
    f"vigie_service_level_threshold_seconds{{{MAIL}}}": 86400,
    f"vigie_service_level_shortfall_ratio{{{TECH},window=\"30m\"}}": 0.125,
    f"vigie_longest_wait_seconds{{{TECH}}}": 150,
    f"vigie_longest_wait_seconds{{{MAIL}}}": 3600,
    f"vigie_longest_wait_breach_seconds{{{TECH}}}": 0,
    f"vigie_longest_wait_breach_seconds{{{MAIL}}}": 82800,
    f"vigie_contacts_waiting{{{SALES}}}": 0,
    f"vigie_contacts_waiting{{{TECH}}}": 3,
    f"vigie_contacts_waiting{{{MAIL}}}": 2,
    f"vigie_contacts_over_threshold{{{TECH}}}": 1,
    f'vigie_agents{{{SALES},state="available"}}': 0,
    f'vigie_agents{{{TECH},state="available"}}': 2,
    f'vigie_agents{{{MAIL},state="available"}}': 1,
    f'vigie_window_contacts{{{SALES},window="30m",outcome="offered"}}': 10,
    f'vigie_window_contacts{{{TECH},window="30m",outcome="offered"}}': 30,
    f'vigie_window_contacts{{{SALES},window="30m",outcome="abandoned"}}': 1,
    f'vigie_window_contacts{{{TECH},window="30m",outcome="abandoned"}}': 1,
}  # fmt: skip


def computed(folder: Path, series: dict[str, Any], expr: str, expected: dict[str, float]) -> str:
    """What promtool has against an expected result; nothing if it is right."""
    samples = [{"labels": f"{{{labels}}}" if labels else "{}", "value": value}
               for labels, value in expected.items()]  # fmt: skip
    test = {
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1h",
            "input_series": [{"series": name, "values": str(v)} for name, v in series.items()],
            "promql_expr_test": [{
                "expr": interpolated(expr, CHOSEN), "eval_time": "0s", "exp_samples": samples,
            }],
        }],
    }  # fmt: skip
    path = folder / "test.yml"
    path.write_text(yaml.safe_dump(test))
    done = promtool("test", "rules", path)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def number(title: str, board: str = "wallboard") -> dict[str, str]:
    """The queries of a panel; of a large number of the wallboard the good and the bad one."""
    (panel,) = (p for p in panels(boards()[f"en/{board}.json"]) if p["title"] == title)
    return {target["refId"]: target["expr"] for target in panel["targets"]}


@pytest.mark.parametrize(
    ("title", "good", "bad"),
    [
        ("Service level, lowest queue", {}, {TECH: 0.75}),
        ("Waiting", {}, {"": 5}),
        ("Longest wait", {}, {TECH: 150}),
        ("Agents ready where people wait", {MAIL: 1}, {}),
        ("Abandonment", {"": 0.05}, {}),
        ("Next wait too long in", {}, {"": 0}),
    ],
)
def test_a_number_is_good_or_bad_and_never_both(
    tmp_path: Path, title: str, good: dict[str, float], bad: dict[str, float]
) -> None:
    """The queue in most trouble, each held against its own setting."""
    queries = number(title)
    assert computed(tmp_path, FIGURES, queries["A"], good) == ""
    assert computed(tmp_path, FIGURES, queries["B"], bad) == ""


@pytest.mark.parametrize(
    ("title", "changed", "good"),
    [
        (
            "Service level, lowest queue",
            {f"vigie_service_level_ratio{{{TECH},{LEVEL}}}": 0.875},
            {TECH: 0.875},
        ),
        ("Waiting", {f"vigie_contacts_over_threshold{{{TECH}}}": 0}, {"": 5}),
        ("Longest wait", {f"vigie_longest_wait_seconds{{{TECH}}}": 100}, {TECH: 100}),
        (
            "Next wait too long in",
            {f"vigie_longest_wait_breach_seconds{{{TECH}}}": 30},
            {"": 30},
        ),
    ],
)
def test_what_is_just_on_its_target_is_good(
    tmp_path: Path, title: str, changed: dict[str, float], good: dict[str, float]
) -> None:
    """A wait equal to the threshold is inside, a level equal to the target keeps it."""
    queries = number(title)
    assert computed(tmp_path, FIGURES | changed, queries["A"], good) == ""
    assert computed(tmp_path, FIGURES | changed, queries["B"], {}) == ""


def test_nobody_ready_where_somebody_waits_is_bad(tmp_path: Path) -> None:
    """Nobody ready in sales is no trouble: nobody waits there."""
    changed = {f'vigie_agents{{{MAIL},state="available"}}': 0}
    queries = number("Agents ready where people wait")
    assert computed(tmp_path, FIGURES | changed, queries["A"], {}) == ""
    assert computed(tmp_path, FIGURES | changed, queries["B"], {MAIL: 0}) == ""


def test_risk_is_the_wait_by_its_threshold_and_the_points_under_the_target(tmp_path: Path) -> None:
    """150 / 100 + 0.125 in tech; an hour of a day in mail; nothing in sales."""
    risk = {SALES: 0, TECH: 1.625, MAIL: 3600 / 86400}
    assert computed(tmp_path, FIGURES, RISK, risk) == ""


def test_the_handle_time_of_all_queues_weighs_what_each_handled(tmp_path: Path) -> None:
    """(100 s x 1 + 200 s x 3) / 4, not 150 s."""
    today = 'window="today"'
    series = {
        f"vigie_aht_seconds{{{SALES},{today}}}": 100,
        f"vigie_aht_seconds{{{TECH},{today}}}": 200,
        f"vigie_contacts_handled{{{SALES},{today}}}": 1,
        f"vigie_contacts_handled{{{TECH},{today}}}": 3,
        f"vigie_contacts_handled{{{MAIL},{today}}}": 0,
    }
    queries = number("Handle time today", "supervisor")
    assert computed(tmp_path, series, queries["A"], {"": 175}) == ""
