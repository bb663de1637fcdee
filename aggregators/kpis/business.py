"""Costs, sales, carts, customers and staff (kpis.md, section 9).

Sums of money are integer millionths; figures are in the currency of the settings. Figures of
periods (costs, customers, staff) stand in the windows in which their period closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median

from aggregators import facts as f
from aggregators.dossiers import cart as c
from aggregators.dossiers import customer_facts as k
from aggregators.dossiers import order as o
from aggregators.dossiers import period as p
from aggregators.dossiers import session
from aggregators.kpis.service import contact_volume
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValue, KpiValues, ratio

TABLE = """
costs_booked {kind} | m- | costs | coûts | costs of the periods that closed in the window, by kind
cost_per_contact | m- | cost per contact | coût par contact | costs but those of marketing and self-care / contacts handled; of a channel or team: its own costs and, by handle time, its share of those that name none; of self-care: its costs / sessions; no value where contacts of the window are not known any more
orders_placed | n+ | orders | commandes | orders with an amount that is not negative
basket_mean | m+ | mean basket | panier moyen | amount of all orders less refunds / orders
service_orders | n+ | orders by service | commandes par le service | orders that name their contact
revenue_from_service {attribution} | m+ | sales by service | revenu généré | amount of orders less refunds; contact: of those that name their contact; window: of those that name a contact of their customer or came within 24 h of one
revenue_per_contact {attribution} | m+ | sales per contact | revenu par contact | sales by service / contacts handled
carts_created | n. | carts | paniers | carts, booked at their creation
carts_open | n. | carts still open | paniers en cours | carts neither ordered nor abandoned yet: while there are some, the abandonment is provisional
cart_abandonment_rate | r- | cart abandonment | taux d'abandon du panier | carts abandoned (told, or idle for an hour) / carts ordered or abandoned
customers_retained | n+ | customers kept | clients fidélisés | customers at the end - new ones, over the periods whose start is known
retention_rate | r+ | retention | taux de rétention | customers kept / customers at the start; over several periods their mean by customers
customer_lifetime_value | m+ | lifetime value | valeur vie client | mean basket x orders per customer and year x lifetime in years; lifetime 1 / (1 - yearly retention) unless the settings say it
acquisition_efficiency | x+ | new customers per unit of money | taux d'acquisition | new customers / marketing costs
acquisition_cost | m- | cost of a new customer | coût d'acquisition | marketing costs / new customers
contact_rate | r- | contact rate | taux de contact | contacts received / customers of the latest count at or before the window's start
contact_rate_anomaly {figure} | x. | contacts unlike other weeks | anomalie de contact | z: (contacts - median) / (1.4826 x MAD) against the same interval of the last 8 weeks, at least 4; flagged: 1 where |z| >= 3.5, or with MAD 0 when 50 % off a median of at least 20
staff_turnover_rate | r- | staff turnover | taux de rotation du personnel | leavers / mean of head count at start and end; over several periods their mean
selfcare_savings | m+ | costs avoided by self-care | coûts évités | contained sessions with no contact with a person for 24 h x (cost per contact of people - cost per session)
"""

YEAR_S = 365 * 86_400
_MICRO = 1_000_000

OVER_CONTACTS = ("cost_per_contact", "revenue_per_contact", "contact_rate", "selfcare_savings")
"""KPIs that need every contact of the window."""


def values(sums: Sums) -> KpiValues:
    """Return the group; what needs other rows or the time before is filled in by ``complete``."""
    get = sums.get
    orders, handled = get(o.ORDERS), get(f.HANDLED)
    carts, ordered, abandoned = get(c.CARTS), get(c.CARTS_ORDERED), get(c.CARTS_ABANDONED)
    marketing = get(p.COST_OF_KIND_MICRO + p.COST_KINDS.index("marketing"))
    new = get(p.CUSTOMERS_NEW)
    costs: dict[str, KpiValue] = {
        kind: _money(get(p.COST_OF_KIND_MICRO + n)) for n, kind in enumerate(p.COST_KINDS)
    }
    first = p.STAFF if get(p.STAFF + 1) or get(p.STAFF + 2) else p.STAFF_PART
    return {
        "costs_booked": costs,
        "cost_per_contact": _per(get(p.COST_MICRO), handled) if get(p.COSTS) else None,
        "orders_placed": orders,
        "basket_mean": _per(get(o.ORDERED_MICRO), orders),
        "service_orders": get(o.SERVICE_ORDERS),
        **_revenue(sums),
        "carts_created": carts,
        "carts_open": carts - ordered - abandoned,
        "cart_abandonment_rate": ratio(abandoned, ordered + abandoned),
        "customers_retained": get(p.CUSTOMERS_KEPT) if get(p.CUSTOMERS_START) else None,
        "retention_rate": ratio(get(p.CUSTOMERS_KEPT), get(p.CUSTOMERS_START)),
        "customer_lifetime_value": _lifetime_value(sums),
        "acquisition_efficiency": ratio(new * _MICRO, marketing) if get(p.CUSTOMERS_END) else None,
        "acquisition_cost": _per(marketing, new) if marketing else None,
        "contact_rate": None,
        "contact_rate_anomaly": {"z": None, "flagged": None},
        "staff_turnover_rate": ratio(2 * get(first), get(first + 1) + get(first + 2)),
        "selfcare_savings": _savings(sums),
    }


def complete(
    total: KpiValues,
    channels: Mapping[str, KpiValues],
    teams: Mapping[str, KpiValues],
    queues: Mapping[str, KpiValues],
    sums_of: Callable[[str, str], Sums],
    customers: int | None,
    *,
    has_all_contacts: bool,
) -> None:
    """Fill in what a row cannot tell from its own facts.

    ``sums_of`` gives the sums of a row by kind and name, ``customers`` how many there were when
    the window began. Without all contacts of the window there is no value rather than too high
    a cost.
    """
    whole = sums_of("total", "")
    # An order is claimed by a contact, so by its queue, on the topic of the customers.
    for kind, rows in (("channel", channels), ("team", teams), ("queue", queues)):
        for name, row in rows.items():
            sums = sums_of(kind, name)
            if sums.get(k.ATTRIBUTED) or sums.get(k.ATTRIBUTED_MICRO):
                row.update(_revenue(sums))
    if not has_all_contacts:
        for row in (total, *channels.values(), *teams.values(), *queues.values()):
            row.update({name: _nothing(row[name]) for name in OVER_CONTACTS if name in row})
        return
    if customers:
        for name, row in (("", total), *channels.items()):
            sums = sums_of("channel", name) if name else whole
            volume = contact_volume(sums)
            row["contact_rate"] = None if volume is None else volume / customers
    if whole.get(p.COSTS):
        for kind, rows, named in (
            ("channel", channels, p.COST_OF_CHANNEL_MICRO), ("team", teams, p.COST_OF_TEAM_MICRO),
        ):  # fmt: skip
            shared = whole.get(p.COST_MICRO) - whole.get(named)
            for name, row in rows.items():
                row["cost_per_contact"] = _shared_cost(whole, sums_of(kind, name), shared)
    if p.SELFCARE in channels:
        sums = sums_of("channel", p.SELFCARE)
        if sums.get(p.COST_OF_SELFCARE_MICRO):
            channels[p.SELFCARE]["cost_per_contact"] = _session_cost(sums)


def anomaly(volume: int, history: list[int]) -> KpiValues:
    """Return how unlike the same interval of earlier weeks a volume is (kpis.md, section 9)."""
    if len(history) < LEAST_WEEKS:
        return {"z": None, "flagged": None}
    middle = median(history)
    mad = median([abs(n - middle) for n in history])
    if mad:
        z = (volume - middle) / (1.4826 * mad)
        return {"z": z, "flagged": int(abs(z) >= Z_FLAGGED)}
    is_far = middle >= LEAST_MEDIAN and abs(volume - middle) >= middle / 2
    return {"z": None, "flagged": int(is_far)}


LEAST_WEEKS = 4
Z_FLAGGED = 3.5
LEAST_MEDIAN = 20


def _shared_cost(whole: Sums, own: Sums, shared_micro: int) -> float | None:
    handled = own.get(f.HANDLED)
    if not handled:
        return None
    cost = float(own.get(p.COST_MICRO))
    if shared_micro:
        handle_ms = _handle_ms(whole)
        if not handle_ms:
            return None
        cost += shared_micro * _handle_ms(own) / handle_ms
    return cost / handled / _MICRO


def _handle_ms(sums: Sums) -> int:
    return sums.get(f.TALK_MS) + sums.get(f.HOLD_MS) + sums.get(f.ACW_MS)


def _session_cost(sums: Sums) -> float | None:
    return _per(sums.get(p.COST_OF_SELFCARE_MICRO), sums.get(session.SESSIONS))


def _savings(sums: Sums) -> float | None:
    """Sessions with no contact with a person within 24 h, once those have passed."""
    ended, away, returned = (
        sums.get(k.final_session(key, 0)) for key in (k.SESSIONS, k.HANDED_OVER, k.RETURNED)
    )
    confirmed, handled = ended - away - returned, sums.get(f.HANDLED)
    session_cost = _session_cost(sums)
    if not (sums.get(p.COSTS) and handled) or session_cost is None or not confirmed:
        return None
    return confirmed * (sums.get(p.COST_MICRO) / handled / _MICRO - session_cost)


def _lifetime_value(sums: Sums) -> float | None:
    get = sums.get
    orders, customers = get(o.ORDERS), get(p.CUSTOMERS_END)
    years = get(p.CUSTOMER_SECONDS) / YEAR_S
    if not (orders and customers and years):
        return None
    yearly_orders = get(p.PURCHASES_WEIGHT) / customers / 1000 or orders / years
    lifetime = get(p.LIFETIME_WEIGHT) / customers / 1000 or _lifetime_years(sums)
    if lifetime is None:
        return None
    return get(o.ORDERED_MICRO) / orders / _MICRO * yearly_orders * lifetime


def _lifetime_years(sums: Sums) -> float | None:
    """Return 1 / (1 - yearly retention); None when nobody leaves or nothing is known."""
    start, kept = sums.get(p.CUSTOMERS_START), sums.get(p.CUSTOMERS_KEPT)
    if not start or not sums.get(p.START_SECONDS) or kept >= start:
        return None
    length_s = sums.get(p.START_SECONDS) / start
    yearly: float = (kept / start) ** (YEAR_S / length_s)
    return float(1 / (1 - yearly))


def _revenue(sums: Sums) -> KpiValues:
    get, handled = sums.get, sums.get(f.HANDLED)
    has_orders = bool(get(o.ORDERS) or get(o.REFUNDS) or get(k.ATTRIBUTED))
    told = {"contact": get(o.SERVICE_MICRO), "window": get(k.ATTRIBUTED_MICRO)}
    return {
        "revenue_from_service": {
            name: _money(micro) if has_orders or micro else None for name, micro in told.items()
        },
        "revenue_per_contact": {
            name: _per(micro, handled) if has_orders or micro else None
            for name, micro in told.items()
        },
    }


def _nothing(value: KpiValue) -> KpiValue:
    """Return "no value" in the shape of a value."""
    return {label: _nothing(v) for label, v in value.items()} if isinstance(value, dict) else None


def _money(micro: int) -> float:
    return micro / _MICRO


def _per(micro: int, n: int) -> float | None:
    return micro / n / _MICRO if n else None
