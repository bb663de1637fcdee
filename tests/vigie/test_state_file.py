"""An export file returns what was written, or is refused as a whole."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.checkpoint import Epoch, Snapshot
from streams.state_log import StoredShard
from streams.state_repair import Stored
from vigie.errors import UserError
from vigie.state_file import FORMAT, Header, Topic, read_export, write_export

HEADER = Header(
    FORMAT, "0.1.0", "vigie", "2024-06-03T07:00:00Z",
    {"calls": Topic("UUrPnLzASfKczLm4nSwfqw", 2), "chats": Topic("", 2)},
)  # fmt: skip
STORED = Stored(
    [
        StoredShard("calls", 0, Snapshot(120, 4, b"\x02record", {7: b"\0row", 9: b""})),
        StoredShard("calls", 1, Snapshot(0, 4, b"\x02other", {})),
        StoredShard("chats", 0, Snapshot(5, 1, b"", {28_000_000: bytes(range(256))})),
    ],
    {"calls": Epoch("UUrPnLzASfKczLm4nSwfqw", 2), "chats": Epoch("", 2)},
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as the export writes it."""
    path = tmp_path_factory.mktemp("state") / "saved.jsonl"
    write_export(path, HEADER, STORED)
    return path


def test_what_was_written_is_read(whole: Path) -> None:
    """Header, shards, rows and epochs; only its owner may read the file."""
    assert read_export(whole) == (HEADER, STORED)
    assert stat.S_IMODE(whole.stat().st_mode) == 0o600
    assert [path.name for path in whole.parent.glob("saved*")] == ["saved.jsonl"]


def test_an_export_replaces_no_file(whole: Path) -> None:
    """Yesterday's may be the better one."""
    with pytest.raises(UserError, match="is there already"):
        write_export(whole, HEADER, STORED)
    with pytest.raises(UserError, match="Give a file in a writable folder"):
        write_export(whole.parent / "nowhere" / "saved.jsonl", HEADER, STORED)


@given(st.data())
def test_a_file_with_another_byte_is_refused_or_says_the_same(
    whole: Path, data: st.DataObject
) -> None:
    """Wherever the byte stands."""
    raw = whole.read_bytes()
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255))
    spoiled = whole.with_name("spoiled.jsonl")
    spoiled.write_bytes(raw[:at] + bytes([byte]) + raw[at + 1 :])
    try:
        found = read_export(spoiled)
    except UserError:
        return
    assert found == (HEADER, STORED)


def test_a_file_that_was_cut_short_is_refused(whole: Path) -> None:
    """At every byte, up to the line end that closes it."""
    raw = whole.read_bytes()
    short = whole.with_name("short.jsonl")
    for length in range(len(raw) - 1):
        short.write_bytes(raw[:length])
        with pytest.raises(UserError):
            read_export(short)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "is no export of vigie. Make one with: vigie state export FILE."),
        ('{"kind":"shard"}\n', ":1 is no line of an export"),
        ('{"kind":"row","topic":"calls","partition":0,"row":1,"data":""}\n', ":1 is no line"),
    ],
)
def test_other_files_are_refused_with_their_line(text: str, line: str, tmp_path: Path) -> None:
    """The user sees which line it is."""
    (tmp_path / "wrong.jsonl").write_text(text)
    with pytest.raises(UserError, match=line):
        read_export(tmp_path / "wrong.jsonl")


def test_a_file_of_another_format_is_told_as_such(whole: Path) -> None:
    """Also when that format has other lines."""
    text = whole.read_text().replace('"format":1', '"format":9', 1).replace("shard", "part")
    (whole.parent / "newer.jsonl").write_text(text)
    with pytest.raises(UserError, match="has format 9, this vigie reads 1"):
        read_export(whole.parent / "newer.jsonl")
