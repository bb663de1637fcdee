"""The table of queues, the one most in trouble first."""

from __future__ import annotations

from exporters.grafana.layout import Panel
from exporters.grafana.panels import (
    BAD,
    DECIMALS,
    GOOD,
    PLAIN,
    WARN,
    between,
    of_field,
    steps,
)
from exporters.grafana.queries import ON_PAIR, PAIR, VARIANT, kpi, largest
from exporters.grafana.queue_table import queue_table
from exporters.grafana.words import Words

TARGET = largest(f"vigie_service_level_target_ratio{{{PAIR}}}")
THRESHOLD = largest(f"vigie_service_level_threshold_seconds{{{PAIR}}}")
WAITING = kpi("contacts_waiting")
NONE = f"0 * {WAITING}"
"""0 for every queue: what has no value is no trouble."""

RISK = (
    f"({kpi('longest_wait_seconds')} / {THRESHOLD} or {ON_PAIR} {NONE})"
    f" + {ON_PAIR} ({kpi('service_level_shortfall')} or {ON_PAIR} {NONE})"
)


def risk_table(words: Words, *, large: bool = False) -> Panel:
    """Return the table of the chosen queues."""
    risk = words("Risk", "Risque")
    against = words("Against target", "Écart à l'objectif")
    # name of the column, expression, unit
    columns = (
        (risk, RISK, "none"),
        (words("Waiting", "En attente"), WAITING, "short"),
        (words("Too long", "Trop long"), kpi("contacts_over_threshold"), "short"),
        (words("Longest wait", "Plus longue attente"), kpi("longest_wait_seconds"), "dthms"),
        (words("Threshold", "Seuil"), THRESHOLD, "dthms"),
        (words("Service level", "Niveau de service"), kpi("service_level", VARIANT), "percentunit"),
        (against, f"{kpi('service_level', VARIANT)} - {TARGET}", "percentunit"),
        (
            words("Abandonment", "Abandons"),
            kpi("abandonment_rate", 'variant="of_offered"'), "percentunit",
        ),
        (words("Agents ready", "Agents prêts"), kpi("agents_available"), "short"),
    )  # fmt: skip
    overrides = [
        of_field(name, ("unit", unit), ("decimals", DECIMALS["count"]))
        for name, _, unit in columns
        if name != risk
    ]
    overrides += [
        of_field(risk, *_judged(words)),
        of_field(against, *_coloured_at_zero()),
    ]
    return queue_table(
        words, words("Queues by risk", "Files par risque"),
        words(
            "Risk = longest wait / threshold + points of service level under the target. From 1 on"
            " somebody waits too long. A click on a queue leads to its contacts.",
            "Risque = plus longue attente / seuil + points de niveau de service sous l'objectif."
            " Dès 1, quelqu'un attend trop. Un clic sur une file mène à ses contacts.",
        ),
        {name: expr for name, expr, _ in columns}, "none",
        sort_by=risk, overrides=overrides, large=large,
    )  # fmt: skip


def _judged(words: Words) -> list[tuple[str, object]]:
    """Return the risk as a word with a colour; sorting stays by the number behind it."""
    return [
        ("mappings", [
            between(None, 0.5, words("✔ calm", "✔ calme"), GOOD),
            between(0.5, 1, words("● soon", "● bientôt"), WARN),
            between(1, None, words("▲ act", "▲ agir"), BAD),
        ]),
        ("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
    ]  # fmt: skip


def _coloured_at_zero() -> list[tuple[str, object]]:
    return [
        ("color", {"mode": "thresholds"}),
        ("thresholds", steps((None, BAD), (0, PLAIN))),
        ("custom.cellOptions", {"type": "color-text"}),
    ]
