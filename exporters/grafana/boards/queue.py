"""Queue detail: every figure of the chosen queues, from now to the trends."""

from __future__ import annotations

from exporters.grafana import variables as v
from exporters.grafana.board import Board
from exporters.grafana.health import strip
from exporters.grafana.kpi_panels import DASHED, further, kpi_lines, kpi_section
from exporters.grafana.layout import Panel, Section, line, lines
from exporters.grafana.links import to_queue_of_series
from exporters.grafana.panels import heatmap, of_query, target, timeseries
from exporters.grafana.queries import BY_PAIR, PAIR, VARIANT, WINDOW, select, source
from exporters.grafana.risk import risk_table
from exporters.grafana.words import Words
from exporters.prometheus.kpi_metrics import FIXED_KPI_METRICS

LIVE = [
    "contacts_waiting", "longest_wait_seconds", "contacts_over_threshold", "contacts_at_risk",
    "longest_wait_breach_seconds", "current_wait_mean_seconds", "contacts_ringing",
    "contacts_in_progress", "contacts_on_hold", "contacts_in_wrap_up",
]  # fmt: skip
LEVEL = ["service_level", "service_level_attained", "service_level_shortfall",
         "service_level_breach_seconds"]  # fmt: skip
VOLUMES = ["contact_volume", "contacts_entered", "contacts_offered", "contacts_answered",
           "contacts_answered_in_target", "contacts_lost"]  # fmt: skip
ANSWERS = ["answer_rate", "answer_rate_wazo", "answered_within_rate", "agent_answer_rate",
           "agent_offers_missed_count"]  # fmt: skip
ABANDONS = [
    "contacts_abandoned", "contacts_short_abandoned", "abandonment_rate", "short_abandon_rate",
    "abandon_wait_mean_seconds", "abandon_band_count", "ivr_abandon_rate", "hold_abandon_count",
]  # fmt: skip
WAITS = ["asa_seconds", "wait_quantile_seconds", "wait_max_seconds", "wait_sum_seconds",
         "ring_mean_seconds"]  # fmt: skip
MOVES = ["contacts_flow_out", "flow_out_rate", "transfer_rate", "contacts_transferred",
         "transfers_in_count"]  # fmt: skip
CALLBACKS = [
    "callbacks_scheduled", "callbacks_in_queue", "callback_oldest_age_seconds",
    "contacts_callback_requested", "callback_request_rate", "callback_success_rate",
    "callback_wait_mean_seconds", "callback_attempts_mean",
]  # fmt: skip
WRITTEN = [
    "tickets_open", "tickets_unanswered", "ticket_oldest_unanswered_seconds", "tickets_backlog",
    "tickets_at_risk", "tickets_overdue", "conversations_awaiting_reply",
    "reply_wait_longest_seconds", "tickets_opened", "tickets_solved", "first_response_seconds",
    "first_response_within_rate", "reply_seconds",
]  # fmt: skip
SHOWN = {*LIVE, *LEVEL, *VOLUMES, *ANSWERS, *ABANDONS, *WAITS, *MOVES, *CALLBACKS, *WRITTEN}

_COUNTERS_FRENCH = {
    "offered": "Présentés", "answered": "Décrochés",
    "answered_in_target": "Décrochés dans le seuil", "abandoned": "Abandonnés",
    "abandoned_short": "Abandons courts", "transferred": "Transférés", "corrected": "Corrigés",
}  # fmt: skip


def queue(words: Words) -> Board:
    """Return the board."""
    return Board(
        name="queue",
        title=words("vigie queue detail", "vigie : détail des files"),
        about=words(
            "Every figure of the chosen queues: who waits, the service level in all its variants,"
            " answers, abandonment, waits, transfers, callbacks and written channels.",
            "Tous les chiffres des files choisies : qui attend, le niveau de service dans toutes"
            " ses variantes, décrochés, abandons, attentes, transferts, rappels et écrit.",
        ),
        variables=[v.channel(words), v.queue(words), v.window(words), v.variant(words)],
        sections=[
            Section("", [
                strip(words), line(10, risk_table(words)),
                line(9, _level(words), _outcomes(words), _oldest(words)),
            ]),
            Section(words("Waiting now", "En attente maintenant"), kpi_lines(LIVE, words)),
            Section(
                words("Service level", "Niveau de service"),
                [*kpi_lines(LEVEL[:1], words, height=9), *kpi_lines(LEVEL[1:], words),
                 line(8, _instant(words))],
                is_folded=True,
            ),
            kpi_section(words("Volumes", "Volumes"), VOLUMES, words),
            kpi_section(words("Answers", "Décrochés"), ANSWERS, words),
            kpi_section(words("Abandonment", "Abandons"), ABANDONS, words),
            kpi_section(words("Waits", "Attentes"), WAITS, words),
            kpi_section(words("Flow-outs and transfers", "Débordements et transferts"), MOVES,
                        words),
            kpi_section(words("Callbacks", "Rappels"), CALLBACKS, words),
            kpi_section(words("Tickets, chats and mail", "Tickets, chats et mails"), WRITTEN,
                        words),
            *further(words, SHOWN, "live", "service", "waiting"),
            Section(
                words("Trends from counters", "Tendances par compteurs"),
                [*lines(8, _counters(words), 4), line(9, *_histograms(words))], is_folded=True,
            ),
        ],
    )  # fmt: skip


def _level(words: Words) -> Panel:
    level = source("service_level").of_pairs(VARIANT)
    return timeseries(
        words("Service level and target", "Niveau de service et objectif"),
        words(
            "The chosen variant in the chosen window; dashed, the target of each queue from the"
            " settings. `vigie_service_level_ratio`, `vigie_service_level_target_ratio`",
            "La variante choisie dans la fenêtre choisie ; en tirets, l'objectif de chaque file,"
            " d'après les réglages. `vigie_service_level_ratio`,"
            " `vigie_service_level_target_ratio`",
        ),
        [
            target("A", level, "{{queue}} · {{channel}}"),
            target(
                "T", select("vigie_service_level_target_ratio", PAIR),
                words("target", "objectif") + " {{queue}} · {{channel}}",
            ),
        ],
        "percentunit", decimals=0,
        overrides=[
            of_query("A", ("links", to_queue_of_series(words))),
            of_query("T", *DASHED),
        ],
    )  # fmt: skip


def _outcomes(words: Words) -> Panel:
    exclusive = 'outcome=~"answered|abandoned|flow_out"'
    return timeseries(
        words("Outcomes in the window", "Issues dans la fenêtre"),
        words(
            "Legs that left the chosen queues in the window: answered, abandoned, flowed out;"
            " together they are the offered ones. `vigie_window_contacts`",
            "Sorties des files choisies dans la fenêtre : décrochés, abandonnés, débordés ;"
            " ensemble, ce sont les présentés. `vigie_window_contacts`",
        ),
        [target(
            "A", f"sum by (outcome) ({select('vigie_window_contacts', PAIR, WINDOW, exclusive)})",
            "{{outcome}}",
        )],
        "short", decimals=0, stacked=True,
    )  # fmt: skip


def _oldest(words: Words) -> Panel:
    threshold = select("vigie_service_level_threshold_seconds", PAIR)
    return timeseries(
        words("Longest wait and threshold", "Plus longue attente et seuil"),
        words(
            "Since when the oldest has waited; it grows on even if vigie stops. Dashed, the"
            " threshold of each queue from the settings, if below an hour."
            " `vigie_oldest_waiting_timestamp_seconds`, `vigie_service_level_threshold_seconds`",
            "Depuis quand attend le plus ancien ; cela croît même si vigie s'arrête. En tirets, le"
            " seuil de chaque file, d'après les réglages, s'il est sous une heure."
            " `vigie_oldest_waiting_timestamp_seconds`, `vigie_service_level_threshold_seconds`",
        ),
        [
            target(
                "A", f"time() - {select('vigie_oldest_waiting_timestamp_seconds', PAIR)}",
                "{{queue}} · {{channel}}",
            ),
            # A threshold of a day would flatten the waits of a minute.
            target(
                "T", f"{threshold} < 3600",
                words("threshold", "seuil") + " {{queue}} · {{channel}}",
            ),
        ],
        "dthms",
        overrides=[
            of_query("A", ("links", to_queue_of_series(words))),
            of_query("T", *DASHED),
        ],
    )  # fmt: skip


def _instant(words: Words) -> Panel:
    return timeseries(
        words("Service level of those waiting now", "Niveau de service de ceux qui attendent"),
        words(
            "(Waiting - waiting beyond the threshold) / waiting: the variant `instant`, of no"
            " window. `vigie_service_level_instant_ratio`",
            "(En attente - au-delà du seuil) / en attente : la variante `instant`, sans fenêtre."
            " `vigie_service_level_instant_ratio`",
        ),
        [target("A", select("vigie_service_level_instant_ratio", PAIR), "{{queue}} · {{channel}}")],
        "percentunit", decimals=0,
        overrides=[of_query("A", ("links", to_queue_of_series(words)))],
    )  # fmt: skip


def _counters(words: Words) -> list[Panel]:
    found = []
    for metric in FIXED_KPI_METRICS:
        if metric.type != "counter":
            continue
        outcome = metric.name.removeprefix("vigie_contacts_").removesuffix("_total")
        title = words(outcome.replace("_", " ").capitalize(), _COUNTERS_FRENCH[outcome])
        per_minute = f"60 * sum {BY_PAIR} (rate({select(metric.name, PAIR)}[$__rate_interval]))"
        found.append(timeseries(
            title + words(", per minute", ", par minute"), words.metric_about(metric),
            [target("A", per_minute, "{{queue}} · {{channel}}")], "cpm", decimals=1,
        ))  # fmt: skip
    return [*found, _waits_over_time(words)]


def _waits_over_time(words: Words) -> Panel:
    metric = next(m for m in FIXED_KPI_METRICS if m.name == "vigie_contact_wait_seconds")
    answered = select(f"{metric.name}_bucket", PAIR, 'outcome="answered"')
    rate = f"sum by (le, queue, channel) (rate({answered}[$__rate_interval]))"
    return timeseries(
        words("Wait of 9 in 10, from buckets", "Attente de 9 sur 10, par classes"),
        words.metric_about(metric),
        [target("A", f"histogram_quantile(0.9, {rate})", "{{queue}} · {{channel}}")],
        "s", decimals=0,
    )  # fmt: skip


def _histograms(words: Words) -> list[Panel]:
    names = {
        "vigie_contact_wait_seconds": words("Waits by bucket", "Attentes par classe"),
        "vigie_contact_handle_seconds": words("Handle times by bucket", "Traitements par classe"),
    }
    found = []
    for metric in FIXED_KPI_METRICS:
        if metric.type == "histogram":
            bucket = select(f"{metric.name}_bucket", PAIR)
            counts = f"sum by (le) (increase({bucket}[$__rate_interval]))"
            one = [target("A", counts, "{{le}}", heatmap=True)]
            found.append(heatmap(names[metric.name], words.metric_about(metric), one, "s"))
    return found
