"""Sources are found by format, or by the name they have in the settings."""

from __future__ import annotations

from typing import Any

import pytest

from streams.sources import SourceSettingsError, build_source, platform, source_names
from streams.sources.asterisk_queue_log import AsteriskQueueLog
from streams.sources.canonical import CanonicalSource
from streams.sources.csv_log import CsvLog
from streams.sources.json_mapping import JsonMapping
from streams.sources.webex_contact_center import WebexContactCenter

CALLS: dict[str, Any] = {
    "zone": "UTC", "created": {"col": "a"}, "queue": "q", "answered": {"col": "b"},
}  # fmt: skip
HOOK: dict[str, Any] = {
    "type": "agent.heartbeat", "event_id": "{id}", "event_time": {"path": "at"}, "agent_id": "{a}",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "sources", "kind", "known_as"),
    [
        ("asterisk-queue-log", {}, AsteriskQueueLog, "asterisk-queue-log"),
        ("canonical", {}, CanonicalSource, "canonical"),
        ("canonical", {"canonical": None}, CanonicalSource, "canonical"),
        ("calls_csv", {"calls_csv": CALLS}, CsvLog, "calls_csv"),
        ("calls_csv", {"calls_csv": {**CALLS, "format": "csv"}}, CsvLog, "calls_csv"),
        ("csv", {"calls_csv": CALLS, "canonical": {}}, CsvLog, "calls_csv"),
        ("csv", {"csv": CALLS, "other": CALLS}, CsvLog, "csv"),
        ("pbx1", {"pbx1": {"format": "asterisk-queue-log"}}, AsteriskQueueLog, "pbx1"),
        ("hook", {"hook": {"format": "json", **HOOK}}, JsonMapping, "hook"),
        ("webex-contact-center", {}, WebexContactCenter, "webex-contact-center"),
    ],
)
def test_a_source_has_a_format_and_a_name(
    name: str, sources: dict[str, Any], kind: type, known_as: str
) -> None:
    """A mapping with a created column is csv without saying so."""
    source = build_source(name, sources)
    assert isinstance(source, kind)
    assert source.name == known_as


@pytest.mark.parametrize(
    ("name", "sources", "message"),
    [
        (
            "cvs",
            {"a": CALLS},
            r"'cvs' is unknown; the sources are: a, amazon-connect, asterisk-ami, asterisk-q",
        ),
        ("csv", {}, r"no csv source is configured"),
        ("csv", {"a": CALLS, "b": CALLS}, r"several csv sources are configured; name one: a, b"),
        ("x", {"x": {"format": "xml"}}, r"sources.x.format: must be one of .*, not 'xml'"),
        ("x", {"x": {}}, r"sources.x.format: must be one of"),
        ("x", {"x": 5}, r"sources.x: must be a mapping"),
    ],
)
def test_a_source_that_is_not_there_is_named_with_the_fix(
    name: str, sources: dict[str, Any], message: str
) -> None:
    """One line, with the names there are."""
    with pytest.raises(SourceSettingsError, match=message):
        build_source(name, sources)


def test_names_are_formats_and_configured_sources() -> None:
    """For messages and completion."""
    assert source_names({"calls_csv": CALLS}) == [
        "amazon-connect", "asterisk-ami", "asterisk-queue-log", "calls_csv", "canonical",
        "chatwoot", "csv", "freeswitch", "freshchat", "genesys-cloud", "intercom", "json",
        "twilio-taskrouter", "webex-contact-center", "zendesk",
    ]  # fmt: skip


def test_a_platform_is_found_by_its_format_and_nothing_else_is() -> None:
    """Its module is imported when it is asked for."""
    assert platform("json") is JsonMapping
    with pytest.raises(KeyError):
        platform("csv")
