"""The two languages of the boards: every text is written twice, side by side."""

from __future__ import annotations

from typing import Literal, TypeAlias

from aggregators.kpis.catalogue import Kpi
from exporters.grafana.french_formulas import FRENCH_FORMULAS
from exporters.grafana.french_metrics import FRENCH_METRICS
from exporters.prometheus.metric import Metric

Language: TypeAlias = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")

_BETTER = {
    "up": ("Higher is better.", "Plus c'est haut, mieux c'est."),
    "down": ("Lower is better.", "Plus c'est bas, mieux c'est."),
    "band": ("Good within a band.", "Bon dans une fourchette."),
    "none": ("", ""),
}

_SYMBOLS = (
    ("A", "A answered", "A décrochés"),
    ("B", "B abandoned", "B abandonnés"),
    ("F", "F left otherwise", "F débordés"),
    ("O", "O = A + B + F", "O = A + B + F"),
    ("R", "R callbacks asked", "R rappels demandés"),
    ("S", "S short abandons", "S abandons courts"),
    ("X", "X the threshold of the queue", "X le seuil de la file"),
)
"""Letters in formulas, and what they stand for."""


class Words:
    """Says things in one language: ``words("Waiting", "En attente")``."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def __call__(self, english: str, french: str) -> str:
        """Return the text of this language."""
        return french if self.language == "fr" else english

    def title(self, kpi: Kpi) -> str:
        """Return the name of a KPI as a title."""
        name = self(kpi.english, kpi.french)
        return name[:1].upper() + name[1:]

    def formula(self, kpi: Kpi) -> str:
        """Return what a KPI is computed from."""
        return self(kpi.formula, FRENCH_FORMULAS[kpi.id])

    def about(self, kpi: Kpi, metric: str) -> str:
        """Return the description of a KPI's panel: formula, direction, symbols, id and metric."""
        formula = self.formula(kpi)
        letters = {word.strip("()=+-/,;:.<>") for word in formula.split()}
        symbols = [self(en, fr) for letter, en, fr in _SYMBOLS if letter in letters]
        parts = [
            f"{formula[:1].upper()}{formula[1:]}.",
            *([f"{', '.join(symbols)}."] if symbols else []),
            self(*_BETTER[kpi.direction]),
            self("KPI", "Indicateur")
            + f" `{kpi.id}`, "
            + self("metric", "série")
            + f" `{metric}`.",
        ]
        return " ".join(part for part in parts if part)

    def metric_about(self, metric: Metric) -> str:
        """Return the description of a pipeline metric's panel: meaning, and what to do."""
        meaning, remedy = metric.help, metric.remedy
        if self.language == "fr":
            meaning, remedy = FRENCH_METRICS[metric.name]
        if not remedy:
            return f"{meaning} `{metric.name}`"
        return f"{meaning} **{self('When it moves', 'Si cela bouge')}**: {remedy} `{metric.name}`"
