"""A story of alerts, second by second: what is true, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from alerts.alert import Action, Alert, Key, Notice, Silence, encode, record_key
from alerts.book import Book, Changes
from alerts.evaluation import Breach, Findings
from alerts.notices import delivered, undelivered
from alerts.plan import AppriseTarget, Ladder, Plan, Step
from alerts.rules import Compare, Measure, Rule, Where
from alerts.step import step

MINUTE = 60
HOUR = 3600


def rule(rule_id: str = "wait", **more: Any) -> Rule:
    """A rule: more than 60 s of the longest wait."""
    condition = Compare(Measure("longest_wait_seconds"), ">", 60.0)
    return Rule(id=rule_id, english=rule_id, french=rule_id, **{"condition": condition, **more})


def key(name: str = "sales", rule_id: str = "wait") -> Key:
    """A rule in a queue."""
    return Key(rule_id, Where("pair", name, "voice"))


def plan(*steps: Step, targets: str = "abc", **more: Any) -> Plan:
    """A plan with targets of one letter each and one ladder; without steps it tells `a` at once."""
    ladder = {one: more.pop(one) for one in ("repeat_ms", "remind_ms") if one in more}
    named = Ladder(
        id="default",
        steps=steps or (Step(0, ("a",)),),
        tell_resolved=more.pop("tell_resolved", True),
        **ladder,
    )
    return Plan(
        **{
            "targets": {one: AppriseTarget(id=one, url=f"json://{one}") for one in targets},
            "ladders": {"default": named},
            **more,
        }
    )


def found(
    keys: Iterable[Key] = (),
    *,
    value: float = 90.0,
    for_s: float = 0,
    kept: Iterable[Key] = (),
    unknown: Iterable[Key] = (),
) -> Findings:
    """Findings in which these keys are true, those only on the clear side, and those unknown."""
    breach = Breach(value, 60.0, None, round(for_s * 1000))
    true = dict.fromkeys(keys, breach)
    return Findings(true, {**true, **dict.fromkeys(kept, breach)}, set(unknown))


class Story:
    """A book that lives on a journal; every change goes through its bytes."""

    def __init__(self, *rules: Rule, plan: Plan | None = None, is_delivering: bool = True) -> None:
        self.rules = {one.id: one for one in rules or (rule(),)}
        self.plan = plan or globals()["plan"]()
        self.book = Book()
        self.entries: dict[str, bytes] = {}
        self.made: list[Notice] = []
        self.is_delivering = is_delivering

    def second(self, at_s: float, findings: Findings | None = None) -> Changes:
        """One step at an instant, after the messages of the second before have arrived."""
        if self.is_delivering:
            for notice in list(self.book.notices.values()):
                self.deliver(notice, at_s)
        findings = findings or found()
        self.book.see(findings)
        changes = step(self.book, findings, self.rules, self.plan, round(at_s * 1000))
        self._write(changes)
        return changes

    def run(
        self, from_s: int, to_s: int, findings: Findings | Callable[[int], Findings] | None = None
    ) -> Story:
        """A step each second, the last one at ``to_s``."""
        for at_s in range(from_s, to_s + 1):
            self.second(at_s, findings(at_s) if callable(findings) else findings)
        return self

    def ask(self, what: str, at_s: float, **more: Any) -> Action:
        """Hand in an action about the only alert, unless it says something else."""
        about = more.pop("about", None)
        if about is None:
            about = "" if what == "silence" else next(iter(self.book.alerts), "")
        action = Action(
            **{
                "id": f"{what}-{at_s}",
                "what": what,
                "at_ms": round(at_s * 1000),
                "by": "Ada",
                "about": about,
                **more,
            }
        )
        self._write({record_key(action): action})
        return action

    def silence(self, from_s: float, to_s: float, **matching: str) -> Silence:
        """A silence that is in the book."""
        made = Silence(
            id=f"silence-{from_s}", start_ms=round(from_s * 1000), end_ms=round(to_s * 1000),
            by="Ada", why="works", **matching,
        )  # fmt: skip
        self._write({record_key(made): made})
        return made

    def deliver(self, notice: Notice, at_s: float) -> None:
        """A message has arrived."""
        self._write(delivered(self.book, notice, round(at_s * 1000)))

    def fail(self, notice: Notice, at_s: float, why: str = "410 Gone") -> None:
        """A message never will."""
        self._write(undelivered(self.book, notice, why, self.plan, round(at_s * 1000)))

    def crash(self) -> None:
        """The leader dies; the next one reads the journal, in another order."""
        self.book = Book()
        for name, value in reversed(self.entries.items()):
            self.book.take(name, value)

    def _write(self, changes: Changes) -> None:
        for name, record in changes.items():
            if record is None:
                self.entries.pop(name, None)
                self.book.take(name, None)
            else:
                self.entries[name] = encode(record)
                self.book.take(name, encode(record))
                if isinstance(record, Notice):
                    self.made.append(record)

    # -- what came of it ----------------------------------------------------------------------

    def alert(self, of: Key | None = None) -> Alert:
        """The newest alert of a key, by default the one of `sales`."""
        alert = self.book.current(of or key())
        assert alert is not None
        return alert

    def states(self) -> list[str]:
        """The states of all alerts, oldest first."""
        return [a.state for a in sorted(self.book.alerts.values(), key=lambda a: a.pending_ms)]

    def story(self, of: Key | None = None) -> list[tuple[float, str]]:
        """What happened to an alert, and when, but for messages that arrived."""
        return [
            (one.at_ms / 1000, one.what) for one in self.alert(of).story if one.what != "notified"
        ]

    def told(self, target: str | None = None) -> list[tuple[float, str, str]]:
        """All messages: when, to whom, what."""
        return [
            (n.made_ms / 1000, n.target, n.what) for n in self.made if target in (None, n.target)
        ]


def comparable(story: Story) -> dict[str, object]:
    """All records, without the worst value, which lives in memory between transitions."""
    book = story.book
    return {
        "alerts": {name: replace(one, worst=None) for name, one in book.alerts.items()},
        "silences": book.silences,
        "notices": book.notices,
        "actions": book.actions,
        "made": story.made,
    }
