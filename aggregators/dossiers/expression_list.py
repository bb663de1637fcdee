"""The list of expressions without an answer: the top of all shards, with its trend.

A window is made of whole local days (of the zone of self-care) and today: ``today``, ``7d`` (the
last 7 complete days and today), ``whole``. What an expression counted is compared with the
stretch as long before it; of today only the complete hours, with the same hours of yesterday.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nsmallest

from msgspec import Struct

from aggregators.calendar import local_day_start
from aggregators.dossiers.expressions import Expressions
from aggregators.dossiers.heavy_hitters import Entry
from aggregators.policy import DAY_MS, HOUR_MS, Rules
from aggregators.shard import Shard
from aggregators.windows import Kind, parse_window

_FAR_MS = 1 << 60


class Listed(Struct):
    """One expression: how often, by which tools, when; and how often in the stretch before.

    ``change`` is the count of the window's complete part less ``count_before``. Both are None as
    long as the data do not reach back beyond that stretch.
    """

    expression: str
    count: int
    tools: dict[str, int]
    first_ms: int
    last_ms: int
    count_before: int | None = None
    change: int | None = None


class ExpressionList(Struct):
    """The top expressions of [start, end).

    ``searches`` are all searches without an answer there, ``unlisted`` those of them that held
    personal data or no word. Every expression was searched for at least ``count`` times and at
    most ``count + error``; ``error_before`` is the same of the stretch before.
    """

    window: str
    tool: str | None
    start_ms: int
    end_ms: int
    searches: int
    unlisted: int
    error: int
    error_before: int | None
    expressions: list[Listed]


class _Stretches(Struct):
    start_ms: int
    complete_ms: int  # end of what can be compared
    before_ms: int  # start of what it is compared with
    before_end_ms: int
    by_hour: bool = False


def expression_list(
    shards: Iterable[Shard],
    as_of_ms: int,
    rules: Rules,
    window: str = "today",
    tool: str | None = None,
) -> ExpressionList:
    """Return the list as of an instant, of one tool or all.

    Raises ValueError for a window that is neither ``today``, ``whole`` nor some days.
    """
    told = [shard.dossiers.expressions for shard in shards]
    when = _stretches(window, as_of_ms, rules)
    now = _Totals(tool)
    complete, before = _Totals(tool), _Totals(tool)
    for expressions in told:
        now.add(expressions, when.start_ms, as_of_ms)
        complete.add(expressions, when.start_ms, when.complete_ms)
        before.add(expressions, when.before_ms, when.before_end_ms)
    since_ms = min((expressions.since_ms for expressions in told), default=_FAR_MS)
    is_compared = (
        when.before_ms < when.before_end_ms
        and since_ms < when.before_ms
        and not (when.by_hour and before.has_days)
        and (rules.long_retention_ms is None or as_of_ms - when.before_ms < rules.long_retention_ms)
    )
    top = nsmallest(rules.expressions_listed, now.found.items(), key=_order)
    return ExpressionList(
        window=window,
        tool=tool,
        start_ms=when.start_ms,
        end_ms=as_of_ms,
        searches=now.searches,
        unlisted=now.unlisted,
        error=now.error,
        error_before=before.error if is_compared else None,
        expressions=[
            Listed(
                entry.shown, entry.count, now.tools[name], entry.first_ms, entry.last_ms,
                before.count(name) if is_compared else None,
                complete.count(name) - before.count(name) if is_compared else None,
            )
            for name, entry in top
        ],
    )  # fmt: skip


class _Totals:
    """What the expressions of some hours and days come to, by name, of one tool or all."""

    def __init__(self, tool: str | None) -> None:
        self._tool = tool
        self.found: dict[str, Entry] = {}
        self.tools: dict[str, dict[str, int]] = {}
        self.searches = self.unlisted = self.error = 0
        self.has_days = False

    def add(self, expressions: Expressions, start_ms: int, end_ms: int) -> None:
        """Add a stretch of one shard."""
        for part in expressions.parts(start_ms, end_ms):
            self.error += part.error
            self.has_days |= part.is_day
            self.searches += self._of_tool(part.mentions)
            self.unlisted += self._of_tool(part.unlisted)
            for key, entry in part.entries.items():
                tool, _, name = key.rpartition("\n")
                if self._tool is not None and tool != self._tool:
                    continue
                known = self.found.get(name)
                if known is None:
                    self.found[name] = Entry(
                        entry.count, entry.first_ms, entry.last_ms, entry.shown
                    )
                else:
                    known.add(entry)
                by_tool = self.tools.setdefault(name, {})
                by_tool[tool] = by_tool.get(tool, 0) + entry.count

    def count(self, name: str) -> int:
        """Return how often an expression was counted."""
        found = self.found.get(name)
        return 0 if found is None else found.count

    def _of_tool(self, counts: dict[str, int]) -> int:
        return sum(counts.values()) if self._tool is None else counts.get(self._tool, 0)


def _stretches(window: str, as_of_ms: int, rules: Rules) -> _Stretches:
    parsed = parse_window(window)
    policy = rules.policy("", "selfcare")
    clock = policy.zone, policy.reset_minute
    today_ms = local_day_start(as_of_ms, *clock)
    if parsed.kind is Kind.WHOLE:
        return _Stretches(0, 0, 0, 0)
    if parsed.kind is Kind.TODAY:
        hours_ms = (as_of_ms - today_ms) // HOUR_MS * HOUR_MS
        yesterday_ms = local_day_start(today_ms - 1, *clock)
        return _Stretches(
            today_ms, today_ms + hours_ms, yesterday_ms, yesterday_ms + hours_ms, True
        )
    if parsed.kind is not Kind.ROLLING or parsed.length_ms % DAY_MS:
        raise ValueError(
            f"the window {window!r} is not made of days: ask for today, whole, or days such as 7d"
        )
    start_ms = before_ms = today_ms
    for _ in range(parsed.length_ms // DAY_MS):
        start_ms = local_day_start(start_ms - 1, *clock)
    before_ms = start_ms
    for _ in range(parsed.length_ms // DAY_MS):
        before_ms = local_day_start(before_ms - 1, *clock)
    return _Stretches(start_ms, today_ms, before_ms, start_ms)


def _order(item: tuple[str, Entry]) -> tuple[int, str]:
    return -item[1].count, item[0]
