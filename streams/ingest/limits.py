"""What keeps the receiver within its means: how often, how many at a time, how much memory.

Nothing here knows a clock: every call is told the time in seconds, on any clock that only grows.
"""

from __future__ import annotations


class Rate:
    """A token bucket: ``burst`` requests at once, then ``per_s`` of them a second."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = float(burst)
        self._at_s = float("-inf")

    def wait_s(self, now_s: float) -> float:
        """Take one request; return 0, or the seconds until there is one more (none is taken)."""
        if now_s > self._at_s:
            if self._left < self._burst:
                grown = self._left + (now_s - self._at_s) * self._per_s
                self._left = min(float(self._burst), grown)
            self._at_s = now_s
        if self._left >= 1.0 - 1e-9:  # sums of many small steps are off by less
            self._left -= 1.0
            return 0.0
        return (1.0 - self._left) / self._per_s


class Room:
    """The requests that are being worked on: so many at a time, with so many bytes in all."""

    def __init__(self, requests: int, size: int) -> None:
        self._most_requests = requests
        self._most_bytes = size
        self.requests = 0
        self.size = 0

    def enter(self, size: int) -> bool:
        """Take room for a request of so many bytes; False where there is none."""
        if self.requests >= self._most_requests or self.size + size > self._most_bytes:
            return False
        self.requests += 1
        self.size += size
        return True

    def leave(self, size: int) -> None:
        """Give back the room of a request that entered with so many bytes."""
        self.requests -= 1
        self.size -= size

    @property
    def is_full(self) -> bool:
        """Whether not even an empty request would find room."""
        return self.requests >= self._most_requests or self.size >= self._most_bytes
