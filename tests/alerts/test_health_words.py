"""What vigie's own measures are called, in messages and lists."""

from __future__ import annotations

import pytest

from alerts.rules import HEALTH, Measure
from alerts.wording import HEALTH_NAMES, measure_text
from alerts.written import measure_json


@pytest.mark.parametrize("measure", HEALTH)
def test_each_has_a_short_name_in_both_languages(measure: str) -> None:
    """Which are not the same words, and no ids."""
    english, french = (HEALTH_NAMES[language][measure] for language in ("en", "fr"))
    assert english != french
    assert "_" not in english + french
    assert max(len(english), len(french)) <= 40


def test_a_french_message_says_it_in_french() -> None:
    """As the list of alerts does."""
    measure = Measure("data_age_seconds")
    assert measure_text(measure, "fr") == "temps depuis le dernier événement"
    assert measure_text(measure, "en") == "time since the newest event"
    assert measure_json(measure)["french"] == "temps depuis le dernier événement"
