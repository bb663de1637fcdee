"""A rolling restart of three workers, again and again, while events flow and all are scraped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench.process import wait_until
from tests.e2e.scrapes import Checker, Scrape, falls, older_terms, overlaps
from tests.faults.run import Run
from tests.faults.traffic import UNRULY

ROLLS = "rolling restart of 3 workers, {} rounds"
WORKERS = (1, 2, 3)
PATIENCE_S = 60.0


def rolls(run: Run, rounds: int) -> None:
    """Restart each worker once per round; no scrape may be wrong, and in the end no number.

    The workers share a Redis (``more`` of the world).
    """
    traffic = run.traffic(UNRULY)
    run.send(traffic, 3_000)
    for number in WORKERS:
        run.start(number)
    run.flow(traffic, 300)
    checker = Checker([run.world.workers[number].url for number in WORKERS])
    checker.start()
    try:
        for _ in range(rounds):
            for number in run.chance.sample(WORKERS, len(WORKERS)):
                wait_until(checker.is_whole, what="a complete view", timeout_s=PATIENCE_S)
                run.stop(number)
                run.start(number)
                run.idle(run.chance.uniform(0, 2))
        run.stop_flow()
        run.judge()
        wait_until(checker.is_whole, what="a complete view", timeout_s=PATIENCE_S)
    finally:
        scrapes = checker.stop()
    assert list(wrong(scrapes)) == []
    assert sum(scrape.is_complete for scrape in scrapes) > 10 * rounds
    for number in WORKERS[1:]:
        run.stop(number)
    run.judge()


def wrong(scrapes: Sequence[Scrape]) -> Iterator[str]:
    """Counters that fell, KPI series of two workers at once, an older term after a later one."""
    yield from falls(scrapes)
    yield from overlaps(scrapes)
    yield from older_terms(scrapes)
