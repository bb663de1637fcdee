"""The table of `docs/reliability.md`: ``python -m tests.faults.report FILE...``.

Reads the records of fault runs and writes what was run, and nothing else, between the two marks.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from tests.faults.record import SOAK_PARTS, read_records

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults:begin -->", "<!-- faults:end -->"
SEEDS_SHOWN = 6
WIDTH = 100
HEAD = "| fault | runs | kills | events | seeds | result | last run | longest recovery |"


def table(records: Sequence[dict[str, Any]]) -> str:
    """The table and what it proves, as Markdown."""
    by_fault: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_fault.setdefault(record["fault"], []).append(record)
    rows = [HEAD, "|---|--:|--:|--:|---|---|---|--:|"]
    rows += [_row(fault, runs) for fault, runs in by_fault.items()]
    return "\n".join([*rows, "", *_kills(records), "", *_repeats(by_fault)])


def _row(fault: str, runs: Sequence[dict[str, Any]]) -> str:
    words = Counter(run["verdict"] for run in runs)
    result = ", ".join(f"{word} {n}" if len(words) > 1 else word for word, n in words.items())
    longest_s = max(run["longest_recovery_s"] for run in runs)
    return (
        f"| {fault} | {len(runs)} | {sum(len(run['kills']) for run in runs)} "
        f"| {sum(run['events'] for run in runs):,} | {seeds([run['seed'] for run in runs])} "
        f"| {result} | {max(run['started'] for run in runs)[:10]} | {longest_s:.1f} s |"
    )


def seeds(found: Iterable[int]) -> str:
    """Seeds as short as they can be said: neighbours as a range."""
    ordered = sorted(set(found))
    spans: list[list[int]] = []
    for seed in ordered:
        if spans and seed == spans[-1][1] + 1:
            spans[-1][1] = seed
        else:
            spans.append([seed, seed])
    texts = [f"{a}" if a == b else f"{a} to {b}" for a, b in spans]
    more = len(texts) - SEEDS_SHOWN
    return ", ".join(texts[:SEEDS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _kills(records: Sequence[dict[str, Any]]) -> list[str]:
    kills = [kill for record in records for kill in record["kills"]]
    if not kills:
        return []
    phases = Counter(kill["phase"] for kill in kills)
    counted = ", ".join(f"{phase} {n}" for phase, n in phases.most_common())
    said = [fill(f"Kills by the phase that they hit: {counted}.", WIDTH)]
    failed = [r for r in records if r["kills"] and r["verdict"] != "EQUAL"]
    if not failed:
        share = 1 - 0.05 ** (1 / len(kills))
        claim = f"with 95 % confidence a kill spoils a number in less than {share:.1%} of cases"
        said += ["", fill(f"{len(kills)} kills without a wrong number: {claim}.", WIDTH)]
    return said


def _repeats(by_fault: dict[str, list[dict[str, Any]]]) -> list[str]:
    """How each line is repeated; the seed goes where N stands."""
    ways: dict[str, list[str]] = {}
    for fault, runs in by_fault.items():
        how = str(runs[-1].get("how", ""))
        if how.startswith("make"):
            ways.setdefault(_only(how.rpartition("SEED=")[0]) + "SEED=N", []).append(fault)
        elif how:
            ways.setdefault(
                f"make test TESTS={how.partition('::')[0]} ARGS=--fault-seed=N", []
            ).append(fault)
    return [
        "| to repeat | with its seed for N |",
        "|---|---|",
        *(f"| {'; '.join(faults)} | `{way}` |" for way, faults in ways.items()),
    ]


def _only(how: str) -> str:
    """A ``make soak`` that runs the same part still, though others have come since its record."""
    missing = [part for part in SOAK_PARTS if f"{part}=" not in how]
    return how + "".join(f"{part}=0 " for part in missing) if how.startswith("make soak") else how


def write(page: Path, text: str) -> None:
    """Put a text between the marks of a page.

    :raises ValueError: the page has no marks.
    """
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} has no {BEGIN} followed by {END}")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with ``--print`` only show the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="records of fault runs, JSON lines")
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--print", action="store_true", help="write to standard output instead")
    given = parser.parse_args(arguments)
    try:
        text = table(read_records(given.files))
        if given.print:
            print(text)
        else:
            write(given.page, text)
    except (OSError, ValueError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
