"""Settings of promises and motives: what they become, and what is said when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregators.policy import Rules
from aggregators.promises import Promise
from vigie.errors import UserError
from vigie.settings import load_settings

GOOD = """\
sla:
  clock: calendar
  at_risk_within: 2h
  reopen_within: 3d
  priorities:
    Urgent: {first_response: 30m, resolution: 4h}
    "1": {first_response: 1h, clock: business}
    default: {resolution: 2d}
motives: [billing, delivery]
"""


def load(text: str, folder: Path) -> Rules:
    file = folder / "s.yaml"
    file.write_text(text)
    return load_settings(file, {}).rules()


def test_promises_and_motives_reach_the_rules(tmp_path: Path) -> None:
    """By priority in small letters, each with its clock."""
    rules = load(GOOD, tmp_path)
    assert (rules.sla.at_risk_ms, rules.sla.reopen_within_ms) == (7_200_000, 259_200_000)
    assert rules.sla.promise("URGENT") == Promise(
        first_response_ms=1_800_000, resolution_ms=14_400_000, is_business=False
    )
    assert rules.sla.promise(1) == Promise(first_response_ms=3_600_000, is_business=True)
    assert rules.sla.promise(None) == Promise(resolution_ms=172_800_000, is_business=False)
    assert rules.motives == {"billing", "delivery"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sla: {reopen_within: 1d}", "s.yaml:1: sla.reopen_within is not between 2d and retention"),
        ("sla: {reopen_within: 9d}", "s.yaml:1: sla.reopen_within is not between 2d and retention"),
        ("sla: {priorities: {low: {}}}", "s.yaml:1: sla.priorities.low promises nothing"),
        (
            "sla: {priorities: {Low: {resolution: 1d}, low: {resolution: 2d}}}",
            "s.yaml:1: sla.priorities.low is the same as 'Low'",
        ),
        (
            'motives: [ok, " no"]',
            "s.yaml:1: motives[1] has blanks around it or is longer than limits.label_length",
        ),
    ],
)
def test_a_wrong_promise_is_one_clear_line(text: str, said: str, tmp_path: Path) -> None:
    """It names the place, the setting and what is wrong."""
    with pytest.raises(UserError) as caught:
        load(text, tmp_path)
    assert said in str(caught.value).splitlines()[0]
