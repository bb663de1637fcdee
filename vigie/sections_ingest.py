"""The section ``ingest`` of the settings file: what ``vigie ingest`` listens to, and whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from msgspec import Meta, field

from vigie.durations import parse_duration_ms
from vigie.secret import Secret
from vigie.sections import Duration, Section
from vigie.settings_checks import check_secret
from vigie.settings_file import Path_
from vigie.settings_reader import SettingError, nearest, show_path

if TYPE_CHECKING:
    from streams.ingest.signatures import Scheme

SchemeName: TypeAlias = Literal[
    "twilio", "zendesk", "intercom", "chatwoot", "freshchat", "standard-webhooks", "bearer",
    "path-token", "none",
]  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class IngestSource(Section, frozen=True, kw_only=True):
    """A source of `sources` (or a format by its name) whose requests come to `/in/NAME`."""

    scheme: Annotated[
        SchemeName,
        Meta(
            description="How its requests prove who sent them ([ingest](ingest.md#signatures)); "
            "`none` only with `ingest.host` on this machine."
        ),
    ]
    secret: Annotated[
        Secret | None,
        Meta(
            description="The platform's signing secret or your token, at least 16 characters; "
            "prefer `secret_file`."
        ),
    ] = None
    secret_file: Annotated[
        str | None,
        Meta(
            description="File that holds it; several lines are several secrets, each of them "
            "valid. For `freshchat` the public key."
        ),
    ] = None
    public_url: Annotated[
        str | None,
        Meta(description="For `twilio`: the address that it calls, as it was told, without query."),
    ] = None
    rate: Annotated[
        Annotated[float, Meta(gt=0, le=100_000)] | None,
        Meta(description="Instead of `ingest.rate`."),
    ] = None


class Ingest(Section, frozen=True, kw_only=True):
    """The webhook receiver `vigie ingest` ([ingest](ingest.md))."""

    host: Annotated[
        str, Meta(min_length=1, description="Address to listen on; only this machine by default.")
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port; 0 takes any free one.")] = 8090
    share_port: Annotated[
        bool, Meta(description="Several receivers of one machine listen on the same port.")
    ] = False
    max_body_kib: Annotated[
        int, Meta(ge=1, le=16_384, description="Largest body; a larger one is answered 413.")
    ] = 256
    max_open_mib: Annotated[
        int,
        Meta(
            ge=1,
            le=4_096,
            description="What the bodies of all requests under way may take; beyond it they are "
            "answered 503.",
        ),
    ] = 64
    max_open_requests: Annotated[
        int, Meta(ge=1, le=100_000, description="Requests under way; more are answered 503.")
    ] = 2_000
    max_connections: Annotated[
        int, Meta(ge=10, le=100_000, description="Connections at once; more are refused.")
    ] = 1_000
    rate: Annotated[
        float,
        Meta(
            gt=0,
            le=100_000,
            description="Requests per second of one source in the long run; more are answered 429.",
        ),
    ] = 1_000.0
    burst_ms: Annotated[
        Duration, Meta(description="For how long at that rate requests may come at once.")
    ] = parse_duration_ms("5s")
    tolerance_ms: Annotated[
        Duration,
        Meta(description="How far the time of a signature may be from ours; a replay is older."),
    ] = parse_duration_ms("5m")
    answer_ms: Annotated[
        Duration, Meta(description="How long a request waits for Kafka before it is answered 503.")
    ] = parse_duration_ms("4s")
    webhooks: Annotated[
        dict[str, IngestSource], Meta(description="The sources that come by webhook, by name.")
    ] = field(default_factory=dict)


def check_ingest(ingest: Ingest, sources: Mapping[str, Any]) -> None:
    """Check what the types cannot; ``sources`` is the section of that name.

    Raises:
        SettingError: the first contradiction.
    """
    for name, value, least in (
        ("tolerance", ingest.tolerance_ms, 1_000), ("answer", ingest.answer_ms, 100)
    ):  # fmt: skip
        if value < least:
            raise SettingError(
                ("ingest", name), f"ingest.{name} is below {least}ms", 'Write for example "5s".'
            )
    for name, source in ingest.webhooks.items():
        path: Path_ = ("ingest", "webhooks", name)
        if not _NAME.fullmatch(name):
            raise SettingError(
                path, f"{show_path(path)} cannot be a part of an address",
                "Take a name of letters, digits, dots, dashes and underscores.",
            )  # fmt: skip
        if name not in sources and name not in _formats():
            raise SettingError(
                path, f"{show_path(path)}: there is no such source", nearest(name, sources)
            )
        _check_secret(path, source)
        if source.scheme == "none" and not _is_loopback(ingest.host):
            raise SettingError(
                (*path, "scheme"),
                f"{show_path(path)}.scheme is none, and ingest.host is not this machine alone",
                "Choose a scheme with a secret, or set ingest.host to 127.0.0.1.",
            )
        try:
            scheme_of(source, ingest)
        except ValueError as error:
            setting = "public_url" if source.scheme == "twilio" else "secret"
            raise SettingError(
                (*path, setting), f"{show_path(path)}.{setting} {error}", "See docs/ingest.md."
            ) from None


def scheme_of(source: IngestSource, ingest: Ingest) -> Scheme:
    """Return what recognises the requests of a source.

    Raises:
        ValueError: its secret or its address is of another form.
    """
    from streams.ingest import freshchat_signature, signatures, twilio

    given = source.secret.reveal() if source.secret is not None else ""
    secrets, tolerance_s = secrets_of(given), ingest.tolerance_ms / 1000
    match source.scheme:
        case "twilio":
            return twilio.Twilio(secrets, source.public_url or "")
        case "zendesk":
            return signatures.Zendesk(secrets, tolerance_s)
        case "intercom":
            return signatures.Intercom(secrets)
        case "chatwoot":
            return signatures.Chatwoot(secrets, tolerance_s)
        case "freshchat":
            return freshchat_signature.Freshchat(given)
        case "standard-webhooks":
            return signatures.StandardWebhooks(secrets, tolerance_s)
        case "bearer":
            return signatures.Bearer(secrets)
        case "path-token":
            return signatures.PathToken(secrets)
        case "none":
            return signatures.Unsigned()


def secrets_of(given: str) -> list[str]:
    """Return the secrets of a text: one in each line."""
    return [line.strip() for line in given.splitlines() if line.strip()]


def _check_secret(path: Path_, source: IngestSource) -> None:
    step = (*path, "secret")
    if source.scheme == "none":
        if source.secret is not None:
            raise SettingError(
                step, f"{show_path(step)} is given, and the scheme none has no use for it",
                "Choose a scheme, or remove the secret.",
            )  # fmt: skip
        return
    if source.secret is None or not secrets_of(source.secret.reveal()):
        raise SettingError(
            path, f"{show_path(path)} has no secret", "Set its secret_file to that of the platform."
        )
    for secret in secrets_of(source.secret.reveal()) if source.scheme != "freshchat" else []:
        check_secret(step, Secret(secret))


def _formats() -> Iterable[str]:
    from streams.sources import FORMATS

    return FORMATS


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
