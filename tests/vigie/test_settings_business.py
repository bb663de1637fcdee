"""The section of the settings about money, carts and customers."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigie.errors import UserError
from vigie.settings import load_settings


def load(tmp_path: Path, text: str) -> object:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return load_settings(path, {})


def test_the_section_flows_into_the_rules(tmp_path: Path) -> None:
    """Durations as milliseconds; what is left out follows from the counts."""
    path = tmp_path / "s.yaml"
    path.write_text("business: {currency: CHF, cart_idle_after: 30m, purchases_per_year: 4}\n")
    rules = load_settings(path, {}).rules()
    assert (rules.currency, rules.cart_idle_ms) == ("CHF", 1_800_000)
    assert (rules.purchases_per_year, rules.customer_lifetime_years) == (4.0, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("business: {currency: euro}", "three capital letters such as EUR"),
        ("business: {cart_idle_after: 10s}", "business.cart_idle_after is not between 1m and 48h"),
        ("business: {purchases_per_year: 0}", "purchases_per_year"),
        ("business: {curency: EUR}", "currency"),
        ("windows: [moth]", "month, month_last"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(tmp_path: Path, text: str, problem: str) -> None:
    """With file and line, and what to write instead."""
    with pytest.raises(UserError) as caught:
        load(tmp_path, text)
    assert problem in str(caught.value)
    assert "s.yaml" in str(caught.value)
