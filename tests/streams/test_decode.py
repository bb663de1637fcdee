"""Decoding: each way a message can be wrong has its reason, and nothing ever raises."""

from __future__ import annotations

import json
from typing import Any, Union

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregators.events import (
    TOPIC_TYPES,
    ContactAnswered,
    ContactQueued,
    Envelope,
    event_type,
    message_key,
    topic_of,
)
from aggregators.policy import Rules
from streams import diagnosis
from streams.decode import EventDecoder
from streams.reasons import Reason, Rejection

NOW_MS = 1_717_397_300_000
DECODERS = {topic: EventDecoder(topic, Rules()) for topic in TOPIC_TYPES}

ANSWERED: dict[str, Any] = {
    "v": 1,
    "event_id": "e5",
    "type": "contact.answered",
    "source": "demo",
    "event_time_ms": 1_717_397_280_000,
    "contact_id": "C1",
    "leg_id": "L1",
    "agent_id": "A8",
    "wait_ms": 21_000,
}


def decode(
    body: bytes | str | dict[str, Any], *, topic: str = "calls", key: bytes | None = b"C1"
) -> Envelope | Rejection:
    if isinstance(body, dict):
        body = json.dumps(body, ensure_ascii=False)
    raw = body.encode() if isinstance(body, str) else body
    return DECODERS[topic].decode(raw, key, NOW_MS)


def answered(**changed: Any) -> dict[str, Any]:
    return {**ANSWERED, **changed}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in ANSWERED.items() if name not in names}


GOOD = json.dumps(ANSWERED)[:-1]
ABANDONED = {**without("agent_id", "leg_id"), "type": "contact.abandoned", "stage": "queue"}
SURVEY = {
    "v": 1, "event_id": "s", "type": "survey.answered", "source": "svy",
    "event_time_ms": 1_717_397_280_000, "survey_id": "q1", "survey_kind": "csat", "score": 4,
}  # fmt: skip
GRID = {
    "v": 1, "event_id": "g", "type": "quality.evaluated", "source": "qm",
    "event_time_ms": 1_717_397_280_000,
    "items": [{"item": "call +33 6 12 34 56 78", "points": 1, "max": 5}],
}  # fmt: skip
STAFF = {
    "v": 1, "event_id": "b6", "type": "staff.counted", "source": "hr", "scope": "all", "start": 4,
    "event_time_ms": 1_717_397_280_000, "end": 5, "leavers": 1, "period_start_ms": 10,
    "period_end_ms": 10,
}  # fmt: skip
TICKET = {
    "v": 1, "event_id": "t2", "type": "ticket.assigned", "source": "desk",
    "event_time_ms": 1_717_397_280_000, "contact_id": "C1",
}  # fmt: skip

REFUSED: list[tuple[str, Any, Reason, str]] = [
    ("longer than 64 KiB", b" " * 65_537, Reason.TOO_LARGE, "65537 bytes"),
    ("invalid UTF-8", GOOD.encode() + b',"x":"\xff"}', Reason.NOT_UTF8, "byte 181"),
    ("UTF-16", json.dumps(ANSWERED).encode("utf-16"), Reason.NOT_UTF8, "UTF-8"),
    ("a NUL byte", GOOD.encode() + b',"x":"\0"}', Reason.NOT_UTF8, "NUL"),
    ("an escaped NUL", GOOD + ',"queue":"a\\u0000b"}', Reason.NOT_UTF8, "NUL"),
    ("nothing", b"", Reason.NOT_JSON, "empty"),
    ("cut off", GOOD, Reason.NOT_JSON, "cannot be parsed"),
    ("an array", "[]", Reason.NOT_JSON, "one JSON object"),
    ("null", "null", Reason.NOT_JSON, "one JSON object"),
    ("a byte-order mark", "\ufeff{}", Reason.NOT_JSON, "cannot be parsed"),
    ("a lone surrogate", GOOD + ',"queue":"\\ud800"}', Reason.NOT_JSON, "cannot be parsed"),
    ("NaN", GOOD + ',"x":NaN}', Reason.NOT_JSON, "NaN is not JSON"),
    ("Infinity", GOOD + ',"x":-Infinity}', Reason.NOT_JSON, "Infinity is not JSON"),
    ("a duplicate key", GOOD + ',"leg_id":"L2"}', Reason.NOT_JSON, "leg_id occurs twice"),
    ("the same key and value", GOOD + ',"leg_id":"L1"}', Reason.NOT_JSON, "leg_id occurs twice"),
    ("a space before a colon", GOOD + ',"leg_id" :"L2"}', Reason.NOT_JSON, "leg_id occurs twice"),
    ("an escaped key", GOOD + ',"leg_\\u0069d":"L2"}', Reason.NOT_JSON, "leg_id occurs twice"),
    ("an unknown key twice", GOOD + ',"x":1,"x":2}', Reason.NOT_JSON, "x occurs twice"),
    ("twice inside", GOOD + ',"x":{"y":1,"y":2}}', Reason.NOT_JSON, "y occurs twice"),
    ("hidden behind text", GOOD + ',"x":"\\":","x":2}', Reason.NOT_JSON, "x occurs twice"),
    ("nested too deeply", GOOD + ',"x":' + "[" * 30_000 + "]" * 30_000 + "}", Reason.NOT_JSON, ""),
    ("no version", without("v"), Reason.UNSUPPORTED_VERSION, "v is missing"),
    ("another version", answered(v=2), Reason.UNSUPPORTED_VERSION, "v is unknown"),
    ("a version as text", answered(v="1"), Reason.UNSUPPORTED_VERSION, "v is unknown"),
    ("no type", without("type"), Reason.MISSING_FIELD, "type is missing"),
    ("a number as type", answered(type=3), Reason.BAD_TYPE, "type must be a string"),
    ("a type nobody knows", answered(type="contact.lost"), Reason.UNKNOWN_TYPE, "type"),
    ("another topic's type", answered(type="agent.login"), Reason.WRONG_TOPIC, "to agents"),
    ("no leg", without("leg_id"), Reason.MISSING_FIELD, "leg_id is missing"),
    ("a null leg", answered(leg_id=None), Reason.MISSING_FIELD, "leg_id is null"),
    ("abandoned without leg", ABANDONED, Reason.MISSING_FIELD, "leg_id is missing"),
    ("a null default", answered(revision=None), Reason.BAD_TYPE, "revision is null"),
    ("a number as text", answered(wait_ms="12"), Reason.BAD_TYPE, "wait_ms: expected int, got str"),
    ("a fraction", answered(wait_ms=1.5), Reason.BAD_TYPE, "wait_ms: expected int, got float"),
    ("true as a number", answered(wait_ms=True), Reason.BAD_TYPE, "wait_ms"),
    ("a word off its list", answered(channel="fax"), Reason.BAD_VALUE, "voice, chat"),
    ("a negative duration", answered(wait_ms=-1), Reason.BAD_VALUE, "wait_ms: must be int >= 0"),
    ("a wait of 31 days", answered(wait_ms=2_678_400_000), Reason.BAD_VALUE, "wait_ms"),
    ("an integer of 5,000 digits", GOOD + ',"ring_ms":' + "9" * 5000 + "}", Reason.BAD_VALUE, ""),
    ("an empty id", answered(agent_id=""), Reason.BAD_VALUE, "agent_id"),
    ("a name of spaces", answered(queue="  "), Reason.BAD_VALUE, "queue has only spaces"),
    ("seconds", answered(event_time_ms=1_717_397_280), Reason.BAD_TIME, "milliseconds"),
    ("microseconds", answered(event_time_ms=1_717_397_280_000_000), Reason.BAD_TIME, ""),
    ("a time of 30 digits", answered(event_time_ms=10**30), Reason.BAD_TIME, ""),
    ("301 s ahead", answered(event_time_ms=NOW_MS + 301_000), Reason.FUTURE_TIME, "301 s ahead"),
    ("an e-mail", answered(queue="jo.doe@example.com"), Reason.PERSONAL_DATA, "queue holds an e-m"),
    ("a phone number", answered(agent_id="+33612345678"), Reason.PERSONAL_DATA, "agent_id"),
    ("a national number", answered(leg_id="0612345678"), Reason.PERSONAL_DATA, "leg_id"),
    ("a number of a journey", answered(journey_id="0612345678"), Reason.PERSONAL_DATA, "journey"),
    ("a number after a space", answered(queue=" 0612345678"), Reason.PERSONAL_DATA, "queue"),
    ("a number in a key after a space", answered(customer_key=" 33612345678"),
     Reason.PERSONAL_DATA, "keyed hash"),
    ("an escaped e-mail", GOOD + ',"motive":"a\\u0040b.fr"}', Reason.PERSONAL_DATA, "motive"),
    ("a plain number", answered(customer_key="33612345678"), Reason.PERSONAL_DATA, "keyed hash"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "reason", "detail"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_each_bad_message_has_its_reason(body: Any, reason: Reason, detail: str) -> None:
    """The reason is from the closed list, the detail names the field."""
    refused = decode(body)
    assert isinstance(refused, Rejection)
    assert refused.reason is reason
    assert detail in refused.detail


@pytest.mark.parametrize(
    ("topic", "body", "key", "reason"),
    [
        ("calls", ANSWERED, b"C2", Reason.KEY_MISMATCH),
        ("calls", ANSWERED, None, Reason.KEY_MISMATCH),
        ("calls", ANSWERED, b"\xff", Reason.KEY_MISMATCH),
        ("tickets", TICKET, b"C1", Reason.MISSING_FIELD),
        ("tickets", {**TICKET, "team": "T1"}, None, Reason.KEY_MISMATCH),
        ("feedback", SURVEY, b"q2", Reason.KEY_MISMATCH),
        ("feedback", {**SURVEY, "contact_id": "C1"}, b"q1", Reason.KEY_MISMATCH),
        ("feedback", {**SURVEY, "verbatim": 5}, None, Reason.BAD_TYPE),
        ("feedback", {**SURVEY, "verbatim": ["a"]}, None, Reason.BAD_TYPE),
        ("feedback", {**SURVEY, "themes": ["jo.doe@example.com"]}, None, Reason.PERSONAL_DATA),
        ("feedback", {**GRID, "evaluation_id": "v1"}, None, Reason.PERSONAL_DATA),
        ("business", STAFF, b"all", Reason.BAD_VALUE),
    ],
)
def test_keys_and_meaning_are_checked_by_topic(
    topic: str, body: dict[str, Any], key: bytes | None, reason: Reason
) -> None:
    """The key is the id whose events sit in one partition; names are no personal data."""
    refused = decode(body, topic=topic, key=key)
    assert isinstance(refused, Rejection)
    assert refused.reason is reason


@pytest.mark.parametrize(
    ("topic", "body", "key"),
    [
        ("tickets", {**TICKET, "team": "T1"}, b"C1"),
        ("feedback", SURVEY, None),
        ("feedback", SURVEY, b"q1"),
        ("feedback", {**SURVEY, "score": 9, "survey_name": "ten"}, b"q1"),
        ("feedback", {**SURVEY, "score": 11}, None),  # the fold knows the scale
        ("feedback", {**SURVEY, "verbatim": None}, None),
        ("business", {**STAFF, "period_end_ms": 11}, None),
        ("calls", {**ABANDONED, "stage": "ivr"}, b"C1"),
        ("calls", {**ANSWERED, "x": {"y": [1, {"z": None}]}}, b"C1"),
        ("calls", {**ANSWERED, "revision": 0, "direction": "in", "queue": None}, b"C1"),
        ("calls", {**ANSWERED, "event_time_ms": NOW_MS + 300_000}, b"C1"),
        ("calls", {**ANSWERED, "queue": 'a "quoted" \\ name: {x}'}, b"C1"),
        ("calls", {**ANSWERED, "queue": "support@default"}, b"C1"),
        ("calls", {**ANSWERED, "agent_id": "Local/1127@callback-agent"}, b"C1"),
        ("calls", {**ANSWERED, "agent_id": "PJSIP/7009", "leg_id": "1501:1717397259"}, b"C1"),
        ("calls", {**ANSWERED, "customer_key": "0f2a2b3c4d5e6f708192a3b4c5d6e7f8"}, b"C1"),
        ("calls", {**ANSWERED, "contact_id": "1717397243.239826"}, b"1717397243.239826"),
        ("calls", {**ANSWERED, "contact_id": "été"}, "été".encode()),
    ],
)
def test_good_messages_become_events(topic: str, body: dict[str, Any], key: bytes | None) -> None:
    """Unknown fields, spelled-out defaults, accents and machine-made ids are all fine."""
    for raw in (
        json.dumps(body).encode(),
        json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        json.dumps(body, indent=2).encode(),
        json.dumps(dict(reversed(body.items()))).encode(),
    ):
        event = DECODERS[topic].decode(raw, key, NOW_MS)
        assert isinstance(event, Envelope)
        assert event.event_time_ms == body["event_time_ms"]


def test_names_are_trimmed_and_keep_their_case() -> None:
    """Spaces around a name would make two queues of one."""
    event = decode(answered(queue=" Billing\u00a0"))
    assert isinstance(event, ContactAnswered)
    assert event.queue == "Billing"


def test_a_record_without_value_is_refused() -> None:
    """A tombstone on a source topic is no event."""
    refused = DECODERS["calls"].decode(None, b"C1", NOW_MS)
    assert isinstance(refused, Rejection)
    assert refused.reason is Reason.NOT_JSON


def test_an_unknown_topic_is_a_programming_error() -> None:
    """Decoders exist for the eight topics alone."""
    with pytest.raises(ValueError, match="unknown topic 'call'; the topics are calls"):
        EventDecoder("call", Rules())


def test_details_never_repeat_a_value_of_the_message() -> None:
    """Details go to logs and metrics, where no personal value may be."""
    for body in (
        answered(channel="+33612345678"),
        answered(type="+33612345678"),
        answered(agent_id="+33612345678"),
        GOOD + ',"+33612345678":1,"+33612345678":2}',
    ):
        refused = decode(body)
        assert isinstance(refused, Rejection)
        assert "33612345678" not in refused.detail


# -- generated ------------------------------------------------------------------------------

names = st.text(st.sampled_from("ab:\" \\é0@+('/u"), min_size=1, max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_a_rejection(raw: bytes) -> None:
    """Nothing that a producer sends can stop a partition."""
    for decoder in DECODERS.values():
        assert isinstance(decoder.decode(raw, raw, NOW_MS), Rejection)


@given(json_values, st.sampled_from(sorted(TOPIC_TYPES)))
def test_any_json_is_an_event_or_a_rejection(value: Any, topic: str) -> None:
    """Valid JSON is not yet an event."""
    assert isinstance(decode(json.dumps(value), topic=topic), Rejection)


@given(
    st.dictionaries(st.sampled_from([*ANSWERED, "queue", "customer_key", "x"]), json_values),
    st.integers(0, 400),
    st.binary(max_size=3),
)
def test_any_change_of_a_good_event_is_an_event_or_a_rejection(
    changed: dict[str, Any], at: int, insert: bytes
) -> None:
    """Also half-broken events end in exactly one of the two."""
    raw = json.dumps({**ANSWERED, **changed}).encode()
    for body in (raw, raw[:at] + insert + raw[at:], raw[:at], raw[:at] + raw[at + 1 :]):
        assert isinstance(decode(body), Envelope | Rejection)


@given(
    st.lists(st.tuples(st.sampled_from([*ANSWERED, "queue", "x", "y:z"]), names), max_size=3),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]),
    st.booleans(),
)
def test_no_duplicate_key_is_ever_accepted(
    extra: list[tuple[str, str]], marks: tuple[str, str], ascii_only: bool
) -> None:
    """Whatever the spaces, the order and the values: a key twice is refused."""
    pairs = [*ANSWERED.items(), *extra]
    comma, colon = marks
    raw = comma.join(
        json.dumps(name) + colon + json.dumps(value, ensure_ascii=ascii_only)
        for name, value in pairs
    )
    result = decode("{" + raw + "}")
    if len({name for name, _ in pairs}) < len(pairs):
        assert isinstance(result, Rejection)
        assert result.reason is Reason.NOT_JSON


AROUND: list[tuple[str, dict[str, Any]]] = [
    ("feedback", {**SURVEY, "score": "yes"}),
    ("feedback", {**GRID, "evaluation_id": "v1", "items": [{"item": "a", "points": 1, "max": 5}]}),
    ("business", {**STAFF, "period_end_ms": 11}),
    ("business", {
        **{name: SURVEY[name] for name in ("v", "event_id", "source", "event_time_ms")},
        "type": "order.placed", "order_id": "O1", "money": {"amount": "0.60", "currency": "EUR"},
    }),
]  # fmt: skip
TEXTS = ("event_id", "customer_key", "journey_id", "raw_ref", "contact_id", "agent_id", "team",
         "survey_id", "survey_name", "score", "scope", "order_id", "source", "x")  # fmt: skip
said = st.text("0612345678 @.+()-\\a\u0663\u00a0", min_size=1, max_size=14) | st.sampled_from(
    ["0612345678", "06 12 34 56 78", "(212) 555-1234", "+33612345678", "a@b.fr", "33612345678"]
)


@given(
    st.sampled_from(AROUND),
    st.dictionaries(st.sampled_from(TEXTS), said, max_size=3),
    st.lists(said, max_size=2),
    st.booleans(),
)
@example(AROUND[0], {"agent_id": "0612345678"}, [], False)
@example(AROUND[0], {"agent_id": "+33612345678"}, [], False)
@example(AROUND[1], {"team": "(212) 555-1234"}, [], False)
@example(AROUND[2], {"team": "a@b.fr"}, [], False)
@example(AROUND[3], {"customer_key": "33612345678"}, [], False)
def test_events_around_contacts_hold_no_personal_data(
    told: tuple[str, dict[str, Any]], texts: dict[str, str], themes: list[str], ascii_only: bool
) -> None:
    """Looking at the bytes first refuses what looking at each field refuses, no more, no less."""
    topic, body = told
    raw = json.dumps({**body, **texts, "themes": themes}, ensure_ascii=ascii_only).encode()
    refused = diagnosis.of_personal_data(
        msgspec.json.decode(raw, type=Union[TOPIC_TYPES[topic]])  # noqa: UP007
    )
    result = DECODERS[topic].decode(raw, None, NOW_MS)
    if refused:
        assert result == refused
    else:
        assert isinstance(result, Envelope) or result.reason is not Reason.PERSONAL_DATA


@pytest.mark.parametrize("amount", ["1.5\n", "1.00000\n", "\u0661", "1,5", "1.", ".5", "1.1234567"])
def test_an_amount_is_written_in_plain_digits(amount: str) -> None:
    """With a point and at most six decimals: what is read as money is that, to the last digit."""
    body = {
        **{name: SURVEY[name] for name in ("v", "event_id", "source", "event_time_ms")},
        "type": "order.placed", "order_id": "O1", "money": {"amount": amount, "currency": "EUR"},
    }  # fmt: skip
    refused = DECODERS["business"].decode(json.dumps(body).encode(), None, NOW_MS)
    assert isinstance(refused, Rejection)
    assert refused == Rejection(
        Reason.BAD_VALUE,
        'money.amount: must be a decimal in a string, such as "-12.50", with at most 15 digits '
        "and 6 decimals",
    )


def test_every_event_that_vigie_writes_is_read_again() -> None:
    """An event is the same before and after the topic."""
    event = ContactQueued(
        v=1, event_id="e2", source="demo", event_time_ms=NOW_MS, contact_id="C1", leg_id="L1",
        channel="voice", queue="billing", position=1, time_quality="second",
    )  # fmt: skip
    raw, key = msgspec.json.encode(event), message_key(event).encode()
    assert DECODERS[topic_of(event)].decode(raw, key, NOW_MS) == event
    assert event_type(event) == "contact.queued"
