"""Panels of the alerts of Prometheus that more than one board has."""

from __future__ import annotations

from exporters.grafana.alert_series import BY, OURS, SCOPE, firing
from exporters.grafana.layout import Panel
from exporters.grafana.panels import BAD, WARN, state_timeline, target, values
from exporters.grafana.words import Words


def alert_timeline(words: Words) -> Panel:
    """Return when which alert was pending or fired."""
    pending = f'max {BY} (ALERTS{{{OURS},alertstate="pending",{SCOPE}}})'
    states = f"2 * {firing()} or {pending}"
    return state_timeline(
        words("Alerts over time", "Alertes dans le temps"),
        words(
            "Alerts of Prometheus: when each was pending and when it fired. Empty: there was none."
            " `ALERTS`",
            "Alertes de Prometheus : quand chacune se préparait et quand elle était en cours."
            " Vide : il n'y en a pas eu. `ALERTS`",
        ),
        [target("A", states, "{{alertname}} {{queue}}")],
        [values({
            "1": (words("● pending", "● en préparation"), WARN),
            "2": (words("▲ firing", "▲ en cours"), BAD),
        })],
    )  # fmt: skip
