"""Settings of surveys and themes: what they become, and what is said when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregators.dossiers.themes import themes_of
from aggregators.kpis.norms import reference
from aggregators.policy import Rules
from vigie.errors import UserError
from vigie.settings import load_settings

GOOD = """\
surveys:
  csat: {satisfied_from: 3}
  after_call: {kind: csat, min: 1, max: 10, satisfied_from: 8}
  paper: {kind: csat, inverted: true}
  easy: {kind: ces, polarity: ease}
  ten: {kind: nps, min: 1}
  five: {kind: nps, min: 1, max: 5, promoter_from: 5, passive_from: 4}
  faces: {kind: helpful, words: {yes: 1, Génial: 1, no: 0}}
themes:
  delay: [late, "too long", livr*]
  staff: []
sector: health
"""


def load(text: str, folder: Path) -> Rules:
    file = folder / "s.yaml"
    file.write_text(text)
    return load_settings(file, {}).rules()


def test_surveys_themes_and_sector_reach_the_rules(tmp_path: Path) -> None:
    """Each score has the band that its survey was declared with."""
    rules = load(GOOD, tmp_path)
    readings: list[tuple[str, float | str, str]] = [
        ("csat", 3, "good"), ("csat", 2, "poor"), ("after_call", 8, "good"),
        ("after_call", 7, "poor"), ("paper", 1, "good"), ("easy", 7, "good"), ("easy", 1, "poor"),
        ("ten", 6, "poor"), ("ten", 7, "fair"), ("five", 4, "fair"), ("five", 5, "good"),
        ("faces", "genial", "good"), ("faces", "NO", "poor"),
    ]  # fmt: skip
    for name, score, band in readings:
        found = rules.surveys[name].read(score)
        assert found is not None
        assert found.band == band, (name, score)
    assert rules.surveys["faces"].read("oui") is None
    assert rules.surveys["ten"].read(0) is None
    assert list(rules.themes) == ["delay", "staff"]
    assert themes_of("livrée trop tard, it took TOO long", rules) == ["delay"]
    assert reference("nps", rules) == {"good": 0, "excellent": 50, "health": 62}


def test_without_settings_every_survey_has_the_usual_scale(tmp_path: Path) -> None:
    """No survey, theme or sector is declared."""
    rules = load("{}\n", tmp_path)
    assert (rules.surveys, rules.themes, rules.sector) == ({}, {}, None)


TABLE: list[tuple[str, str]] = [
    (
        "surveys:\n  post: {min: 1}\n",
        (
            "s.yaml:2: surveys.post has no kind. "
            "Add kind: with one of csat, nps, ces, resolution, engagement, helpful."
        ),
    ),
    (
        "surveys:\n  nps: {kind: csat}\n",
        (
            "s.yaml:2: surveys.nps declares all surveys of the kind nps, not of csat. "
            "Give the survey a name of its own, as its events carry it."
        ),
    ),
    (
        "surveys:\n  post: {kind: csat, min: 5}\n",
        "s.yaml:2: surveys.post: min 5 is not below max 5. Correct the scale.",
    ),
    (
        "surveys:\n  post: {kind: ces, inverted: true}\n",
        (
            "s.yaml:2: surveys.post: a scale of effort has no inverted; write polarity: ease. "
            "Correct the scale."
        ),
    ),
    (
        "surveys:\n  post: {kind: nps, max: 5}\n",
        (
            "s.yaml:2: surveys.post: a scale that does not end at 10 needs promoter_from and "
            "passive_from. Correct the scale."
        ),
    ),
    (
        "surveys:\n  post: {kind: csat, words: {great: 6}}\n",
        (
            "s.yaml:2: surveys.post: the word 'great' stands for a score off the scale. "
            "Correct the scale."
        ),
    ),
    (
        "surveys:\n  post: {kind: csat, words: {great: very}}\n",
        (
            "s.yaml:2: surveys.post.words.great must be a number from -1000 to 1000, not 'very'. "
            "Correct it or remove it to take the default."
        ),
    ),
    (
        "surveys:\n  post: {kind: cast}\n",
        (
            "s.yaml:2: surveys.post.kind must be one of csat, nps, ces, resolution, engagement, "
            "helpful, not 'cast'. Did you mean csat?"
        ),
    ),
    (
        'themes:\n  delay: [late, "!"]\n',
        (
            "s.yaml:2: themes.delay[1]: '!' is no key word. "
            "Write a word or some words; a star may only stand at the end."
        ),
    ),
    (
        "themes:\n  delay: ['de*ay']\n",
        (
            "s.yaml:2: themes.delay[0]: 'de*ay' is no key word. "
            "Write a word or some words; a star may only stand at the end."
        ),
    ),
    (
        "themes:\n  __other__: [late]\n",
        (
            "s.yaml:2: themes.__other__ is no name for a theme. "
            "Leave out spaces around it and control characters; __other__ is taken."
        ),
    ),
    (
        f"themes:\n  {'x' * 65}: [late]\n",
        (
            f"s.yaml:2: themes.{'x' * 65} is longer than limits.label_length (64). "
            "Raise the limit or shorten the name."
        ),
    ),
    (
        "themes: {" + ", ".join(f"t{n}: [w]" for n in range(200)) + "}\n",
        "s.yaml:1: there are 200 themes, more than 199. Join some.",
    ),
    (
        "sector: banks\n",
        (
            "s.yaml:1: sector must be one of health, retail, tourism, banking, software, "
            "not 'banks'. Did you mean banking?"
        ),
    ),
]


@pytest.mark.parametrize(("text", "message"), TABLE, ids=[t[:40].strip() for t, _ in TABLE])
def test_a_wrong_setting_is_one_line_with_place_path_and_fix(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each error says where, what, and what to do, and nothing else."""
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        load_settings(Path("s.yaml"), {})
    assert str(caught.value) == message
