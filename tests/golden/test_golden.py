"""What earlier versions left on brokers is read to the very same figures, or it is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.board import board
from aggregators.contact import Settled
from aggregators.counts import Counts
from aggregators.events import EVENT_TYPES
from aggregators.facts import MEASURE, VALUE_BITS
from aggregators.journal import journal_of
from aggregators.shard import Shard
from aggregators.slices import SCOPE_BITS, SCOPE_MASK
from aggregators.snapshot import VERSION, SnapshotError
from streams.checkpoint import (
    FORMAT,
    UNKNOWN_EPOCH,
    CheckpointError,
    CheckpointWriter,
    Epoch,
    Snapshot,
    pack_rows,
    restore,
    unpack_head,
)
from tests.golden.day import END_MS, golden_rules, golden_shards, golden_story
from tests.golden.make import FOLDER, OWNER, checkpoint_file, snapshot_file

VERSIONS = range(1, VERSION + 1)
FORMATS = range(1, FORMAT + 1)
CALLS = len(golden_story()["calls"])
WAITS = range(1, MEASURE)


def stored_shards(version: int) -> list[tuple[str, bytes, dict[int, bytes]]]:
    """Topic, record and rows of every shard of a golden file."""
    found = json.loads(snapshot_file(version).read_text())
    return [
        (
            shard["topic"],
            base64.b64decode(shard["record"]),
            {int(row): base64.b64decode(data) for row, data in shard["rows"].items()},
        )
        for shard in found
    ]


def stored_log(head_format: int) -> dict[bytes, bytes]:
    """Keys and values of the changelog of a golden file."""
    found: dict[str, str] = json.loads(checkpoint_file(head_format).read_text())
    return {name.encode(): base64.b64decode(value) for name, value in found.items()}


def decoded(version: int) -> list[Shard]:
    """The shards of a golden file."""
    return [
        Shard.decode(record, rows, golden_rules()) for _, record, rows in stored_shards(version)
    ]


def contents(shard: Shard) -> dict[str, Any]:
    """All that a shard holds, as plain values."""
    shard.encode()  # packs what is settled
    return {
        "where": (shard.topic, shard.partition, shard.next_offset, shard.generation),
        "counts": msgspec.to_builtins(shard.counts),
        "times": (shard.max_event_ms, shard.watermark_ms),
        "scopes": (shard.scopes.known, shard.scopes.dropped),
        "totals": msgspec.to_builtins(list(shard.totals.items())),
        "open": sorted(msgspec.json.encode(journal_of(c)) for c in shard.open.values()),
        "closed": sorted(msgspec.json.encode(journal_of(c)) for c in shard.closed.values()),
        "contacts": sorted(shard.contacts),
        "forgotten": len(shard.forgotten),
        "agents": msgspec.to_builtins(shard.agents),
        "seen": (shard.seen, shard.fold.conflicts, shard.fold.implied),
        "dossiers": {
            number: (sorted(page.dossiers.items()), page.due_ms)
            for number, page in shard.dossiers.pages.pages.items()
        },
        "rows": {
            minute: (
                row.level,
                row.cells,
                msgspec.to_builtins(row.spans),
                {n: c.packed for n, c in row.settled.items() if isinstance(c, Settled)},
                list(row.forgotten),
            )
            for minute, row in sorted(shard.slices.rows.items())
        },
    }


def test_the_story_has_every_kind_of_event() -> None:
    """Whoever adds a kind tells it in a story of its own and adds that to this test."""
    assert {type(event) for told in golden_story().values() for event in told} == {*EVENT_TYPES}


def test_every_encoding_has_its_golden_file() -> None:
    """Made by `python -m tests.golden.make` in the commit that raises a version."""
    assert {path.name for path in FOLDER.glob("*.json")} == {
        *(snapshot_file(version).name for version in VERSIONS),
        *(checkpoint_file(known).name for known in FORMATS),
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_golden_file_decodes_to_these_figures(version: int) -> None:
    """Literal figures: counts of every topic, contacts in every state, the board of an instant."""
    shards = decoded(version)
    counts = {shard.topic: shard.counts for shard in shards}
    told = Counts(read=6, applied=4, late=1, dead_lettered=1, reasons={"not_json": 1})
    assert counts.pop("customers", None) == (None if version < 3 else told)
    assert counts == {
        "calls": Counts(read=62, applied=57, duplicate=1, late=2, dead_lettered=2, ignored=1,
                        reasons={"too_late": 1, "not_json": 1}),
        "chats": Counts(read=12, applied=11, dead_lettered=1, reasons={"not_json": 1}),
        "tickets": Counts(read=12, applied=10, late=1, dead_lettered=1, reasons={"not_json": 1}),
        "agents": Counts(read=14, applied=10, late=2, dead_lettered=2,
                         reasons={"too_late": 1, "not_json": 1}),
        "feedback": Counts(read=4, applied=3, dead_lettered=1, reasons={"not_json": 1}),
        "selfcare": Counts(read=6, applied=5, dead_lettered=1, reasons={"not_json": 1}),
        "business": Counts(read=7, applied=6, dead_lettered=1, reasons={"not_json": 1}),
    }  # fmt: skip
    calls, chats, tickets, _, feedback, *_ = shards
    assert (calls.next_offset, calls.generation, calls.partition) == (1_062, 3, 1)
    assert sorted(calls.open) == [
        "answer-first", "promised", "ringing", "talking", "waiting", "wrapping",
    ]  # fmt: skip
    assert (list(calls.closed), len(calls.forgotten)) == (["lost"], 11)
    assert [name for row in calls.slices.rows.values() for name in row.settled] == ["settled"]
    assert {row.level for row in calls.slices.rows.values()} == {0, 1, 2}
    assert sorted(tickets.contacts) == ["ticket-1", "ticket-3"]
    assert list(chats.open) == ["chat-2"]
    seen = {"survey.sent": 1, "survey.answered": 1, "quality.evaluated": 1}
    assert feedback.seen == (seen if version < 3 else {})

    rows = board(shards, END_MS, golden_rules(), ["whole", "1h"]).windows
    total = rows["whole"].total
    assert {name: total[name] for name in (
        "contacts_offered", "contacts_answered", "contacts_answered_in_target",
        "contacts_abandoned", "contacts_short_abandoned", "contacts_lost", "contacts_transferred",
        "contacts_callback_requested", "contacts_handled", "tickets_opened", "tickets_solved",
        "contacts_waiting", "contacts_in_progress", "contacts_on_hold", "contacts_in_wrap_up",
        "callbacks_scheduled", "tickets_open", "conversations_awaiting_reply", "agents_staffed",
        "agent_logged_in_seconds", "talk_sum_seconds",
    )} == {
        "contacts_offered": 14, "contacts_answered": 10, "contacts_answered_in_target": 8,
        "contacts_abandoned": 3, "contacts_short_abandoned": 1, "contacts_lost": 2,
        "contacts_transferred": 1, "contacts_callback_requested": 2, "contacts_handled": 7,
        "tickets_opened": 2, "tickets_solved": 2, "contacts_waiting": 2,
        "contacts_in_progress": 3, "contacts_on_hold": 1, "contacts_in_wrap_up": 1,
        "callbacks_scheduled": 1, "tickets_open": 1, "conversations_awaiting_reply": 1,
        "agents_staffed": 1, "agent_logged_in_seconds": 23_897.0, "talk_sum_seconds": 558.0,
    }  # fmt: skip
    assert total["wait_sum_seconds"] == {"answered": 245.0, "abandoned": 110.0}
    assert total["asa_seconds"] == pytest.approx(
        {"queue": 24.5, "from_start": 25.2, "all_offered": 27.5,
         "answered_or_abandoned": 355 / 13}
    )  # fmt: skip
    assert rows["1h"].total["contacts_offered"] == 4
    assert {
        name: (values["contacts_handled"], values["talk_sum_seconds"])
        for name, values in rows["whole"].agents.items()
    } == {"A1": (2, 108.0), "A2": (4, 280.0), "A3": (1, 170.0)} | (
        {} if version < 3 else {"A4": (0, 0.0)}  # solved tickets, and no call
    )


def test_what_groups_of_version_3_say_is_read_back() -> None:
    """Surveys, sessions, carts, periods and customers, from pages of dossiers and from facts."""
    shards = decoded(VERSION)
    total = board(shards, END_MS, golden_rules(), ["whole"]).windows["whole"].total
    assert {name: total[name] for name in (
        "csat", "quality_score", "selfcare_sessions_ended", "handover_rate", "contacts_per_demand",
        "repeat_customers",
    )} == {
        "csat": 1.0, "quality_score": 0.6, "selfcare_sessions_ended": 2, "handover_rate": 0.5,
        "contacts_per_demand": 2.0, "repeat_customers": 0,
    }  # fmt: skip
    assert {shard.topic: len(shard.dossiers.pages) for shard in shards if len(
        shard.dossiers.pages
    )} == {"feedback": 2, "selfcare": 2, "business": 5, "customers": 1}  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_story_told_today_gives_an_equal_shard(version: int) -> None:
    """Fold, encode and decode today: nothing differs from what the file holds."""
    for shard, golden in zip(golden_shards(version), decoded(version), strict=True):
        checkpoint = shard.encode()
        again = Shard.decode(checkpoint.record, checkpoint.rows, golden_rules())
        assert contents(again) == contents(shard)
        if version == VERSION:
            assert contents(shard) == contents(golden)
        elif golden.topic in ("calls", "chats", "tickets", "agents"):
            assert lasting(shard) == lasting(golden)


KEPT_KEYS = {*range(1, 7), *range(9, 22), 28, 29, *range(40, 70)}
"""What is booked as it was since version 1; responses, starts and solved tickets are not."""


def lasting(shard: Shard) -> dict[str, Any]:
    """What a shard holds of that which every version holds; scopes by name, not by number."""
    found = contents(shard)
    cells: dict[tuple[int, int, Any], dict[int, int]] = {}
    for minute, row in shard.slices.rows.items():
        for key, cell in row.cells.items():
            kept = {k: n for k, n in cell.items() if k in KEPT_KEYS or k >> VALUE_BITS in WAITS}
            if kept:
                scope = shard.scopes.known[key & SCOPE_MASK]
                cells[minute, key >> SCOPE_BITS, scope] = kept
    rows = {minute: row[2:] for minute, row in found["rows"].items() if any(row[2:])}
    for changed in ("scopes", "seen", "dossiers", "rows"):
        del found[changed]
    return {**found, "cells": cells, "spans, settled, forgotten": rows}


@pytest.mark.parametrize("head_format", FORMATS)
def test_a_golden_changelog_is_read_as_one_checkpoint(head_format: int) -> None:
    """Of both checkpoints in it the later one, whole; the shard in it has the known figures."""
    found = restore(stored_log(head_format), "golden-calls", 1)
    assert found is not None
    assert (found.next_offset, found.generation) == (1_000 + CALLS, 3)
    assert found.epoch == UNKNOWN_EPOCH
    shard = Shard.decode(found.body, found.rows, golden_rules())
    assert shard.counts.applied == 57
    assert shard.next_offset == found.next_offset


def test_an_epoch_is_kept_in_the_head() -> None:
    """Topic id and partition count return."""
    writer = CheckpointWriter("calls", 0, OWNER, epoch=Epoch("UUrPnLzASfKczLm4nSwfqw", 4))
    store = dict(writer.begin(b"body", {}, []))
    store.update([writer.head(5, 3)])
    found = restore(store, "calls", 0)
    assert found == Snapshot(5, 3, b"body", {}, Epoch("UUrPnLzASfKczLm4nSwfqw", 4))


def test_unknown_versions_are_refused_with_a_clear_text() -> None:
    """Of the shard's encoding, and of the head."""
    _, record, rows = stored_shards(VERSION)[0]
    for unknown in (0, VERSION + 1, 255):
        with pytest.raises(SnapshotError, match=f"version {unknown}, this vigie reads"):
            Shard.decode(bytes([unknown]) + record[1:], rows, golden_rules())
    store = stored_log(FORMAT)
    head = next(name for name in store if name.endswith(b"/h"))
    store[head] = bytes([FORMAT + 1]) + store[head][1:]
    with pytest.raises(CheckpointError, match=f"format {FORMAT + 1}, this vigie reads"):
        restore(store, "golden-calls", 1)
    bare = msgspec.msgpack.encode([FORMAT, "golden-calls", 1, 5, 3, OWNER, 0, pack_rows({})])
    with pytest.raises(ValueError, match="in one of format 1"):
        unpack_head(bare)


def counted(store: dict[bytes, bytes]) -> list[bytes]:
    """The keys that the golden head counts on: itself, the record, the rows."""
    name = next(name for name in store if name.endswith(b"/h"))
    stem = name[:-1]
    head = unpack_head(store[name])
    body = b"%sb/%d/0" % (stem, head.body_slot)
    spoiled = {**store, body: b""}
    with pytest.raises(CheckpointError):
        restore(spoiled, "golden-calls", 1)
    used = [name, body]
    rows = (key for key in store if b"/r" in key)
    return [*used, *(key for key in rows if _is_used({**store, key: b""}))]


def _is_used(store: dict[bytes, bytes]) -> bool:
    try:
        restore(store, "golden-calls", 1)
    except CheckpointError:
        return True
    return False


STORE = stored_log(FORMAT)
USED = counted(STORE)


def assert_refused(store: dict[bytes, bytes]) -> None:
    """One line with the repair; never a checkpoint."""
    with pytest.raises(
        CheckpointError, match=r"no usable checkpoint of golden-calls\[1\]"
    ) as found:
        restore(store, "golden-calls", 1)
    assert "`vigie state reset --topic golden-calls --partition 1`" in str(found.value)


def test_every_cut_of_head_record_and_rows_is_refused() -> None:
    """At every byte."""
    assert len(USED) > 10
    for name in USED:
        for length in range(len(STORE[name])):
            assert_refused({**STORE, name: STORE[name][:length]})


@given(st.sampled_from(USED), st.data())
def test_every_garbled_byte_of_head_record_and_rows_is_refused(
    name: bytes, data: st.DataObject
) -> None:
    """A single byte of another value."""
    value = STORE[name]
    at = data.draw(st.integers(0, len(value) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != value[at]))
    assert_refused({**STORE, name: value[:at] + bytes([byte]) + value[at + 1 :]})


def test_every_single_garbled_byte_of_a_head_is_refused() -> None:
    """All places, all values: a head alone says where a shard stands."""
    value = STORE[USED[0]]
    for at in range(len(value)):
        for byte in {*range(256)} - {value[at]}:
            with pytest.raises(ValueError, match="head"):
                unpack_head(value[:at] + bytes([byte]) + value[at + 1 :])


@given(st.data())
def test_a_garbled_encoding_is_refused_or_means_the_same(data: st.DataObject) -> None:
    """Without the checksums of the changelog: what zlib lets pass changes no figure."""
    _, record, rows = stored_shards(VERSION)[0]
    whole = contents(Shard.decode(record, rows, golden_rules()))
    which = data.draw(st.sampled_from([None, *rows]))
    value = record if which is None else rows[which]
    at = data.draw(st.integers(0, len(value) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != value[at]))
    spoiled = value[:at] + bytes([byte]) + value[at + 1 :]
    try:
        if which is None:
            shard = Shard.decode(spoiled, rows, golden_rules())
        else:
            shard = Shard.decode(record, {**rows, which: spoiled}, golden_rules())
    except ValueError:
        return
    assert contents(shard) == whole
