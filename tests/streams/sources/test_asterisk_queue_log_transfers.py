"""Transfers in the queue_log of Asterisk: legs joined over call ids."""

from __future__ import annotations

from tests.streams.sources.queue_log_reading import told


def test_a_blind_transfer_ends_the_leg_and_the_next_one_knows_it() -> None:
    """The call goes on under the same callid in another queue."""
    text = """
        1700000001|1.7|sales|NONE|ENTERQUEUE||1|1
        1700000009|1.7|sales|SIP/9|CONNECT|8|x|2
        1700000069|1.7|sales|SIP/9|BLINDTRANSFER|600|transfer|8|60|1
        1700000070|1.7|tech|NONE|ENTERQUEUE||1|1
    """
    events = told(text, "leg_id", "kind", "scope", "talk_ms", "transferred_from")
    assert events[2:] == [
        {"type": "contact.transferred", "leg_id": "sales:1700000001", "kind": "blind",
         "talk_ms": 60_000},
        {"type": "contact.queued", "leg_id": "tech:1700000070",
         "transferred_from": "sales:1700000001"},
    ]  # fmt: skip


def test_a_transfer_to_a_long_number_leaves_the_house() -> None:
    """Extensions are short; the number itself is not kept."""
    text = """
        1700000001|1.7|sales|NONE|ENTERQUEUE||1|1
        1700000009|1.7|sales|SIP/9|CONNECT|8|x|2
        1700000069|1.7|sales|SIP/9|TRANSFER|0612345678|out|8|60|1
    """
    assert told(text, "scope")[2] == {"type": "contact.transferred", "scope": "external"}


def test_an_attended_transfer_may_have_no_method() -> None:
    """Both method columns are empty in real logs."""
    text = """
        1700000001|1.7|sales|NONE|ENTERQUEUE||1|1
        1700000007|1.7|sales|SIP/9|CONNECT|6|x|2
        1700000037|1.7|sales|SIP/9|ATTENDEDTRANSFER|||6|30|1
    """
    assert told(text, "kind", "talk_ms")[2] == {
        "type": "contact.transferred", "kind": "attended", "talk_ms": 30_000,
    }  # fmt: skip


ISSUE_759 = """
    1717397259|1717397243.239826|1501|NONE|DID|4957877871
    1717397259|1717397243.239826|1501|NONE|ENTERQUEUE||9031396745|1
    1717397271|1717397243.239826|1501|PJSIP/7009|CONNECT|12|1717397259.239827|11
    1717397390|1717397390.239830|1509|NONE|DID|
    1717397390|1717397390.239830|1509|NONE|ENTERQUEUE||7009|1
    1717397391|1717397390.239830|1501|PJSIP/7009|ATTENDEDTRANSFER|APP|Queue|12|120|1
    1717397397|1717397243.239826|1509|PJSIP/7051|CONNECT|7|1717397390.239831|6
    1717397570|1717397243.239826|1509|PJSIP/7051|COMPLETEAGENT|7|173|1
"""


def test_the_consultation_call_of_issue_759_becomes_a_leg_of_the_caller() -> None:
    """What was told of the agent's own call is withdrawn and told again for the customer."""
    names = ("event_time_ms", "contact_id", "leg_id", "agent_id", "wait_ms", "ring_ms", "talk_ms",
             "retracted", "to_leg_id", "transferred_from")  # fmt: skip
    first, second = "1717397243.239826", "1717397390.239830"
    leg_1, leg_2 = "1501:1717397259", "1509:1717397390"
    assert told(ISSUE_759, *names) == [
        {"type": "contact.created", "event_time_ms": 1717397259000, "contact_id": first},
        {"type": "contact.queued", "event_time_ms": 1717397259000, "contact_id": first,
         "leg_id": leg_1},
        {"type": "contact.answered", "event_time_ms": 1717397271000, "contact_id": first,
         "leg_id": leg_1, "agent_id": "PJSIP/7009", "wait_ms": 12_000, "ring_ms": 11_000},
        {"type": "contact.created", "event_time_ms": 1717397390000, "contact_id": second},
        {"type": "contact.queued", "event_time_ms": 1717397390000, "contact_id": second,
         "leg_id": leg_2},
        {"type": "contact.transferred", "event_time_ms": 1717397391000, "contact_id": first,
         "leg_id": leg_1, "agent_id": "PJSIP/7009", "talk_ms": 120_000, "to_leg_id": leg_2},
        {"type": "contact.created", "event_time_ms": 1717397390000, "contact_id": second,
         "retracted": True},
        {"type": "contact.queued", "event_time_ms": 1717397390000, "contact_id": second,
         "leg_id": leg_2, "retracted": True},
        {"type": "contact.queued", "event_time_ms": 1717397390000, "contact_id": first,
         "leg_id": leg_2, "transferred_from": leg_1},
        {"type": "contact.answered", "event_time_ms": 1717397397000, "contact_id": first,
         "leg_id": leg_2, "agent_id": "PJSIP/7051", "wait_ms": 7_000, "ring_ms": 6_000},
        {"type": "contact.ended", "event_time_ms": 1717397570000, "contact_id": first,
         "leg_id": leg_2, "agent_id": "PJSIP/7051", "talk_ms": 173_000},
    ]  # fmt: skip


def test_the_joined_leg_belongs_to_the_first_caller() -> None:
    """The customer of the second leg is the caller, not the agent's extension."""
    keys = [row.get("customer_key") for row in told(ISSUE_759, "customer_key", "contact_id")]
    assert keys[1] == keys[8]
    assert keys[4] != keys[1]


def test_a_withdrawal_is_a_higher_revision_of_the_same_fact() -> None:
    """Rule 4.2: the same id, one revision up."""
    rows = told(ISSUE_759, "event_id", "revision")
    assert [row["event_id"] for row in rows[6:8]] == [row["event_id"] for row in rows[3:5]]
    assert [row["revision"] for row in rows[6:8]] == [1, 1]


def test_a_caller_who_leaves_after_the_join_leaves_the_joined_leg() -> None:
    """Whichever of the two callids the line names."""
    start = ISSUE_759.strip().splitlines()[:6]
    for callid in ("1717397243.239826", "1717397390.239830"):
        text = "\n".join([*start, f"1717397400|{callid}|1509|NONE|ABANDON|1|1|10"])
        assert told(text, "contact_id", "leg_id")[-1] == {
            "type": "contact.abandoned", "contact_id": "1717397243.239826",
            "leg_id": "1509:1717397390",
        }  # fmt: skip


def test_an_answer_nobody_queued_for_opens_an_implied_leg() -> None:
    """Rule c: it entered at answer less wait."""
    text = "1700000021|1.7|sales|SIP/9|CONNECT|20|x|4"
    assert told(text, "leg_id", "wait_ms") == [
        {"type": "contact.answered", "leg_id": "sales:1700000001", "wait_ms": 20_000}
    ]


def test_an_end_from_before_the_log_names_the_leg_it_must_be() -> None:
    """After a rotation: end less talk less wait is the entry."""
    text = "1700000081|1.7|sales|SIP/9|COMPLETECALLER|20|60|1"
    assert told(text, "leg_id", "ended_by") == [
        {"type": "contact.ended", "leg_id": "sales:1700000001", "ended_by": "customer"}
    ]
