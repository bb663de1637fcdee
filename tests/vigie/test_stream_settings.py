"""What the Kafka side gets of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigie.errors import UserError
from vigie.settings import load_settings
from vigie.stream_settings import stream_settings


def settings_of(tmp_path: Path, text: str) -> Path:
    """A settings file with this text."""
    path = tmp_path / "vigie.yaml"
    path.write_text(text)
    return path


def test_membership_and_retention_reach_the_kafka_side(tmp_path: Path) -> None:
    """A static member with a short session: heartbeats come at least three times within it."""
    path = settings_of(
        tmp_path,
        "kafka: {instance_id: vigie-1, session_timeout: 6s, dead_letter_retention: 30d, "
        "topic_retention: 2d, checkpoint_interval: 500ms}",
    )
    found = stream_settings(load_settings(path, {}))
    assert (found.instance_id, found.session_timeout_ms) == ("vigie-1", 6_000)
    assert found.heartbeat_interval_ms == 2_000
    assert (found.retention_ms, found.dead_letter_retention_ms) == (172_800_000, 2_592_000_000)
    assert found.checkpoint_interval_ms == 500
    found.check()


def test_without_settings_the_member_has_no_name_and_ten_seconds(tmp_path: Path) -> None:
    """Nothing has to be set for one worker."""
    found = stream_settings(load_settings(settings_of(tmp_path, "{}"), {}))
    assert (found.instance_id, found.session_timeout_ms) == (None, 10_000)
    assert found.heartbeat_interval_ms == 3_000


@pytest.mark.parametrize("timeout", ["5s", "31m"])
def test_a_session_that_brokers_refuse_is_told_before_they_do(tmp_path: Path, timeout: str) -> None:
    """The broker's own bounds are 6 s and 30 min."""
    path = settings_of(tmp_path, f"kafka: {{session_timeout: {timeout}}}")
    with pytest.raises(UserError, match="session_timeout is not between 6s and 30m"):
        load_settings(path, {})
