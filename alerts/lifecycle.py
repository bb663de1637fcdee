"""The life of an alert: pending, firing, resolved, and perhaps open again.

Only what happens is written down; values that merely move are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from alerts.alert import Alert, Key, Transition, alert_id
from alerts.alert_list import is_snoozed
from alerts.draft import happened, simply
from alerts.ladder import owed_once_resolved
from alerts.rules import Rule, part_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.draft import Draft
    from alerts.evaluation import Breach, Findings
    from alerts.plan import Plan

RULE_REMOVED = "rule removed"


def live(draft: Draft, findings: Findings, rules: Mapping[str, Rule], plan: Plan) -> None:
    """Let every alert and every breach go on by what was found at this instant."""
    breaching, unknown = findings.breaching, findings.unknown
    for alert in draft.open_alerts():
        key = alert.key
        rule = rules.get(key.rule_id)
        if rule is None:
            draft.put(_resolve(alert, None, plan, draft.now_ms))
        elif key in findings.kept or key in breaching or key in unknown:
            if alert.false_since_ms is not None:
                draft.put(replace(alert, false_since_ms=None, steady_from_ms=draft.now_ms))
        else:
            _clear(draft, alert, rule, plan)
    for alert in (*draft.book.pending.values(), *draft.book.again.values()):
        key = alert.key
        if key.rule_id in rules and (key in breaching or key in unknown):
            continue
        if alert.state == "pending":
            draft.delete_alert(alert)
        else:
            draft.put(replace(alert, again_since_ms=None))
    for key, breach in breaching.items():
        rule = rules.get(key.rule_id)
        if rule is not None and key not in unknown:
            _breach(draft, key, breach, rule)


def _clear(draft: Draft, alert: Alert, rule: Rule, plan: Plan) -> None:
    since_ms = draft.now_ms if alert.false_since_ms is None else alert.false_since_ms
    if draft.now_ms - since_ms >= rule.clear_for_ms:
        draft.put(_resolve(replace(alert, false_since_ms=since_ms), rule, plan, draft.now_ms))
    elif alert.false_since_ms is None:
        draft.put(replace(alert, false_since_ms=since_ms))


def _resolve(alert: Alert, rule: Rule | None, plan: Plan, now_ms: int) -> Alert:
    why = RULE_REMOVED if rule is None else ""
    return happened(
        alert,
        Transition(what="resolved", at_ms=now_ms, why=why),
        state="resolved",
        resolved_ms=now_ms,
        owed=owed_once_resolved(alert, rule, plan, now_ms),
    )


def _breach(draft: Draft, key: Key, breach: Breach, rule: Rule) -> None:
    """Go on with a condition that is true: begin an alert, let it fire, or open it again."""
    now_ms = draft.now_ms
    alert = draft.current(key)
    if alert is None or _is_another(alert, rule, now_ms):
        alert = draft.put(
            Alert(
                id=alert_id(key, now_ms),
                rule_id=key.rule_id,
                where=key.where,
                severity=rule.severity,
                state="pending",
                pending_ms=now_ms,
                story=(simply("pending", now_ms, breach.value),),
            )
        )
    if alert.state == "pending":
        if now_ms - alert.pending_ms >= breach.for_ms:
            fired = simply("fired", now_ms, breach.value)
            draft.put(happened(alert, fired, state="firing", fired_ms=now_ms))
    elif alert.state == "resolved":
        since_ms = now_ms if alert.again_since_ms is None else alert.again_since_ms
        if now_ms - since_ms >= breach.for_ms:
            draft.put(_reopen(alert, rule, breach.value, now_ms))
        elif alert.again_since_ms is None:
            draft.put(replace(alert, again_since_ms=now_ms))


def _is_another(alert: Alert, rule: Rule, now_ms: int) -> bool:
    """Tell whether a breach is not the one of a resolved alert, which it would open again."""
    if alert.resolved_ms is None or alert.again_since_ms is not None:
        return False
    if now_ms - alert.resolved_ms < rule.reopen_within_ms:
        return False
    return alert.id != alert_id(alert.key, now_ms)  # the same minute: it would be its namesake


def _reopen(alert: Alert, rule: Rule, value: float | None, now_ms: int) -> Alert:
    return happened(
        alert,
        simply("reopened", now_ms, value),
        snoozed_until_ms=alert.snoozed_until_ms if is_snoozed(alert, now_ms) else None,
        state="firing",
        severity=rule.severity,
        resolved_ms=None,
        again_since_ms=None,
        false_since_ms=None,
        acknowledged_ms=None,
        acknowledged_by="",
        ladder_from_ms=None,
        steady_from_ms=None,
        level=-1,
        owed={},
        reopened=alert.reopened + 1,
    )


def note_values(draft: Draft, findings: Findings, rules: Mapping[str, Rule]) -> None:
    """Give the alerts that are written anyway the newest values, and the worst so far."""
    for alert in draft.changed_alerts():
        rule = rules.get(alert.rule_id)
        if rule is None or (alert.state == "resolved" and alert.resolved_ms != draft.now_ms):
            continue
        breach = None
        if alert.state != "resolved":
            key = alert.key
            breach = findings.kept.get(key) or findings.breaching.get(key)
        worst = _worst(draft, alert, rule, breach)
        if breach is not None:
            draft.put(replace(with_values(alert, breach), worst=worst))
        elif worst != alert.worst:
            draft.put(replace(alert, worst=worst))


def with_values(alert: Alert, breach: Breach) -> Alert:
    """Return an alert with the values of a breach, and the comparison that they are of."""
    value, threshold, sample, _, part = breach
    return replace(alert, value=value, threshold=threshold, sample=sample, part=part)


def _worst(draft: Draft, alert: Alert, rule: Rule, breach: Breach | None) -> float | None:
    """Return the worst value of the comparison that is true now; of another one it says nothing."""
    source = alert if breach is None else breach
    part, threshold = source.part, source.threshold
    values = []
    if alert.worst is not None and (alert.part, alert.threshold) == (part, threshold):
        values.append(alert.worst)
    extremes = draft.book.extremes.get(alert.key)
    if extremes is not None and (extremes.part, extremes.threshold) == (part, threshold):
        values += (extremes.low, extremes.high)
    if breach is not None and breach.value is not None:
        values.append(breach.value)
    if not values:
        return alert.worst if breach is None else None
    compare = part_of(rule, part, threshold)
    is_low = compare is not None and compare.operator in ("<", "<=")
    return min(values) if is_low else max(values)
