"""Sealed bytes: what went in comes out, or nothing does."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.sealing import seal, unseal


@given(st.binary(max_size=2_000))
def test_what_was_sealed_comes_out_again(data: bytes) -> None:
    """Any bytes, none included."""
    assert unseal(seal(3, data)) == data


def test_sealed_bytes_begin_with_their_version() -> None:
    """It is looked at before anything else."""
    assert seal(3, b"state")[0] == 3


@pytest.mark.parametrize("version", [1, 2])
def test_what_the_first_versions_sealed_is_read(version: int) -> None:
    """They had the version and zlib."""
    assert unseal(bytes([version]) + zlib.compress(b"state", 1)) == b"state"


def test_no_garbled_bit_behind_the_version_is_read() -> None:
    """Checksum, length and frame."""
    sealed = seal(3, b"state of a shard" * 4)
    for at in range(1, len(sealed)):
        for bit in range(8):
            garbled = bytearray(sealed)
            garbled[at] ^= 1 << bit
            with pytest.raises(ValueError, match="checksum"):
                unseal(bytes(garbled))


def test_no_cut_piece_is_read() -> None:
    """Nothing is guessed of what is missing."""
    sealed = seal(3, b"state of a shard" * 4)
    for end in range(1, len(sealed)):
        with pytest.raises(ValueError, match=r"checksum|cut off"):
            unseal(sealed[:end])


@pytest.mark.parametrize("length", [0, 4, 6])
def test_another_length_than_the_frame_has_is_refused(length: int) -> None:
    """With the right checksum over both: somebody wrote it like that."""
    frame = seal(3, b"state")[9:]
    rest = length.to_bytes(4) + frame
    with pytest.raises(ValueError, match=r".+"):
        unseal(b"\x03" + zlib.crc32(rest).to_bytes(4) + rest)
