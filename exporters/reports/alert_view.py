"""Words the alerts of a report: what fired, for how long, who took it, what was noted."""

from __future__ import annotations

from exporters.reports.document import Item, Section, Tone
from exporters.reports.numbers import clock, decimal, lasted, short_day
from exporters.reports.report import AlertLine, AlertNote, Report
from exporters.reports.wording import WORDS, plain

LONGEST_NOTE = 200


def alert_section(report: Report) -> Section | None:
    """Return the section; None where no alerts are made at all."""
    alerts, words = report.alerts, WORDS[report.language]
    if alerts is None:
        return None
    if not alerts.lines:
        return Section(title=words["alerts"], notes=(words["no_alerts"],))
    told = [words["fired"].format(decimal(alerts.fired, 0, report.language))]
    for name, mean_ms in (("mtta", alerts.mtta_ms), ("mttr", alerts.mttr_ms)):
        if mean_ms is not None:
            told.append(words[name].format(lasted(mean_ms, report.language)))
    notes = [", ".join(told) + "."]
    if alerts.left_out:
        notes.append(words["more_alerts"].format(decimal(alerts.left_out, 0, report.language)))
    items = tuple(_item(report, line) for line in alerts.lines)
    return Section(title=words["alerts"], items=items, notes=tuple(notes))


def _item(report: Report, line: AlertLine) -> Item:
    words, language = WORDS[report.language], report.language
    told = [words.get(line.severity, line.severity)]
    if line.ended_ms is None:
        told.append(words["still"])
    else:
        told.append(words["lasted"].format(lasted(line.ended_ms - line.fired_ms, language)))
    if line.taken_ms is None:
        told.append(words["not_taken"])
    else:
        after = lasted(max(0, line.taken_ms - line.fired_ms), language)
        if line.taken_by:
            told.append(words["taken_by"].format(plain(line.taken_by), after))
        else:
            told.append(words["taken"].format(after))
    if line.worst:
        told.append(words["worst_value"].format(line.worst))
    tone: Tone = "bad" if line.severity == "critical" else ""
    where = f" – {plain(line.where)}" if line.where else ""
    title = f"{_at(report, line.fired_ms)} {plain(line.name, 80)}{where}"
    return Item(title, tone, (", ".join(told), *(_note(report, one) for one in line.notes)))


def _note(report: Report, note: AlertNote) -> str:
    words = WORDS[report.language]
    who = plain(note.by) if note.by else words["somebody"]
    why = f"{words['colon']}{plain(note.why, LONGEST_NOTE)}" if note.why else ""
    return f"{_at(report, note.at_ms)} {who} {words.get(note.what, note.what)}{why}"


def _at(report: Report, ms: int) -> str:
    text = clock(ms, report.zone, report.language)
    is_inside = report.start_ms <= ms < report.end_ms
    if report.period == "weekly" or not is_inside:
        return f"{short_day(ms, report.zone, report.language)} {text}"
    return text
