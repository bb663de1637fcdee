"""What it costs to judge 1,000 alert rules in 500 queues, once a second.

``python -m benchmarks.alert_rules [--rules N] [--queues N] [--looks N] [--json FILE]``

The board is one of real shards, with open contacts in each queue; the measures that the rules
watch then get random values, so that it is known how many pairs of rule and queue breach. One in
ten values is another at each look. Rules are comparisons and groups of them, of all queues and of
patterns, with least samples and hours. Times are of CPU, so that others on the machine matter
little; Python's collector of garbage is in the p95. The first look makes what later ones use
again, as does one with a new queue.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import structs

from aggregators.board import Board, Boards, Rows
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.samples import SAMPLES
from aggregators.kpis.values import KpiValue, KpiValues
from aggregators.policy import MINUTE_MS, Hours, Rules
from aggregators.shard import Shard
from alerts.alert import Key
from alerts.evaluation import Evaluator, Look
from alerts.rules import Active, AllOf, AnyOf, Compare, Condition, Measure, Rule, Scope
from benchmarks import machine
from benchmarks.centre import PARTITIONS, START_MS
from benchmarks.measures import AlertLooks, RuleLooks, median, quantile
from benchmarks.restart import crowd
from benchmarks.stage import finish, keep

AIM_MS = 200.0
RULES = 1_000
QUEUES = 500
LOOKS = 50
MEASURES = 100
CONTACTS_PER_QUEUE = 16
TOP = 10_000
"""Counts are whole numbers below this, all other values such numbers by this."""

NEVER, ALWAYS = 2.0, -1.0
WEEK = Hours(shifts=(((0, 24 * 60),),) * 7)


CASES = (
    ("nothing breaching", 0.0, 0),
    ("1 % breaching", 0.01, 0),
    ("one rule in every queue", 0.0, 1),
)


def main() -> int:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(prog="benchmarks.alert_rules", description=__doc__)
    parser.add_argument("--rules", type=int, default=RULES)
    parser.add_argument("--queues", type=int, default=QUEUES)
    parser.add_argument("--looks", type=int, default=LOOKS)
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    if min(given.rules, given.queues, given.looks) < 1:
        parser.error("--rules, --queues and --looks must be at least 1")
    load = machine.load_per_core()
    board, board_ms = real_board(given.queues)
    measures = some_measures(board)
    cases = []
    for name, share, whole in CASES:
        rules = some_rules(measures, given.rules, share, whole)
        cases.append(measure(board, measures, rules, given.looks, name))
    figures = AlertLooks(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        rules=given.rules,
        queues=given.queues,
        measures=len(measures),
        board_ms=board_ms,
        cases=cases,
    )
    parts = [
        f"{case.name} ({case.breaching:,}) {median(case.looks_ms):.1f} ms,"
        f" p95 {quantile(case.looks_ms, 0.95):.1f}, first {case.first_ms:.0f}"
        for case in cases
    ]
    worst_ms = max(median(case.looks_ms) for case in cases)
    print(
        f"{given.rules:,} rules in {given.queues} queues, {len(measures)} measures: "
        f"{'; '.join(parts)}; the board itself {board_ms:.1f} ms, so at most"
        f" {worst_ms / board_ms:.2f} of it; aim {AIM_MS:.0f} ms"
    )
    keep(figures, given.json)
    return 0


def measure(
    board: Board, measures: list[Measure], rules: list[Rule], looks: int, name: str = ""
) -> RuleLooks:
    """Judge the rules look after look, what breached at one being open at the next."""
    chance = random.Random(1)
    evaluator = Evaluator(rules, Rules())
    open_keys: set[Key] = set()
    times_ms: list[float] = []
    breaching: list[float] = []
    for number, rows in enumerate(moving_rows(board, measures, chance, looks + 1)):
        now_ms = board.as_of_ms + number * 1_000
        shown = structs.replace(board, as_of_ms=now_ms, windows=rows)
        look = Look(now_ms=now_ms, board=shown, health={}, is_current=True, is_complete=True)
        started_s = time.thread_time()
        found = evaluator.look(look, open_keys)
        times_ms.append((time.thread_time() - started_s) * 1_000)
        breaching.append(len(found.breaching))
        open_keys = {*found.breaching, *found.kept}
    return RuleLooks(
        name=name,
        looks_ms=times_ms[1:],
        first_ms=times_ms[0],
        breaching=round(median(breaching)),
    )


def real_board(queues: int) -> tuple[Board, float]:
    """Return a board of shards with contacts in every queue, and the ms that the next one costs."""
    rules = Rules(max_queues=max(queues, 500))
    end_ms = START_MS + 10 * MINUTE_MS
    shards = []
    for partition in range(PARTITIONS):
        shard = Shard("chats", partition, rules)
        for event in crowd(CONTACTS_PER_QUEUE * queues, queues, end_ms, partition):
            shard.apply(event, event.event_time_ms)
        shards.append(shard)
    boards = Boards(rules)
    boards.make(shards, end_ms, rules.windows)
    started_s = time.thread_time()
    made = boards.make(shards, end_ms + 1_000, rules.windows)
    return made, (time.thread_time() - started_s) * 1_000


def some_measures(board: Board) -> list[Measure]:
    """Return measures of every sort, as many as wanted: all that rows have, in some windows."""
    row = next(iter(board.windows["5m"].pairs.values()))
    paths = [(kpi, labels) for kpi, value in row.items() for labels in _leaves(value)]
    windows = {"N": ("",), "R": ("5m", "30m", "today")}
    every = [
        Measure(kpi, labels, window)
        for kpi, labels in paths
        if not kpi.startswith("contacts_offered")  # the sample of others, which must stay
        for window in windows[CATALOGUE[kpi].kind]
    ]
    return random.Random(2).sample(every, min(MEASURES, len(every)))


def _leaves(value: KpiValue) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for label, part in value.items():
            yield from ((label, *rest) for rest in _leaves(part))
    else:
        yield ()


def some_rules(measures: list[Measure], count: int, share: float, whole: int) -> list[Rule]:
    """Return rules of which each breaches in a share of its rows, the first ``whole`` in all."""
    chance = random.Random(3)
    made = []
    for number in range(count):
        first, second = chance.sample(measures, 2)
        condition: Condition = _compare(first, share)
        if number < whole:
            condition = Compare(first, ">", ALWAYS)
        elif number % 5 == 1:
            condition = AllOf((_compare(first, share**0.5), _compare(second, share**0.5)))
        elif number % 5 == 2:
            condition = AnyOf((_compare(first, share / 2), _compare(second, share / 2)))
        is_part = number >= whole and number % 10 == 3
        made.append(
            Rule(
                id=f"rule-{number}",
                english="a rule",
                french="une règle",
                condition=condition,
                scope=Scope(names=(f"queue-{number % 7}*",), without=("*99",))
                if is_part
                else Scope(),
                active=Active(hours=WEEK, of_queue=number % 20 == 4) if number % 4 == 0 else None,
            )
        )
    return made


def _compare(measure: Measure, share: float) -> Compare:
    top = TOP if CATALOGUE[measure.kpi].unit == "count" else 1
    threshold = (1 - share if share else NEVER) * top
    least = 20 if SAMPLES.get(measure.kpi) == "contacts_offered" else 0
    return Compare(measure, ">", threshold, clear=threshold * 0.99, min_sample=least)


def moving_rows(
    board: Board, measures: list[Measure], chance: random.Random, looks: int
) -> Iterator[dict[str, Rows]]:
    """Yield windows in which the measures are random, one in ten anew at each look."""
    pairs: dict[str, dict[tuple[str, str], KpiValues]] = {
        window: {pair: _copy(values) for pair, values in rows.pairs.items()}
        for window, rows in board.windows.items()
    }
    for rows in pairs.values():
        for values in rows.values():
            values["contacts_offered"] = chance.randrange(10, TOP)
    for number in range(looks):
        for measure in measures:
            for window in (measure.window,) if measure.window else board.windows:
                for values in pairs[window].values():
                    if not number or chance.random() < 0.1:
                        _put(values, measure, chance)
        yield {
            window: structs.replace(rows, pairs=pairs[window])
            for window, rows in board.windows.items()
        }


def _copy(values: KpiValues) -> KpiValues:
    return {kpi: _copy(part) if isinstance(part, dict) else part for kpi, part in values.items()}


def _put(values: KpiValues, measure: Measure, chance: random.Random) -> None:
    level, last = values, measure.kpi
    for label in measure.labels:
        part = level.setdefault(last, {})
        if not isinstance(part, dict):  # a row without a value has no labels either
            part = level[last] = {}
        level, last = part, label
    number = chance.randrange(TOP)
    level[last] = number if CATALOGUE[measure.kpi].unit == "count" else number / TOP


if __name__ == "__main__":
    sys.exit(finish(main))
