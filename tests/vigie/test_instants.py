"""Points in time on the command line."""

from __future__ import annotations

import pytest

from vigie.errors import UserError
from vigie.instants import parse_instant_ms


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [
        ("2014-01-06T09:30:00Z", 1_389_000_600_000),
        ("2014-01-06T10:30:00+01:00", 1_389_000_600_000),
        ("2014-01-06T10:30:00", 1_389_000_600_000),
        ("2014-01-06 10:30", 1_389_000_600_000),
        ("2014-01-06T09:30:00.250Z", 1_389_000_600_250),
        ("1389000600", 1_389_000_600_000),
        ("1389000600000", 1_389_000_600_000),
    ],
)
def test_an_instant_is_iso_local_or_an_epoch(text: str, expected_ms: int) -> None:
    """Without an offset it is local time of the zone."""
    assert expected_ms == parse_instant_ms(text, "Europe/Amsterdam")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "2014-10-26T02:30:00",
            (
                "the local time 2014-10-26T02:30:00 occurs twice in Europe/Amsterdam. "
                "Add the offset, such as +01:00."
            ),
        ),
        (
            "2014-03-30T02:30:00",
            (
                "the local time 2014-03-30T02:30:00 does not exist in Europe/Amsterdam. "
                "Add the offset, such as +01:00."
            ),
        ),
        (
            "noon",
            (
                "'noon' is not a point in time. Write for example 2014-01-06T09:30:00Z, "
                "2014-01-06T10:30:00+01:00 or an epoch."
            ),
        ),
    ],
)
def test_a_time_that_is_not_one_instant_is_refused(text: str, message: str) -> None:
    """The night the clocks change, and words."""
    with pytest.raises(UserError) as caught:
        parse_instant_ms(text, "Europe/Amsterdam")
    assert message == str(caught.value)
