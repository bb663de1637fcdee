"""The web configuration file of Prometheus' exporter-toolkit: TLS, users, headers, rate limit.

``prometheus --web.config.file`` takes the same file. What vigie cannot do is refused with what to
write instead, never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from exporters.http.rate_limit import RateLimit
from exporters.http.tls import (
    CIPHERS,
    CIPHERS_13,
    ClientAuth,
    TlsError,
    TlsOptions,
    Version,
    tls_context,
)
from vigie.errors import UserError
from vigie.secret import Secret
from vigie.sections import Duration, Section
from vigie.settings_file import Given, Path_, read_yaml_file
from vigie.settings_reader import SettingError, nearest, read, show_path

_CLIENT_AUTH: dict[str, ClientAuth] = {
    "NoClientCert": "none",
    "VerifyClientCertIfGiven": "if_given",
    "RequireAndVerifyClientCert": "required",
}
_HEADERS: dict[str, tuple[str, ...]] = {
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
    "Content-Security-Policy": (),
}
"""The headers that the toolkit allows, and the values of those that have a choice."""
_HASH = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
_COSTS = range(4, 16)
_TEXT = 'Write the text into a file and name it in "{}".'
_UNSUPPORTED: dict[Path_, str] = {
    ("tls_server_config", "cert"): _TEXT.format("cert_file"),
    ("tls_server_config", "key"): _TEXT.format("key_file"),
    ("tls_server_config", "client_ca"): _TEXT.format("client_ca_file"),
    ("tls_server_config", "curve_preferences"): "Leave it out: X25519 and the NIST curves are on.",
}


class _Tls(Section, frozen=True, kw_only=True):
    cert_file: str
    key_file: str
    client_auth_type: Literal[
        "NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"
    ] = "NoClientCert"
    client_ca_file: str | None = None
    client_allowed_sans: list[str] = field(default_factory=list)
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: list[str] = field(default_factory=list)
    prefer_server_cipher_suites: bool = True


class _Http(Section, frozen=True, kw_only=True):
    http2: bool = True
    headers: dict[str, str] = field(default_factory=dict)


class _Rate(Section, frozen=True, kw_only=True):
    interval_ms: Duration = 0
    burst: Annotated[int, Meta(ge=1)] = 1


class _File(Section, frozen=True, kw_only=True):
    tls_server_config: _Tls | None = None
    http_server_config: _Http = _Http()
    basic_auth_users: dict[str, Secret] = field(default_factory=dict)
    rate_limit: _Rate | None = None


class WebConfig(Struct, frozen=True, kw_only=True):
    """What the file says. ``users`` are names with bcrypt hashes."""

    tls: TlsOptions | None
    users: Mapping[str, bytes]
    headers: Mapping[str, str]
    rate_limit: RateLimit | None
    asks_http2: bool


def read_web_config(path: Path) -> WebConfig:
    """Read the file and try the certificates that it names. Paths in it are relative to it.

    Raises:
        UserError: names file and line, what is wrong, and the fix.
    """
    given = read_yaml_file(
        path, "web configuration file", "Name an existing one in web.config_file."
    )
    if not isinstance(given.value, dict):
        raise UserError(
            f"{given.where}: it is not a mapping", "Begin with tls_server_config: or another part."
        )
    try:
        for place, fix in _UNSUPPORTED.items():
            if _has(given, place):
                raise SettingError(place, f"vigie does not take {show_path(place)}", fix)
        file: _File = read(_File, given)
        return WebConfig(
            tls=None if file.tls_server_config is None else _tls(file.tls_server_config, path),
            users=_users(file.basic_auth_users),
            headers=_headers(file.http_server_config.headers),
            rate_limit=None if file.rate_limit is None else _rate(file.rate_limit, given),
            asks_http2=_has(given, ("http_server_config", "http2"))
            and file.http_server_config.http2,
        )
    except SettingError as error:
        raise error.in_file(given) from None


def _tls(tls: _Tls, path: Path) -> TlsOptions:
    here = ("tls_server_config",)
    if tls.min_version > tls.max_version:
        raise SettingError(
            (*here, "min_version"), "tls_server_config: min_version is above max_version",
            "Leave both out for TLS 1.2 and 1.3.",
        )  # fmt: skip
    if tls.client_ca_file is None and tls.client_auth_type != "NoClientCert":
        raise SettingError(
            (*here, "client_auth_type"),
            f"tls_server_config: {tls.client_auth_type} needs to know whose clients",
            "Name the authority that signs their certificates in client_ca_file.",
        )
    if tls.client_ca_file is not None and tls.client_auth_type == "NoClientCert":
        raise SettingError(
            (*here, "client_ca_file"),
            "tls_server_config: client_ca_file is given, and no client is asked for a certificate",
            "Add client_auth_type: RequireAndVerifyClientCert.",
        )
    if tls.client_allowed_sans and tls.client_auth_type != "RequireAndVerifyClientCert":
        raise SettingError(
            (*here, "client_allowed_sans"),
            "tls_server_config: client_allowed_sans needs a certificate of every client",
            "Add client_auth_type: RequireAndVerifyClientCert.",
        )
    folder = path.parent
    ca_file = tls.client_ca_file
    options = TlsOptions(
        cert_file=str(folder / tls.cert_file),
        key_file=str(folder / tls.key_file),
        client_auth=_CLIENT_AUTH[tls.client_auth_type],
        client_ca_file=None if ca_file is None else str(folder / ca_file),
        client_allowed_sans=tuple(tls.client_allowed_sans),
        min_version=tls.min_version,
        max_version=tls.max_version,
        ciphers=_ciphers(tls.cipher_suites),
        prefer_server_ciphers=tls.prefer_server_cipher_suites,
    )
    try:
        tls_context(options)
    except TlsError as error:
        of = {options.cert_file: "cert_file", options.key_file: "key_file"}
        step = of.get(error.file, "client_ca_file")
        raise SettingError((*here, step), f"tls_server_config.{step}: {error}", error.fix) from None
    return options


def _ciphers(names: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for i, name in enumerate(names):
        if name in CIPHERS_13:
            continue
        if name not in CIPHERS:
            raise SettingError(
                ("tls_server_config", "cipher_suites", i),
                f"tls_server_config.cipher_suites[{i}]: {name!r} is unknown or weak",
                nearest(name, CIPHERS),
            )
        found.append(CIPHERS[name])
    return tuple(dict.fromkeys(found))


def _headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        path = ("http_server_config", "headers", name)
        if name not in _HEADERS:
            raise SettingError(
                path, f"{show_path(path)} is not a header that may be set", nearest(name, _HEADERS)
            )
        choice = _HEADERS[name]
        if choice and value not in choice:
            raise SettingError(
                path, f"{show_path(path)} must be {' or '.join(choice)}", "Correct or remove it."
            )
        if not (value.isascii() and value.isprintable()):
            raise SettingError(
                path, f"{show_path(path)} is not one line of ASCII text", "Correct or remove it."
            )
    return headers


def is_user_name(name: str) -> bool:
    """Return whether somebody can log in under a name: a colon would end it."""
    return ":" not in name and 1 <= len(name) <= 64 and name.isprintable()


def _users(users: Mapping[str, Secret]) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    for name, secret in users.items():
        path = ("basic_auth_users", name)
        if not is_user_name(name):
            raise SettingError(
                path, f"basic_auth_users: {name[:80]!r} cannot be a user name",
                "Use 1 to 64 characters without a colon.",
            )  # fmt: skip
        match = _HASH.fullmatch(secret.reveal())
        if match is None:
            raise SettingError(
                path, f"{show_path(path)} is not a bcrypt hash", "Make one with: vigie web hash."
            )
        if int(match[1]) not in _COSTS:
            raise SettingError(
                path, f"{show_path(path)}: bcrypt cost {match[1]} is not from 4 to 15",
                "12 takes a quarter of a second; make one with: vigie web hash.",
            )  # fmt: skip
        found[name] = secret.reveal().encode()
    return found


def _rate(rate: _Rate, given: Given) -> RateLimit:
    written = _at(given, ("rate_limit", "interval"))
    if written is not None and written.text.isdigit() and rate.interval_ms:
        raise SettingError(
            ("rate_limit", "interval"), "rate_limit.interval has no unit", 'Write for example "1s".'
        )
    return RateLimit(rate.interval_ms / 1_000, rate.burst)


def _has(given: Given, path: Path_) -> bool:
    return _at(given, path) is not None


def _at(given: Given, path: Path_) -> Given | None:
    here: Any = given
    for step in path:
        if not isinstance(here.value, dict) or step not in here.value:
            return None
        here = here.value[step]
    return here if isinstance(here, Given) else None
