"""What is promised for tickets by priority: at risk, overdue, kept; and the backlog by age."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.calendar import due_ms, open_ms
from aggregators.policy import Hours
from aggregators.promises import NOTHING, Promise, Sla
from tests.aggregators.story import s
from tests.aggregators.ticket_story import (
    DAY,
    HOUR,
    OFFICE,
    assigned,
    desk,
    opened,
    promised,
    reopened,
    replied,
    solved,
    ticket_rules,
    total,
)

URGENT = Promise(first_response_ms=HOUR * 1000, resolution_ms=4 * HOUR * 1000, is_business=False)
OFFICE_DAY = Promise(first_response_ms=2 * HOUR * 1000, resolution_ms=9 * HOUR * 1000)
LAWS = ticket_rules(sla=promised(at_risk_s=1800, urgent=URGENT))


def live(shard: Any, at_s: float) -> tuple[Any, Any]:
    found = total(shard, at_s)
    return found["tickets_at_risk"], found["tickets_overdue"]


def counts(first_response: int, resolution: int) -> dict[str, int]:
    return {"first_response": first_response, "resolution": resolution}


@pytest.mark.proves("tickets_at_risk", "tickets_overdue")
def test_a_ticket_is_at_risk_and_then_overdue_by_the_clock_alone() -> None:
    """An hour is promised, half an hour before it is at risk; to the millisecond."""
    shard = desk([opened(0, priority="Urgent")], LAWS)
    assert live(shard, 1_800) == (counts(0, 0), counts(0, 0))
    assert live(shard, 1_800.001) == (counts(1, 0), counts(0, 0))
    assert live(shard, 3_600) == (counts(1, 0), counts(0, 0))
    assert live(shard, 3_600.001) == (counts(0, 0), counts(1, 0))
    assert live(shard, 4 * HOUR) == (counts(0, 1), counts(1, 0))
    assert live(shard, 4 * HOUR + 1) == (counts(0, 0), counts(1, 1))


def test_a_reply_and_a_solve_end_the_risk() -> None:
    """Each promise by itself."""
    shard = desk([opened(0, priority="urgent"), replied(3_000)], LAWS)
    assert live(shard, 3_700) == (counts(0, 0), counts(0, 0))
    shard.apply(solved(3.9 * HOUR), 0)
    assert live(shard, 5 * HOUR) == (counts(0, 0), counts(0, 0))


@pytest.mark.proves("promise_kept_rate")
def test_a_promise_is_decided_by_what_was_promised_or_by_the_clock() -> None:
    """One replied in time, one late, one never: 1/2 while the third is young, then 1/3."""
    story = [opened(0, "a", priority="urgent"), replied(3_600, "a")]
    story += [opened(0, "b", priority="urgent"), opened(1_000, "c", priority="urgent")]
    story += [replied(3_601, "b")]
    shard = desk(sorted(story, key=lambda e: e.event_time_ms), LAWS)

    def kept(at_s: float) -> Any:
        return total(shard, at_s)["promise_kept_rate"]["first_response"]  # type: ignore[index]

    assert kept(4_600) == pytest.approx(1 / 2)
    assert kept(4_600.001) == pytest.approx(1 / 3)


def test_a_broken_promise_is_booked_when_it_fell_due() -> None:
    """An hour was promised, the reply came after three: the miss is of the second hour."""
    shard = desk([opened(0, priority="urgent"), replied(3 * HOUR)], LAWS)
    early = total(desk([opened(0, priority="urgent")], LAWS), 1.5 * HOUR, "1h")
    assert early["promise_kept_rate"] == {"first_response": 0.0, "resolution": None}
    assert total(shard, 3.5 * HOUR, "1h")["promise_kept_rate"] == {
        "first_response": None, "resolution": None,
    }  # fmt: skip


def test_a_promise_in_business_time_waits_over_the_weekend() -> None:
    """Friday 17:00 with two hours promised, office 9 to 18: due on Monday at 10:00."""
    friday, monday = 4 * DAY + 17 * HOUR, 7 * DAY
    rules = ticket_rules(hours=OFFICE, sla=promised(default=OFFICE_DAY))
    shard = desk([opened(friday, priority=3)], rules)
    assert live(shard, monday + 9 * HOUR)[0] == counts(0, 0)
    assert live(shard, monday + 9 * HOUR + 1)[0] == counts(1, 0)
    assert live(shard, monday + 10 * HOUR)[1] == counts(0, 0)
    assert live(shard, monday + 10 * HOUR + 1)[1] == counts(1, 0)


def test_the_time_spent_solved_is_left_out_of_what_was_promised() -> None:
    """Four hours: three were used, a day solved, then one hour is left."""
    story = [opened(0, priority="urgent"), replied(60), solved(3 * HOUR), reopened(DAY)]
    shard = desk(story, LAWS)
    assert total(shard, DAY)["promise_kept_rate"]["resolution"] is None  # type: ignore[index]
    assert live(shard, DAY + HOUR) == (counts(0, 1), counts(0, 0))
    assert live(shard, DAY + HOUR + 1) == (counts(0, 0), counts(0, 1))
    late = desk([*story, solved(DAY + 2 * HOUR)], LAWS)
    assert total(late, 2 * DAY)["promise_kept_rate"]["resolution"] == 0.0  # type: ignore[index]
    kept = desk([*story, solved(DAY + HOUR)], LAWS)
    assert total(kept, 2 * DAY)["promise_kept_rate"]["resolution"] == 1.0  # type: ignore[index]


def test_a_ticket_that_moves_follows_the_hours_of_its_new_queue() -> None:
    """Written at 17:30 for a queue that is always open, moved to the office at once."""
    from aggregators.policy import QueuePolicy

    office = QueuePolicy(hours=OFFICE, max_wait_ms=None)
    sla = promised(default=Promise(first_response_ms=HOUR * 1000))
    rules = ticket_rules(sla=sla, queues={("office", "email"): office})
    story = [opened(17.5 * HOUR), assigned(17.5 * HOUR + 1, queue="office")]
    assert live(desk(story[:1], rules), 19 * HOUR)[1] == counts(1, 0)
    assert live(desk(story, rules), 19 * HOUR)[1] == counts(0, 0)
    assert live(desk(story, rules), DAY + 9.5 * HOUR + 1)[1] == counts(1, 0)


def test_priorities_are_found_whatever_their_case_and_type() -> None:
    """A number as a word; the default for what is not named; nothing without a default."""
    named = Sla(promises={"high": URGENT, "1": OFFICE_DAY})
    assert named.promise(" HIGH ") is URGENT
    assert named.promise(1) is OFFICE_DAY
    assert named.promise("low") is named.promise(None) is NOTHING
    assert Sla(promises={"default": URGENT}).promise(None) is URGENT


@pytest.mark.proves("tickets_backlog")
def test_the_backlog_is_shown_by_age() -> None:
    """Bands are younger than 4 hours, 1, 3 and 7 days, and older; the clock moves them."""
    ages = (1 * HOUR, 4 * HOUR, DAY, 3 * DAY, 7 * DAY, 9 * DAY)
    now = 10 * DAY
    shard = desk([opened(now - age, f"t{n}") for n, age in reversed(list(enumerate(ages)))])
    assert total(shard, now)["tickets_backlog"] == {"4h": 1, "1d": 1, "3d": 1, "7d": 1, "older": 2}
    assert total(shard, now + 3 * HOUR)["tickets_backlog"] == {
        "4h": 0, "1d": 2, "3d": 1, "7d": 1, "older": 2,
    }  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 14 * DAY), st.integers(0, 40 * HOUR), st.booleans())
def test_a_due_instant_is_the_last_one_within_the_business_time(
    start_s: int, promised_s: int, overnight: bool
) -> None:
    """Up to it at most so much has passed, a millisecond later more; for any hours."""
    hours = Hours(shifts=(((21 * 60, 2 * 60),),) * 7) if overnight else OFFICE
    due = due_ms(hours, "Europe/Paris", s(start_s), promised_s * 1000)
    assert open_ms(hours, "Europe/Paris", s(start_s), due) == promised_s * 1000
    assert open_ms(hours, "Europe/Paris", s(start_s), due + 1) == promised_s * 1000 + 1


def test_what_is_due_in_hours_that_never_come_is_never_due() -> None:
    """All days closed."""
    from aggregators.calendar import NEVER_MS

    assert due_ms(Hours(shifts=((),) * 7), "UTC", s(0), 1) == NEVER_MS
