"""A rehearsal: the rules over looks of a time that is told, with nobody really called.

Every message arrives at once. What fires, who would have been told and when is the same as in a
worker, for it is the same evaluation, book and step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from aggregators.policy import Rules
from alerts.alert import Action, Alert, Notice
from alerts.book import Book
from alerts.evaluation import Evaluator, Look
from alerts.ladder import is_told
from alerts.notices import delivered
from alerts.plan import DEFAULT_LADDER, Ladder, Plan, Step, WebhookTarget
from alerts.rules import Rule, part_of
from alerts.step import step

STAND_IN = "somebody"
"""The target that is told where the settings name none."""


class Sent(NamedTuple):
    """A message that a target would have got: when, and of which alerts (rule ids)."""

    at_ms: int
    notice: Notice
    rules: tuple[str, ...]


class Rehearsal:
    """Judges look after look; looks must come in order of time."""

    def __init__(self, rules: Sequence[Rule], plan: Plan, policies: Rules) -> None:
        self.rules = {rule.id: rule for rule in rules}
        self.plan = plan
        self.book = Book()
        self.sent: list[Sent] = []
        self._evaluator = Evaluator(rules, policies)

    def look(self, look: Look) -> None:
        """Judge one look; messages arrive at once."""
        book = self.book
        findings = self._evaluator.look(look, book.open_keys())
        book.see(findings)
        book.apply(step(book, findings, self.rules, self.plan, look.now_ms))
        for notice in list(book.notices.values()):
            about = (book.alerts[one].rule_id for one in notice.alerts if one in book.alerts)
            self.sent.append(Sent(look.now_ms, notice, tuple(dict.fromkeys(about))))
            book.apply(delivered(book, notice, look.now_ms))

    def worst(self, alert: Alert) -> float | None:
        """Return the worst value of an alert, up to the last look while it is open."""
        found = self.book.extremes.get(alert.key) if alert.is_open else None
        rule = self.rules.get(alert.rule_id)
        if found is None or rule is None:
            return alert.worst
        compare = part_of(rule, found.part, found.threshold)
        if compare is None:
            return alert.worst
        known = [] if alert.worst is None else [alert.worst]
        if compare.operator.startswith(">"):
            return max([found.high, *known])
        return min([found.low, *known])

    def ask(self, action: Action) -> None:
        """Hand in what somebody asks for; it happens at the next look."""
        self.book.apply({f"action:{action.id}": action})


def with_somebody(plan: Plan) -> Plan:
    """Return a plan in which every alert is told to somebody, if the given one reaches nobody."""
    if any(is_told(plan, target) for target in plan.targets):
        return plan
    stand_in = WebhookTarget(id=STAND_IN, url="", secret=b"")
    ladder = Ladder(id=DEFAULT_LADDER, steps=(Step(0, targets=(STAND_IN,)),))
    return replace(
        plan,
        targets={**plan.targets, STAND_IN: stand_in},
        ladders={DEFAULT_LADDER: ladder},
    )
