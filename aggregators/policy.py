"""The settings that the formulas depend on, resolved per queue and channel.

Everything here is a frozen value: the front door reads the settings file and builds one
:class:`Rules`, the fold and the KPIs only look things up in it.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from aggregators.promises import NO_SLA, Sla
from aggregators.scales import Scale

MINUTE_MS = 60_000
QUARTER_MS = 15 * MINUTE_MS
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

EDGES_MS: tuple[int, ...] = tuple(
    s * 1000 for s in (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800)
)
"""Histogram edges of waits; every threshold in use is added to them."""

HANDLE_EDGES_MS: tuple[int, ...] = tuple(
    s * 1000 for s in (30, 60, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 3600)
)

RESPONSE_EDGES_MS: tuple[int, ...] = (
    10_000, 30_000, 60_000, 300_000, HOUR_MS, 4 * HOUR_MS, 24 * HOUR_MS,
)  # fmt: skip
"""The `le` values of ``first_response_within_rate``."""

QUANTILES: tuple[float, ...] = (0.5, 0.9, 0.95, 0.99)

OTHER = "__other__"
"""The name that stands for everything beyond the series limit."""

UNKNOWN = "__unknown__"
"""The queue of a leg whose queue no event ever named."""


class Hours(Struct, frozen=True):
    """Business hours in the queue's own zone.

    ``shifts`` has seven entries, Monday first; each is a tuple of (start, end) in minutes after
    local midnight, end excluded. An end at or before its start lies on the next day.
    ``holidays`` are ISO dates on which no shift starts.
    """

    shifts: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[str] = frozenset()


class QueuePolicy(Struct, frozen=True, kw_only=True):
    """Settings of one (queue, channel). Durations in milliseconds, ratios 0 to 1.

    A wait equal to ``threshold_ms`` is inside; an abandon with a wait strictly below
    ``short_limit_ms`` is short (kpis.md, section 4.1).
    """

    threshold_ms: int = 90_000
    target: float = 0.80
    short_limit_ms: int = 10_000
    headline_variant: str = "abandons_negative"
    zone: str = "UTC"
    reset_minute: int = 0
    hours: Hours | None = None
    team: str | None = None
    max_wait_ms: int | None = 4 * HOUR_MS
    max_handle_ms: int = 24 * HOUR_MS
    wrap_up_limit_ms: int = 15 * MINUTE_MS
    at_risk_within_ms: tuple[int, ...] = (30_000,)
    callbacks: Literal["exclude", "as_removed", "as_missed"] | None = None
    genesys_flow_outs: bool = False
    genesys_abandons: bool = True
    genesys_short_abandons: bool = False
    timer_abandons: Literal["ignored", "positive", "negative"] = "ignored"


CHANNEL_POLICIES: dict[str, QueuePolicy] = {
    "voice": QueuePolicy(),
    "chat": QueuePolicy(threshold_ms=60_000),
    "messaging": QueuePolicy(threshold_ms=60_000),
    "social": QueuePolicy(threshold_ms=HOUR_MS, max_wait_ms=None),
    "email": QueuePolicy(threshold_ms=24 * HOUR_MS, max_wait_ms=None),
    "ticket": QueuePolicy(threshold_ms=24 * HOUR_MS, max_wait_ms=None),
    "task": QueuePolicy(max_wait_ms=None),
    "selfcare": QueuePolicy(),
}
"""The defaults where the settings say nothing (kpis.md, sections 2.8 and 4.1)."""


class CustomerRules(Struct, frozen=True, kw_only=True):
    """How contacts of one customer belong together (kpis.md, section 6).

    A contact repeats one of the same ``motive``, or any of the ``customer``. ``strict``: a first
    contact that was transferred or escalated is not conclusive. From ``often_from`` contacts in
    a week a customer is on the list of those who come back most.
    """

    match: Literal["motive", "customer"] = "motive"
    strict: bool = True
    often_from: int = 3


class Rules(Struct, frozen=True, kw_only=True):
    """All settings that the fold and the KPIs read.

    ``queues`` maps (queue, channel) to its policy; a pair that is not there has
    ``channels[channel]``. ``lateness_ms`` is how far behind the newest event of a partition an
    event may be before it only enters the history. ``long_retention_ms`` is how long the facts of
    surveys, self-care, customers and business are kept, ``max_names`` how many names a facet may
    have. ``known_only`` refuses names that are not in ``queues`` (``unknown: refuse``).
    ``agent_figures`` keeps figures by agent, which are personal data and off by default.
    ``surveys`` are the declared scales by name or kind of survey, ``themes`` the folded key words
    by theme (:mod:`aggregators.dossiers.themes`), ``sector`` whose norms are shown.
    After ``selfcare_idle_ms`` without an event a self-care session is over. ``expressions_kept``
    are the places of expressions without an answer per hour and day, ``expressions_listed`` how
    many of them a list shows. Money is in the one ``currency``; after ``cart_idle_ms`` without an
    event a cart is abandoned. ``customer_lifetime_years`` and ``purchases_per_year`` take the
    place of what follows from the counts.
    ``sla`` are the promises for tickets, ``customers`` says what is a repeated contact.
    Motives that are not in ``motives`` are counted as ``__other__``; without any, every motive is
    known.
    """

    queues: dict[tuple[str, str], QueuePolicy] = {}
    channels: dict[str, QueuePolicy] = field(default_factory=lambda: dict(CHANNEL_POLICIES))
    agent_teams: dict[str, str] = {}
    lateness_ms: int = HOUR_MS
    retention_ms: int | None = 8 * DAY_MS
    long_retention_ms: int | None = 35 * DAY_MS
    unresponsive_after_ms: int = 300_000
    future_limit_ms: int = 300_000
    known_only: bool = False
    max_queues: int = 500
    max_names: int = 200
    max_label_length: int = 64
    max_open_contacts: int = 200_000
    min_sample: int = 20
    agent_figures: bool = False
    surveys: dict[str, Scale] = {}
    themes: dict[str, tuple[str, ...]] = {}
    sector: str | None = None
    selfcare_idle_ms: int = 30 * MINUTE_MS
    expressions_kept: int = 200
    expressions_listed: int = 20
    currency: str = "EUR"
    cart_idle_ms: int = HOUR_MS
    customer_lifetime_years: float | None = None
    purchases_per_year: float | None = None
    sla: Sla = NO_SLA
    customers: CustomerRules = CustomerRules()
    motives: frozenset[str] = frozenset()
    intervals_min: tuple[int, ...] = (15, 30)
    windows: tuple[str, ...] = ("1m", "5m", "15m", "30m", "1h", "today")

    def policy(self, queue: str, channel: str) -> QueuePolicy:
        """Return the policy of a queue on a channel, the channel's default if it has none.

        What has no channel (an order, a motive) follows that of voice, and so its zone.
        """
        known = channel or "voice"
        return self.queues.get((queue, known)) or self.channels.get(known) or _FALLBACK


_FALLBACK = QueuePolicy()
