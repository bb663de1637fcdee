"""Follow a file that another program writes, through rotation, and remember where we are.

Rotation is recognised by what it leaves behind:

1. *rename and create*: the path names another inode. The old file is followed until the new one
   has something in it, because its writer goes on with the old one until it is told to reopen.
2. *copy and truncate*: the same inode is shorter than what was read. It is read again from its
   beginning; what was written between copy and truncation is lost to everybody.
3. The file is gone: wait for it.

After a restart the rest of a file that was renamed meanwhile is read first.
A line counts when its line break is there.
"""

from __future__ import annotations

import asyncio
import glob
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import IO

from msgspec import Struct

from streams.reasons import MAX_MESSAGE_BYTES
from streams.sources.source import SourceLine

POLL_S = 0.25
_CHUNK_BYTES = 256 * 1024
_LONGEST_BYTES = MAX_MESSAGE_BYTES + 1


class TailPosition(Struct, frozen=True):
    """How far a file was read: to be stored, and given back after a restart.

    ``offset`` is the byte behind the last complete line, ``line`` that line's number.
    """

    inode: int
    offset: int
    line: int


class Tail:
    """An asynchronous iterator over the lines of a growing file.

    ``position`` is where the next line begins; after a restart give it back and no line is
    repeated. If the file of that position is no longer there, the new one is read from its
    beginning. ``sleep`` is how to wait for more; ``stop`` ends the iteration when what is there
    has been read.

    Lines longer than 64 KiB are cut to that length and a byte.
    """

    def __init__(
        self,
        path: Path,
        *,
        position: TailPosition | None = None,
        encoding: str = "utf-8",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        poll_s: float = POLL_S,
    ) -> None:
        self._path = path
        self._encoding = encoding
        self._sleep = sleep
        self._poll_s = poll_s
        self._handle: IO[bytes] | None = None
        self._resume = position
        self._inode = 0
        self._offset = 0
        self._line = 0
        self._part = b""
        self._skipped = 0
        self._stopped = False

    @property
    def position(self) -> TailPosition | None:
        """Behind the last line that was given out; None while no file was found."""
        if self._handle is None:
            return self._resume
        return TailPosition(self._inode, self._offset, self._line)

    def stop(self) -> None:
        """End the iteration as soon as the lines that are there have been given out."""
        self._stopped = True

    async def lines(self) -> AsyncIterator[SourceLine]:
        """Give each line once, in file order, until :meth:`stop`."""
        try:
            while True:
                if self._handle is None and not self._find():
                    if self._stopped:
                        return
                    await self._sleep(self._poll_s)
                    continue
                # Asked before the read: once the writer has moved on, a read that finds nothing
                # more has found all.
                moved_on = self._moved_on()
                raws = self._read()
                if raws is not None:
                    for raw in raws:
                        yield self._take(raw)
                elif moved_on:
                    self._close()
                elif self._stopped:
                    return
                else:
                    await self._sleep(self._poll_s)
        finally:
            self._resume = self.position
            self._close()

    def _find(self) -> bool:
        """Open the file where it is to be read from; False if there is none."""
        resume, place = self._resume, self._path
        if resume is not None:
            place = self._renamed(resume.inode) or place
        try:
            self._handle = handle = place.open("rb")
        except FileNotFoundError:
            return False
        self._inode, size = _status(handle)
        self._begin()
        self._resume = None
        if resume is not None and resume.inode == self._inode and resume.offset <= size:
            handle.seek(max(0, resume.offset - 1))
            if resume.offset == 0 or handle.read(1) == b"\n":  # else the inode was used again
                self._offset, self._line = resume.offset, resume.line
        handle.seek(self._offset)
        return True

    def _renamed(self, inode: int) -> Path | None:
        """Return where the file with an inode is now, beside the path, None if it still is there.

        Steps of a rotation between two restarts: rename, create, write. Only the last rename can
        be followed; files that came and went in between are not known.
        """
        try:
            if self._path.stat().st_ino == inode:
                return None
        except FileNotFoundError:
            pass
        for sibling in sorted(self._path.parent.glob(f"{glob.escape(self._path.name)}*")):
            if sibling.stat().st_ino == inode:
                return sibling
        return None

    def _begin(self) -> None:
        self._offset, self._line, self._part, self._skipped = 0, 0, b"", 0

    def _moved_on(self) -> bool:
        """Whether the writer writes to another file now; a truncated file begins anew at once."""
        assert self._handle is not None
        if _status(self._handle)[1] < self._offset + len(self._part) + self._skipped:
            self._handle.seek(0)
            self._begin()
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return False
        return status.st_ino != self._inode and status.st_size > 0

    def _read(self) -> list[bytes] | None:
        """Return the lines that a read completes, keep the beginning of the next one.

        None: there is nothing more to read.
        """
        assert self._handle is not None
        chunk = self._handle.read(_CHUNK_BYTES)
        if not chunk:
            return None
        *complete, self._part = (self._part + chunk).split(b"\n")
        if not complete and len(self._part) > _LONGEST_BYTES:
            self._skipped += len(self._part) - _LONGEST_BYTES
            self._part = self._part[:_LONGEST_BYTES]
        return complete

    def _take(self, raw: bytes) -> SourceLine:
        """Turn bytes into a line and move the position behind it."""
        self._offset += len(raw) + self._skipped + 1
        self._skipped = 0
        self._line += 1
        text = raw[:_LONGEST_BYTES].decode(self._encoding, errors="surrogateescape")
        return SourceLine(self._line, text.removesuffix("\r"))

    def _close(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def _status(handle: IO[bytes]) -> tuple[int, int]:
    status = os.fstat(handle.fileno())
    return status.st_ino, status.st_size
