"""Builds the Faust app: settings, tables, agents. Nothing here opens a port or writes to stdout."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import faust

from streams.recovery import ShardTables
from streams.registry import Registry
from streams.settings import StreamSettings
from streams.transport import SCHEME, check_transport, register

_MAX_REQUEST_BYTES = 4 * 1024 * 1024
# One batch per partition is under way at a time: with Faust's 16 KiB the checkpoints of a worker
# that catches up would take hundreds of round trips.
_MAX_BATCH_BYTES = 1024 * 1024
_PRODUCER_TIMEOUT_S = 30.0
_QUIET = ("faust", "mode", "aiokafka", "kafka")


class VigieApp(faust.App):
    """A Faust app that knows its shards; the transport reads them."""

    registry: Registry
    fetch_wait_ms: int


def broker_urls(settings: StreamSettings, scheme: str) -> list[str]:
    """Return the bootstrap servers as URLs of a transport scheme."""
    return [f"{scheme}://{server.strip()}" for server in settings.bootstrap_servers.split(",")]


def credentials(settings: StreamSettings) -> Any:
    """Return Faust's credentials for the settings, None without any."""
    if settings.username is not None:
        return faust.SASLCredentials(
            username=settings.username,
            password=settings.password,
            ssl_context=settings.ssl_context,
            mechanism="SCRAM-SHA-512",
        )
    if settings.ssl_context is not None:
        return faust.SSLCredentials(context=settings.ssl_context)
    return None


def quiet_logging() -> None:
    """Let the libraries speak from WARNING on; Faust tells every step otherwise."""
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def build_app(settings: StreamSettings, registry: Registry, data_dir: Path) -> VigieApp:
    """Return a new app with the batch transport and without agents or tables yet.

    Faust makes its folders in ``data_dir``; nothing of value goes there.

    Raises:
        StreamError: the installed faust, mode or aiokafka is not the one this was written for.
    """
    settings.check()
    check_transport()
    register()
    quiet_logging()
    app = VigieApp(
        settings.app_id,
        broker=broker_urls(settings, SCHEME),
        broker_producer=broker_urls(settings, SCHEME),
        broker_credentials=credentials(settings),
        datadir=data_dir,
        store="memory://",
        processing_guarantee="at_least_once",
        autodiscover=False,
        TableManager=ShardTables,
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        stream_buffer_maxsize=settings.buffered_batches,
        stream_recovery_delay=0.0,
        broker_max_poll_records=settings.max_poll_records,
        broker_commit_interval=settings.commit_interval_ms / 1000,
        broker_session_timeout=settings.session_timeout_ms / 1000,
        broker_heartbeat_interval=settings.heartbeat_interval_ms / 1000,
        broker_rebalance_timeout=max(10.0, settings.session_timeout_ms / 1000),
        broker_request_timeout=max(40.0, settings.session_timeout_ms / 1000),
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        agent_supervisor="mode.CrashingSupervisor",
        producer_acks=-1,
        producer_linger=0.0,
        producer_threaded=False,
        producer_max_request_size=_MAX_REQUEST_BYTES,
        producer_max_batch_size=_MAX_BATCH_BYTES,
        producer_request_timeout=_PRODUCER_TIMEOUT_S,
        web_enabled=False,
        web_bind="127.0.0.1",
        web_tables_enabled=False,
        web_router_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.registry = registry
    app.fetch_wait_ms = settings.fetch_wait_ms
    return app


def add_table(app: faust.App, settings: StreamSettings, name: str) -> Any:
    """Declare the table that keeps the shards of one canonical topic."""
    return app.Table(
        settings.table(name),
        key_type=bytes,
        value_type=bytes,
        partitions=settings.partitions,
        help=f"Checkpoints of the shards of {settings.topic(name)}",
    )
