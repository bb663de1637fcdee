"""Bytes compressed for a checkpoint, with their version and a checksum.

Version byte, CRC-32 of the rest, length of the data, one Zstandard frame. Up to version 2 it was
the version byte and zlib, which takes three times as long and comes out larger
(docs/decisions/0012-what-checkpoints-cost.md).
"""

from __future__ import annotations

import zlib

import cramjam

_ZLIB_UP_TO = 2
_LEVEL = 1
_LENGTH_AT = 5
_FRAME_AT = 9


def seal(version: int, data: bytes) -> bytes:
    """Return what :func:`unseal` reads; versions from 3 on are written."""
    frame = cramjam.zstd.compress(data, _LEVEL)
    length = len(data).to_bytes(4)
    check = zlib.crc32(frame, zlib.crc32(length))
    return b"".join((bytes((version,)), check.to_bytes(4), length, frame))


def unseal(sealed: bytes) -> bytes | bytearray:
    """Return the data of sealed bytes. Raises ValueError when they are damaged."""
    try:
        if sealed[0] <= _ZLIB_UP_TO:
            return zlib.decompress(sealed[1:])
        if len(sealed) < _FRAME_AT:
            raise ValueError("it is cut off")
        checked = memoryview(sealed)[_LENGTH_AT:]
        if zlib.crc32(checked) != int.from_bytes(sealed[1:_LENGTH_AT]):
            raise ValueError("the checksum differs")
        # Into a place of the right size: one that grows takes twice as much for a moment.
        data = bytearray(int.from_bytes(sealed[_LENGTH_AT:_FRAME_AT]))
        if cramjam.zstd.decompress_into(sealed[_FRAME_AT:], data) != len(data):
            raise ValueError("the length differs")
    except (zlib.error, cramjam.DecompressionError) as error:
        raise ValueError(str(error)) from error
    return data
