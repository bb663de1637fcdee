"""Burn rates of service levels: how fast a day uses up what its target allows to go wrong.

Burn is (1 - service level) / (1 - target), so it never passes 1 / (1 - target): 5 for a target of
80 %. The usual factors of 14.4 and 6 are made for 99.9 % and could never fire. Here a row says
which share of the day's budget may be gone in its long window; its factor follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from aggregators.policy import HOUR_MS, MINUTE_MS, QueuePolicy, Rules
from alerts.export.alerting_rule import ONLY_HERE, ORIGIN, AlertingRule
from alerts.export.measures import PAIR, Shown
from alerts.export.promql import VIEW_IS_COMPLETE
from alerts.export.selectors import (
    NotInPromQLError,
    duration,
    name_matchers,
    number,
    quoted,
    selector,
)

LEAST_CONTACTS = 20
_ROUNDING = 1e-9
DAY_OF_WORK_MS = 12 * HOUR_MS
_ON = f"on ({', '.join(PAIR)})"
_OF_COUNTERS = {
    "abandons_negative": "vigie_contacts_offered_total",
    "answered_only": "vigie_contacts_answered_total",
}
"""Variants that can be made of counters, with what the answered in target are divided by."""


class BurnRow(Struct, frozen=True):
    """One line of the table: ``budget`` is the share of the day's budget used in ``long_ms``."""

    severity: Literal["critical", "warning"]
    word: str
    long_ms: int
    short_ms: int
    budget: float

    def burn(self, period_ms: int) -> float:
        """Return the factor for a day of that length, rounded to what a person can read."""
        return round(self.budget * period_ms / self.long_ms, 4)


ROWS: tuple[BurnRow, ...] = (
    BurnRow("critical", "Fast", 30 * MINUTE_MS, 5 * MINUTE_MS, 1 / 8),
    BurnRow("critical", "Steady", HOUR_MS, 15 * MINUTE_MS, 1 / 6),
    BurnRow("warning", "Slow", 4 * HOUR_MS, 30 * MINUTE_MS, 1 / 3),
)
"""For a day of 12 hours: factors of 3, 2 and 1."""


class Promise(Struct, frozen=True):
    """What some queues promise: a target by a variant. ``channel`` "" stands for all of them."""

    target: float
    variant: str
    channel: str = ""
    queues: tuple[str, ...] = ("*",)
    without: tuple[str, ...] = ()

    def matchers(self) -> list[str]:
        """Return what finds its series among those of other variants."""
        channel = [f"channel={quoted(self.channel)}"] if self.channel else []
        return [*name_matchers("queue", self.queues, self.without), *channel]

    def labels(self) -> dict[str, str]:
        """Return the labels that tell its rules from those of others."""
        found = {"target": _percent(self.target)}
        if self.channel:
            found |= {"channel": self.channel, "variant": self.variant}
        return found


class BurnRule(Struct, frozen=True, kw_only=True):
    """One burn rule, with what its unit tests must know."""

    alerting: AlertingRule
    promise: Promise
    row: BurnRow
    burn: float
    long: str
    short: str
    is_of_counters: bool


def promises(policies: Rules) -> list[Promise]:
    """Return the distinct promises; by channel and queues only where variants differ."""
    every = [*policies.queues.values(), *policies.channels.values()]
    kinds = sorted({_kind(policy) for policy in every})
    if len({variant for _, variant in kinds}) == 1:
        return [Promise(target, variant) for target, variant in kinds]
    found: list[Promise] = []
    for channel, default in policies.channels.items():
        own: dict[tuple[float, str], list[str]] = {}
        for (queue, of), policy in sorted(policies.queues.items()):
            if of == channel and _kind(policy) != _kind(default):
                own.setdefault(_kind(policy), []).append(queue)
        others = tuple(queue for queues in own.values() for queue in queues)
        found.append(Promise(*_kind(default), channel, ("*",), others))
        found += [Promise(*kind, channel, tuple(queues)) for kind, queues in own.items()]
    return found


def _kind(policy: QueuePolicy) -> tuple[float, str]:
    return policy.target, policy.headline_variant


def is_reachable(burn: float, target: float) -> bool:
    """Tell whether a service level can be so bad: not even 0 % burns faster than 1 / (1 - t)."""
    return burn * (1 - target) < 1 - _ROUNDING


def burn_rules(
    promise: Promise, shown: Shown, period_ms: int = DAY_OF_WORK_MS, rows: Sequence[BurnRow] = ROWS
) -> Iterator[BurnRule | str]:
    """Yield the rules of a promise; instead of one that makes no sense, a line that says why."""
    for row in rows:
        try:
            yield _burn_rule(promise, row, shown, period_ms)
        except NotInPromQLError as error:
            yield f"{_title(row)} for a target of {_percent(promise.target)}: {error}"


def _burn_rule(promise: Promise, row: BurnRow, shown: Shown, period_ms: int) -> BurnRule:
    burn = row.burn(period_ms)
    if not 0 < promise.target < 1:
        raise NotInPromQLError("a target of 0 % or 100 % has no budget to burn")
    if not is_reachable(burn, promise.target):
        most = 1 / (1 - promise.target)
        raise NotInPromQLError(f"a burn of {number(burn)} is never reached, at most {most:.4g} is")
    if burn < 1:
        raise NotInPromQLError(f"a burn of {number(burn)} is within the target")
    long, short = duration(row.long_ms), duration(row.short_ms)
    if short not in shown.windows:
        raise NotInPromQLError(f"the window {short} has no series; add it to windows")
    is_of_counters = long not in shown.windows
    long_burn = _counted_burn(promise, long) if is_of_counters else _burn(promise, long)
    contacts = (
        f"sum by (queue, channel) (increase(vigie_contacts_offered_total[{long}]))"
        if is_of_counters
        else _of_pair("vigie_window_contacts", {"window": long, "outcome": "offered"})
    )
    limit = number(burn)
    text = f"""(
  {long_burn} > {limit}
  and {_ON} {_burn(promise, short)} > {limit}
  and {_ON} {contacts} >= {LEAST_CONTACTS}
)
and on () {VIEW_IS_COMPLETE}"""
    alerting = AlertingRule(
        name=f"VigieServiceLevelBurn{row.word}",
        expression=text,
        for_ms=30_000,
        keep_ms=2 * MINUTE_MS,
        labels={"severity": row.severity, ORIGIN: ONLY_HERE, **promise.labels()},
        annotations=burn_annotations(
            promise, row, burn, "{{ $labels.queue }} ({{ $labels.channel }})",
            '{{ $value | printf "%.2f" }}',
        ),
        remarks=(_remark(promise, row, burn, period_ms),),
    )  # fmt: skip
    return BurnRule(
        alerting=alerting, promise=promise, row=row, burn=burn, long=long, short=short,
        is_of_counters=is_of_counters,
    )  # fmt: skip


def _remark(promise: Promise, row: BurnRow, burn: float, period_ms: int) -> str:
    return (
        f"{_title(row)}, target {_percent(promise.target)}, a day of {duration(period_ms)}:"
        f" service level below {_percent(1 - burn * (1 - promise.target))},"
        f" {_percent(row.budget)} of the day's budget used"
    )


def burn_annotations(
    promise: Promise, row: BurnRow, burn: float, where: str, value: str
) -> dict[str, str]:
    """Return the annotations for a row's name and its burn."""
    most = f"{1 / (1 - promise.target):.4g}"
    long = duration(row.long_ms)
    return {
        "summary": f"{where} misses its service level {row.word.lower()}",
        "summary_fr": f"{where} : niveau de service manqué ({_FRENCH[row.word]})",
        "description": f"Burn over {long} is {value} (limit {number(burn)}, possible {most},"
        f" target {_percent(promise.target)}).",
    }


_FRENCH = {"Fast": "vite", "Steady": "durablement", "Slow": "lentement"}


def _burn(promise: Promise, window: str) -> str:
    labels = {"window": window, "variant": promise.variant}
    level = _of_pair("vigie_service_level_ratio", labels, promise.matchers())
    return f"(1 - {level}) / {_ON} {_budget(promise)}"


def _counted_burn(promise: Promise, window: str) -> str:
    whole = _OF_COUNTERS.get(promise.variant)
    if whole is None:
        raise NotInPromQLError(
            f"the window {window} has no series and {promise.variant} none of counters;"
            f" add {window} to windows in the settings"
        )
    parts = [
        f"sum by (queue, channel) (increase({selector(name, {}, promise.matchers())}[{window}]))"
        for name in ("vigie_contacts_answered_in_target_total", whole)
    ]
    return f"(1 - {parts[0]} / {_ON} ({parts[1]} > 0)) / {_ON} {_budget(promise)}"


def _budget(promise: Promise) -> str:
    target = _of_pair("vigie_service_level_target_ratio", {}, promise.matchers())
    return f"(1 - ({target} == {number(promise.target)}))"


def _of_pair(metric: str, labels: dict[str, str], matchers: Sequence[str] = ()) -> str:
    return f"max by (queue, channel) ({selector(metric, labels, matchers)})"


def _title(row: BurnRow) -> str:
    word = "page" if row.severity == "critical" else "ticket"
    return f"{word} {duration(row.long_ms)}/{duration(row.short_ms)}"


def _percent(share: float) -> str:
    return f"{share * 100:.4g} %"
