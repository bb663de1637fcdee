"""The connection to FreeSWITCH's event socket, against a false one over real TCP."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from streams.connect.event_socket import EventSocket
from streams.reasons import Reason
from streams.sources.freeswitch import FreeSwitch
from tests.connect.fake_event_socket import SECRET, FakeEventSocket
from tests.connect.listening import listening, until

T0 = 1_717_390_000
LISTED = "api callcenter_config queue list members support@default"


def dialogue(secret: str = SECRET) -> EventSocket:
    return EventSocket(FreeSwitch("fs", {}, file="fs"), lambda: secret)


def body(action: str, member: str, at_s: float, **more: Any) -> str:
    given = {
        "Event-Name": "CUSTOM", "Event-Subclass": "callcenter::info", "CC-Action": action,
        "Event-Date-Timestamp": str(round((T0 + at_s) * 1_000_000)), "CC-Queue": "support@default",
        "CC-Member-UUID": member, "CC-Member-Session-UUID": f"s-{member}",
        "CC-Member-CID-Name": "Renée – été",
    }  # fmt: skip
    return json.dumps(given | more, ensure_ascii=False)


def member(uuid: str, joined_s: int, state: str = "Waiting") -> str:
    joined = T0 + joined_s
    return f"support@default|single_box|{uuid}|s-{uuid}|0612345678|Renée|{joined}|{joined}|{state}"


async def test_it_logs_in_asks_who_is_there_and_gives_events() -> None:
    """Who waits is told with the time of joining; then come the events, whole in every byte."""
    async with FakeEventSocket() as server:
        server.members = [member("m1", 5)]
        async with listening(dialogue(), server.port) as heard:
            await until(lambda: len(heard.items) == 1, "the listing")
            await server.event(body("member-queue-start", "m2", 7.25))
            await server.event(body("members-count", "m2", 8))
            cause = {"CC-Cause": "Cancel", "CC-Cancel-Reason": "BREAK_OUT"}
            await server.event(body("member-queue-end", "m2", 9.5, **cause))
            await until(lambda: len(heard.items) == 3, "three events")
    assert server.commands[:2] == [f"auth {SECRET}", "event json CUSTOM callcenter::info"]
    assert heard.told("leg_id", "event_time_ms") == [
        {"type": "contact.queued", "leg_id": "m1", "event_time_ms": (T0 + 5) * 1000},
        {"type": "contact.queued", "leg_id": "m2", "event_time_ms": T0 * 1000 + 7250},
        {"type": "contact.abandoned", "leg_id": "m2", "event_time_ms": T0 * 1000 + 9500},
    ]


@pytest.mark.parametrize(
    ("welcome", "why"),
    [(True, "the password is wrong"), (False, "its access list does not have us")],
)
async def test_a_refused_login_is_told_once_and_tried_again_after_pauses(
    welcome: bool, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One line that says why, without the password, however often it is tried."""
    with caplog.at_level(logging.INFO, "streams.connect"):
        async with FakeEventSocket() as server:
            server.welcome = welcome
            async with listening(dialogue("a wrong word"), server.port) as heard:
                await until(lambda: heard.connection.counts.login_refusals >= 3, "attempts")
    [line] = [record.getMessage() for record in caplog.records]
    assert line == (
        f"FreeSWITCH at 127.0.0.1:{server.port} refuses the login: {why}; trying again, after "
        "longer and longer pauses"
    )
    assert "wrong word" not in caplog.text


async def test_a_gap_is_repaired() -> None:
    """The connection breaks in the middle of a body; one of two callers leaves, a third comes."""
    async with FakeEventSocket() as server, listening(dialogue(), server.port) as heard:
        await until(lambda: LISTED in server.commands, "the listing")
        await server.event(body("member-queue-start", "m1", 1))
        await server.event(body("member-queue-start", "m2", 2))
        await until(lambda: len(heard.items) == 2, "two events")
        await server.say("Content-Length: 500\nContent-Type: text/event-json\n\n{")
        server.members = [member("m2", 2), member("m3", 30)]
        await server.hang_up()
        await until(lambda: len(heard.items) == 5, "the new listing")
    assert heard.told("leg_id", "event_id")[2:] == [
        {"type": "contact.queued", "leg_id": "m2", "event_id": "s-m2:m2:queued"},
        {"type": "contact.queued", "leg_id": "m3", "event_id": "s-m3:m3:queued"},
        {"type": "contact.flow_out", "leg_id": "m1", "event_id": "s-m1:m1:assumed"},
    ]
    assert heard.told("event_id")[1] == heard.told("event_id")[2]  # the same fact, counted once
    assert heard.connection.counts.losses == 1
    assert heard.connection.counts.connects == 2


async def test_without_a_listing_nobody_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    """Where the queues cannot be listed a gap ends nobody, and a line says so."""
    async with FakeEventSocket() as server:
        server.lists = False
        async with listening(dialogue(), server.port) as heard:
            await until(lambda: "api callcenter_config queue list" in server.commands, "asking")
            await server.event(body("member-queue-start", "m1", 1))
            await until(lambda: len(heard.items) == 1, "an event")
            await server.hang_up()
            await until(lambda: server.inside == 2, "the second login")
            await server.event(body("member-queue-start", "m2", 2))
            await until(lambda: len(heard.items) == 2, "an event")
    assert [row["type"] for row in heard.told()] == ["contact.queued"] * 2
    assert "FreeSWITCH does not list its queues" in caplog.text


@pytest.mark.parametrize(
    "garbage",
    [
        "no header at all\n\n", "Content-Length: many\n\n", "Content-Length: 99999999999\n\n",
        "Content-Length: -5\n\n", "x" * 200_000,
    ],
)  # fmt: skip
async def test_garbage_makes_it_connect_again(garbage: str) -> None:
    """Behind a frame that is none nothing can be trusted: a new connection, and on it goes."""
    async with FakeEventSocket() as server, listening(dialogue(), server.port) as heard:
        await until(lambda: LISTED in server.commands, "the listing")
        await server.say(garbage)
        await until(lambda: server.inside == 2, "the second login")
        await server.event(body("member-queue-start", "m1", 1))
        await until(heard.told, "an event")
    assert heard.connection.counts.losses == 1


async def test_a_body_that_is_no_json_is_refused_and_the_next_is_read() -> None:
    """The length holds even where the body is nonsense."""
    async with FakeEventSocket() as server, listening(dialogue(), server.port) as heard:
        await until(lambda: LISTED in server.commands, "the listing")
        await server.event('{"CC-Action": ')
        await server.event(body("member-queue-start", "m1", 1))
        await until(lambda: len(heard.items) == 2, "a refusal and an event")
    assert heard.items[0].reason == Reason.NOT_JSON
    assert heard.told("leg_id") == [{"type": "contact.queued", "leg_id": "m1"}]


async def test_a_slow_server_is_waited_for() -> None:
    """Every byte alone: the frames come whole all the same."""
    async with FakeEventSocket() as server:
        server.by_byte = True
        server.members = [member("m1", 5)]
        async with listening(dialogue(), server.port) as heard:
            await until(heard.told, "an event")
    assert heard.connection.counts.losses == 0


async def test_a_good_bye_is_a_loss_and_silence_is_asked_about() -> None:
    """FreeSWITCH that goes down is left; one that says nothing is asked, then left."""
    async with (
        FakeEventSocket() as server,
        listening(dialogue(), server.port, ping_s=0.3) as heard,
    ):
        await until(lambda: LISTED in server.commands, "the listing")
        await until(lambda: "api status" in server.commands, "a question")
        assert heard.connection.counts.losses == 0
        await server.say("Content-Type: text/disconnect-notice\n\n")
        await until(lambda: heard.connection.counts.losses == 1, "the first loss")
        await until(lambda: server.commands.count(LISTED) == 2, "the second listing")
        server.silent = True
        await until(lambda: heard.connection.counts.losses == 2, "the second loss")
