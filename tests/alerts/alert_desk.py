"""A desk over the real book and the real step, whose clock and numbers a test sets by hand."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.actions import check_action
from alerts.alert import Action, Key
from alerts.book import Book
from alerts.desk import ActionLateError, ActionRefusedError
from alerts.evaluation import Breach, Findings
from alerts.plan import Ladder, Plan, Step, WebhookTarget
from alerts.rules import Compare, Measure, Rule, Scope, Where
from alerts.step import step

NOON_MS = 1_767_614_400_000
"""2026-01-05T12:00:00Z"""
MINUTE_MS = 60_000

WAIT = Rule(
    id="longest-wait",
    english="Longest wait",
    french="Plus longue attente",
    condition=Compare(measure=Measure("longest_wait_seconds"), operator=">", threshold=60.0),
    severity="critical",
    for_ms=5_000,
    about_english="Bring agents to this queue.",
    about_french="Amenez des agents sur cette file.",
    runbook="https://runbooks.example/wait",
)
SERVICE = Rule(
    id="service-level",
    english="Service level under target",
    french="Niveau de service sous l’objectif",
    condition=Compare(
        measure=Measure("service_level", ("abandons_negative",), "30m"),
        operator="<", threshold=0.8, clear=0.82, min_sample=20,
    ),
    scope=Scope(names=("*",), channels=("voice",)),
    for_ms=0,
)  # fmt: skip
STOPPED = Rule(
    id="data-stopped",
    english="Data stopped",
    french="Données arrêtées",
    condition=Compare(measure=Measure("data_age_seconds"), operator=">", threshold=120.0),
    scope=Scope(kind="pipeline"),
    severity="critical",
)
RULES = (WAIT, SERVICE, STOPPED)

PLAN = Plan(
    targets={
        "pager": WebhookTarget(id="pager", url="https://pager.example/x", secret=b"s" * 24),
        "boss": WebhookTarget(id="boss", url="https://boss.example/x", secret=b"s" * 24),
    },
    ladders={
        "default": Ladder(
            id="default",
            steps=(
                Step(after_ms=0, targets=("pager",)),
                Step(after_ms=10 * MINUTE_MS, targets=("boss",)),
            ),
        )
    },
    public_url="https://vigie.example",
    link_secret=b"k" * 32,
)


def queue(name: str, channel: str = "voice") -> Where:
    """Return the row of a queue."""
    return Where("pair", name, channel)


class TestDesk:
    """Alerts of one worker; ``breaching`` is what every look finds."""

    __test__ = False

    def __init__(self, rules: Sequence[Rule] = RULES, plan: Plan = PLAN) -> None:
        self.book = Book()
        self.rules = {rule.id: rule for rule in rules}
        self.plan = plan
        self.clock_ms = NOON_MS
        self.breaching: dict[Key, Breach] = {}
        self.asked: list[Action] = []
        self.is_late = False

    def now_ms(self) -> int:
        return self.clock_ms

    def is_leading(self) -> bool:
        return True

    def look_on(self) -> None:
        """Its numbers are always fresh."""

    async def ask(self, action: Action) -> None:
        why = check_action(self.book, action, self.clock_ms)
        if why is not None:
            raise ActionRefusedError(why)
        if self.is_late:
            raise ActionLateError("nobody has done it yet")
        self.asked.append(action)
        self.book.actions[action.id] = action
        self.tick(0)

    def breach(
        self, rule: Rule, where: Where, value: float | None, sample: int | None = None
    ) -> None:
        """Let a condition be true from the next tick on."""
        found = rule.condition
        threshold = found.threshold if isinstance(found, Compare) else None
        self.breaching[Key(rule.id, where)] = Breach(value, threshold, sample, rule.for_ms)

    def clear(self, rule: Rule, where: Where) -> None:
        """Let it not be true any more."""
        del self.breaching[Key(rule.id, where)]

    def end(self, rule: Rule, where: Where) -> None:
        """Let it not be true for so long that the alert is over."""
        self.clear(rule, where)
        self.last(rule.clear_for_ms // 1_000 + 1)

    def tick(self, ms: int = 1_000) -> None:
        """Let time pass, then look once."""
        self.clock_ms += ms
        findings = Findings(
            breaching=dict(self.breaching), kept=dict(self.breaching), unknown=set()
        )
        self.book.see(findings)
        self.book.apply(step(self.book, findings, self.rules, self.plan, self.clock_ms))

    def last(self, seconds: int) -> None:
        """Let seconds pass, with a look in each."""
        for _ in range(seconds):
            self.tick()

    def id_of(self, rule: Rule, where: Where) -> str:
        """Return the id of the newest alert of a rule in a row."""
        alert = self.book.current(Key(rule.id, where))
        assert alert is not None
        return alert.id


def busy_desk() -> TestDesk:
    """Return a desk with one alert of each state, one over, one snoozed and one pending."""
    desk = TestDesk()
    desk.breach(SERVICE, queue("Fraud line"), 0.75, 40)
    desk.last(2)
    desk.clear(SERVICE, queue("Fraud line"))
    desk.last(70)
    desk.breach(SERVICE, queue("Billing"), 0.71, 120)
    desk.breach(WAIT, queue("Sales"), 75.0)
    desk.last(400)
    desk.breach(WAIT, queue("Technical support"), 187.0)
    desk.last(300)
    desk.breach(WAIT, queue("Customer care", "chat"), 66.0)
    desk.tick()
    return desk
