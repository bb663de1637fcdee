"""One alert as messages show it: its line, its details, its plain data, its links."""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

from msgspec import Struct

from alerts.alert import Alert
from alerts.alert_list import since_ms
from alerts.links import VALID_MS, acknowledge_url
from alerts.phrases import PHRASES
from alerts.plan import Language, Plan
from alerts.rules import Rule
from alerts.trend import Trend
from alerts.wording import (
    cut,
    duration_text,
    instant_text,
    measure_text,
    one_line,
    operator_text,
    plain,
    row_text,
    trend_text,
    unit_of,
    value_text,
)
from alerts.written import compare_of

What: TypeAlias = Literal["firing", "escalated", "reminder", "resolved"]


class Facts(Struct, frozen=True):
    """What is known of an alert's row beyond the alert: contacts concerned now, and the trend."""

    contacts: int | None = None
    trend: Trend | None = None


def alert_name(rule_id: str) -> str:
    """Return the name at Alertmanager and Prometheus: ``longest-wait`` -> ``VigieLongestWait``."""
    words = re.split(r"[^A-Za-z0-9]+", rule_id)
    return "Vigie" + "".join(word[:1].upper() + word[1:] for word in words)


def alert_labels(alert: Alert) -> dict[str, str]:
    """Return the labels that are the alert's identity outside: the same on every worker."""
    identity = {"alertname": alert_name(alert.rule_id), "severity": alert.severity}
    return {**alert.where.labels(), **identity}


class AlertView:
    """One alert as a message shows it. ``rule`` is None for one that was removed meanwhile."""

    def __init__(
        self,
        alert: Alert,
        rule: Rule | None,
        facts: Facts,
        plan: Plan,
        language: Language,
        now_ms: int,
    ) -> None:
        self.alert = alert
        self._rule = rule
        self._facts = facts
        self._plan = plan
        self.language: Language = language
        self._now_ms = now_ms
        self.words = PHRASES[language]
        self._compare = compare_of(alert, rule)
        self.since_ms = since_ms(alert)

    @property
    def name(self) -> str:
        """The name of the rule."""
        if self._rule is None:
            return plain(self.alert.rule_id)
        return one_line(self._rule.english if self.language == "en" else self._rule.french)

    def urgency(self) -> tuple[Any, ...]:
        """Order of alerts: open ones, critical ones, then how far they are beyond the limit."""
        alert = self.alert
        beyond = 0.0
        if alert.value is not None and alert.threshold is not None:
            is_above = self._compare is None or self._compare.operator.startswith(">")
            beyond = (alert.value - alert.threshold) * (1 if is_above else -1)
            beyond /= abs(alert.threshold) or 1.0
        is_unknown = alert.value is None
        is_mild = alert.severity != "critical"
        return (not alert.is_open, is_mild, is_unknown, -beyond, alert.key, alert.id)

    def subject(self, what: What = "firing") -> str:
        """Return what it is about in a line: ``Longest wait - sales (voice) 75 s, limit 60 s``."""
        subject = f"{cut(self.name, 80)} - {row_text(self.alert.where, self.language)}"
        if what == "resolved" and self.alert.resolved_ms is not None:
            lasted_s = (self.alert.resolved_ms - self.since_ms) / 1000
            return f"{subject}, {self.words['after']} {duration_text(lasted_s, self.language)}"
        if self.alert.value is None:
            return subject
        subject += f" {self.figure(self.alert.value)}"
        if self.alert.threshold is not None:
            subject += f", {self.words['limit']} {self.figure(self.alert.threshold)}"
        return subject

    def figure(self, value: float | None) -> str:
        """Return a value of the alert with its unit."""
        unit = "number" if self._compare is None else unit_of(self._compare.measure)
        return value_text(value, unit, self.language)

    def limit(self) -> str:
        """Return the threshold in words: ``above 60 s``; "" without one."""
        if self.alert.threshold is None:
            return ""
        figure = self.figure(self.alert.threshold)
        if self._compare is None:
            return figure
        return f"{operator_text(self._compare.operator, self.language)} {figure}"

    def since(self) -> str:
        """Return when it fired and how long ago that is."""
        ago_s = max(0, self._now_ms - self.since_ms) / 1000
        ago = self.words["ago"].format(duration_text(round(ago_s), self.language))
        return f"{instant_text(self.since_ms)} ({ago})"

    def lines(self) -> list[str]:
        """Return what there is to know of it, a line each, without the links of all messages."""
        alert, words, language = self.alert, self.words, self.language
        found = [(words["severity"], words[alert.severity]), (words["where"], self.row())]
        if self._compare is not None:
            limit = self.limit()
            limited = f" ({words['limit']}{words['colon']}{limit})" if limit else ""
            name = measure_text(self._compare.measure, language)
            found.append((name, f"{self.figure(alert.value)}{limited}"))
        if alert.worst is not None and alert.worst != alert.value:
            found.append((words["worst"], self.figure(alert.worst)))
        if self._facts.trend is not None:
            found.append((words["trend"], trend_text(self._facts.trend, language)))
        if alert.sample is not None:
            found.append((words["sample"], value_text(alert.sample, "count", language)))
        if self._facts.contacts is not None:
            concerned = value_text(self._facts.contacts, "count", language)
            url = self.contacts_url()
            found.append((words["contacts"], f"{concerned} - {url}" if url else concerned))
        found.append((words["since"], self.since()))
        if self.about():
            found.append((words["about"], self.about()))
        return [f"{_first_upper(name)}{words['colon']}{text}" for name, text in found]

    def about(self) -> str:
        """Return the rule's sentence on what to do, in English if there is no French one."""
        if self._rule is None:
            return ""
        english, french = self._rule.about_english, self._rule.about_french
        return one_line((french or english) if self.language == "fr" else (english or french))

    def data(self) -> dict[str, Any]:
        """Return the alert as plain values."""
        alert, compare = self.alert, self._compare
        return {
            "id": alert.id,
            "rule": alert.rule_id,
            "labels": alert_labels(alert),
            "state": alert.state,
            "severity": alert.severity,
            "summary": self.subject("resolved" if alert.state == "resolved" else "firing"),
            "since_ms": self.since_ms,
            "acknowledged_ms": alert.acknowledged_ms,
            "resolved_ms": alert.resolved_ms,
            "value": alert.value,
            "threshold": alert.threshold,
            "operator": None if compare is None else compare.operator,
            "unit": None if compare is None else unit_of(compare.measure),
            "worst": alert.worst,
            "sample": alert.sample,
            "contacts": self._facts.contacts,
            "trend": self._facts.trend,
            "acknowledge_url": self.acknowledge_url(),
            "contacts_url": self.contacts_url(),
        }

    # -- links --------------------------------------------------------------------------------

    def acknowledge_url(self) -> str:
        """Return the signed link; "" for an alert that nobody needs to take any more."""
        if self.alert.state not in ("pending", "firing"):
            return ""
        return acknowledge_url(self._plan, self.alert.id, self._now_ms + VALID_MS)

    def contacts_url(self) -> str:
        """Return the page that opens with the contacts of the queue; "" for other rows."""
        where = self.alert.where
        if not self._plan.public_url or where.kind != "pair" or not where.name:
            return ""
        asked = urlencode({"queue": where.name, "channel": where.channel})
        return f"{self._plan.public_url}/?{asked}"

    def board_url(self) -> str:
        """Return the board of the rule, else the wallboard's page of alerts."""
        if self._rule is not None and _is_web(self._rule.board):
            return self._rule.board
        return f"{self._plan.public_url}/?page=alerts" if self._plan.public_url else ""

    def runbook_url(self) -> str:
        """Return the runbook of the rule."""
        rule = self._rule
        return rule.runbook if rule is not None and _is_web(rule.runbook) else ""

    def row(self) -> str:
        return row_text(self.alert.where, self.language)


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
