"""The pictures of the growth benchmark: a row of panels, sizes from left to right."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

_COLOURS = ("#2f6f9f", "#d98c1f", "#d1495b", "#5b8c5a")
_TEXT, _GRID = "#1c2229", "#d5dbe1"


class Line(NamedTuple):
    """Values by size, and what they are."""

    label: str
    sizes: Sequence[float]
    values: Sequence[float]


class Panel(NamedTuple):
    """Lines over sizes. With ``is_log`` values are drawn on a logarithmic scale too."""

    title: str
    across: str
    lines: Sequence[Line]
    is_log: bool = False


def plot(panels: Sequence[Panel]) -> bytes:
    """Return the picture as SVG; the same figures give the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with mpl.rc_context({
        "font.family": "DejaVu Sans", "font.size": 8, "text.color": _TEXT, "axes.edgecolor": _GRID,
        "axes.labelcolor": _TEXT, "xtick.color": _TEXT, "ytick.color": _TEXT,
        "axes.spines.top": False, "axes.spines.right": False,
        "svg.hashsalt": "vigie", "svg.fonttype": "none",
    }):  # fmt: skip
        figure = Figure(figsize=(2.8 * len(panels), 2.7), layout="constrained")
        every: Any = figure.subplots(1, len(panels), squeeze=False)
        for axes, panel in zip(every[0], panels, strict=True):
            _draw(axes, panel)
        figure.savefig(
            out, format="svg", facecolor="white", metadata={"Date": None, "Creator": None}
        )
    return out.getvalue()


def _draw(axes: Any, panel: Panel) -> None:
    axes.set_xscale("log")
    if panel.is_log:
        axes.set_yscale("log")
    for line, colour in zip(panel.lines, _COLOURS, strict=False):
        axes.plot(
            line.sizes, line.values, color=colour, linewidth=1.3, marker="o", markersize=3,
            label=line.label,
        )  # fmt: skip
    if not panel.is_log:
        axes.set_ylim(0, 1.15 * max(value for line in panel.lines for value in line.values))
    sizes = _apart(sorted({size for line in panel.lines for size in line.sizes}))
    axes.set_xticks(sizes, [_short(size) for size in sizes], fontsize=7)
    axes.minorticks_off()
    axes.set_title(panel.title, fontsize=8)
    axes.set_xlabel(panel.across)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.grid(color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    if len(panel.lines) > 1:
        axes.legend(frameon=False, fontsize=7)


def _apart(sizes: Sequence[float]) -> list[float]:
    """Return those whose names do not run into each other; the last one always."""
    least = (sizes[-1] / sizes[0]) ** 0.11
    kept = [sizes[-1]]
    for size in reversed(sizes[:-1]):
        if kept[-1] / size >= least:
            kept.append(size)
    return kept[::-1]


def _short(size: float) -> str:
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if size >= unit:
            return f"{size / unit:g}{name}"
    return f"{size:g}"
