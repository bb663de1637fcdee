"""Checks the targets of alerts: addresses, secrets, and what belongs to which type."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from vigie.sections_alerts import AlertTarget
from vigie.settings_checks import may_be_in_clear
from vigie.settings_file import Path_
from vigie.settings_reader import SettingError, show_path

KEY_PREFIX = "whsec_"
SHORTEST_KEY, LONGEST_KEY = 24, 64
MAKE_KEY = 'Make one with: echo "whsec_$(openssl rand -base64 32)".'

_OF_TYPE: dict[str, tuple[str, ...]] = {
    "alertmanager": ("urls", "token", "resend", "watchdog"),
    "webhook": ("url", "secret"),
    "apprise": ("url",),
}
_ALL = ("urls", "url", "secret", "token", "resend", "watchdog")
_APPRISE = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


def check_target(path: Path_, target: AlertTarget, environ: Mapping[str, str]) -> None:
    """Check one target.

    Raises:
        SettingError: an address or a secret is missing, wrong, or of another type of target. No
            secret is in its text.
    """
    shown = show_path(path)
    for name in _ALL:
        if name not in _OF_TYPE[target.type] and _is_given(target, name):
            raise SettingError(
                (*path, name), f"{shown}.{name} does not belong to type {target.type}",
                f"It takes {', '.join(_OF_TYPE[target.type])} and language.",
            )  # fmt: skip
    if target.type == "alertmanager":
        _check_alertmanager(path, target, environ)
    elif target.type == "webhook":
        _check_webhook(path, target)
    else:
        url = _needed(path, target, "url", "an Apprise URL, such as mailto:// or slack://")
        if _APPRISE.fullmatch(url) is None:
            raise SettingError(
                (*path, "url"), f"{shown}.url is not an Apprise URL",
                "Write name://..., as the page of the service in Apprise's documentation says.",
            )  # fmt: skip


def web_address(url: str) -> SplitResult | None:
    """Return an http(s) address taken apart; None if it is none, or bears a user or password."""
    if not url.isprintable() or any(c.isspace() or c == "\\" for c in url):
        return None
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not is_whole or "@" in parts.netloc:
        return None
    return parts


def webhook_key(secret: str) -> bytes:
    """Return the key that a ``whsec_`` secret holds.

    Raises:
        ValueError: it is none; the text says why without any of it.
    """
    if not secret.startswith(KEY_PREFIX):
        raise ValueError(f"does not begin with {KEY_PREFIX}")
    try:
        key = base64.b64decode(secret.removeprefix(KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"is not base64 after {KEY_PREFIX}") from None
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(f"holds {len(key)} bytes, not {SHORTEST_KEY} to {LONGEST_KEY}")
    return key


def _check_alertmanager(path: Path_, target: AlertTarget, environ: Mapping[str, str]) -> None:
    shown = show_path(path)
    if not target.urls:
        raise SettingError(
            path, f"{shown} has no urls", "Add urls: with each Alertmanager, not a load balancer."
        )
    for i, url in enumerate(target.urls):
        step = (*path, "urls", i)
        parts = web_address(url)
        if parts is None or parts.query or parts.fragment:
            raise SettingError(
                step, f"{show_path(step)} is not a plain http(s) address",
                "Write for example http://am-1:9093; a password goes into token_file.",
            )  # fmt: skip
        is_open = parts.scheme == "http" and not may_be_in_clear(parts.hostname, environ)
        if is_open and target.token is not None:
            raise SettingError(
                step, f"{show_path(step)} sends the token in clear",
                "Use https://, or set VIGIE_ALLOW_PLAINTEXT=1 if the network is trusted.",
            )  # fmt: skip
    if target.resend_ms is not None and not 1_000 <= target.resend_ms <= 3_600_000:
        raise SettingError(
            (*path, "resend"), f"{shown}.resend is not between 1s and 1h",
            'Write for example "1m"; Alertmanager forgets what is not repeated.',
        )  # fmt: skip


def _check_webhook(path: Path_, target: AlertTarget) -> None:
    shown = show_path(path)
    if web_address(_needed(path, target, "url", "the address that gets the JSON")) is None:
        raise SettingError(
            (*path, "url"), f"{shown}.url is not an http(s) address without user and password",
            "Write for example https://hooks.example.org/vigie.",
        )  # fmt: skip
    try:
        webhook_key(_needed(path, target, "secret", MAKE_KEY))
    except ValueError as error:
        raise SettingError((*path, "secret"), f"{shown}.secret {error}", MAKE_KEY) from None


def _needed(path: Path_, target: AlertTarget, name: str, what: str) -> str:
    secret = target.url if name == "url" else target.secret
    if secret is None:
        fix = f"Add {name}_file: (or {name}:) with {what}." if name == "url" else (
            f"Add {name}_file: with a file that holds it. {what}"
        )  # fmt: skip
        raise SettingError(path, f"{show_path(path)} has no {name}", fix)
    return secret.reveal()


def _is_given(target: AlertTarget, name: str) -> bool:
    value = getattr(target, "resend_ms" if name == "resend" else name)
    return value is not None and value != []
