"""The settings of customers reach the rules; wrong ones are one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregators.policy import CustomerRules
from vigie.errors import UserError
from vigie.settings import Settings, load_settings


def test_the_settings_of_customers_reach_the_rules(tmp_path: Path) -> None:
    """Without them: by motive, strict, three contacts."""
    file = tmp_path / "s.yaml"
    file.write_text("customers:\n  match: customer\n  strict: false\n  often_from: 5\n")
    found = load_settings(file, {}).rules().customers
    assert found == CustomerRules(match="customer", strict=False, often_from=5)
    assert Settings().rules().customers == CustomerRules(match="motive", strict=True, often_from=3)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("match: name", "s.yaml:2: customers.match must be"),
        ("often_from: 1", "s.yaml:2: customers.often_from must be a whole number from 2 to 20"),
    ],
)
def test_a_wrong_one_is_one_line_that_says_what_to_write(
    line: str, problem: str, tmp_path: Path
) -> None:
    """File, line, setting and the fix."""
    file = tmp_path / "s.yaml"
    file.write_text(f"customers:\n  {line}\n")
    with pytest.raises(UserError) as caught:
        load_settings(file, {})
    assert str(caught.value).replace(f"{tmp_path}/", "").startswith(problem)
