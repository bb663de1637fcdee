"""Sources are found by format, or by the name they have in the settings."""

from __future__ import annotations

from typing import Any

import pytest

from streams.sources import SourceSettingsError, build_source, source_names
from streams.sources.asterisk_queue_log import AsteriskQueueLog
from streams.sources.canonical import CanonicalSource
from streams.sources.csv_log import CsvLog

CALLS: dict[str, Any] = {
    "zone": "UTC", "created": {"col": "a"}, "queue": "q", "answered": {"col": "b"},
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
        ("cvs", {"a": CALLS}, r"'cvs' is unknown; the sources are: a, asterisk-queue-log, canon"),
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
    names = ["asterisk-queue-log", "calls_csv", "canonical", "csv"]
    assert source_names({"calls_csv": CALLS}) == names
