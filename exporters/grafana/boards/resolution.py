"""Resolution and repeat contacts: was it solved, how fast, and did they have to come back."""

from __future__ import annotations

from exporters.grafana import variables as v
from exporters.grafana.board import Board
from exporters.grafana.health import strip
from exporters.grafana.kpi_panels import figure, further, kpi_section
from exporters.grafana.layout import Panel, Section, line
from exporters.grafana.words import Words

TIMES = ["resolution_seconds", "resolution_quantile_seconds", "contacts_resolved", "reopen_rate",
         "one_touch_rate", "promise_kept_rate"]  # fmt: skip
ESCALATIONS = ["escalation_count", "escalation_rate", "transfers_per_journey",
               "transfer_to_selfcare_rate", "selfcare_not_optional_share",
               "tickets_out_of_time_count"]  # fmt: skip
FIRST = ["first_contact_resolution", "first_contacts", "first_contacts_handled",
         "first_contact_share", "contacts_per_demand", "multi_touch_share"]  # fmt: skip
REPEATS = ["repeat_contact_rate", "repeat_contact_count", "repeat_pair_count", "repeat_customers",
           "repeat_satisfaction_gap"]  # fmt: skip
CROSSING = ["containment_confirmed_rate", "selfcare_to_contact_rate", "contact_to_selfcare_rate",
            "bot_to_human_wait_seconds"]  # fmt: skip
IDENTITY = ["customer_contacts", "unidentified_count", "surveys_unknown_contact_count"]
SHOWN = {*TIMES, *ESCALATIONS, *FIRST, *REPEATS, *CROSSING, *IDENTITY}


def resolution(words: Words) -> Board:
    """Return the board."""
    return Board(
        name="resolution",
        title=words("vigie resolution and repeat contacts", "vigie : résolution et réitérations"),
        about=words(
            "Whether demands are solved, how fast, and whether customers have to come back. Figures"
            " of an hour and more; what is still open is provisional.",
            "Si les demandes sont résolues, en combien de temps, et si les clients doivent"
            " revenir. Fenêtres d'une heure et plus ; ce qui est encore ouvert est provisoire.",
        ),
        variables=[v.channel(words), v.queue(words), v.long_window(words)],
        sections=[
            Section("", [strip(words), line(5, *_key_figures(words))]),
            kpi_section(words("Solved, and how fast", "Résolu, et en combien de temps"), TIMES,
                        words, is_folded=False),
            kpi_section(words("First contact", "Premier contact"), FIRST, words, is_folded=False),
            kpi_section(words("Repeat contacts", "Réitérations"), REPEATS, words),
            kpi_section(words("Escalations and transfers", "Escalades et transferts"), ESCALATIONS,
                        words),
            kpi_section(words("Between self-care and people", "Entre selfcare et conseillers"),
                        CROSSING, words),
            kpi_section(words("Who is known", "Qui est connu"), IDENTITY, words),
            *further(words, SHOWN, "resolution", "customers"),
        ],
        refresh="30s",
        shown_from="now-12h",
    )  # fmt: skip


def _key_figures(words: Words) -> list[Panel]:
    def of_centre(title: str, about: str, kpi_id: str, *more: str) -> Panel:
        return figure(title, f"{about} `{kpi_id}`", kpi_id, *more)

    day = 'horizon="24h"'
    return [
        of_centre(
            words("Solved at the first contact", "Résolu au premier contact"),
            words("Handled first contacts with no repeat within 24 h so far, everything together:"
                  " provisional until the 24 h are over.",
                  "Premiers contacts traités sans réitération sous 24 h à ce jour, tout confondu :"
                  " provisoire tant que les 24 h courent."),
            "first_contact_resolution", 'method="no_repeat"', day, 'state="provisional"',
        ),
        of_centre(
            words("Contacts that repeat one", "Contacts qui en répètent un"),
            words("Contacts within 24 h of an earlier one of the same demand / contacts,"
                  " everything together.",
                  "Contacts à moins de 24 h d'un précédent pour la même demande / contacts, tout"
                  " confondu."),
            "repeat_contact_rate", 'per="contact"', day, 'state="final"',
        ),
        of_centre(
            words("Time to resolve", "Temps de résolution"),
            words("From the demand to the last solve, by the calendar, everything together.",
                  "De la demande à la dernière résolution, en temps réel, tout confondu."),
            "resolution_seconds", 'variant="last"', 'clock="calendar"',
        ),
        of_centre(
            words("Contacts per demand, now", "Contacts par demande, en ce moment"),
            words("1 is the best there is; everything together.",
                  "1 est le mieux possible ; tout confondu."),
            "contacts_per_demand",
        ),
    ]  # fmt: skip
