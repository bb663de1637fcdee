"""The queue_log of Asterisk: line by line."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aggregators.events import Envelope
from streams.reasons import Reason
from streams.sources import Refused, SourceSettingsError
from tests.streams.sources.queue_log_reading import read, source, told


def test_a_call_becomes_exactly_these_events() -> None:
    """All fields of an ordinary call, from its number to the agent's hanging up."""
    text = """
        1700000000|1699999990.7|NONE|NONE|DID|0800
        1700000001|1699999990.7|sales|NONE|ENTERQUEUE||5551234|2|Some Name
        1700000016|1699999990.7|sales|PJSIP/21|RINGNOANSWER|15000
        1700000021|1699999990.7|sales|PJSIP/22|CONNECT|20|1700000016.9|4
        1700000081|1699999990.7|sales|PJSIP/22|COMPLETEAGENT|20|60|2
    """
    call = {
        "v": 1, "source": "asterisk-queue-log", "time_quality": "second",
        "contact_id": "1699999990.7",
    }  # fmt: skip
    leg = {**call, "leg_id": "sales:1700000001", "queue": "sales"}
    assert [msgspec.to_builtins(event) for event in read(text)] == [
        {
            **call, "type": "contact.created", "event_time_ms": 1_700_000_000_000,
            "event_id": "1699999990.7:NONE:DID:1700000000:NONE", "channel": "voice",
            "raw_ref": "queue_log:1",
        },
        {
            **leg, "type": "contact.queued", "event_time_ms": 1_700_000_001_000,
            "event_id": "1699999990.7:sales:ENTERQUEUE:1700000001:NONE", "channel": "voice",
            "customer_key": "6bc8f42a5b91d1cfb25f9241a0b8a41e", "position": 2,
            "raw_ref": "queue_log:2",
        },
        {
            **leg, "type": "contact.agent_offer_missed", "event_time_ms": 1_700_000_016_000,
            "event_id": "1699999990.7:sales:RINGNOANSWER:1700000016:PJSIP/21",
            "offer_id": "PJSIP/21:1:1700000016", "agent_id": "PJSIP/21", "outcome": "timeout",
            "ring_ms": 15_000, "raw_ref": "queue_log:3",
        },
        {
            **leg, "type": "contact.answered", "event_time_ms": 1_700_000_021_000,
            "event_id": "1699999990.7:sales:CONNECT:1700000021:PJSIP/22", "channel": "voice",
            "agent_id": "PJSIP/22", "wait_ms": 20_000, "ring_ms": 4_000, "raw_ref": "queue_log:4",
        },
        {
            **leg, "type": "contact.ended", "event_time_ms": 1_700_000_081_000,
            "event_id": "1699999990.7:sales:COMPLETEAGENT:1700000081:PJSIP/22",
            "agent_id": "PJSIP/22", "ended_by": "agent", "talk_ms": 60_000,
            "raw_ref": "queue_log:5",
        },
    ]  # fmt: skip


def test_neither_names_nor_numbers_of_callers_get_through() -> None:
    """The number is hashed, the name is dropped."""
    events = read("1700000001|1.7|sales|NONE|ENTERQUEUE||5551234|1|Some Name")
    assert b"5551234" not in msgspec.json.encode(events)
    assert b"Some Name" not in msgspec.json.encode(events)


@pytest.mark.parametrize(
    ("exit_line", "event"),
    [
        (
            "1700000031|1.7|sales|NONE|ABANDON|1|3|30",
            {"type": "contact.abandoned", "stage": "queue", "wait_ms": 30_000, "position": 1},
        ),
        (
            "1700000031|1.7|sales|NONE|EXITWITHTIMEOUT|1|3|30",
            {"type": "contact.flow_out", "reason": "timeout", "wait_ms": 30_000},
        ),
        (
            "1700000031|1.7|sales|NONE|EXITEMPTY|1|3|30",
            {"type": "contact.flow_out", "reason": "no_agent", "wait_ms": 30_000},
        ),
        (
            "1700000031|1.7|sales|NONE|EXITWITHKEY|2|1|3|30",
            {"type": "contact.flow_out", "reason": "key", "wait_ms": 30_000},
        ),
        (
            "1700000031|1.7|sales|NONE|EXITWITHKEY|1|1|3|30",
            {
                "type": "contact.callback_requested",
                "callback_id": "sales:1700000001",
                "wait_ms": 30_000,
            },
        ),
    ],
)
def test_each_way_out_of_the_queue(exit_line: str, event: dict[str, Any]) -> None:
    """Abandoned, timed out, nobody there, a key, a key that asks for a callback."""
    text = f"1700000001|1.7|sales|NONE|ENTERQUEUE||5551234|3\n{exit_line}"
    names = ("leg_id", "stage", "reason", "callback_id", "wait_ms", "position")
    assert told(text, *names, callback_keys=["1"])[1] == {"leg_id": "sales:1700000001", **event}


@pytest.mark.parametrize(
    ("verb", "reason"), [("JOINEMPTY", "no_agent"), ("FULL", "full"), ("CLOSED", "closed")]
)
def test_a_caller_who_is_turned_away_enters_and_leaves_at_once(verb: str, reason: str) -> None:
    """The queue never logged an entry, yet the customer was offered to it."""
    assert told(f"1700000001|1.7|sales|NONE|{verb}|", "leg_id", "reason", "wait_ms") == [
        {"type": "contact.queued", "leg_id": "sales:1700000001"},
        {"type": "contact.flow_out", "leg_id": "sales:1700000001", "reason": reason, "wait_ms": 0},
    ]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("RINGCANCELED|3000", {"outcome": "canceled", "ring_ms": 3000}),
        ("RINGNOANSWER|1000", {"outcome": "timeout", "ring_ms": 1000}),
        ("AGENTDUMP|", {"outcome": "error"}),
        ("SYSCOMPAT|", {"outcome": "error"}),
    ],
)
def test_an_agent_offer_that_ends_without_answer(line: str, wanted: dict[str, Any]) -> None:
    """Ring times are the only figures in milliseconds."""
    text = f"1700000001|1.7|sales|NONE|ENTERQUEUE||1|1\n1700000009|1.7|sales|SIP/9|{line}"
    assert told(text, "outcome", "ring_ms")[1] == {"type": "contact.agent_offer_missed", **wanted}


def test_a_dump_after_the_answer_is_no_missed_offer() -> None:
    """The agent had the call already."""
    adapter = source()
    text = """
        1700000001|1.7|sales|NONE|ENTERQUEUE||1|1
        1700000009|1.7|sales|SIP/9|CONNECT|8|x|2
        1700000010|1.7|sales|SIP/9|AGENTDUMP|
    """
    assert len(read(text, adapter)) == 2
    assert adapter.ignored == {"AGENTDUMP outside of a wait": 1}


def test_sessions_have_an_id_and_memberships_a_queue() -> None:
    """A callback member is known under the name it logs in with."""
    text = """
        1700000000|1.2|sales|Local/1127@callback-agent|ADDMEMBER|
        1700000000|1.2|NONE|Agent/1127|AGENTCALLBACKLOGIN|hint:1127@default
        1700003600|1.3|sales|Local/1127@callback-agent|REMOVEMEMBER|
        1700003600|1.3|NONE|Agent/1127|AGENTCALLBACKLOGOFF|hint:1127@default|3600|
        1700007200|1.4|NONE|Agent/1128|AGENTLOGOFF|SIP/1128|600
    """
    agent = {"agent_id": "Agent/1127"}
    session = {"session_id": "Agent/1127:1700000000"}
    assert told(text, "agent_id", "queues", "session_id", "login_ms") == [
        {"type": "agent.login", **agent, "queues": ["sales"]},
        {"type": "agent.login", **agent, **session},
        {"type": "agent.logout", **agent, "queues": ["sales"]},
        {"type": "agent.logout", **agent, **session, "login_ms": 3_600_000},
        {"type": "agent.logout", "agent_id": "Agent/1128", "session_id": "Agent/1128:1700006600",
         "login_ms": 600_000},
    ]  # fmt: skip


def test_paused_in_one_queue_is_available_in_the_other() -> None:
    """Only when all known queues are paused the agent is."""
    text = """
        1700000000|MANAGER|sales|SIP/9|ADDMEMBER|
        1700000000|MANAGER|tech|SIP/9|ADDMEMBER|
        1700000010|NONE|sales|SIP/9|PAUSE|lunch
        1700000020|NONE|tech|SIP/9|PAUSE|lunch
        1700000030|NONE|sales|SIP/9|UNPAUSE|
        1700000040|NONE|NONE|SIP/9|PAUSEALL|coffee
        1700000050|NONE|NONE|SIP/9|UNPAUSEALL|
    """
    assert told(text, "state", "reason", "queues")[2:] == [
        {"type": "agent.state", "state": "available", "queues": ["sales"]},
        {"type": "agent.state", "state": "pause", "reason": "lunch", "queues": ["tech"]},
        {"type": "agent.state", "state": "available", "queues": ["sales"]},
        {"type": "agent.state", "state": "pause", "reason": "coffee"},
        {"type": "agent.state", "state": "available"},
    ]


def test_outbound_and_housekeeping_lines_are_counted_and_left_out() -> None:
    """They say nothing of a queue's contacts; a restart ends no call."""
    adapter = source(ignore=["myverb"])
    text = """
        1700000000|NONE|NONE|NONE|QUEUESTART|
        1700000000|NONE|NONE|NONE|CONFIGRELOAD|
        1700000000|1.2|NONE|Agent/1|OUTDIAL|5551234||0|0
        1700000000|1.2|NONE|Agent/1|OUTWHATEVER|5551234||0|0
        1700000000|1.2|NONE|Agent/1|MYVERB|
    """
    assert read(text, adapter) == []
    assert adapter.ignored == {
        "QUEUESTART": 1, "CONFIGRELOAD": 1, "OUTDIAL": 1, "OUTWHATEVER": 1, "MYVERB": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("hello", Reason.MALFORMED_SOURCE),
        ("1700000001|1.7|sales|NONE", Reason.MALFORMED_SOURCE),
        ("soon|1.7|sales|NONE|ENTERQUEUE||1|1", Reason.MALFORMED_SOURCE),
        ("12|1.7|sales|NONE|ENTERQUEUE||1|1", Reason.BAD_TIME),
        ("2012-07-03 15:27:23.896208|1.7|sales|NONE|ENTERQUEUE||1|1", Reason.AMBIGUOUS_TIME),
        ("1700000001|NONE|sales|NONE|ENTERQUEUE||1|1", Reason.MALFORMED_SOURCE),
        ("1700000001|1.7|NONE|NONE|ENTERQUEUE||1|1", Reason.MALFORMED_SOURCE),
        ("1700000001|1.7|sales|NONE|CONNECT|1|x|1", Reason.MALFORMED_SOURCE),
        ("1700000001|1.7|sales|SIP/9|CONNECT|ten|x|1", Reason.MALFORMED_SOURCE),
        ("1700000001|1.7|sales|SIP/9|CONNECT|-3|x|1", Reason.MALFORMED_SOURCE),
        ("1700000001|1.7|sales|SIP/9|CONNECT|9999999|x|1", Reason.MALFORMED_SOURCE),
        ("1700000001|1.7|sales|" + "a" * 101 + "|CONNECT|1|x|1", Reason.MALFORMED_SOURCE),
        ("1700000001|1.7|sales|SIP/9|DANCE|", Reason.UNMAPPED_SOURCE),
    ],
)
def test_a_bad_line_is_refused_and_the_next_one_read(line: str, reason: Reason) -> None:
    """One line, one dead letter."""
    found = read(f"{line}\n1700000002|1.8|sales|NONE|ENTERQUEUE||1|1")
    assert isinstance(found[0], Refused)
    assert found[0].reason is reason
    assert found[0].position == "queue_log:1"
    assert isinstance(found[1], Envelope)


def test_a_refused_line_does_not_show_the_caller() -> None:
    """Numbers and names behind the event are hidden."""
    found = read("1700000001|NONE|sales|NONE|ENTERQUEUE||5551234|1|Some Name")
    assert isinstance(found[0], Refused)
    assert found[0].body == "1700000001|NONE|sales|NONE|ENTERQUEUE||*|1|*"


def test_reading_twice_gives_the_same_ids_and_equal_lines_stay_two_facts() -> None:
    """Ids come from the columns; repeats of a second are numbered."""
    text = """
        1700000001|1.7|sales|NONE|ENTERQUEUE||1|1
        1700000009|1.7|sales|SIP/9|RINGNOANSWER|1000
        1700000009|1.7|sales|SIP/9|RINGNOANSWER|1000
    """
    ids = [row["event_id"] for row in told(text, "event_id")]
    assert ids == [row["event_id"] for row in told(text, "event_id")]
    assert ids[1:] == [
        "1.7:sales:RINGNOANSWER:1700000009:SIP/9",
        "1.7:sales:RINGNOANSWER:1700000009:SIP/9#2",
    ]


def test_exports_of_the_table_have_commas_and_local_times() -> None:
    """The database form: a header, quoted texts, a date and time with fraction."""
    text = """
        time,callid,queuename,agent,event,data1,data2,data3,data4,data5
        2012-07-03 15:27:23.896208,1.7,"sales, north",NONE,ENTERQUEUE,,1,1,,
    """
    row = {
        "type": "contact.queued", "event_time_ms": 1_341_322_043_896, "queue": "sales, north",
        "leg_id": "sales, north:1341322043",
    }  # fmt: skip
    names = ("event_time_ms", "queue", "leg_id", "time_quality")
    assert told(text, *names, separator=",", zone="Europe/Paris") == [row]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seperator": ","}, "sources.asterisk-queue-log.seperator: unknown setting; known here"),
        ({"separator": "::"}, "sources.asterisk-queue-log.separator: must be"),
        ({"zone": "Paris"}, "sources.asterisk-queue-log.zone: 'Paris' is no time zone"),
        ({"callback_keys": "1"}, "sources.asterisk-queue-log.callback_keys: must be a list"),
        ({"source": 5}, "sources.asterisk-queue-log.source: must be a string"),
    ],
)
def test_a_wrong_setting_is_named_with_its_fix(settings: dict[str, Any], message: str) -> None:
    """One line with the path of the setting."""
    with pytest.raises(SourceSettingsError, match=message):
        source(**settings)
