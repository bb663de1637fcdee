"""The attached table (CSV): every number of the report, one a line.

UTF-8 with a byte order mark, so that spreadsheets read accents. English: commas between columns
and decimal points; French: semicolons and decimal commas, as spreadsheets there expect. Text that
a spreadsheet would take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from aggregators.kpis.catalogue import CATALOGUE
from exporters.reports.numbers import iso
from exporters.reports.report import Figure, IntervalFigures, Report, RowFigures
from exporters.reports.wording import plain

COLUMNS = (
    "part", "queue", "channel", "row", "from", "to", "figure", "labels", "unit", "value",
    "target", "sample", "state", "baseline", "low", "high", "week_before",
)  # fmt: skip
_STARTS = ("=", "+", "-", "@", "\t", "\r")

_Line = dict[str, str | float | None]


def table_of(report: Report) -> bytes:
    """Return the file."""
    is_french = report.language == "fr"
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";" if is_french else ",", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in _lines(report):
        writer.writerow([_cell(line.get(name), is_french=is_french) for name in COLUMNS])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def defused(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS) or text[:1] in _STARTS else text


def _cell(value: str | float | None, *, is_french: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return defused(plain(value, 500))
    text = str(value) if isinstance(value, int) else f"{value:.6f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if is_french else text


def _lines(report: Report) -> Iterator[_Line]:
    stretch: _Line = {
        "from": iso(report.start_ms, report.zone), "to": iso(report.end_ms, report.zone),
    }  # fmt: skip
    for one in report.lead:
        yield {"part": "lead", **stretch, **_figure(one)}
    yield from _row("total", stretch, report.total, report.variant)
    for row in report.queues:
        yield from _row("queue", stretch, row, report.variant)
    for row in report.channels:
        yield from _row("channel", stretch, row, report.variant)
    for name, figures in report.groups.items():
        for one in figures:
            yield {"part": name, **stretch, **_figure(one)}
    for part, intervals in (("course", report.course), ("worst", report.worst)):
        for interval in intervals:
            yield from _interval(part, report, interval)
    if report.expressions is not None:
        for expression in report.expressions.listed:
            yield {
                "part": "expressions", **stretch, "row": expression.text, "figure": "searches",
                "unit": "count", "value": expression.count,
            }  # fmt: skip
            if expression.change is not None:
                yield {
                    "part": "expressions", **stretch, "row": expression.text, "figure": "change",
                    "unit": "count", "value": expression.change,
                }  # fmt: skip
    yield from _alerts(report)


def _figure(one: Figure) -> _Line:
    found: _Line = {
        "row": f"{one.row[0]}={one.row[1]}" if one.row else "",
        "figure": one.kpi,
        "labels": ".".join(one.labels),
        "unit": CATALOGUE[one.kpi].unit,
        "value": one.value,
        "target": one.target,
        "sample": one.sample,
        "state": "provisional" if one.is_provisional else "",
        "week_before": one.last_week,
    }
    if one.trend is not None:
        found |= {"baseline": one.trend.baseline, "low": one.trend.low, "high": one.trend.high}
    return found


def _row(part: str, stretch: _Line, row: RowFigures, variant: str) -> Iterator[_Line]:
    head: _Line = {"part": part, "queue": row.queue, "channel": row.channel, **stretch}
    for figure, labels, unit, value in (
        ("contacts_offered", "", "count", row.offered),
        ("contacts_answered", "", "count", row.answered),
        ("contacts_abandoned", "", "count", row.abandoned),
        ("service_level", variant, "ratio", row.service_level),
        ("asa_seconds", "queue", "seconds", row.asa_s),
        ("wait_max_seconds", "", "seconds", row.longest_s),
        ("aht_seconds", "", "seconds", row.aht_s),
    ):
        line: _Line = {"figure": figure, "labels": labels, "unit": unit, "value": value}
        if figure == "service_level":
            line |= {"target": row.target, "sample": row.offered}
        yield {**head, **line}


def _interval(part: str, report: Report, one: IntervalFigures) -> Iterator[_Line]:
    head: _Line = {
        "part": part, "queue": one.queue, "channel": one.channel,
        "from": iso(one.start_ms, report.zone), "to": iso(one.end_ms, report.zone),
    }  # fmt: skip
    for figure, unit, value in (
        ("contacts_offered", "count", one.offered),
        ("contacts_answered", "count", one.answered),
        ("contacts_abandoned", "count", one.abandoned),
        ("not_in_time", "count", one.missed),
        ("service_level", "ratio", one.service_level),
        ("wait_max_seconds", "seconds", one.longest_s),
    ):
        yield {**head, "figure": figure, "unit": unit, "value": value}


def _alerts(report: Report) -> Iterator[_Line]:
    for line in () if report.alerts is None else report.alerts.lines:
        head: _Line = {
            "part": "alerts", "queue": line.queue, "channel": line.channel, "row": line.name,
            "from": iso(line.fired_ms, report.zone), "state": line.severity,
            "to": "" if line.ended_ms is None else iso(line.ended_ms, report.zone),
        }  # fmt: skip
        for figure, at_ms in (("lasted", line.ended_ms), ("taken_after", line.taken_ms)):
            value = None if at_ms is None else (at_ms - line.fired_ms) / 1000
            yield {**head, "figure": figure, "unit": "seconds", "value": value}
