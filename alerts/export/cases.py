"""Values for a unit test: the series of a rule, what makes it fire and what just does not.

The condition is evaluated here once more, in plain arithmetic, so that the tests say what PromQL
must find and do not repeat what it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from operator import ge, gt, le, lt

from msgspec import Struct

from alerts.conditions import bound
from alerts.export.measures import Shown, measure_term, sample_term
from alerts.export.selectors import number
from alerts.export.terms import Term
from alerts.rules import AllOf, Compare, Condition, Rule, comparisons

_OPERATORS: dict[str, Callable[[float, float], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}
_MOST_TRIED = 20_000

Values = tuple[float, ...]


class Plot(Struct, frozen=True):
    """The terms of a rule, each with a value, in stories of values.

    ``quiet`` are values at which it does not fire, and why; ``kept`` such at which it goes on
    once it fired, ``over`` such at which it ends.
    """

    terms: Sequence[Term]
    firing: Values
    quiet: Sequence[tuple[str, Values]]
    kept: Values | None
    over: Values | None
    needs_time: bool
    value: Callable[[Values], float]


def plot(rule: Rule, shown: Shown) -> Plot | None:
    """Return values for the tests of a rule, None if none were found that make it fire."""
    judge = _Judge(rule, shown)
    tried = list(islice(product(*judge.candidates), _MOST_TRIED))
    firing = next((one for one in tried if judge.fires(one) is not None), None)
    if firing is None:
        return None
    quiet = [one for one in judge.flips(firing) if judge.fires(one[1]) is None]
    off = next((one for one in tried if judge.fires(one) is None), None)
    if not quiet and off is not None:
        quiet = [("within every limit", off)]
    return Plot(
        terms=judge.terms,
        firing=firing,
        quiet=quiet,
        kept=next(
            (one for one in tried if judge.fires(one) is None and judge.stays(one) is not None),
            None,
        ),
        over=next((one for one in tried if judge.stays(one) is None), None),
        needs_time=any(term.shape == "per_minute" for term in judge.terms),
        value=judge.value,
    )


class _Judge:
    """Evaluates a rule's condition over values of its terms."""

    def __init__(self, rule: Rule, shown: Shown) -> None:
        self.terms: list[Term] = []
        self.candidates: list[list[float]] = []
        self._condition = rule.condition
        self._places: dict[int, int] = {}
        self._samples: dict[int, int] = {}
        for compare in comparisons(rule.condition):
            at = self._place(measure_term(compare.measure, rule.scope, shown))
            self._places[id(compare)] = at
            limits = [compare.threshold]
            if compare.clear is not None:
                limits.append(compare.clear)
            for limit in limits:
                self._add(at, _around(limit, compare.operator, self.terms[at]))
            if compare.min_sample > 0:
                at = self._place(sample_term(compare, rule.scope, shown))
                self._samples[id(compare)] = at
                self._add(at, [float(compare.min_sample), float(compare.min_sample - 1)])

    def flips(self, values: Values) -> Iterator[tuple[str, Values]]:
        """Yield the values with one of them changed."""
        for at, candidates in enumerate(self.candidates):
            for other in candidates:
                if other != values[at]:
                    changed = (*values[:at], other, *values[at + 1 :])
                    yield f"{self.terms[at].metric} at {number(other)}", changed

    def fires(self, values: Values) -> float | None:
        """Return the value of the alert that fires, None if none does."""
        return self._walk(self._condition, values, is_clear=False)

    def stays(self, values: Values) -> float | None:
        """Return the value of the alert that goes on, None if it is over."""
        return self._walk(self._condition, values, is_clear=True)

    def value(self, values: Values) -> float:
        """Return the value that the alert has."""
        found = self.fires(values)
        found = self.stays(values) if found is None else found
        assert found is not None
        return found

    def _walk(self, condition: Condition, values: Values, *, is_clear: bool) -> float | None:
        if isinstance(condition, Compare):
            value = values[self._places[id(condition)]]
            limit = bound(condition, is_open=is_clear)
            sample = self._samples.get(id(condition))
            is_true = _OPERATORS[condition.operator](value, limit) and (
                sample is None or values[sample] >= condition.min_sample
            )
            return value if is_true else None
        parts = [self._walk(part, values, is_clear=is_clear) for part in condition.conditions]
        known = [part for part in parts if part is not None]
        is_met = len(known) == len(parts) if isinstance(condition, AllOf) else bool(known)
        return known[0] if is_met else None

    def _place(self, term: Term) -> int:
        key = (term.metric, term.labels)
        for at, known in enumerate(self.terms):
            if (known.metric, known.labels) == key:
                return at
        self.terms.append(term)
        self.candidates.append([])
        return len(self.terms) - 1

    def _add(self, at: int, values: Sequence[float]) -> None:
        self.candidates[at] += [value for value in values if value not in self.candidates[at]]


def _around(limit: float, operator: str, term: Term) -> list[float]:
    """Return a value just beyond a limit and one just not."""
    step = 1.0 if term.unit in ("count", "seconds") else max(abs(limit) / 100, 0.001)
    sign = 1.0 if operator in (">", ">=") else -1.0
    if term.shape != "value":  # the value is computed: never exactly the limit
        return [limit + sign * step, limit - sign * step]
    if operator in (">", "<"):
        return [limit + sign * step, float(limit)]
    return [float(limit), limit - sign * step]
