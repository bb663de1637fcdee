"""The series of alerts in Prometheus: those of vigie, in the chosen queues."""

from __future__ import annotations

from exporters.grafana.queries import select

WATCHDOG = "VigieWatchdog"
"""An alert that always fires, to show that alerts arrive: no trouble."""

OURS = f'alertname=~"Vigie.*",alertname!="{WATCHDOG}"'
SCOPE = 'queue=~"$queue|",channel=~"$channel|"'
"""The chosen queues, and the alerts of vigie itself: they have no queue."""

FIRING = 'alertstate="firing"'
BY = "by (alertname, severity, queue, channel)"


def firing(scope: str = SCOPE) -> str:
    """Return the alerts that fire, one series for each."""
    return f"max {BY} ({select('ALERTS', OURS, FIRING, scope)})"
