"""All files of an export: rules of Prometheus, their unit tests, and what is not in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from aggregators.policy import Rules
from alerts.export.alerting_rule import AlertingRule, alerting_rule, label_templates
from alerts.export.burn_rate import DAY_OF_WORK_MS, BurnRule, Promise, burn_rules, promises
from alerts.export.burn_tests import EVERY_S, burn_examples
from alerts.export.links import Links
from alerts.export.measures import PAIR, Shown, row_labels
from alerts.export.pipeline_rules import PIPELINE_ALERTS, PipelineAlert
from alerts.export.recording import RECORDING_RULES, recording_tests
from alerts.export.rules_yaml import RuleGroup, dumped, rule_file
from alerts.export.selectors import NotInPromQLError
from alerts.export.selectors import example as example_name
from alerts.export.terms import INTERVAL_S
from alerts.export.unit_tests import Example, example_row, rule_examples, unit_test_file
from alerts.rules import PIPELINE, Rule, comparisons

ALERTS, BURN, RECORDING = "vigie-alerts", "vigie-burn", "vigie-recording"
_MADE = "Made by vigie alerts export prometheus. Needs Prometheus 2.42 or later."


class Export(Struct, frozen=True):
    """Text by file name, and a line for each rule that is not in it (or has no unit test)."""

    files: dict[str, str]
    left_out: Sequence[str]


def export_files(
    rules: Sequence[Rule],
    shown: Shown,
    policies: Rules,
    period_ms: int = DAY_OF_WORK_MS,
    links: Links = Links(),  # noqa: B008 - frozen
) -> Export:
    """Return the files of an export; ``period_ms`` is the day of the burn rates."""
    made, missing = _alerting(rules, shown, policies)
    taken = {one.name for _, one in made}
    looked_at = _pipeline_measures(rule for rule, _ in made)
    own = [
        alert
        for alert in PIPELINE_ALERTS
        if alert.name not in taken and alert.measure not in looked_at
    ]
    examples: list[Example] = []
    untested: list[str] = []
    for rule, one in made:
        there = links.of_rule(one.name, rule, example_row(rule) or {})
        found = [_linked_example(test, there) for test in rule_examples(rule, one, shown)]
        examples += found
        if not found:
            untested.append(f"{rule.id}: no unit test; no values were found that make it fire")
    for alert in own:
        there = links.of_pipeline(alert.name)
        examples += [_linked_example(test, there) for test in _pipeline_examples(alert)]
    groups = [
        RuleGroup(
            "vigie-alerts",
            [
                _linked(
                    one, links.of_rule(one.name, rule, label_templates(row_labels(rule.scope.kind)))
                )
                for rule, one in made
            ],
            [f"Not here: {m}" for m in missing],
        ),
        RuleGroup(
            "vigie-pipeline", [_linked(one.rule(), links.of_pipeline(one.name)) for one in own]
        ),
    ]
    burns, burn_missing = _burns(shown, policies, period_ms)
    burn_groups = [
        RuleGroup(
            "vigie-burn",
            [_linked(one.alerting, links.of_burn(label_templates(PAIR))) for one in burns],
            [f"Not here: {m}" for m in burn_missing],
        )
    ]
    burn_tests = [
        _linked_example(test, links.of_burn(_row(one.promise)))
        for one in burns
        for test in burn_examples(one, _row(one.promise))
    ]
    rolled_up = recording_tests(f"{RECORDING}.rules.yml")
    files = {
        f"{ALERTS}.rules.yml": rule_file("Alerts on the figures, and on vigie itself.", groups, [
            _MADE, "Labels of an alert are those of vigie's own, severity and the row, and origin:",
            "twin where vigie tells it too, prometheus where nobody else does.",
        ]),
        f"{ALERTS}.test.yml": unit_test_file(f"{ALERTS}.rules.yml", examples, INTERVAL_S),
        f"{BURN}.rules.yml": rule_file("Burn rates of the service levels.", burn_groups, [_MADE]),
        f"{BURN}.test.yml": unit_test_file(f"{BURN}.rules.yml", burn_tests, EVERY_S),
        f"{RECORDING}.rules.yml": rule_file("Roll-ups over queues, of counts.", [
            RuleGroup("vigie-rollup", RECORDING_RULES),
        ], [_MADE]),
        f"{RECORDING}.test.yml": "\n".join(dumped(rolled_up)) + "\n",
    }  # fmt: skip
    return Export(files, [*missing, *burn_missing, *untested])


def _alerting(
    rules: Sequence[Rule], shown: Shown, policies: Rules
) -> tuple[list[tuple[Rule, AlertingRule]], list[str]]:
    made: list[tuple[Rule, AlertingRule]] = []
    missing: list[str] = []
    for rule in rules:
        try:
            made.append((rule, alerting_rule(rule, shown, policies)))
        except NotInPromQLError as error:
            missing.append(f"{rule.id}: {error}")
    return made, missing


def _burns(shown: Shown, policies: Rules, period_ms: int) -> tuple[list[BurnRule], list[str]]:
    made: list[BurnRule] = []
    missing: list[str] = []
    for promise in promises(policies):
        for one in burn_rules(promise, shown, period_ms):
            if isinstance(one, str):
                missing.append(one)
            else:
                made.append(one)
    return made, missing


def _pipeline_measures(rules: Iterable[Rule]) -> set[str]:
    return {
        compare.measure.kpi
        for rule in rules
        if rule.scope.kind == PIPELINE
        for compare in comparisons(rule.condition)
    }


def _linked(rule: AlertingRule, links: Mapping[str, str]) -> AlertingRule:
    return replace(rule, annotations={**rule.annotations, **links})


def _linked_example(example: Example, links: Mapping[str, str]) -> Example:
    if example.expected is None:
        return example
    annotations = {**example.expected["exp_annotations"], **links}
    return replace(example, expected={**example.expected, "exp_annotations": annotations})


def _row(promise: Promise) -> dict[str, str]:
    queue = example_name(promise.queues, promise.without) or promise.queues[0]
    return {"queue": queue, "channel": promise.channel or "voice"}


def _pipeline_examples(alert: PipelineAlert) -> Iterator[Example]:
    fires_s = alert.for_ms // 1000 + alert.after_s
    expected = {
        "exp_labels": {**alert.labels(), **alert.row},
        "exp_annotations": alert.shown(),
    }
    yield Example(f"{alert.name}: fires", alert.firing, alert.name, fires_s, expected)
    if alert.for_ms:
        early = alert.for_ms // 1000 - INTERVAL_S
        yield Example(f"{alert.name}: not before its time", alert.firing, alert.name, early)
    if alert.quiet:
        yield Example(f"{alert.name}: is quiet", alert.quiet, alert.name, fires_s)
