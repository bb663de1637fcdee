"""The settings of self-care reach the rules; wrong ones are one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigie.errors import UserError
from vigie.settings import Settings, load_settings


def test_the_settings_of_self_care_reach_the_rules(tmp_path: Path) -> None:
    """Idle time and sizes of the lists; without them half an hour, 200 and 20."""
    file = tmp_path / "s.yaml"
    file.write_text(
        "selfcare:\n  idle_after: 10m\n  expressions_kept: 50\n  expressions_listed: 5\n"
    )
    rules = load_settings(file, {}).rules()
    assert rules.selfcare_idle_ms == 600_000
    assert (rules.expressions_kept, rules.expressions_listed) == (50, 5)
    rules = Settings().rules()
    assert rules.selfcare_idle_ms == 1_800_000
    assert (rules.expressions_kept, rules.expressions_listed) == (200, 20)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("idle_after: 10s", "s.yaml:2: selfcare.idle_after is not between 1m and 24h."),
        ("idle_after: 2d", "s.yaml:2: selfcare.idle_after is not between 1m and 24h."),
        (
            "expressions_kept: 3",
            "s.yaml:2: selfcare.expressions_kept must be a whole number from 10 to 500, not '3'.",
        ),
        (
            "idle_afer: 5m",
            "s.yaml:2: selfcare.idle_afer is not a setting. Did you mean idle_after?",
        ),
    ],
)
def test_a_wrong_one_is_one_line_that_says_what_to_write(
    line: str, problem: str, tmp_path: Path
) -> None:
    """File, line, setting and the fix."""
    file = tmp_path / "s.yaml"
    file.write_text(f"selfcare:\n  {line}\n")
    with pytest.raises(UserError) as caught:
        load_settings(file, {})
    said = str(caught.value).replace(f"{tmp_path}/", "")
    assert said.startswith(problem)
    assert "\n" not in said
