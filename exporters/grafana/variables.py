"""The variables of the boards, as Grafana keeps them."""

from __future__ import annotations

from typing import Any

from aggregators.policy import QueuePolicy
from exporters.grafana.words import Words

DATASOURCE_UID = "vigie-prometheus"
DEFAULT_VIGIE_URL = "http://127.0.0.1:8080"
DEFAULT_WINDOW = "30m"
DEFAULT_LONG_WINDOW = "today"
DEFAULT_VARIANT = QueuePolicy().headline_variant

DATASOURCE: dict[str, str] = {"type": "prometheus", "uid": "${datasource}"}

_LONG_METRICS = "vigie_(first_contacts|contacts_resolved|surveys_sent|quality_evaluations)"
"""Groups that have series in long windows only: their windows are the long ones."""


def datasource(words: Words) -> dict[str, Any]:
    """Return the choice of the data source."""
    return {
        "type": "datasource", "name": "datasource",
        "label": words("Data source", "Source de données"),
        "query": "prometheus", "regex": "", "refresh": 1, "hide": 0,
        "multi": False, "includeAll": False, "options": [],
        "current": {"selected": False, "text": DATASOURCE_UID, "value": DATASOURCE_UID},
    }  # fmt: skip


def channel(words: Words) -> dict[str, Any]:
    """Return the choice of channels."""
    query = "label_values(vigie_service_level_target_ratio, channel)"
    return _query("channel", words("Channel", "Canal"), query, multi=True)


def queue(words: Words) -> dict[str, Any]:
    """Return the choice of queues, those of the chosen channels."""
    query = 'label_values(vigie_service_level_target_ratio{channel=~"$channel"}, queue)'
    return _query("queue", words("Queue", "File"), query, multi=True)


def window(words: Words) -> dict[str, Any]:
    """Return the choice of the window."""
    query = "label_values(vigie_window_contacts, window)"
    return _query("window", words("Window", "Fenêtre"), query, DEFAULT_WINDOW)


def long_window(words: Words) -> dict[str, Any]:
    """Return the choice among windows of an hour and more."""
    query = f'label_values({{__name__=~"{_LONG_METRICS}"}}, window)'
    return _query("window", words("Window", "Fenêtre"), query, DEFAULT_LONG_WINDOW)


def variant(words: Words) -> dict[str, Any]:
    """Return the choice of the formula of the service level."""
    query = "label_values(vigie_service_level_ratio, variant)"
    label = words("Service level variant", "Variante du niveau de service")
    return _query("variant", label, query, DEFAULT_VARIANT)


def job(words: Words) -> dict[str, Any]:
    """Return the choice of the scrape job of the pipeline series."""
    return _query("job", words("Job", "Job"), "label_values(vigie_build_info, job)", multi=True)


def instance(words: Words) -> dict[str, Any]:
    """Return the choice of workers."""
    query = 'label_values(vigie_build_info{job=~"$job"}, instance)'
    return _query("instance", words("Worker", "Worker"), query, multi=True)


def vigie_address(words: Words, url: str, *, hidden: bool = False) -> dict[str, Any]:
    """Return the address of vigie, for links to the contacts behind a number."""
    return {
        "type": "textbox", "name": "vigie_url",
        "label": words("Address of vigie", "Adresse de vigie"),
        "description": words(
            "Where links to contacts and to vigie's own wallboard lead.",
            "Où mènent les liens vers les contacts et l'écran de vigie.",
        ),
        "query": url, "hide": 2 if hidden else 0,
        "current": {"selected": False, "text": url, "value": url},
        "options": [{"selected": True, "text": url, "value": url}],
    }  # fmt: skip


def _query(
    name: str, label: str, query: str, current: str = "", *, multi: bool = False
) -> dict[str, Any]:
    chosen: dict[str, Any] = {"selected": True, "text": current, "value": current}
    if multi:
        chosen = {"selected": True, "text": ["All"], "value": ["$__all"]}
    return {
        "type": "query", "name": name, "label": label, "datasource": DATASOURCE,
        "definition": query, "query": {"query": query, "refId": f"Variable-{name}"},
        "refresh": 2, "regex": "", "sort": 1 if multi else 0, "hide": 0,
        "multi": multi, "includeAll": multi, **({"allValue": ".+"} if multi else {}),
        "options": [], "current": chosen,
    }  # fmt: skip
