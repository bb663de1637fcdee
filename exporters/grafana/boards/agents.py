"""Agents and occupancy: states, times and shares by queue; never a name, never a ranking."""

from __future__ import annotations

from exporters.grafana import variables as v
from exporters.grafana.board import Board
from exporters.grafana.health import strip
from exporters.grafana.kpi_panels import PLACE, further, kpi_section, matrix, placed
from exporters.grafana.layout import Panel, Section, line
from exporters.grafana.links import to_queue_of_series
from exporters.grafana.panels import of_query, table, target, timeseries
from exporters.grafana.queries import PAIR, select, source
from exporters.grafana.words import Words

NOW = ["agents_logged_in", "agents_staffed", "agents_available", "agents_on_contact",
       "agents_in_wrap_up", "agents_ringing", "agents_paused", "agents_unresponsive",
       "agents_other", "agent_free_slots"]  # fmt: skip
HANDLING = ["contacts_handled", "aht_seconds", "handle_part_mean_seconds", "talk_mean_seconds",
            "hold_mean_seconds", "hold_mean_per_held_seconds", "acw_mean_seconds",
            "talk_sum_seconds", "hold_rate"]  # fmt: skip
OCCUPANCY = ["occupancy", "utilisation", "availability_rate", "pause_rate", "concurrency_mean",
             "agent_logged_in_seconds", "agent_contact_seconds"]  # fmt: skip


def agents(words: Words) -> Board:
    """Return the board."""
    return Board(
        name="agents",
        title=words("vigie agents and occupancy", "vigie : agents et occupation"),
        about=words(
            "How many agents are ready, on contacts or away, how long contacts take, and how full"
            " the time is. Agents are counted, never named or ranked.",
            "Combien d'agents sont prêts, en contact ou absents, combien durent les contacts et à"
            " quel point le temps est occupé. Les agents sont comptés, jamais nommés ni classés.",
        ),
        variables=[v.channel(words), v.queue(words), v.window(words)],
        sections=[
            Section("", [
                strip(words),
                line(9, _states(words), _ready(words), _occupancy(words)),
            ]),
            kpi_section(words("Now", "Maintenant"), NOW, words, is_folded=False),
            kpi_section(words("Handle time", "Durée de traitement"), HANDLING, words),
            kpi_section(words("Occupancy and time", "Occupation et temps"), OCCUPANCY, words),
            *further(words, {*NOW, *HANDLING, *OCCUPANCY}, "agents"),
        ],
    )  # fmt: skip


def _states(words: Words) -> Panel:
    by_place = placed(select("vigie_agents", PAIR))
    return table(
        words("Agents by state", "Agents par état"),
        words(
            "An agent in several queues counts in each: do not add rows. `vigie_agents`",
            "Un agent de plusieurs files compte dans chacune : ne pas additionner les lignes."
            " `vigie_agents`",
        ),
        [target("A", f"max by ({PLACE}, state) ({by_place})", table=True)],
        "short", decimals=0, transformations=matrix(PLACE, "state", words("Queue", "File")),
    )  # fmt: skip


def _ready(words: Words) -> Panel:
    waiting = words("waiting", "en attente")
    ready = words("ready", "prêts")
    return timeseries(
        words("Ready and waiting", "Prêts et en attente"),
        words(
            "Agents ready (solid) and contacts waiting (dashed), by queue.",
            "Agents prêts (trait plein) et contacts en attente (tirets), par file.",
        ),
        [
            target("A", source("agents_available").of_pairs(), f"{ready} {{{{queue}}}}"),
            target("B", source("contacts_waiting").of_pairs(), f"{waiting} {{{{queue}}}}"),
        ],
        "short", decimals=0,
        overrides=[
            of_query("A", ("links", to_queue_of_series(words))),
            of_query("B", ("custom.lineStyle", {"fill": "dash", "dash": [8, 8]})),
        ],
    )  # fmt: skip


def _occupancy(words: Words) -> Panel:
    return timeseries(
        words("Occupancy by the clock", "Occupation selon l'horloge"),
        words(
            "Occupied / (occupied + available) in the chosen window: the variant `wall_clock`."
            " High for long wears people out, low for long is idle time. `vigie_occupancy_ratio`",
            "Occupé / (occupé + disponible) dans la fenêtre choisie : la variante `wall_clock`."
            " Longtemps haute, elle épuise ; longtemps basse, le temps reste vide."
            " `vigie_occupancy_ratio`",
        ),
        [target(
            "A", source("occupancy").of_pairs('variant="wall_clock"'), "{{queue}} · {{channel}}"
        )],
        "percentunit", decimals=0,
    )  # fmt: skip
