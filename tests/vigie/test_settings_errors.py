"""Wrong settings: each names the file and line, the setting, and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigie.errors import UserError
from vigie.settings import load_settings

TABLE: list[tuple[str, str]] = [
    (
        "kafka:\n  bootstrap_server: k:9092\n",
        "s.yaml:2: kafka.bootstrap_server is not a setting. Did you mean bootstrap_servers?",
    ),
    (
        "web: {}\nzones: 3\n",
        (
            "s.yaml:2: zones is not a setting. Known here: agents, alerts, business, channels, "
            "customers, defaults, demo, headline_kpis, ingest, intervals, kafka, lateness, limits, "
            "logging, mail, metrics, motives, privacy, queues, redis, reports, retention, sector, "
            "selfcare, sla, sources, surveys, themes, unknown, web, windows."
        ),
    ),
    (
        "web:\n  port: 99999\n",
        (
            "s.yaml:2: web.port must be a whole number from 0 to 65535, not '99999'. "
            "Correct it or remove it to take the default."
        ),
    ),
    (
        "queues:\n  - name: a\n  - name: b\n    threshold: soon\n",
        (
            's.yaml:4: queues[1].threshold must be a duration such as "90s", "15m" or "4h", '
            "not 'soon'. Correct it or remove it to take the default."
        ),
    ),
    (
        "queues:\n  - channel: voice\n",
        "s.yaml:2: queues[0] has no name. Add name: with text of 1 to 128 characters.",
    ),
    (
        "queues: {name: a}\n",
        (
            "s.yaml:1: queues must be a list, not a mapping. "
            "Correct it or remove it to take the default."
        ),
    ),
    (
        "queues:\n- {name: a}\n- {name: a, channel: voice}\n",
        "s.yaml:3: queues[1] repeats queues[0] (a, voice). Keep one entry per queue and channel.",
    ),
    (
        "queues:\n  - name: a\n    headline_variant: abandons_negativ\n",
        (
            "s.yaml:3: queues[0].headline_variant must be one of answered_only, "
            "abandons_in_sl_ignored, abandons_positive, abandons_negative, "
            "short_abandons_excluded, long_abandons_only, short_call_removed_ignored, "
            "short_call_removed_positive, "
            "short_call_removed_negative, genesys, in_hours_missed, timer_expiry, "
            "not 'abandons_negativ'. Did you mean abandons_negative?"
        ),
    ),
    (
        "channels:\n  voic: {threshold: 20s}\n",
        "s.yaml:2: channels.voic is not a setting. Did you mean voice?",
    ),
    (
        "defaults:\n  zone: Europe/Pari\n",
        "s.yaml:2: defaults.zone: 'Europe/Pari' is not a time zone. Did you mean Europe/Paris?",
    ),
    (
        "defaults:\n  hours:\n    monday: ['09:00-18:00']\n",
        (
            "s.yaml:3: defaults.hours: 'monday' is not a day or a range of days. "
            "Write mon, tue ... or mon-fri."
        ),
    ),
    (
        "defaults:\n  hours: {mon-fri: ['09:00-18:00'], fri: []}\n",
        (
            "s.yaml:2: defaults.hours: 'fri' is written twice. "
            "Name each day once, shifts one after the other."
        ),
    ),
    (
        "defaults:\n  hours: {mon: ['9-18']}\n",
        (
            "s.yaml:2: defaults.hours.mon[0] must be a span such as \"09:00-18:00\", not '9-18'. "
            "Correct it or remove it to take the default."
        ),
    ),
    (
        "defaults:\n  holidays: [2026-02-30]\n",
        (
            "s.yaml:2: defaults.holidays[0]: 2026-02-30 is not a day of the calendar. "
            'Write for example "2026-12-25".'
        ),
    ),
    (
        "windows: [5m, 7s]\n",
        "s.yaml:1: windows[1]: window '7s' is not a multiple of 5 s: write 5s.",
    ),
    (
        "unknown: maybe\n",
        (
            "s.yaml:1: unknown must be one of accept, refuse, not 'maybe'. "
            "Correct it or remove it to take the default."
        ),
    ),
    (
        "demo:\n  speed: fast\n",
        (
            "s.yaml:2: demo.speed must be a number above 0 and at most 3600, not 'fast'. "
            "Correct it or remove it to take the default."
        ),
    ),
    (
        "agents:\n  figures: yes\n",
        (
            "s.yaml:2: agents.figures must be true or false, not 'yes'. "
            "Correct it or remove it to take the default."
        ),
    ),
    (
        "kafka:\n  bootstrap_servers: broker\n",
        (
            "s.yaml:2: kafka.bootstrap_servers: 'broker' is not host:port. "
            "Write for example 127.0.0.1:9092, several parted by commas."
        ),
    ),
    (
        "kafka:\n  security_protocol: SASL_SSL\n  sasl_username: u\n",
        (
            "s.yaml:2: kafka.security_protocol is SASL_SSL but there is no sasl_password. "
            "Set kafka.sasl_password or sasl_password_file."
        ),
    ),
    (
        "kafka:\n  sasl_username: u\n  sasl_password: p\n  security_protocol: SASL_PLAINTEXT\n",
        (
            "s.yaml:4: kafka.security_protocol SASL_PLAINTEXT sends the password in clear. "
            "Use SASL_SSL, or set VIGIE_ALLOW_PLAINTEXT=1 if the network is trusted."
        ),
    ),
    (
        "privacy:\n  customer_key_secret: short\n",
        (
            "s.yaml:2: privacy.customer_key_secret is shorter than 16 characters. "
            "Make one with: openssl rand -hex 32."
        ),
    ),
    (
        "redis:\n  url: redis://:opensesame@127.0.0.1:6379/0\n",
        (
            "s.yaml:2: redis.url holds a user name or a password. "
            "Set redis.username and redis.password_file."
        ),
    ),
    (
        "redis:\n  url: redis://cache.example.org:6379/0\n",
        (
            "s.yaml:2: redis.url sends names, figures and a password in clear. "
            "Use rediss://, or set VIGIE_ALLOW_PLAINTEXT=1 if the network is trusted."
        ),
    ),
    (
        "redis:\n  url: 127.0.0.1:6379\n",
        (
            "s.yaml:2: redis.url: '127.0.0.1:6379' is not the address of a Redis. "
            "Write for example redis://127.0.0.1:6379/0."
        ),
    ),
    (
        "redis:\n  url: redis://127.0.0.1:99999/0\n",
        (
            "s.yaml:2: redis.url: 'redis://127.0.0.1:99999/0' is not the address of a Redis. "
            "Write for example redis://127.0.0.1:6379/0."
        ),
    ),
    (
        "redis:\n  url: rediss://cache:6380/0?timeout=1\n",
        (
            "s.yaml:2: redis.url: 'rediss://cache:6380/0?timeout=1' is not the address of a "
            "Redis. Write for example redis://127.0.0.1:6379/0."
        ),
    ),
    (
        "redis:\n  lease: 100ms\n",
        's.yaml:2: redis.lease is not between 1s and 60s. Write for example "2s".',
    ),
    (
        "web: {port: 1}\nweb: {port: 2}\n",
        "s.yaml:2: 'web' is written twice. Keep one of the two.",
    ),
    (
        "web:\n\tport: 1\n",
        (
            "s.yaml:2: not valid YAML: found character '\\t' that cannot start any token. "
            "Check the indentation, colons and quotes there."
        ),
    ),
    (
        "web: !!python/object/apply:os.system ['true']\n",
        (
            "s.yaml:1: the YAML tag tag:yaml.org,2002:python/object/apply:os.system is "
            "not allowed. Write plain values only."
        ),
    ),
    ("- 1\n- 2\n", "s.yaml:1: settings are lines of name: value. See examples/vigie.yaml."),
]


@pytest.mark.parametrize(("text", "message"), TABLE, ids=[t[:28].strip() for t, _ in TABLE])
def test_a_wrong_setting_is_one_line_with_place_path_and_fix(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each error says where, what, and what to do, and nothing else."""
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        load_settings(Path("s.yaml"), {})
    assert message == str(caught.value)


def test_an_alias_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    """Nine levels of nine aliases would be 387 million values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 9):
        refs = ", ".join([f"*a{n - 1}"] * 9)
        lines.append(f"a{n}: &a{n} [{refs}]")
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines))
    with pytest.raises(UserError, match="more than 100000 values after expanding aliases"):
        load_settings(path, {})


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "[" * 5000, "sources: " + "{a: " * 40 + "1"])
def test_endless_nesting_is_refused(text: str, tmp_path: Path) -> None:
    """A value inside itself, or thousands of brackets, end as one line."""
    path = tmp_path / "deep.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"deeper than 32 levels|not valid YAML"):
        load_settings(path, {})


def test_a_file_over_one_mebibyte_is_refused(tmp_path: Path) -> None:
    """Nobody writes a megabyte of settings."""
    path = tmp_path / "large.yaml"
    path.write_text("#" + "x" * (1 << 20))
    with pytest.raises(UserError, match="larger than 1 MiB"):
        load_settings(path, {})


@pytest.mark.parametrize("raw", [b"web: {port: 1}\n\xff\xfe\n", b"a: \x00\n"])
def test_a_file_that_is_no_text_is_refused(raw: bytes, tmp_path: Path) -> None:
    """Bytes that are not UTF-8, and control characters, are told by their line."""
    path = tmp_path / "binary.yaml"
    path.write_bytes(raw)
    with pytest.raises(UserError, match=r"binary\.yaml:[12]: not "):
        load_settings(path, {})
