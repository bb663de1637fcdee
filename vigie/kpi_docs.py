"""Writes ``docs/kpis.md``, a row per KPI: ``python -m vigie.kpi_docs``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.groups import GROUPS
from aggregators.kpis.samples import AT_MOST, SAMPLES
from exporters.board_pages import page_of
from exporters.prometheus.catalogue import (
    PREFIX,
    SHARED,
    SPLIT,
    SUMMED,
    is_by_pair,
    kpi_metric,
    twin_metrics,
)
from exporters.row_kinds import ROW_KINDS
from exporters.written_page import write_or_check
from vigie.proofs import Proofs, read_proofs

TARGET = Path(__file__).parents[1] / "docs" / "kpis.md"

EXAMPLES = 40
"""Worked examples of the KPI catalogue, each of which is a test."""

HEADINGS: dict[str, tuple[str, str]] = {
    "live": ("Live queue", "File en direct"),
    "service": ("Service", "Service"),
    "waiting": ("Waiting and responding", "Attente et réponse"),
    "agents": ("Agents", "Agents"),
    "resolution": ("Resolution", "Résolution"),
    "customers": ("Customers and repeat contacts", "Clients et réitération"),
    "satisfaction": ("Satisfaction", "Satisfaction"),
    "selfcare": ("Self-care", "Selfcare"),
    "quality": ("Quality", "Qualité"),
    "business": ("Cost and business", "Coûts et activité"),
}
_OTHER_KINDS = [kind for kind in ROW_KINDS if kind != "team"]  # every KPI has its team's
_DIRECTIONS = {"up": "higher", "down": "lower", "band": "a band", "none": "–"}
_WINDOWS = {"short": "all", "long": "from 1 h on"}

_INTRO = """\
# KPIs

<!-- Written by `python -m vigie.kpi_docs`. Do not edit. -->

Every KPI that vigie computes, from the catalogue in code (`aggregators/kpis/`), and the tests that
hold its numbers to literal ones. What the formulas share (symbols, booking, windows, variants) is
in [formulas](formulas.md); the metrics with their labels are in [metrics](metrics.md).

- **KPI**: the id is the field in the API (`total`, `queues`, `surveys` and so on of `/api/board`),
  in `vigie compute --json` and in `headline_kpis` of the [settings](settings.md); in braces the
  labels that its value goes by, the outermost first.
- **better**: which way is better. **n**: the count behind it, shown beside it on the wallboard;
  after ≤ a count that its n cannot pass.
- **windows**: *now* is a gauge that follows the clock; *all* has series in every window of the
  settings; *from 1 h on* has series in long windows only. The API has it in every window.
- **metric**: the names in Prometheus. One with `*` stands for a name by kind of row:
  `vigie_survey_nps`, `vigie_centre_nps` ([which there are](metrics.md#rows-that-are-no-queue)).
- **page**: the page of the wallboard.
"""


def metric_names(kpi: Kpi) -> list[str]:
    """Return the metrics of a KPI; ``*`` stands for the kinds of rows other than pairs."""
    names = []
    if kpi.id in SHARED:
        names.append(PREFIX + SHARED[kpi.id].metric)
    else:
        metric = kpi_metric(kpi)
        if is_by_pair(metric):
            names.append(metric.name)
        if any(True for _ in twin_metrics([metric], _OTHER_KINDS)):
            names.append(metric.name.replace(PREFIX, f"{PREFIX}*_", 1))
    if kpi.id in SUMMED:
        names.append(PREFIX + SUMMED[kpi.id].metric)
    names += [PREFIX + place.metric for (of, _), place in SPLIT.items() if of == kpi.id]
    return names


def windows_of(kpi: Kpi) -> str:
    """Return in words in which windows a KPI has series."""
    if kpi.kind == "N":
        return "now"
    group = next((group for group in GROUPS if group.name == kpi.group), None)
    return _WINDOWS[group.windows if group is not None else "short"]


def links_of(tests: list[str]) -> str:
    """Return links to tests."""
    shown = []
    for test in tests:
        path, _, name = test.partition("::")
        shown.append(f"[`{name}`](../{path})")
    return "<br>".join(shown) or "none"


def _row(kpi: Kpi, proofs: Proofs) -> str:
    page = page_of(kpi)
    sample = SAMPLES.get(kpi.id)
    bound = AT_MOST.get(kpi.id)
    cells = (
        f"`{kpi.id}`" + "".join(f" {{{label}}}" for label in kpi.labels),
        kpi.english,
        kpi.french,
        kpi.unit,
        _DIRECTIONS[kpi.direction],
        kpi.formula.replace("|", "\\|"),
        f"`{sample}`" if sample else f"≤ `{bound}`" if bound else "–",
        windows_of(kpi),
        "<br>".join(f"`{name}`" for name in metric_names(kpi)),
        page.english if page is not None else "none",
        links_of(proofs.kpis.get(kpi.id, [])),
    )
    return f"| {' | '.join(cells)} |"


def _sections(proofs: Proofs) -> Iterator[str]:
    groups = dict.fromkeys(kpi.group for kpi in CATALOGUE.values())
    for group in groups:
        english, french = HEADINGS.get(group, (group.capitalize(), group))
        yield f"## {english}"
        yield ""
        if french != english:
            yield f"*{french}*"
            yield ""
        yield (
            "| KPI, API field | English | French | unit | better | formula | n | windows | metric "
            "| page | proved by |"
        )
        yield "|---|---|---|---|---|---|---|---|---|---|---|"
        yield from (_row(kpi, proofs) for kpi in CATALOGUE.values() if kpi.group == group)
        yield ""


def _examples(proofs: Proofs) -> Iterator[str]:
    yield "## Worked examples"
    yield ""
    yield f"The {EXAMPLES} worked examples of the contract that the KPIs keep, each a test."
    yield ""
    yield "| example | tests |"
    yield "|---|---|"
    for number in range(1, EXAMPLES + 1):
        yield f"| {number} | {links_of(proofs.examples.get(number, []))} |"
    yield ""


def page(proofs: Proofs | None = None) -> str:
    """Return the text of the page."""
    proofs = read_proofs() if proofs is None else proofs
    return "\n".join([_INTRO, *_sections(proofs), *_examples(proofs)])


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` only say whether it is current (exit code 1 if not)."""
    return write_or_check(arguments, TARGET, page, "vigie.kpi_docs")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
