"""Free text of surveys: only its themes get past the edge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.dossiers.themes import folded_keys
from aggregators.events import SurveyAnswered
from aggregators.policy import Rules
from streams.decode import EventDecoder
from streams.privacy import redact
from streams.sources import build_source, read_events

NOW_MS = 1_717_397_300_000
THEMES = {
    "delay": folded_keys(["late", "too long", "délai", "livr*"]),
    "price": folded_keys(["price", "code promo"]),
}
RULES = Rules(themes=THEMES)
ANSWER: dict[str, Any] = {
    "v": 1, "event_id": "s", "type": "survey.answered", "source": "svy", "survey_id": "q1",
    "event_time_ms": 1_717_397_280_000, "survey_kind": "csat", "score": 2,
}  # fmt: skip


def decode(rules: Rules = RULES, **more: Any) -> SurveyAnswered:
    raw = json.dumps({**ANSWER, **more}, ensure_ascii=False).encode()
    event = EventDecoder("feedback", rules).decode(raw, None, NOW_MS)
    assert isinstance(event, SurveyAnswered)
    return event


@pytest.mark.parametrize(
    ("text", "themes"),
    [
        ("The prices are fine", ["price"]),
        ("Les DÉLAIS de livraison", ["delay"]),
        ("livré trop tard, codes promos refusés", ["delay", "price"]),
        ("it took too\nlong", ["delay"]),
        ("too, long", ["delay"]),
        ("translated, belated", None),
        ("promo code", None),
        ("", None),
        ("\U0001f600 \u0000-free", None),
    ],
)
def test_a_text_becomes_its_themes(text: str, themes: list[str] | None) -> None:
    """Whole words, whatever their case, accents, plural and the signs between them."""
    text = text.replace("\0", "")
    assert decode(verbatim=text).themes == themes


def test_themes_that_were_told_stay_and_come_first() -> None:
    """A theme that is told and found counts once."""
    event = decode(verbatim="late and the price", themes=["staff", "price"])
    assert event.themes == ["staff", "price", "delay"]


def test_without_themes_in_the_settings_a_text_has_none() -> None:
    """What was told is left alone."""
    assert decode(Rules(), verbatim="late").themes is None
    assert decode(Rules(), verbatim="late", themes=["x"]).themes == ["x"]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_text_gets_past_the_edge(text: str) -> None:
    """Whatever it says, the event is that of the same answer with the themes of the text."""
    event = decode(verbatim=f"zebra {text}")
    written = msgspec.json.encode(event).decode()
    assert "zebra" not in written
    assert set(event.themes or ()) <= THEMES.keys()
    assert msgspec.json.decode(written).keys() <= {*ANSWER, "themes"}


def test_a_dead_letter_has_no_text() -> None:
    """An answer that is refused keeps its ids, its text is blotted out."""
    for text in ('the "late" \\ price', ['a "b]"', "}c"], {"en": "a ]}", "fr": "b"}, [1, "c"], []):
        body = json.dumps({**ANSWER, "score": None, "verbatim": text, "survey_name": "post"})
        told = {**ANSWER, "score": None, "verbatim": "[redacted]", "survey_name": "post"}
        assert json.loads(redact(body)) == told
    for cut in ('"verbatim": ["a", "b', '"verbatim":{"en":"a\\', '"verbatim": "a'):
        assert redact(cut).replace(" ", "") == '"verbatim":"[redacted]"'


def test_a_file_of_canonical_events_is_an_edge_too(tmp_path: Path) -> None:
    """The source gives the themes of the settings and no text."""
    file = tmp_path / "answers.jsonl"
    file.write_text(json.dumps({**ANSWER, "verbatim": "far too long"}) + "\n")
    source = build_source("canonical", {}, file=str(file), rules=RULES)
    (event,) = read_events(source, file)
    assert isinstance(event, SurveyAnswered)
    assert event.themes == ["delay"]
    assert b"far" not in msgspec.json.encode(event)
