"""What every platform's source does with bodies, shown by one that only a test has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators import events as ev
from streams.privacy import customer_key
from streams.reasons import Reason
from streams.sources import Refused, SourceLine, SourceSettingsError
from streams.sources.body import Body, BodyError
from streams.sources.payloads import About, IgnoredError, PayloadSource

SECRET = b"a secret of the test"
LOGIN = {"what": "login", "id": "1", "at": 1_717_372_800, "who": "A1", "team": "t7"}


class Desk(PayloadSource):
    """Log-ins, and a body for each way to go wrong."""

    ABOUT: ClassVar[About] = About(title="Desk", accepts=("a",), needs=("b",), settings={"own": ""})

    def events(self, body: Body) -> Iterator[ev.Envelope]:
        """Give what the body's ``what`` asks for."""
        what = body.need("what")
        if what == "ignored":
            raise IgnoredError("ping")
        if what == "unknown":
            raise BodyError(Reason.UNMAPPED_SOURCE, "what is no known name")
        if what == "broken":
            raise {"key": KeyError, "type": TypeError, "zero": ZeroDivisionError,
                   "value": ValueError, "deep": RecursionError}[body.need("how")]  # fmt: skip
        if what == "chat":
            yield self.make(
                ev.ContactCreated, "c", body.need_time_ms("at"), contact_id="c", channel="chat",
                customer_key=self.customer(body.text("who")),
            )  # fmt: skip
            return
        yield self.make(
            ev.AgentLogin, body.need("id"), body.need_time_ms("at"),
            agent_id=self.agent(body.text("who")), team=self.team(body.text("team")),
        )  # fmt: skip
        if what == "half":
            raise BodyError(Reason.BAD_VALUE, "the second half is wrong")


def read(*texts: str, **settings: Any) -> list[ev.Envelope | Refused]:
    desk = Desk("desk", settings, file="desk.jsonl", secret=SECRET)
    found: list[ev.Envelope | Refused] = []
    for number, text in enumerate(texts, start=1):
        found += desk.feed(SourceLine(number, text))
    return [*found, *desk.finish()]


def reasons(found: list[ev.Envelope | Refused]) -> list[Reason | None]:
    return [one.reason if isinstance(one, Refused) else None for one in found]


def test_a_body_is_an_event_with_the_names_of_the_settings() -> None:
    """What no map has keeps its id; None fields are left out."""
    [event] = read(json.dumps(LOGIN), teams={"T7": "Blue"}, feed="desk:main")
    assert event == ev.AgentLogin(
        v=1, event_id="1", source="desk:main", event_time_ms=1_717_372_800_000, agent_id="A1",
        team="Blue",
    )  # fmt: skip


def test_a_line_may_be_a_list_of_bodies() -> None:
    """Each is read by itself; a bad one leaves the others; empty lines are none."""
    bodies = [LOGIN, 5, {**LOGIN, "id": "2"}, {"what": "unknown"}]
    found = read(json.dumps(bodies), "", "   ")
    assert reasons(found) == [None, Reason.BAD_TYPE, None, Reason.UNMAPPED_SOURCE]
    assert {one.position for one in found if isinstance(one, Refused)} == {"desk.jsonl:1"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", Reason.NOT_JSON),
        ('{"what": ', Reason.NOT_JSON),
        ("[" * 100_000, Reason.NOT_JSON),
        ('"login"', Reason.BAD_TYPE),
        ("null", Reason.BAD_TYPE),
        ("{}", Reason.MISSING_FIELD),
        (json.dumps({**LOGIN, "at": 5}), Reason.BAD_TIME),
        (json.dumps({**LOGIN, "who": None}), Reason.MALFORMED_SOURCE),
        (json.dumps({**LOGIN, "who": "jane@example.com"}), Reason.PERSONAL_DATA),
        (json.dumps({**LOGIN, "who": "+33 1 23 45 67 89"}), Reason.PERSONAL_DATA),
        (json.dumps({**LOGIN, "id": "x" * 128, "who": "y" * 128}), None),
        *(
            (json.dumps({"what": "broken", "how": how}), Reason.MALFORMED_SOURCE)
            for how in ("key", "type", "zero", "value", "deep")
        ),
    ],
)
def test_whatever_goes_wrong_is_one_refusal(text: str, reason: Reason | None) -> None:
    """The next line is read; nothing is raised."""
    found = read(text, json.dumps(LOGIN))
    assert reasons(found) == [reason, None]


def test_a_refusal_shows_no_personal_data() -> None:
    """Neither in its detail nor in its body."""
    [refused] = read(json.dumps({**LOGIN, "who": "jane@example.com"}))
    assert isinstance(refused, Refused)
    assert "jane" not in refused.detail
    assert "jane" not in refused.body


def test_a_body_that_breaks_off_gives_none_of_its_events() -> None:
    """All or nothing, so that a repaired body can be sent again."""
    assert reasons(read(json.dumps({**LOGIN, "what": "half"}))) == [Reason.BAD_VALUE]


def test_what_is_left_out_on_purpose_is_counted() -> None:
    """By name, and it is no refusal."""
    desk = Desk("desk", {})
    assert list(desk.feed(SourceLine(1, '[{"what": "ignored"}, {"what": "ignored"}]'))) == []
    assert desk.ignored == {"ping": 2}


def test_customers_are_keyed_hashes_or_nothing() -> None:
    """One customer has one key; without a secret there is none."""
    text = json.dumps({**LOGIN, "what": "chat", "who": "Jane@Example.com"})
    [event] = read(text)
    assert isinstance(event, ev.ContactCreated)
    assert event.customer_key == customer_key(SECRET, "jane@example.com")
    [without] = Desk("desk", {}).feed(SourceLine(1, text))
    assert isinstance(without, ev.ContactCreated)
    assert without.customer_key is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"oen": 1}, "sources.desk.oen: unknown setting; known here: agents, feed, format, motiv"),
        ({"feed": 5}, "sources.desk.feed: must be a string"),
        ({"zone": "Paris"}, "sources.desk.zone: 'Paris' is no time zone"),
        ({"queues": ["a"]}, "sources.desk.queues: must map words to words"),
        ({"queues": {"7": 5}}, "sources.desk.queues: must map words to words"),
    ],
)
def test_a_wrong_setting_is_named_with_its_path(settings: dict[str, Any], message: str) -> None:
    """The platform's own settings and the common ones are known."""
    Desk("desk", {"own": 1, "format": "desk", "zone": "UTC"})
    with pytest.raises(SourceSettingsError) as error:
        Desk("desk", settings)
    assert str(error.value).startswith(message)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@given(JSON, st.sampled_from([*LOGIN]), st.text())
def test_nothing_makes_a_source_raise(value: Any, name: str, text: str) -> None:
    """Any JSON, any field of a good body, any text."""
    for one in read(json.dumps(value), json.dumps({**LOGIN, name: value}), text):
        assert isinstance(one, ev.Envelope | Refused)
