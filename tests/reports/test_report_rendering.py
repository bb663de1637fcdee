"""How a report looks: HTML, text and table say the same, in both languages, and are harmless."""

from __future__ import annotations

import csv
import io
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregators.policy import HOUR_MS
from exporters.reports.html import html_of
from exporters.reports.mail import file_name, mail_of
from exporters.reports.numbers import DASH, decimal, duration, lasted, percent, value_text
from exporters.reports.plan import Language, ReportPlan, ReportScope
from exporters.reports.report import AlertNote, Expression, Expressions, Report
from exporters.reports.table_file import COLUMNS, defused, table_of
from exporters.reports.text import WIDTH, text_of
from exporters.reports.view import document
from exporters.reports.wording import WORDS
from tests.reports.day import ALERT, DAY_START_MS, FORMULA, MARKUP, WEEKS, report

PLOTS = {"volume": b"\x89PNG-volume", "level": b"\x89PNG-level"}
_VOID = {"meta", "br", "img"}


class Page(HTMLParser):
    """Reads HTML strictly: what is opened is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def made(language: Language = "en", **changes: Any) -> Report:
    """The day with everything that can be in a report."""
    plan = ReportPlan(name="centre", language=language)
    whole = report(plan, weeks=WEEKS, late=3, refused=2, counted_from_ms=DAY_START_MS)
    expressions = Expressions(
        searches=120, error=0,
        listed=(
            Expression(text="code promo", count=40, change=12),
            Expression(text=FORMULA, count=3, change=-2),
        ),
    )  # fmt: skip
    return replace(whole, **{"expressions": expressions, **changes})


def mail(one: Report) -> EmailMessage:
    """The mail as its receiver reads it."""
    sent = mail_of(
        one, PLOTS, sender="vigie@example.org", recipient="desk@example.org",
        id_="<vigie.1@example.org>", min_sample=5,
    )  # fmt: skip
    return message_from_bytes(sent.as_bytes(), _class=EmailMessage, policy=policy.default)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def numbers(text: str) -> set[str]:
    """All numbers that a text has, with what belongs to them."""
    return set(re.findall(r"\d[\d.,:]*%?", re.sub(r"\s+%", "%", text)))


@pytest.mark.parametrize("language", ["en", "fr"])
class TestParts:
    def test_the_mail_has_text_html_plots_and_a_table(self, language: Language) -> None:
        """Alternatives first, the table attached, plots inline by their ids."""
        message = mail(made(language))
        assert message.get_content_type() == "multipart/mixed"
        assert part(message, "plain").startswith(WORDS[language]["daily"])
        (attached,) = message.iter_attachments()
        assert attached.get_content_type() == "text/csv"
        assert attached.get_filename() == "centre-2024-06-03.csv"
        assert message["Message-ID"] == "<vigie.1@example.org>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert WORDS[language]["daily"] in message["Subject"]

    def test_every_picture_has_its_words_and_is_there(self, language: Language) -> None:
        """Each cid of the HTML is a part, each part is shown, each has an alt text with numbers."""
        message = mail(made(language))
        page = Page(part(message, "html"))
        images = [attributes for tag, attributes in page.tags if tag == "img"]
        shown = {str(image["src"]).removeprefix("cid:") for image in images}
        parts = {
            str(one["Content-ID"]).strip("<>"): one
            for one in message.walk()
            if one.get_content_maintype() == "image"
        }
        assert shown == set(parts)
        assert len(shown) == 2
        assert all(re.search(r"\d", str(image["alt"])) for image in images)
        assert {one.get_payload(decode=True) for one in parts.values()} == set(PLOTS.values())

    def test_nothing_is_loaded_from_elsewhere(self, language: Language) -> None:
        """No address, no script, no form; the page is closed in order."""
        html = part(mail(made(language)), "html")
        page = Page(html)
        assert "http" not in html.replace(FORMULA, "").replace("&#34;http://x&#34;", "")
        assert {tag for tag, _ in page.tags} <= {
            "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "th",
            "thead", "tbody", "h1", "h2", "p", "img", "br", "span", "strong",
        }  # fmt: skip

    def test_text_and_html_say_the_same_numbers(self, language: Language) -> None:
        """Both are written from one document; nothing is only in one of them."""
        message = mail(made(language))
        html = part(message, "html")
        alts = " ".join(str(a["alt"]) for tag, a in Page(html).tags if tag == "img")
        in_html = numbers(f"{Page(html).text} {alts}".replace("\u00a0", " "))
        in_text = numbers(part(message, "plain").replace("\u00a0", " "))
        assert in_text == in_html
        assert {"40", "50"} <= in_text

    def test_the_table_has_the_numbers_of_the_text(self, language: Language) -> None:
        """Each row figure of the table, written as people read it, is in the text."""
        one = made(language)
        text = text_of(document(one, 5))
        is_french = language == "fr"
        content = table_of(one).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(content), delimiter=";" if is_french else ","))
        checked = 0
        for row in rows:
            if row["part"] not in ("lead", "total", "queue") or not row["value"]:
                continue
            value = float(row["value"].replace(",", ".") if is_french else row["value"])
            shown = value_text(value, row["unit"], language)  # type: ignore[arg-type]
            assert shown in text, row
            checked += 1
        assert checked >= 20

    def test_lines_of_text_fit(self, language: Language) -> None:
        """Prose and tables of usual names are at most 78 wide."""
        assert all(len(line) <= WIDTH for line in text_of(document(made(language), 5)).split("\n"))

    def test_the_alert_says_who_when_and_why(self, language: Language) -> None:
        """Fired, lasted, taken by whom after how long, and the note."""
        text = text_of(document(made(language), 5))
        flat = " ".join(text.split())
        told = {
            "en": ("10:05 Long wait – sales (voice)", "taken by Anna after 4", "lasted 20"),
            "fr": ("10\u00a0h\u00a005 Long wait – sales (voice)", "prise en charge par Anna", "20"),
        }[language]
        assert all(" ".join(one.split()) in flat for one in told)
        assert "two agents moved from billing" in flat


class TestHarmless:
    def test_names_from_outside_are_text(self) -> None:
        """A queue called like mark-up, a note with a tag, an expression like a formula."""
        base = made()
        named = replace(base.queues[0], queue=MARKUP)
        why = "<img src=x>\r\nBcc: a"
        noted = replace(ALERT, notes=(AlertNote(at_ms=DAY_START_MS, what="snoozed", why=why),))
        assert base.alerts is not None
        one = replace(
            base, queues=(named, *base.queues[1:]), alerts=replace(base.alerts, lines=(noted,)),
            title="Day\r\nBcc: thief@example.org",
        )  # fmt: skip
        message = mail(one)
        html = part(message, "html")
        assert "<b>" not in html
        assert "<img src=x" not in html
        assert MARKUP in Page(html).text
        assert message["Bcc"] is None
        assert message["Subject"].startswith("Day Bcc: thief")

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "  =1", "\t=1", FORMULA])
    def test_formulas_are_defused(self, text: str) -> None:
        """Whatever a spreadsheet might compute begins with an apostrophe."""
        assert defused(text).startswith("'")
        listed = (Expression(text=text, count=1),)
        content = table_of(made(expressions=Expressions(searches=1, error=0, listed=listed)))
        cells = [row["row"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))]
        assert any(cell.startswith("'") for cell in cells)
        assert not any(cell[:1] in ("=", "+", "-", "@") for cell in cells)

    @given(st.text(max_size=30))
    def test_any_name_keeps_the_table_whole(self, name: str) -> None:
        """Every row has all columns and none begins a formula."""
        one = replace(report(), queues=(replace(report().queues[0], queue=name),))
        rows = list(csv.reader(io.StringIO(table_of(one).decode("utf-8-sig"))))
        assert rows[0] == list(COLUMNS)
        assert {len(row) for row in rows} == {len(COLUMNS)}
        assert not any(row[1][:1] in ("=", "+", "@", "\t", "\r") for row in rows)

    def test_names_of_people_can_be_left_out(self) -> None:
        """With names off nobody who acted is named, and what was done still is."""
        anonymous = replace(
            ALERT, taken_by="", notes=(replace(ALERT.notes[0], by=""),)
        )  # fmt: skip
        text = text_of(document(report(alerts=(anonymous,)), 5))
        assert "Anna" not in text
        assert "taken after" in text
        assert "somebody took it" in " ".join(text.split())


class TestWords:
    def test_both_languages_have_the_same_words(self) -> None:
        """No phrase is missing, and each takes as much."""
        english, french = WORDS["en"], WORDS["fr"]
        assert english.keys() == french.keys()
        for name, phrase in english.items():
            assert phrase.count("{}") == french[name].count("{}"), name

    def test_no_value_is_a_dash_and_never_zero(self) -> None:
        """Chat had no satisfaction: a dash stands there, in each unit."""
        for unit in ("count", "ratio", "seconds", "number", "money"):
            assert value_text(None, unit, "fr") == DASH
        text = text_of(document(report(), 5))
        line = next(one for one in text.split("\n") if one.startswith("Satisfaction"))
        assert line.split()[-1] == DASH

    @pytest.mark.parametrize(
        ("shown", "expected"),
        [
            (percent(0.76885, "en"), "76.9%"),
            (percent(0.76885, "fr"), "76,9\u202f%"),
            (percent(1, "en"), "100%"),
            (decimal(10755, 0, "en"), "10,755"),
            (decimal(10755, 0, "fr"), "10\u202f755"),
            (decimal(-2, 0, "en"), "−2"),
            (duration(59.6, "en"), "1:00"),
            (duration(3671, "en"), "1:01:11"),
            (duration(90_000 * 3, "fr"), "3\u00a0j 3\u00a0h"),
            (lasted(59_400, "en"), "59\u00a0s"),
            (lasted(HOUR_MS + 5 * 60_000, "fr"), "1\u00a0h\u00a005"),
            (value_text(1234.5, "money", "fr", "EUR"), "1\u202f234\u00a0EUR"),
        ],
    )
    def test_numbers_are_written_as_they_are_read(self, shown: str, expected: str) -> None:
        """Each language has its marks for thousands, decimals and per cent."""
        assert shown == expected

    def test_notices_come_first(self) -> None:
        """Late, open and incomplete change how the rest is read."""
        one = made(is_late=True, is_open=True)
        one = replace(one, quality=replace(one.quality, is_complete=False))
        told = document(one, 5)
        assert len(told.notices) >= 3
        assert text_of(told).index(told.notices[0][:40]) < text_of(told).index("AT A GLANCE")

    def test_a_scope_is_named(self) -> None:
        """Who reads it knows what it is about."""
        scope = ReportScope(teams=("Sellers",), without=("vip",))
        assert document(made(scope=scope), 5).scope == "Teams: Sellers; without: vip"

    def test_without_plots_their_numbers_stand_there(self) -> None:
        """Pictures that could not be drawn are words."""
        told = document(made(), 5)
        page = Page(html_of(told, {}))
        assert not [tag for tag, _ in page.tags if tag == "img"]
        assert "50 offered" in page.text

    def test_files_are_named_by_report_and_day(self) -> None:
        """A harmless name, whatever the report is called."""
        assert file_name(made(name="../x y")) == "x-y-2024-06-03"
