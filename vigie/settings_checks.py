"""What a single value cannot tell: settings that do not fit the world or each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from msgspec import UNSET

from aggregators.windows import parse_window
from vigie.opening_hours import days_of
from vigie.policies import written_hours
from vigie.secret import Secret
from vigie.sections import Defaults, Policy
from vigie.settings_file import Path_
from vigie.settings_reader import SettingError, nearest, show_path

if TYPE_CHECKING:
    from vigie.settings import Settings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_SHORTEST_SECRET = 16


def check(settings: Settings, environ: Mapping[str, str]) -> None:
    """Check what the types cannot.

    Raises:
        SettingError: the first contradiction.
    """
    _check_kafka(settings, environ)
    check_secret(("privacy", "customer_key_secret"), settings.privacy.customer_key_secret)
    for i, window in enumerate(settings.windows):
        try:
            parse_window(window)
        except ValueError as error:
            raise SettingError(("windows", i), f"windows[{i}]: {error}") from None
    if settings.web.refresh_ms < 100:
        raise SettingError(
            ("web", "refresh"), "web.refresh is below 100ms", 'Write for example "1s".'
        )
    if settings.kafka.checkpoint_interval_ms < 50:
        raise SettingError(
            ("kafka", "checkpoint_interval"), "kafka.checkpoint_interval is below 50ms",
            'Write for example "1s".',
        )  # fmt: skip
    if not 6_000 <= settings.kafka.session_timeout_ms <= 1_800_000:
        raise SettingError(
            ("kafka", "session_timeout"), "kafka.session_timeout is not between 6s and 30m",
            'Write for example "10s"; brokers refuse others unless they are told otherwise.',
        )  # fmt: skip
    _check_redis(settings, environ)
    _check_scopes(settings)


def _check_redis(settings: Settings, environ: Mapping[str, str]) -> None:
    redis = settings.redis
    if not 1_000 <= redis.lease_ms <= 60_000:
        raise SettingError(
            ("redis", "lease"), "redis.lease is not between 1s and 60s", 'Write for example "2s".'
        )
    if redis.url is None:
        return
    try:
        parts = urlsplit(redis.url)
        place = parts.path if parts.scheme == "unix" else parts.hostname
        is_whole = parts.port != 0 and bool(place) and not (parts.query or parts.fragment)
    except ValueError:
        parts, is_whole = urlsplit(""), False
    has_password = parts.username is not None or parts.password is not None
    if has_password:  # the address itself stays out of the message
        raise SettingError(
            ("redis", "url"), "redis.url holds a user name or a password",
            "Set redis.username and redis.password_file.",
        )  # fmt: skip
    if parts.scheme not in ("redis", "rediss", "unix") or not is_whole:
        raise SettingError(
            ("redis", "url"), f"redis.url: {redis.url!r} is not the address of a Redis",
            "Write for example redis://127.0.0.1:6379/0.",
        )  # fmt: skip
    if (redis.ssl_certfile is None) != (redis.ssl_keyfile is None):
        raise SettingError(
            ("redis",), "redis.ssl_certfile and redis.ssl_keyfile belong together", "Set both."
        )
    if parts.scheme == "redis" and not may_be_in_clear(parts.hostname, environ):
        raise SettingError(
            ("redis", "url"), "redis.url sends names, figures and a password in clear",
            "Use rediss://, or set VIGIE_ALLOW_PLAINTEXT=1 if the network is trusted.",
        )  # fmt: skip


def _check_kafka(settings: Settings, environ: Mapping[str, str]) -> None:
    kafka = settings.kafka
    for server in kafka.bootstrap_servers.split(","):
        match = _SERVER.fullmatch(server.strip())
        if match is None or not 0 < int(match[2]) < 65536:
            raise SettingError(
                ("kafka", "bootstrap_servers"),
                f"kafka.bootstrap_servers: {server.strip()!r} is not host:port",
                "Write for example 127.0.0.1:9092, several parted by commas.",
            )
    if kafka.security_protocol.startswith("SASL"):
        for name in ("sasl_username", "sasl_password"):
            if getattr(kafka, name) is None:
                raise SettingError(
                    ("kafka", "security_protocol"),
                    f"kafka.security_protocol is {kafka.security_protocol} but there is no {name}",
                    f"Set kafka.{name}" + (" or sasl_password_file." if "pass" in name else "."),
                )
    if kafka.security_protocol == "SASL_PLAINTEXT" and not may_be_in_clear(None, environ):
        raise SettingError(
            ("kafka", "security_protocol"),
            "kafka.security_protocol SASL_PLAINTEXT sends the password in clear",
            "Use SASL_SSL, or set VIGIE_ALLOW_PLAINTEXT=1 if the network is trusted.",
        )
    if (kafka.ssl_certfile is None) != (kafka.ssl_keyfile is None):
        raise SettingError(
            ("kafka",), "kafka.ssl_certfile and kafka.ssl_keyfile belong together", "Set both."
        )


def _check_scopes(settings: Settings) -> None:
    seen: dict[tuple[str, str], int] = {}
    for path, layers in _scopes(settings):
        scope = layers[-1]
        if scope.zone is not UNSET:
            check_zone((*path, "zone"), scope.zone)
        if scope.holidays is not UNSET:
            check_days((*path, "holidays"), scope.holidays)
        _check_hours(path, layers)
    for i, queue in enumerate(settings.queues):
        pair = (queue.name, queue.channel)
        if pair in seen:
            raise SettingError(
                ("queues", i),
                f"queues[{i}] repeats queues[{seen[pair]}] ({queue.name}, {queue.channel})",
                "Keep one entry per queue and channel.",
            )
        seen[pair] = i
        if len(queue.name) > settings.limits.label_length:
            raise SettingError(
                ("queues", i, "name"),
                f"queues[{i}].name is longer than limits.label_length "
                f"({settings.limits.label_length})",
                "Raise the limit or shorten the name.",
            )
    if len({name for name, _ in seen}) > settings.limits.max_queues:
        raise SettingError(
            ("limits", "max_queues"),
            f"there are more queues than limits.max_queues ({settings.limits.max_queues})",
            "Raise the limit.",
        )


def _scopes(settings: Settings) -> Iterator[tuple[Path_, list[Defaults]]]:
    yield ("defaults",), [settings.defaults]
    for name, policy in settings.channels.items():
        yield ("channels", name), [settings.defaults, policy]
    for i, queue in enumerate(settings.queues):
        own: list[Policy] = [
            settings.channels[c] for c in (queue.channel,) if c in settings.channels
        ]
        yield ("queues", i), [settings.defaults, *own, queue]


def _check_hours(path: Path_, layers: list[Defaults]) -> None:
    hours = layers[-1].hours
    if hours is UNSET or hours is None:
        return
    step = (*path, "hours")
    for days in hours:
        try:
            days_of(days)
        except ValueError as error:
            raise SettingError(
                (*step, days), f"{show_path(step)}: {error}", "Write mon, tue ... or mon-fri."
            ) from None
    try:
        written_hours(layers)
    except ValueError as error:
        raise SettingError(
            step, f"{show_path(step)}: {error}", "Name each day once, shifts one after the other."
        ) from None


def may_be_in_clear(host: str | None, environ: Mapping[str, str]) -> bool:
    """Tell whether a secret may go to a host without TLS: this machine, or a trusted network."""
    return host in _LOOPBACK or environ.get("VIGIE_ALLOW_PLAINTEXT") == "1"


def check_secret(path: Path_, secret: Secret | None) -> None:
    """Check that a secret that is given is long enough. Raises SettingError."""
    if secret is not None and len(secret.reveal()) < _SHORTEST_SECRET:
        raise SettingError(
            path,
            f"{show_path(path)} is shorter than {_SHORTEST_SECRET} characters",
            "Make one with: openssl rand -hex 32.",
        )


def check_days(path: Path_, days: Iterable[str]) -> None:
    """Check that dates are in the calendar. Raises SettingError."""
    for i, day in enumerate(days):
        try:
            date.fromisoformat(day)
        except ValueError:
            step = (*path, i)
            raise SettingError(
                step, f"{show_path(step)}: {day} is not a day of the calendar",
                'Write for example "2026-12-25".',
            ) from None  # fmt: skip


def check_zone(path: Path_, zone: str) -> None:
    """Check the name of a time zone. Raises SettingError."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise SettingError(
            path,
            f"{show_path(path)}: {zone!r} is not a time zone",
            _similar_zone(zone),
        ) from None


def _similar_zone(zone: str) -> str:
    help_text = nearest(zone, available_timezones())
    return help_text if help_text.startswith("Did") else "Write for example Europe/Paris."
