"""Memory and checkpoint times of a shard that knows 30 days of 50,000 customers a day.

``python -m benchmarks.customers [--days N] [--per-day N] [--json FILE]`` fills one shard with a
million and a half customers, every fifth of whom comes back once, and prints its resident memory,
and how long a full checkpoint and a restore take.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from hashlib import blake2b
from pathlib import Path

from aggregators import events as ev
from aggregators.policy import DAY_MS, Rules
from aggregators.shard import Shard
from benchmarks import machine
from benchmarks.measures import Customers
from benchmarks.stage import finish, keep

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


def measure(days: int, per_day: int) -> Customers:
    """Fill a shard, write it, read it, and return what that costs."""
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
    return Customers(
        machine=machine.describe(),
        taken_at=machine.today(),
        customers=len(again.dossiers.pages),
        contacts=contacts,
        days=days,
        fold_us=fold_s / contacts * 1e6,
        resident_mib=full_mib,
        checkpoint_mib=size / MIB,
        checkpoint_s=encode_s,
        restore_s=restore_s,
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.customers", description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--per-day", type=int, default=PER_DAY)
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    if given.days < 1 or given.per_day < 1:
        parser.error("--days and --per-day must be at least 1")
    found = measure(given.days, given.per_day)
    print(f"customers            {found.customers}")
    print(f"contacts             {found.contacts}")
    print(f"fold                 {found.fold_us:.1f} us a contact")
    print(f"resident memory      {found.resident_mib} MiB")
    print(f"whole checkpoint     {found.checkpoint_mib:.0f} MiB in {found.checkpoint_s:.1f} s")
    print(f"restore              {found.restore_s:.1f} s")
    keep(found, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
