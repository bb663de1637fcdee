"""Ladders: when which targets become owed a message, step by step, until somebody takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from alerts.alert import Alert, Owed, Transition
from alerts.draft import happened, simply
from alerts.duty import on_duty
from alerts.plan import DEFAULT_LADDER, AlertmanagerTarget, Ladder, Plan, Step
from alerts.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from alerts.alert import Key
    from alerts.draft import Draft


def ladder_of(name: str, plan: Plan) -> Ladder | None:
    """Return the ladder of this name, else the default one, else None: nobody is told."""
    return plan.ladders.get(name, plan.ladders.get(DEFAULT_LADDER))


def is_told(plan: Plan, target: str) -> bool:
    """Tell whether messages go to a target. Alertmanagers are fed with all alerts elsewhere."""
    found = plan.targets.get(target)
    return found is not None and not isinstance(found, AlertmanagerTarget)


def targets_of(step: Step, plan: Plan, at_ms: int) -> tuple[str, ...]:
    """Return the targets of a step: its own, of its people, of who is on duty; each once."""
    people = list(step.people)
    for duty_id in step.duties:
        duty = plan.duties.get(duty_id)
        if duty is not None:
            people += on_duty(duty, plan.people, at_ms)
    named = list(step.targets)
    for person_id in people:
        person = plan.people.get(person_id)
        if person is not None:
            named += person.targets
    return tuple(target for target in dict.fromkeys(named) if is_told(plan, target))


def owe_telling(
    draft: Draft, rules: Mapping[str, Rule], plan: Plan, unknown: Container[Key] = ()
) -> None:
    """Bring all ladders to this instant.

    Of an ``unknown`` key nobody can say whether it is still true. Who should hear first does; but
    after an hour without a leader nobody else is woken for what may be over long ago.
    """
    for alert in draft.open_alerts():
        now = alert
        until_ms = now.snoozed_until_ms
        if until_ms is not None and until_ms <= draft.now_ms:
            now = happened(now, simply("woken", draft.now_ms), snoozed_until_ms=None)
        if draft.is_held(now):
            if now.ladder_from_ms is not None or now.owed:
                now = replace(now, ladder_from_ms=None, owed={})
        else:
            if now.ladder_from_ms is None:
                now = replace(now, ladder_from_ms=draft.now_ms, level=-1, reminded_ms=None)
            rule = rules.get(now.rule_id)
            ladder = ladder_of("" if rule is None else rule.ladder, plan)
            if ladder is not None and ladder.steps:
                is_true = now.key not in unknown and now.false_since_ms is None
                if now.state == "firing":
                    now = _climb(now, ladder, rule, plan, draft.now_ms, is_true)
                elif is_true:
                    now = _remind(now, ladder, rule, plan, draft.now_ms)
        if now is not alert:
            draft.put(now)


def _climb(
    alert: Alert, ladder: Ladder, rule: Rule | None, plan: Plan, now_ms: int, is_true: bool
) -> Alert:
    assert alert.ladder_from_ms is not None
    ran_ms, last = now_ms - alert.ladder_from_ms, len(ladder.steps) - 1
    while alert.level < last and ran_ms >= ladder.steps[alert.level + 1].after_ms:
        if not is_true and alert.level >= 0:
            break
        level, targets = _reached(ladder, alert.level + 1, plan, now_ms)
        if not targets:
            return alert  # nobody is on duty: whoever comes first is told
        alert = _owe(alert, targets, level, rule, now_ms)
        if level > 0:
            alert = happened(alert, Transition(what="escalated", at_ms=now_ms, level=level))
        alert = replace(alert, level=level, reminded_ms=now_ms)
    is_at_top = alert.level >= last and is_true
    if not is_at_top or ladder.repeat_ms <= 0 or alert.reminded_ms is None:
        return alert
    if now_ms - alert.reminded_ms < ladder.repeat_ms or not _is_steady(alert, rule, now_ms):
        return alert
    targets = targets_of(ladder.steps[last], plan, now_ms)
    if not targets:
        return alert
    alert = _owe(alert, targets, alert.level, rule, now_ms, is_repeat=True)
    again = Transition(what="reminded", at_ms=now_ms, level=alert.level)
    return happened(alert, again, reminded_ms=now_ms)


def _reached(
    ladder: Ladder, level: int, plan: Plan, now_ms: int
) -> tuple[int, tuple[str, ...]]:  # fmt: skip
    """Return the first step from a level on that reaches somebody now, and whom."""
    for number in range(level, len(ladder.steps)):
        targets = targets_of(ladder.steps[number], plan, now_ms)
        if targets:
            return number, targets
    return level, ()


def _owe(
    alert: Alert,
    targets: Iterable[str],
    level: int,
    rule: Rule | None,
    now_ms: int,
    is_repeat: bool = False,
) -> Alert:
    owed = dict(alert.owed)
    for target in targets:
        told, waiting = alert.told.get(target), owed.get(target)
        # Who never heard that it fires is told just that, even when others are reminded.
        if is_repeat and told is not None and told.what != "resolved":
            if waiting is None:
                owed[target] = Owed("reminder", now_ms, level)
            continue
        due_ms = now_ms
        if alert.reopened and told is not None and rule is not None:
            fires_ms = told.newest_firing_ms
            if fires_ms is not None:
                due_ms = max(now_ms, fires_ms + rule.reopen_within_ms)
        if waiting is not None and waiting.what == "firing":
            due_ms = min(due_ms, waiting.due_ms)
        owed[target] = Owed("firing", due_ms, level)
    return replace(alert, owed=owed)


def _remind(alert: Alert, ladder: Ladder, rule: Rule | None, plan: Plan, now_ms: int) -> Alert:
    since_ms = max(alert.acknowledged_ms or 0, alert.reminded_ms or 0, alert.ladder_from_ms or 0)
    if ladder.remind_ms <= 0 or now_ms - since_ms < ladder.remind_ms:
        return alert
    if not _is_steady(alert, rule, now_ms):
        return alert
    owed = {
        target: Owed("reminder", now_ms, max(alert.level, 0)) for target in _who_knows(alert, plan)
    }
    if not owed:
        return alert
    again = Transition(what="reminded", at_ms=now_ms)
    return happened(alert, again, reminded_ms=now_ms, owed=owed)


def _is_steady(alert: Alert, rule: Rule | None, now_ms: int) -> bool:
    """Tell whether it does not flap: nobody is reminded of what comes and goes all the time."""
    from_ms = alert.steady_from_ms
    return from_ms is None or rule is None or now_ms - from_ms >= rule.clear_for_ms


def owed_once_resolved(
    alert: Alert, rule: Rule | None, plan: Plan, resolved_ms: int
) -> dict[str, Owed]:
    """Return whom to tell that an alert is over: all who know of it, nobody else.

    One that came back before may do so again, so its end is told when it no longer can.
    """
    ladder = ladder_of("" if rule is None else rule.ladder, plan)
    if ladder is None or not ladder.tell_resolved:
        return {}
    wait_ms = rule.reopen_within_ms if rule is not None and alert.reopened else 0
    return {target: Owed("resolved", resolved_ms + wait_ms) for target in _who_knows(alert, plan)}


def _who_knows(alert: Alert, plan: Plan) -> list[str]:
    """Return the targets that were told of an alert, and not that it is over; sorted."""
    return [
        target
        for target, told in sorted(alert.told.items())
        if told.what != "resolved" and is_told(plan, target)
    ]
