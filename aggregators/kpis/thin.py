"""Reads thin cells of the history: the same sums, without single values."""

from __future__ import annotations

from aggregators import facts as f
from aggregators.facts import Cell
from aggregators.history import INSIDE, SHORT, SUM_MS, THIN, N
from aggregators.kpis.sums import Judged, by_settings, count_flow_out
from aggregators.policy import QueuePolicy

_FIELDS = {f.WAIT_ANSWERED: "answered", f.WAIT_ABANDONED: "abandoned"}


def judge_thin(cell: Cell, policy: QueuePolicy) -> Judged:
    """Read the facts of a thin cell, or of a change of one.

    What is within the threshold was judged when the cell got thin, by the settings of then.
    """
    judged = Judged()
    families: dict[int, list[int]] = {}
    for key, n in cell.items():
        if key < THIN:
            if n:
                judged.plain.append((key, n))
        else:
            family, part = divmod(key - THIN, 4)
            families.setdefault(family, [0, 0, 0, 0])[part] += n
    counts = dict.fromkeys(
        ("answered", "answered_in", "abandoned", "abandoned_in", "short", "callbacks",
         "callbacks_in", "flow_out", "flow_out_in", "missed_in"), 0,
    )  # fmt: skip
    for family, parts in families.items():
        n, inside = parts[N], parts[INSIDE]
        if family >= f.MEASURE:
            judged.thinned.append((family, n, parts[SUM_MS]))
        elif family in _FIELDS:
            name = _FIELDS[family]
            counts[name], counts[f"{name}_in"] = n, inside
            judged.thinned.append((name, n, parts[SUM_MS]))
            if family == f.WAIT_ABANDONED:
                counts["short"] = parts[SHORT]
        elif family == f.WAIT_CALLBACK:
            counts["callbacks"], counts["callbacks_in"] = n, inside
        else:
            count_flow_out(judged, counts, family, n, inside)
            judged.thinned.append(("flowed_out", n, parts[SUM_MS]))
    counts["unknown_wait"] = cell.get(f.ANSWERED_UNKNOWN_WAIT, 0)
    by_settings(judged, counts, cell.get(f.TIMER_MISSED, 0), policy)
    return judged
