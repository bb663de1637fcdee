"""What people read: one message for the alerts of a notice, as text and as plain data.

Never about agents or customers. Made when it is sent, so that it says what is the case then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from alerts.alert import Alert, Notice
from alerts.alert_view import AlertView, Facts, What, alert_labels, alert_name
from alerts.phrases import PHRASES
from alerts.plan import Language, Plan
from alerts.rules import Rule, Severity
from alerts.wording import cut, duration_text, instant_text, plain, rows_text

__all__ = ["Facts", "Message", "alert_labels", "alert_name", "compose", "message_data"]

LONGEST_TITLE = 200
MOST_LISTED = 10
"""Alerts of a message that its text names; the worst ones."""
MOST_ALERTS = 500
"""Alerts of a message in its data; ``left_out`` counts the others."""


class Message(Struct, frozen=True, kw_only=True):
    """One message. ``id`` is that of its notice. ``alerts`` are plain values, the worst first.

    A URL is "" where there is none; ``acknowledge_url`` and ``contacts_url`` only with one alert.
    """

    id: str
    what: What
    severity: Severity
    language: Language
    title: str
    text: str
    made_ms: int
    group: str = ""
    level: int = 0
    instead_of: str = ""
    alerts: tuple[dict[str, Any], ...] = ()
    left_out: int = 0
    acknowledge_url: str = ""
    contacts_url: str = ""
    board_url: str = ""
    runbook_url: str = ""


def compose(
    notice: Notice,
    alerts: Sequence[Alert],
    rules: Mapping[str, Rule],
    facts: Mapping[str, Facts],
    plan: Plan,
    language: Language,
    now_ms: int,
) -> Message:
    """Return the message of a notice; ``facts`` by id of the alert. Raises ValueError without
    alerts."""
    if not alerts:
        raise ValueError(f"the notice {notice.id} is about no alert that is known")
    what: What = "escalated" if notice.what == "firing" and notice.level > 0 else notice.what
    views = sorted(
        (
            AlertView(
                one, rules.get(one.rule_id), facts.get(one.id, Facts()), plan, language, now_ms
            )
            for one in alerts
        ),
        key=AlertView.urgency,
    )
    worst = views[0]
    is_one = len(views) == 1
    subject = worst.subject(what) if is_one else _subject(views)
    lines = [*_opening(notice, what, views, language, now_ms), ""]
    lines += worst.lines() if is_one else _listed(views)
    lines += _links(views)
    return Message(
        id=notice.id,
        what=what,
        severity=worst.alert.severity,
        language=language,
        title=cut(f"{_prefix(what, worst.alert.severity, language)}{subject}", LONGEST_TITLE),
        text="\n".join(lines).strip() + "\n",
        made_ms=now_ms,
        group=notice.group,
        level=notice.level,
        instead_of=notice.instead_of,
        alerts=tuple(view.data() for view in views[:MOST_ALERTS]),
        left_out=max(0, len(views) - MOST_ALERTS),
        acknowledge_url=worst.acknowledge_url() if is_one else "",
        contacts_url=worst.contacts_url() if is_one else "",
        board_url=worst.board_url(),
        runbook_url=worst.runbook_url(),
    )


def message_data(message: Message) -> dict[str, Any]:
    """Return the message as plain values with stable keys, for a webhook."""
    return {
        "type": f"alert.{message.what}",
        "timestamp": instant_text(message.made_ms),
        "data": {name: getattr(message, name) for name in message.__struct_fields__},
    }


def _prefix(what: What, severity: Severity, language: Language) -> str:
    words = PHRASES[language]
    if what == "resolved":
        return f"{words['resolved'].upper()}{words['colon']}"
    told = "" if what == "firing" else f", {words[what]}"
    return f"{words[severity].upper()}{told}{words['colon']}"


def _subject(views: Sequence[AlertView]) -> str:
    """Return what several alerts are about: ``Longest wait: 37 queues``."""
    words, language = views[0].words, views[0].language
    names = list(dict.fromkeys(view.name for view in views))
    kinds = {view.alert.where.kind for view in views}
    rows = rows_text(kinds.pop() if len(kinds) == len(names) == 1 else "", language)
    others = words["other_rules"] if len(names) > 1 else ""
    return f"{cut(names[0], 80)}{others}{words['colon']}{len(views)} {rows}"


def _opening(
    notice: Notice, what: What, views: Sequence[AlertView], language: Language, now_ms: int
) -> list[str]:
    """Return why this comes now."""
    words = PHRASES[language]
    oldest_ms = min(view.since_ms for view in views)
    waited = duration_text(round(max(0, now_ms - oldest_ms) / 1000), language)
    first = views[0].alert
    lines = []
    if what == "resolved":
        lines.append(words["is_over"])
    elif not any(view.alert.is_open for view in views):
        lines.append(words["over_meanwhile"])
    elif what == "reminder" and first.acknowledged_ms is not None:
        taken_s = round(max(0, now_ms - first.acknowledged_ms) / 1000)
        by = plain(first.acknowledged_by) or "?"
        lines.append(words["still_there"].format(by, duration_text(taken_s, language)))
    elif what in ("escalated", "reminder"):
        lines.append(words["nobody"].format(waited))
    else:
        lines.append(words["new"])
    if notice.instead_of:
        lines.append(words["instead_of"].format(plain(notice.instead_of)))
    return lines


def _listed(views: Sequence[AlertView]) -> list[str]:
    """Return the worst of several alerts, each with its own link to take it."""
    words = views[0].words
    has_many_rules = len({view.name for view in views}) > 1
    lines = []
    for view in views[:MOST_LISTED]:
        name = f"{view.name} - " if has_many_rules else ""
        limit = view.limit()
        limited = f" ({words['limit']}{words['colon']}{limit})" if limit else ""
        over = "" if view.alert.is_open else f", {words['over']}"
        figure = view.figure(view.alert.value)
        since = f"{words['since']} {view.since()}"
        lines.append(f"- {name}{view.row()}{words['colon']}{figure}{limited}, {since}{over}")
        url = view.acknowledge_url()
        if url:
            lines.append(f"  {words['acknowledge']}{words['colon']}{url}")
    if len(views) > MOST_LISTED:
        lines.append(words["more"].format(len(views) - MOST_LISTED))
    about = views[0].about()
    if about:
        lines += ["", f"{words['about']}{words['colon']}{about}"]
    return lines


def _links(views: Sequence[AlertView]) -> list[str]:
    words, first = views[0].words, views[0]
    urls = {
        "acknowledge": first.acknowledge_url() if len(views) == 1 else "",
        "board": first.board_url(),
        "runbook": first.runbook_url(),
    }
    lines = [f"{words[name]}{words['colon']}{url}" for name, url in urls.items() if url]
    return ["", *lines] if lines else []
