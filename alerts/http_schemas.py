"""The OpenAPI 3.1 description of the addresses of the alerts, built by hand."""

from __future__ import annotations

from aggregators.policy import MINUTE_MS
from alerts.alert_list import ASKED_STATES, SHOWN_STATES
from alerts.http import MAX_LISTED, WINDOWS
from alerts.http_requests import MAX_BY, MAX_PATTERN, MAX_SNOOZE_MS, MAX_WHY
from exporters.http.openapi import Described
from exporters.http.operations import content, operation, parameter
from exporters.http.schemas import (
    COUNT,
    COUNT_OR_NULL,
    FLAG,
    NUMBER_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    TIME_MS,
    TIME_MS_OR_NULL,
    Schema,
    by_name,
    exact,
    listed,
    ref,
)

_SEVERITY: Schema = {"enum": ["warning", "critical"]}
_STATE: Schema = {"enum": list(SHOWN_STATES)}
_TEXTS: Schema = listed(TEXT)
_HEADER: dict[str, Schema] = {
    "as_of_ms": TIME_MS,
    "leading": {**FLAG, "description": "this worker makes the alerts"},
}
_BY_SEVERITY = exact({"critical": COUNT, "warning": COUNT})

_ALERT: dict[str, Schema] = {
    "id": TEXT,
    "rule": TEXT,
    "english": TEXT,
    "french": TEXT,
    "severity": _SEVERITY,
    "state": {
        **_STATE,
        "description": "escalated: nobody took it, and a later step of its ladder was told",
    },
    "kind": {**TEXT, "description": "what the row is: pair, channel, team, total, pipeline, …"},
    "labels": {
        **by_name(TEXT),
        "description": "the row: queue and channel, or team, motive, …; none for the total",
    },
    "measure": {
        "description": "null when the rule is gone",
        "anyOf": [
            {"type": "null"},
            exact({
                "kpi": TEXT, "labels": _TEXTS, "window": TEXT, "unit": TEXT,
                "english": TEXT, "french": TEXT,
            }),
        ],
    },
    "operator": {"enum": [">", ">=", "<", "<=", None]},
    "value": {**NUMBER_OR_NULL, "description": "the newest seen, in the unit of the measure"},
    "threshold": NUMBER_OR_NULL,
    "worst": NUMBER_OR_NULL,
    "sample": {**COUNT_OR_NULL, "description": "contacts behind the value"},
    "since_ms": {**TIME_MS, "description": "when it fired, or began to be pending"},
    "duration_ms": COUNT,
    "pending_ms": TIME_MS,
    "fired_ms": TIME_MS_OR_NULL,
    "acknowledged_ms": TIME_MS_OR_NULL,
    "acknowledged_by": TEXT,
    "acknowledged_why": TEXT,
    "resolved_ms": TIME_MS_OR_NULL,
    "snoozed": {**FLAG, "description": "nobody is told for a while"},
    "snoozed_until_ms": TIME_MS_OR_NULL,
    "silenced": {**FLAG, "description": "a silence holds for it now"},
    "level": {"type": "integer", "minimum": -1, "description": "the step of the ladder reached"},
    "reopened": COUNT,
    "spans": {
        **listed(
            exact({"state": _STATE, "start_ms": TIME_MS, "end_ms": TIME_MS_OR_NULL})
        ),
        "description": "its states one after the other; the last of an open alert has no end",
    },
    "links": exact({
        "self": TEXT, "contacts": TEXT_OR_NULL, "board": TEXT, "runbook": TEXT_OR_NULL,
    }),
}  # fmt: skip

_TRANSITION = exact({
    "what": TEXT, "at_ms": TIME_MS, "by": TEXT, "why": TEXT, "value": NUMBER_OR_NULL,
    "level": {"type": ["integer", "null"]}, "until_ms": TIME_MS_OR_NULL,
})  # fmt: skip

_SILENCE: dict[str, Schema] = {
    "id": TEXT,
    "start_ms": TIME_MS,
    "end_ms": TIME_MS,
    "by": TEXT,
    "why": TEXT,
    "rule": TEXT,
    "name": {**TEXT, "description": "of the row: queue, team, motive"},
    "channel": TEXT,
    "severity": TEXT,
    "state": {"enum": ["planned", "active", "ended"]},
    "matched": {**COUNT, "description": "open alerts that it means; 0 once it is over"},
}

_RULE = exact({
    "id": TEXT, "english": TEXT, "french": TEXT, "about_english": TEXT, "about_french": TEXT,
    "condition": {**TEXT, "description": "in one line, in the units of the KPIs"},
    "scope": exact({"kind": TEXT, "names": _TEXTS, "without": _TEXTS, "channels": _TEXTS}),
    "severity": _SEVERITY, "for_ms": COUNT, "clear_for_ms": COUNT, "reopen_within_ms": COUNT,
    "always_active": {**FLAG, "description": "not only within some hours"},
    "group": TEXT,
    "ladder": exact({
        "id": TEXT,
        "steps": listed(
            exact({"after_ms": COUNT, "targets": _TEXTS, "people": _TEXTS, "duties": _TEXTS})
        ),
        "repeat_ms": COUNT,
        "remind_ms": COUNT,
    }),
    "runbook": TEXT_OR_NULL, "board": TEXT_OR_NULL,
})  # fmt: skip

_BY: Schema = {
    **TEXT, "minLength": 1, "maxLength": MAX_BY,
    "description": "who asks; who is logged in under a name leaves it out",
}  # fmt: skip
_WHY: Schema = {**TEXT, "maxLength": MAX_WHY}
_FOR: Schema = {"type": "integer", "minimum": MINUTE_MS, "maximum": MAX_SNOOZE_MS}
_PATTERN: Schema = {**TEXT, "maxLength": MAX_PATTERN, "description": "may have * and ?"}

_SCHEMAS: dict[str, Schema] = {
    "Alert": exact(_ALERT),
    "AlertStory": exact({
        **_ALERT,
        "about_english": TEXT,
        "about_french": TEXT,
        "story": {**listed(_TRANSITION), "description": "all that happened, the oldest first"},
    }),
    "Alerts": exact({
        **_HEADER,
        "counts": {
            "description": "of all alerts, whatever is asked for",
            **exact({
                "open": COUNT,
                "states": exact({state: COUNT for state in SHOWN_STATES if state != "resolved"}),
                "severities": {**_BY_SEVERITY, "description": "of the open ones"},
                "unacknowledged": {
                    **_BY_SEVERITY,
                    "description": "of the open ones that nobody took, snoozed or silenced",
                },
            }),
        },
        "found": {**COUNT, "description": "how many there are, of which limit are listed"},
        "alerts": listed(ref("Alert")),
    }),
    "OneAlert": exact({**_HEADER, "alert": ref("AlertStory")}),
    "AlertFigures": exact({
        **_HEADER,
        "window": TEXT,
        "open": COUNT,
        "acknowledged": COUNT,
        "fired": {**COUNT, "description": "in the window"},
        "mtta_ms": {**NUMBER_OR_NULL, "description": "mean time from firing to taken"},
        "acknowledged_n": COUNT,
        "mttr_ms": {**NUMBER_OR_NULL, "description": "mean time from firing to resolved"},
        "resolved_n": COUNT,
    }),
    "AlertRules": exact({**_HEADER, "rules": listed(_RULE)}),
    "Silence": exact(_SILENCE),
    "Silences": exact({**_HEADER, "silences": listed(ref("Silence"))}),
    "OneSilence": exact({**_HEADER, "silence": ref("Silence")}),
    "EndedSilence": exact({**_HEADER, "ended": TEXT}),
    "TakenAlert": exact({"id": TEXT, "state": _STATE, "acknowledged_by": TEXT}),
    "TakeBody": exact({"by": _BY, "why": _WHY}, optional=("by", "why")),
    "SnoozeBody": exact(
        {"by": _BY, "why": _WHY, "for_ms": _FOR, "until_ms": TIME_MS},
        optional=("by", "why", "for_ms", "until_ms"),
    ),
    "SilenceBody": exact(
        {
            "by": _BY, "why": _WHY, "start_ms": TIME_MS, "end_ms": TIME_MS, "for_ms": COUNT,
            "rule": _PATTERN, "queue": _PATTERN, "name": _PATTERN, "channel": _PATTERN,
            "severity": _PATTERN,
        },
        optional=(
            "by", "start_ms", "end_ms", "for_ms", "rule", "queue", "name", "channel", "severity",
        ),
    ),
}  # fmt: skip

_CHANGE_PROBLEMS = {
    "400": "the body is not understood, or nobody is named",
    "403": "another web site asks, under another's name, or without the role for it",
    "409": "it cannot be done: the answer says why",
    "413": "the body is longer than 1 KiB",
    "415": "the body is not JSON",
    "503": "it has not happened yet; try again",
}


_ALERT_ID = parameter("id", "path", "id of the alert")
_LIST_PARAMETERS = (
    parameter(
        "state", "query", "open (the default): firing, escalated or acknowledged",
        {"enum": list(ASKED_STATES)},
    ),
    parameter("severity", "query", "only of this severity", _SEVERITY),
    parameter("rule", "query", "only of this rule"),
    parameter("queue", "query", "only of this queue"),
    parameter("since_ms", "query", "without those that were over before", TIME_MS),
    parameter(
        "limit", "query", "at most so many, 200 by default", {**COUNT, "maximum": MAX_LISTED},
    ),
)  # fmt: skip
_LINK_PARAMETERS = (
    _ALERT_ID,
    parameter("expires", "query", "until when the link works", TIME_MS),
    parameter("signature", "query", "what vigie signed the link with"),
)


def _change(summary: str, body: str) -> Schema:
    return {
        "post": operation(
            summary,
            ref("OneAlert"),
            parameters=(_ALERT_ID,),
            body=body,
            problems={**_CHANGE_PROBLEMS, "404": "no such alert"},
        )
    }


def _ack_page() -> Schema:
    page = operation(
        "The page of a signed link to take an alert; looking at it changes nothing",
        TEXT,
        parameters=_LINK_PARAMETERS,
        is_open=True,
    )
    for code, text in (("200", "the page"), ("403", "not signed, or too old"), ("404", "gone")):
        page["responses"][code] = content(text, TEXT, "text/html")
    taking = operation(
        "Take the alert of a signed link",
        ref("TakenAlert"),
        parameters=_LINK_PARAMETERS,
        body="TakeBody",
        problems={
            **_CHANGE_PROBLEMS,
            "403": "not signed, too old, or another web site or name asks",
            "404": "no such alert",
        },
        is_open=True,
    )
    return {"get": page, "post": taking}


def described() -> Described:
    """Return what :func:`alerts.http.alert_routes` serves, for the description of the API."""
    return Described(
        paths={
            "/api/alerts": {
                "get": operation(
                    "The alerts, most urgent first",
                    ref("Alerts"),
                    parameters=_LIST_PARAMETERS,
                    problems={"400": "no such state or severity, or no number"},
                )
            },
            "/api/alerts/figures": {
                "get": operation(
                    "How many alerts fired, and how fast they were taken and over",
                    ref("AlertFigures"),
                    parameters=(
                        parameter(
                            "window", "query", "up to now, 24h by default",
                            {"enum": list(WINDOWS)},
                        ),
                    ),
                    problems={"400": "no such window"},
                )
            },
            "/api/alerts/rules": {
                "get": operation("The rules in force and whom they reach", ref("AlertRules"))
            },
            "/api/alerts/{id}": {
                "get": operation(
                    "One alert and all that happened to it",
                    ref("OneAlert"),
                    parameters=(_ALERT_ID,),
                    problems={"404": "no such alert"},
                )
            },
            "/api/alerts/{id}/acknowledge": _change("Take an alert", "TakeBody"),
            "/api/alerts/{id}/release": _change("Give an alert back", "TakeBody"),
            "/api/alerts/{id}/snooze": _change(
                "Have nobody told for a while: for_ms or until_ms, 1 minute to 24 hours",
                "SnoozeBody",
            ),
            "/api/silences": {
                "get": operation("The silences", ref("Silences")),
                "post": operation(
                    "Have nobody told of what matches, for at most 30 days",
                    ref("OneSilence"),
                    body="SilenceBody",
                    problems=_CHANGE_PROBLEMS,
                    status="201",
                ),
            },
            "/api/silences/{id}": {
                "delete": operation(
                    "End a silence",
                    ref("EndedSilence"),
                    parameters=(
                        parameter("id", "path", "id of the silence"),
                        parameter("by", "query", "who asks", _BY),
                    ),
                    problems={
                        "400": "nobody is named",
                        "403": _CHANGE_PROBLEMS["403"],
                        "404": "no such silence",
                        "409": "it cannot be done: the answer says why",
                        "503": "it has not happened yet; try again",
                    },
                )
            },
            "/alerts/{id}": _ack_page(),
        },
        schemas=_SCHEMAS,
    )  # fmt: skip
