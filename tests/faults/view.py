"""What a worker shows, held against the oracle: its metrics and its board."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.bench.web import get_text
from tests.faults.oracle import Expected, Oracle
from tests.faults.verdict import SHOWN, Verdict, Word, differences
from tests.faults.worker import Worker, samples_of

SHORT_MS = 10_000
DIGITS = 6
EVENTS = ("read", "applied", "ignored", "duplicate", "late")


def judge_view(worker: Worker, oracle: Oracle) -> Verdict:
    """Compare the counters on ``/metrics`` and the board over everything with the oracle."""
    page = get_text(f"{worker.url}/metrics", timeout_s=10)
    board = worker.board()
    expected = oracle.at(board["as_of_ms"])
    off = differences("counter", counters_expected(expected), counters_shown(page, expected))
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
