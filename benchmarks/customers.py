"""Memory and checkpoint times of a shard that knows 30 days of 50,000 customers a day.

``python -m benchmarks.customers`` fills one shard with a million and a half customers, every
fifth of whom comes back once, and prints its resident memory, and how long a full checkpoint and
a restore take.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from hashlib import blake2b
from pathlib import Path

from aggregators import events as ev
from aggregators.policy import DAY_MS, Rules
from aggregators.shard import Shard

DAYS = 30
PER_DAY = 50_000
START_MS = 1_717_372_800_000
MIB = 1024 * 1024
MOTIVES = ("billing", "delivery", "contract", "technical", "moving")


def contact(number: int, customer: int, opened_ms: int) -> ev.CustomerContact:
    """A call as a shard tells it; keys are as long as a hash of 128 bits in hex."""
    ended_ms = opened_ms + 300_000
    return ev.CustomerContact(
        v=1,
        event_id=f"contact/calls/{number:08x}-7c41-4d",
        source="vigie",
        event_time_ms=ended_ms + 30_000,
        revision=56,
        customer_key=blake2b(customer.to_bytes(8), digest_size=16).hexdigest(),
        contact_id=f"{number:08x}-7c41-4d",
        channel="voice",
        queue=f"queue-{number % 20}",
        agent_id=f"agent-{number % 400}",
        motive=MOTIVES[customer % 5],
        opened_ms=opened_ms,
        answered_ms=opened_ms + 20_000,
        ended_ms=ended_ms,
        done_ms=ended_ms + 30_000,
        outcome="handled",
        handled=True,
        resolved=True,
    )


def resident_mib() -> int:
    """Return the resident memory of this process now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def fill(shard: Shard, days: int, per_day: int) -> int:
    """Fold the contacts of some days; return how many there were."""
    number = 0
    for day in range(days):
        for n in range(per_day):
            at_ms = START_MS + day * DAY_MS + n * DAY_MS // per_day
            customer = day * per_day + n
            for who in (customer, customer - 2 * per_day)[: 1 + (n % 5 == 0 and day > 1)]:
                event = contact(number, who, at_ms)
                shard.apply(event, event.event_time_ms)
                number += 1
    return number


def main(days: int = DAYS, per_day: int = PER_DAY) -> None:
    """Fill a shard, write it, read it, and say what that costs."""
    before_mib = resident_mib()
    rules = Rules()
    shard = Shard(ev.CUSTOMERS, 0, rules)
    started_s = time.perf_counter()
    contacts = fill(shard, days, per_day)
    fold_s = time.perf_counter() - started_s
    gc.collect()
    full_mib = resident_mib()
    started_s = time.perf_counter()
    checkpoint = shard.encode()
    encode_s = time.perf_counter() - started_s
    size = len(checkpoint.record) + sum(map(len, checkpoint.rows.values()))
    started_s = time.perf_counter()
    again = Shard.decode(checkpoint.record, checkpoint.rows, rules)
    restore_s = time.perf_counter() - started_s
    customers = len(again.dossiers.pages)
    print(f"customers            {customers}")
    print(f"contacts             {contacts}")
    print(f"fold                 {fold_s / contacts * 1e6:.1f} us a contact")
    print(f"resident memory      {full_mib - before_mib} MiB more, {full_mib} MiB in all")
    print(f"whole checkpoint     {size / MIB:.0f} MiB in {encode_s:.1f} s")
    print(f"restore              {restore_s:.1f} s")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
