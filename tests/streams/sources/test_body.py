"""Laws of what all platforms' bodies have in common: names, ids, numbers and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reasons import Reason
from streams.sources.body import Body, BodyError

T_MS = 1_717_372_800_000  # 2024-06-03T00:00:00Z
PARIS = ZoneInfo("Europe/Paris")
YEARS = st.integers(min_value=100_000_000_000, max_value=4_102_444_800_000)
"""Milliseconds of the years 1973 to 2099."""


@pytest.mark.parametrize(
    ("told", "at_ms"),
    [
        (1_717_372_800, T_MS),
        ("1717372800", T_MS),
        (1_717_372_800.5, T_MS + 500),
        ("1717372800.125", T_MS + 125),
        (T_MS + 7, T_MS + 7),
        (str(T_MS + 7), T_MS + 7),
        (" 1717372800 ", T_MS),
        ("2024-06-03T00:00:00Z", T_MS),
        ("2024-06-03T00:00:00.123Z", T_MS + 123),
        ("2024-06-03T00:00:00.123456Z", T_MS + 123),
        ("2024-06-03T02:00:00+02:00", T_MS),
        ("2024-06-02T20:00:00-04:00", T_MS),
        ("20240603T000000Z", T_MS),
        ("2024-06-03 02:00:00", T_MS),
        ("2024-06-03T02:00:00.5", T_MS + 500),
        (None, None),
        ("", None),
        (0, None),
    ],
)
def test_times_of_all_writings_are_milliseconds(told: Any, at_ms: int | None) -> None:
    """Seconds, milliseconds, as text too; ISO 8601; without a zone they are the source's."""
    assert Body({"at": told}, zone=PARIS).time_ms("at") == at_ms


@given(YEARS)
def test_one_instant_is_one_number_however_it_is_written(at_ms: int) -> None:
    """The law behind the literals above."""
    at_s = at_ms // 1000
    utc = datetime.fromtimestamp(at_s, UTC) + timedelta(milliseconds=at_ms % 1000)
    east = utc.astimezone(timezone(timedelta(hours=5, minutes=30)))
    local = utc.replace(tzinfo=None)
    written = [at_ms, str(at_ms), f"{at_s}.{at_ms % 1000:03}", utc.isoformat(), east.isoformat()]
    read = [Body({"at": told}).time_ms("at") for told in written]
    assert read == [at_ms] * len(written)
    assert Body({"at": local.isoformat()}, zone=ZoneInfo("UTC")).time_ms("at") == at_ms
    assert Body({"at": at_s}).time_ms("at") == at_s * 1000


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ("soon", "a.at: is no ISO 8601 time and no number"),
        ("2024-06-03T00:00:00", "a.at: has no zone; set the source's zone"),
        ("2024-13-03T00:00:00Z", "a.at: is no ISO 8601 time and no number"),
        (True, "a.at: is no time"),
        ([1], "a.at: is no time"),
        ({"s": 1}, "a.at: is no time"),
        (float("inf"), "a.at: is no time"),
    ],
)
def test_what_is_no_time_is_told_with_its_path(told: Any, detail: str) -> None:
    """The message names the field, never the value."""
    with pytest.raises(BodyError) as error:
        Body({"a": {"at": told}}).part("a").time_ms("at")
    assert error.value.reason is Reason.BAD_TIME
    assert str(error.value) == detail


@pytest.mark.parametrize("name", ["taskSid", "task_sid", "TaskSid", "TASK-SID", "tasksid"])
@pytest.mark.parametrize("asked", ["TaskSid", "task_sid", "task-sid"])
def test_names_are_found_without_regard_to_case_and_underscores(name: str, asked: str) -> None:
    """At every level of a path."""
    assert Body({name: "T1"}).text(asked) == "T1"
    assert Body({"Outer": {name: "T1"}}).text(f"outer.{asked}") == "T1"


def test_the_exact_name_goes_before_a_similar_one() -> None:
    """Two names that differ by case only are two fields."""
    assert Body({"ID": "1", "id": "2"}).text("id") == "2"


@pytest.mark.parametrize(
    ("told", "text"),
    [(7, "7"), ("7", "7"), (" a ", "a"), ("", None), ("  ", None), (None, None), (True, None)],
)
def test_ids_are_text(told: Any, text: str | None) -> None:
    """Also where they look like numbers."""
    assert Body({"id": told}).text("id") == text


def test_a_text_that_must_be_there_and_is_not_is_missing() -> None:
    """As is a time."""
    body = Body({"ticket": {"id": ""}})
    with pytest.raises(BodyError, match=r"^ticket.id is missing$") as error:
        body.part("ticket").need("id")
    assert error.value.reason is Reason.MISSING_FIELD
    with pytest.raises(BodyError, match=r"^at is missing$"):
        body.need_time_ms("at")


@pytest.mark.parametrize(
    ("told", "reason"),
    [({}, Reason.BAD_TYPE), ([], Reason.BAD_TYPE), ("x" * 129, Reason.BAD_VALUE)],
)
def test_what_is_no_id_is_told(told: Any, reason: Reason) -> None:
    """Objects, lists, and texts that are too long."""
    with pytest.raises(BodyError) as error:
        Body({"id": told}).text("id")
    assert error.value.reason is reason


@pytest.mark.parametrize(
    ("told", "seconds_ms", "whole_ms"),
    [(12, 12_000, 12), ("12.5", 12_500, 12), (0, 0, 0), (None, None, None), ("", None, None)],
)
def test_durations_are_of_the_unit_that_the_platform_tells(
    told: Any, seconds_ms: int | None, whole_ms: int | None
) -> None:
    """Never guessed by their size."""
    assert Body({"d": told}).seconds_ms("d") == seconds_ms
    assert Body({"d": told}).whole_ms("d") == whole_ms


@pytest.mark.parametrize("told", ["long", True, [], {}])
def test_what_is_no_number_is_told(told: Any) -> None:
    """Also true and false, which Python counts."""
    with pytest.raises(BodyError, match=r"^n must be a number$"):
        Body({"n": told}).number("n")


def test_parts_of_a_list_know_where_they_stand() -> None:
    """What is no object is passed over, and keeps its place."""
    found = list(Body({"a": {"rows": [{"n": 1}, 5, {"n": "x"}]}}).part("a").parts("rows"))
    assert [part.where("n") for part in found] == ["a.rows[0].n", "a.rows[2].n"]
    assert list(Body({"rows": {}}).parts("rows")) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e300, 1e300) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@given(JSON, st.sampled_from([None, PARIS]))
def test_whatever_stands_there_is_read_or_told(told: Any, zone: ZoneInfo | None) -> None:
    """No other error than BodyError comes out."""
    body = Body({"x": told, "y": {"x": told}}, zone=zone)
    reasons: set[Reason] = set()
    for read in (body.text, body.need, body.word, body.number, body.seconds_ms, body.whole_ms,
                 body.time_ms, body.need_time_ms, body.part, body.get):  # fmt: skip
        for path in ("x", "y.x", "x.y", "x.x.x"):
            try:
                read(path)
            except BodyError as error:
                reasons.add(error.reason)
    list(body.parts("x"))
    assert reasons <= {Reason.MISSING_FIELD, Reason.BAD_TYPE, Reason.BAD_VALUE, Reason.BAD_TIME}
