"""The section of docs/performance.md on the core as machine code."""

from __future__ import annotations

from benchmarks.measures import Throughput, median
from benchmarks.tables import profile_table, rounds_table

_SECTION = """
## The core as machine code

`vigie compile` makes extension modules of the core (fold, slices, KPIs) with mypyc, for the Python
that it runs in; without it the same sources run as Python. The numbers are the same to the byte
(`tests/compiled`). The rounds of above, each with a third turn:

{rounds}

The compiled core folds **{gain:.2f}** times as many events per CPU second ({low:.2f} to {high:.2f}
by round). Against the aims: {per_s:,.0f} events per second of wall clock ({verdict_rate}),
{per_cpu_s:,.0f} per second of CPU ({verdict_cpu}), {ratio:.2f} of the bare loop ({verdict_ratio}).

{profile}

Compiled code has no frames to be sampled: the fold of contacts and the sweep are counted under
*fold: admission, offsets, lag* here. What is left as Python: msgspec's structs, Faust and its
consumer thread, checking, and what a board makes of its sums, which is dictionaries in both.
"""


def compiled_core(figures: Throughput, *, aim_per_s: float, aim_ratio: float) -> str:
    """Return the section; nothing where the compiled core was not measured."""
    runs, profile = figures.compiled, figures.compiled_profile
    if not runs:
        return ""
    pairs = zip(figures.worker, runs, strict=True)
    gains = sorted(b.per_cpu_s / a.per_cpu_s for a, b in pairs)
    per_s = median([run.per_s for run in runs])
    per_cpu_s = median([run.per_cpu_s for run in runs])
    ratio = median(figures.ratios(runs))
    return _SECTION.format(
        rounds=rounds_table(figures, runs),
        gain=median(gains),
        low=gains[0],
        high=gains[-1],
        per_s=per_s,
        verdict_rate=_verdict(per_s >= aim_per_s),
        per_cpu_s=per_cpu_s,
        verdict_cpu=_verdict(per_cpu_s >= aim_per_s),
        ratio=ratio,
        verdict_ratio=_verdict(ratio >= aim_ratio),
        profile=profile_table(profile) if profile else "No profile was taken.",
    )


def _verdict(is_kept: bool) -> str:
    return "kept" if is_kept else "**not kept**"
