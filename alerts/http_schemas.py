"""The OpenAPI 3.1 description of the addresses of the alerts, built by hand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aggregators.policy import MINUTE_MS
from alerts.alert_list import ASKED_STATES, SHOWN_STATES
from alerts.http_requests import MAX_BY, MAX_PATTERN, MAX_SNOOZE_MS, MAX_WHY
from exporters.http.openapi import Described
from exporters.http.schemas import (
    COUNT,
    COUNT_OR_NULL,
    TEXT,
    TIME_MS,
    TIME_MS_OR_NULL,
    Schema,
    exact,
)

_NUMBER_OR_NULL: Schema = {"type": ["number", "null"]}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_FLAG: Schema = {"type": "boolean"}
_SEVERITY: Schema = {"enum": ["warning", "critical"]}
_STATE: Schema = {"enum": list(SHOWN_STATES)}
_TEXTS: Schema = {"type": "array", "items": TEXT}
_HEADER: dict[str, Schema] = {
    "as_of_ms": TIME_MS,
    "leading": {**_FLAG, "description": "this worker makes the alerts"},
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


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
        "type": "object",
        "additionalProperties": TEXT,
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
    "value": {**_NUMBER_OR_NULL, "description": "the newest seen, in the unit of the measure"},
    "threshold": _NUMBER_OR_NULL,
    "worst": _NUMBER_OR_NULL,
    "sample": {**COUNT_OR_NULL, "description": "contacts behind the value"},
    "since_ms": {**TIME_MS, "description": "when it fired, or began to be pending"},
    "duration_ms": COUNT,
    "pending_ms": TIME_MS,
    "fired_ms": TIME_MS_OR_NULL,
    "acknowledged_ms": TIME_MS_OR_NULL,
    "acknowledged_by": TEXT,
    "acknowledged_why": TEXT,
    "resolved_ms": TIME_MS_OR_NULL,
    "snoozed": {**_FLAG, "description": "nobody is told for a while"},
    "snoozed_until_ms": TIME_MS_OR_NULL,
    "silenced": {**_FLAG, "description": "a silence holds for it now"},
    "level": {"type": "integer", "minimum": -1, "description": "the step of the ladder reached"},
    "reopened": COUNT,
    "spans": {
        **_list(
            exact({"state": _STATE, "start_ms": TIME_MS, "end_ms": TIME_MS_OR_NULL})
        ),
        "description": "its states one after the other; the last of an open alert has no end",
    },
    "links": exact({
        "self": TEXT, "contacts": _TEXT_OR_NULL, "board": TEXT, "runbook": _TEXT_OR_NULL,
    }),
}  # fmt: skip

_TRANSITION = exact({
    "what": TEXT, "at_ms": TIME_MS, "by": TEXT, "why": TEXT, "value": _NUMBER_OR_NULL,
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
    "always_active": {**_FLAG, "description": "not only within some hours"},
    "group": TEXT,
    "ladder": exact({
        "id": TEXT,
        "steps": _list(
            exact({"after_ms": COUNT, "targets": _TEXTS, "people": _TEXTS, "duties": _TEXTS})
        ),
        "repeat_ms": COUNT,
        "remind_ms": COUNT,
    }),
    "runbook": _TEXT_OR_NULL, "board": _TEXT_OR_NULL,
})  # fmt: skip

_BY: Schema = {**TEXT, "minLength": 1, "maxLength": MAX_BY, "description": "who asks"}
_WHY: Schema = {**TEXT, "maxLength": MAX_WHY}
_FOR: Schema = {"type": "integer", "minimum": MINUTE_MS, "maximum": MAX_SNOOZE_MS}
_PATTERN: Schema = {**TEXT, "maxLength": MAX_PATTERN, "description": "may have * and ?"}

_SCHEMAS: dict[str, Schema] = {
    "Alert": exact(_ALERT),
    "AlertStory": exact({
        **_ALERT,
        "about_english": TEXT,
        "about_french": TEXT,
        "story": {**_list(_TRANSITION), "description": "all that happened, the oldest first"},
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
        "alerts": _list(_ref("Alert")),
    }),
    "OneAlert": exact({**_HEADER, "alert": _ref("AlertStory")}),
    "AlertFigures": exact({
        **_HEADER,
        "window": TEXT,
        "open": COUNT,
        "acknowledged": COUNT,
        "fired": {**COUNT, "description": "in the window"},
        "mtta_ms": {**_NUMBER_OR_NULL, "description": "mean time from firing to taken"},
        "acknowledged_n": COUNT,
        "mttr_ms": {**_NUMBER_OR_NULL, "description": "mean time from firing to resolved"},
        "resolved_n": COUNT,
    }),
    "AlertRules": exact({**_HEADER, "rules": _list(_RULE)}),
    "Silence": exact(_SILENCE),
    "Silences": exact({**_HEADER, "silences": _list(_ref("Silence"))}),
    "OneSilence": exact({**_HEADER, "silence": _ref("Silence")}),
    "EndedSilence": exact({**_HEADER, "ended": TEXT}),
    "TakenAlert": exact({"id": TEXT, "state": _STATE, "acknowledged_by": TEXT}),
    "TakeBody": exact({"by": _BY, "why": _WHY}, optional=("why",)),
    "SnoozeBody": exact(
        {"by": _BY, "why": _WHY, "for_ms": _FOR, "until_ms": TIME_MS},
        optional=("why", "for_ms", "until_ms"),
    ),
    "SilenceBody": exact(
        {
            "by": _BY, "why": _WHY, "start_ms": TIME_MS, "end_ms": TIME_MS, "for_ms": COUNT,
            "rule": _PATTERN, "queue": _PATTERN, "name": _PATTERN, "channel": _PATTERN,
            "severity": _PATTERN,
        },
        optional=(
            "start_ms", "end_ms", "for_ms", "rule", "queue", "name", "channel", "severity",
        ),
    ),
}  # fmt: skip

_CHANGE_PROBLEMS = {
    "400": "the body is not understood, or nobody is named",
    "403": "another web site asks",
    "409": "it cannot be done: the answer says why",
    "413": "the body is longer than 1 KiB",
    "415": "the body is not JSON",
    "503": "it has not happened yet; try again",
}


def _parameter(name: str, place: str, text: str, schema: Schema = TEXT) -> Schema:
    return {
        "name": name, "in": place, "required": place == "path", "description": text,
        "schema": schema,
    }  # fmt: skip


def _answer(text: str, schema: Schema, media_type: str = "application/json") -> Schema:
    return {"description": text, "content": {media_type: {"schema": schema}}}


def _operation(
    summary: str,
    schema: Schema,
    *,
    parameters: Collection[Schema] = (),
    body: str = "",
    problems: dict[str, str] | None = None,
    status: str = "200",
    is_open: bool = False,
) -> Schema:
    told = problems or {}
    if not is_open:
        told = {**told, "401": "the token is missing or wrong"}
    told = {**told, "500": "vigie could not answer"}
    found: dict[str, Any] = {
        "summary": summary,
        "responses": {
            status: _answer("the answer", schema),
            **{code: _answer(text, _ref("Problem")) for code, text in told.items()},
        },
        "security": [] if is_open else [{}, {"token": []}],
    }
    if parameters:
        found["parameters"] = list(parameters)
    if body:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(body)}},
        }
    return found


_ALERT_ID = _parameter("id", "path", "id of the alert")
_LIST_PARAMETERS = (
    _parameter(
        "state", "query", "open (the default): firing, escalated or acknowledged",
        {"enum": list(ASKED_STATES)},
    ),
    _parameter("severity", "query", "only of this severity", _SEVERITY),
    _parameter("rule", "query", "only of this rule"),
    _parameter("queue", "query", "only of this queue"),
    _parameter("since_ms", "query", "without those that were over before", TIME_MS),
    _parameter("limit", "query", "at most so many, 200 by default", {**COUNT, "maximum": 1_000}),
)  # fmt: skip
_LINK_PARAMETERS = (
    _ALERT_ID,
    _parameter("expires", "query", "until when the link works", TIME_MS),
    _parameter("signature", "query", "what vigie signed the link with"),
)


def _change(summary: str, body: str) -> Schema:
    return {
        "post": _operation(
            summary,
            _ref("OneAlert"),
            parameters=(_ALERT_ID,),
            body=body,
            problems={**_CHANGE_PROBLEMS, "404": "no such alert"},
        )
    }


def _ack_page() -> Schema:
    page = _operation(
        "The page of a signed link to take an alert; looking at it changes nothing",
        TEXT,
        parameters=_LINK_PARAMETERS,
        is_open=True,
    )
    for code, text in (("200", "the page"), ("403", "not signed, or too old"), ("404", "gone")):
        page["responses"][code] = _answer(text, TEXT, "text/html")
    taking = _operation(
        "Take the alert of a signed link",
        _ref("TakenAlert"),
        parameters=_LINK_PARAMETERS,
        body="TakeBody",
        problems={
            **_CHANGE_PROBLEMS,
            "403": "not signed, too old, or another web site asks",
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
                "get": _operation(
                    "The alerts, most urgent first",
                    _ref("Alerts"),
                    parameters=_LIST_PARAMETERS,
                    problems={"400": "no such state or severity, or no number"},
                )
            },
            "/api/alerts/figures": {
                "get": _operation(
                    "How many alerts fired, and how fast they were taken and over",
                    _ref("AlertFigures"),
                    parameters=(
                        _parameter(
                            "window", "query", "up to now, 24h by default",
                            {"enum": ["1h", "24h", "7d"]},
                        ),
                    ),
                    problems={"400": "no such window"},
                )
            },
            "/api/alerts/rules": {
                "get": _operation("The rules in force and whom they reach", _ref("AlertRules"))
            },
            "/api/alerts/{id}": {
                "get": _operation(
                    "One alert and all that happened to it",
                    _ref("OneAlert"),
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
                "get": _operation("The silences", _ref("Silences")),
                "post": _operation(
                    "Have nobody told of what matches, for at most 30 days",
                    _ref("OneSilence"),
                    body="SilenceBody",
                    problems=_CHANGE_PROBLEMS,
                    status="201",
                ),
            },
            "/api/silences/{id}": {
                "delete": _operation(
                    "End a silence",
                    _ref("EndedSilence"),
                    parameters=(
                        _parameter("id", "path", "id of the silence"),
                        {**_parameter("by", "query", "who asks", _BY), "required": True},
                    ),
                    problems={
                        "400": "nobody is named",
                        "403": "another web site asks",
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
