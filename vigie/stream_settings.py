"""The part of the settings that the Kafka side needs, in its own shape."""

from __future__ import annotations

import ssl

from streams.settings import StreamSettings
from vigie.errors import UserError
from vigie.settings import Settings


def stream_settings(settings: Settings, *, broker: str | None = None) -> StreamSettings:
    """Return what the worker, the sender and the doctor connect with.

    ``broker`` replaces the configured servers for a run.

    Raises:
        UserError: a certificate file cannot be read.
    """
    kafka = settings.kafka
    sasl = kafka.security_protocol.startswith("SASL")
    return StreamSettings(
        bootstrap_servers=(broker or kafka.bootstrap_servers).replace(" ", ""),
        topic_prefix=kafka.topic_prefix,
        app_id=kafka.app_id,
        partitions=kafka.partitions,
        replication=kafka.replication_factor,
        retention_ms=kafka.topic_retention_ms,
        dead_letter_retention_ms=kafka.dead_letter_retention_ms,
        checkpoint_interval_ms=kafka.checkpoint_interval_ms,
        session_timeout_ms=kafka.session_timeout_ms,
        heartbeat_interval_ms=min(3_000, kafka.session_timeout_ms // 3),
        instance_id=kafka.instance_id or None,
        username=kafka.sasl_username if sasl else None,
        password=kafka.sasl_password.reveal() if sasl and kafka.sasl_password else None,
        ssl_context=_tls(settings) if kafka.security_protocol.endswith("SSL") else None,
        allow_plaintext=kafka.security_protocol == "SASL_PLAINTEXT",
    )


def _tls(settings: Settings) -> ssl.SSLContext:
    kafka = settings.kafka
    try:
        context = ssl.create_default_context(cafile=kafka.ssl_cafile)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if kafka.ssl_certfile is not None:
            context.load_cert_chain(kafka.ssl_certfile, kafka.ssl_keyfile)
    except OSError as error:
        raise UserError(
            f"kafka: a certificate file cannot be used: {error.strerror or error}",
            "Check kafka.ssl_cafile, kafka.ssl_certfile and kafka.ssl_keyfile.",
        ) from None
    return context
