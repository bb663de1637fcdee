"""Reads a rule file: what alerts are about, checked against the catalogue and the settings.

Every error names file and line, the rule, what is wrong, and the fix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from aggregators.kpis.catalogue import CATALOGUE
from aggregators.policy import Rules
from alerts.alert_view import alert_name
from alerts.plan import DEFAULT_LADDER, AlertmanagerTarget, Plan
from alerts.rules import HEALTH, PIPELINE, Compare, Condition, Rule, Scope, comparisons
from vigie.alert_conditions import WindowMissingError, read_condition
from vigie.alert_plan import DEFAULT_RULES
from vigie.alert_scope import read_active, read_scope
from vigie.alert_target_checks import web_address
from vigie.errors import UserError
from vigie.sections_alert_rules import RuleEntry, RuleFile, Texts
from vigie.settings_file import Given, Path_, read_yaml_file
from vigie.settings_reader import SettingError, nearest, read, show_path

MOST_RULES = 2_000
_LONGEST_TIME_MS = 7 * 86_400_000
_WATCHDOG = "watchdog"


class RuleBook(Struct, frozen=True):
    """The rules of a file, where the ladder of each is written (``file:line`` by rule id), and
    the ids of shipped rules that were left out, as the settings do not have their window."""

    rules: tuple[Rule, ...]
    places: dict[str, str] = {}
    left_out: tuple[str, ...] = ()


def load_alert_rules(path: Path, policies: Rules) -> tuple[Rule, ...]:
    """Return the rules of a file; ``policies`` are those of the settings.

    Of the file that comes with vigie, rules are left out whose window the settings do not have.

    Raises:
        UserError: the first mistake, with file and line, and its fix.
    """
    return read_rule_book(path, policies).rules


def read_rule_book(path: Path, policies: Rules) -> RuleBook:
    """Return the rules of a file, and more about them. Raises as :func:`load_alert_rules`."""
    given = read_yaml_file(path, "rule file", "Name an existing file in alerts.rules.")
    if not isinstance(given.value, dict):
        raise UserError(f"{given.where}: a rule file begins with rules:", "See alert-rules.md.")
    try:
        return _rule_book(given, policies, is_shipped=path == DEFAULT_RULES)
    except SettingError as error:
        raise error.in_file(given) from None


def check_rules_with_plan(
    rules: Sequence[Rule], plan: Plan, places: Mapping[str, str] | None = None
) -> None:
    """Check that the ladder of each rule exists; ``default`` always may be named.

    Raises:
        UserError: there is none of that name; with ``places`` the text has file and line.
    """
    for i, rule in enumerate(rules):
        if rule.ladder in plan.ladders or rule.ladder == DEFAULT_LADDER:
            continue
        place = (places or {}).get(rule.id)
        raise UserError(
            f"{place}: "
            * (place is not None)
            + f"rules[{i}].ladder: {rule.id} goes up the ladder {rule.ladder!r}, and the settings "
            "have none of that name",
            nearest(rule.ladder, {*plan.ladders, DEFAULT_LADDER}),
        )


def _rule_book(given: Given, policies: Rules, *, is_shipped: bool) -> RuleBook:
    entries = given.value.get("rules") if isinstance(given.value, dict) else None
    if entries is not None and isinstance(entries.value, list) and len(entries.value) > MOST_RULES:
        raise SettingError(
            ("rules", MOST_RULES), f"there are {len(entries.value)} rules, more than {MOST_RULES}",
            "Join some by patterns in their scope.",
        )  # fmt: skip
    if given.value == {}:
        raise SettingError((), "there are no rules", "Begin with rules: and a list, maybe empty.")
    file: RuleFile = read(RuleFile, given)
    _check_ids(file.rules)
    rules: list[Rule] = []
    left_out: list[str] = []
    places: dict[str, str] = {}
    for i, entry in enumerate(file.rules):
        try:
            rules.append(_rule(entry, ("rules", i), policies))
        except WindowMissingError:
            if not is_shipped:
                raise
            left_out.append(entry.id)
        places[entry.id] = given.place(("rules", i, "ladder"))
    return RuleBook(tuple(rules), places, tuple(left_out))


def _check_ids(entries: Sequence[RuleEntry]) -> None:
    seen: dict[str, int] = {}
    for i, entry in enumerate(entries):
        # Alertmanager and Prometheus know a rule by the words of its id run together.
        name = alert_name(entry.id)
        if entry.id == _WATCHDOG:
            raise SettingError(
                ("rules", i, "id"), f"rules[{i}].id: {_WATCHDOG} is the alert that always fires",
                "Choose another id.",
            )  # fmt: skip
        if name in seen:
            other = entries[seen[name]].id
            raise SettingError(
                ("rules", i, "id"),
                f"rules[{i}].id: {entry.id} is "
                + ("taken by" if other == entry.id else f"too much like {other} of")
                + f" rules[{seen[name]}]",
                "Give every rule an id of its own.",
            )
        seen[name] = i


def _rule(entry: RuleEntry, path: Path_, policies: Rules) -> Rule:
    scope = Scope()
    if entry.scope is not None:
        scope = read_scope(entry.scope, (*path, "scope"), policies)
    condition = read_condition(
        entry.when, (*path, "when"), policies, scope.kind, entry.clear, entry.min_sample
    )
    of_pipeline = {one.measure.kpi in HEALTH for one in comparisons(condition)}
    if of_pipeline == {True, False}:
        step = (*path, "when")
        raise SettingError(
            step, f"{show_path(step)} mixes KPIs of rows with measures of the {PIPELINE}",
            "Make two rules of it.",
        )  # fmt: skip
    if True in of_pipeline:
        if entry.scope is not None:
            step = (*path, "scope")
            raise SettingError(
                step, f"{show_path(step)}: the {PIPELINE} has one row", "Leave out the scope."
            )
        scope = Scope(PIPELINE)
    for name, value_ms in (
        ("for", entry.for_ms),
        ("clear_for", entry.clear_for_ms),
        ("reopen_within", entry.reopen_within_ms),
    ):
        if value_ms > _LONGEST_TIME_MS:
            step = (*path, name)
            raise SettingError(step, f"{show_path(step)} is longer than 7 days", "Shorten it.")
    for name, link in (("runbook", entry.runbook), ("board", entry.board)):
        if link and web_address(link) is None:
            step = (*path, name)
            raise SettingError(
                step, f"{show_path(step)} is not an http(s) address without user and password",
                "Write for example https://wiki.example.org/runbooks/wait.",
            )  # fmt: skip
    english, french = _names(entry, path, condition)
    about = _texts(entry.about, (*path, "about"))
    active = None
    if entry.active is not None:
        active = read_active(entry.active, (*path, "active"), scope.kind, policies)
    return Rule(
        id=entry.id,
        english=english,
        french=french,
        condition=condition,
        scope=scope,
        severity=entry.severity,
        for_ms=entry.for_ms,
        clear_for_ms=entry.clear_for_ms,
        reopen_within_ms=entry.reopen_within_ms,
        active=active,
        ladder=entry.ladder,
        group=entry.group,
        about_english=about[0],
        about_french=about[1],
        runbook=entry.runbook,
        board=entry.board,
    )


def _names(entry: RuleEntry, path: Path_, condition: Condition) -> tuple[str, str]:
    english, french = _texts(entry.name, (*path, "name"))
    if english:
        return english, french
    if isinstance(condition, Compare) and (kpi := CATALOGUE.get(condition.measure.kpi)) is not None:
        return _as_title(kpi.english), _as_title(kpi.french)
    words = _as_title(entry.id.replace("-", " "))
    return words, words


def _texts(given: Given | None, path: Path_) -> tuple[str, str]:
    if given is None:
        return "", ""
    if not isinstance(given.value, dict):
        given = Given({"en": given}, given.where)
    texts: Texts = read(Texts, given, path)
    return texts.en, texts.en if texts.fr is None else texts.fr


def _as_title(words: str) -> str:
    return words[:1].upper() + words[1:]


def unreached(rules: Sequence[Rule], plan: Plan) -> Iterator[Rule]:
    """Yield the rules of which nobody is told: neither by their ladder nor by an Alertmanager."""
    if any(isinstance(target, AlertmanagerTarget) for target in plan.targets.values()):
        return
    yield from (rule for rule in rules if rule.ladder not in plan.ladders)
