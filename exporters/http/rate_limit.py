"""How often somebody may ask: token buckets, and longer and longer waits after wrong passwords.

Nothing here knows a clock: every call is told the time in seconds, on any clock that only grows.
"""

from __future__ import annotations

from collections import OrderedDict

from msgspec import Struct

MOST_CLIENTS = 10_000
FREE_FAILURES = 5
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
FORGOTTEN_AFTER_S = 900.0


class RateLimit(Struct, frozen=True):
    """``burst`` requests at once, then one every ``interval_s``. An interval of 0: no limit."""

    interval_s: float
    burst: int


class Bucket(Struct):
    """What one client has left, as the time at which its bucket would be full again."""

    full_at_s: float = float("-inf")

    def take(self, limit: RateLimit, now_s: float) -> float:
        """Take one request; return 0, or the seconds to wait when there is none left."""
        began_s = max(self.full_at_s, now_s)
        wait_s = began_s + limit.interval_s - now_s - limit.burst * limit.interval_s
        # Sums of many intervals are off by less than this; nobody waits for a rounding error.
        if wait_s > 1e-9 * max(1.0, abs(now_s)):
            return wait_s
        self.full_at_s = began_s + limit.interval_s
        return 0.0


class Buckets:
    """A bucket for each client, those seen last; the oldest are forgotten, which fills them."""

    def __init__(self, most: int = MOST_CLIENTS) -> None:
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, client: str, limit: RateLimit | None, now_s: float) -> float:
        """Take one request of a client; return 0, or the seconds that it has to wait."""
        if limit is None or limit.interval_s <= 0:
            return 0.0
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = Bucket()
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(client)
        return bucket.take(limit, now_s)


class _Failed(Struct):
    count: int
    last_s: float
    until_s: float


class Failures:
    """Wrong passwords by address: five are free, then each doubles the wait, up to 5 minutes."""

    def __init__(self, most: int = MOST_CLIENTS) -> None:
        self._most = most
        self._failed: OrderedDict[str, _Failed] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failed)

    def wait_s(self, address: str, now_s: float) -> float:
        """Return how long an address has to wait before its next try; 0 when it need not."""
        failed = self._failed.get(address)
        return 0.0 if failed is None else max(0.0, failed.until_s - now_s)

    def add(self, address: str, now_s: float) -> None:
        """Count a failure. After a quarter of an hour without any, counting begins anew."""
        failed = self._failed.pop(address, None)
        if failed is None or now_s - failed.last_s > FORGOTTEN_AFTER_S:
            failed = _Failed(0, now_s, now_s)
        failed.count += 1
        failed.last_s = now_s
        if failed.count >= FREE_FAILURES:
            doublings = min(failed.count - FREE_FAILURES, 32)
            failed.until_s = now_s + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**doublings)
        self._failed[address] = failed
        if len(self._failed) > self._most:
            self._failed.popitem(last=False)

    def forget(self, address: str) -> None:
        """Forget the failures of an address from which somebody logged in."""
        self._failed.pop(address, None)
