"""Wrong settings of a mapping stop with one line that names the path of the setting."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sources import SourceSettingsError
from streams.sources.json_mapping import JsonMapping
from streams.sources.json_mapping_fields import KINDS, TYPES

GOOD: dict[str, Any] = {
    "event_id": "{id}", "type": "contact.queued", "event_time": {"path": "at"},
    "contact_id": "{id}", "leg_id": "1", "channel": "voice", "queue": {"path": "queue"},
}  # fmt: skip
PATH = "sources.hook"


def check(settings: dict[str, Any]) -> None:
    given = {name: value for name, value in settings.items() if value is not None}
    JsonMapping("hook", given)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"queu": "a"}, f"{PATH}.queu: unknown setting; known here: acw_ms, agent_id"),
        ({"type": None}, f"{PATH}.type: is missing; give an event type such as contact.queued"),
        ({"type": "contact.begun"}, f"{PATH}.type: must be one of agent.heartbeat, agent.login"),
        ({"type": {"path": "t", "map": {"A": "on"}}}, f"{PATH}.type.map.a: must be one of agent"),
        ({"type": {"path": "t", "map": []}}, f"{PATH}.type.map: must map words of the body"),
        ({"event_id": None}, f"{PATH}.event_id: is missing; a template of ids"),
        ({"event_id": "{id"}, f"{PATH}.event_id: a brace stands alone; write {{{{ for a brace"),
        ({"event_id": "{ }"}, f"{PATH}.event_id: there is no path between two braces"),
        ({"event_id": 5}, f"{PATH}.event_id: must be a text, not 5; quote it"),
        ({"event_time": None}, f"{PATH}.event_time: is missing; give {{path: ...}}"),
        ({"event_time": "now"}, f"{PATH}.event_time: a time comes from the body: {{path: ...}}"),
        ({"event_time": {"path": "t", "format": "%H:%M"}}, f"{PATH}.event_time.format: must be"),
        ({"event_time": {"path": "t", "format": "%Y %Y"}}, f"{PATH}.event_time.format: must be"),
        ({"event_time": {"path": "t", "format": "%Q"}}, f"{PATH}.event_time.format: must be"),
        ({"event_time": {"path": "t", "format": "unix"}}, f"{PATH}.event_time.format: must be"),
        ({"event_time": {"path": "t", "format": "%Y-%m-%d"}}, f"{PATH}.event_time.zone: is miss"),
        ({"event_time": {"path": "t", "zone": "Paris"}}, f"{PATH}.event_time.zone: 'Paris' is no"),
        ({"event_time": {"path": "t", "fold": "last"}}, f"{PATH}.event_time.fold: must be one of"),
        ({"event_time": {"path": "t", "map": {"a": 1}}}, f"{PATH}.event_time.map: a time has no"),
        ({"queue": None}, f"{PATH}.queue: is missing; contact.queued needs it"),
        ({"queue": {"col": "q"}}, f"{PATH}.queue.col: unknown setting; known here: default"),
        ({"queue": {"path": "a", "template": "b"}}, f"{PATH}.queue: give one of path and template"),
        ({"queue": {"path": 7}}, f"{PATH}.queue.path: must be a string, not 7; quote it"),
        ({"queue": {"path": ""}}, f"{PATH}.queue.path: must be names joined by dots"),
        ({"queue": {"path": "q", "unit": "s"}}, f"{PATH}.queue.unit: only durations have a unit"),
        ({"queue": {"path": "q", "format": "iso"}}, f"{PATH}.queue.format: only times have it"),
        ({"queue": {"path": "q", "hash": "yes"}}, f"{PATH}.queue.hash: must be true or false"),
        ({"queue": {"path": "q", "default": 5}}, f"{PATH}.queue.default: must be a text, not 5"),
        ({"channel": "phone"}, f"{PATH}.channel: must be one of chat, email, messaging, selfcare"),
        ({"channel": {"path": "c", "map": {"P": "phone"}}}, f"{PATH}.channel.map.p: must be one"),
        ({"wait_ms": {"path": "w", "unit": "s"}}, f"{PATH}.wait_ms: contact.queued has no such"),
        ({"position": "first"}, f"{PATH}.position: must be a whole number, not 'first'"),
        ({"test": "no"}, f"{PATH}.test: must be true or false, not 'no'"),
        ({"customer_key": "{phone}"}, f"{PATH}.customer_key: must be {{path: ..., hash: true}}"),
        ({"customer_key": {"path": "p"}}, f"{PATH}.customer_key.hash: must be true"),
        ({"topic": "phones"}, f"{PATH}.topic: must be one of calls, chats"),
        ({"topic": "tickets"}, f"{PATH}.type: contact.queued does not belong to the topic tickets"),
        ({"each": 5}, f"{PATH}.each: must be a string"),
        ({"events": {}}, f"{PATH}.events: must be a list of events"),
        ({"events": []}, f"{PATH}.events: must be a list of events"),
        ({"events": ["contact.queued"]}, f"{PATH}.events[0]: must be a mapping of fields"),
        ({"events": [{}, {"whn": 1}]}, f"{PATH}.events[1].whn: unknown setting"),
        ({"events": [{"when": "a"}]}, f"{PATH}.events[0].when: must be {{path: ..., is: [...]}}"),
        ({"events": [{"when": {"is": "a"}}]}, f"{PATH}.events[0].when.path: must be names"),
        ({"events": [{"when": {"path": "a"}}]}, f"{PATH}.events[0].when: says nothing"),
        ({"events": [{"when": [{"path": "a", "is": []}]}]}, f"{PATH}.events[0].when[0].is: must"),
        ({"events": [{"when": {"path": "a", "present": 1}}]}, f"{PATH}.events[0].when.present"),
        ({"events": [{"type": "contact.answered"}]}, f"{PATH}.events[0].agent_id: is missing"),
        ({"events": [{"wait_ms": {"path": "w", "unit": "s"}}]}, f"{PATH}.events[0].wait_ms: cont"),
        ({"zone": "Paris"}, f"{PATH}.zone: 'Paris' is no time zone"),
        ({"queues": ["a"]}, f"{PATH}.queues: must map words to words"),
    ],
)
def test_a_wrong_setting_is_one_line_with_its_path(changes: dict[str, Any], message: str) -> None:
    """The path comes first, then what it must be."""
    check(GOOD)
    with pytest.raises(SourceSettingsError) as error:
        check({**GOOD, **changes})
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"path": "w"}, f"{PATH}.wait_ms.unit: must be one of ms, s, min, h, hms (0:02:23)"),
        ({"path": "w", "unit": "m"}, f"{PATH}.wait_ms.unit: must be one of ms, s, min, h, hms"),
        ({"template": "{w}", "unit": "s"}, f"{PATH}.wait_ms.template: wait_ms is a duration"),
        (12, f"{PATH}.wait_ms: a duration comes from the body: {{path: ...}}"),
    ],
)
def test_a_duration_says_its_unit(field: Any, message: str) -> None:
    """Nothing is guessed."""
    abandoned = {**GOOD, "type": "contact.abandoned", "stage": "queue"}
    check({**abandoned, "wait_ms": {"path": "w", "unit": "min"}})
    with pytest.raises(SourceSettingsError) as error:
        check({**abandoned, "wait_ms": field})
    assert str(error.value).startswith(message)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from([*TYPES]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["path", "map", "format", "unit", "hash", "zone", "when", "is"]), inner
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["events", "type", "event_id", *KINDS]), ANYTHING))
def test_any_settings_are_taken_or_refused_in_one_line(settings: dict[str, Any]) -> None:
    """Never a traceback."""
    line = ""
    try:
        JsonMapping("hook", {**GOOD, **settings})
    except SourceSettingsError as error:
        line = str(error)
    assert line == "" or line.startswith("sources.hook")
    assert "\n" not in line
