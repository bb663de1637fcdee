"""What happens beside the queues: self-care, surveys, evaluations, the shop, the office."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest

from aggregators import events as ev
from streams.simulator import (
    QueueSpec,
    Scenario,
    ScenarioError,
    Simulation,
    TeamSpec,
    demo_scenario,
)
from streams.simulator.scenario import SelfCareSpec

START_MS = 1_732_500_000_000
HOUR_MS = 3_600_000
E = TypeVar("E", bound=ev.Envelope)


@pytest.fixture(scope="module")
def day() -> list[ev.Envelope]:
    """A day of the demo centre."""
    return list(
        Simulation(demo_scenario(), seed=3, start_ms=START_MS).events(START_MS + 24 * HOUR_MS)
    )


def of(day: list[ev.Envelope], kind: type[E]) -> list[E]:
    return [event for event in day if isinstance(event, kind)]


def share(part: int, whole: int) -> float:
    assert whole > 100
    return part / whole


def test_a_hand_over_names_a_contact_of_the_same_customer(day: list[ev.Envelope]) -> None:
    """The contact that it names was created at that instant, for that customer and motive."""
    created = {event.contact_id: event for event in of(day, ev.ContactCreated)}
    sessions = {event.session_id: event for event in of(day, ev.SelfcareStarted)}
    handed = of(day, ev.SelfcareHandedOff)
    assert 300 < len(handed) < 700
    for event in handed:
        assert event.contact_id is not None
        contact, session = created[event.contact_id], sessions[event.session_id]
        assert contact.event_time_ms == event.event_time_ms
        assert contact.customer_key == event.customer_key == session.customer_key
        assert contact.motive == session.motive
    assert {event.reason for event in handed} == {
        "asked", "failed", "policy", "negative_feedback",
    }  # fmt: skip


def test_most_sessions_end_without_a_person_and_some_are_just_left(day: list[ev.Envelope]) -> None:
    """Every session ends at most once; a few per cent are never told to have ended."""
    ends = Counter(event.session_id for event in day if isinstance(
        event, (ev.SelfcareHandedOff, ev.SelfcareContained)
    ))  # fmt: skip
    assert set(ends.values()) == {1}
    started = of(day, ev.SelfcareStarted)
    assert 0.85 < share(len(ends), len(started)) < 0.97
    assert 0.08 < share(len(of(day, ev.SelfcareHandedOff)), len(ends)) < 0.25


def test_some_searches_find_nothing_and_some_of_them_often(day: list[ev.Envelope]) -> None:
    """Between a tenth and a third, and offers more than passwords; wordings differ in plural."""
    searches = of(day, ev.FaqSearched)
    missed = [event for event in searches if not event.result_count]
    assert 0.1 < share(len(missed), len(searches)) < 0.35
    words = Counter(event.keyword for event in missed)
    assert words["code promo"] > 3 * words["mot de passe"]
    assert min(words["code promo"], words["codes promo"]) > 20


def test_customers_come_again_on_other_ways(day: list[ev.Envelope]) -> None:
    """One in ten or more of those who contact somebody do so twice, some on two channels."""
    channels: dict[str, list[str]] = {}
    for event in day:
        if isinstance(event, (ev.ContactCreated, ev.TicketOpened)):
            assert event.customer_key is not None
            channels.setdefault(event.customer_key, []).append(str(event.channel))
    again = [told for told in channels.values() if len(told) > 1]
    assert 0.1 < share(len(again), len(channels)) < 0.5
    assert sum(len(set(told)) > 1 for told in again) > 100
    visitors = {event.customer_key for event in of(day, ev.SelfcareStarted)}
    assert len(visitors & channels.keys()) > 500


def test_every_kind_of_survey_is_sent_and_answered_in_its_scale(day: list[ev.Envelope]) -> None:
    """Scores lie in the usual scales; somebody answers each kind."""
    scales = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7), "resolution": (0, 1),
              "engagement": (0, 10)}  # fmt: skip
    answers = of(day, ev.SurveyAnswered)
    sent = {event.survey_id: event for event in of(day, ev.SurveySent)}
    assert {event.survey_kind for event in answers} == {*scales, "helpful"}
    for event in answers:
        if event.survey_kind == "helpful":
            assert event.score in ("yes", "no")
            assert event.session_id is not None
            continue
        assert isinstance(event.score, float)
        assert scales[event.survey_kind][0] <= event.score <= scales[event.survey_kind][1]
        assert sent[event.survey_id].survey_kind == event.survey_kind
    votes = Counter(event.score for event in answers if event.survey_kind == "helpful")
    assert votes["yes"] > votes["no"] > 0
    staff = [event for event in answers if event.survey_kind == "engagement"]
    assert len(staff) >= 5
    assert all(event.team and event.customer_key is None for event in staff)


def test_some_conversations_are_evaluated(day: list[ev.Envelope]) -> None:
    """Against one grid, points within their most, sometimes with an error."""
    ended = {event.contact_id for event in of(day, ev.ContactEnded)}
    found = of(day, ev.QualityEvaluated)
    assert 0.02 < share(len(found), len(ended)) < 0.08
    for event in found:
        assert [item.weight for item in event.items] == [1.0, 2.0, 3.0, 1.0]
        assert all(0.0 <= item.points <= item.max for item in event.items)
        assert event.contact_id in ended
    assert 0.03 < share(sum(bool(event.errors) for event in found), len(found)) < 0.25


def test_some_baskets_are_left_without_a_word(day: list[ev.Envelope]) -> None:
    """Of the baskets of the first hours some are ordered, some given up, some neither."""
    early = {
        e.cart_id for e in of(day, ev.CartCreated) if e.event_time_ms < START_MS + 20 * HOUR_MS
    }
    ordered = {event.cart_id for event in of(day, ev.OrderPlaced) if event.cart_id} & early
    dropped = {event.cart_id for event in of(day, ev.CartAbandoned)} & early
    assert 0.2 < share(len(ordered), len(early)) < 0.4
    assert 0.1 < share(len(early - ordered - dropped), len(early)) < 0.35
    assert any(event.contact_id for event in of(day, ev.OrderPlaced))


def test_a_few_callers_are_sent_to_selfcare(day: list[ev.Envelope]) -> None:
    """Most of them by choice; each opens a session shortly after."""
    sent = [event for event in of(day, ev.FlowOut) if event.reason == "selfcare"]
    assert len(sent) > 30
    assert 0 < sum(not event.optional_choice for event in sent) < len(sent) / 2
    key_of = {event.contact_id: event.customer_key for event in of(day, ev.ContactCreated)}
    opened = {(e.customer_key, e.event_time_ms) for e in of(day, ev.SelfcareStarted)}
    for event in sent[:-1]:
        assert (key_of[event.contact_id], event.event_time_ms + 15_000) in opened


def test_the_office_tells_two_months_at_once_and_then_every_hour(day: list[ev.Envelope]) -> None:
    """Customers, staff and costs of September and October, in local months; costs by hour."""
    months = [
        (datetime.fromtimestamp(event.period_start_ms / 1000, ZoneInfo("Europe/Paris")).isoformat(),
         event.event_time_ms)
        for event in of(day, ev.CustomersCounted)
    ]  # fmt: skip
    assert months == [
        ("2024-09-01T00:00:00+02:00", START_MS), ("2024-10-01T00:00:00+02:00", START_MS),
    ]  # fmt: skip
    first, second = of(day, ev.CustomersCounted)
    assert second.lost_in_period is not None
    assert second.total == first.total + second.new_in_period - second.lost_in_period
    teams = Counter(event.team for event in of(day, ev.StaffCounted))
    assert teams == {None: 2, "front": 2, "tech": 2, "digital": 2, "mail": 2}
    hourly = [e for e in of(day, ev.CostBooked) if e.event_time_ms > START_MS]
    assert {e.channel for e in hourly} == {"voice", "chat", "messaging", "email", "selfcare"}
    assert all(e.period_end_ms - e.period_start_ms == HOUR_MS for e in hourly)
    assert all(e.period_end_ms == e.event_time_ms for e in hourly)
    assert {datetime.fromtimestamp(e.event_time_ms / 1000, UTC).minute for e in hourly} == {0}
    assert len(hourly) == 5 * 22


def test_self_care_that_leads_nowhere_is_refused() -> None:
    """A follow-up needs a queue, a queue that sends people to a tool needs that tool."""
    queue: dict[str, Any] = {"name": "calls", "channel": "voice", "per_hour": 10.0}
    team = TeamSpec(name="team", queues=("calls",), always=1)

    def scenario(selfcare: tuple[SelfCareSpec, ...] = (), **more: Any) -> Scenario:
        return Scenario(
            name="wrong", queues=(QueueSpec(**queue, **more),), teams=(team,), selfcare=selfcare
        )

    with pytest.raises(ScenarioError, match="name follow_up_to"):
        scenario((SelfCareSpec(tool="bot", per_hour=1.0, follow_up_share=0.1),))
    with pytest.raises(ScenarioError, match="name one of the tools"):
        scenario(selfcare_after_s=60.0, selfcare_share=0.1, selfcare_to="bot")
