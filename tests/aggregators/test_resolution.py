"""Time to resolve, reopenings, escalations, ways to self-care; by motive too."""

from __future__ import annotations

from typing import Any

import pytest

from aggregators import events as ev
from aggregators.policy import Rules
from aggregators.promises import Sla
from tests.aggregators.story import answered, ended, event, flow_out, fold, look, queued
from tests.aggregators.ticket_story import (
    DAY,
    HOUR,
    OFFICE,
    assigned,
    desk,
    escalated,
    opened,
    reopened,
    replied,
    solved,
    ticket_rules,
    total,
)

NOBODY = {"calendar": None, "business": None}


@pytest.mark.example(22)
@pytest.mark.proves("resolution_seconds")
def test_example_22_reopening_takes_a_ticket_out_until_it_is_solved_again() -> None:
    """Monday 9 to 12, again Tuesday 10 to 11:30: each variant by both clocks; none in between."""
    first = [opened(9 * HOUR), solved(12 * HOUR)]
    again = [*first, reopened(DAY + 10 * HOUR)]
    story = [*again, solved(DAY + 11.5 * HOUR)]
    office = ticket_rules(hours=OFFICE)

    def times(events: list[Any]) -> Any:
        return total(desk(events, office), 2 * DAY)["resolution_seconds"]

    assert times(first)["last"] == {"calendar": 10_800.0, "business": 10_800.0}
    assert times(again) == {"last": NOBODY, "first_solve": NOBODY, "open_time": NOBODY}
    assert times(story) == {
        "last": {"calendar": 95_400.0, "business": 41_400.0},
        "first_solve": {"calendar": 10_800.0, "business": 10_800.0},
        "open_time": {"calendar": 16_200.0, "business": 16_200.0},
    }


def test_the_time_to_resolve_belongs_to_the_day_of_the_last_solve() -> None:
    """Solved on Monday and again on Tuesday: Monday has none any more."""
    story = [opened(0), solved(HOUR), reopened(25 * HOUR), solved(26 * HOUR)]
    row = look(desk(story), at_s=26.5 * HOUR, window="1h").windows["1h"].total
    assert row["contacts_resolved"] == 1
    early = look(desk(story), at_s=1.5 * HOUR, window="1h").windows["1h"].total
    assert early["contacts_resolved"] == 0


@pytest.mark.proves("resolution_quantile_seconds", "contacts_resolved")
def test_percentiles_of_the_time_to_resolve_are_nearest_rank() -> None:
    """Ten tickets of 1 to 10 hours: the median is the fifth, the P90 the ninth."""
    story = [opened(0, f"t{n}") for n in range(1, 11)]
    story += [solved(n * HOUR, f"t{n}") for n in range(1, 11)]
    found = total(desk(story), DAY)
    assert found["contacts_resolved"] == 10
    quantiles: Any = found["resolution_quantile_seconds"]
    assert (quantiles["0.5"], quantiles["0.9"]) == (5.0 * HOUR, 9.0 * HOUR)


def test_a_call_that_ends_as_resolved_is_solved_there() -> None:
    """From its first sign to its end; an end that takes it back leaves no time to resolve."""
    call = [
        event(ev.ContactCreated, 0, contact_id="c", channel="voice", motive="bill"),
        queued("c", 10), answered("c", 25), ended("c", 325, resolved=True, event_id="x"),
    ]  # fmt: skip
    shard = fold(call)
    rows = look(shard, at_s=400).windows["whole"]
    assert rows.total["resolution_seconds"]["last"]["calendar"] == 325.0  # type: ignore[index]
    assert rows.facets["motive"]["bill"]["contacts_resolved"] == 1
    shard.apply(ended("c", 325, resolved=False, event_id="x", revision=1), 0)
    after = look(shard, at_s=400).windows["whole"]
    assert after.total["contacts_resolved"] == 0
    assert after.facets["motive"]["bill"]["contacts_resolved"] == 0


def test_a_motive_told_in_wrap_up_takes_the_resolution_with_it() -> None:
    """Received under the motive of the menu, resolved under the one that the agent named."""
    wrap_up = {"contact_id": "c", "leg_id": "L1", "agent_id": "A1"}
    call = [
        event(ev.ContactCreated, 0, contact_id="c", channel="voice", motive="other things"),
        queued("c", 10), answered("c", 25), ended("c", 325, resolved=True),
        event(ev.WrapUpEnded, 350, motive="bill", **wrap_up),
    ]  # fmt: skip
    rows = look(fold(call), at_s=400).windows["whole"]
    by_motive = rows.facets["motive"]
    assert (by_motive["bill"]["contacts_resolved"], rows.total["contacts_resolved"]) == (1, 1)
    menu = by_motive["other things"]
    assert (menu["contact_volume"], menu["contacts_resolved"]) == (1, 0)


@pytest.mark.proves("reopen_rate")
def test_the_share_of_reopened_tickets_is_final_after_seven_days() -> None:
    """Four solved on day 0, one reopened on day 2, one on day 8: 1/4, and the late one is late."""
    story = [opened(0, f"t{n}") for n in range(4)] + [solved(HOUR, f"t{n}") for n in range(4)]
    story += [reopened(2 * DAY, "t1")]
    shard = desk(story)
    rate: Any = total(shard, 2 * DAY + 1)["reopen_rate"]
    assert rate == {"provisional": 0.25, "final": None}
    for late in (opened(8 * DAY, "u"), reopened(8 * DAY + 60, "t2")):
        shard.apply(late, late.event_time_ms)
    assert total(shard, 8 * DAY + 120)["reopen_rate"] == {"provisional": None, "final": 0.25}


def test_a_fact_that_comes_late_enters_the_final_share_too() -> None:
    """A solve told when its week was over already counts as provisional nowhere."""
    shard = desk([opened(0, "u"), opened(9 * DAY, "v")])
    for late in (solved(HOUR, "u"), reopened(DAY, "u")):
        shard.apply(late, 0)
    assert total(shard, 9 * DAY + 60)["reopen_rate"] == {"provisional": None, "final": 1.0}


@pytest.mark.proves("one_touch_rate")
def test_one_touch_means_exactly_one_public_reply_of_a_person() -> None:
    """One reply counts; none, two, and notes or automatic replies do not."""
    story = [opened(0, name) for name in "abcd"]
    story += [replied(10, "a"), replied(11, "a", public=False), replied(12, "a", "bot")]
    story += [replied(10, "b"), replied(20, "b"), replied(10, "c", "customer")]
    story += [solved(100, name) for name in "abc"]
    assert total(desk(story), 200)["one_touch_rate"] == pytest.approx(1 / 3)


@pytest.mark.example(35)
@pytest.mark.proves("escalation_count", "escalation_rate")
def test_example_35_escalations_over_what_was_handled() -> None:
    """12 of 400: 10 transfers with escalation and 2 tickets passed on, 3.00 %."""
    story: list[Any] = []
    for n in range(398):
        at = n * 10
        story += [queued(f"c{n}", at), answered(f"c{n}", at + 1)]
        if n < 10:
            story.append(
                event(ev.ContactTransferred, at + 5, contact_id=f"c{n}", leg_id="L1",
                      kind="blind", escalation=True)
            )  # fmt: skip
        else:
            story.append(ended(f"c{n}", at + 5))
    for name in ("t", "u"):
        story += [opened(5000, name), escalated(5010, name), solved(5020, name)]
    found = look(fold(story), at_s=6000).windows["whole"].total
    assert (found["contacts_handled"], found["tickets_solved"]) == (398, 2)
    assert found["escalation_count"] == 12
    assert found["escalation_rate"] == pytest.approx(0.03)


def test_an_escalated_ticket_belongs_to_the_team_it_went_to() -> None:
    """The escalation is the first team's, the solve the second's."""
    story = [opened(0, team="one"), escalated(10, to_team="two"), solved(20)]
    teams = look(desk(story), at_s=60).windows["whole"].teams
    assert (teams["one"]["escalation_count"], teams["two"]["contacts_resolved"]) == (1, 1)


@pytest.mark.example(30)
@pytest.mark.proves("transfer_to_selfcare_rate", "selfcare_not_optional_share")
def test_example_30_contacts_sent_to_self_care() -> None:
    """40 of 500 offered: 8.00 %; 10 of the 40 had no choice: 25 %."""
    story: list[Any] = []
    for n in range(500):
        story.append(queued(f"c{n}", n))
        if n < 40:
            story.append(flow_out(f"c{n}", n + 5, reason="selfcare", optional_choice=n >= 10))
        else:
            story.append(answered(f"c{n}", n + 5))
    found = look(fold(story), at_s=1000).windows["whole"].total
    assert found["contacts_offered"] == 500
    assert found["transfer_to_selfcare_rate"] == pytest.approx(0.08)
    assert found["selfcare_not_optional_share"] == pytest.approx(0.25)


def test_an_agent_may_send_a_caller_to_self_care() -> None:
    """A transfer to it counts when its leg was answered, with no word on the choice."""
    story = [
        queued("c", 0), answered("c", 10),
        event(ev.ContactTransferred, 90, contact_id="c", leg_id="L1", kind="blind",
              to_target="selfcare"),
    ]  # fmt: skip
    found = look(fold(story), at_s=100).windows["whole"].total
    assert found["transfer_to_selfcare_rate"] == 1.0
    assert found["selfcare_not_optional_share"] is None


def test_motives_that_are_not_listed_are_counted_as_other() -> None:
    """With a list of motives in the settings the rest have one row together."""
    listed = ticket_rules(motives=frozenset({"bill"}))
    story = [opened(0, "a", motive="bill"), opened(1, "b", motive="Bil"), opened(2, "c")]
    story += [opened(3, "d", motive="moon")]
    by_motive = look(desk(story, listed), at_s=10).windows["whole"].facets["motive"]
    found = {name: row["tickets_opened"] for name, row in by_motive.items()}
    assert found == {"bill": 1, "__other__": 2}


def test_a_motive_has_the_first_response_of_its_tickets() -> None:
    """Beside how long they took."""
    story = [opened(0, motive="bill"), replied(60), solved(600)]
    row = look(desk(story), at_s=700).windows["whole"].facets["motive"]["bill"]
    assert row["first_response_seconds"] == {"calendar": 60.0, "business": 60.0}
    assert row["tickets_solved"] == 1


@pytest.mark.proves("tickets_out_of_time_count")
def test_replies_and_solves_before_the_opening_have_no_duration() -> None:
    """More than two seconds before it: counted by reason, in no mean; up to that it is 0."""
    story = [
        replied(0, "a"), opened(100, "a"), solved(200, "a"),
        solved(0, "b"), opened(100, "b"),
        solved(50, "c"),
        replied(99, "d"), solved(99.5, "d"), opened(100, "d"),
    ]  # fmt: skip
    found = total(desk(sorted(story, key=lambda e: e.event_time_ms)), 300)
    assert found["tickets_out_of_time_count"] == {
        "reply_before_opening": 1, "solve_before_opening": 1, "opening_never_told": 1,
    }  # fmt: skip
    assert (found["tickets_opened"], found["tickets_open"], found["tickets_solved"]) == (3, 0, 4)
    assert found["contacts_resolved"] == 2
    assert found["resolution_seconds"]["last"]["calendar"] == 50.0  # type: ignore[index]
    assert found["first_response_seconds"]["calendar"] == 0.0  # type: ignore[index]


def test_a_second_solve_is_no_second_solution() -> None:
    """Closed by the system after it was solved: a witness, as is a reopening of what is open."""
    shard = desk([opened(0), reopened(5), solved(100), solved(9000)])
    found = total(shard, 10_000)
    assert found["resolution_seconds"]["last"]["calendar"] == 100.0  # type: ignore[index]
    assert shard.fold.conflicts == {"reopened": 1, "solved": 1}


def test_a_ticket_closed_without_a_solution_has_no_time_to_resolve() -> None:
    """It leaves the backlog, and that is all."""
    found = total(desk([opened(0), solved(100, resolved=False)]), 200)
    assert (found["tickets_open"], found["contacts_resolved"]) == (0, 0)


def test_a_ticket_written_at_night_counts_like_any_other() -> None:
    """It is in the volumes of its queue; its clock starts at the next opening."""
    night = [opened(3 * HOUR), replied(9 * HOUR + 600), solved(10 * HOUR)]
    shard = desk(night, ticket_rules(hours=OFFICE))
    row = look(shard, at_s=11 * HOUR).windows["whole"].queues["mail"]
    assert (row["tickets_opened"], row["tickets_solved"]) == (1, 1)
    assert row["first_response_seconds"]["business"] == 600.0  # type: ignore[index]
    assert row["resolution_seconds"]["last"]["business"] == HOUR  # type: ignore[index]


def test_outbound_tickets_are_in_no_figure() -> None:
    """Campaigns are kept apart by their direction (kpis.md, 2.9)."""
    story = [opened(0, direction="out"), assigned(5, agent_id="A1", direction="out")]
    found = total(desk(story), 60)
    assert (found["tickets_opened"], found["tickets_open"]) == (0, 0)


@pytest.mark.example(20)
def test_example_20_a_shift_past_midnight() -> None:
    """Shift 21:00 to 02:00: written 01:50, answered 21:10 the same date: 1,200 s of business."""
    from aggregators.policy import Hours

    late = Hours(shifts=(((21 * 60, 2 * 60),),) * 7)
    shard = desk([opened(DAY + 110 * 60), replied(DAY + 21 * HOUR + 600)], ticket_rules(hours=late))
    clocks: Any = total(shard, 2 * DAY)["first_response_seconds"]
    assert clocks["business"] == 1_200.0


def test_a_solved_ticket_that_is_answered_again_is_not_forgotten() -> None:
    """A thank-you after the solve, reopened two weeks later: still the same ticket."""
    story = [opened(0), replied(60), solved(HOUR), replied(2 * HOUR, author="customer")]
    story += [opened(day * DAY, f"u{day}") for day in range(1, 15)]
    story += [reopened(15 * DAY), solved(16 * DAY)]
    times: Any = total(desk(story), 17 * DAY)["resolution_seconds"]
    assert times["last"]["calendar"] == 16.0 * DAY
    assert times["open_time"]["calendar"] == DAY + HOUR


def test_a_ticket_that_lives_longer_than_the_slices_is_taken_out_all_the_same() -> None:
    """Solved on day 0, answered on day 7, reopened on day 14, when day 0 is history."""
    rules = ticket_rules(retention_ms=8 * DAY * 1000)
    story = [opened(0), solved(HOUR), replied(7 * DAY, author="customer")]
    story += [opened(day * DAY, f"u{day}") for day in range(8, 14)]
    found = total(desk([*story, reopened(14 * DAY)], rules), 14 * DAY + 60)
    assert (found["tickets_open"], found["contacts_resolved"]) == (7, 0)


def test_the_reopening_window_is_a_setting() -> None:
    """With thirty days a reopening after eight still counts."""
    rules: Rules = ticket_rules(sla=Sla(reopen_within_ms=30 * DAY * 1000))
    shard = desk([opened(0), solved(HOUR), reopened(8 * DAY)], rules)
    assert total(shard, 9 * DAY)["reopen_rate"] == {"provisional": 1.0, "final": None}
