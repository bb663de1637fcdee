"""What a mapping reads at a path: words, times, durations, lists; and what it says of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from aggregators import events as ev
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused
from tests.streams.sources.json_mapping_reading import LEAST, SECRET, read, rows


@pytest.mark.parametrize(
    ("when", "told", "holds"),
    [
        ({"is": "Open"}, "OPEN ", True),
        ({"is": ["a", "b"]}, "c", False),
        ({"is": 5}, "5", True),
        ({"is": True}, True, True),
        ({"is": "open"}, {"old": "open"}, False),
        ({"is_not": "open"}, {"old": "open"}, True),
        ({"is_not": ["a", "b"]}, "b", False),
        ({"is_not": "a"}, None, True),
        ({"present": True}, "", False),
        ({"present": True}, 0, True),
        ({"present": False}, None, True),
        ({"present": True, "is_not": "a"}, "b", True),
        ({"present": True, "is_not": "a"}, None, False),
    ],
)
def test_a_condition_asks_for_words_or_for_presence(
    when: dict[str, Any], told: Any, holds: bool
) -> None:
    """Upper and lower case are the same; an object is no word, and no fault."""
    body = {"id": "1", "at": 1_717_372_800, "agent": "A1", "status": told}
    settings = {**LEAST, "events": [{"when": {"path": "status", **when}}]}
    [found] = read(settings, body)
    assert isinstance(found, ev.AgentHeartbeat) is holds
    assert holds or (isinstance(found, Refused) and found.reason is Reason.UNMAPPED_SOURCE)


def test_each_object_of_a_list_is_a_body_and_a_bad_one_leaves_the_others() -> None:
    """A batch in one body."""
    beats = [{"id": "1", "at": 1_717_372_800, "agent": "A1"}, {"id": "2", "agent": "A1"}, 5]
    found = read({**LEAST, "each": "batch.items"}, {"batch": {"items": beats}})
    assert [type(one) for one in found] == [ev.AgentHeartbeat, Refused, Refused]
    [refused] = read({**LEAST, "each": "batch.items"}, {"batch": {}})
    assert isinstance(refused, Refused)
    assert refused.detail == "batch.items is missing; each of its objects is to be a body"


@pytest.mark.parametrize(
    ("told", "form", "at_ms", "quality"),
    [
        (1_717_372_800, None, 1_717_372_800_000, "second"),
        ("1717372800", None, 1_717_372_800_000, "second"),
        (1_717_372_800.25, None, 1_717_372_800_250, "exact"),
        (1_717_372_800_123, None, 1_717_372_800_123, "exact"),
        ("1717372800123", "epoch_ms", 1_717_372_800_123, "exact"),
        ("1717372800", "epoch_s", 1_717_372_800_000, "second"),
        ("2024-06-03T00:00:00Z", None, 1_717_372_800_000, "second"),
        ("2024-06-03T02:00:00.5+02:00", "iso", 1_717_372_800_500, "exact"),
        ("2024-06-03 02:00:00", None, 1_717_372_800_000, "second"),
        ("03/06/2024 02:00", "%d/%m/%Y %H:%M", 1_717_372_800_000, "second"),
        ("03/06/2024 02:00:00.125", "%d/%m/%Y %H:%M:%S.%f", 1_717_372_800_125, "exact"),
        ("03/06/2024 02:00 +0200", "%d/%m/%Y %H:%M %z", 1_717_372_800_000, "second"),
        (63_884_592_000, "gregorian_s", 1_717_372_800_000, "second"),
    ],
)
def test_times_of_many_formats(told: Any, form: str | None, at_ms: int, quality: str) -> None:
    """Plain times are of the source's zone, here Paris; whole seconds are told as such."""
    time = {"path": "at"} if form is None else {"path": "at", "format": form}
    settings = {**LEAST, "zone": "Europe/Paris", "event_time": time}
    [event] = read(settings, {"id": "1", "at": told, "agent": "A1"})
    assert isinstance(event, ev.Envelope), event
    assert (event.event_time_ms, event.time_quality) == (at_ms, quality)


@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        ({}, Reason.MISSING_FIELD, "a path of event_id is not in the body"),
        ({"id": "1"}, Reason.MISSING_FIELD, "at is missing; it is the event's time"),
        ({"id": "1", "at": "soon"}, Reason.BAD_TIME, "at: is no ISO 8601 time and no number"),
        ({"id": "1", "at": "2024-06-03T00:00"}, Reason.BAD_TIME, "set the source's zone"),
        ({"id": "1", "at": 1_717_372_800}, Reason.MISSING_FIELD, "agent_id is missing"),
        ({"id": "1", "at": 5, "agent": "A1"}, Reason.BAD_TIME, "between the years 1990 and 9999"),
        ({"id": "1", "at": 1_717_372_800, "agent": "a@example.com"}, Reason.PERSONAL_DATA,
         "agent_id"),
        ({"id": "1", "at": 1_717_372_800, "agent": {}}, Reason.BAD_TYPE, "agent must be a text"),
        ({"id": "1", "at": 1_717_372_800, "agent": "A" * 129}, Reason.BAD_VALUE, "longer than"),
    ],
)  # fmt: skip
def test_a_body_that_gives_no_event_says_why(
    body: dict[str, Any], reason: Reason, detail: str
) -> None:
    """Reason, the field of the body, and its place."""
    [refused] = read(LEAST, body)
    assert isinstance(refused, Refused)
    assert refused.reason is reason
    assert detail in refused.detail
    assert refused.position == "bodies.jsonl:1"


def test_fields_of_every_kind_are_read() -> None:
    """Flags, counts, numbers, words, lists, money, objects that are canonical already."""
    settings = """
    event_id: "{n}-{{x}}"
    event_time: {path: at, format: epoch_s}
    events:
      - {type: order.placed, order_id: "{n}", when: {path: is, is: o},
         money: {amount: {path: sum}, currency: EUR}}
      - {type: survey.answered, survey_id: "{n}", survey_kind: csat, score: {path: score},
         themes: {path: tags}, when: {path: is, is: s}}
      - {type: agent.state, agent_id: {path: who, hash: true}, slots: {path: slots},
         state: {path: ready, map: {true: available, false: pause, null: offline}},
         when: {path: is, is_not: [o, s]}}
    """
    names = ("event_id", "money", "score", "themes", "slots", "state", "agent_id")
    base = {"n": 1, "at": 1_717_372_800}
    slots = {"chat": {"max": 3}}
    who = customer_key(SECRET, "jane@example.com")
    found = read(
        settings,
        {**base, "is": "o", "sum": 12.5},
        {**base, "is": "s", "score": "4", "tags": ["delay"]},
        {**base, "is": "s", "score": "good"},
        {**base, "is": "a", "ready": False, "who": "jane@example.com", "slots": slots},
        {**base, "is": "a", "who": "jane@example.com"},
    )
    assert rows(found, *names) == [
        {"type": "order.placed", "event_id": "1-{x}:order.placed",
         "money": {"amount": "12.5", "currency": "EUR"}},
        {"type": "survey.answered", "event_id": "1-{x}:survey.answered", "score": 4.0,
         "themes": ["delay"]},
        {"type": "survey.answered", "event_id": "1-{x}:survey.answered", "score": "good"},
        {"type": "agent.state", "event_id": "1-{x}:agent.state", "slots": slots, "state": "pause",
         "agent_id": who},
        {"type": "agent.state", "event_id": "1-{x}:agent.state", "state": "offline",
         "agent_id": who},
    ]  # fmt: skip
