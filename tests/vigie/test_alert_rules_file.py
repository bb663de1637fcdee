"""A rule file: what it means, what is said when it is wrong, and the one that ships."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from aggregators.board import board
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.groups import FACETS
from aggregators.policy import Hours, QueuePolicy, Rules
from alerts.evaluation import Evaluator, Look
from alerts.plan import Ladder, Plan, Step
from alerts.rules import (
    HEALTH,
    PIPELINE,
    Active,
    AllOf,
    AnyOf,
    Compare,
    Measure,
    Rule,
    Scope,
    comparisons,
)
from tests.docs.pages import blocks
from vigie.alert_plan import DEFAULT_RULES
from vigie.alert_rules_file import check_rules_with_plan, load_alert_rules, read_rule_book
from vigie.alert_scope import KINDS
from vigie.errors import UserError
from vigie.sections_alert_rules import RuleScope

POLICIES = Rules()


def load(folder: Path, text: str, policies: Rules = POLICIES) -> tuple[Rule, ...]:
    """Return the rules of a file."""
    file = folder / "r.yaml"
    file.write_text(text)
    return load_alert_rules(file, policies)


def one(folder: Path, text: str, policies: Rules = POLICIES) -> Rule:
    """Return the only rule, of which the lines after its id are given."""
    (rule,) = load(folder, f"rules: [{{id: r, {text}}}]\n", policies)
    return rule


# --- what it means ----------------------------------------------------------------------------


def test_a_rule_is_what_its_lines_say(tmp_path: Path) -> None:
    """Durations in milliseconds, thresholds in the unit of the KPI."""
    text = """\
rules:
  - id: longest-wait
    name: {en: Longest wait, fr: Plus longue attente}
    about: {en: Ask for a hand., fr: Demandez du renfort.}
    when: longest_wait_seconds > 60s
    clear: 45s
    for: 5s
    clear_for: 2m
    reopen_within: 20m
    scope: {queue: [sales, "shop-*"], channel: voice, without: shop-test}
    severity: critical
    ladder: floor
    group: waiting
    runbook: https://wiki.example.org/wait
    board: https://board.example.org/
"""
    assert load(tmp_path, text) == (
        Rule(
            id="longest-wait", english="Longest wait", french="Plus longue attente",
            condition=Compare(Measure("longest_wait_seconds"), ">", 60.0, 45.0),
            scope=Scope("pair", ("sales", "shop-*"), ("shop-test",), ("voice",)),
            severity="critical", for_ms=5_000, clear_for_ms=120_000, reopen_within_ms=1_200_000,
            ladder="floor", group="waiting", about_english="Ask for a hand.",
            about_french="Demandez du renfort.", runbook="https://wiki.example.org/wait",
            board="https://board.example.org/",
        ),
    )  # fmt: skip


def test_a_rule_needs_no_more_than_an_id_and_a_condition(tmp_path: Path) -> None:
    """Its names are those of the KPI, its rows all queues, its ladder the usual one."""
    assert one(tmp_path, "when: contacts_waiting >= 20") == Rule(
        id="r", english="Contacts waiting", french="Contacts en attente",
        condition=Compare(Measure("contacts_waiting"), ">=", 20.0),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("when", "condition"),
    [
        (
            "answer_rate[15m]<85%",
            Compare(Measure("answer_rate", (), "15m"), "<", 0.85, None, 20),
        ),
        ("wait_quantile_seconds.0.9[1h] >= 2m",
         Compare(Measure("wait_quantile_seconds", ("0.9",), "1h"), ">=", 120.0, None, 20)),
        ("transfer_rate.blind.external [today] > 0.05",
         Compare(Measure("transfer_rate", ("blind", "external"), "today"), ">", 0.05, None, 20)),
        ("nps[today] < -10", Compare(Measure("nps", (), "today"), "<", -10.0, None, 20)),
        ("cost_per_contact[today] > 4.5",
         Compare(Measure("cost_per_contact", (), "today"), ">", 4.5, None, 20)),
        ("contacts_abandoned[5m] > 3",
         Compare(Measure("contacts_abandoned", (), "5m"), ">", 3.0, None, 0)),
        ("current_wait_mean_seconds > 30",
         Compare(Measure("current_wait_mean_seconds"), ">", 30.0, None, 0)),
        ("agents_paused.lunch > 4", Compare(Measure("agents_paused", ("lunch",)), ">", 4.0)),
    ],
)  # fmt: skip
def test_a_comparison_fits_one_line(when: str, condition: Compare, tmp_path: Path) -> None:
    """A sample is asked of shares and means of a window, not of counts and figures of now."""
    assert one(tmp_path, f'when: "{when}"').condition == condition


def test_the_least_sample_is_that_of_the_settings_until_the_rule_names_one(tmp_path: Path) -> None:
    """0 asks for none."""
    found = [
        one(tmp_path, f'when: "csat[today] < 70 %"{more}', Rules(min_sample=7)).condition
        for more in ("", ", min_sample: 30", ", min_sample: 0")
    ]
    assert [c.min_sample for c in found if isinstance(c, Compare)] == [7, 30, 0]


def test_conditions_are_joined_and_nested(tmp_path: Path) -> None:
    """Each comparison in words has a clear threshold and a sample of its own."""
    text = """\
rules:
  - id: r
    when:
      all:
        - agents_available <= 0
        - any:
            - contacts_waiting >= 3
            - measure: service_level.abandons_negative[15m]
              below: 70 %
              clear: 75 %
              min_sample: 30
"""
    (rule,) = load(tmp_path, text)
    level = Measure("service_level", ("abandons_negative",), "15m")
    assert rule.condition == AllOf(
        (
            Compare(Measure("agents_available"), "<=", 0.0),
            AnyOf(
                (
                    Compare(Measure("contacts_waiting"), ">=", 3.0),
                    Compare(level, "<", 0.7, 0.75, 30),
                )
            ),
        )
    )


@pytest.mark.parametrize(
    ("word", "operator"),
    [("above", ">"), ("at_least", ">="), ("below", "<"), ("at_most", "<=")],
)
def test_a_word_stands_for_an_operator(word: str, operator: str, tmp_path: Path) -> None:
    """The four of them."""
    rule = one(tmp_path, f"when: {{measure: contacts_waiting, {word}: 5}}")
    assert rule.condition == Compare(Measure("contacts_waiting"), operator, 5.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("{}", Scope()),
        ("{queue: 0123}", Scope("pair", ("0123",))),
        ("{channel: [chat, voice]}", Scope("channel", ("chat", "voice"))),
        ('{queue: "a*", channel: "*"}', Scope("pair", ("a*",), (), ("*",))),
        ("{channel: chat, without: [x]}", Scope("channel", ("chat",), ("x",))),
        ("{team: North}", Scope("team", ("North",))),
        ("{total: true}", Scope("total")),
    ],
)
def test_a_scope_is_one_kind_of_rows(scope: str, expected: Scope, tmp_path: Path) -> None:
    """Only queue and channel go together; a queue may be a number."""
    assert one(tmp_path, f"when: contacts_waiting > 1, scope: {scope}").scope == expected


@pytest.mark.parametrize("kind", sorted(FACETS))
def test_every_kind_of_row_can_be_looked_at(kind: str, tmp_path: Path) -> None:
    """With a KPI that these rows have."""
    kpi = {
        "motive": "reopen_rate.final", "survey": "csat", "theme": "csat", "segment": "basket_mean",
        "item": "quality_item_score", "tool": "faq_no_answer_rate",
    }[kind]  # fmt: skip
    rule = one(tmp_path, f'when: "{kpi}[1h] > 1 %", scope: {{{kind}: "*"}}'.replace(
        "basket_mean[1h] > 1 %", "basket_mean[1h] > 1"
    ))  # fmt: skip
    assert rule.scope == Scope(kind)
    assert {*KINDS} == {*RuleScope.__struct_fields__} - {"without"}


def test_measures_of_the_pipeline_have_one_row_of_their_own(tmp_path: Path) -> None:
    """No window, no sample, no scope."""
    rule = one(tmp_path, "when: pipeline.data_age_seconds > 2m")
    assert rule.condition == Compare(Measure("data_age_seconds"), ">", 120.0)
    assert rule.scope == Scope(PIPELINE)
    assert [r.scope for r in load(tmp_path, yaml.safe_dump({
        "rules": [{"id": f"m{n}", "when": f"pipeline.{name} > 1"} for n, name in enumerate(HEALTH)]
    }))] == [Scope(PIPELINE)] * len(HEALTH)  # fmt: skip


def test_a_rule_may_have_hours(tmp_path: Path) -> None:
    """Those of the queue, or its own, in the zone of the settings unless it names one."""
    when = "when: contacts_waiting > 1, active: "
    assert one(tmp_path, when + "queue").active == Active(of_queue=True)
    day = ((480, 1080),)
    assert one(
        tmp_path, when + '{zone: Asia/Tokyo, hours: {mon-tue: ["08:00-18:00"]}}'
    ).active == Active(Hours((day, day, (), (), (), (), ())), "Asia/Tokyo")
    paris = Rules(channels={"voice": QueuePolicy(zone="Europe/Paris")})
    always = ((0, 1440),)
    assert one(tmp_path, when + '{holidays: ["2026-12-25"]}', paris).active == Active(
        Hours((always,) * 7, frozenset({"2026-12-25"})), "Europe/Paris"
    )


def test_a_text_without_french_is_shown_as_it_is(tmp_path: Path) -> None:
    """Plain text stands for both languages; a rule of several parts is named by its id."""
    rule = one(tmp_path, "when: contacts_waiting > 1, name: Trop, about: {en: Do it.}")
    assert (rule.english, rule.french) == ("Trop", "Trop")
    assert (rule.about_english, rule.about_french) == ("Do it.", "Do it.")
    (rule,) = load(tmp_path, "rules: [{id: too-many, when: {any: [contacts_waiting > 1]}}]")
    assert (rule.english, rule.french) == ("Too many", "Too many")


def test_a_file_may_have_no_rule(tmp_path: Path) -> None:
    """Who wants none says so."""
    assert load(tmp_path, "rules: []\n") == ()


# --- with the settings ------------------------------------------------------------------------


def test_the_ladder_of_a_rule_must_be_one_of_the_plan(tmp_path: Path) -> None:
    """`default` may always be named; the message has the line where the ladder is written."""
    file = tmp_path / "r.yaml"
    file.write_text("""\
rules:
  - {id: a, when: contacts_waiting > 1}
  - id: b
    when: contacts_waiting > 2
    ladder: flor
""")
    book = read_rule_book(file, POLICIES)
    floor = Ladder(id="floor", steps=(Step(0, targets=("chat",)),))
    with pytest.raises(UserError) as caught:
        check_rules_with_plan(book.rules, Plan(ladders={"floor": floor}), book.places)
    assert str(caught.value).removeprefix(f"{tmp_path}/") == (
        "r.yaml:5: rules[1].ladder: b goes up the ladder 'flor', and the settings have none of "
        "that name. Did you mean floor?"
    )
    check_rules_with_plan(book.rules[:1], Plan())


# --- what ships -------------------------------------------------------------------------------


def test_the_rules_that_ship_load_and_speak_both_languages() -> None:
    """With names and a sentence on what to do; nothing is left out under the usual settings."""
    book = read_rule_book(DEFAULT_RULES, POLICIES)
    assert book.left_out == ()
    for rule in book.rules:
        for text in (rule.english, rule.french, rule.about_english, rule.about_french):
            assert text
        assert rule.english != rule.french
        assert rule.about_english != rule.about_french
    measured = {part.measure.kpi for rule in book.rules for part in comparisons(rule.condition)}
    assert {
        "longest_wait_seconds", "service_level_shortfall", "abandonment_rate", "agents_available",
        "reply_wait_longest_seconds", "tickets_at_risk", "csat", "faq_no_answer_rate",
    } < measured  # fmt: skip
    assert measured < {*CATALOGUE, *HEALTH}
    assert {*HEALTH} - measured <= {"lag_events", "past_seconds"}


def test_a_shipped_rule_without_its_window_is_left_out(tmp_path: Path) -> None:
    """Other windows in the settings must not keep a worker from its start; an own file must."""
    book = read_rule_book(DEFAULT_RULES, Rules(windows=("5m",)))
    assert book.left_out == ("low-service-level", "many-abandons", "low-csat", "faq-without-answer")
    assert "longest-wait" in [rule.id for rule in book.rules]
    own = tmp_path / "own.yaml"
    own.write_text(DEFAULT_RULES.read_text())
    with pytest.raises(
        UserError, match="the window '15m' of service_level_shortfall is not computed"
    ):
        load_alert_rules(own, Rules(windows=("5m",)))


def test_the_page_of_rules_lists_every_measure_of_the_pipeline() -> None:
    """With its meaning; its examples are checked as those of all pages are."""
    page = (DEFAULT_RULES.parents[1] / "docs" / "alert-rules.md").read_text()
    for name, meaning in HEALTH.items():
        assert f"| `pipeline.{name}` | {meaning} |" in page
    assert len([b for b in blocks("docs/alert-rules.md") if b.language == "yaml"]) >= 4


def test_the_rules_that_ship_can_be_judged() -> None:
    """Over an empty centre only what vigie tells of itself fires."""
    rules = load_alert_rules(DEFAULT_RULES, POLICIES)
    look = Look(
        now_ms=600_000, board=board([], 600_000, POLICIES, POLICIES.windows),
        health=dict.fromkeys(HEALTH, 0.0) | {"data_age_seconds": 121.0, "gap_events": 1.0},
        is_current=True, is_complete=True,
    )  # fmt: skip
    found = Evaluator(rules, POLICIES).look(look, ())
    assert sorted(key.rule_id for key in found.breaching) == ["data-stopped", "events-lost"]
