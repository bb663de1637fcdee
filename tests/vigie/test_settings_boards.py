"""Settings of boards and metrics: chosen KPIs, kinds of rows with series."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigie.errors import UserError
from vigie.settings import load_settings


def load(folder: Path, text: str) -> str:
    """Return the error of a settings file, empty if there is none."""
    file = folder / "s.yaml"
    file.write_text(text)
    try:
        load_settings(file, {})
    except UserError as error:
        return str(error).removeprefix(f"{folder}/")
    return ""


def test_without_a_word_the_board_has_its_usual_tiles_and_the_usual_series() -> None:
    """Motives, themes and teams can be many, so they are off."""
    settings = load_settings(None, {})
    assert settings.headline_kpis == []
    assert settings.metrics.by == ["centre", "channel", "survey", "tool", "segment"]


def test_chosen_kpis_and_kinds_are_taken(tmp_path: Path) -> None:
    """From the file or from the environment."""
    text = "headline_kpis: [nps, csat, service_level.genesys]\nmetrics: {by: [team, motive]}\n"
    assert load(tmp_path, text) == ""
    settings = load_settings(None, {"VIGIE_HEADLINE_KPIS": "nps,csat,ces"})
    assert settings.headline_kpis == ["nps", "csat", "ces"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "headline_kpis:\n  - nps\n  - csta\n  - ces\n",
            "s.yaml:3: headline_kpis[1]: there is no KPI 'csta'. Did you mean csat",
        ),
        (
            "headline_kpis: [nps, service_level, csat]\n",
            "s.yaml:1: headline_kpis[1]: service_level goes by variant, none given. Write for",
        ),
        (
            "headline_kpis: [nps]\n",
            "s.yaml:1: headline_kpis: 1 KPIs are chosen. Choose 3 to 5, or none",
        ),
        (
            "headline_kpis: [nps, csat, ces, aht_seconds, answer_rate, hold_rate]\n",
            "s.yaml:1: headline_kpis: 6 KPIs are chosen. Choose 3 to 5, or none",
        ),
        ("headline_kpis: nps\n", "s.yaml:1: headline_kpis must be a list, not 'nps'."),
        (
            "metrics: {by: [surveys]}\n",
            "s.yaml:1: metrics.by[0]: there are no rows by 'surveys'. Did you mean survey?",
        ),
        ("metrics: {by: [team, team]}\n", "s.yaml:1: metrics.by names a kind twice. Keep it once."),
    ],
)
def test_what_means_nothing_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    """Place, path, problem, fix."""
    said = load(tmp_path, text)
    assert said.startswith(message)
    assert "\n" not in said
