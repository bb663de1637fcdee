"""Notices: messages owed, many alerts of a group in one, each told once.

A notice and what its alerts remember of it (``told``) are made in the same changes: a new leader
neither forgets nor repeats.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from alerts.alert import Alert, News, Notice, Owed, Told, Transition
from alerts.clock_back import AGAIN_MS, CLOCKS_DIFFER_MS
from alerts.draft import Draft, happened
from alerts.ladder import is_told, ladder_of, targets_of
from alerts.plan import Plan
from alerts.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alerts.book import Book, Changes

Bucket: TypeAlias = list[tuple[Alert, Owed]]

TOO_OLD_MS = 3_600_000
"""A message that could not be sent for so long is of no use to its target any more."""
TOO_OLD = "too old"
MOST_ALERTS = 2_000
"""Alerts of one notice; the others follow in the next."""
_PATIENCE: dict[News, int] = {"firing": 0, "resolved": 2, "reminder": 2}
"""For how many group intervals other news may go first."""


def make_notices(draft: Draft, rules: Mapping[str, Rule], plan: Plan) -> None:
    """Make one notice for each group and target whose time has come."""
    buckets: dict[tuple[str, str], Bucket] = {}
    for alert in draft.owing():
        if alert.again_since_ms is not None:
            continue
        reached = {
            target: owed
            for target, owed in alert.owed.items()
            if is_told(plan, target) and not _is_history(owed, plan, draft.now_ms)
        }
        if len(reached) < len(alert.owed):
            draft.put(replace(alert, owed=reached))
        if draft.is_held(alert):
            continue
        group = _group(rules.get(alert.rule_id), alert.rule_id)
        for target, owed in reached.items():
            if owed.due_ms <= draft.now_ms:
                buckets.setdefault((group, target), []).append((alert, owed))
    members = _members(rules) if buckets else {}
    for (group, target), bucket in sorted(buckets.items()):
        first_ms = min(owed.due_ms for _, owed in bucket)
        last_ms = _last_ms(draft, members.get(group, {group}), target)
        if draft.now_ms - first_ms < plan.group_wait_ms:
            continue
        since_ms = plan.group_interval_ms if last_ms is None else draft.now_ms - last_ms
        if since_ms >= plan.group_interval_ms or since_ms < -CLOCKS_DIFFER_MS:
            _make(draft, rules, plan, group, target, bucket)


def _is_history(owed: Owed, plan: Plan, now_ms: int) -> bool:
    """Tell whether nobody wants to hear any more that it is over: a silence was long."""
    longest_ms = TOO_OLD_MS + (_PATIENCE["resolved"] + 1) * plan.group_interval_ms
    return owed.what == "resolved" and now_ms - owed.due_ms > longest_ms


def _group(rule: Rule | None, rule_id: str) -> str:
    return rule_id if rule is None else rule.group or rule.id


def _members(rules: Mapping[str, Rule]) -> dict[str, set[str]]:
    members: dict[str, set[str]] = {}
    for rule in rules.values():
        members.setdefault(_group(rule, rule.id), set()).add(rule.id)
    return members


def _last_ms(draft: Draft, rule_ids: Iterable[str], target: str) -> int | None:
    told = (draft.book.told_ms(rule_id, target) for rule_id in rule_ids)
    return max((at_ms for at_ms in told if at_ms is not None), default=None)


def _make(
    draft: Draft,
    rules: Mapping[str, Rule],
    plan: Plan,
    group: str,
    target: str,
    bucket: Bucket,
) -> None:
    waiting: dict[News, int] = {}
    for _, owed in bucket:
        late_ms = owed.due_ms + _PATIENCE[owed.what] * plan.group_interval_ms
        waiting[owed.what] = min(late_ms, waiting.get(owed.what, late_ms))
    what = min(waiting, key=lambda one: (waiting[one], one))
    chosen = sorted(
        ((alert.id, owed.level) for alert, owed in bucket if owed.what == what),
    )[:MOST_ALERTS]
    ids = tuple(alert_id for alert_id, _ in chosen)
    first = draft.alert(ids[0])
    rule = None if first is None else rules.get(first.rule_id)
    draft.put_notice(
        Notice(
            id=notice_id(target, group, what, ids, draft.now_ms),
            target=target,
            what=what,
            group=group,
            alerts=ids,
            made_ms=draft.now_ms,
            level=max(level for _, level in chosen),
            ladder=rule.ladder if rule is not None else "",
        )
    )
    for alert_id in ids:
        alert = draft.alert(alert_id)
        assert alert is not None
        draft.put(_with_told(alert, target, what, draft.now_ms))


def notice_id(target: str, group: str, what: News, alerts: Sequence[str], made_ms: int) -> str:
    """Return the id of a notice: the same for the same message of the same second."""
    text = "\x1f".join((target, group, what, str(made_ms // 1000), *sorted(alerts)))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _with_told(alert: Alert, target: str, what: News, now_ms: int) -> Alert:
    """Return an alert of which a target is told now, and owed nothing more."""
    before = alert.told.get(target)
    firing_ms = None if what == "firing" or before is None else before.newest_firing_ms
    return replace(
        alert,
        told={**alert.told, target: Told(what, now_ms, firing_ms)},
        owed={name: owed for name, owed in alert.owed.items() if name != target},
    )


# -- what became of a notice -------------------------------------------------------------------


def delivered(book: Book, notice: Notice, now_ms: int) -> Changes:
    """Return what to write when a message has reached its target."""
    draft = Draft(book, now_ms)
    if notice.id in book.notices:
        _close(draft, notice, Transition(what="notified", at_ms=now_ms, by=notice.target))
    return draft.changes


def undelivered(book: Book, notice: Notice, why: str, plan: Plan, now_ms: int) -> Changes:
    """Return what to write when a message never will: whoever comes next is told instead."""
    draft = Draft(book, now_ms)
    if notice.id in book.notices:
        give_up(draft, notice, why, plan)
    return draft.changes


def drop_old(draft: Draft, plan: Plan) -> None:
    """Give up the notices that nobody could send for too long."""
    for notice in draft.book.notices.values():
        if draft.now_ms - notice.made_ms > TOO_OLD_MS:
            give_up(draft, notice, TOO_OLD, plan)


def give_up(draft: Draft, notice: Notice, why: str, plan: Plan) -> None:
    """Take a notice off the list, and tell the next target of what still matters."""
    now_ms = draft.now_ms
    failed = Transition(what="undelivered", at_ms=now_ms, by=notice.target, why=why)
    alerts = [alert for alert in _close(draft, notice, failed) if not draft.is_held(alert)]
    if notice.what == "firing":
        alerts = [alert for alert in alerts if alert.state == "firing"]
    else:  # the end of an alert is news only for those who know of it, and they are told anyway
        alerts = [alert for alert in alerts if alert.is_open and notice.what == "reminder"]
    tried = (*notice.tried, notice.target)
    target = _next_target(notice, tried, plan, now_ms)
    if target is None:
        if notice.what == "firing" and is_told(plan, notice.target):
            _try_again(draft, notice, alerts)
        return
    if not alerts:
        return
    heard = (alert.told.get(target) for alert in alerts)
    knows = all(told is not None and told.what != "resolved" for told in heard)
    what: News = notice.what if knows else "firing"
    ids = tuple(alert.id for alert in alerts)
    draft.put_notice(
        replace(
            notice,
            id=notice_id(target, notice.group, what, ids, now_ms),
            target=target,
            what=what,
            alerts=ids,
            made_ms=now_ms,
            instead_of=notice.target,
            tried=tried,
        )
    )
    for alert in alerts:
        draft.put(_with_told(alert, target, what, now_ms))


def _try_again(draft: Draft, notice: Notice, alerts: Iterable[Alert]) -> None:
    again = Owed("firing", draft.now_ms + AGAIN_MS, notice.level)
    for alert in alerts:
        draft.put(replace(alert, owed={notice.target: again, **alert.owed}))


def _close(draft: Draft, notice: Notice, transition: Transition) -> list[Alert]:
    draft.delete(notice)
    found = (draft.alert(alert_id) for alert_id in notice.alerts)
    return [draft.put(happened(alert, transition)) for alert in found if alert is not None]


def _next_target(notice: Notice, tried: Sequence[str], plan: Plan, now_ms: int) -> str | None:
    ladder = ladder_of(notice.ladder, plan)
    steps = () if ladder is None else ladder.steps[notice.level + 1 :]
    named = [target for step in steps for target in targets_of(step, plan, now_ms)]
    others = [*named, *(target for target in plan.targets if is_told(plan, target))]
    return next((target for target in others if target not in tried), None)
