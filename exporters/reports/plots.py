"""The plots of a report, drawn by a process of its own: ``python -m exporters.reports.plots``.

It reads a report (JSON) and writes the pictures (MessagePack: id -> PNG). To load and to draw takes
a second of Python, which the process that folds events must not spend.
"""

from __future__ import annotations

import io
import sys
from typing import Any

import msgspec

from exporters.reports.numbers import clock, decimal, percent, short_day
from exporters.reports.report import IntervalFigures, Report
from exporters.reports.view import LEVEL, VOLUME
from exporters.reports.wording import WORDS

WIDTH_IN, HEIGHT_IN, DPI = 5.92, 2.2, 200
_ANSWERED, _ABANDONED, _TARGET, _TEXT, _GRID = "#2f6f9f", "#d1495b", "#1c2229", "#1c2229", "#d5dbe1"
_FEW = "#a9b8c6"
_MOST_TICKS = 9


def plots_of(report: Report) -> dict[str, bytes]:
    """Return the plots as PNG by their ids; none where nothing came."""
    if not any(one.offered for one in report.course):
        return {}
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({
        "font.family": "DejaVu Sans", "font.size": 8, "text.color": _TEXT, "axes.edgecolor": _GRID,
        "axes.labelcolor": _TEXT, "xtick.color": _TEXT, "ytick.color": _TEXT,
        "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "vigie",
    })  # fmt: skip
    shown = _trimmed(report.course) if report.period == "daily" else list(report.course)
    found = {VOLUME: _drawn(_volume, report, shown)}
    if any(one.service_level is not None for one in shown):
        found[LEVEL] = _drawn(_level, report, shown)
    return found


def _trimmed(course: tuple[IntervalFigures, ...]) -> list[IntervalFigures]:
    """Leave out the night before the first contact and after the last."""
    busy = [number for number, one in enumerate(course) if one.offered]
    return list(course[max(0, busy[0] - 1) : busy[-1] + 2])


def _drawn(draw: Any, report: Report, shown: list[IntervalFigures]) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    draw(axes, report, shown)
    step = max(1, -(-len(shown) // _MOST_TICKS))
    places = [
        number for number in range(len(shown)) if (number + _offset(report, shown)) % step == 0
    ]
    axes.set_xticks(places, [_name(report, shown[number]) for number in places])
    axes.tick_params(length=0)
    axes.grid(axis="y", color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlim(-0.7, len(shown) - 0.3)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor="white", metadata={"Software": None})
    return out.getvalue()


def _offset(report: Report, shown: list[IntervalFigures]) -> int:
    """Have the marks at whole hours."""
    if report.period == "weekly":
        return 0
    step = max(1, -(-len(shown) // _MOST_TICKS))
    first = clock(shown[0].start_ms, report.zone, "en")
    minutes = int(first[:2]) * 60 + int(first[3:])
    return minutes // report.interval_minutes % step


def _name(report: Report, one: IntervalFigures) -> str:
    if report.period == "weekly":
        return short_day(one.start_ms, report.zone, report.language)
    return clock(one.start_ms, report.zone, report.language)


def _volume(axes: Any, report: Report, shown: list[IntervalFigures]) -> None:
    words = WORDS[report.language]
    places = range(len(shown))
    answered = [one.answered or 0 for one in shown]
    abandoned = [one.abandoned or 0 for one in shown]
    axes.bar(places, answered, width=0.82, color=_ANSWERED, label=words["answered"])
    axes.bar(
        places, abandoned, width=0.82, bottom=answered, color=_ABANDONED, hatch="////",
        edgecolor="white", linewidth=0, label=words["abandoned"],
    )  # fmt: skip
    axes.yaxis.set_major_locator(_locator())
    axes.yaxis.set_major_formatter(lambda value, _: decimal(value, 0, report.language))
    _legend(axes, 2)


def _level(axes: Any, report: Report, shown: list[IntervalFigures]) -> None:
    words = WORDS[report.language]
    known = [(place, one) for place, one in enumerate(shown) if one.service_level is not None]
    whole = [(place, one.service_level) for place, one in known if not one.is_small]
    small = [(place, one.service_level) for place, one in known if one.is_small]
    curve = [one.service_level if not one.is_small else float("nan") for one in shown]
    curve = [float("nan") if value is None else value for value in curve]
    axes.plot(range(len(shown)), curve, color=_ANSWERED, linewidth=1.4)
    if whole:
        axes.plot(*zip(*whole, strict=True), "o", color=_ANSWERED, markersize=3.5,
                  label=words["level"])  # fmt: skip
    if small:
        axes.plot(*zip(*small, strict=True), "o", color=_FEW, markersize=3.5, fillstyle="none",
                  label=words["few"])  # fmt: skip
    if report.total.target is not None:
        label = words["target"].format(percent(report.total.target, report.language))
        axes.axhline(report.total.target, color=_TARGET, linewidth=1, linestyle="--", label=label)
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.yaxis.set_major_formatter(
        lambda value, _: percent(value, report.language).replace(".0", "").replace(",0", "")
    )
    _legend(axes, 3)


def _locator() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5, integer=True)


def _legend(axes: Any, columns: int) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, borderaxespad=0.2,
        handlelength=1.4, columnspacing=1.4,
    )  # fmt: skip


def main() -> None:
    """Draw what standard input asks for."""
    report = msgspec.json.decode(sys.stdin.buffer.read(), type=Report)
    sys.stdout.buffer.write(msgspec.msgpack.encode(plots_of(report)))


if __name__ == "__main__":
    main()
