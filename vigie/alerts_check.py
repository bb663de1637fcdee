"""Checks a rule file against the settings: ``vigie alerts check``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from alerts.plan import Plan
from vigie.alert_plan import alert_plan, rule_path
from vigie.alert_rules_file import RuleBook, check_rules_with_plan, read_rule_book, unreached
from vigie.settings import Settings

_MOST_NAMED = 5


def run_alerts_check(settings: Settings, file: Path | None) -> int:
    """Check the file, or that of the settings; print what is in it, warn of what reaches nobody.

    Raises:
        UserError: the first mistake, with file and line, and its fix.
    """
    path = rule_path(settings) if file is None else file
    book = read_rule_book(path, settings.rules())
    plan = alert_plan(settings)
    check_rules_with_plan(book.rules, plan, book.places)
    counts = (
        _count(len(book.rules), "rule"), _count(len(plan.targets), "target"),
        _count(len(plan.ladders), "ladder"), _count(len(plan.duties), "duty", "duties"),
    )  # fmt: skip
    click.echo(f"{path}: valid, {', '.join(counts)}")
    for warning in _warnings(settings, book, plan):
        click.echo(f"vigie: {warning}", err=True)
    return 0


def _warnings(settings: Settings, book: RuleBook, plan: Plan) -> Iterator[str]:
    if not settings.alerts.enabled:
        yield "alerts.enabled is false: no rule is evaluated."
    if book.left_out:
        yield (
            f"left out, as the settings do not have their window: {_named(book.left_out)}. "
            "Add the window to windows: in the settings."
        )
    told = [rule.id for rule in unreached(book.rules, plan)]
    if told and not plan.targets:
        yield "alerts reach nobody, they are only shown: add alerts.targets to the settings."
    elif told:
        yield (
            f"rules that reach nobody: {_named(told)}. Add the ladder they name (default, if "
            "they name none) to alerts.ladders of the settings."
        )
    for duty in plan.duties.values():
        if duty.calendar is not None:
            from alerts.duty import unknown_summaries

            if strangers := unknown_summaries(duty.calendar, plan.people):
                yield (
                    f"alerts.duties.{duty.id}.calendar names nobody of alerts.people: "
                    f"{_named(strangers)}. While no other entry does, the rotation counts."
                )


def _count(n: int, one: str, several: str = "") -> str:
    return f"{n} {one if n == 1 else several or one + 's'}"


def _named(names: list[str] | tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
