"""How the C library keeps the memory of large blocks that were freed."""

from __future__ import annotations

import ctypes
import sys

_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 512 * 1024


def return_large_blocks() -> bool:
    """Let large blocks go back to the system when they are freed; False where that cannot be set.

    After the first one of some megabytes was freed, glibc takes those of its size from the heap,
    where small ones that live long settle between them: reading checkpoints back then costs 50 MiB
    that nobody uses. It concerns the whole process, so the front door decides.
    """
    if sys.platform != "linux":
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    return set_option is not None and set_option(_M_MMAP_THRESHOLD, _LARGE_BYTES) == 1
