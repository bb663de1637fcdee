"""What a rule may measure: a KPI by its labels and window, or vigie's own health."""

from __future__ import annotations

import difflib
import re
from functools import cache

from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.groups import FACETS, GROUPS
from aggregators.kpis.resolution import by_motive
from aggregators.kpis.samples import AT_MOST, SAMPLES
from aggregators.kpis.sums import Sums
from aggregators.policy import Rules
from alerts.rules import HEALTH, PIPELINE, Measure
from exporters.headline import HeadlineError, parse_headline
from vigie.alert_thresholds import ConditionError
from vigie.settings_reader import nearest

_WRITTEN = re.compile(r"(?P<path>[^\[\]]+?)\s*(?:\[(?P<window>[^\[\]]*)\])?")


class WindowNotComputedError(ConditionError):
    """A window that the settings do not have."""


def read_measure(written: str, policies: Rules) -> Measure:
    """Return what ``kpi.label[window]`` or ``pipeline.measure`` means.

    Raises:
        ConditionError: there is no such KPI, label, measure or window.
    """
    match = _WRITTEN.fullmatch(written.strip())
    if match is None or "@" in written:
        raise ConditionError(
            f"{written.strip()[:80]!r} is no measure",
            "Write a KPI and its window, such as answer_rate[15m]; rows are named in scope.",
        )
    path, window = match["path"], match["window"]
    if path.startswith(f"{PIPELINE}."):
        return _health(path.removeprefix(f"{PIPELINE}."), window)
    try:
        found = parse_headline(path)
    except HeadlineError as error:
        raise ConditionError(error.problem, _fix(path, error.fix)) from None
    kpi = CATALOGUE[found.kpi]
    _check_window(kpi, path, window, policies)
    return Measure(kpi.id, found.labels, window or "")


def check_row_kind(kpi_id: str, kind: str) -> None:
    """Check that rows of a kind have a KPI. Raises ConditionError."""
    kinds = _kinds_with(kpi_id)
    if kind in FACETS and kind not in kinds:
        others = ", ".join(["queue", "channel", "team", "total", *kinds])
        raise ConditionError(f"there is no {kpi_id} by {kind}", f"It goes by {others}.")


def has_sample(kpi_id: str) -> bool:
    """Whether it is known how many contacts are behind the figure."""
    return kpi_id in SAMPLES or kpi_id in AT_MOST


def default_min_sample(kpi_id: str, policies: Rules) -> int:
    """Return the least sample of a figure of which the rule names none: none for those of now."""
    if not has_sample(kpi_id) or CATALOGUE[kpi_id].kind == "N":
        return 0
    return policies.min_sample


def _health(name: str, window: str | None) -> Measure:
    if name not in HEALTH:
        raise ConditionError(f"there is no measure {PIPELINE}.{name}", nearest(name, HEALTH))
    if window is not None:
        raise ConditionError(f"{PIPELINE}.{name} is a measure of now", f"Leave out [{window}].")
    return Measure(name)


def _check_window(kpi: Kpi, path: str, window: str | None, policies: Rules) -> None:
    if kpi.kind == "N":
        if window is not None:
            raise ConditionError(f"{kpi.id} is a figure of now", f"Leave out [{window}].")
        return
    known = ", ".join(policies.windows)
    if not window:
        example = next(iter(policies.windows), "15m")
        raise ConditionError(
            f"{kpi.id} is a figure of a window",
            f"Write for example {path}[{example}]; windows of the settings: {known}.",
        )
    if window not in policies.windows:
        raise WindowNotComputedError(
            f"the window {window!r} of {kpi.id} is not computed",
            f"Add it to windows: in the settings, or take one of {known}.",
        )


def _fix(path: str, fix: str) -> str:
    word = path.partition(".")[0]
    if difflib.get_close_matches(word, [PIPELINE], cutoff=0.8) or word in HEALTH:
        name = path.partition(".")[2] if word not in HEALTH else word
        close = difflib.get_close_matches(name, list(HEALTH), n=1)
        return f"Did you mean {PIPELINE}.{close[0] if close else next(iter(HEALTH))}?"
    return fix


@cache
def _kinds_with(kpi_id: str) -> tuple[str, ...]:
    kpi = CATALOGUE[kpi_id]
    facets = {kind for group in GROUPS if group.name == kpi.group for kind in group.facets}
    if kpi_id in by_motive(Sums()):
        facets.add("motive")
    return tuple(kind for kind in FACETS if kind in facets)
