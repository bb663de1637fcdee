"""``/api/alerts`` and ``/api/silences``: the alerts, who took them, and rest for a while.

Who asks for a change is written down for ever, so each change names somebody. An answer comes
when the change has happened.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from aiohttp import web

from aggregators.policy import DAY_MS, HOUR_MS
from alerts.ack_page import ack_page_routes
from alerts.alert import Alert, Silence
from alerts.alert_list import ASKED_STATES, Asked, chosen
from alerts.desk import Desk
from alerts.figures import figures
from alerts.http_asking import ask, new_id
from alerts.http_json import (
    active_silences,
    alert_json,
    counts_json,
    rule_json,
    silence_json,
    transition_json,
    with_newest,
)
from alerts.http_requests import (
    DIGITS,
    Silenced,
    Snoozed,
    Taken,
    body_of,
    name_of,
    pattern_of,
    reason_of,
    refuse_foreign,
    silence_times,
    snooze_end,
)
from exporters.http.api import json_answer
from exporters.http.problems import RequestError, quoted
from exporters.http.roles import require_role

MAX_LISTED = 1_000
SEVERITIES = ("critical", "warning")
WINDOWS: dict[str, int] = {"1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS}


def alert_routes(desk: Desk) -> list[web.RouteDef]:
    """Return all routes about alerts: the API, and the signed pages to acknowledge."""
    api = AlertApi(desk)
    return [
        web.get("/api/alerts", api.alerts),
        # Before the ids of alerts, which are hexadecimal and never such a word.
        web.get("/api/alerts/figures", api.figures),
        web.get("/api/alerts/rules", api.rules),
        web.get("/api/alerts/{id}", api.alert),
        web.post("/api/alerts/{id}/acknowledge", api.acknowledge),
        web.post("/api/alerts/{id}/release", api.release),
        web.post("/api/alerts/{id}/snooze", api.snooze),
        web.get("/api/silences", api.silences),
        web.post("/api/silences", api.silence),
        web.delete("/api/silences/{id}", api.end_silence),
        *ack_page_routes(desk),
    ]


class AlertApi:
    """The handlers; every answer is made of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # -- reading ------------------------------------------------------------------------------

    async def alerts(self, request: web.Request) -> web.Response:
        """List alerts, most urgent first."""
        asked = _asked(request)
        self._desk.look_on()
        desk, book = self._desk, self._desk.book
        now_ms = desk.now_ms()
        found = chosen(book, asked)
        active = active_silences(book, now_ms)
        return json_answer(
            {
                **self._header(now_ms),
                "counts": counts_json(book, active, now_ms),
                "found": len(found),
                "alerts": [
                    alert_json(with_newest(alert, book), desk.rules, active, now_ms)
                    for alert in found[: asked.limit]
                ],
            }
        )

    async def alert(self, request: web.Request) -> web.Response:
        """Return one alert with its story."""
        return self._one(self._alert_of(request))

    async def figures(self, request: web.Request) -> web.Response:
        """Return how fast alerts were taken and over, of a rolling window."""
        window = _one_of(request.query.get("window", "24h"), "window", WINDOWS)
        now_ms = self._desk.now_ms()
        # The end of a window is not part of it, and what happened just now belongs to this one.
        made = figures(self._desk.book, now_ms + 1 - WINDOWS[window], now_ms + 1)
        return json_answer(
            {**self._header(now_ms), "window": window, **msgspec.structs.asdict(made)}
        )

    async def rules(self, request: web.Request) -> web.Response:
        """List the rules in force."""
        desk = self._desk
        rules = [rule_json(rule, desk.plan) for rule in desk.rules.values()]
        return json_answer({**self._header(desk.now_ms()), "rules": rules})

    async def silences(self, request: web.Request) -> web.Response:
        """List the silences that are not over, then those that are."""
        book, now_ms = self._desk.book, self._desk.now_ms()
        found = sorted(
            book.silences.values(), key=lambda one: (one.end_ms <= now_ms, one.end_ms, one.id)
        )
        shown = [silence_json(silence, book, now_ms) for silence in found[:MAX_LISTED]]
        return json_answer({**self._header(now_ms), "silences": shown})

    # -- changing -----------------------------------------------------------------------------

    async def acknowledge(self, request: web.Request) -> web.Response:
        """Write down that somebody takes an alert."""
        return await self._take(request, "acknowledge")

    async def release(self, request: web.Request) -> web.Response:
        """Take an acknowledgement back."""
        return await self._take(request, "release")

    async def _take(self, request: web.Request, what: Any) -> web.Response:
        body = await body_of(request, Taken, self._own())
        by, why = name_of(request, body.by), reason_of(body.why)
        alert = self._alert_of(request)
        await ask(self._desk, what, by, why, about=alert.id)
        return self._one(self._alert_of(request))

    async def snooze(self, request: web.Request) -> web.Response:
        """Have nobody told of an alert for a while."""
        body = await body_of(request, Snoozed, self._own())
        by, why = name_of(request, body.by), reason_of(body.why)
        until_ms = snooze_end(body, self._desk.now_ms())
        alert = self._alert_of(request)
        await ask(self._desk, "snooze", by, why, about=alert.id, until_ms=until_ms)
        return self._one(self._alert_of(request))

    async def silence(self, request: web.Request) -> web.Response:
        """Have nobody told of what matches, from one instant to another."""
        body = await body_of(request, Silenced, self._own())
        by, why = name_of(request, body.by), reason_of(body.why)
        start_ms, end_ms = silence_times(body, self._desk.now_ms())
        if body.queue and body.name:
            raise RequestError(400, "queue and name are the same", "send one of them")
        silence = Silence(
            id=new_id(),
            start_ms=start_ms,
            end_ms=end_ms,
            by=by,
            why=why,
            rule=pattern_of("rule", body.rule),
            name=pattern_of("name", body.queue or body.name),
            channel=pattern_of("channel", body.channel),
            severity=pattern_of("severity", body.severity),
        )
        if not (silence.rule or silence.name or silence.channel or silence.severity):
            raise RequestError(
                400,
                "the silence would match everything",
                "send at least one of rule, queue, name, channel and severity; * matches all",
            )
        if not (_narrows(silence.rule) or _narrows(silence.name)):
            require_role(request, "admin", "a silence that names neither rule nor queue")
        await ask(
            self._desk, "silence", by, why, about=silence.id, until_ms=end_ms, silence=silence
        )
        now_ms = self._desk.now_ms()
        made = silence_json(silence, self._desk.book, now_ms)
        return json_answer({**self._header(now_ms), "silence": made}, status=201)

    async def end_silence(self, request: web.Request) -> web.Response:
        """End a silence before its time."""
        refuse_foreign(request, self._own())
        by = name_of(request, request.query.get("by", ""))
        silence_id = request.match_info["id"]
        if silence_id not in self._desk.book.silences:
            raise RequestError(
                404, f"there is no silence {quoted(silence_id)}", "GET /api/silences lists them"
            )
        await ask(self._desk, "end_silence", by, about=silence_id)
        return json_answer({**self._header(self._desk.now_ms()), "ended": silence_id})

    # -- parts --------------------------------------------------------------------------------

    def _own(self) -> tuple[str, ...]:
        return (self._desk.plan.public_url,)

    def _header(self, now_ms: int) -> dict[str, Any]:
        return {"as_of_ms": now_ms, "leading": self._desk.is_leading()}

    def _alert_of(self, request: web.Request) -> Alert:
        alert_id = request.match_info["id"]
        found = self._desk.book.alerts.get(alert_id)
        if found is None:
            raise RequestError(
                404,
                f"there is no alert {quoted(alert_id)}",
                "GET /api/alerts?state=all lists them; old ones are forgotten",
            )
        return found

    def _one(self, alert: Alert) -> web.Response:
        self._desk.look_on()
        desk, book, now_ms = self._desk, self._desk.book, self._desk.now_ms()
        alert = with_newest(alert, book)
        shown = alert_json(alert, desk.rules, active_silences(book, now_ms), now_ms)
        rule = desk.rules.get(alert.rule_id)
        shown["about_english"] = rule.about_english if rule else ""
        shown["about_french"] = rule.about_french if rule else ""
        shown["story"] = [transition_json(one) for one in alert.story]
        return json_answer({**self._header(now_ms), "alert": shown})


def _asked(request: web.Request) -> Asked:
    query = request.query
    state = _one_of(query.get("state", "open"), "state", ASKED_STATES)
    severity = query.get("severity", "")
    if severity:
        _one_of(severity, "severity", SEVERITIES)
    since = query.get("since_ms")
    limit = _number(query.get("limit", "200"), "limit")
    if limit > MAX_LISTED:
        raise RequestError(400, "too many alerts asked for", f"ask for at most {MAX_LISTED}")
    return Asked(
        state=state,
        severity=severity,
        rule=query.get("rule", ""),
        queue=query.get("queue", ""),
        since_ms=None if since is None else _number(since, "since_ms"),
        limit=limit,
    )


def _narrows(pattern: str) -> bool:
    """Return whether a pattern leaves anything out."""
    return bool(pattern.strip("*?"))


def _one_of(value: str, name: str, known: Collection[str]) -> str:
    if value not in known:
        raise RequestError(
            400, f"there is no {name} {quoted(value)}", f"use one of {', '.join(known)}"
        )
    return value


def _number(text: str, name: str) -> int:
    if not DIGITS.fullmatch(text):
        raise RequestError(400, f"{name} is no whole number", f"send {name} in digits")
    return int(text)
