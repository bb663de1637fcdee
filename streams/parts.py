"""What a worker is put together from: the shard, the decoder and the dead letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from faust.types import TP
from msgspec import Struct

from aggregators.policy import Rules
from aggregators.shard import Shard
from streams.agents import Decoder, WriteLetter
from streams.batch import Record
from streams.dead_letter import of_message
from streams.decode import EventDecoder
from streams.reasons import Reason, Rejection


class Parts(Struct, kw_only=True):
    """The replaceable parts of a worker; tests put smaller things in."""

    new_shard: Callable[[str, int], Any]
    read_shard: Callable[[bytes, dict[int, bytes]], Any]
    decoder: Callable[[str], Decoder]
    write_letter: WriteLetter


def write_letter(tp: TP, row: Record, reason: str, detail: str) -> tuple[bytes, bytes]:
    """Return key and value of the dead letter of a refused record."""
    letter = of_message(
        Rejection(Reason(reason), detail),
        row.value,
        source="kafka",
        topic=tp.topic,
        partition=tp.partition,
        offset=row.offset,
        key=row.key,
        received_at_ms=row.timestamp,
    )
    return letter.letter_id.encode(), letter.encode()


def real_parts(rules: Rules) -> Parts:
    """Return the shard, the decoder and the dead letters of vigie."""
    return Parts(
        new_shard=lambda topic, partition: Shard(topic, partition, rules),
        read_shard=lambda record, rows: Shard.decode(record, rows, rules),
        decoder=lambda topic: EventDecoder(topic, rules),
        write_letter=write_letter,
    )
