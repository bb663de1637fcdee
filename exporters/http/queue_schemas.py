"""What the answers about one queue look like, for the description of the API."""

from __future__ import annotations

from exporters.contacts import MAX_CONTACTS_LISTED
from exporters.http.operations import parameter
from exporters.http.schemas import (
    COUNT,
    COUNT_OR_NULL,
    FLAG,
    FRESHNESS,
    NUMBER_OR_NULL,
    PRIORITY,
    RATIO,
    TEXT,
    TEXT_OR_NULL,
    TIME_MS,
    Schema,
    by_name,
    exact,
    listed,
    ref,
)

POLICY: dict[str, Schema] = {
    "threshold_ms": COUNT,
    "target": RATIO,
    "short_limit_ms": COUNT,
    "headline_variant": TEXT,
}
"""What a queue is held against."""

_SETTINGS: Schema = exact({
    **POLICY,
    "at_risk_within_ms": COUNT_OR_NULL,
    "min_sample": COUNT,
    "zone": {**TEXT, "description": "IANA name"},
    "reset_minute": {**COUNT, "description": "where the day begins, minutes after midnight"},
    "team": TEXT_OR_NULL,
    "shifts": {
        "description": "seven days, Monday first: from and to in minutes after midnight of the "
        "zone; null: always open",
        "anyOf": [{"type": "null"}, listed(listed(listed(COUNT)), minItems=7, maxItems=7)],
    },
    "is_open": FLAG,
})  # fmt: skip
_CONTACT: Schema = exact({
    "id": {**TEXT, "description": "a short name that this process made up, no id of yours"},
    "state": {
        "enum": ["waiting", "ringing", "in_progress", "on_hold", "in_wrap_up", "open"],
    },
    "is_waiting": {**FLAG, "description": "for an agent, or of a ticket for the first reply"},
    "since_ms": TIME_MS,
    "wait_ms": COUNT_OR_NULL,
    "left_ms": {
        "type": ["integer", "null"],
        "description": "until the wait passes the threshold, negative beyond it; null for those "
        "who do not wait",
    },
    "motive": TEXT_OR_NULL,
    "priority": PRIORITY,
})  # fmt: skip

QUEUE_SCHEMA: Schema = exact({
    **FRESHNESS,
    "queue": TEXT,
    "channel": TEXT,
    "channels": {**listed(TEXT), "description": "all that the queue is on"},
    "settings": _SETTINGS,
    "live": ref("Kpis"),
    "windows": {**by_name(ref("Kpis")), "description": "window to figures"},
    "limit": COUNT,
    "is_cut": {**FLAG, "description": "there are more contacts than are listed"},
    "contacts": {
        **listed(_CONTACT, maxItems=MAX_CONTACTS_LISTED),
        "description": "those who wait, the nearest to the threshold first, then the others",
    },
})  # fmt: skip

DAY_SCHEMA: Schema = exact({
    **FRESHNESS,
    "queue": TEXT,
    "channel": TEXT,
    "zone": TEXT,
    "target": RATIO,
    "half_hours": listed(
        exact({
            "start_ms": TIME_MS,
            "end_ms": TIME_MS,
            "offered": COUNT,
            "answered": COUNT,
            "abandoned": COUNT,
            "service_level": {**NUMBER_OR_NULL, "description": "the headline variant"},
            "asa_seconds": NUMBER_OR_NULL,
            "aht_seconds": NUMBER_OR_NULL,
        }),
    ),
})  # fmt: skip

QUEUE_PARAMETERS: tuple[Schema, ...] = (
    parameter("queue", "path", "name of the queue"),
    parameter("channel", "query", "one of its channels, the first one unless told"),
)
