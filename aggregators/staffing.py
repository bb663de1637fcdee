"""How many agents the next half hour needs, from what the last one was like.

The load of the last 30 minutes is taken to go on. What follows from it is Erlang's
(:mod:`aggregators.erlang`): one queue whose agents serve nothing else, one contact at a time,
Poisson arrivals, exponential handle times and patience, a steady state. Erlang A, in which callers
give up, tends to ask for too few agents, Erlang C for too many; both are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from math import ceil, inf

from msgspec import Struct

from aggregators.erlang import agents_needed, erlang_a, erlang_c
from aggregators.kpis.values import KpiValues
from aggregators.policy import HOUR_MS, QueuePolicy

HALF_HOUR = "30m"
HALF_HOUR_S = 1800
WINDOWS = (HALF_HOUR, "1h", "today")
"""Where handle time and patience are taken from: the first window that knows enough."""

CHANNELS = frozenset(("voice",))
"""Channels on which an agent has one contact at a time and customers wait for them."""

LEAST_ABANDONED = 5
"""Fewer who gave up say nothing of how patient callers are."""

MOST_WAITING = 5_000
"""Where more would wait before as many leave as come, callers are taken as endlessly patient."""

MOST_LOAD = 10_000.0
"""Erlangs beyond which nothing is computed."""


class NoHint(StrEnum):
    """Why there is no hint."""

    CHANNEL = "channel"  # agents have several contacts at a time there, or nobody waits
    LONG_THRESHOLD = "long_threshold"  # an hour or more: work is planned, not staffed by minutes
    TARGET = "target"  # 0 and 1 are reached by no one or by everybody
    NO_WINDOW = "no_window"  # the board has no window of 30 minutes
    FEW_CONTACTS = "few_contacts"  # less came in 30 minutes than the least sample
    NO_HANDLE_TIME = "no_handle_time"  # less was handled today than the least sample
    NO_AGENTS_KNOWN = "no_agents_known"  # nobody told who is logged in for the queue
    TOO_LARGE = "too_large"


class StaffingInputs(Struct, frozen=True, kw_only=True):
    """What a hint is computed from. Times in seconds.

    ``contacts`` entered in the last 30 minutes, ``agents`` are staffed now. ``patience_s`` is the
    mean patience: all waits of the window over those who gave up in it; None when too few did.
    ``…_window`` says where a figure is from.
    """

    contacts: int
    handle_s: float
    handle_window: str
    patience_s: float | None
    patience_window: str | None
    agents: int
    threshold_s: float
    target: float


class StaffingHint(Struct, frozen=True, kw_only=True):
    """What to expect of the next half hour, and what would reach the target.

    Service levels are the share of all contacts that is answered within the threshold. ``model``
    is Erlang A, or Erlang C where the patience is unknown; ``expected`` is with the agents of
    now, ``reached`` with the agents ``needed``. ``…_patient`` are Erlang C's. ``more`` agents are
    missing; ``spare`` ones could go elsewhere, a tenth and at least one of those needed kept back.
    """

    inputs: StaffingInputs
    model: str
    expected: float
    expected_patient: float
    needed: int
    needed_patient: int
    reached: float
    more: int
    spare: int


def staffing(
    windows: Mapping[str, KpiValues], policy: QueuePolicy, channel: str, min_sample: int
) -> StaffingHint | NoHint:
    """Return the hint of one queue on one channel, or why there is none.

    ``windows`` are the values of its row by the name of the window. Little is computed: some ms
    where the load is hundreds of erlangs.
    """
    if channel not in CHANNELS:
        return NoHint.CHANNEL
    if policy.threshold_ms >= HOUR_MS:
        return NoHint.LONG_THRESHOLD
    if not 0.0 < policy.target < 1.0:
        return NoHint.TARGET
    row = windows.get(HALF_HOUR)
    if row is None:
        return NoHint.NO_WINDOW
    contacts = count(row, "contacts_entered")
    if contacts < max(1, min_sample):
        return NoHint.FEW_CONTACTS
    if not count(row, "agents_logged_in"):
        return NoHint.NO_AGENTS_KNOWN
    handle = handle_time(windows, min_sample)
    if handle is None:
        return NoHint.NO_HANDLE_TIME
    if contacts / HALF_HOUR_S * handle[0] > MOST_LOAD:
        return NoHint.TOO_LARGE
    patience = mean_patience(windows)
    return hint(
        StaffingInputs(
            contacts=contacts,
            handle_s=handle[0],
            handle_window=handle[1],
            patience_s=patience[0] if patience else None,
            patience_window=patience[1] if patience else None,
            agents=count(row, "agents_staffed"),
            threshold_s=policy.threshold_ms / 1000,
            target=policy.target,
        )
    )


def handle_time(windows: Mapping[str, KpiValues], min_sample: int) -> tuple[float, str] | None:
    """Return the mean handle time and its window: the first with enough handled contacts."""
    for name in WINDOWS:
        row = windows.get(name, {})
        mean_s = row.get("aht_seconds")
        if count(row, "contacts_handled") >= max(1, min_sample) and isinstance(mean_s, float):
            return (mean_s, name) if mean_s > 0.0 else None
    return None


def mean_patience(windows: Mapping[str, KpiValues]) -> tuple[float, str] | None:
    """Return the mean patience in seconds and its window, the first with enough abandons.

    Who was answered or flowed out would have waited longer, so their waits count as well: the
    sum of all waits over those who gave up (the maximum likelihood of exponential patience).
    """
    for name in WINDOWS:
        row = windows.get(name, {})
        means = row.get("asa_seconds")
        mean_s = means.get("all_offered") if isinstance(means, dict) else None
        abandoned = count(row, "contacts_abandoned")
        if abandoned >= LEAST_ABANDONED and isinstance(mean_s, float) and mean_s > 0.0:
            return mean_s * count(row, "contacts_offered") / abandoned, name
    return None


def hint(inputs: StaffingInputs) -> StaffingHint:
    """Return what Erlang makes of the inputs."""
    rate_per_s = inputs.contacts / HALF_HOUR_S
    load = rate_per_s * inputs.handle_s
    patient = agents_needed(
        rate_per_s,
        inputs.handle_s,
        service_level=inputs.target,
        threshold_s=inputs.threshold_s,
    ).agents

    def by_c(agents: int) -> float:
        return erlang_c(agents, rate_per_s, inputs.handle_s, inputs.threshold_s).service_level

    patience_s = inputs.patience_s or inf
    if rate_per_s * patience_s > MOST_WAITING:
        model, needed, level = "erlang_c", patient, by_c
    else:
        model = "erlang_a"

        def level(agents: int) -> float:
            found = erlang_a(agents, rate_per_s, inputs.handle_s, patience_s)
            return found.answered_within(inputs.threshold_s)

        # So many at least: no more are answered than the agents can serve.
        low, needed = max(0, ceil(inputs.target * load) - 1), patient
        while level(needed) < inputs.target:
            low, needed = needed, 2 * needed
        while needed - low > 1:
            middle = (low + needed) // 2
            low, needed = (low, middle) if level(middle) >= inputs.target else (middle, needed)
    more = inputs.agents - needed
    return StaffingHint(
        inputs=inputs,
        model=model,
        expected=level(inputs.agents),
        expected_patient=by_c(inputs.agents),
        needed=needed,
        needed_patient=patient,
        reached=level(needed),
        more=max(0, -more),
        spare=max(0, more - ceil(needed / 10)),
    )


def count(row: KpiValues, kpi_id: str) -> int:
    """Return a count of a row, 0 where it has none."""
    value = row.get(kpi_id)
    return value if isinstance(value, int) else 0
