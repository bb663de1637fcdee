"""What was told late never pages: it must last a minute, for its end comes right behind."""

from __future__ import annotations

from typing import Any

import pytest

from aggregators.kpis.catalogue import CATALOGUE
from aggregators.policy import Rules
from alerts.alert import Key
from alerts.evaluation import Evaluator, Findings
from alerts.late_past import LATE_GRACE_MS, WAITS
from alerts.rules import AllOf, AnyOf, Condition, Measure, Rule
from tests.alerts.evaluation_boards import READY, WAIT, WAITING, board, compare, key, look, rule

LONG = compare(WAIT, ">", 60, clear=45)
CALM_S = None


class Watch:
    """An evaluator of one rule that is shown one queue, second by second."""

    def __init__(self, condition: Condition = LONG, **more: int) -> None:
        self.rule: Rule = rule("wait", condition, **more)
        self.evaluator = Evaluator([self.rule], Rules())
        self.key = key("wait", "sales")
        self.open_keys: set[Key] = set()

    def sees(self, at_s: float, wait_s: float | None, **more: Any) -> Findings:
        """Look at a queue with that longest wait, and with more values or flags of the look."""
        values = {"longest_wait_seconds": wait_s, "contacts_waiting": 1, "agents_available": 0}
        flags = {name: more.pop(name) for name in ("is_current", "is_complete") if name in more}
        found = self.evaluator.look(
            look(board(sales={**values, **more}), at_s, **flags),
            [self.key] if self.open_keys else (),
        )
        self.open_keys = {*found.breaching, *found.kept, *found.unknown}
        return found

    def for_ms(self, at_s: float, wait_s: float | None, **more: Any) -> int:
        """Return how long the breach of that look must last."""
        return self.sees(at_s, wait_s, **more).breaching[self.key].for_ms


def test_the_waits_are_kpis_of_now_in_seconds() -> None:
    """A KPI that is renamed must not drop out of this silently."""
    assert {(CATALOGUE[kpi].kind, CATALOGUE[kpi].unit) for kpi in WAITS} == {("N", "seconds")}


def test_a_wait_that_passes_its_threshold_in_time_keeps_the_time_of_its_rule() -> None:
    """The ordinary case: 59 s, 60 s, 61 s."""
    watch = Watch(for_ms=3_000)
    watch.sees(0, 59.5)
    assert watch.for_ms(1, 60.5) == 3_000
    assert watch.for_ms(300, 359.5) == 3_000


@pytest.mark.parametrize(("wait_s", "for_ms"), [(121.0, 3_000), (121.1, LATE_GRACE_MS)])
def test_a_wait_that_is_suddenly_too_long_must_last_a_minute(wait_s: float, for_ms: int) -> None:
    """A second after nobody waited, somebody waits for over the threshold, a second and 60 s."""
    watch = Watch(for_ms=3_000)
    watch.sees(0, CALM_S)
    assert watch.for_ms(1, wait_s) == for_ms


def test_the_longer_nothing_was_seen_the_older_a_wait_may_be() -> None:
    """A worker that paused for five minutes has missed five minutes of waiting."""
    watch = Watch()
    watch.sees(0, CALM_S)
    assert watch.for_ms(300, 420) == 0
    other = Watch()
    other.sees(0, CALM_S)
    assert other.for_ms(300, 420.1) == LATE_GRACE_MS


@pytest.mark.parametrize(("wait_s", "for_ms"), [(120.0, 0), (120.1, LATE_GRACE_MS)])
def test_at_the_first_look_nothing_was_seen_before(wait_s: float, for_ms: int) -> None:
    """A worker that has just begun to lead takes a long wait for a late one."""
    assert Watch().for_ms(0, wait_s) == for_ms


def test_a_breach_that_was_told_late_is_late_to_its_end() -> None:
    """The next look sees it go on, also between clear and threshold, and is not fooled."""
    watch = Watch()
    watch.sees(0, CALM_S)
    assert watch.for_ms(1, 600) == LATE_GRACE_MS
    assert watch.for_ms(2, 601) == LATE_GRACE_MS
    assert watch.sees(3, 50).kept[watch.key].for_ms == LATE_GRACE_MS
    assert watch.for_ms(4, 61) == LATE_GRACE_MS
    assert watch.sees(5, CALM_S).kept == {}
    watch.sees(6, 60)
    assert watch.for_ms(7, 61) == 0


def test_a_late_breach_stays_late_while_nobody_can_judge_it() -> None:
    """Half a view or one that lacks events neither ends a breach nor makes it timely."""
    watch = Watch()
    watch.sees(0, CALM_S)
    assert watch.for_ms(1, 600) == LATE_GRACE_MS
    assert watch.sees(2, CALM_S, is_complete=False).unknown == {watch.key}
    assert watch.sees(3, CALM_S, is_current=False).unknown == {watch.key}
    assert watch.for_ms(4, 603) == LATE_GRACE_MS


@pytest.mark.parametrize("flag", ["is_complete", "is_current"])
def test_only_a_whole_view_shows_that_nobody_waits(flag: str) -> None:
    """A wait that was hidden for three minutes is not late when it is seen again."""
    watch = Watch()
    watch.sees(0, CALM_S)
    watch.sees(179, CALM_S, **{flag: False})
    assert watch.for_ms(180, 300) == 0


def test_the_time_of_a_rule_is_only_lengthened() -> None:
    """A rule that waits for longer than a minute waits as long as ever."""
    assert Watch(for_ms=300_000).for_ms(0, 4_000) == 300_000


def test_a_wait_that_was_long_before_is_not_late_when_the_rest_becomes_true() -> None:
    """The last ready agent leaves while somebody has waited for minutes: that is news of now."""
    watch = Watch(AllOf((compare(WAIT, ">", 60), compare(READY, "<", 1))))
    assert watch.sees(0, 300, agents_available=1).breaching == {}
    assert watch.for_ms(1, 301) == 0
    late = Watch(AllOf((compare(WAIT, ">", 60), compare(READY, "<", 1))))
    late.sees(0, CALM_S)
    assert late.for_ms(1, 301) == LATE_GRACE_MS


def test_a_late_wait_that_a_group_does_not_need_does_not_hide_behind_the_others() -> None:
    """Any true wait of the group counts, also where another comparison is told of."""
    watch = Watch(AnyOf((compare(WAITING, ">", 0), LONG)))
    watch.sees(0, CALM_S)
    found = watch.sees(1, 600).breaching[watch.key]
    assert (found.value, found.for_ms) == (1, LATE_GRACE_MS)


def test_other_figures_may_jump() -> None:
    """Counts and short waits are no past: twenty contacts may come in a second."""
    watch = Watch(compare(WAITING, ">", 3))
    watch.sees(0, CALM_S)
    assert watch.for_ms(1, CALM_S, contacts_waiting=500) == 0
    below = Watch(compare(WAIT, "<", 600))
    assert below.for_ms(0, 1) == 0


def test_each_level_of_an_age_is_watched() -> None:
    """The oldest ticket by the calendar is an age like any wait."""
    age = Measure("ticket_oldest_unanswered_seconds", ("calendar",))
    watch = Watch(compare(age, ">", 86_400))
    ages = "ticket_oldest_unanswered_seconds"
    watch.sees(0, CALM_S, **{ages: {"calendar": 86_400.0}})
    assert watch.for_ms(1, CALM_S, **{ages: {"calendar": 86_401.0}}) == 0
    watch.sees(2, CALM_S, **{ages: {"calendar": None}})
    assert watch.for_ms(3, CALM_S, **{ages: {"calendar": 90_000.0}}) == LATE_GRACE_MS


def test_a_clock_that_steps_back_makes_no_time_pass() -> None:
    """After a step back a sudden long wait is late as ever."""
    watch = Watch()
    watch.sees(0, CALM_S)
    assert watch.for_ms(-3_600, 120) == 0
    other = Watch()
    other.sees(0, CALM_S)
    assert other.for_ms(-3_600, 121) == LATE_GRACE_MS
