"""Writes ``docs/formulas.md``, what the formulas of KPIs share: ``python -m vigie.formulas_docs``.

The formula of each KPI itself is in ``docs/kpis.md`` (:mod:`vigie.kpi_docs`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from aggregators.kpis.service_level import VARIANTS
from aggregators.policy import EDGES_MS, QUANTILES, RESPONSE_EDGES_MS
from exporters.http.variants import SERVICE_LEVEL_VARIANTS
from exporters.written_page import write_or_check

TARGET = Path(__file__).parents[1] / "docs" / "formulas.md"

_INTRO = f"""\
# Formulas

<!-- Written by `python -m vigie.formulas_docs`. Do not edit. -->

What the formulas of the KPIs share: symbols, where facts are booked, windows, variants. Each KPI
with its own formula, names, metric, page and tests is in [kpis](kpis.md).

## What all of them share

- **Legs.** Queue KPIs count legs: one stay of a contact in one queue and the handling that
  follows. A transfer to a queue opens a new leg there.
- **Sums first.** Only counts, sums in milliseconds and multisets of waits are stored. A ratio over
  two queues is the ratio of the summed parts, each queue judged by its own threshold; a mean is
  summed time over summed count.
- **No value.** With a denominator of 0 a ratio or mean has no value: `null` in JSON, no sample in
  Prometheus, a dash on the wallboard. The counts beside it are there and are 0.
- **Units.** Durations are seconds, ratios 0 to 1, counts whole numbers; scores keep their own
  scale, money is in the configured currency.
- **Provisional and final.** A figure of a cohort that still has time to change (will the customer
  come back within 7 days?) is *provisional* until the forward window has fully passed, then
  *final*. Both are booked at the time of the cohort.
- **Windows.** *now* is a gauge that follows the clock without any event and is repeated in every
  window; *window* is a figure of a stretch of event time, half open: `[start, end)`.
- **Percentiles** are nearest rank over every single wait: the value at position ceil(q x n).
  Exported are q = {", ".join(map(str, QUANTILES))}.
- **Edges** of `answered_within_rate` and `abandon_band_count`, in seconds:
  {", ".join(str(ms // 1000) for ms in EDGES_MS)}; of `first_response_within_rate`:
  {", ".join(str(ms // 1000) for ms in RESPONSE_EDGES_MS)}.
- **Left out.** Outbound contacts are in no queue KPI, only in agent time. Events flagged
  `test: true` are in nothing. Legs that entered outside business hours are kept apart.

Symbols, over the legs that left in the window: *A* answered, *B* abandoned in the queue or while
ringing, *F* flow-outs (left otherwise, unanswered), *R* callback requests, *S* abandoned with a
wait below the short limit, *O* = A + B + F offered. *X* is the threshold of the queue. *A≤* are
answered with a wait up to X (a wait equal to X is inside), *B>* abandoned after it. Neither R nor
legs that still wait or were lost are in O.

| booked at | what |
|---|---|
| entering | `contacts_entered`, `transfers_in_count` |
| leaving the queue | offered, answered, abandoned, flow-outs, callback requests and their waits |
| enter + X | the miss in the variant `timer_expiry` |
| enter + longest wait | `contacts_lost`; undone when the end of the leg comes later |
| end of the handling | handled legs with talk, hold and after-contact work |
| its own time | transfers, tickets, missed agent offers, callbacks done |
| the reply | first responses and later replies |
| where it was spent | agent time, cut at the borders of the window |
"""

_WINDOWS = """\
## Windows

| name | what it covers |
|---|---|
| `30s`, `5m`, `4h`, `7d` | the last so many seconds, minutes, hours or days; at most 31 days |
| `interval_15m`, `interval_30m` | the open interval of the queue's local clock |
| `interval_15m_last`, `interval_30m_last` | the last closed one |
| `today` | since the queue's reset time, in its own zone; days of 23 and 25 hours are real |
| `week`, `month`, `quarter`, `year` | since their first day in the queue's zone (Monday) |
| `week_last`, `month_last`, `quarter_last`, `year_last` | the last closed one |
| `whole` | everything before the instant (`compute` and `replay`) |

Windows up to one hour move by 5 s, longer ones by a minute. A window is the sum of its slices,
added when somebody looks ([decision 0010](decisions/0010-slices-summed-when-asked.md)).
"""

_AGENTS = """\
## Agent time

A logged-in millisecond is booked under exactly one shown state, the first that fits: unresponsive,
on contact (talk before hold), wrap-up, ringing, paused, other, available. *Occupied* is talk +
hold + after-contact work while logged in; *ready* is occupied + ringing + available; *idle* is
available. *Contact time* counts simultaneous contacts each. Without log-ins there is no logged-in
time, and these ratios have no value; `agent_contact_seconds` counts contact work all the same
([decision 0009](decisions/0009-agent-time-needs-presence.md)).
"""

_EARLY = """\
## Early warning

What happens if nothing changes, in seconds; rules can use both.

- `longest_wait_breach_seconds`: nobody is answered. The first instant enter + X of those who wait,
  less now; 0 once somebody waits beyond X. Over several queues it is the least of theirs.
- `service_level_breach_seconds`: the last five minutes go on, by the headline variant with its
  parts (met, whole) in the window and (a, b) in the five minutes. The reserve is
  m = met − target × whole, and the pace takes (target × b − a) / 300 of it a second:

| window | seconds until the service level is below the target |
|---|---|
| grows (`today`, an open interval, week, month) | m / ((target × b − a) / 300) |
| rolls, L seconds long | m / ((target × b − a) / 300 + m / L): what is in it leaves too, taken as spread evenly |
| closed | no value: nothing changes in it |

It is 0 when the service level is below its target now. It has no value when a / b reaches the
target, when nothing counted in the window or the five minutes, for the variant `instant`, and in
rows of queues with different targets or variants. Contacts that wait count when they leave; a day
or an interval is taken as if it did not end.
"""  # noqa: E501

_STAFFING = """\
## Staffing hints

`/api/staffing` says how many agents bring the next half hour to the target (`aggregators/staffing.py`).

| input | from |
|---|---|
| λ | `contacts_entered` of the last 30 minutes |
| H | `aht_seconds` of 30 minutes, 1 hour or today: the first with enough handled contacts (`min_sample`) |
| P | all waits over those who gave up, of the first of these windows with 5 abandons; else Erlang C is taken, in which nobody gives up |
| N | `agents_staffed` now |
| X, target | settings of the queue |

The service level meant is the share of all contacts that is answered within X. Assumed are one
kind of work, one contact at a time, Poisson arrivals, exponential times, a steady state, and
agents who are there for this queue alone: where they serve others too (`shared`), more may be
needed. Erlang A tends to ask for too few agents and Erlang C for too many, so both are shown.
Agents are called spare only beyond a tenth, and at least one, of those needed. There is no hint
with less than `min_sample` contacts, where nobody told which agents are logged in, on channels other
than voice, and for thresholds of an hour or more.
"""  # noqa: E501

_ERLANG = """\
## Erlang

`aggregators/erlang.py` computes Erlang B, C and A and the agents that a load needs, for the
staffing hints below; the tests hold the simulator against it too. With arrivals at rate λ, mean
handle time H, mean patience P, N agents and the load a = λH:

| model | formula |
|---|---|
| Erlang B | B(0) = 1; B(n) = a B(n − 1) / (n + a B(n − 1)) |
| Erlang C (nobody leaves) | C = N B / (N − a (1 − B)); P(wait > t) = C exp(−(N − a) t / H); no steady state for a ≥ N |
| Erlang A (callers leave) | birth-death chain, n contacts depart at rate min(n, N) / H + max(n − N, 0) / P; stable for every load |
"""  # noqa: E501


def _service_levels() -> Iterator[str]:
    yield "## Service level, by variant"
    yield ""
    yield "All variants are computed at once; `headline_variant` of the queue says which one the"
    yield "wallboard shows and `service_level_attained` holds to the target."
    yield ""
    yield "| variant | code | formula | in symbols |"
    yield "|---|---|---|---|"
    for label, words in VARIANTS.items():
        code, symbols = SERVICE_LEVEL_VARIANTS[label]
        yield f"| `{label}` | {code} | {words} | {symbols} |"
    yield ""


def page() -> str:
    """Return the text of the page."""
    return "\n".join([_INTRO, _WINDOWS, *_service_levels(), _AGENTS, _EARLY, _ERLANG, _STAFFING])


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` only say whether it is current (exit code 1 if not)."""
    return write_or_check(arguments, TARGET, page, "vigie.formulas_docs")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
