"""A rule with active hours is silent outside of them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from aggregators.policy import Hours, QueuePolicy, Rules
from alerts.alert import Key
from alerts.evaluation import Look
from alerts.rules import Active, Scope, Where
from tests.alerts.evaluation_boards import WAITING, board, compare, judge, key, rows, rule

NINE_TO_FIVE = Hours(shifts=(((9 * 60, 17 * 60),),) * 5 + ((),) * 2, holidays=frozenset())
EVENING = Hours(shifts=(((17 * 60, 22 * 60),),) * 7)
BUSY = compare(WAITING, ">", 3)


def paris(text: str) -> int:
    """Return an instant of the clock of Paris, epoch ms."""
    zone = ZoneInfo("Europe/Paris")
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1_000)


def at(text: str, *, is_complete: bool = True) -> Look:
    """Return a look at two busy queues."""
    shown = board(sales={"contacts_waiting": 9}, help={"contacts_waiting": 9})
    return Look(
        now_ms=paris(text), board=shown, health={}, is_current=True, is_complete=is_complete
    )


@pytest.mark.parametrize(
    ("instant", "fires"),
    [
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T09:00", True),
        ("2026-11-23T16:59:59", True),
        ("2026-11-23T17:00", False),
        ("2026-11-22T12:00", False),
    ],
)
def test_a_rule_fires_within_its_hours_in_its_zone(instant: str, fires: bool) -> None:
    """The clock is that of the rule: from the first minute of the shift to before its end."""
    active = Active(hours=NINE_TO_FIVE, zone="Europe/Paris")
    found = judge(at(instant), rule("busy", BUSY, active=active))
    assert set(found.breaching) == ({key("busy", "sales"), key("busy", "help")} if fires else set())


@pytest.mark.parametrize("is_complete", [True, False])
def test_outside_its_hours_the_alerts_of_a_rule_are_over(is_complete: bool) -> None:
    """At closing time nothing stays open, not even what half a view cannot judge."""
    active = Active(hours=NINE_TO_FIVE, zone="Europe/Paris")
    opened = [key("busy", "sales"), key("busy", "gone")]
    shown = at("2026-11-23T17:00", is_complete=is_complete)
    found = judge(shown, rule("busy", BUSY, active=active), open_keys=opened)
    assert (found.breaching, found.kept, found.unknown) == ({}, {}, set())


@pytest.mark.parametrize(
    ("instant", "queue"), [("2026-11-23T16:00", "sales"), ("2026-11-23T18:00", "help")]
)
def test_a_rule_may_follow_the_hours_of_each_queue(instant: str, queue: str) -> None:
    """Where one queue is closed another may be open; what was open there is over."""
    policies = Rules(
        queues={
            ("sales", "voice"): QueuePolicy(hours=NINE_TO_FIVE, zone="Europe/Paris"),
            ("help", "voice"): QueuePolicy(hours=EVENING, zone="Europe/Paris"),
        }
    )
    opened = [key("busy", "sales"), key("busy", "help")]
    found = judge(
        at(instant),
        rule("busy", BUSY, active=Active(of_queue=True)),
        open_keys=opened,
        policies=policies,
    )
    assert set(found.breaching) == set(found.kept) == {key("busy", queue)}
    assert found.unknown == set()


def test_a_queue_without_hours_is_always_open() -> None:
    """Where the settings say nothing, a rule by the hours of queues fires at night."""
    found = judge(at("2026-11-22T03:00"), rule("busy", BUSY, active=Active(of_queue=True)))
    assert set(found.breaching) == {key("busy", "sales"), key("busy", "help")}


@pytest.mark.parametrize(("hour", "fires"), [(12, True), (20, False)])
def test_rows_that_are_no_queue_follow_the_hours_of_the_rule(hour: int, fires: bool) -> None:
    """A channel has no queue to ask."""
    shown = rows()
    shown.channels["voice"] = {"contacts_waiting": 9}
    active = Active(hours=NINE_TO_FIVE, zone="Europe/Paris", of_queue=True)
    by_channel = rule("busy", BUSY, scope=Scope("channel"), active=active)
    found = judge(
        Look(
            now_ms=paris(f"2026-11-23T{hour}:00"),
            board=board({"30m": shown}),
            health={},
            is_current=True,
            is_complete=True,
        ),
        by_channel,
    )
    assert set(found.breaching) == ({Key("busy", Where("channel", "voice"))} if fires else set())
