"""Words a report: facts in, document out. All numbers are written here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from aggregators.kpis.catalogue import CATALOGUE
from exporters.reports.alert_view import alert_section
from exporters.reports.document import Cell, Column, Document, Picture, Section, Table, Tile, Tone
from exporters.reports.numbers import (
    DASH,
    clock,
    day,
    decimal,
    duration,
    percent,
    short_day,
    span,
    value_text,
)
from exporters.reports.report import Figure, IntervalFigures, Report, RowFigures
from exporters.reports.wording import WORDS, channel_text, kpi_text, plain

VOLUME, LEVEL = "volume", "level"
_MINOR = ("answered", "longest", "aht")


def document(report: Report, min_sample: int = 20) -> Document:
    """Return the report in its language."""
    return _View(report, min_sample).document()


class _View:
    def __init__(self, report: Report, min_sample: int) -> None:
        self.report = report
        self.language = report.language
        self.words = WORDS[report.language]
        self.min_sample = min_sample

    def document(self) -> Document:
        report = self.report
        sections = [
            self.lead(), self.course(), self.queues(), self.channels(), self.worst(),
            alert_section(report), *self.groups(), self.expressions(), self.quality(),
        ]  # fmt: skip
        title = report.title or f"{self.words[report.period]}"
        lead = " · ".join(
            f"{kpi_text(one.kpi, one.labels, self.language)} {self.figure(one)}"
            for one in report.lead[:3]
        )
        return Document(
            language=report.language,
            subject=f"{plain(title)} · {self.when()}",
            title=plain(title),
            subtitle=self.when(),
            scope=self.scope(),
            summary=lead,
            notices=tuple(self.notices()),
            sections=tuple(section for section in sections if section is not None),
            footer=f"{self.words['csv']} {self.words['footer']}",
        )

    # -- head ---------------------------------------------------------------------------------

    def when(self) -> str:
        report, zone, language = self.report, self.report.zone, self.language
        if report.period == "weekly":
            last_ms = report.end_ms - 1
            text = self.words["week"].format(
                day(report.start_ms, zone, language, year=False), day(last_ms, zone, language)
            )
        else:
            text = day(report.start_ms, zone, language)
        if report.is_open:
            text += ", " + self.words["so_far"].format(clock(report.end_ms, zone, language))
        return text[:1].upper() + text[1:] if language == "en" else text

    def scope(self) -> str:
        scope, words = self.report.scope, self.words
        if scope.is_all:
            return words["all"]
        told = [
            f"{words[name]}{words['colon']}{', '.join(plain(one) for one in names)}"
            for name, names in (
                ("teams", scope.teams), ("queues", scope.queues), ("channels", scope.channels),
                ("without", scope.without),
            )
            if names
        ]  # fmt: skip
        return "; ".join(told)

    def notices(self) -> list[str]:
        report, words, zone = self.report, self.words, self.report.zone
        found = []
        if report.is_open:
            found.append(words["is_open"])
        if report.is_late:
            found.append(words["is_late"].format(*self.moment(report.due_ms)))
        if not report.quality.is_complete:
            found.append(words["incomplete"])
        known_ms = report.quality.known_from_ms
        if known_ms is not None and known_ms >= report.end_ms:
            found.append(words["no_data"])
        elif known_ms is not None:
            found.append(
                words["known_from"].format(
                    day(known_ms, zone, self.language, year=False),
                    clock(known_ms, zone, self.language),
                )
            )
        return found

    def moment(self, ms: int) -> tuple[str, str]:
        zone = self.report.zone
        return day(ms, zone, self.language), clock(ms, zone, self.language)

    # -- figures ------------------------------------------------------------------------------

    def figure(self, one: Figure, value: float | None = None) -> str:
        shown = one.value if value is None else value
        return value_text(shown, CATALOGUE[one.kpi].unit, self.language, self.report.currency)

    def name(self, one: Figure) -> str:
        name = kpi_text(one.kpi, one.labels, self.language)
        return f"{name} – {plain(one.row[1])}" if one.row else name

    def lead(self) -> Section:
        tiles = [
            Tile(self.name(one), self.figure(one), self.target(one), self.change(one))
            for one in self.report.lead
        ]
        return Section(title=self.words["lead"], tiles=tuple(tiles))

    def target(self, one: Figure) -> Cell:
        if one.target is None or one.value is None:
            return Cell("")
        is_met = one.value >= one.target
        text = self.words["target_met" if is_met else "target_missed"].format(
            percent(one.target, self.language)
        )
        return Cell(text, "good" if is_met else "bad")

    def change(self, one: Figure) -> Cell:
        words = self.words
        if one.is_provisional:
            return Cell(words["provisional"], "quiet")
        found = one.trend
        if found is None:
            if one.last_week is None or one.value is None:
                return Cell(words["no_weeks"], "quiet")
            return Cell(words["last_week"].format(self.figure(one, one.last_week)), "quiet")
        baseline = self.figure(one, found.baseline)
        if found.low is None or found.high is None or found.direction is None:
            return Cell(words["usual_only"].format(baseline, found.weeks), "quiet")
        verdict = words["usual_word" if found.direction == "usual" else found.direction]
        low, high = self.figure(one, found.low), self.figure(one, found.high)
        text = words["usual_is"].format(verdict, baseline, low, high, found.weeks)
        tone: Tone = ""
        if found.direction in ("better", "worse"):
            tone = "good" if found.direction == "better" else "bad"
        return Cell(text, tone)

    # -- tables -------------------------------------------------------------------------------

    def queues(self) -> Section | None:
        report, words = self.report, self.words
        if not report.queues:
            return None
        rows = [
            self.row(one, f"{plain(one.queue)} ({channel_text(one.channel, self.language)})")
            for one in report.queues
        ]
        has_total = len(rows) > 1
        if has_total:
            rows.append(self.row(report.total, words["total"]))
        notes = [words["level_note"].format(report.variant)]
        if any(one.is_small and one.service_level is not None for one in report.queues):
            notes.append(words["small_mark"].format(self.min_sample))
        return Section(
            title=words["by_queue"],
            table=self.table("queue", rows, has_total=has_total),
            notes=tuple(notes),
        )

    def channels(self) -> Section | None:
        if len(self.report.channels) < 2:
            return None
        rows = [
            self.row(one, channel_text(one.channel, self.language)) for one in self.report.channels
        ]
        return Section(title=self.words["by_channel"], table=self.table("channel", rows))

    def table(self, first: str, rows: list[tuple[Cell, ...]], *, has_total: bool = False) -> Table:
        names = ("offered", "answered", "abandoned", "level", "asa", "longest", "aht")
        columns = (
            Column(self.words[first]),
            *(self.column(name) for name in names),
        )
        return Table(columns, tuple(rows), has_total)

    def column(self, name: str) -> Column:
        return Column(
            self.words[name],
            is_number=True,
            short=self.words[f"{name}_short"],
            is_minor=name in _MINOR,
        )

    def row(self, one: RowFigures, name: str) -> tuple[Cell, ...]:
        return (
            Cell(name),
            self.count(one.offered),
            self.count(one.answered),
            self.count(one.abandoned),
            self.level(one),
            Cell(duration(one.asa_s, self.language)),
            Cell(duration(one.longest_s, self.language)),
            Cell(duration(one.aht_s, self.language)),
        )

    def count(self, value: int | None) -> Cell:
        return Cell(decimal(value, 0, self.language))

    def level(self, one: RowFigures | IntervalFigures) -> Cell:
        text = percent(one.service_level, self.language)
        if one.service_level is None:
            return Cell(text)
        if one.is_small:
            return Cell(f"{text}*", "quiet")
        if one.target is None:
            return Cell(text)
        return Cell(text, "good" if one.service_level >= one.target else "bad")

    def worst(self) -> Section:
        report, words = self.report, self.words
        if not report.worst:
            return Section(title=words["worst"], notes=(words["nothing_missed"],))
        rows, notes = [], [words["worst_note"]]
        for one in report.worst:
            when = span(one.start_ms, one.end_ms, report.zone, self.language)
            if report.period == "weekly":
                when = f"{short_day(one.start_ms, report.zone, self.language)} {when}"
            where = f"{plain(one.queue)} ({channel_text(one.channel, self.language)})"
            if one.alerts:
                notes.append(
                    f"{when} {where}{words['colon']}{words['stood'].format(', '.join(one.alerts))}"
                )
            rows.append((
                Cell(when), Cell(where), self.count(one.offered), self.count(one.missed),
                self.count(one.abandoned), self.level(one),
                Cell(duration(one.longest_s, self.language)),
            ))  # fmt: skip
        columns = (
            Column(words["when"], is_whole=True),
            Column(words["queue"]),
            *(self.column(name) for name in ("offered", "missed", "abandoned", "level", "longest")),
        )
        return Section(title=words["worst"], table=Table(columns, tuple(rows)), notes=tuple(notes))

    # -- plots --------------------------------------------------------------------------------

    def course(self) -> Section | None:
        report, words = self.report, self.words
        offered = [one for one in report.course if one.offered]
        if not offered:
            return None
        by = words["by_day" if report.period == "weekly" else "by_interval"]
        most = max(offered, key=lambda one: one.offered or 0)
        pictures = [
            Picture(
                VOLUME,
                words["plot_volume"].format(by),
                words["volume_alt"].format(
                    by,
                    self.count(report.total.offered).text,
                    self.count(report.total.answered).text,
                    self.count(report.total.abandoned).text,
                    self.at(most),
                    self.count(most.offered).text,
                ),
            )
        ]
        levels = [one for one in report.course if one.service_level is not None]
        if levels:
            judged = [one for one in levels if not one.is_small] or levels
            lowest = min(judged, key=lambda one: one.service_level or 0.0)
            target = report.total.target
            told = "" if target is None else words["target_alt"].format(
                percent(target, self.language)
            )  # fmt: skip
            pictures.append(
                Picture(
                    LEVEL,
                    words["plot_level"].format(by),
                    words["level_alt"].format(
                        by,
                        percent(report.total.service_level, self.language),
                        told,
                        self.at(lowest),
                        percent(lowest.service_level, self.language),
                    ),
                )
            )
        title = words["course_week" if report.period == "weekly" else "course"]
        return Section(title=title, pictures=tuple(pictures))

    def at(self, one: IntervalFigures) -> str:
        if self.report.period == "weekly":
            return short_day(one.start_ms, self.report.zone, self.language)
        return clock(one.start_ms, self.report.zone, self.language)

    # -- the rest -----------------------------------------------------------------------------

    def groups(self) -> list[Section]:
        words = self.words
        found = []
        for name, figures in self.report.groups.items():
            rows = []
            for one in figures:
                text = self.figure(one)
                tone: Tone = "quiet" if one.is_small else ""
                mark = "*" if one.is_small else ""
                title = self.name(one)
                if one.is_provisional:
                    title += f" – {words['provisional']}"
                usual = DASH if one.trend is None else self.figure(one, one.trend.baseline)
                rows.append((
                    Cell(title), Cell(f"{text}{mark}", tone), self.count(one.sample), Cell(usual),
                ))  # fmt: skip
            if rows:
                columns = (
                    Column(words["figure"]),
                    *(Column(words[one], is_number=True) for one in ("value", "out_of", "usual")),
                )
                notes: tuple[str, ...] = ()
                if any(one.is_small for one in figures):
                    notes = (words["small_mark"].format(self.min_sample),)
                found.append(Section(title=words[name], table=_filled(columns, rows), notes=notes))
        return found

    def expressions(self) -> Section | None:
        found, words = self.report.expressions, self.words
        if found is None:
            return None
        rows = [
            (Cell(plain(one.text)), self.count(one.count), Cell(self.signed(one.change)))
            for one in found.listed
        ]
        columns = (
            Column(words["expression"]),
            Column(words["searches"], is_number=True),
            Column(words["change"], is_number=True),
        )
        name = "searched" if self.report.scope.is_all else "searched_scope"
        notes = [words[name].format(self.count(found.searches).text)]
        if found.error:
            notes.append(words["error"].format(self.count(found.error).text))
        return Section(title=words["expressions"], table=_filled(columns, rows), notes=tuple(notes))

    def signed(self, value: int | None) -> str:
        text = decimal(value, 0, self.language)
        return f"+{text}" if value is not None and value > 0 else text

    def quality(self) -> Section:
        quality, words = self.report.quality, self.words
        notes = []
        if quality.is_complete:
            notes.append(words["complete"])
        if quality.late is None or quality.refused is None:
            notes.append(words["uncounted"])
        else:
            counts = self.count(quality.late).text, self.count(quality.refused).text
            notes.append(words["counted"].format(*counts))
        made = self.moment(self.report.made_ms)
        notes.append(words["made"].format(*made, self.report.zone))
        return Section(title=words["quality"], notes=tuple(notes))


def _filled(columns: tuple[Column, ...], rows: Sequence[tuple[Cell, ...]]) -> Table:
    """Return a table without the columns in which nobody has a value."""
    kept = [n for n in range(len(columns)) if any(row[n].text != DASH for row in rows)]
    return Table(
        tuple(columns[n] for n in kept), tuple(tuple(row[n] for n in kept) for row in rows)
    )
