"""Call logs in CSV: a mapping in the settings, one finished call per row."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from aggregators.events import Envelope
from streams.reasons import Reason
from streams.sources import Refused, SourceSettingsError, build_source, read_events

CALLS = """
sources:
  calls_csv:
    topic: calls
    delimiter: ","
    zone: Europe/Amsterdam
    fold: first
    row_id: "{file}:{line}"
    created: {col: date_received, format: "%Y-%m-%d %H:%M:%S"}
    queue: {col: queue_name}
    agent_id: {col: agent_number, null: ["NULL", ""]}
    answered: {col: answered, null: ["NULL", ""]}
    transferred: {col: transfer, null: ["NULL", ""]}
    ended: {col: hangup, null: ["NULL", ""]}
    abandoned_when: "answered is null"
"""
HEADER = "date_received,queue_name,agent_number,answered,consult,transfer,hangup\n"
RATED = """
sources:
  rated:
    format: csv
    bom: true
    zone: UTC
    row_id: "{Call Id}"
    created: {cols: [Date, Time], format: "%Y-%m-%d %H:%M:%S"}
    queue: support
    agent_id: {col: Agent}
    motive: {col: Topic}
    answered:
      col: Answered (Y/N)
      yes: "Y"
      wait: {col: Speed of answer in seconds, unit: s}
      talk: {col: AvgTalkDuration, unit: hms}
    resolved: {col: Resolved, yes: "Y"}
    csat: {col: Satisfaction rating}
"""
RATED_HEADER = (
    "Call Id,Agent,Date,Time,Topic,Answered (Y/N),Resolved,"
    "Speed of answer in seconds,AvgTalkDuration,Satisfaction rating\r\n"
)


def read(
    tmp_path: Path, settings: str | dict[str, Any], text: str | bytes, *, name: str = "csv"
) -> list[Envelope | Refused]:
    sources = yaml.safe_load(settings)["sources"] if isinstance(settings, str) else settings
    path = tmp_path / "calls.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    source = build_source(name, sources, file=str(path), secret=b"a secret of the test")
    return list(read_events(source, path))


def short(found: list[Envelope | Refused], *names: str) -> list[dict[str, Any]]:
    rows = []
    for event in found:
        assert isinstance(event, Envelope), event
        row = msgspec.to_builtins(event)
        rows.append({name: row[name] for name in ("type", *names) if name in row})
    return rows


def changed(**settings: Any) -> dict[str, Any]:
    section = yaml.safe_load(CALLS)["sources"]["calls_csv"]
    section.update(settings)
    return {"calls_csv": {key: value for key, value in section.items() if value is not None}}


def test_the_first_documented_file_gives_exactly_these_events(tmp_path: Path) -> None:
    """Abandoned after 50 s; answered after 28 s, talk of 140 s to the transfer."""
    text = HEADER + (
        "2014-01-02 08:00:10,30001,NULL,NULL,NULL,NULL,2014-01-02 08:01:00\n"
        "2014-01-02 08:00:12,30001,47,2014-01-02 08:00:40,NULL,"
        "2014-01-02 08:03:00,2014-01-02 08:06:00\n"
    )
    row = {
        "v": 1, "source": "calls_csv", "time_quality": "second", "leg_id": "1",
        "channel": "voice", "queue": "30001",
    }  # fmt: skip
    one = {**row, "contact_id": "calls.csv:2", "raw_ref": "calls.csv:2"}
    two = {**row, "contact_id": "calls.csv:3", "raw_ref": "calls.csv:3"}
    start_ms = 1_388_646_000_000  # 2014-01-02 07:00 UTC
    assert [msgspec.to_builtins(event) for event in read(tmp_path, CALLS, text)] == [
        {**one, "type": "contact.queued", "event_id": "calls.csv:2:queued",
         "event_time_ms": start_ms + 10_000},
        {**one, "type": "contact.abandoned", "event_id": "calls.csv:2:abandoned",
         "event_time_ms": start_ms + 60_000, "stage": "queue"},
        {**two, "type": "contact.queued", "event_id": "calls.csv:3:queued",
         "event_time_ms": start_ms + 12_000},
        {**two, "type": "contact.answered", "event_id": "calls.csv:3:answered",
         "event_time_ms": start_ms + 40_000, "agent_id": "47"},
        {**two, "type": "contact.transferred", "event_id": "calls.csv:3:transferred",
         "event_time_ms": start_ms + 180_000, "agent_id": "47", "kind": "blind"},
    ]  # fmt: skip


def test_the_second_documented_file_gives_wait_talk_and_rating(tmp_path: Path) -> None:
    """Answered after 109 s, talk 143 s, resolved, CSAT 3; the unanswered row has no wait of 0."""
    text = (
        "\ufeff"
        + RATED_HEADER
        + "ID0001,Diane,2021-01-01,9:12:58,Contract related,Y,Y,109,0:02:23,3\r\n"
        + "ID0002,Diane,2021-01-01,9:13:00,Contract related,N,N,,,\r\n"
    )
    at_ms = 1_609_492_378_000
    names = ("event_time_ms", "contact_id", "wait_ms", "talk_ms", "resolved", "score",
             "survey_id", "survey_kind", "motive", "agent_id")  # fmt: skip
    who = {"contact_id": "ID0001", "agent_id": "Diane"}
    assert short(read(tmp_path, RATED, text, name="rated"), *names) == [
        {"type": "contact.queued", "event_time_ms": at_ms, "contact_id": "ID0001",
         "motive": "Contract related"},
        {"type": "contact.answered", "event_time_ms": at_ms + 109_000, **who, "wait_ms": 109_000},
        {"type": "contact.ended", "event_time_ms": at_ms + 252_000, **who, "talk_ms": 143_000,
         "resolved": True},
        {"type": "survey.answered", "event_time_ms": at_ms + 252_000, **who, "score": 3.0,
         "survey_id": "ID0001", "survey_kind": "csat", "motive": "Contract related"},
        {"type": "contact.queued", "event_time_ms": at_ms + 2_000, "contact_id": "ID0002",
         "motive": "Contract related"},
        {"type": "contact.abandoned", "event_time_ms": at_ms + 2_000, "contact_id": "ID0002"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "ends"),
    [
        ("NULL,2014-01-02 08:06:00", [("contact.ended", 360)]),
        ("2014-01-02 08:03:00,NULL", [("contact.transferred", 180)]),
        ("2014-01-02 08:03:00,2014-01-02 08:06:00", [("contact.transferred", 180)]),
        ("2014-01-02 08:06:00,2014-01-02 08:03:00", [("contact.ended", 180)]),
        ("NULL,NULL", []),
    ],
)
def test_a_talk_ends_at_the_first_of_transfer_and_hang_up(
    tmp_path: Path, row: str, ends: list[tuple[str, int]]
) -> None:
    """With neither of them its length is unknown, and no end is made up."""
    text = HEADER + f"2014-01-02 08:00:00,5,47,2014-01-02 08:00:40,NULL,{row}\n"
    found = short(read(tmp_path, CALLS, text), "event_time_ms")[2:]
    start_ms = 1_388_646_000_000
    assert [(event["type"], (event["event_time_ms"] - start_ms) // 1000) for event in found] == ends


def test_an_abandoned_row_may_name_the_agent_who_was_rung(tmp_path: Path) -> None:
    """Nobody answered: the agent is not in the events."""
    text = HEADER + "2014-01-02 08:00:00,5,47,NULL,NULL,NULL,2014-01-02 08:00:09\n"
    found = short(read(tmp_path, CALLS, text), "agent_id")
    assert found == [{"type": "contact.queued"}, {"type": "contact.abandoned"}]


@pytest.mark.parametrize(
    ("fold", "local", "utc_ms"),
    [
        ("first", "2014-10-26 02:30:00", 1_414_283_400_000),
        ("second", "2014-10-26 02:30:00", 1_414_287_000_000),
        ("refuse", "2014-10-26 02:30:00", None),
        ("refuse", "2014-03-30 02:30:00", None),
        ("first", "2014-03-30 02:30:00", 1_396_143_000_000),
        ("refuse", "2014-10-26 03:00:00", 1_414_288_800_000),
        ("refuse", "2014-10-26 01:59:59", 1_414_281_599_000),
    ],
)
def test_the_nights_when_the_clocks_change(
    tmp_path: Path, fold: str, local: str, utc_ms: int | None
) -> None:
    """A repeated hour is read as told; ``refuse`` refuses repeated and skipped times."""
    row = f"{local},5,47,NULL,NULL,NULL,NULL\n"
    found = read(tmp_path, changed(fold=fold), HEADER + row + row)
    if utc_ms is None:
        assert [r.reason for r in found if isinstance(r, Refused)] == [Reason.AMBIGUOUS_TIME] * 2
    else:
        assert [row["event_time_ms"] for row in short(found, "event_time_ms")] == [utc_ms] * 4


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        ("2014-01-02 08:00:10,5,NULL", Reason.MALFORMED_SOURCE, "3 columns where the header has 7"),
        ("NOW,5,NULL,NULL,NULL,NULL,NULL", Reason.MALFORMED_SOURCE, "created: the time is not of"),
        (",5,NULL,NULL,NULL,NULL,NULL", Reason.MALFORMED_SOURCE, "the time of arrival is empty"),
        ("2014-02-30 08:00:00,5,N,NULL,N,NULL,NULL", Reason.MALFORMED_SOURCE, "created"),
        ("1914-01-02 08:00:10,5,N,NULL,N,NULL,NULL", Reason.BAD_TIME, "before 1990"),
        (
            "2014-01-02 08:00:10,5,1,2014-01-02 08:00:07,N,NULL,NULL",
            Reason.BAD_VALUE,
            "the answer lies before",
        ),
        (
            "2014-01-02 08:00:10,5,1,2014-01-02 08:00:17,N,NULL,2014-03-02 08:00:17",
            Reason.BAD_VALUE,
            "the end lies more than 30 days later",
        ),
        (f"2014-01-02 08:00:10,{'q' * 129},1,NULL,N,NULL,NULL", Reason.BAD_VALUE, "longer than"),
    ],
)
def test_a_bad_row_is_refused_and_the_next_one_read(
    tmp_path: Path, row: str, reason: Reason, detail: str
) -> None:
    """With the line it stands on."""
    good = "2014-01-02 08:00:10,30001,NULL,NULL,NULL,NULL,2014-01-02 08:01:00\n"
    found = read(tmp_path, CALLS, HEADER + row + "\n" + good)
    assert isinstance(found[0], Refused)
    assert (found[0].reason, found[0].position) == (reason, "calls.csv:2")
    assert detail in found[0].detail
    assert len(short(found[1:])) == 2


def test_two_seconds_backwards_are_a_clock_not_a_mistake(tmp_path: Path) -> None:
    """The wait becomes 0 then."""
    text = HEADER + "2014-01-02 08:00:10,5,1,2014-01-02 08:00:08,NULL,NULL,NULL\n"
    times = [row["event_time_ms"] for row in short(read(tmp_path, CALLS, text), "event_time_ms")]
    assert times[0] == times[1]


def test_quoted_texts_may_hold_separators_quotes_and_line_breaks(tmp_path: Path) -> None:
    """A row is counted by the line it begins on."""
    text = HEADER + (
        '2014-01-02 08:00:10,"north, ""one""\nand south",NULL,NULL,NULL,NULL,NULL\n'
        "2014-01-02 08:00:11,5,NULL,NULL,NULL,NULL,NULL\n"
    )
    rows = short(read(tmp_path, CALLS, text), "queue", "contact_id")
    assert rows[0] == {
        "type": "contact.queued", "queue": 'north, "one"\nand south', "contact_id": "calls.csv:2",
    }  # fmt: skip
    assert rows[2]["contact_id"] == "calls.csv:4"


def test_a_quote_that_never_ends_costs_one_row(tmp_path: Path) -> None:
    """The rows behind it are read."""
    good = "2014-01-02 08:00:11,5,NULL,NULL,NULL,NULL,NULL\n"
    text = HEADER + '2014-01-02 08:00:10,"5,NULL,NULL,NULL,NULL,NULL\n' + good * 3
    found = read(tmp_path, CALLS, text)
    assert [r.position for r in found if isinstance(r, Refused)] == ["calls.csv:2"]
    assert len(found) == 7


def test_marks_and_encoding_are_declared(tmp_path: Path) -> None:
    """Semicolons, decimal commas, an old code page, a column list instead of a header."""
    settings = {
        "old": {
            "format": "csv", "delimiter": ";", "decimal": ",", "encoding": "cp1252", "quote": "'",
            "columns": ["id", "at", "queue", "ok", "wait"], "row_id": "{id}",
            "created": {"col": "at", "format": "epoch_s"}, "queue": "q-{queue}",
            "answered": {"col": "ok", "yes": ["1", "2"], "wait": {"col": "wait", "unit": "s"}},
        }
    }  # fmt: skip
    found = read(tmp_path, settings, "7;1388646010;'été';2;12,5\n".encode("cp1252"))
    assert short(found, "queue", "wait_ms", "event_time_ms") == [
        {"type": "contact.queued", "queue": "q-été", "event_time_ms": 1_388_646_010_000},
        {"type": "contact.answered", "queue": "q-été", "event_time_ms": 1_388_646_022_500,
         "wait_ms": 12_500},
    ]  # fmt: skip


def test_a_line_that_is_not_of_the_encoding_is_refused(tmp_path: Path) -> None:
    """And the rest is read."""
    good = b"2014-01-02 08:00:11,5,NULL,NULL,NULL,NULL,NULL\n"
    found = read(tmp_path, CALLS, HEADER.encode() + b"\xff\n" + b"x\0\n" + good)
    reasons = [(r.reason, r.position) for r in found if isinstance(r, Refused)]
    assert reasons == [(Reason.NOT_UTF8, "calls.csv:2"), (Reason.NOT_UTF8, "calls.csv:3")]
    assert len(found) == 4


def test_a_line_without_end_is_too_large(tmp_path: Path) -> None:
    """The rest of the file is read, not kept."""
    good = "2014-01-02 08:00:11,5,NULL,NULL,NULL,NULL,NULL\n"
    found = read(tmp_path, CALLS, HEADER + "x" * 200_000 + "\n" + good)
    assert isinstance(found[0], Refused)
    assert (found[0].reason, len(found[0].body)) == (Reason.TOO_LARGE, 1024)
    assert len(found) == 3


def test_customers_are_hashed(tmp_path: Path) -> None:
    """The clear id is in no event."""
    settings = changed(customer_key={"col": "consult", "hash": True})
    text = HEADER + "2014-01-02 08:00:10,5,NULL,NULL,0612345678,NULL,NULL\n"
    found = read(tmp_path, settings, text)
    assert len(short(found, "customer_key")[0]["customer_key"]) == 32
    assert b"0612345678" not in msgspec.json.encode(found)


def test_packed_files_are_read_as_they_are(tmp_path: Path) -> None:
    """Ids name the packed file."""
    path = tmp_path / "calls.csv.gz"
    row = "2014-01-02 08:00:10,30001,NULL,NULL,NULL,NULL,2014-01-02 08:01:00\n"
    path.write_bytes(gzip.compress((HEADER + row).encode()))
    source = build_source("calls_csv", yaml.safe_load(CALLS)["sources"], file=str(path))
    found = short(list(read_events(source, path)), "contact_id")
    assert found[0] == {"type": "contact.queued", "contact_id": "calls.csv.gz:2"}


def test_reading_a_file_twice_gives_the_same_events(tmp_path: Path) -> None:
    """Ids come from the row's place, or its key column."""
    text = HEADER + "2014-01-02 08:00:10,5,NULL,NULL,NULL,NULL,2014-01-02 08:01:00\n" * 2
    assert read(tmp_path, CALLS, text) == read(tmp_path, CALLS, text)
    ids = [row["event_id"] for row in short(read(tmp_path, CALLS, text), "event_id")]
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"created": None}, r"calls_csv.created: is missing"),
        ({"queue": None}, r"calls_csv.queue: is missing"),
        ({"zone": None}, r"calls_csv.zone: is missing; name the zone"),
        ({"zone": "Mars/Base"}, r"calls_csv.zone: 'Mars/Base' is no time zone"),
        ({"answered": "answered"}, r"calls_csv.answered: must be \{col"),
        ({"answered": {"col": "a", "yess": "Y"}}, r"calls_csv.answered.yess: unknown setting"),
        ({"answered": {"col": "a", "yes": 1}}, r"calls_csv.answered.yes: must be a quoted word"),
        (
            {"answered": {"col": "a", "yes": "Y", "wait": {"col": "w", "unit": "min"}}},
            r"calls_csv.answered.wait.unit: must be s, ms or hms",
        ),
        ({"abandoned_when": "hangup is null"}, r"calls_csv.abandoned_when: the only rule is"),
        ({"ended": {"col": "x", "format": "ISO"}}, r"calls_csv.ended.format: must be a format"),
        ({"ended": {"column": "x"}}, r"calls_csv.ended.column: unknown setting; known here: col"),
        ({"delimiter": ";;"}, r"calls_csv.delimiter: must be one character"),
        ({"fold": "third"}, r"calls_csv.fold: must be one of first, second, refuse"),
        ({"encoding": "utf-9"}, r"calls_csv.encoding: 'utf-9' is unknown"),
        ({"bom": "yes"}, r"calls_csv.bom: must be true or false"),
        ({"channel": "fax"}, r"calls_csv.channel: must be one of voice"),
        ({"topic": "tickets"}, r"calls_csv.topic: must be one of calls, chats"),
        ({"agent_id": {"col": "x", "null": [None]}}, r"calls_csv.agent_id.null: must be a list"),
        ({"queue": {"col": "x", "hash": True}}, r"calls_csv.queue.hash: .* only for customer_key"),
        ({"collumns": []}, r"calls_csv.collumns: unknown setting"),
        ({"ended": {"col": "gone"}}, r"calls_csv.ended: calls.csv has no column 'gone'; its col"),
    ],
)
def test_a_wrong_mapping_is_named_with_its_fix(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    """One line with the path of the setting, also when the file has other columns."""
    with pytest.raises(SourceSettingsError, match=message):
        read(tmp_path, changed(format="csv", **settings), HEADER)


def test_a_byte_order_mark_that_was_not_declared_is_named(tmp_path: Path) -> None:
    """It hides in the first column's name."""
    with pytest.raises(SourceSettingsError, match="set bom: true"):
        read(tmp_path, CALLS, "\ufeff" + HEADER)
