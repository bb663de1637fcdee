"""The picture of the latency benchmark: how many marked events had arrived after what time."""

from __future__ import annotations

import io
import math
from typing import Any

from benchmarks.latency_measures import COMPILED, WAYS, Latencies, RateRow, Series, Way

_COLOURS = ("#2f6f9f", "#d98c1f", "#d1495b", "#5b8c5a", "#7a5195")
_TEXT, _GRID = "#1c2229", "#d5dbe1"


def latency_plot(found: Latencies) -> bytes:
    """Return the picture as SVG: the share of the marked events that arrived within a time.

    The same figures give the same bytes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with mpl.rc_context({
        "font.family": "DejaVu Sans", "font.size": 8, "text.color": _TEXT, "axes.edgecolor": _GRID,
        "axes.labelcolor": _TEXT, "xtick.color": _TEXT, "ytick.color": _TEXT,
        "axes.spines.top": False, "axes.spines.right": False,
        "svg.hashsalt": "vigie", "svg.fonttype": "none",
    }):  # fmt: skip
        figure = Figure(figsize=(8.4, 3.1), layout="constrained")
        panels: Any = figure.subplots(1, len(WAYS), sharey=True)
        for axes, way in zip(panels, WAYS, strict=True):
            _panel(axes, way, found.rows)
        panels[0].set_ylabel("arrived")
        figure.legend(
            *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4,
            frameon=False,
        )  # fmt: skip
        figure.savefig(
            out, format="svg", facecolor="white", metadata={"Date": None, "Creator": None}
        )
    return out.getvalue()


def _panel(axes: Any, way: Way, rows: list[RateRow]) -> None:
    longest_ms = way.aim_ms
    rates = sorted({row.wanted_per_s for row in rows})
    for row in rows:
        is_compiled = row.core == COMPILED
        times_ms = arrived_ms(way.series(row))
        longest_ms = max(longest_ms, *times_ms[-1:])
        shares = [part / 100 for part in range(len(times_ms))]
        axes.plot(
            times_ms, shares, color=_COLOURS[rates.index(row.wanted_per_s) % len(_COLOURS)],
            linewidth=1.3, linestyle=":" if is_compiled else "-",
            label=f"{row.wanted_per_s:,.0f} events/s{', compiled' if is_compiled else ''}",
        )  # fmt: skip
    axes.axvline(way.aim_ms, color=_TEXT, linewidth=1, linestyle="--", label="aim for 99 %")
    axes.set_title(way.name, fontsize=8)
    axes.set_xlabel("ms")
    axes.set_xlim(0, longest_ms * 1.05)
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.grid(color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def arrived_ms(series: Series) -> list[float]:
    """Return when the first and then each hundredth had arrived, as far as they did."""
    found = [series.quantile_ms(part / 100) for part in range(101)]
    return [ms for ms in found if not math.isinf(ms)]
