"""``vigie alerts test``: unit tests of rules, written in YAML, run over a rehearsal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from alerts.actions import check_action
from alerts.alert import Action, Key, Silence
from alerts.rehearsal import Rehearsal, with_somebody
from alerts.rules import Where
from vigie.alert_plan import DEFAULT_RULES, alert_plan
from vigie.alert_rehearsals import RuleTest, read_test_file, rule_tests
from vigie.alert_rules_file import check_rules_with_plan, load_alert_rules
from vigie.alert_told_values import where_of
from vigie.durations import format_duration
from vigie.sections_alert_tests import ActionEntry, ExpectEntry, NoticeEntry
from vigie.settings import Settings

SECOND_MS = 1_000


def run_alerts_test(settings: Settings, file: Path) -> int:
    """Run the tests of a file, say how each went, and return 0 if all went well, else 1.

    Raises:
        UserError: the file, its rules or its events are wrong.
    """
    written, given = read_test_file(file)
    policies = settings.rules()
    path = DEFAULT_RULES if written.rules is None else file.parent / written.rules
    rules = load_alert_rules(path, policies)
    plan = alert_plan(settings)
    check_rules_with_plan(rules, plan)
    tests = rule_tests(written, given, file.parent, rules, policies, settings.zone)
    failed = 0
    for test in tests:
        faults = list(_faults(test, Rehearsal(rules, with_somebody(plan), policies)))
        failed += bool(faults)
        place = f" ({test.place})" if faults else ""
        print(f"{'FAILED' if faults else 'passed'}  {test.entry.name}{place}")  # noqa: T201
        for fault in faults:
            print(f"        {fault}")  # noqa: T201
    print(f"{len(tests) - failed} passed, {failed} failed")  # noqa: T201
    return 1 if failed else 0


def _faults(test: RuleTest, rehearsal: Rehearsal) -> Iterator[str]:
    """Run a test and yield what is not as expected."""
    look = test.looks()
    entry = test.entry
    actions = sorted(entry.actions, key=lambda one: one.at_ms)
    expected = sorted(entry.expect, key=lambda one: one.at_ms)
    now_ms = test.start_ms
    while True:
        at_ms = now_ms - test.start_ms
        while actions and actions[0].at_ms <= at_ms:
            yield from _ask(rehearsal, actions.pop(0), now_ms, len(actions))
        rehearsal.look(look(now_ms))
        while expected and expected[0].at_ms <= at_ms:
            yield from _compare(rehearsal, expected.pop(0))
        if now_ms >= test.end_ms:
            break
        now_ms += SECOND_MS
    for notice in entry.notices:
        yield from _count(rehearsal, notice, test.start_ms)


def _ask(rehearsal: Rehearsal, entry: ActionEntry, now_ms: int, n: int) -> Iterator[str]:
    action = _action(rehearsal, entry, now_ms, f"test-{now_ms}-{n}")
    if action is None:
        why: str | None = "no such alert is open"
    else:
        why = check_action(rehearsal.book, action, now_ms)
    if action is None or why is not None:
        yield f"the action at {format_duration(entry.at_ms)} cannot be done: {why}"
    else:
        rehearsal.ask(action)


def _action(rehearsal: Rehearsal, entry: ActionEntry, now_ms: int, name: str) -> Action | None:
    until_ms = None if entry.for_ms is None else now_ms + entry.for_ms
    if entry.silence is not None:
        assert until_ms is not None
        where = where_of(entry)
        silence = Silence(
            id=name, start_ms=now_ms, end_ms=until_ms, by=entry.by, why=entry.why,
            rule=entry.silence, name=where.name, channel=entry.channel or "",
        )  # fmt: skip
        return Action(
            id=name, what="silence", at_ms=now_ms, by=entry.by, why=entry.why, about=name,
            silence=silence,
        )  # fmt: skip
    what: Literal["acknowledge", "release", "snooze"]
    if entry.acknowledge is not None:
        what, rule_id = "acknowledge", entry.acknowledge
    elif entry.release is not None:
        what, rule_id = "release", entry.release
    else:
        assert entry.snooze is not None
        what, rule_id = "snooze", entry.snooze
    key = Key(rule_id, where_of(entry, rehearsal.rules[rule_id]))
    alert = rehearsal.book.current(key)
    if alert is None:
        return None
    return Action(
        id=name, what=what, at_ms=now_ms, by=entry.by, why=entry.why, about=alert.id,
        until_ms=until_ms,
    )  # fmt: skip


def _compare(rehearsal: Rehearsal, entry: ExpectEntry) -> Iterator[str]:
    expected = {
        Key(one.rule, where_of(one, rehearsal.rules[one.rule])): one.state for one in entry.alerts
    }
    got: dict[Key, str] = {alert.key: alert.state for alert in rehearsal.book.open.values()}
    for key, state in expected.items():
        current = rehearsal.book.current(key)
        if state in ("pending", "resolved") and current is not None:
            got.setdefault(key, current.state)
    if got != expected:
        at = format_duration(entry.at_ms)
        yield f"at {at}: expected {_alerts(expected)}; got {_alerts(got)}"


def _count(rehearsal: Rehearsal, entry: NoticeEntry, start_ms: int) -> Iterator[str]:
    first_ms, last_ms = entry.between
    found = [
        sent
        for sent in rehearsal.sent
        if first_ms <= sent.at_ms - start_ms <= last_ms
        and entry.rule in (None, *sent.rules)
        and entry.what in (None, sent.notice.what)
        and entry.target in (None, sent.notice.target)
    ]
    if len(found) == entry.count or (entry.count is None and found):
        return
    wanted = "at least 1" if entry.count is None else str(entry.count)
    about = " ".join(word for word in (entry.rule, entry.what) if word)
    whom = f" to {entry.target}" if entry.target else ""
    when = " to ".join(format_duration(at_ms) for at_ms in entry.between)
    times = ", ".join(
        f"{sent.notice.what} at {format_duration(sent.at_ms - start_ms)}" for sent in found
    )
    yield (
        f"from {when}: expected {wanted} messages{whom} about {about or 'anything'}; "
        f"got {len(found)}{f' ({times})' if times else ''}"
    )


def _alerts(found: Mapping[Key, str]) -> str:
    shown = (f"{key.rule_id}{_row(key.where)} {state}" for key, state in sorted(found.items()))
    return ", ".join(shown) or "nothing"


def _row(where: Where) -> str:
    labels = where.labels()
    return f" in {'/'.join(labels.values())}" if labels else ""
