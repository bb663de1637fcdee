"""Which topic it is: Kafka's own id of a topic, and its partition count.

A topic that is deleted and created anew keeps its name and begins at offset 0 again; its id is
another one. aiokafka speaks no version of the metadata request that carries ids, so version 10
(brokers from 2.8 on) is written out here.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from io import BytesIO
from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from streams.checkpoint import Epoch
from streams.settings import StreamSettings
from streams.topics import open_admin

_NO_ID = bytes(16)


class _Uuid(AbstractType[bytes]):  # type: ignore[misc]
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


_text = CompactString("utf-8")


class _Response(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32), ("host", _text), ("port", Int32), ("rack", _text),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", _text),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16), ("name", _text), ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16), ("partition", Int32), ("leader", Int32),
                        ("leader_epoch", Int32), ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)), ("offline", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("operations", Int32), ("tags", TaggedFields),
            ),
        ),
        ("operations", Int32),
        ("tags", TaggedFields),
    )  # fmt: skip


class _Asked(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 10
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", _text), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("cluster_operations", Boolean),
        ("topic_operations", Boolean),
        ("tags", TaggedFields),
    )


class _MetadataRequest(Request[_Asked]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, topics: Collection[str]) -> None:
        self._topics: list[Any] = [(_NO_ID, name, {}) for name in sorted(topics)]

    def build(self, request_struct_class: type[_Asked]) -> _Asked:
        return request_struct_class(self._topics, False, False, False, {})


async def read_epochs(settings: StreamSettings, topics: Collection[str]) -> dict[str, Epoch]:
    """Return the epoch of each topic (full names) that exists.

    On a broker that knows no topic ids an epoch has the partition count only.

    Raises:
        StreamError: the broker cannot be reached or refuses.
    """
    if not topics:
        return {}
    async with open_admin(settings) as admin:
        return await epochs_by(admin, topics)


async def epochs_by(admin: Any, topics: Collection[str]) -> dict[str, Epoch]:
    """Return the same by an admin client that is open already."""
    try:
        answer = await admin._send_request(_MetadataRequest(topics))
    except NotImplementedError:  # older than 2.8
        described = await admin.describe_topics(sorted(topics))
        return {
            topic["topic"]: Epoch("", len(topic["partitions"]))
            for topic in described
            if not topic["error_code"]
        }
    return {
        name: Epoch(_shown(topic_id), len(partitions))
        for error, name, topic_id, _, partitions, *_ in answer.topics
        if not error
    }


def _shown(topic_id: bytes) -> str:
    """As Kafka's own tools show it; empty where the broker gave none."""
    return "" if topic_id == _NO_ID else base64.urlsafe_b64encode(topic_id).decode().rstrip("=")
