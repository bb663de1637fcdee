"""``/alerts/{id}``: the page behind the signed link of a message, to take an alert on a phone.

The signature stands for the token. Looking at the page changes nothing, because scanners of mail
open every link; only the button does.
"""

from __future__ import annotations

from html import escape

from aiohttp import web

from alerts.ack_words import LEVEL_SHAPES, WORDS, Words, language_of
from alerts.alert import Alert
from alerts.alert_list import is_snoozed, shown_state
from alerts.alert_view import AlertView, Facts
from alerts.desk import Desk
from alerts.http_asking import ask
from alerts.http_json import with_newest
from alerts.http_requests import (
    DIGITS,
    MAX_BY,
    MAX_WHY,
    Taken,
    body_of,
    name_of,
    reason_of,
)
from alerts.links import is_signed
from alerts.plan import Language
from alerts.wording import measure_text
from alerts.written import compare_of
from exporters.http.api import json_answer
from exporters.http.board_json import instant
from exporters.http.problems import RequestError

_HEAD = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title} · vigie</title>
<link rel="icon" type="image/svg+xml" href="/static/icon.svg">
<link rel="stylesheet" href="/static/acknowledge.css">
<script type="module" src="/static/acknowledge.js"></script>
</head>
<body>
<main>
"""
_FOOT = """<p class="board"><a href="/?page=alerts">{board}</a></p>
</main>
</body>
</html>
"""


def ack_page_routes(desk: Desk) -> list[web.RouteDef]:
    """Return the page and what its button sends to. Neither needs the token of the API."""

    async def show(request: web.Request) -> web.Response:
        language = language_of(request.headers.get("Accept-Language", ""))
        refused = _refusal(desk, request)
        if refused is not None:
            return _refused_page(403, language, refused)
        alert = desk.book.alerts.get(request.match_info["id"])
        if alert is None:
            return _refused_page(404, language, "gone")
        alert, rule = with_newest(alert, desk.book), desk.rules.get(alert.rule_id)
        view = AlertView(alert, rule, Facts(), desk.plan, language, desk.now_ms())
        compare = compare_of(alert, rule)
        name = "" if compare is None else measure_text(compare.measure, language)
        return _page(200, language, view.name, _alert_part(view, name, desk.now_ms()))

    async def take(request: web.Request) -> web.Response:
        refused = _refusal(desk, request)
        if refused is not None:
            fix = "open the wallboard, or the link of a newer message"
            raise RequestError(403, WORDS["en"][refused], fix)
        body = await body_of(request, Taken, (desk.plan.public_url,))
        by, why = name_of(request, body.by), reason_of(body.why)
        alert_id = request.match_info["id"]
        if alert_id not in desk.book.alerts:
            raise RequestError(404, WORDS["en"]["gone"], "open the wallboard")
        await ask(desk, "acknowledge", by, why, about=alert_id)
        taken = desk.book.alerts.get(alert_id)
        return json_answer(
            {
                "id": alert_id,
                "state": "resolved" if taken is None else shown_state(taken),
                "acknowledged_by": "" if taken is None else taken.acknowledged_by,
            }
        )

    return [web.get("/alerts/{id}", show), web.post("/alerts/{id}", take)]


def _refusal(desk: Desk, request: web.Request) -> str | None:
    """Return why a link is not good enough, None when it is."""
    expires = request.query.get("expires", "")
    signature = request.query.get("signature", "")
    if not desk.plan.link_secret or not DIGITS.fullmatch(expires) or not signature.isascii():
        return "unsigned"
    # The signature first: only of a link of ours does anybody learn that it is too old.
    if not is_signed(desk.plan, request.match_info["id"], int(expires), signature):
        return "unsigned"
    return "expired" if int(expires) <= desk.now_ms() else None


def _page(status: int, language: Language, title: str, body: str) -> web.Response:
    text = _HEAD.format(language=language, title=escape(title)) + body
    text += _FOOT.format(board=escape(WORDS[language]["board"]))
    return web.Response(
        status=status,
        text=text,
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Language": language, "Vary": "Accept-Language"},
    )


def _refused_page(status: int, language: Language, why: str) -> web.Response:
    words = WORDS[language]
    body = f'<h1>{escape(words["refused"])}</h1>\n<p id="said">{escape(words[why])}</p>\n'
    return _page(status, language, words[why], body)


def _alert_part(view: AlertView, measured: str, now_ms: int) -> str:
    """Return what the alert is, and the form while somebody may still take it."""
    alert, words, about = view.alert, WORDS[view.language], view.about()
    facts = [(words["where"], view.row()), (words["state"], _state_text(alert, words, now_ms))]
    if measured:
        value, limit = view.figure(alert.value), view.limit()
        said = f"{value} ({limit})" if limit else value
        facts.insert(1, (measured[:1].upper() + measured[1:], said))
    began = instant(view.since_ms)
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>\n" for name, text in facts)
    rows += (
        f"<dt>{escape(words['since'])}</dt>"
        f'<dd><time datetime="{escape(began)}">{escape(began)}</time></dd>\n'
    )
    level = f"{LEVEL_SHAPES[alert.severity]} {words[alert.severity]}"
    parts = [
        f'<p class="level" data-severity="{escape(alert.severity)}">{escape(level)}</p>\n',
        f"<h1>{escape(view.name)}</h1>\n",
        f'<p class="about">{escape(about)}</p>\n' if about else "",
        f"<dl>\n{rows}</dl>\n",
    ]
    if alert.state == "firing":
        parts.append(_form(words))
    parts.append('<p id="said" role="status"></p>\n')
    return "".join(parts)


def _state_text(alert: Alert, words: Words, now_ms: int) -> str:
    if alert.state == "acknowledged":
        return words["taken"].format(by=alert.acknowledged_by)
    text = words[shown_state(alert)]
    return f"{text}, {words['snoozed']}" if is_snoozed(alert, now_ms) else text


def _form(words: Words) -> str:
    texts = "".join(
        f' data-{name}="{escape(words[name])}"' for name in ("done", "failed", "unreachable")
    )
    return (
        f'<form id="take"{texts}>\n'
        f'<label for="by">{escape(words["by"])}</label>\n'
        f'<input id="by" name="by" autocomplete="name" maxlength="{MAX_BY}" required>\n'
        f'<label for="why">{escape(words["why"])}</label>\n'
        f'<input id="why" name="why" autocomplete="off" maxlength="{MAX_WHY}">\n'
        f'<button type="submit">{escape(words["take"])}</button>\n'
        "</form>\n"
        f"<noscript><p>{escape(words['noscript'])}</p></noscript>\n"
    )
