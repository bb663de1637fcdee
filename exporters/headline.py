"""Headline KPIs: the three to five figures that matter to a team, chosen in the settings.

A choice is written ``nps``, ``service_level.abandons_negative`` (a KPI by labels: one value for
each) or ``nps@survey=after_call`` (of one row instead of everything together).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.groups import FACETS
from aggregators.policy import Rules

if TYPE_CHECKING:
    from aggregators.kpis.values import KpiValue, KpiValues

FEWEST = 3
MOST = 5

ROW_LISTS: dict[str, str] = {"queue": "queues", "channel": "channels", "team": "teams", **FACETS}
"""What may stand after ``@``, and the list of the API that has its rows."""

_OPEN_LABELS = frozenset(("le", "within"))
"""Labels whose values depend on the settings."""


class Headline(Struct, frozen=True):
    """One chosen figure: the KPI, a value for each of its labels, and the row, if not all."""

    kpi: str
    labels: tuple[str, ...] = ()
    row_kind: str = ""
    row_name: str = ""

    def json(self) -> dict[str, Any]:
        """Return it for JSON; ``rows`` is the list of the API with the row ``name``."""
        row = {"rows": ROW_LISTS[self.row_kind], "name": self.row_name} if self.row_kind else None
        return {"kpi": self.kpi, "labels": list(self.labels), "row": row}


class HeadlineError(ValueError):
    """A choice that means nothing: ``problem`` and ``fix`` are for the one who wrote it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


def parse_headline(written: str, kpis: Mapping[str, Kpi] = CATALOGUE) -> Headline:
    """Return what was chosen.

    Raises:
        HeadlineError: no such KPI, label value or kind of row.
    """
    path, _, row = written.strip().partition("@")
    kpi_id = path.partition(".")[0].strip()
    kpi = kpis.get(kpi_id)
    if kpi is None:
        raise HeadlineError(f"there is no KPI {kpi_id!r}", _nearest(kpi_id, kpis))
    rest = path.strip()[len(kpi_id) + 1 :]
    # The last label has the rest: a quantile such as 0.9 has a dot of its own.
    labels = tuple(rest.split(".", max(0, len(kpi.labels) - 1))) if rest else ()
    if len(labels) != len(kpi.labels) or not all(labels):
        raise HeadlineError(_labels_wrong(kpi, labels), _example(kpi))
    _check_labels(kpi, labels)
    kind, is_given, name = (part.strip() for part in row.partition("="))
    if "@" in written and (kind not in ROW_LISTS or not is_given or not name):
        raise HeadlineError(
            f"{written!r} names no row after @",
            f"Write for example {kpi_id}@queue=billing; rows go by {', '.join(ROW_LISTS)}.",
        )
    return Headline(kpi_id, labels, kind, name)


def parse_headlines(written: Sequence[str]) -> tuple[Headline, ...]:
    """Return all that was chosen; nothing at all is a choice too (the usual tiles).

    Raises:
        HeadlineError: as :func:`parse_headline`, or they are too few, too many or repeated.
    """
    found = tuple(parse_headline(one) for one in written)
    if found and not FEWEST <= len(found) <= MOST:
        raise HeadlineError(
            f"{len(found)} KPIs are chosen",
            f"Choose {FEWEST} to {MOST}, or none for the usual tiles.",
        )
    if len(set(found)) < len(found):
        raise HeadlineError("a KPI is chosen twice", "Keep it once.")
    return found


@lru_cache(maxsize=1)
def empty_row() -> KpiValues:
    """Return all KPIs of a centre in which nothing ever happened: the labels that they go by."""
    from aggregators.board import board  # reading settings without a choice needs no core

    return board([], 0, Rules(), ("1h",)).windows["1h"].total


def known_values(kpi: Kpi) -> list[str]:
    """Return the values of the first label that are there from the start, such as variants."""
    value = empty_row().get(kpi.id)
    return [str(label) for label in value] if isinstance(value, dict) else []


def _check_labels(kpi: Kpi, labels: tuple[str, ...]) -> None:
    value: KpiValue = empty_row().get(kpi.id)
    for name, label in zip(kpi.labels, labels, strict=True):
        if not isinstance(value, dict) or not value or name in _OPEN_LABELS:
            return
        if label not in value:
            raise HeadlineError(f"{kpi.id} has no {name} {label!r}", _nearest(label, value))
        value = value[label]


def _labels_wrong(kpi: Kpi, labels: tuple[str, ...]) -> str:
    if not kpi.labels:
        return f"{kpi.id} goes by no label, {'.'.join(labels)} given"
    return f"{kpi.id} goes by {' and '.join(kpi.labels)}, {len(labels) or 'none'} given"


def _example(kpi: Kpi) -> str:
    steps = [kpi.id]
    value: KpiValue = empty_row().get(kpi.id)
    for name in kpi.labels:
        first = next(iter(value), None) if isinstance(value, dict) else None
        steps.append(first or name.upper())
        value = value.get(first) if isinstance(value, dict) and first else None
    return f"Write for example {'.'.join(steps)}."


def _nearest(word: str, words: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(word, list(words), n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    shown = list(words)[:3]
    return f"docs/kpis.md lists them, for example {', '.join(shown)}."
