"""The Faust agents: batches in, shard moved on.

The inner loop has no await and touches nothing but the shard, so a shard is never seen between
two records of a batch by anybody else on the loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Protocol

import faust
from faust.types import TP

from aggregators.counts import Outcome
from aggregators.events import Envelope
from streams import failpoints
from streams.admission import Verdict, admit, gap
from streams.batch import Batch, Record
from streams.dead_letter_sink import DeadLetterSink
from streams.outbox import Outbox
from streams.reasons import Reason, Rejection
from streams.registry import LagHistogram, Registry

_APPLIED = Outcome.APPLIED
_LAG_SAMPLES = 8
TURN_RECORDS = 400
"""Records folded before the loop gets its turn: some 5 ms, so that checkpoints and the web side
keep their pace while a worker catches up."""

_DETAILS = {
    Outcome.TOO_LATE: "the event is older than the retention, or its contact was closed and "
    "forgotten; send events sooner, or raise lateness and retention",
    Outcome.UNKNOWN_SCOPE: "the settings refuse queues that they do not name; add the queue to "
    "queues, or set unknown: accept",
    Outcome.OUT_OF_SCALE: "a score is not on the scale of its survey (declare the scale under "
    "surveys), or an amount, a count or a period is beyond all reason; mend the producer",
    Outcome.OTHER_CURRENCY: "the amount is in another currency than business.currency of the "
    "settings; convert it before it is sent",
    Outcome.DOSSIER_FULL: "one survey, session, cart or customer has more events than vigie keeps "
    "of one; its id is probably shared by many",
}
"""What a dead letter says when it is the fold that refuses."""
_QUARANTINED = (
    "vigie itself failed on this event, so it is in no figure; report it with the lines of the "
    "worker's log about this partition"
)


class Decoder(Protocol):
    """What reads the messages of one topic, such as :class:`streams.decode.EventDecoder`."""

    def decode(self, raw: bytes | None, key: bytes | None, append_ms: int) -> Envelope | Rejection:
        """Return the event, or why it is refused. Never raises."""


class FoldError(Exception):
    """The fold itself failed on the record of an offset: our bug, whatever the record says.

    Not ``is_exact``: on that record or one before it of the same batch.
    """

    def __init__(self, offset: int, *, is_exact: bool = True) -> None:
        super().__init__(f"the fold failed at offset {offset}")
        self.offset = offset
        self.is_exact = is_exact


Refuse = Callable[[Record, str, str], None]
"""Called with record, reason and detail of everything that is refused."""

WriteLetter = Callable[[TP, Record, str, str], tuple[bytes, bytes]]
"""Give key and value of the dead letter for a refused record, its reason and detail."""


def fold_batch(
    shard: Any, decode: Callable[..., Any], rows: Sequence[Record], refuse: Refuse
) -> None:
    """Fold records as one batch, which may cost less than one by one.

    Raises:
        FoldError: as from :func:`fold_rows`, but never exact: what one record did may show at a
            later one, or at the end.
    """
    last = rows[-1].offset
    try:
        shard.begin_batch()
        fold_rows(shard, decode, rows, refuse)
        shard.end_batch()
    except FoldError as error:
        raise FoldError(last, is_exact=False) from error.__cause__
    except MemoryError:
        raise
    except Exception as error:
        raise FoldError(last, is_exact=False) from error


def fold_rows(
    shard: Any, decode: Callable[..., Any], rows: Sequence[Record], refuse: Refuse
) -> None:
    """Fold records in order and move ``shard.next_offset`` behind the last one.

    Raises:
        FoldError: decoding or folding failed with an exception; the shard may be half changed.
    """
    apply = shard.apply
    row = rows[0]
    try:
        for row in rows:
            at_ms = row.timestamp
            event = decode(row.value, row.key, at_ms)
            if type(event) is Rejection:
                shard.refuse(event.reason.value)
                refuse(row, event.reason.value, event.detail)
                continue
            outcome = apply(event, at_ms)
            if outcome is not _APPLIED and outcome in _DETAILS:
                refuse(row, outcome.value, _DETAILS[outcome])
    except MemoryError:
        raise
    except Exception as error:
        raise FoldError(row.offset) from error
    shard.next_offset = rows[-1].offset + 1


def fold_around(
    shard: Any,
    decode: Callable[..., Any],
    rows: Sequence[Record],
    refuse: Refuse,
    quarantined: Collection[int],
) -> None:
    """Fold records, and refuse those at the quarantined offsets without looking at them."""
    start = 0
    for at, row in enumerate(rows):
        if row.offset in quarantined:
            if at > start:
                fold_rows(shard, decode, rows[start:at], refuse)
            shard.refuse(Reason.INTERNAL_ERROR.value)
            refuse(row, Reason.INTERNAL_ERROR.value, _QUARANTINED)
            shard.next_offset = row.offset + 1
            start = at + 1
    if start < len(rows):
        fold_rows(shard, decode, rows[start:], refuse)


def see_lag(histogram: LagHistogram, rows: Sequence[Record], now_ms: int) -> None:
    """Book the time from append to now for a batch, by at most eight samples."""
    step = max(1, len(rows) // _LAG_SAMPLES)
    for at in range(0, len(rows), step):
        histogram.see(now_ms - rows[at].timestamp, min(step, len(rows) - at))


class TopicFold:
    """Folds the batches of one source topic into the shards of the registry."""

    def __init__(
        self,
        topic: str,
        decoder: Decoder,
        registry: Registry,
        sink: DeadLetterSink,
        write_letter: WriteLetter,
        outbox: Outbox,
    ) -> None:
        """Take the full topic name of the source."""
        self.topic = topic
        self._decode = decoder.decode
        self._registry = registry
        self.sink = sink
        self.outbox = outbox
        self._write_letter = write_letter

    def take(self, tp: TP, batch: Batch) -> bool:
        """Fold one batch; return False when the consumer has to go back for lost records.

        Raises:
            FoldError: the shard is not to be used any more; the checkpoint is right.
        """
        owned = self._registry.get(tp)
        if owned is None or owned.is_broken:
            return True  # not ours (any more), or put back: the checkpoint says where to go on
        shard = owned.shard
        start = shard.next_offset
        verdict = admit(batch.asked_from, batch.first_offset, batch.last_offset, start)
        if verdict is Verdict.SKIP:
            owned.stale_batches += 1
            owned.replayed += len(batch.rows)
            return True
        if verdict is Verdict.SEEK_BACK:
            owned.seek_backs += 1
            return False
        rows = batch.rows_from(start)
        owned.replayed += len(batch.rows) - len(rows)
        owned.gap_events += gap(start, batch.last_offset, len(rows))
        refuse = self._refuser(tp)
        if failpoints.is_armed(failpoints.MID_APPLY) and len(rows) > 1:
            half = len(rows) // 2
            fold_batch(shard, self._decode, rows[:half], refuse)
            failpoints.passing(failpoints.MID_APPLY)
            rows = rows[half:]
        if owned.quarantined or shard.next_offset <= owned.careful_until:
            fold_around(shard, self._decode, rows, refuse, owned.quarantined)
        else:
            fold_batch(shard, self._decode, rows, refuse)
        if shard.outbox:
            self.outbox.take(shard)
        see_lag(self._registry.event_lag, rows, time.time_ns() // 1_000_000)
        return True

    def _refuser(self, tp: TP) -> Refuse:
        def refuse(row: Record, reason: str, detail: str) -> None:
            self.sink.put(*self._write_letter(tp, row, reason, detail))

        return refuse


def add_agent(
    app: faust.App,
    fold: TopicFold,
    place_back: Callable[[TP], Awaitable[None]],
    quarantine: Callable[[TP, FoldError], Awaitable[None]],
    turn: asyncio.Lock,
) -> None:
    """Declare the agent of one topic.

    ``place_back`` puts the consumer at the shard's offset, ``quarantine`` the shard back to its
    checkpoint. All agents share the ``turn``: with one of them at work per turn of the loop, a
    backlog on every topic keeps nobody else waiting longer than a backlog on one.
    """
    topic = app.topic(
        fold.topic,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",  # the value is a Batch and passes as it is
    )

    async def agent(stream: Any) -> None:
        async for event in stream.noack().events():
            tp = event.message.tp
            for piece in event.value.pieces(TURN_RECORDS):
                try:
                    async with turn:
                        is_taken = fold.take(tp, piece)
                    if not is_taken:
                        await place_back(tp)
                except FoldError as error:
                    is_taken = False
                    await quarantine(tp, error)
                await fold.sink.brake()
                await fold.outbox.brake()
                await asyncio.sleep(0)
                if not is_taken:
                    break

    app.agent(topic, name=f"fold-{fold.topic}")(agent)
