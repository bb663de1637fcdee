"""``vigie doctor``: looks at what a worker needs and says for each finding what to do."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address

from streams.topics import plan
from vigie.compiled import is_compiled
from vigie.doctor_kafka import kafka_findings
from vigie.errors import UserError
from vigie.finding import Finding
from vigie.kafka_survey import survey
from vigie.pipeline_stats import room_for_kpis
from vigie.series_budget import series_besides_pairs, series_per_pair
from vigie.settings import Settings
from vigie.stream_settings import stream_settings
from vigie.web_access import WARNED, WebAccess

OLDEST_PYTHON = (3, 11)


def run_doctor(settings: Settings) -> int:
    """Print each finding; return 0 when nothing has to be done, else 2."""
    to_fix = 0
    for finding in findings(settings):
        print(finding, flush=True)  # noqa: T201
        to_fix += not finding.ok
    print(f"{to_fix} to fix" if to_fix else "All is well")  # noqa: T201
    return 2 if to_fix else 0


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield all findings, local ones first."""
    yield _python(sys.version_info[:2])
    yield _core()
    queues = len(settings.queues)
    yield Finding("settings", f"valid, {queues} queue{'s' if queues != 1 else ''} named")
    yield _privacy(settings)
    yield from _reach(settings)
    yield _port(settings.web.host, settings.web.port)
    yield _series(settings)
    if settings.redis.url is not None:
        from vigie.sharing import redis_finding

        yield redis_finding(settings)
    yield from _kafka(settings)


def _python(version: tuple[int, int]) -> Finding:
    shown = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        return Finding("python", shown, "Install Python 3.11 or newer.")
    return Finding("python", shown)


def _core() -> Finding:
    if is_compiled():
        return Finding("core", "compiled")
    return Finding("core", "runs as Python; vigie compile makes it faster")


def _privacy(settings: Settings) -> Finding:
    if settings.sources and settings.privacy.customer_key_secret is None:
        return Finding(
            "privacy",
            "no privacy.customer_key_secret, so a customer gets another key in each run",
            "Make a file with: openssl rand -hex 32, and name it in "
            "privacy.customer_key_secret_file.",
        )
    return Finding("privacy", "customer ids are hashed before they leave a source")


def _reach(settings: Settings) -> Iterator[Finding]:
    host = settings.web.host
    where = f"{host}:{settings.web.port}"
    try:
        access = WebAccess(settings.web)
    except UserError as error:
        yield Finding("web", error.message, error.fix)
        return
    now = access.live.now
    if access.expires is not None:
        is_young = access.expires - datetime.now(UTC) > WARNED
        fix = "" if is_young else "Renew it; a running vigie takes it over by itself."
        yield Finding("certificate", f"ends on {access.expires:%Y-%m-%d}", fix)
    if _is_loopback(host):
        yield Finding("web", f"only this machine reaches {where}")
    elif now.is_open:
        yield Finding(
            "web", f"{host} is open to the network without a password or a token",
            "Set web.config_file or web.token_file, or web.host: 127.0.0.1 behind a proxy.",
        )  # fmt: skip
    else:
        asks = "a password" if now.users else "a token"
        how = "with TLS" if now.has_tls else "without TLS, which a proxy has to add"
        yield Finding("web", f"{where} asks for {asks}, {how}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _port(host: str, port: int) -> Finding:
    subject = f"port {port}"
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, number) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        why = error.strerror or str(error)
        return Finding(
            subject, f"cannot listen on {host}:{port} ({why})",
            "Stop what uses it (another vigie?) or set web.port.",
        )  # fmt: skip
    return Finding(subject, f"free on {host}")


def _series(settings: Settings) -> Finding:
    each = series_per_pair(settings.rules())
    pairs = len(settings.queues)
    channels = len({queue.channel for queue in settings.queues}) or 1
    others = series_besides_pairs(settings.rules(), settings.metrics.by, channels)
    room = max(0, room_for_kpis(settings) - others) // each if each else 0
    if pairs > room:
        return Finding(
            "series",
            f"{pairs} queues of about {each} series each are more than limits.max_series "
            f"({settings.limits.max_series}, the worker's own series included)",
            "Take windows out of the settings, or raise limits.max_series and the sample_limit "
            "of the scrape job.",
        )
    return Finding(
        "series",
        f"about {each} for each queue and channel, room for {room}; give the scrape job "
        f"sample_limit: {settings.limits.max_series + 5_000}",
    )


def _kafka(settings: Settings) -> Iterator[Finding]:
    try:
        stream = stream_settings(settings)
        names = [spec.name for spec in plan(stream)]
        yield from kafka_findings(survey(stream, names), stream)
    except UserError as error:
        yield Finding("kafka", error.message, error.fix)
