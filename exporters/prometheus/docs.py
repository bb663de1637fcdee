"""Writes ``docs/metrics.md`` from the metric catalogue: ``python -m exporters.prometheus.docs``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from aggregators.kpis.groups import FACETS, GROUPS
from exporters.prometheus.catalogue import SHARED, SPLIT, SUMMED, catalogue
from exporters.prometheus.collector import MAX_NAMES, MAX_PAIRS, MAX_SERIES, MAX_VALUES
from exporters.prometheus.labels import MAX_LENGTH
from exporters.prometheus.metric import Metric
from exporters.row_kinds import DEFAULT_KINDS
from exporters.written_page import write_or_check

TARGET = Path(__file__).parents[2] / "docs" / "metrics.md"

_HEADINGS = {
    "live": "Live queue",
    "service": "Service",
    "waiting": "Waiting and responding",
    "agents": "Agents",
    **{group.name: group.name.capitalize() for group in GROUPS},
    "settings": "Settings in force",
    "counters": "Counters and histograms",
    "view": "View",
    "pipeline": "Pipeline",
    "alerts": "Alerts",
    "reports": "Reports",
}

_INTRO = """# Metrics

<!-- Written by `python -m exporters.prometheus.docs`. Do not edit. -->

Three addresses give Prometheus text, or OpenMetrics 1.0 when the scraper prefers it:

| Address | Shows |
|---|---|
| `/metrics/kpi` | KPI and view series: the merged numbers of all partitions |
| `/metrics/worker` | pipeline series: what this worker says about itself |
| `/metrics` | both, for a single worker and for first steps |

Of [several workers](several-workers.md) one shows the KPI and view series, all show their own.

Read this before writing PromQL:

* **No value, no sample.** A ratio or mean over nothing has no sample, neither 0 nor 1. The counts
  under it are there and are 0.
* **Do not average ratios, means or percentiles** over queues or time: divide the sums, for example
  `sum(vigie_window_contacts{outcome="answered_in_target", window="30m"})
  / sum(vigie_window_contacts{outcome="offered", window="30m"})`.
* **Select one window and one variant.** Windows overlap and variants are formulas for the same
  thing, so a sum over either means nothing.
* Windows are in event time: they cannot be had from scraped counters. `today` starts at the
  queue's reset time in its own zone. The fixed intervals (`interval_15m`, the open one, and
  `interval_15m_last`, the closed one) have series only when asked for.
  Series without `window` tell about now and move with the clock alone.
* Counters and histograms show the last durable checkpoint, so they never fall after a crash; they
  count first outcomes and are for trends. The window gauges hold the corrected truth.
* Units are seconds and ratios from 0 to 1. The label `within` is a limit in seconds (`le` belongs
  to histograms), `q` a quantile.
"""


def _facet_rows() -> Iterator[str]:
    for facet in FACETS:
        groups = [group.name for group in GROUPS if facet in group.facets]
        if groups:
            yield f"| `vigie_{facet}_` | `{facet}` | one {facet}: {', '.join(groups)} |"


_LIMITS = f"""Limits, each counted in `vigie_label_values_dropped_total` when it is reached:

* {MAX_PAIRS} pairs of queue and channel; who came first keeps the place
* {MAX_NAMES} teams, motives, surveys and so on
* {MAX_VALUES} values of any other label, {MAX_LENGTH} characters per value
* {MAX_SERIES:,} KPI samples per scrape; beyond, whole queues are left out, and before them
  surveys, tools and the like

With facts of every group, a pair has about 125 series per short window, 240 per long one and 90
more. The six windows of the settings so fit about 65 such pairs, more where nobody is surveyed or
evaluated; for more, choose fewer windows, or raise the limit (`vigie doctor` counts them for your
settings). Keep the scrape job's
`sample_limit` above it: Prometheus drops a whole scrape that exceeds its limit.

Agents and customers are never labels.

## Rows that are no queue

A KPI has further series by what its name begins with; under the same name a sum over queues would
count everything twice:

| name begins with | label | what has it |
|---|---|---|
| `vigie_centre_` | none | everything together: the groups below that come after agents |
| `vigie_channel_` | `channel` | a whole channel: the same groups |
| `vigie_team_` | `team` | every KPI |
{chr(10).join(_facet_rows())}

`metrics.by` in the [settings](settings.md) chooses which of them there are; without it
{", ".join(f"`{kind}`" for kind in DEFAULT_KINDS)}. Facts without a queue (a survey that names
none, an order) are in no series by queue: an empty label would be no label. They are in those of
the centre and of their survey, tool or segment.

Groups of long windows have series in windows of an hour and more only (`today`, `7d`); of shorter
windows the longest one stands in where the settings have no other.
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _table(metrics: Iterable[Metric]) -> Iterable[str]:
    rows = list(metrics)
    remedies = any(metric.remedy for metric in rows)
    yield f"| Metric | Type | Unit | Labels | Meaning |{' When it moves |' if remedies else ''}"
    yield f"|---|---|---|---|---|{'---|' if remedies else ''}"
    for metric in rows:
        labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
        cells = [f"`{metric.name}`", metric.type, metric.unit, labels, _cell(metric.help)]
        if remedies:
            cells.append(_cell(metric.remedy))
        yield f"| {' | '.join(cells)} |"


def _shared() -> Iterable[str]:
    yield "| KPI | Shown as |"
    yield "|---|---|"
    for kpi_id, place in {**SHARED, **SUMMED}.items():
        labels = ", ".join(place.labels)
        also = " (sum over its label, beside its own metric)" if kpi_id in SUMMED else ""
        yield f"| `{kpi_id}` | `vigie_{place.metric}`{f' {labels}' if labels else ''}{also} |"
    for (kpi_id, label), place in SPLIT.items():
        yield f"| `{kpi_id}`, {label} | `vigie_{place.metric}` |"


def _windows_of(name: str) -> Iterator[str]:
    for group in GROUPS:
        if group.name == name:
            yield "Long windows only." if group.windows == "long" else "All windows."
            yield ""


def page() -> str:
    """Return the text of the page."""
    metrics = catalogue()
    lines = [_INTRO, _LIMITS]
    for group, heading in _HEADINGS.items():
        lines += [f"## {heading}", "", *_windows_of(group)]
        lines += [*_table(m for m in metrics if m.group == group), ""]
    lines += [
        "## KPIs that share a metric",
        "",
        "Every other KPI is `vigie_` (or `vigie_centre_`) + its id, with `_ratio` or `_seconds` at",
        "the end.",
        "",
        *_shared(),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` only say whether it is current (exit code 1 if not)."""
    return write_or_check(arguments, TARGET, page, "exporters.prometheus.docs")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
