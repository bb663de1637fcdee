"""What a worker shows, held against the oracle: its metrics and its board."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from tests.bench.web import get_text
from tests.faults.oracle import Expected, Oracle
from tests.faults.product_state import TOTALS
from tests.faults.verdict import SHOWN, Verdict, Word, differences
from tests.faults.worker import Worker, samples_of

SETTLED_S = 10.0
SHORT_MS = 10_000
DIGITS = 6
EVENTS = ("read", "applied", "ignored", "duplicate", "late")


def judge_view(worker: Worker, oracle: Oracle) -> Verdict:
    """Compare the counters on ``/metrics`` and the board over everything with the oracle."""
    page = settled_page(worker, oracle)
    board = worker.board()
    verdict = _judged(page, board, oracle)
    if verdict.word is not Word.EQUAL:
        # It may have been made for who asked before, of what was folded by then.
        verdict = _judged(page, newer_than(board, worker), oracle)
    return verdict


def newer_than(board: dict[str, Any], worker: Worker) -> dict[str, Any]:
    """The next board; the same one if there is none for long."""
    deadline_s = time.monotonic() + SETTLED_S
    while (found := worker.board())["as_of_ms"] == board["as_of_ms"]:
        if time.monotonic() > deadline_s:
            break
        time.sleep(0.2)
    return found


def _judged(page: str, board: dict[str, Any], oracle: Oracle) -> Verdict:
    expected = oracle.at(board["as_of_ms"])
    off = differences("counter", counters_expected(expected), counters_shown(page, expected))
    off += differences("first outcomes", *firsts(page, expected))
    rows = board["windows"]["whole"]["pairs"]
    shown = {
        (row["queue"], row["channel"], *name): value
        for row in rows
        for name, value in flat(row["kpis"]).items()
    }
    wanted = kpis_expected(expected)
    texts = [text for _, text in off]
    for at, value in wanted.items():
        if shown.get(at) != value:
            texts.append(f"board {at}: expected {value}, found {shown.get(at)}")
    if texts:
        return Verdict(Word.VIEW_DIFFERS, [f"{len(texts)} differences", *texts[:SHOWN]])
    return Verdict(Word.EQUAL)


def settled_page(worker: Worker, oracle: Oracle) -> str:
    """The metrics, once they show the last checkpoint: a board lasts up to a few seconds."""
    expected = oracle.at(0)
    deadline_s = time.monotonic() + SETTLED_S
    while True:
        page = get_text(f"{worker.url}/metrics", timeout_s=10)
        wanted, shown = firsts(page, expected)
        if wanted == shown or time.monotonic() > deadline_s:
            return page
        time.sleep(0.2)


def flat(kpis: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    """KPIs by id and label."""
    found: dict[tuple[str, ...], Any] = {}
    for name, value in kpis.items():
        if isinstance(value, dict):
            found.update({(name, label): inner for label, inner in value.items()})
        else:
            found[(name,)] = value
    return found


def counters_expected(expected: Expected) -> dict[Any, int]:
    """What the counters of events must say, by partition."""
    wanted: dict[Any, int] = {}
    for (topic, partition), tally in expected.tallies.items():
        for name in EVENTS:
            wanted[topic, partition, name] = getattr(tally, name)
        for reason, n in tally.reasons.items():
            wanted[topic, partition, "dead", reason] = n
    return wanted


def counters_shown(page: str, expected: Expected) -> dict[Any, int]:
    """What they say; partitions without any record are left out."""
    shown: dict[Any, int] = {}
    for name in EVENTS:
        for labels, value in samples_of(page, f"vigie_events_{name}_total"):
            shown[labels["topic"], int(labels["partition"]), name] = int(value)
    for labels, value in samples_of(page, "vigie_events_dead_lettered_total"):
        if value:
            place = labels["topic"], int(labels["partition"])
            shown[*place, "dead", labels["reason"]] = int(value)
    return {at: n for at, n in shown.items() if at[:2] in expected.tallies or n}


def firsts(page: str, expected: Expected) -> tuple[dict[Any, int], dict[Any, int]]:
    """What the counters of outcomes must say and what they say, sums in ms.

    Where the page has left queues out, as it says itself, only those are compared that it has.
    """
    shown: dict[Any, int] = {}
    for name in TOTALS:
        for labels, value in samples_of(page, f"vigie_contacts_{name}_total"):
            shown[labels["queue"], labels["channel"], name] = int(value)
    for labels, value in samples_of(page, "vigie_contact_wait_seconds_sum"):
        at = labels["queue"], labels["channel"], f"{labels['outcome']}_wait_ms"
        shown[at] = round(value * 1000)
    for labels, value in samples_of(page, "vigie_contact_handle_seconds_sum"):
        shown[labels["queue"], labels["channel"], "handle_ms"] = round(value * 1000)
    for labels, value in samples_of(page, "vigie_contact_handle_seconds_count"):
        shown[labels["queue"], labels["channel"], "handled"] = int(value)
    dropped = samples_of(page, "vigie_label_values_dropped_total")
    is_whole = not any(n for labels, n in dropped if labels["label"] == "queue")
    wanted = {
        at: n
        for at, n in expected.counters.items()
        if at[2] != "flow_out" and (is_whole or at in shown)  # which has no series of its own
    }
    return wanted, {at: n for at, n in shown.items() if n}


def kpis_expected(expected: Expected) -> dict[Any, Any]:
    """What the board must say of each queue and channel."""
    by_pair: dict[tuple[str, str], Counter[Any]] = {}
    for (_, queue, channel, name), amount in expected.facts.items():
        if queue:
            by_pair.setdefault((queue, channel), Counter())[name] += amount
    wanted: dict[Any, Any] = {}
    for pair, facts in by_pair.items():
        for name, value in _of_pair(facts).items():
            wanted[*pair, *name] = value
        for what in ("waiting", "in_progress"):
            wanted[*pair, f"contacts_{what}"] = expected.open[*pair, what]
    return wanted


def _of_pair(facts: Counter[Any]) -> dict[tuple[str, ...], Any]:
    answered = _waits(facts, "answered")
    abandoned = _waits(facts, "abandoned")
    flow_outs = {name: n for name, n in facts.items() if name[0] == "flow_out"}
    handled = facts[("handled",)]
    handle_ms = sum(facts[(part,)] for part in ("talk_ms", "hold_ms", "acw_ms"))
    left = sorted(answered.elements())
    found: dict[tuple[str, ...], Any] = {
        ("contacts_entered",): facts[("entered",)],
        ("contacts_answered",): answered.total(),
        ("contacts_abandoned",): abandoned.total(),
        ("contacts_short_abandoned",): sum(n for ms, n in abandoned.items() if ms < SHORT_MS),
        ("contacts_offered",): answered.total() + abandoned.total() + sum(flow_outs.values()),
        ("contacts_callback_requested",): _waits(facts, "callback").total(),
        ("contacts_lost",): facts[("lost",)],
        ("contacts_handled",): handled,
        ("contacts_transferred",): sum(n for name, n in facts.items() if name[0] == "transferred"),
        ("transfers_in_count",): facts[("transferred_in",)],
        ("asa_seconds", "queue"): _mean_s(sum(ms * n for ms, n in answered.items()), len(left)),
        ("aht_seconds",): _mean_s(handle_ms, handled),
    }
    for q in (0.5, 0.9, 0.95, 0.99):
        at = -(-int(q * 100) * len(left) // 100)  # nearest rank
        found["wait_quantile_seconds", f"{q:g}"] = left[at - 1] / 1000 if left else None
    return found


def _waits(facts: Counter[Any], how: str) -> Counter[int]:
    return Counter({name[-1]: n for name, n in facts.items() if name[0] == how})


def _mean_s(sum_ms: int, n: int) -> float | None:
    return round(sum_ms / n / 1000, DIGITS) if n else None
