"""Which columns a Grafana table has: of the answers, then after its transformations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]


def columns(answers: Mapping[str, Rows]) -> list[str]:
    """The columns of instant answers in the format table, by query: time, labels, value."""
    labels: dict[str, None] = {}
    for rows in answers.values():
        for row in rows:
            labels.update(dict.fromkeys(row["metric"]))
    several = len(answers) > 1
    values = [f"Value #{ref_id}" if several else "Value" for ref_id in answers]
    return ["Time", *labels, *values]


def shown_columns(
    transformations: Iterable[Mapping[str, Any]], found: list[str], answers: Mapping[str, Rows]
) -> tuple[list[str], list[str]]:
    """The columns in the end, and what the transformations name that is not there."""
    missing: list[str] = []
    for step in transformations:
        options = step["options"]
        if step["id"] == "groupingToMatrix":
            row, column = options["rowField"], options["columnField"]
            missing += [name for name in (row, column, options["valueField"]) if name not in found]
            across = {
                entry["metric"].get(column, "") for rows in answers.values() for entry in rows
            }
            found = [f"{row}\\{column}", *sorted(across)]
        elif step["id"] == "organize":
            named = [*options["excludeByName"], *options["indexByName"], *options["renameByName"]]
            missing += [name for name in named if name not in found]
            hidden = {name for name, is_out in options["excludeByName"].items() if is_out}
            renamed = options["renameByName"]
            found = [renamed.get(name, name) for name in found if name not in hidden]
        else:
            assert step["id"] == "merge", step["id"]
    return found, missing
