"""Makes the stored checkpoints of the present encodings: ``python -m tests.golden.make``.

One file per version of the shard's encoding and one per format of the changelog's heads. A file
that exists is never written again: it stands for what that version of vigie left on brokers.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from aggregators.shard import Shard
from aggregators.snapshot import VERSION
from streams.checkpoint import FORMAT, CheckpointWriter
from tests.golden.day import golden_rules, golden_shards, golden_story

FOLDER = Path(__file__).parent
OWNER = "3-0badcafe"


def snapshot_file(version: int) -> Path:
    """Return where the shards of an encoding version are kept."""
    return FOLDER / f"snapshot-{version}.json"


def checkpoint_file(head_format: int) -> Path:
    """Return where the changelog of a head format is kept."""
    return FOLDER / f"checkpoint-{head_format}.json"


def text(data: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(data).decode()


def snapshots() -> list[dict[str, Any]]:
    """Return record and rows of every shard of the story, encoded now."""
    made = []
    for shard in golden_shards():
        stored = shard.encode()
        rows = {str(minute): text(row) for minute, row in sorted(stored.rows.items())}
        made.append({"topic": shard.topic, "record": text(stored.record), "rows": rows})
    return made


def changelog() -> dict[str, str]:
    """Return the changelog partition of the calls after two checkpoints, of half and of all."""
    told = golden_story()["calls"]
    shard = Shard("calls", 1, golden_rules())
    writer = CheckpointWriter("golden-calls", 1, OWNER)
    store: dict[bytes, bytes] = {}
    for first, end in ((0, len(told) // 2), (len(told) // 2, len(told))):
        for event in told[first:end]:
            shard.apply(event, event.event_time_ms)
        shard.next_offset = 1_000 + end
        stored = shard.encode()
        entries = writer.begin(stored.record, stored.rows, shard.row_keys())
        store.update([*entries, writer.head(shard.next_offset, 3)])
        writer.confirm()
        shard.confirm(stored)
        for key in writer.sweep(1_000):
            store.pop(key, None)
    return {key.decode(): text(value) for key, value in sorted(store.items())}


def main() -> None:
    """Write the files that are not there yet."""
    for path, made in (
        (snapshot_file(VERSION), snapshots),
        (checkpoint_file(FORMAT), changelog),
    ):
        if path.exists():
            print(f"{path.name} is there")
            continue
        path.write_text(json.dumps(made(), indent=1) + "\n")
        print(f"{path.name} made")


if __name__ == "__main__":
    main()
