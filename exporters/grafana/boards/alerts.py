"""Alerts: what is open, what was, how fast people took it, and whether messages arrive."""

from __future__ import annotations

from exporters.grafana import variables as v
from exporters.grafana.alert_panels import alert_timeline
from exporters.grafana.alert_series import BY, FIRING, OURS, SCOPE, firing
from exporters.grafana.board import Board
from exporters.grafana.health import strip
from exporters.grafana.layout import Panel, Section, line, lines
from exporters.grafana.links import to_alerts, to_queue_of_row
from exporters.grafana.metric_panels import metric_panel
from exporters.grafana.panels import (
    BAD,
    PLAIN,
    WARN,
    of_field,
    organize,
    stat,
    steps,
    table,
    target,
    timeseries,
    values,
)
from exporters.grafana.words import Words
from exporters.prometheus.alert_metrics import ALERT_METRICS

MEANS = ("alert_acknowledge_mean_seconds", "alert_resolve_mean_seconds")
DELIVERY = ["alert_notifications_total", "alert_notifications_failed_total", "alert_queue_length"]
KEPT_BY_CURVES = {"alerts", *MEANS}
"""Metrics that have panels of their own shape here."""


def alerts(words: Words) -> Board:
    """Return the board."""
    by_name = {metric.name.removeprefix("vigie_"): metric for metric in ALERT_METRICS}
    delivery = [metric_panel(by_name[name], words, scope="") for name in DELIVERY]
    rest = [
        metric_panel(metric, words, scope="")
        for name, metric in by_name.items()
        if name not in KEPT_BY_CURVES and name not in DELIVERY
    ]
    means = [metric_panel(by_name[name], words, scope="") for name in MEANS]
    return Board(
        name="alerts",
        title=words("vigie alerts", "vigie : alertes"),
        about=words(
            "What is open and for how long, what happened, how fast people took and solved it, and"
            " whether messages reach them. Alerts are taken on vigie's own page of alerts.",
            "Ce qui est en cours et depuis quand, ce qui s'est passé, en combien de temps on l'a"
            " pris et résolu, et si les messages arrivent. On prend les alertes sur la page des"
            " alertes de vigie.",
        ),
        variables=[v.channel(words), v.queue(words)],
        sections=[
            Section("", [strip(words), line(4, *_key_figures(words))]),
            Section(words("Open now", "En cours"),
                    [(9, [(15, _open(words)), (9, _by_state(words))])]),
            Section(words("History", "Historique"), [
                line(10, alert_timeline(words)), line(8, _fired(words), *means),
            ]),
            Section(words("Messages to people", "Messages aux personnes"), lines(7, delivery)),
            Section(words("Rules and their evaluation", "Règles et leur examen"), lines(7, rest)),
        ],
        shown_from="now-6h",
    )  # fmt: skip


def _key_figures(words: Words) -> list[Panel]:
    def figure(
        title: str, about: str, expr: str, unit: str, name: str, *, decimals: int | None = None
    ) -> Panel:
        return stat(
            title, about, [target("A", expr, instant=True)], unit, decimals=decimals,
            thresholds=steps((None, PLAIN), (1, name)),
            links=to_alerts(words),
        )  # fmt: skip

    day = 'window="24h"'
    whole_day = words("Over 24 hours.", "Sur 24 heures.")
    return [
        figure(
            words("Critical, not taken", "Critiques, non prises"),
            words("Critical alerts of vigie that nobody has taken. `vigie_alerts`",
                  "Alertes critiques de vigie que personne n'a prises. `vigie_alerts`"),
            'sum(vigie_alerts{severity="critical",state="firing"})', "short", BAD, decimals=0,
        ),
        figure(
            words("Warnings, not taken", "Avertissements, non pris"),
            words("Warnings of vigie that nobody has taken. `vigie_alerts`",
                  "Avertissements de vigie que personne n'a pris. `vigie_alerts`"),
            'sum(vigie_alerts{severity="warning",state="firing"})', "short", WARN, decimals=0,
        ),
        figure(
            words("MTTA, 24 h", "MTTA, 24 h"),
            words("Mean time from fired to acknowledged.",
                  "Temps moyen du déclenchement à l'acquittement.")
            + f" {whole_day} `vigie_alert_acknowledge_mean_seconds`",
            f"max(vigie_alert_acknowledge_mean_seconds{{{day}}})", "dthms", PLAIN,
        ),
        figure(
            words("MTTR, 24 h", "MTTR, 24 h"),
            words("Mean time from fired to resolved.",
                  "Temps moyen du déclenchement à la résolution.")
            + f" {whole_day} `vigie_alert_resolve_mean_seconds`",
            f"max(vigie_alert_resolve_mean_seconds{{{day}}})", "dthms", PLAIN,
        ),
    ]  # fmt: skip


def _open(words: Words) -> Panel:
    since = f"max {BY} (ALERTS_FOR_STATE{{{OURS},{SCOPE}}})"
    expr = f"(time() - {since}) and {firing()}"
    queue, severity = words("Queue", "File"), words("Severity", "Gravité")
    channel = words("Channel", "Canal")
    lasting = words("Lasts", "Dure")
    names = {
        "severity": severity, "alertname": words("Alert", "Alerte"), "queue": queue,
        "channel": channel, "Value": lasting,
    }  # fmt: skip
    shown = values({
        "critical": (words("▲ critical", "▲ critique"), BAD),
        "warning": (words("● warning", "● avertissement"), WARN),
        "info": (words("info", "info"), PLAIN),
    })  # fmt: skip
    return table(
        words("Alerts of Prometheus that fire", "Alertes de Prometheus en cours"),
        words(
            "Each alert that fires, and how long its condition has held. `ALERTS`,"
            " `ALERTS_FOR_STATE`",
            "Chaque alerte en cours, et depuis combien de temps sa condition est vraie. `ALERTS`,"
            " `ALERTS_FOR_STATE`",
        ),
        [target("A", expr, table=True)], "dthms", sort_by=lasting,
        overrides=[
            of_field(severity, ("mappings", [shown]),
                     ("custom.cellOptions", {"type": "color-background", "mode": "basic"})),
            of_field(queue, ("links", to_queue_of_row(words, queue, channel))),
        ],
        transformations=[organize(names, names, "Time")],
    )  # fmt: skip


def _by_state(words: Words) -> Panel:
    metric = next(metric for metric in ALERT_METRICS if metric.name == "vigie_alerts")
    return timeseries(
        words("Alerts of vigie by state", "Alertes de vigie par état"),
        words.metric_about(metric),
        [target("A", "sum by (severity, state) (vigie_alerts)", "{{severity}} · {{state}}")],
        "short", decimals=0, stacked=True,
    )  # fmt: skip


def _fired(words: Words) -> Panel:
    count = f"count by (alertname) (ALERTS{{{OURS},{FIRING},{SCOPE}}})"
    return timeseries(
        words("How many fire", "Combien sont en cours"),
        words(
            "Alerts of Prometheus that fire at the same time, by rule. `ALERTS`",
            "Alertes de Prometheus en cours au même moment, par règle. `ALERTS`",
        ),
        [target("A", count, "{{alertname}}")], "short", decimals=0, stacked=True,
    )  # fmt: skip
