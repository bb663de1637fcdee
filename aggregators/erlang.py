"""Erlang B, C and A, and how many agents a load needs (formulas.md: Erlang).

Rates are contacts per second, times seconds. The offered load in erlangs is
``rate_per_s * handle_s``. All three assume one queue with one skill, Poisson arrivals,
exponential times and a steady state; Erlang C also that nobody ever gives up, so it asks for
too many agents where callers do. Nothing here raises for an overloaded queue: it has a result.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, exp, expm1, floor, inf, log

from msgspec import Struct

NEGLIGIBLE = 1e-18
"""State probabilities below this share of the largest are left out."""
MAX_STATES = 5_000_000
"""Widest birth-death chain that is computed; a day of waiting callers is far below it."""


def erlang_b(agents: int, load: float) -> float:
    """Return the blocking probability of ``agents`` lines offered ``load`` erlangs.

    By the recursion B(0) = 1, B(n) = A*B(n-1) / (n + A*B(n-1)), stable for any size.
    """
    _check(agents, load)
    blocking = 1.0
    for n in range(1, agents + 1):
        blocking = load * blocking / (n + load * blocking)
    return blocking


class ErlangC(Struct, frozen=True, kw_only=True):
    """What Erlang C says of a queue whose callers wait for ever.

    ``stable`` is false when there are no more agents than erlangs: then everybody waits, the
    service level is 0 and ``mean_wait_s`` and ``queue_length`` are infinite.
    ``delayed_over_threshold`` is the share of those who wait that wait longer than the threshold.
    """

    stable: bool
    agents: int
    load: float
    handle_s: float
    wait_probability: float
    service_level: float
    mean_wait_s: float
    queue_length: float
    occupancy: float
    delayed_over_threshold: float

    def wait_quantile_s(self, q: float) -> float:
        """Return the wait that a share ``q`` of all contacts does not exceed."""
        if not 0.0 <= q < 1.0:
            raise ValueError(f"a quantile lies in 0 <= q < 1, not {q}")
        if 1.0 - q >= self.wait_probability:
            return 0.0
        if not self.stable:
            return inf
        return log(self.wait_probability / (1.0 - q)) * self.handle_s / (self.agents - self.load)


def erlang_c(agents: int, rate_per_s: float, handle_s: float, threshold_s: float = 20.0) -> ErlangC:
    """Return the steady state of M/M/N: nobody leaves, everybody is answered."""
    load = _load(rate_per_s, handle_s)
    blocking = erlang_b(agents, load)
    return _erlang_c(agents, load, handle_s, threshold_s, blocking)


def _erlang_c(
    agents: int, load: float, handle_s: float, threshold_s: float, blocking: float
) -> ErlangC:
    if agents <= load:
        idle = load == 0.0
        return ErlangC(
            stable=False,
            agents=agents,
            load=load,
            handle_s=handle_s,
            wait_probability=1.0,
            service_level=0.0,
            mean_wait_s=inf,
            queue_length=inf,
            occupancy=0.0 if idle else 1.0,
            delayed_over_threshold=1.0,
        )
    spare = agents - load
    waits = agents * blocking / (agents - load * (1.0 - blocking))
    over = exp(-spare * threshold_s / handle_s) if handle_s > 0.0 else 0.0
    return ErlangC(
        stable=True,
        agents=agents,
        load=load,
        handle_s=handle_s,
        wait_probability=waits,
        service_level=1.0 - waits * over,
        mean_wait_s=waits * handle_s / spare,
        queue_length=waits * load / spare,
        occupancy=load / agents,
        delayed_over_threshold=over,
    )


class ErlangA:
    """M/M/N+M: callers leave after an exponential patience. Always stable.

    ``patience_s`` is the mean patience of a caller. Attributes: ``wait_probability``,
    ``abandon_probability``, ``mean_wait_s`` over all contacts (answered or not),
    ``queue_length``, ``utilisation``. Raises ``ValueError`` for parameters that mean nothing, or
    where the patience is so long that the queue of an overloaded centre passes any use.
    """

    def __init__(self, agents: int, rate_per_s: float, handle_s: float, patience_s: float) -> None:
        load = _load(rate_per_s, handle_s)
        _check(agents, load)
        if not 0.0 < patience_s < inf:
            raise ValueError(
                f"the mean patience must be above 0 s and finite, not {patience_s}: "
                "for callers who never leave use erlang_c"
            )
        if rate_per_s <= 0.0 or handle_s <= 0.0:
            raise ValueError("Erlang A needs an arrival rate and a handle time above 0")
        self.agents = agents
        self.rate_per_s = rate_per_s
        self.handle_s = handle_s
        self.patience_s = patience_s
        self._service = 1.0 / handle_s
        self._leaving = 1.0 / patience_s
        self._waiting = self._queue_states()
        self.wait_probability = sum(self._waiting)
        self.queue_length = sum(n * p for n, p in enumerate(self._waiting))
        self.mean_wait_s = self.queue_length / rate_per_s
        self.abandon_probability = self._leaving * self.mean_wait_s
        served = rate_per_s * (1.0 - self.abandon_probability)
        self.utilisation = served / (agents * self._service) if agents else 0.0

    def _departures(self, contacts: int) -> float:
        if contacts <= self.agents:
            return contacts * self._service
        return self.agents * self._service + (contacts - self.agents) * self._leaving

    def _queue_states(self) -> list[float]:
        """Return the probability of 0, 1, 2... waiting while all agents are busy.

        The chain is built outwards from its most likely state, so nothing overflows.
        """
        if self.rate_per_s <= self.agents * self._service:
            mode = floor(self.rate_per_s / self._service)
        else:
            spill = (self.rate_per_s - self.agents * self._service) / self._leaving
            mode = self.agents + floor(spill)
        if mode - self.agents > MAX_STATES:
            raise ValueError(
                "the callers are too patient for this overload (millions would wait): "
                "add agents or shorten the mean patience"
            )
        below: list[float] = []
        weight, state = 1.0, mode
        while state > 0 and weight > NEGLIGIBLE:
            weight *= self._departures(state) / self.rate_per_s
            state -= 1
            below.append(weight)
        lowest = state
        weights = [*reversed(below), 1.0]
        weight, state = 1.0, mode
        while weight > NEGLIGIBLE or state < self.agents:
            state += 1
            weight *= self.rate_per_s / self._departures(state)
            weights.append(weight)
        total = sum(weights)
        first = self.agents - lowest
        if first < 0:
            return [0.0] * -first + [w / total for w in weights]
        return [w / total for w in weights[first:]]

    def answered_within(self, seconds: float) -> float:
        """Return the share of all contacts that is answered within ``seconds``.

        Who finds n others waiting has a virtual wait V that is a sum of exponentials with rates
        N*mu + i*theta, i = 0..n. Then exp(-theta*V) is Beta(N*mu/theta, n + 1) distributed, and
        the integral over V of "still there and V <= t" is one incomplete beta function.
        """
        if seconds < 0.0:
            return 0.0
        immediate = 1.0 - self.wait_probability
        if self.agents == 0:
            return 0.0
        c = self.agents * self._service / self._leaving
        later = 0.0
        for n, over in enumerate(self._beta_below(c + 1.0, seconds)):
            later += self._waiting[n] * c / (c + n + 1.0) * max(0.0, 1.0 - over)
        return immediate + later

    def waits_longer(self, seconds: float) -> float:
        """Return the share of all contacts that waits longer, whether answered or not."""
        if seconds < 0.0:
            return 1.0
        still_there = exp(-self._leaving * seconds)
        if self.agents == 0:
            return still_there
        c = self.agents * self._service / self._leaving
        not_yet = sum(
            p * over for p, over in zip(self._waiting, self._beta_below(c, seconds), strict=True)
        )
        return still_there * not_yet

    def wait_quantile_s(self, q: float) -> float:
        """Return the wait that a share ``q`` of all contacts does not exceed."""
        if not 0.0 <= q < 1.0:
            raise ValueError(f"a quantile lies in 0 <= q < 1, not {q}")
        if self.waits_longer(0.0) <= 1.0 - q:
            return 0.0
        low, high = 0.0, self.patience_s
        while self.waits_longer(high) > 1.0 - q:
            low, high = high, 2.0 * high
        for _ in range(200):
            middle = (low + high) / 2.0
            if middle in (low, high):
                break
            if self.waits_longer(middle) > 1.0 - q:
                low = middle
            else:
                high = middle
        return high

    def _beta_below(self, a: float, seconds: float) -> list[float]:
        """Return I_x(a, n + 1) for every queue state n, x = exp(-theta*t).

        By I_x(a, b + 1) = I_x(a, b) + x^a (1-x)^b Gamma(a+b) / (Gamma(a) b!): positive terms only.
        """
        log_x = -self._leaving * seconds
        if log_x == 0.0:
            return [1.0] * len(self._waiting)
        log_rest = log(-expm1(log_x))
        value = exp(a * log_x)
        values = []
        log_term = a * log_x
        for b in range(1, len(self._waiting) + 1):
            values.append(min(1.0, value))
            log_term += log_rest + log((a + b - 1.0) / b)
            value += exp(log_term)
        return values


def erlang_a(agents: int, rate_per_s: float, handle_s: float, patience_s: float) -> ErlangA:
    """Return the steady state of M/M/N+M, see :class:`ErlangA`."""
    return ErlangA(agents, rate_per_s, handle_s, patience_s)


class Staffing(Struct, frozen=True):
    """``agents`` who must be at work, and the ``positions`` to pay so that they are."""

    agents: int
    positions: int


def agents_needed(
    rate_per_s: float,
    handle_s: float,
    *,
    service_level: float | None = None,
    threshold_s: float = 20.0,
    max_occupancy: float | None = None,
    max_wait_probability: float | None = None,
    patience_s: float | None = None,
    shrinkage: Fraction | Decimal | str | float = 0,
) -> Staffing:
    """Return the fewest agents that keep every given target.

    By Erlang C, or by Erlang A when ``patience_s`` is given. No contacts need no agents.
    ``shrinkage`` is the paid share that is not at work; it is taken as the decimal that was
    written (0.30 is exactly 3/10) and rounding happens once, at the end. Raises ``ValueError``
    for a target that no number of agents can reach.
    """
    absent = Fraction(str(shrinkage)) if isinstance(shrinkage, float) else Fraction(shrinkage)
    if not 0 <= absent < 1:
        raise ValueError(f"shrinkage must be at least 0 and below 1, not {shrinkage}")
    for name, value in (("service_level", service_level), ("max_occupancy", max_occupancy)):
        if value is not None and not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} must lie in 0..1, not {value}")
    if service_level == 1.0 or max_occupancy == 0.0:
        raise ValueError("a service level of 1 or an occupancy of 0 needs endless agents")
    if max_wait_probability is not None and not 0.0 < max_wait_probability <= 1.0:
        raise ValueError(f"max_wait_probability must lie in 0..1, not {max_wait_probability}")
    load = _load(rate_per_s, handle_s)
    if load == 0.0:
        return Staffing(0, 0)

    def enough(waits: float, in_target: float, occupancy: float) -> bool:
        return (
            (service_level is None or in_target >= service_level)
            and (max_occupancy is None or occupancy <= max_occupancy * (1.0 + 1e-12))
            and (max_wait_probability is None or waits <= max_wait_probability)
        )

    if patience_s is None:
        agents = floor(load) + 1
        blocking = erlang_b(agents, load)
        while True:
            c = _erlang_c(agents, load, handle_s, threshold_s, blocking)
            if enough(c.wait_probability, c.service_level, c.occupancy):
                break
            agents += 1
            blocking = load * blocking / (agents + load * blocking)
    else:
        low, agents = 0, 1

        def enough_a(n: int) -> bool:
            a = ErlangA(n, rate_per_s, handle_s, patience_s)
            return enough(a.wait_probability, a.answered_within(threshold_s), a.utilisation)

        while not enough_a(agents):
            low, agents = agents, 2 * agents
        while agents - low > 1:
            middle = (low + agents) // 2
            low, agents = (low, middle) if enough_a(middle) else (middle, agents)
    return Staffing(agents, ceil(agents / (1 - absent)))


def _load(rate_per_s: float, handle_s: float) -> float:
    if not (0.0 <= rate_per_s < inf and 0.0 <= handle_s < inf):
        raise ValueError("the arrival rate and the handle time must be finite and not negative")
    return rate_per_s * handle_s


def _check(agents: int, load: float) -> None:
    if agents < 0 or not 0.0 <= load < inf:
        raise ValueError("agents and load must not be negative")
