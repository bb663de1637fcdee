"""What a settings file means: layers, units, environment, secrets, overrides."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.policy import CHANNEL_POLICIES, Hours, QueuePolicy, Rules
from vigie.durations import format_duration, parse_duration_ms
from vigie.errors import UserError
from vigie.settings import Settings, load_settings
from vigie.settings_dump import dump

EXAMPLE = Path(__file__).parents[2] / "examples" / "vigie.yaml"


def load(tmp_path: Path, text: str, **environ: str) -> Settings:
    path = tmp_path / "vigie.yaml"
    path.write_text(text)
    return load_settings(path, environ)


def test_without_a_file_the_rules_are_those_of_the_core() -> None:
    """Settings that say nothing change nothing."""
    assert Rules() == load_settings(None, {}).rules()


def test_an_empty_file_is_the_same_as_none(tmp_path: Path) -> None:
    """A file of comments alone, or of empty sections, has all defaults."""
    assert load_settings(None, {}) == load(tmp_path, "# nothing\n")
    assert load_settings(None, {}) == load(tmp_path, "web:\nkafka:\n")


def test_a_queue_takes_each_value_from_the_strongest_layer(tmp_path: Path) -> None:
    """Queue over channel over defaults over what is built in."""
    rules = load(
        tmp_path,
        """
        defaults: {zone: Europe/Paris, short_limit: 5s, target: 0.9}
        channels: {voice: {threshold: 20s, target: 0.85}}
        queues:
          - {name: a}
          - {name: b, threshold: 45, target: 0.7, max_wait: null, team: North, reset_at: "06:00"}
        """,
    ).rules()
    assert QueuePolicy(
        threshold_ms=20_000, target=0.85, short_limit_ms=5_000, zone="Europe/Paris"
    ) == rules.policy("a", "voice")
    assert QueuePolicy(
        threshold_ms=45_000, target=0.7, short_limit_ms=5_000, zone="Europe/Paris",
        max_wait_ms=None, team="North", reset_minute=360,
    ) == rules.policy("b", "voice")  # fmt: skip
    assert rules.policy("a", "voice") == rules.policy("never seen", "voice")
    assert rules.policy("never seen", "chat").threshold_ms == 60_000
    assert rules.policy("never seen", "chat").target == 0.9


def test_hours_are_read_by_weekday_and_holidays_close_them(tmp_path: Path) -> None:
    """Days that are not written are closed; two shifts a day are fine."""
    rules = load(
        tmp_path,
        """
        defaults:
          hours: {mon-thu: ["09:00-12:00", "13:00-18:00"], fri: ["09:00-12:00"], sat: []}
          holidays: [2026-12-25]
        """,
    ).rules()
    full = ((540, 720), (780, 1080))
    assert (
        Hours((full, full, full, full, ((540, 720),), (), ()), frozenset({"2026-12-25"}))
        == rules.policy("any", "voice").hours
    )


def test_a_clock_time_is_never_a_number_of_seconds(tmp_path: Path) -> None:
    """YAML 1.1 reads 10:30 as 630; here it stays a time of day."""
    settings = load(tmp_path, "defaults: {reset_at: 10:30}\n")
    assert settings.rules().policy("q", "voice").reset_minute == 630


def test_a_queue_may_be_named_by_a_number(tmp_path: Path) -> None:
    """Queue 0123 is the queue whose name is written 0123."""
    rules = load(tmp_path, "queues: [{name: 0123}, {name: 5}]\n").rules()
    assert {("0123", "voice"), ("5", "voice")} == set(rules.queues)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """Two underscores part the levels; lists take commas; empty variables count for nothing."""
    settings = load(
        tmp_path,
        "kafka: {bootstrap_servers: 'a:1', partitions: 8}\nwindows: [1m]\n",
        VIGIE_KAFKA__BOOTSTRAP_SERVERS="b:2,c:3",
        VIGIE_WINDOWS="5m, today",
        VIGIE_LATENESS="90s",
        VIGIE_QUEUES="[{name: billing, threshold: 20s}]",
        VIGIE_SOURCES__CSV__ZONE="Europe/Paris",
        VIGIE_WEB__HOST="",
        VIGIE_PORT="tcp://10.0.0.1:80",
        HOME="/nowhere",
    )
    assert settings.kafka.bootstrap_servers == "b:2,c:3"
    assert settings.kafka.partitions == 8
    assert settings.windows == ["5m", "today"]
    assert settings.lateness_ms == 90_000
    assert settings.rules().policy("billing", "voice").threshold_ms == 20_000
    assert settings.sources == {"csv": {"zone": "Europe/Paris"}}
    assert settings.web.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "VIGIE_KAFKA__BOOTSTRAP_SERVER",
            "a:1",
            (
                "environment variable VIGIE_KAFKA__BOOTSTRAP_SERVER is not a setting. "
                "Did you mean VIGIE_KAFKA__BOOTSTRAP_SERVERS?"
            ),
        ),
        (
            "VIGIE_WEB__PORT",
            "http",
            (
                "environment variable VIGIE_WEB__PORT: web.port must be a whole number from 0 to "
                "65535, not 'http'. Correct it or remove it to take the default."
            ),
        ),
        (
            "VIGIE_WEB__PORT__NUMBER",
            "1",
            (
                "environment variable VIGIE_WEB__PORT__NUMBER goes below a single value. "
                "Set VIGIE_WEB__PORT, as YAML if it is a list."
            ),
        ),
    ],
)
def test_a_wrong_variable_is_named_as_such(name: str, value: str, message: str) -> None:
    """The message names the variable, not a line of the file."""
    with pytest.raises(UserError) as caught:
        load_settings(None, {name: value})
    assert message == str(caught.value)


def test_secrets_come_from_files_and_are_never_shown(tmp_path: Path) -> None:
    """Neither the dump nor a repr of the settings holds a secret."""
    (tmp_path / "password").write_text("canary-password\n")
    settings = load(
        tmp_path,
        f"""
        kafka: {{sasl_username: u, sasl_password_file: {tmp_path / "password"}}}
        web: {{token: canary-token}}
        sources: {{hook: {{signing_secret: canary-hook, file: x}}}}
        """,
        VIGIE_PRIVACY__CUSTOMER_KEY_SECRET="canary-secret-of-16",
    )
    assert settings.kafka.sasl_password is not None
    assert settings.kafka.sasl_password.reveal() == "canary-password"
    assert settings.customer_secret() == b"canary-secret-of-16"
    assert "canary" not in dump(settings)
    for section in (settings.kafka, settings.web, settings.privacy):
        assert "canary" not in repr(section)
    assert "sasl_password: '********'" in dump(settings)


def test_a_variable_replaces_both_forms_of_a_secret(tmp_path: Path) -> None:
    """A password in the environment wins over the file that the settings name."""
    settings = load(
        tmp_path, "kafka: {sasl_password_file: /nowhere}\n", VIGIE_KAFKA__SASL_PASSWORD="a: b#c"
    )
    assert settings.kafka.sasl_password is not None
    assert settings.kafka.sasl_password.reveal() == "a: b#c"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "web: {token_file: /nowhere/token}\n",
            (
                "web.token_file: /nowhere/token cannot be read (No such file or directory). "
                "Name a readable file that holds the secret."
            ),
        ),
        (
            "web: {token: a, token_file: b}\n",
            "web.token and token_file are both given. Keep one of the two, better the file.",
        ),
        (
            "web: {token: [hidden]}\n",
            "web.token must be text, not a list. Correct it or remove it to take the default.",
        ),
    ],
)
def test_a_wrong_secret_is_told_without_its_text(text: str, message: str, tmp_path: Path) -> None:
    """Errors about secrets name the setting or the file only."""
    with pytest.raises(UserError) as caught:
        load(tmp_path, text)
    assert str(caught.value).endswith(f"vigie.yaml:1: {message}")


def test_overrides_hold_for_every_queue_and_channel(tmp_path: Path) -> None:
    """--threshold and --short-limit win over whatever a queue says."""
    settings = load(tmp_path, "queues: [{name: a, threshold: 5s, target: 0.5}]\n")
    rules = settings.with_overrides(threshold_ms=20_000, short_limit_ms=3_000).rules()
    for queue, channel in [("a", "voice"), ("b", "voice"), *(("x", c) for c in CHANNEL_POLICIES)]:
        policy = rules.policy(queue, channel)
        assert (policy.threshold_ms, policy.short_limit_ms) == (20_000, 3_000)
    assert rules.policy("a", "voice").target == 0.5
    assert settings is settings.with_overrides()


def test_a_merged_mapping_gives_way_to_what_is_written(tmp_path: Path) -> None:
    """YAML's << saves typing; the entry's own lines win."""
    rules = load(
        tmp_path,
        """
        queues:
          - &base {name: a, threshold: 20s, target: 0.5}
          - {<<: *base, name: b, target: 0.6}
        """,
    ).rules()
    assert (
        rules.policy("b", "voice").threshold_ms,
        rules.policy("b", "voice").target,
    ) == (20_000, 0.6)


def test_the_dump_of_settings_loads_as_the_same_settings(tmp_path: Path) -> None:
    """What show prints is a settings file."""
    settings = load_settings(EXAMPLE, {})
    assert settings == load(tmp_path, dump(settings))


@pytest.mark.parametrize(
    ("written", "expected_ms"),
    [
        ("250ms", 250), ("90s", 90_000), ("15m", 900_000), ("4h", 14_400_000),
        ("8d", 691_200_000), ("20", 20_000), ("0.5", 500), ("1.5 h", 5_400_000), ("0", 0),
    ],
)  # fmt: skip
def test_a_duration_is_a_number_and_a_unit(written: str, expected_ms: int) -> None:
    """Without a unit it is seconds."""
    assert expected_ms == parse_duration_ms(written)


@pytest.mark.parametrize("written", ["", "s", "-5s", "5 min", "1e3", "0.0001s", "401d", "nan"])
def test_what_is_no_duration_is_refused(written: str) -> None:
    """Negative, finer than a millisecond, over 400 days, or not a duration at all."""
    with pytest.raises(ValueError, match="is"):
        parse_duration_ms(written)


@given(st.integers(0, 400 * 86_400_000))
def test_a_written_duration_reads_back(duration_ms: int) -> None:
    """Formatting then parsing changes nothing."""
    assert duration_ms == parse_duration_ms(format_duration(duration_ms))
