"""Zendesk's event webhooks: bodies of the documented shape into canonical events."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from aggregators import events as ev
from aggregators.board import board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused, SourceLine, SourceSettingsError, build_source
from tests.streams.sources.any_body import json_values, mutations, shuffled

SECRET = b"a secret of the test"
SOLVED: dict[str, Any] = {
    "type": "zen:event-type:ticket.status_changed", "account_id": 1, "id": "01HN2",
    "time": "2024-04-17T17:18:10Z", "zendesk_event_version": "2022-11-06",
    "subject": "zen:ticket:35436",
    "detail": {
        "id": "35436", "status": "SOLVED", "group_id": "7", "assignee_id": "9",
        "requester_id": "44", "actor_id": "9", "via": {"channel": "web"},
        "created_at": "2024-04-17T16:00:00Z", "updated_at": "2024-04-17T17:18:10Z",
    },
    "event": {
        "current": "SOLVED", "previous": "OPEN", "meta": {"sequence": {"id": "x", "position": 1}},
    },
}  # fmt: skip
CREATED_MS = 1_713_369_600_000
SOLVED_MS = 1_713_374_290_000
SETTINGS: dict[str, Any] = {
    "queues": {"7": "Support", "8": "Second level"}, "teams": {"7": "T1", "8": "T2"},
    "levels": {"7": 1, "8": 2}, "motives": {"return_request": "return"},
    "agents": {"9": "A9"},
}  # fmt: skip


def body(name: str, event: Any, *, time: str = "2024-04-17T16:30:00Z", **detail: Any) -> Any:
    return {
        **SOLVED, "type": f"zen:event-type:{name}", "id": f"id of {name}", "time": time,
        "detail": {**SOLVED["detail"], "status": "OPEN", **detail}, "event": event,
    }  # fmt: skip


CREATED = body("ticket.created", {"current": {"status": "Open"}}, tags=["vip", "return_request"])
PUBLIC = body("ticket.comment_added", {"comment": {
    "id": 501, "body": "We look into it", "is_public": True,
    "author": {"id": 9, "is_staff": True, "name": "Jane"},
}})  # fmt: skip
GROUP = body("ticket.group_assignment_changed", {"current": "8", "previous": "7"}, group_id="8")
AGENT = body("ticket.agent_assignment_changed", {"current": "9", "previous": None})
MESSAGE = body("messaging_ticket.message_added", {
    "actor": {"id": "u1", "name": "Joe", "type": "end_user"},
    "message": {"id": "m1", "body": "Hello?"},
}, time="2025-02-11T14:32:05.254571515Z")  # fmt: skip
STATE: dict[str, Any] = {
    "type": "zen:event-type:agent.unified_state_changed", "account_id": 2, "id": "01GX7",
    "time": "2023-05-10T23:31:58.642630335Z", "subject": "zen:agent:10011",
    "detail": {"account_id": "2", "agent_id": "10011", "version": "3"},
    "event": {
        "new_unified_state": {"id": "2", "name": "Away", "reason": "MANUAL"},
        "previous_unified_state": {"id": "1", "name": "online", "reason": "AGENT_LOGIN"},
        "updated_at": "2023-04-05T23:30:58.642630335Z",
    },
}  # fmt: skip
CHANNEL = {
    **STATE, "type": "zen:event-type:agent.state_changed",
    "event": {"updated_at": "2023-04-05T23:30:58Z", "previous_state": "offline",
              "new_state": "online", "channel": "support"},
}  # fmt: skip
SAMPLES = [SOLVED, CREATED, PUBLIC, GROUP, AGENT, MESSAGE, STATE, CHANNEL]


def read(*bodies: Any, **settings: Any) -> list[ev.Envelope | Refused]:
    source = build_source("zendesk", {"zendesk": settings or SETTINGS}, secret=SECRET)
    found: list[ev.Envelope | Refused] = []
    for number, one in enumerate(bodies, start=1):
        text = one if isinstance(one, str) else json.dumps(one)
        found += source.feed(SourceLine(number, text))
    return [*found, *source.finish()]


def rows(*bodies: Any, **settings: Any) -> list[dict[str, Any]]:
    told = []
    for event in read(*bodies, **settings):
        assert isinstance(event, ev.Envelope), event
        told.append(msgspec.to_builtins(event))
    return told


def ignored(one: Any, **settings: Any) -> dict[str, int]:
    source = build_source("zendesk", {"zendesk": settings or SETTINGS})
    assert list(source.feed(SourceLine(1, json.dumps(one)))) == []
    return dict(source.ignored)


def test_the_documented_solve_tells_the_opening_and_the_solve() -> None:
    """Both times stand in the one body, so it has a time to resolve without any other."""
    same = {"v": 1, "source": "zendesk", "time_quality": "second", "contact_id": "ticket:35436",
            "channel": "ticket", "queue": "Support", "team": "T1", "agent_id": "A9"}  # fmt: skip
    assert rows(SOLVED) == [
        {**same, "type": "ticket.opened", "event_id": "ticket:35436:opened",
         "event_time_ms": CREATED_MS, "customer_key": customer_key(SECRET, "zendesk:44")},
        {**same, "type": "ticket.solved", "event_id": "01HN2", "event_time_ms": SOLVED_MS},
    ]  # fmt: skip


def test_a_created_ticket_is_opened_when_it_was_made() -> None:
    """Not when the body was sent; a tag of the map is its motive, the requester a keyed hash."""
    [opened] = rows(CREATED)
    assert opened == {
        "v": 1, "type": "ticket.opened", "event_id": "ticket:35436:opened", "revision": 1,
        "source": "zendesk", "event_time_ms": CREATED_MS, "time_quality": "second",
        "contact_id": "ticket:35436", "channel": "ticket", "queue": "Support", "team": "T1",
        "agent_id": "A9", "motive": "return", "customer_key": customer_key(SECRET, "zendesk:44"),
    }  # fmt: skip


def test_a_created_ticket_of_the_short_form_needs_no_group_and_no_requester() -> None:
    """The shape of the first sample of the documentation, with hardly a field."""
    short = {
        "type": "zen:event-type:ticket.created", "id": "01HNY", "time": "2024-04-17T17:18:10Z",
        "detail": {"id": "35437", "status": "Open", "via": {"channel": "web"},
                   "created_at": "2024-04-17T17:18:10Z"},
        "event": {"current": {"status": "Open"}},
    }  # fmt: skip
    assert rows(short) == [
        {"v": 1, "type": "ticket.opened", "event_id": "ticket:35437:opened", "revision": 1,
         "source": "zendesk", "event_time_ms": SOLVED_MS, "time_quality": "second",
         "contact_id": "ticket:35437", "channel": "ticket"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("comment", "author", "public"),
    [
        ({"author": {"id": 9, "is_staff": True}, "is_public": True}, "agent", True),
        ({"author": {"id": 9, "is_staff": True}, "is_public": False}, "agent", False),
        ({"author": {"id": 44, "is_staff": False}, "is_public": True}, "customer", True),
        ({"author": {"id": "44"}}, "customer", True),
        ({"author": {"id": "45", "is_staff": False}}, "customer", True),
        ({"author_id": 9}, "agent", True),
        ({"author": {"id": -1, "is_staff": True}}, "system", True),
        ({}, "agent", True),
    ],
)
def test_the_author_of_a_comment_follows_from_requester_and_staff(
    comment: dict[str, Any], author: str, public: bool
) -> None:
    """Without an author it is the actor of the body, here agent 9."""
    [event] = read(body("ticket.comment_added", {"comment": {"id": 1, **comment}}))
    assert isinstance(event, ev.TicketReplied)
    assert (event.author, event.public) == (author, public)
    assert event.message_id == "ticket:35436:comment:1"
    assert event.agent_id == ("A9" if author == "agent" else None)


def test_a_move_to_a_group_of_a_higher_level_is_an_escalation_too() -> None:
    """To the second level: assigned and escalated; back again: assigned alone."""
    assigned, escalated = rows(GROUP)
    assert (assigned["type"], assigned["queue"], assigned["team"]) == (
        "ticket.assigned", "Second level", "T2",
    )  # fmt: skip
    assert escalated["type"] == "ticket.escalated"
    assert (escalated["level"], escalated["from_team"], escalated["to_team"]) == (2, "T1", "T2")
    back = body("ticket.group_assignment_changed", {"current": "7", "previous": "8"})
    assert [row["type"] for row in rows(back)] == ["ticket.assigned"]


def test_an_assignment_names_the_new_agent_and_one_to_nobody_the_group() -> None:
    """With neither an agent nor a group there is nothing to tell."""
    [one] = rows(AGENT)
    assert (one["type"], one["agent_id"], one["queue"]) == ("ticket.assigned", "A9", "Support")
    nobody = body("ticket.agent_assignment_changed", {"current": None, "previous": "9"})
    [left] = rows(nobody)
    assert (left["queue"], "agent_id" in left) == ("Support", False)
    none = body("ticket.agent_assignment_changed", {"current": "0"}, group_id="0")
    assert ignored(none) == {"ticket.agent_assignment_changed to nobody": 1}


@pytest.mark.parametrize(
    ("event", "status", "types"),
    [
        ({"current": "Solved", "previous": "Pending"}, "OPEN", ["ticket.opened", "ticket.solved"]),
        ({"current": {"status": "solved"}}, "OPEN", ["ticket.opened", "ticket.solved"]),
        ({}, "Solved", ["ticket.opened", "ticket.solved"]),
        ({"current": "OPEN", "previous": "SOLVED"}, "OPEN", ["ticket.reopened"]),
        ({"current": "OPEN", "previous": "CLOSED"}, "OPEN", ["ticket.reopened"]),
        ({"current": "PENDING", "previous": "SOLVED"}, "PENDING", ["ticket.reopened"]),
        ({}, "Open", ["ticket.reopened"]),
        ({"current": "CLOSED", "previous": "OPEN"}, "CLOSED", ["ticket.solved"]),
    ],
)
def test_a_status_is_told_as_a_word_or_an_object_or_only_in_the_detail(
    event: Any, status: str, types: list[str]
) -> None:
    """In any case of letters; without the status before, the fold knows what it was."""
    assert [row["type"] for row in rows(body("ticket.status_changed", event, status=status))] == (
        types
    )


@pytest.mark.parametrize(
    ("now", "before"), [("CLOSED", "SOLVED"), ("PENDING", "OPEN"), ("SOLVED", "SOLVED")]
)
def test_other_changes_of_status_are_left_out(now: str, before: str) -> None:
    """A solved ticket that is closed by an automation is not solved a second time."""
    changed = body("ticket.status_changed", {"current": now, "previous": before}, status=now)
    assert ignored(changed) == {f"ticket.status_changed to {now.lower()}": 1}


def test_a_ticket_closed_without_a_solve_is_not_resolved() -> None:
    """It leaves the open ones and has no time to resolve."""
    [closed] = rows(body("ticket.status_changed", {"current": "CLOSED", "previous": "NEW"}))
    assert (closed["type"], closed["resolved"]) == ("ticket.solved", False)


def test_who_reopened_is_told_where_the_actor_is_known() -> None:
    """The requester is the customer; anybody else works here."""
    event = {"current": "OPEN", "previous": "SOLVED"}
    [by_customer] = rows(body("ticket.status_changed", event, actor_id="44"))
    [by_agent] = rows(body("ticket.status_changed", event, actor_id="9"))
    assert (by_customer["reopened_by"], by_agent["reopened_by"]) == ("customer", "agent")


def test_a_merged_ticket_names_the_one_that_goes_on() -> None:
    """Of several names that the field might have."""
    for event in ({"target_ticket_id": 35400}, {"target_ticket": {"id": "35400"}}):
        [merged] = rows(body("ticket.merged", event))
        assert (merged["type"], merged["into_contact_id"]) == ("ticket.merged", "ticket:35400")
    [refused] = read(body("ticket.merged", {}))
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.MISSING_FIELD


@pytest.mark.parametrize(
    ("kind", "author"),
    [("end_user", "customer"), ("agent", "agent"), ("trigger", "system"), ("system", "bot")],
)
def test_messages_are_told_to_the_millisecond(kind: str, author: str) -> None:
    """Nine digits after the second are cut to three."""
    event = {**MESSAGE["event"], "actor": {"id": "9", "type": kind}}
    [told] = rows({**MESSAGE, "event": event})
    assert (told["type"], told["author"], told["channel"]) == (
        "message.posted", author, "messaging",
    )  # fmt: skip
    assert told["event_time_ms"] == 1_739_284_325_254
    assert "time_quality" not in told
    assert told.get("agent_id") == ("A9" if author == "agent" else None)


def test_a_unified_status_is_told_when_it_changed() -> None:
    """The body of this one was written a month later."""
    assert rows(STATE) == [
        {"v": 1, "type": "agent.state", "event_id": "01GX7", "source": "zendesk",
         "event_time_ms": 1_680_737_458_642, "agent_id": "10011", "state": "pause",
         "label": "Away"},
    ]  # fmt: skip


def test_statuses_of_one_channel_are_the_presence_where_the_settings_say_so() -> None:
    """Else they are left out: each change of the unified status would be told again."""
    assert ignored(CHANNEL) == {"agent.state_changed of another channel than presence": 1}
    [told] = rows(CHANNEL, presence="support")
    assert (told["state"], told["time_quality"]) == ("available", "second")
    assert ignored(STATE, presence="support") == {"agent.unified_state_changed": 1}


def test_a_status_that_somebody_made_is_other_unless_the_settings_know_it() -> None:
    """Nobody is called available on a guess."""
    event = {**STATE["event"], "new_unified_state": {"id": "77", "name": "Back office"}}
    [told] = rows({**STATE, "event": event})
    [known] = rows({**STATE, "event": event}, states={"Back office": "pause"})
    assert (told["state"], known["state"]) == ("other", "pause")


@pytest.mark.parametrize(
    "settings",
    [{"levels": {"7": "one"}}, {"levels": [1]}, {"states": {"x": "busy"}}, {"level": {}}],
)
def test_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    """At once, and not at the first body."""
    with pytest.raises(SourceSettingsError, match=r"sources\.zendesk\."):
        build_source("zendesk", {"zendesk": settings})


def test_known_events_are_counted_and_unknown_ones_refused() -> None:
    """Changes of users are known, and are nothing to a contact centre's figures."""
    user = {"type": "zen:event-type:user.active_changed", "id": "1", "event": {"current": False}}
    assert ignored(user) == {"user.active_changed": 1}
    assert ignored(body("ticket.tags_changed", {})) == {"ticket.tags_changed": 1}
    for odd in ({"type": "zen:event-type:ticket.exploded"}, {"type": "x"}):
        [refused] = read(odd)
        assert isinstance(refused, Refused)
        assert refused.reason is Reason.UNMAPPED_SOURCE
    [trigger] = read({"ticket_id": 5})
    assert isinstance(trigger, Refused)
    assert (trigger.reason, "format json" in trigger.detail) == (Reason.MISSING_FIELD, True)


def folded(found: list[ev.Envelope | Refused], at_ms: int) -> Any:
    policy = QueuePolicy(threshold_ms=20_000, short_limit_ms=10_000)
    rules = Rules(channels={"ticket": policy, "email": policy}, retention_ms=None)
    shard = Shard("tickets", 0, rules)
    for event in found:
        assert isinstance(event, ev.Envelope), event
        shard.apply(event, event.event_time_ms)
    return board([shard], at_ms, rules, ["whole"]).windows["whole"].total


@pytest.mark.parametrize("order", [[SOLVED], [CREATED, SOLVED], [SOLVED, CREATED, SOLVED]])
def test_the_time_to_resolve_is_4690_seconds(order: list[Any]) -> None:
    """With the solve alone, with both, in any order and repeated."""
    total = folded(read(*order), SOLVED_MS + 1_000)
    assert total["contacts_resolved"] == 1
    assert total["resolution_seconds"]["last"]["calendar"] == 4_690.0


def test_the_first_response_is_the_first_public_reply_of_an_agent() -> None:
    """Half an hour after the opening; the private note before it is none."""
    note = {
        **PUBLIC,
        "id": "n",
        "time": "2024-04-17T16:10:00Z",
        "event": {
            "comment": {"id": 500, "is_public": False, "author": {"id": 9, "is_staff": True}}
        },
    }
    total = folded(read(CREATED, note, PUBLIC, SOLVED), SOLVED_MS + 1_000)
    assert total["first_response_seconds"]["calendar"] == 1_800.0


def test_a_reopened_ticket_has_no_time_to_resolve() -> None:
    """Also where the body does not tell the status before."""
    again = body("ticket.status_changed", {}, time="2024-04-17T18:00:00Z")
    total = folded(read(CREATED, SOLVED, again), SOLVED_MS + 7_200_000)
    assert total["contacts_resolved"] == 0


NOTHING_OF_CUSTOMERS = ("Joe", "Jane", "Hello?", "We look into it", '"44"')


def test_no_name_no_text_and_no_customer_id_gets_through() -> None:
    """In none of the events of all samples."""
    told = json.dumps(rows(*SAMPLES))
    assert [word for word in NOTHING_OF_CUSTOMERS if word in told] == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_order_and_case_of_keys_and_unknown_fields_change_nothing(sample: Any) -> None:
    """The same events, to the last field."""
    more = {**sample, "later": {"type": 1}, "detail": {**sample["detail"], "new": [1]}}
    assert read(shuffled(sample)) == read(sample) == read(more)


@given(json_values)
def test_any_json_gives_events_or_refusals(value: Any) -> None:
    """Never an error."""
    for found in read(json.dumps(value)):
        assert isinstance(found, ev.Envelope | Refused)


@given(mutations(SAMPLES))
def test_any_change_of_a_sample_gives_events_or_refusals(changed: Any) -> None:
    """One value of a body, at any depth, is replaced by anything."""
    for found in read(changed):
        assert isinstance(found, ev.Envelope | Refused)
