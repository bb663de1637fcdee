"""A page that is the same for many readers is compressed once; what follows it, each time anew.

The first part is deflated up to a full flush, which later bytes cannot refer behind, so any second
part can be put after it: together they are one member of gzip, as every reader expects it.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from aggregators.steps import Steps

LEVEL = 1
"""The fastest: labels repeat so much that the best is only a fifth smaller."""
_CHUNK = 256 * 1024
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_RAW = -zlib.MAX_WBITS


class Deflated(NamedTuple):
    """The beginning of a page: its deflated bytes, its checksum and its length."""

    data: bytes
    crc: int
    size: int


NOTHING = Deflated(b"", 0, 0)


def deflate_steps(page: bytes) -> Steps[Deflated]:
    """Deflate the beginning of pages, with a pause after each piece."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW)
    found = []
    for at in range(0, len(page), _CHUNK):
        found.append(compressor.compress(page[at : at + _CHUNK]))
        yield
    found.append(compressor.flush(zlib.Z_FULL_FLUSH))
    return Deflated(b"".join(found), zlib.crc32(page), len(page))


def gzipped(beginning: Deflated, rest: bytes) -> bytes:
    """Return a whole page as gzip."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW)
    tail = compressor.compress(rest) + compressor.flush()
    size = (beginning.size + len(rest)) & 0xFFFFFFFF
    end = struct.pack("<II", zlib.crc32(rest, beginning.crc), size)
    return b"".join((_HEAD, beginning.data, tail, end))


def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether a reader takes gzip: named, or any, and not with ``q=0``."""
    wanted: dict[str, bool] = {}
    for choice in accept_encoding.lower().split(","):
        name, *parameters = (part.strip() for part in choice.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        wanted[name] = weight.strip("0.") != ""
    return wanted.get("gzip", wanted.get("*", False))
