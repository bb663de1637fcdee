"""The consumer group as repairs need it: who lives in it, and its committed offsets.

aiokafka has no request that deletes committed offsets, so OffsetDelete is written out here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

from aiokafka.errors import GroupCoordinatorNotAvailableError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String
from faust.types import TP

from streams.settings import StreamError

_NO_GROUP = 69
_TRIES = 50
_WAIT_S = 0.2
_ASLEEP = ("", "Empty", "Dead")
_name = String("utf-8")


class StateError(StreamError):
    """The stored state cannot be shown, saved or repaired like this; the text says what to do."""


class _Deleted(Response):  # type: ignore[misc]
    API_KEY = 47
    API_VERSION = 0
    SCHEMA = Schema(
        ("error_code", Int16),
        ("throttle_time_ms", Int32),
        (
            "topics",
            Array(
                ("name", _name),
                ("partitions", Array(("partition", Int32), ("error_code", Int16))),
            ),
        ),
    )


class _Delete(RequestStruct):  # type: ignore[misc]
    API_KEY = 47
    API_VERSION = 0
    RESPONSE_TYPE = _Deleted
    SCHEMA = Schema(
        ("group", _name),
        ("topics", Array(("name", _name), ("partitions", Array(Int32)))),
    )


class _OffsetDelete(Request[_Delete]):  # type: ignore[misc]
    API_KEY = 47

    def __init__(self, group: str, tps: Iterable[TP]) -> None:
        self._group = group
        self._topics = [(topic, [tp.partition for tp in found]) for topic, found in _by_topic(tps)]

    def build(self, request_struct_class: type[_Delete]) -> _Delete:
        return request_struct_class(self._group, self._topics)


async def require_asleep(admin: Any, group: str) -> None:
    """Refuse to go on while a worker belongs to the group.

    Raises:
        StateError: with the number of workers.
    """
    if members := await living(admin, group):
        workers = "1 worker is" if members == 1 else f"{members} workers are"
        raise StateError(
            f"{workers} in the group {group!r}: stop them first (one that was killed counts "
            "until its session has timed out)"
        )


async def living(admin: Any, group: str) -> int:
    """Return how many members the group has; those that died without a word count for a while."""
    (answer,) = await admin.describe_consumer_groups([group], await _coordinator(admin, group))
    code, _, state, _, _, members, *_ = answer.groups[0]
    if code not in (0, _NO_GROUP):
        raise StateError(f"Kafka does not tell who is in {group!r} ({for_code(code).__name__}): "
                         "run this again")  # fmt: skip
    return 0 if state in _ASLEEP else max(1, len(members))


async def committed(admin: Any, group: str) -> dict[TP, int]:
    """Return all committed offsets of the group."""
    found = await admin.list_consumer_group_offsets(group, await _coordinator(admin, group))
    return {TP(tp.topic, tp.partition): at.offset for tp, at in found.items() if at.offset >= 0}


async def forget(admin: Any, group: str, tps: Collection[TP]) -> None:
    """Delete the committed offsets of some partitions.

    Raises:
        StateError: the broker refuses, for instance because a worker came meanwhile.
    """
    if not tps:
        return
    node = await _coordinator(admin, group)
    answer = await admin._send_request(_OffsetDelete(group, tps), node)
    codes = {answer.error_code, *(code for _, parts in answer.topics for _, code in parts)}
    _require_done(group, codes - {_NO_GROUP})


async def commit(admin: Any, group: str, offsets: Mapping[TP, int]) -> None:
    """Set the committed offsets of a group without members.

    Raises:
        StateError: the broker refuses, for instance because a worker came meanwhile.
    """
    if not offsets:
        return
    topics = [
        (topic, [(tp.partition, offsets[tp], "") for tp in found])
        for topic, found in _by_topic(offsets)
    ]
    node = await _coordinator(admin, group)
    answer = await admin._send_request(OffsetCommitRequest(group, -1, "", -1, topics), node)
    _require_done(group, {code for _, parts in answer.topics for _, code in parts})


async def _coordinator(admin: Any, group: str) -> int:
    """Return the broker that keeps the group; a fresh cluster needs a moment to name one."""
    for _ in range(_TRIES):
        with suppress(GroupCoordinatorNotAvailableError):
            return int(await admin.find_coordinator(group))
        await asyncio.sleep(_WAIT_S)
    raise StateError(
        f"no broker keeps the group {group!r} yet: look at the brokers, then try again"
    )


def _by_topic(tps: Iterable[TP]) -> list[tuple[str, list[TP]]]:
    found: dict[str, list[TP]] = {}
    for tp in sorted(tps):
        found.setdefault(tp.topic, []).append(tp)
    return list(found.items())


def _require_done(group: str, codes: Iterable[int]) -> None:
    for code in codes:
        if code:
            raise StateError(
                f"the offsets of the group {group!r} cannot be changed "
                f"({for_code(code).__name__}): see that no worker runs, then run this again"
            )
