"""The connection to Asterisk's manager, against a false one over real TCP."""

from __future__ import annotations

import logging
import ssl
from itertools import pairwise
from typing import Any

import pytest
import trustme

from streams.connect.ami import Ami, Login
from streams.reasons import Reason
from streams.sources.asterisk_ami import AsteriskAmi
from tests.connect.fake_ami import SECRET, USER, FakeAmi, block
from tests.connect.listening import Heard, listening, until

T0 = 1_717_397_243


def dialogue(secret: str = SECRET, *, login: Login = "challenge") -> Ami:
    source = AsteriskAmi("pbx", {}, file="pbx")
    return Ami(source, USER, lambda: secret, login=login)


def join(call: str, at_s: float = 0) -> str:
    return block("QueueCallerJoin", T0 + at_s, Uniqueid=call, Linkedid=call, Queue="sales")


def entry(call: str, at_s: float, wait_s: int) -> str:
    return block("QueueEntry", T0 + at_s, Uniqueid=call, Queue="sales", Wait=str(wait_s))


async def listed(heard: Heard, server: FakeAmi, times: int = 1) -> None:
    """Wait until the listing was asked for so many times."""
    await until(lambda: server.actions.count("QueueStatus") >= times, "the listing")


@pytest.mark.parametrize("login", ["challenge", "plain"])
async def test_it_logs_in_asks_who_is_there_and_gives_events(login: Login) -> None:
    """After the login come the entry of the listing with its wait, and then what happens."""
    async with FakeAmi() as server:
        server.entries = [entry("c1", 100, 42)]
        async with listening(dialogue(login=login), server.port) as heard:
            await listed(heard, server)
            await server.say(join("c2", 101))
            await until(lambda: len(heard.items) == 2, "two events")
    assert server.actions[-3:] == ["Login", "CoreShowChannels", "QueueStatus"]
    assert ("Challenge" in server.actions) == (login == "challenge")
    assert heard.told("contact_id", "event_time_ms") == [
        {"type": "contact.queued", "contact_id": "c1", "event_time_ms": (T0 + 58) * 1000},
        {"type": "contact.queued", "contact_id": "c2", "event_time_ms": (T0 + 101) * 1000},
    ]
    assert heard.connection.counts.connects == 1
    assert heard.connection.counts.losses == 0


async def test_a_refused_login_is_told_once_and_tried_again_after_pauses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A wrong password: one line that says so without the password; then pauses that grow."""
    with caplog.at_level(logging.INFO, "streams.connect"):
        async with (
            FakeAmi() as server,
            listening(dialogue("a wrong word"), server.port) as heard,
        ):
            await until(lambda: server.accepted >= 4, "four attempts")
        lines = [record.getMessage() for record in caplog.records]
    [line] = lines
    assert line == (
        f"Asterisk at 127.0.0.1:{server.port} refuses the login: Authentication failed; "
        "trying again, after longer and longer pauses"
    )
    assert heard.connection.counts.login_refusals >= 3
    assert heard.connection.counts.connects == 0
    assert "wrong word" not in caplog.text


def test_pauses_double_up_to_the_longest_and_are_never_all_the_same() -> None:
    """Between half of and all of 1, 2, 4 ... 60 s; two of us do not come back together."""
    from streams.connect.connection import Pauses

    pauses = Pauses(first_s=1.0, longest_s=60.0)
    for failures, whole_s in ((1, 1.0), (2, 2.0), (3, 4.0), (7, 60.0), (10_000, 60.0)):
        drawn = [pauses.after(failures) for _ in range(50)]
        assert all(whole_s / 2 <= pause_s <= whole_s for pause_s in drawn)
        assert any(one != other for one, other in pairwise(drawn))


async def test_a_gap_is_repaired(caplog: pytest.LogCaptureFixture) -> None:
    """The connection breaks in the middle of a block; meanwhile one of two callers leaves and a
    third comes: the first is ended as a ghost, the second told once, the third has its wait."""
    with caplog.at_level(logging.INFO, "streams.connect"):
        async with FakeAmi() as server, listening(dialogue(), server.port) as heard:
            await listed(heard, server)
            await server.say(join("c1") + join("c2", 1) + join("c9", 2)[:40])
            await until(lambda: len(heard.items) == 2, "two events")
            server.entries = [entry("c2", 60, 59), entry("c3", 60, 7)]
            await server.hang_up()
            await until(lambda: len(heard.items) == 4, "four events")
    assert heard.told("contact_id", "reason") == [
        {"type": "contact.queued", "contact_id": "c1"},
        {"type": "contact.queued", "contact_id": "c2"},
        {"type": "contact.queued", "contact_id": "c3"},
        {"type": "contact.flow_out", "contact_id": "c1", "reason": "other"},
    ]
    assert heard.items[2].event_time_ms == (T0 + 53) * 1000
    assert heard.connection.counts.connects == 2
    assert heard.connection.counts.losses == 1
    where = f"Asterisk at 127.0.0.1:{server.port}"
    assert [record.getMessage() for record in caplog.records] == [
        f"connected to {where}",
        f"lost {where}: the other side closed the connection",
        f"connected to {where}",
    ]


async def test_garbage_between_blocks_is_refused_and_the_rest_is_read() -> None:
    """A block that is none is refused once; what comes after it counts."""
    async with FakeAmi() as server, listening(dialogue(), server.port) as heard:
        await listed(heard, server)
        await server.say("\x00\x01 no block at all\r\nneither\r\n\r\n" + join("c1"))
        await until(lambda: len(heard.items) == 2, "a refusal and an event")
    assert heard.items[0].reason == Reason.MALFORMED_SOURCE
    assert heard.told("contact_id") == [{"type": "contact.queued", "contact_id": "c1"}]


@pytest.mark.parametrize(
    ("garbage", "why"),
    [
        ("x" * 200_000, "sent a line that is longer than 64 KiB"),
        ("no block\r\n\r\n" * 30, "sent 20 blocks in a row that are none"),
    ],
)
async def test_nothing_but_garbage_makes_it_connect_again(
    garbage: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that only sends nonsense is left, and met again after a pause."""
    with caplog.at_level(logging.WARNING, "streams.connect"):
        async with FakeAmi() as server, listening(dialogue(), server.port) as heard:
            await listed(heard, server)
            await server.say(garbage)
            await listed(heard, server, times=2)
            await server.say(join("c1"))
            await until(heard.told, "an event")
    assert f"lost Asterisk at 127.0.0.1:{server.port}: {why}" in caplog.text


async def test_another_service_on_the_port_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """What does not greet as Asterisk does is no Asterisk; it is tried again after pauses."""
    async with FakeAmi() as server:
        server.before = "SSH-2.0-OpenSSH_9.6\r\n"
        async with listening(dialogue(), server.port) as heard:
            await until(lambda: server.accepted >= 3, "three attempts")
    assert len(caplog.records) == 1
    assert "does not greet as Asterisk's manager interface does" in caplog.text
    assert heard.connection.counts.connects == 0


async def test_a_slow_server_is_waited_for() -> None:
    """Every byte alone: the events come whole all the same."""
    async with FakeAmi() as server:
        server.by_byte = True
        server.entries = [entry("c1", 100, 42)]
        async with listening(dialogue(), server.port) as heard:
            await until(heard.told, "an event")
    assert heard.connection.counts.losses == 0


async def test_silence_is_asked_about_and_then_left() -> None:
    """A server that stops answering is pinged once and left after twice the time."""
    async with FakeAmi() as server, listening(dialogue(), server.port, ping_s=0.3) as heard:
        await listed(heard, server)
        await until(lambda: "Ping" in server.actions, "a ping")
        assert heard.connection.counts.losses == 0
        server.silent = True
        await until(lambda: heard.connection.counts.losses == 1, "the loss")


async def test_no_server_is_told_once_and_found_when_it_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Refused connections are one line; stopping while nobody is there takes no time."""
    async with FakeAmi() as server:
        port = server.port
    async with listening(dialogue(), port) as heard:
        await until(lambda: heard.connection.counts.failures >= 3, "three failures")
    assert len(caplog.records) == 1
    assert (
        caplog.records[0].getMessage().startswith(f"cannot connect to Asterisk at 127.0.0.1:{port}")
    )


async def test_tls_is_checked() -> None:
    """With the authority that signed it the connection stands; without it, it does not."""
    authority = trustme.CA()
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(served)
    known, unknown = ssl.create_default_context(), ssl.create_default_context()
    authority.configure_trust(known)
    async with FakeAmi(tls=served) as server:
        async with listening(dialogue(), server.port, tls=known) as heard:
            await listed(heard, server)
        assert heard.connection.counts.connects == 1
        async with listening(dialogue(), server.port, tls=unknown) as refused:
            await until(lambda: refused.connection.counts.failures >= 1, "a failure")
        assert refused.connection.counts.connects == 0


async def test_a_line_end_in_a_user_name_is_no_action_of_its_own() -> None:
    """What stands in the settings cannot add a header or an action."""
    made: Any = Ami(
        AsteriskAmi("pbx", {}, file="pbx"), f"{USER}\r\n\r\nAction: Command", lambda: SECRET
    )
    async with FakeAmi() as server, listening(made, server.port):
        await until(lambda: server.accepted >= 2, "two attempts")
    assert set(server.actions) == {"Challenge", "Login"}
