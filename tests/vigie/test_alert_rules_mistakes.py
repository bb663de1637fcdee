"""A wrong rule file: each mistake is one line with its place and its fix."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aggregators.policy import Rules
from vigie.alert_rules_file import load_alert_rules
from vigie.errors import UserError

POLICIES = Rules()


def load(folder: Path, text: str) -> None:
    """Load a rule file of that text."""
    file = folder / "r.yaml"
    file.write_text(text)
    load_alert_rules(file, POLICIES)


def said(folder: Path, text: str) -> str:
    """Return what is said of a wrong file."""
    with pytest.raises(UserError) as caught:
        load(folder, text)
    return str(caught.value).removeprefix(f"{folder}/")


HEAD = "rules:\n  - id: a\n"
WRONG: list[tuple[str, str]] = [
    ("rule: []\n", "r.yaml:1: rule is not a setting. Did you mean rules?"),
    ("- a\n", "r.yaml:1: a rule file begins with rules:. See alert-rules.md."),
    ("# nothing\n", "r.yaml:1: there are no rules. Begin with rules: and a list, maybe empty."),
    (
        HEAD,
        (
            "r.yaml:2: rules[0] has no when. Add when: with a condition such as "
            "longest_wait_seconds > 60s."
        ),
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    four: 5s\n",
        "r.yaml:4: rules[0].four is not a setting. Did you mean for?",
    ),
    (
        HEAD + "    when: contacts_waiting\n",
        (
            "r.yaml:3: rules[0].when: 'contacts_waiting' is no comparison. "
            'Write for example "longest_wait_seconds > 60s".'
        ),
    ),
    (
        HEAD + "    when: contacts_waiting == 3\n",
        "r.yaml:3: rules[0].when: == is no comparison. Write >, >=, < or <=.",
    ),
    (
        HEAD + "    when: contacts_waitin > 3\n",
        "r.yaml:3: rules[0].when: there is no KPI 'contacts_waitin'. Did you mean contacts_waiting",
    ),
    (
        HEAD + "    when: service_level[15m] < 70 %\n",
        (
            "r.yaml:3: rules[0].when: service_level goes by variant, none given. "
            "Write for example service_level.answered_only."
        ),
    ),
    (
        HEAD + "    when: service_level.abandon_negative[15m] < 70 %\n",
        (
            "r.yaml:3: rules[0].when: service_level has no variant 'abandon_negative'. "
            "Did you mean abandons_negative"
        ),
    ),
    (
        HEAD + "    when: answer_rate < 70 %\n",
        (
            "r.yaml:3: rules[0].when: answer_rate is a figure of a window. "
            "Write for example answer_rate[1m]; windows of the settings: 1m, 5m, "
            "15m, 30m, 1h, today."
        ),
    ),
    (
        HEAD + "    when: answer_rate[10m] < 70 %\n",
        (
            "r.yaml:3: rules[0].when: the window '10m' of answer_rate is not computed. "
            "Add it to windows: in the settings, or take one of 1m, 5m, 15m, 30m, 1h, today."
        ),
    ),
    (
        HEAD + "    when: contacts_waiting[15m] > 3\n",
        "r.yaml:3: rules[0].when: contacts_waiting is a figure of now. Leave out [15m].",
    ),
    (
        HEAD + "    when: nps@queue=a[15m] > 3\n",
        (
            "r.yaml:3: rules[0].when: rows are not named after @. "
            "Name them in scope, such as scope: {queue: billing}."
        ),
    ),
    (
        HEAD + "    when: {measure: nps@queue=a, above: 3}\n",
        (
            "r.yaml:3: rules[0].when.measure: 'nps@queue=a' is no measure. "
            "Write a KPI and its window, such as answer_rate[15m]; rows are named in scope."
        ),
    ),
    (
        HEAD + "    when: answer_rate[1h] < 60s\n",
        (
            "r.yaml:3: rules[0].when: '60s' does not fit answer_rate, which is a share. "
            "Write for example 70 % or 0.7."
        ),
    ),
    (
        HEAD + "    when: answer_rate[1h] < 70\n",
        (
            "r.yaml:3: rules[0].when: '70' is not between 0 and 100 %, as answer_rate is a share. "
            "Write for example 70 % or 0.7."
        ),
    ),
    (
        HEAD + "    when: longest_wait_seconds > 60 %\n",
        (
            "r.yaml:3: rules[0].when: '60 %' does not fit longest_wait_seconds, which is a time. "
            "Write for example 60s or 5m."
        ),
    ),
    (
        HEAD + "    when: contacts_waiting > 1.5\n",
        (
            "r.yaml:3: rules[0].when: '1.5' does not fit contacts_waiting, which is a count. "
            "Write a whole number, such as 20."
        ),
    ),
    (
        HEAD + "    when: cost_per_contact[1h] > 45 EUR\n",
        (
            "r.yaml:3: rules[0].when: '45 EUR' does not fit cost_per_contact, which is an amount. "
            "Write the amount alone, such as 45."
        ),
    ),
    (
        HEAD + "    when: contacts_waiting < 0\n",
        (
            "r.yaml:3: rules[0].when: contacts_waiting is never below 0. "
            "Use <= 0, or a greater threshold."
        ),
    ),
    (
        HEAD + "    when: answer_rate[1h] > 100 %\n",
        (
            "r.yaml:3: rules[0].when: answer_rate is never above 100 %. "
            "Use >= 100 %, or a lesser threshold."
        ),
    ),
    (
        HEAD + "    when: longest_wait_seconds > 60s\n    clear: 90s\n",
        (
            "r.yaml:4: rules[0].clear: clear is above the threshold. "
            "Write one that is below it, or the same."
        ),
    ),
    (
        HEAD + "    when: answer_rate[1h] < 70 %\n    clear: 60 %\n",
        (
            "r.yaml:4: rules[0].clear: clear is below the threshold. "
            "Write one that is above it, or the same."
        ),
    ),
    (
        HEAD + "    when: answer_rate[1h] < 70 %\n    clear: 80s\n",
        (
            "r.yaml:4: rules[0].clear: '80s' does not fit answer_rate, which is a share. "
            "Write for example 70 % or 0.7."
        ),
    ),
    (
        HEAD + "    when: contacts_waiting > 3\n    min_sample: 20\n",
        (
            "r.yaml:4: rules[0].min_sample: nothing tells how much is behind contacts_waiting. "
            "Leave it out, or put all: with a count beside it."
        ),
    ),
    (
        HEAD + "    clear: 1\n    when: {all: [contacts_waiting > 3]}\n",
        (
            "r.yaml:3: rules[0].clear stands beside several comparisons. "
            "Write it into one: {measure: ..., above: ..., clear: ...}."
        ),
    ),
    (
        HEAD
        + "    when:\n      all:\n        - contacts_waiting > 3\n        - contacts_waitin > 3\n",
        "r.yaml:6: rules[0].when.all[1]: there is no KPI 'contacts_waitin'. Did you mean conta",
    ),
    (
        HEAD + "    when: {all: []}\n",
        "r.yaml:3: rules[0].when.all must be a list of conditions. Write for example",
    ),
    (
        HEAD + "    when: {all: [contacts_waiting > 3], any: [contacts_waiting > 3]}\n",
        "r.yaml:3: rules[0].when holds more than one of all, any and a comparison. Nest them",
    ),
    (
        HEAD + "    when: [contacts_waiting > 3]\n",
        "r.yaml:3: rules[0].when must be a condition, not a list. Put all: or any: before it.",
    ),
    (
        HEAD + "    when: {measure: contacts_waiting}\n",
        (
            "r.yaml:3: rules[0].when needs one of above, at_least, below, at_most. "
            "Write for example above: 60s."
        ),
    ),
    (
        HEAD + "    when: {measure: contacts_waiting, above: 1, over: 2}\n",
        "r.yaml:3: rules[0].when.over is not a setting.",
    ),
    (
        HEAD + "    when:\n      measure: contacts_waiting\n      above: true\n",
        "r.yaml:5: rules[0].when.above must be a number. Write for example 60s.",
    ),
    (
        HEAD + "    when: pipeline.data_age > 60s\n",
        (
            "r.yaml:3: rules[0].when: there is no measure pipeline.data_age. "
            "Did you mean data_age_seconds?"
        ),
    ),
    (
        HEAD + "    when: data_age_seconds > 60s\n",
        (
            "r.yaml:3: rules[0].when: there is no KPI 'data_age_seconds'. "
            "Did you mean pipeline.data_age_seconds?"
        ),
    ),
    (
        HEAD + "    when: pipeline.lag_seconds[5m] > 60s\n",
        "r.yaml:3: rules[0].when: pipeline.lag_seconds is a measure of now. Leave out [5m].",
    ),
    (
        HEAD + "    when: pipeline.lag_seconds > 60s\n    scope: {total: true}\n",
        "r.yaml:4: rules[0].scope: the pipeline has one row. Leave out the scope.",
    ),
    (
        HEAD + "    when: {all: [pipeline.lag_seconds > 60s, contacts_waiting > 1]}\n",
        (
            "r.yaml:3: rules[0].when mixes KPIs of rows with measures of the pipeline. "
            "Make two rules of it."
        ),
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    scope: {motive: billing}\n",
        (
            "r.yaml:3: rules[0].when: there is no contacts_waiting by motive. "
            "It goes by queue, channel, team, total."
        ),
    ),
    (
        HEAD + "    when: csat[1h] < 70 %\n    scope: {tool: bot}\n",
        (
            "r.yaml:3: rules[0].when: there is no csat by tool. "
            "It goes by queue, channel, team, total, motive, survey, theme."
        ),
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    scope:\n      queue: a\n      team: b\n",
        (
            "r.yaml:6: rules[0].scope: queue and team do not go together. "
            "A rule looks at one kind of rows; only queue and channel may be combined."
        ),
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    scope: {queue: []}\n",
        'r.yaml:4: rules[0].scope.queue names none. Write a name, or "*" for all.',
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    scope: {channel: voise}\n",
        "r.yaml:4: rules[0].scope.channel: there is no channel 'voise'. Did you mean voice?",
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    scope: {que: a}\n",
        "r.yaml:4: rules[0].scope.que is not a setting. Did you mean queue?",
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    active: always\n",
        "r.yaml:4: rules[0].active must be queue, or a mapping with hours. Write for example",
    ),
    (
        HEAD + "    when: csat[1h] < 70 %\n    scope: {survey: a}\n    active: queue\n",
        "r.yaml:5: rules[0].active: queue means the hours of a queue, and the rule is by survey. ",
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    active: {zone: Europe/Pariss}\n",
        (
            "r.yaml:4: rules[0].active.zone: 'Europe/Pariss' is not a time zone. "
            "Did you mean Europe/Paris?"
        ),
    ),
    (
        HEAD + '    when: contacts_waiting > 1\n    active: {hours: {lun: ["08:00-18:00"]}}\n',
        "r.yaml:4: rules[0].active.hours: 'lun' is not a day or a range of days. Name each day",
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    active: {holidays: [2026-02-30]}\n",
        (
            "r.yaml:4: rules[0].active.holidays[0]: 2026-02-30 is not a day of the calendar. "
            'Write for example "2026-12-25".'
        ),
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    for: soon\n",
        'r.yaml:4: rules[0].for must be a duration such as "90s", "15m" or "4h", not \'soon\'. ',
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    for: 8d\n",
        "r.yaml:4: rules[0].for is longer than 7 days. Shorten it.",
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    severity: page\n",
        "r.yaml:4: rules[0].severity must be one of warning, critical, not 'page'. ",
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    runbook: javascript:alert(1)\n",
        "r.yaml:4: rules[0].runbook is not an http(s) address without user and password. Write",
    ),
    (
        HEAD + "    when: contacts_waiting > 1\n    name: {fr: Attente}\n",
        "r.yaml:4: rules[0].name has no en. Add en: with text of 1 to 500 characters.",
    ),
    (
        "rules:\n  - id: A b\n    when: contacts_waiting > 1\n",
        (
            "r.yaml:2: rules[0].id must be an id of small letters, digits and dashes, at most 64, "
            "such as longest-wait, not 'A b'. "
        ),
    ),
    (
        "rules:\n  - {id: a-b, when: contacts_lost > 1}\n  - {id: a-b, when: nps > 1}\n",
        "r.yaml:3: rules[1].id: a-b is taken by rules[0]. Give every rule an id of its own.",
    ),
    (
        "rules:\n  - {id: a-1, when: contacts_waiting > 1}\n  - {id: a1, when: nps > 1}\n",
        "r.yaml:3: rules[1].id: a1 is too much like a-1 of rules[0]. Give every rule an id of its",
    ),
    (
        "rules: [{id: watchdog, when: contacts_waiting > 1}]\n",
        "r.yaml:1: rules[0].id: watchdog is the alert that always fires. Choose another id.",
    ),
    (
        "rules:\n" + "  - {id: a, when: a}\n" * 2001,
        "r.yaml:2002: there are 2001 rules, more than 2000. Join some by patterns in their scope.",
    ),
    (
        HEAD + "    when: {any: [" + "contacts_waiting > 1, " * 21 + "]}\n",
        "r.yaml:3: rules[0].when.any[20]: more than 20 comparisons in one rule. Make several rules",
    ),
    (HEAD + "    when: !!python/none x\n", "r.yaml:3: the YAML tag tag:yaml.org,2002:python/none"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_mistake_is_one_line_with_place_and_fix(text: str, message: str, tmp_path: Path) -> None:
    """File, line, the rule, what is wrong, what to do."""
    line = said(tmp_path, text)
    assert line.startswith(message)
    assert "\n" not in line


def test_a_file_that_is_missing_or_too_large_is_told(tmp_path: Path) -> None:
    """It is no settings file, so the message speaks of rules."""
    with pytest.raises(
        UserError, match=r"cannot read the rule file .*: No such file.*alerts.rules"
    ):
        load_alert_rules(tmp_path / "none.yaml", POLICIES)
    assert "larger than 1 MiB. A rule file is" in said(tmp_path, "#" * (1 << 20) + "\n")


WORDS = ("contacts_waiting", "pipeline.", "nps", ".", "[", "]", "1h", ">", "<=", " ", "%", "1e9")


@given(text=st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=8).map("".join))
def test_no_text_makes_more_than_a_clear_error(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands there as a condition, it is taken or refused, never a crash."""
    written = yaml.safe_dump({"rules": [{"id": "r", "when": text}]}, allow_unicode=True)
    line = ""
    try:
        load(tmp_path_factory.getbasetemp(), written)
    except UserError as error:
        line = str(error)
    assert not line or ": rules[0].when" in line
