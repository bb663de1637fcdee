"""Reads a file of rule tests: what is the case when, what is asked for, what must come of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from msgspec import Struct

from aggregators.events import Envelope
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.policy import Rules
from alerts.evaluation import Look
from alerts.rules import HEALTH, Rule
from alerts.wording import unit_of
from vigie.alert_folding import Folding
from vigie.alert_measures import read_measure
from vigie.alert_thresholds import ConditionError, read_threshold
from vigie.alert_told_values import Setting, Told, ToldValues, where_of
from vigie.durations import parse_duration_ms
from vigie.errors import UserError
from vigie.instants import parse_instant_ms
from vigie.sections_alert_tests import RowName, RuleTestEntry, RuleTestFile
from vigie.settings_file import Given, Path_, read_yaml_file
from vigie.settings_reader import SettingError, nearest, read, show_path

LONGEST_MS = 7 * 86_400_000


Looks = Callable[[], Callable[[int], Look]]
"""Begins to give looks: at instants in epoch ms that do not step back."""


class RuleTest(Struct, frozen=True, kw_only=True):
    """One test, checked. ``place`` is where it is written, ``looks`` gives what is to be seen."""

    entry: RuleTestEntry
    place: str
    start_ms: int
    end_ms: int
    looks: Looks


def read_test_file(path: Path) -> tuple[RuleTestFile, Given]:
    """Read a test file as far as its shape goes.

    Raises:
        UserError: it is wrong; names the line and the fix.
    """
    given = read_yaml_file(path, "file of rule tests", "Name an existing file.")
    try:
        return read(RuleTestFile, given), given
    except SettingError as error:
        raise error.in_file(given) from None


def rule_tests(
    file: RuleTestFile,
    given: Given,
    folder: Path,
    rules: Sequence[Rule],
    policies: Rules,
    zone: str,
) -> list[RuleTest]:
    """Return the tests of a file.

    Raises:
        UserError: one means nothing; names the line and the fix.
    """
    found: list[RuleTest] = []
    rule_ids = {rule.id for rule in rules}
    for i, entry in enumerate(file.tests):
        reader = _Reader(("tests", i), given, folder, rule_ids, policies, zone)
        try:
            found.append(reader.read(entry))
        except SettingError as error:
            raise error.in_file(given) from None
    return found


class _Reader:
    """Checks one test."""

    def __init__(
        self,
        path: Path_,
        given: Given,
        folder: Path,
        rule_ids: Collection[str],
        policies: Rules,
        zone: str,
    ) -> None:
        self._path = path
        self._given = given
        self._folder = folder
        self._rule_ids = rule_ids
        self._policies = policies
        self._zone = zone

    def read(self, entry: RuleTestEntry) -> RuleTest:
        start_ms = self._start(entry)
        last_ms = max(
            (
                *(one.at_ms for one in entry.values),
                *(one.at_ms for one in entry.actions),
                *(one.at_ms for one in entry.expect),
                *(at_ms for notice in entry.notices for at_ms in notice.between),
            ),
            default=0,
        )
        if last_ms > LONGEST_MS:
            raise SettingError(
                self._path, f"{self._shown()} goes on for more than 7 days", "Shorten it."
            )
        if not entry.expect and not entry.notices:
            raise SettingError(
                self._path, f"{self._shown()} expects nothing", "Add expect: or notices:."
            )
        self._check(entry)
        if entry.events is not None and entry.values:
            raise SettingError(
                (*self._path, "events"), f"{self._shown()} has values and events",
                "Keep one of the two: values follow from events.",
            )  # fmt: skip
        looks = (
            self._of_events(entry, start_ms) if entry.events else self._of_values(entry, start_ms)
        )
        return RuleTest(
            entry=entry,
            place=self._given.place(self._path),
            start_ms=start_ms,
            end_ms=start_ms + last_ms,
            looks=looks,
        )

    def _shown(self, *step: str | int) -> str:
        return show_path((*self._path, *step))

    def _start(self, entry: RuleTestEntry) -> int:
        try:
            return parse_instant_ms(entry.start, self._zone)
        except UserError as error:
            step = (*self._path, "start")
            raise SettingError(step, f"{show_path(step)}: {error.message}", error.fix) from None

    def _check(self, entry: RuleTestEntry) -> None:
        for i, action in enumerate(entry.actions):
            step = (*self._path, "actions", i)
            asked = [
                word
                for word in ("acknowledge", "release", "snooze", "silence")
                if getattr(action, word) is not None
            ]
            if len(asked) != 1:
                raise SettingError(
                    step, f"{show_path(step)} must ask for one thing",
                    "Write acknowledge, release, snooze or silence, with the id of a rule.",
                )  # fmt: skip
            if asked[0] in ("snooze", "silence") and not action.for_ms:
                raise SettingError(
                    step, f"{show_path(step)} does not say for how long", "Add for: 10m."
                )
            if asked[0] != "silence":
                self._check_rule((*step, asked[0]), getattr(action, asked[0]))
            self._check_row(step, action)
        for i, expected in enumerate(entry.expect):
            for n, alert in enumerate(expected.alerts):
                step = (*self._path, "expect", i, "alerts", n)
                self._check_rule((*step, "rule"), alert.rule)
                self._check_row(step, alert)
        for i, notice in enumerate(entry.notices):
            step = (*self._path, "notices", i)
            if notice.rule is not None:
                self._check_rule((*step, "rule"), notice.rule)
            if len(notice.between) != 2 or notice.between[0] > notice.between[1]:
                raise SettingError(
                    (*step, "between"), f"{show_path(step)}.between must be two times in order",
                    "Write for example between: [50s, 60s].",
                )  # fmt: skip

    def _check_rule(self, step: Path_, rule_id: str) -> None:
        if rule_id not in self._rule_ids:
            raise SettingError(
                step, f"{show_path(step)}: there is no rule {rule_id!r}",
                nearest(rule_id, self._rule_ids),
            )  # fmt: skip

    def _check_row(self, step: Path_, row: RowName) -> None:
        try:
            where_of(row)
        except ValueError as error:
            raise SettingError(
                step, f"{show_path(step)} {error}", "Name a queue and channel, or one other row."
            ) from None

    # -- values -------------------------------------------------------------------------------

    def _of_values(self, entry: RuleTestEntry, start_ms: int) -> Looks:
        told: list[Told] = []
        for i, one in enumerate(entry.values):
            step = (*self._path, "values", i)
            self._check_row(step, one)
            settings: list[Setting] = []
            health: dict[str, float] = {}
            for written, value in one.set.items():
                self._read_value(written, value, (*step, "set", written), settings, health)
            told.append(Told(start_ms + one.at_ms, where_of(one), settings, health))
        told.sort(key=attrgetter("at_ms"))
        return lambda: ToldValues(told, self._policies.windows).look

    def _read_value(
        self,
        written: str,
        value: Given,
        step: Path_,
        settings: list[Setting],
        health: dict[str, float],
    ) -> None:
        kpi = CATALOGUE.get(written.partition(".")[0].strip())
        in_all = kpi is not None and kpi.kind == "R" and "[" not in written
        try:
            asked = f"{written}[{self._policies.windows[0]}]" if in_all else written
            measure = read_measure(asked, self._policies)
            unit = unit_of(measure)
            number = None if value.value is None else read_threshold(value.text, unit, written)
        except ConditionError as error:
            raise SettingError(step, f"{self._shown()}: {error.problem}", error.fix) from None
        if number is not None and unit == "count":
            number = int(number)
        if measure.kpi in HEALTH:
            health[measure.kpi] = float(number or 0)
        else:
            window = "" if in_all else measure.window
            settings.append((measure.kpi, measure.labels, window, number))

    # -- events -------------------------------------------------------------------------------

    def _of_events(self, entry: RuleTestEntry, start_ms: int) -> Looks:
        given = entry.events
        assert given is not None
        step = (*self._path, "events")
        if isinstance(given.value, list):
            lines = [
                (one.where, _event_line(one, n, start_ms, self._zone))
                for n, one in enumerate(given.value)
            ]
        else:
            lines = self._lines(self._folder / given.text, step)
        events = _decoded(lines, self._policies)
        events.sort(key=attrgetter("event_time_ms"))
        return lambda: Folding(events, self._policies).look

    def _lines(self, path: Path, step: Path_) -> list[tuple[str, str]]:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise SettingError(
                step, f"{show_path(step)}: cannot read {path}: {reason}",
                "Name a file of canonical events, from the folder of the tests.",
            ) from None  # fmt: skip
        return [(f"{path}:{n}", line) for n, line in enumerate(text.splitlines(), 1)]


def _event_line(given: Given, n: int, start_ms: int, zone: str) -> str:
    """Return an event of a list as a line; ``at`` is relative, what every event has is added."""
    event: Any = given.plain()
    if not isinstance(event, dict):
        raise UserError(f"{given.where}: an event is a mapping", "Write {at: 5s, type: ...}.")
    made = {"v": 1, "event_id": f"event-{n}", "source": "test"} | event
    at = made.pop("at", None)
    if at is not None:
        try:
            made["event_time_ms"] = start_ms + parse_duration_ms(str(at))
        except ValueError as error:
            raise UserError(f"{given.where}: at: {error}", "Write for example at: 90s.") from None
    return json.dumps(made)


def _decoded(lines: Sequence[tuple[str, str]], policies: Rules) -> list[Envelope]:
    from streams.sources.canonical import CanonicalSource
    from streams.sources.source import Refused, SourceLine

    source = CanonicalSource("canonical", {}, file="", rules=policies)
    events: list[Envelope] = []
    for n, (where, line) in enumerate(lines):
        for one in source.feed(SourceLine(n, line)):
            if isinstance(one, Refused):
                raise UserError(f"{where}: {one.detail}", "Correct the event.")
            events.append(one)
    return events
