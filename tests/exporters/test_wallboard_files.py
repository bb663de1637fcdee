"""What can be said of the wallboard's files without a browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.norms import NORMS
from exporters.headline import empty_row
from exporters.http.page import FOLDER

CSS = (FOLDER / "wallboard.css").read_text(encoding="utf-8")
SCRIPTS = sorted(FOLDER.glob("*.js"))

GROUNDS = ("ground", "card", "raised", "alert-ground")
INKS = ("text", "muted", "ok", "watch", "alert")


def palette(theme: str) -> dict[str, str]:
    """Return the colours of a theme by name."""
    found = re.search(rf'data-theme="{theme}"\] {{(.*?)}}', CSS, re.DOTALL)
    assert found is not None
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", found[1]))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_ink_is_readable_on_every_ground(theme: str) -> None:
    """WCAG AA asks for 4.5 to 1."""
    colours = palette(theme)
    pairs = [(ink, ground) for ink in INKS for ground in GROUNDS]
    pairs += [("accent-text", "accent"), ("stop-text", "stop")]
    poor = {
        pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair in pairs
        if contrast(colours[pair[0]], colours[pair[1]]) < 4.5
    }
    assert poor == {}


def test_black_on_white_has_the_known_contrast() -> None:
    """The measure above is the one of WCAG."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_data_can_never_become_markup(path: Path) -> None:
    """No script writes HTML or evaluates text."""
    text = path.read_text(encoding="utf-8")
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert way not in text


def test_nothing_is_loaded_from_elsewhere() -> None:
    """The page works without the Internet; the only address is the name of SVG."""
    for path in FOLDER.iterdir():
        addresses = set(re.findall(r"https?://[^\s\"')]+", path.read_text(encoding="utf-8")))
        assert addresses <= {"http://www.w3.org/2000/svg"}, path.name


def test_every_kpi_of_the_page_is_in_the_catalogue() -> None:
    """A renamed KPI would leave a hole on the wall."""
    text = (FOLDER / "rows.js").read_text(encoding="utf-8")
    listed = re.search(r"KPIS = \[(.*?)\];", text, re.DOTALL)
    assert listed is not None
    asked = re.findall(r'"([a-z_]+)"', listed[1])
    assert len(asked) == 15
    assert set(asked) <= set(CATALOGUE)


def test_both_languages_say_the_same_things() -> None:
    """Every word has its English and its French, in the same order."""
    text = (FOLDER / "text.js").read_text(encoding="utf-8")
    english, french = text.split("\n  fr: {", 1)
    keys = [re.findall(r"([A-Za-z_]+): (?=[\"({])", part) for part in (english, french)]
    assert len(keys[1]) > 80
    assert keys[0][keys[0].index("title") :] == keys[1]


def label_values(kpi: Kpi, shape: Any, level: int = 0) -> set[str]:
    """Return the values of a KPI's labels that are words, and known from the start."""
    if not isinstance(shape, dict):
        return set()
    found: set[str] = set()
    for value, inner in shape.items():
        is_word = kpi.labels[level] not in ("le", "within", "q", "window", "contacts")
        if is_word and not value.isdigit():
            found.add(value)
        found |= label_values(kpi, inner, level + 1)
    return found


def test_every_value_of_a_label_has_a_french_name() -> None:
    """Also the norms; the formulas of the service level keep their names in both languages."""
    text = (FOLDER / "labels.js").read_text(encoding="utf-8")
    french = text.split("  fr: {", 1)[1]
    named = set(re.findall(r'"?(\w+)"?: "', french))
    wanted = {name for norms in NORMS.values() for name in norms if not name.startswith("market_")}
    for kpi in CATALOGUE.values():
        if kpi.id != "service_level":
            wanted |= label_values(kpi, empty_row()[kpi.id])
    # Labels that an empty row does not have; "contact" is "per contact" elsewhere.
    wanted |= {"order_contact", "order_window"}
    assert wanted - named == set()
