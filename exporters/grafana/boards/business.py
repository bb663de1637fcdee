"""Costs and sales: what contacts cost, what they bring, and who stays."""

from __future__ import annotations

from aggregators.kpis.catalogue import CATALOGUE
from exporters.grafana import variables as v
from exporters.grafana.board import Board
from exporters.grafana.health import strip
from exporters.grafana.kpi_panels import figure, further, kpi_section
from exporters.grafana.layout import Panel, Section, line
from exporters.grafana.queries import source
from exporters.grafana.words import Words

COSTS = ["costs_booked", "cost_per_contact", "selfcare_savings", "staff_turnover_rate"]
SALES = ["orders_placed", "basket_mean", "service_orders", "revenue_from_service",
         "revenue_per_contact", "carts_created", "carts_open", "cart_abandonment_rate"]  # fmt: skip
CUSTOMERS = ["customers_retained", "retention_rate", "customer_lifetime_value",
             "acquisition_efficiency", "acquisition_cost", "contact_rate",
             "contact_rate_anomaly"]  # fmt: skip
HEAD = ("cost_per_contact", "basket_mean", "cart_abandonment_rate", "contact_rate")


def business(words: Words) -> Board:
    """Return the board."""
    return Board(
        name="business",
        title=words("vigie costs and sales", "vigie : coûts et ventes"),
        about=words(
            "What contacts cost and bring, and who stays. Money is in the currency of the settings,"
            " which no series carries. Figures of periods appear when the period closes.",
            "Ce que les contacts coûtent et rapportent, et qui reste. Les montants sont dans la"
            " monnaie des réglages, qu'aucune série ne porte. Les chiffres de périodes"
            " apparaissent à leur clôture.",
        ),
        variables=[v.long_window(words)],
        sections=[
            Section("", [strip(words), line(5, *(_figure(words, kpi_id) for kpi_id in HEAD))]),
            kpi_section(words("Costs", "Coûts"), COSTS, words, is_folded=False),
            kpi_section(words("Sales", "Ventes"), SALES, words, is_folded=False),
            kpi_section(words("Customers", "Clients"), CUSTOMERS, words, is_folded=False),
            *further(words, {*COSTS, *SALES, *CUSTOMERS}, "business"),
        ],
        refresh="30s",
        shown_from="now-12h",
    )  # fmt: skip


def _figure(words: Words, kpi_id: str) -> Panel:
    kpi = CATALOGUE[kpi_id]
    title = words.title(kpi) + words(", now", ", en ce moment")
    return figure(title, words.about(kpi, source(kpi_id).name), kpi_id)
