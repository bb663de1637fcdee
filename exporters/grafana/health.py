"""The strip at the top of every board: how old the figures are, whether they are whole, alerts."""

from __future__ import annotations

from exporters.grafana.layout import Line, Panel, line
from exporters.grafana.links import to_alerts
from exporters.grafana.panels import BAD, GOOD, PLAIN, WARN, stat, steps, target, values
from exporters.grafana.words import Words

OLD_S, TOO_OLD_S = 15, 60
"""From these ages on figures are suspect; at one scrape in five seconds, three are missed."""

AGE = "time() - max(vigie_view_event_timestamp_seconds)"


def strip(words: Words) -> Line:
    """Return the line."""
    return line(3, data_age(words), view_flag(words), open_alerts(words), workers(words))


def data_age(words: Words) -> Panel:
    """Return the age of the newest event in the figures."""
    return stat(
        words("Data age", "Âge des données"),
        words(
            "Time since the newest event in the figures. It grows when nothing comes in, and when"
            " vigie or Prometheus stands still: then all figures of this board are old."
            " `vigie_view_event_timestamp_seconds`",
            "Temps depuis l'événement le plus récent des chiffres. Il croît quand rien n'arrive,"
            " ou quand vigie ou Prometheus est arrêté : tous les chiffres de ce tableau sont alors"
            " anciens. `vigie_view_event_timestamp_seconds`",
        ),
        [target("A", AGE, words("old", "âge"), instant=True)],
        "s", decimals=0, thresholds=steps((None, GOOD), (OLD_S, WARN), (TOO_OLD_S, BAD)),
        no_value=words("▲ no data", "▲ aucune donnée"),
    )  # fmt: skip


def view_flag(words: Words) -> Panel:
    """Return whether the figures cover every partition."""
    return stat(
        words("Figures", "Chiffres"),
        words(
            "Whether the figures cover every partition and all of them are fresh. If not, read"
            " the board «pipeline health». `vigie_view_complete`",
            "Si les chiffres couvrent toutes les partitions et si toutes sont à jour. Sinon, voir"
            " le tableau « santé du pipeline ». `vigie_view_complete`",
        ),
        [target("A", "min(vigie_view_complete) or vector(0)", instant=True)],
        "none",
        mappings=[values({
            "1": (words("✔ complete", "✔ complets"), GOOD),
            "0": (words("▲ not complete", "▲ incomplets"), BAD),
        })],
        filled=True,
    )  # fmt: skip


def open_alerts(words: Words) -> Panel:
    """Return how many of vigie's alerts nobody has taken."""
    return stat(
        words("Alerts nobody has taken", "Alertes non prises"),
        words(
            "Alerts of vigie that fire and that nobody has acknowledged. A click leads to vigie's"
            " own page of alerts, where they are taken. `vigie_alerts`",
            "Alertes de vigie en cours que personne n'a acquittées. Un clic mène à la page des"
            " alertes de vigie, où on les prend. `vigie_alerts`",
        ),
        [target("A", 'sum(vigie_alerts{state="firing"})', instant=True)],
        "short", decimals=0, thresholds=steps((None, PLAIN), (1, BAD)),
        mappings=[values({"0": (words("✔ none", "✔ aucune"), GOOD)})],
        links=to_alerts(words),
    )  # fmt: skip


def workers(words: Words) -> Panel:
    """Return how many workers Prometheus reaches."""
    return stat(
        words("Workers", "Workers"),
        words(
            "Workers that Prometheus reaches. `vigie_build_info`",
            "Workers que Prometheus atteint. `vigie_build_info`",
        ),
        [target("A", "count(vigie_build_info)", instant=True)],
        "short", decimals=0, thresholds=steps((None, BAD), (1, PLAIN)),
        no_value=words("▲ none", "▲ aucun"),
    )  # fmt: skip
