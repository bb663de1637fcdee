"""``vigie alerts try``: which alerts would have fired over a recorded file, and who been told."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from msgspec.structs import replace

from aggregators.board import Board
from aggregators.envelope import Envelope
from aggregators.kpis.groups import FACETS
from aggregators.policy import DAY_MS, HOUR_MS, MINUTE_MS
from alerts.alert import Alert
from alerts.rehearsal import Rehearsal, with_somebody
from alerts.rules import PIPELINE
from exporters.http.board_json import instant
from vigie.alert_folding import Folding
from vigie.alert_plan import alert_plan, rule_path
from vigie.alert_rules_file import check_rules_with_plan, load_alert_rules
from vigie.compute import read_sorted
from vigie.dead_letter_file import DEFAULT, DeadLetterFile
from vigie.errors import UserError
from vigie.progress import tracked
from vigie.settings import Settings
from vigie.source_files import open_source

SECOND_MS = 1_000
CALM_MS = 10 * SECOND_MS
LATE_HOURS = ((10 * MINUTE_MS, MINUTE_MS), (4 * HOUR_MS, 10 * MINUTE_MS))
"""After so long without an event, one look in so long is enough: little can change."""
_FOREVER_MS = 40_000 * DAY_MS


def run_alerts_try(
    settings: Settings, source: str, file: Path, rules: Path | None, as_json: bool
) -> int:
    """Fold a file with its recorded clock, look at it second by second, and print every alert.

    Without ``rules`` those of the settings; those about vigie itself are left out, as a recording
    does not tell how the pipeline was. Where nobody waits and nothing is open, one look in ten
    seconds must do, and fewer in hours without events.

    Raises:
        UserError: the source, the file or the rules cannot be used.
    """
    policies = settings.rules()
    written = load_alert_rules(rules or rule_path(settings), policies)
    found = [rule for rule in written if rule.scope.kind != PIPELINE]
    plan = alert_plan(settings)
    check_rules_with_plan(written, plan)
    with DeadLetterFile(DEFAULT) as letters:
        events = read_sorted(open_source(settings, source, file), file, letters)
        summary = letters.summary()
    if not events:
        raise UserError(f"{file} has no event that can be used", summary or "Is it the file?")
    rehearsal = Rehearsal(found, replace(with_somebody(plan), kept_ms=_FOREVER_MS), policies)
    folding = Folding(events, policies)
    last_ms = _next_second(events[-1].event_time_ms)
    for _ in tracked(_looks(rehearsal, folding, events, last_ms), "looking"):
        pass
    report = _report(rehearsal, events, last_ms)
    if as_json:
        print(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode())  # noqa: T201
    else:
        print("\n".join(_lines(report)))  # noqa: T201
    if summary:
        print(f"vigie: {summary}", file=sys.stderr)  # noqa: T201
    return 0


def _looks(
    rehearsal: Rehearsal, folding: Folding, events: Sequence[Envelope], last_ms: int
) -> Iterator[int]:
    """Look again and again, yielding when; each event is seen within a second of it."""
    now_ms = _next_second(events[0].event_time_ms)
    seen_ms = now_ms
    while True:
        next_ms = folding.next_ms
        if next_ms is not None and next_ms < now_ms:
            seen_ms = now_ms
        look = folding.look(now_ms)
        rehearsal.look(look)
        yield now_ms
        if now_ms >= last_ms:
            return
        assert look.board is not None
        step_ms = _step_ms(rehearsal, look.board, now_ms - seen_ms)
        next_ms = folding.next_ms
        ahead_ms = last_ms if next_ms is None else _next_second(next_ms)
        now_ms = min(now_ms + step_ms, max(ahead_ms, now_ms + SECOND_MS), last_ms)


def _step_ms(rehearsal: Rehearsal, board: Board, quiet_ms: int) -> int:
    rows = next(iter(board.windows.values()), None)
    waiting = 0 if rows is None else rows.total.get("contacts_waiting")
    if isinstance(waiting, int) and waiting > 0 and quiet_ms < HOUR_MS:
        return SECOND_MS
    late = [step_ms for after_ms, step_ms in LATE_HOURS if quiet_ms >= after_ms]
    if late:
        return late[-1]
    book = rehearsal.book
    return SECOND_MS if book.open_keys() or book.owing else CALM_MS


def _next_second(ms: int) -> int:
    """Return the first whole second after an instant."""
    return (ms // SECOND_MS + 1) * SECOND_MS


def _report(rehearsal: Rehearsal, events: Sequence[Envelope], last_ms: int) -> dict[str, Any]:
    fired = sorted(
        (one for one in rehearsal.book.alerts.values() if one.fired_ms is not None),
        key=lambda one: (one.fired_ms, one.rule_id, one.where),
    )
    told: dict[str, Counter[str]] = {}
    for sent in rehearsal.sent:
        for alert_id in sent.notice.alerts:
            told.setdefault(alert_id, Counter())[sent.notice.target] += 1
    alerts = [_alert(rehearsal, one, told.get(one.id, Counter()), last_ms) for one in fired]
    longest = max(alerts, key=lambda one: one["seconds"], default=None)
    return {
        "from": instant(events[0].event_time_ms),
        "to": instant(events[-1].event_time_ms),
        "events": len(events),
        "alerts": alerts,
        "by_rule": dict(Counter(one.rule_id for one in fired).most_common()),
        "messages": dict(Counter(sent.notice.target for sent in rehearsal.sent).most_common()),
        "longest": None if longest is None else {"id": longest["id"], "rule": longest["rule"]},
    }


def _alert(rehearsal: Rehearsal, alert: Alert, told: Counter[str], last_ms: int) -> dict[str, Any]:
    assert alert.fired_ms is not None
    end_ms = alert.resolved_ms
    return {
        "id": alert.id,
        "rule": alert.rule_id,
        "severity": alert.severity,
        **alert.where.labels(),
        "fired": instant(alert.fired_ms),
        "resolved": None if end_ms is None else instant(end_ms),
        "seconds": ((last_ms if end_ms is None else end_ms) - alert.fired_ms) / SECOND_MS,
        "worst": rehearsal.worst(alert),
        "threshold": alert.threshold,
        "reopened": alert.reopened,
        "told": dict(sorted(told.items())),
    }


_ROW_LABELS = ("queue", "channel", "team", *FACETS)


def _lines(report: dict[str, Any]) -> Iterator[str]:
    yield f"{report['events']} events from {report['from']} to {report['to']}"
    for one in report["alerts"]:
        row = "/".join(one[label] for label in _ROW_LABELS if label in one)
        end = "still open" if one["resolved"] is None else _length(one["seconds"])
        worst = "" if one["worst"] is None else f", at worst {one['worst']:.4g}"
        again = f", came back {one['reopened']} times" if one["reopened"] else ""
        told = ", ".join(f"{target} {n}" for target, n in one["told"].items()) or "nobody"
        yield f"{one['fired']}  {one['severity']:8}  {one['rule']}  {row or '-'}"
        yield f"    {end}{worst}{again}; messages: {told}"
    rules = ", ".join(f"{rule} {n}" for rule, n in report["by_rule"].items())
    yield f"alerts: {len(report['alerts'])}{f' ({rules})' if rules else ''}"
    targets = ", ".join(f"{target} {n}" for target, n in report["messages"].items())
    yield f"messages: {sum(report['messages'].values())}{f' ({targets})' if targets else ''}"
    if report["longest"] is not None:
        longest = next(one for one in report["alerts"] if one["id"] == report["longest"]["id"])
        yield f"longest: {longest['rule']}, {_length(longest['seconds'])}"


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return " ".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
