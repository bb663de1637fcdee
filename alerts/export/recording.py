"""Recording rules: what several queues come to, from counts and never from means of means."""

from __future__ import annotations

from typing import Any

from alerts.export.rules_yaml import RecordingRule

RECORDING_RULES: tuple[RecordingRule, ...] = (
    RecordingRule(
        "channel_window:vigie_window_contacts:sum",
        "sum by (channel, window, outcome) (vigie_window_contacts)",
    ),
    RecordingRule(
        "channel_window:vigie_service_level:ratio",
        'sum by (channel, window) (vigie_window_contacts{outcome="answered_in_target"})\n'
        '  / (sum by (channel, window) (vigie_window_contacts{outcome="offered"}) > 0)',
    ),
    RecordingRule(
        "channel_window:vigie_abandonment:ratio",
        'sum by (channel, window) (vigie_window_contacts{outcome="abandoned"})\n'
        '  / (sum by (channel, window) (vigie_window_contacts{outcome="offered"}) > 0)',
    ),
    RecordingRule(
        "channel_window:vigie_wait_seconds:mean",
        'sum by (channel, window) (vigie_window_wait_time_seconds{outcome="answered"})\n'
        '  / (sum by (channel, window) (vigie_window_contacts{outcome="answered"}) > 0)',
    ),
    RecordingRule(
        "channel:vigie_contacts_waiting:sum", "sum by (channel) (vigie_contacts_waiting)"
    ),
    RecordingRule(
        "channel:vigie_longest_wait_seconds:max", "max by (channel) (vigie_longest_wait_seconds)"
    ),
)


def recording_tests(rule_file: str) -> dict[str, Any]:
    """Return the unit tests of these rules: two queues of one channel, one of them unused."""
    at = 'channel="voice",window="1h"'
    counts = {
        "a": {"offered": 30, "answered": 28, "answered_in_target": 25, "abandoned": 2},
        "b": {"offered": 10, "answered": 4, "answered_in_target": 3, "abandoned": 6},
        "c": {"offered": 0, "answered": 0, "answered_in_target": 0, "abandoned": 0},
    }
    series = [
        (f'vigie_window_contacts{{queue="{queue}",{at},outcome="{outcome}"}}', count)
        for queue, outcomes in counts.items()
        for outcome, count in outcomes.items()
    ]
    series += [
        (f'vigie_window_wait_time_seconds{{queue="a",{at},outcome="answered"}}', 560),
        (f'vigie_window_wait_time_seconds{{queue="b",{at},outcome="answered"}}', 400),
        ('vigie_contacts_waiting{queue="a",channel="voice"}', 3),
        ('vigie_contacts_waiting{queue="b",channel="voice"}', 4),
        ('vigie_longest_wait_seconds{queue="a",channel="voice"}', 20),
        ('vigie_longest_wait_seconds{queue="b",channel="voice"}', 75),
        ('vigie_window_contacts{queue="d",channel="chat",window="1h",outcome="offered"}', 0),
    ]
    voice = 'channel="voice"'
    expected = {
        "channel_window:vigie_service_level:ratio": (at, 0.7),
        "channel_window:vigie_abandonment:ratio": (at, 0.2),
        "channel_window:vigie_wait_seconds:mean": (at, 30),
        "channel:vigie_contacts_waiting:sum": (voice, 7),
        "channel:vigie_longest_wait_seconds:max": (voice, 75),
    }
    offered = 'channel_window:vigie_window_contacts:sum{channel="voice",outcome="offered"}'
    wanted = [(name, f"{name}{{{labels}}}", value) for name, (labels, value) in expected.items()]
    wanted.append(
        (offered, f'channel_window:vigie_window_contacts:sum{{{at},outcome="offered"}}', 40)
    )
    return {
        "rule_files": [rule_file],
        "evaluation_interval": "5s",
        "tests": [
            {
                "name": "sums, and ratios of sums; no ratio where there was nothing",
                "interval": "5s",
                "input_series": [
                    {"series": name, "values": f"{value}x12"} for name, value in series
                ],
                "promql_expr_test": [
                    {
                        "expr": expr,
                        "eval_time": "30s",
                        "exp_samples": [{"labels": labels, "value": value}],
                    }
                    for expr, labels, value in wanted
                ],
            }
        ],
    }
