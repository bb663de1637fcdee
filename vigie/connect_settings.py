"""The connection settings of a live source: where, as whom, how often to ask for a sign of life."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from streams.connect import ami, event_socket
from streams.connect.ami import Ami
from streams.connect.connection import Address, Dialogue
from streams.connect.event_socket import EventSocket
from streams.sources import SourceSettingsError, build_source
from streams.sources.asterisk_ami import AsteriskAmi
from streams.sources.freeswitch import FreeSwitch
from vigie.durations import parse_duration_ms
from vigie.errors import UserError
from vigie.secret import Secret, read_secret_file
from vigie.settings import Settings

PORTS: Mapping[str, int] = {"asterisk-ami": ami.PORT, "freeswitch": event_socket.PORT}
"""The formats that come over a connection, and the usual port of each."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class LiveSettings(Struct, frozen=True):
    """The connection of one source. ``sends_password`` tells that it crosses the line in clear."""

    dialogue: Dialogue
    address: Address
    ping_s: float
    sends_password: bool


def live_settings(settings: Settings, name: str) -> LiveSettings:
    """Return how to connect the source of this name.

    Raises:
        UserError: there is no such source, it has no connection, or a setting is wrong.
    """
    given: Mapping[str, Any] = settings.sources.get(name) or {}
    form = given.get("format", name)
    if form not in PORTS:
        raise UserError(
            f"source {name!r} has no connection",
            f"Name a source whose format is one of {', '.join(PORTS)}.",
        )
    path = f"sources.{name}"
    try:
        source = build_source(
            name,
            settings.sources,
            file=name,
            secret=settings.customer_secret(),
            rules=settings.rules(),
        )
    except SourceSettingsError as error:
        raise UserError(str(error)) from None
    secret = _secret(given, path)
    tls = _tls(given, path)
    host = _text(given, "host", "127.0.0.1", path)
    address = Address(host, _port(given, PORTS[form], path), tls)
    dialogue: Dialogue
    plain = form == "freeswitch"
    if isinstance(source, AsteriskAmi):
        login = given.get("login", "challenge")
        if login not in ("challenge", "plain"):
            raise UserError(f"{path}.login: must be challenge or plain")
        user = _text(given, "user", "", path)
        if not user:
            raise UserError(f"{path}.user is missing", "Give the name from manager.conf.")
        plain = login == "plain"
        dialogue = Ami(source, user, secret.reveal, login=login)
    else:
        assert isinstance(source, FreeSwitch)
        dialogue = EventSocket(source, secret.reveal)
    in_clear = plain and tls is None and host not in _LOOPBACK
    return LiveSettings(dialogue, address, _ping_s(given, path), in_clear)


def _text(given: Mapping[str, Any], name: str, default: str, path: str) -> str:
    found = given.get(name, default)
    if not isinstance(found, str):
        raise UserError(f"{path}.{name}: must be a text", "Put it in quotes.")
    return found


def _port(given: Mapping[str, Any], default: int, path: str) -> int:
    found = given.get("port", default)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < 65_536:
        raise UserError(f"{path}.port: must be a whole number from 1 to 65535")
    return found


def _ping_s(given: Mapping[str, Any], path: str) -> float:
    try:
        ping_ms = parse_duration_ms(str(given.get("ping", "15s")))
    except ValueError as error:
        raise UserError(f"{path}.ping: {error}", "Write it like 15s.") from None
    if not 1_000 <= ping_ms <= 600_000:
        raise UserError(f"{path}.ping: must be from 1s to 10m")
    return ping_ms / 1000


def _secret(given: Mapping[str, Any], path: str) -> Secret:
    file = _text(given, "secret_file", "", path)
    if not file:
        raise UserError(f"{path}.secret_file is missing", "Name a file that holds the password.")
    try:
        return read_secret_file(file)
    except ValueError as error:
        raise UserError(f"{path}.secret_file: {error}") from None


def _tls(given: Mapping[str, Any], path: str) -> ssl.SSLContext | None:
    wanted = given.get("tls", False)
    if not isinstance(wanted, bool):
        raise UserError(f"{path}.tls: must be true or false")
    if not wanted:
        return None
    try:
        context = ssl.create_default_context(cafile=_text(given, "ca_file", "", path) or None)
    except OSError as error:
        raise UserError(f"{path}.ca_file: cannot be used: {error.strerror or error}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
