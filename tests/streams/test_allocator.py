"""Large blocks go back to the system when they are freed."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

MIB = 1024 * 1024
SCRIPT = """
import ctypes, resource, sys
from streams.allocator import return_large_blocks
if sys.argv[1] == "set":
    assert return_large_blocks()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()
libc.free(libc.malloc(16 << 20))  # from now on glibc takes such blocks from the heap
before = resident()
block = libc.malloc(12 << 20)
ctypes.memset(block, 1, 12 << 20)
kept = libc.malloc(64)  # lives long, behind the block
ctypes.memset(kept, 1, 64)
libc.free(block)
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the option is one of glibc")
@pytest.mark.parametrize("option", ["set", "not set"])
def test_a_large_block_goes_back_although_a_small_one_came_after_it(option: str) -> None:
    """Without the option it stays: that is why it is set."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, option],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (int(done.stdout) < 6 * MIB) is (option == "set")
