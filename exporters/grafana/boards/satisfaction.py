"""Self-care and satisfaction, and the quality of what was said: the voice of the customer."""

from __future__ import annotations

from exporters.grafana import variables as v
from exporters.grafana.board import Board
from exporters.grafana.health import strip
from exporters.grafana.kpi_panels import figure, further, kpi_section, of_groups
from exporters.grafana.layout import Panel, Section, line
from exporters.grafana.panels import bars, target, timeseries
from exporters.grafana.queries import source
from exporters.grafana.words import Words

SCORES = ["csat", "csat_mean", "csat_share", "nps", "nps_share", "ces", "ces_high_effort_rate",
          "survey_resolution_count", "verbatim_count"]  # fmt: skip
ANSWERS = ["surveys_sent", "survey_answers", "survey_response_rate",
           "survey_answers_replaced_count"]  # fmt: skip
SESSIONS = ["selfcare_sessions", "selfcare_sessions_ended", "selfcare_outcome_count",
            "containment_rate", "handover_rate", "handover_rate_by_reason", "handovers_count",
            "selfcare_satisfaction", "selfcare_satisfaction_answers",
            "selfcare_ignored_count"]  # fmt: skip
FAQ = ["faq_searches", "faq_no_answer_count", "faq_no_answer_rate", "faq_views"]
STAFF = ["employee_engagement", "engagement_participation_rate"]
SHOWN = {*SCORES, *ANSWERS, *SESSIONS, *FAQ, *STAFF}


def satisfaction(words: Words) -> Board:
    """Return the board."""
    return Board(
        name="satisfaction",
        title=words("vigie self-care and satisfaction", "vigie : selfcare et satisfaction"),
        about=words(
            "What customers say, what self-care solves alone, what the FAQ has no answer to, and"
            " what evaluations of contacts found.",
            "Ce que disent les clients, ce que le selfcare résout seul, ce que la FAQ ne sait pas,"
            " et ce que disent les évaluations des contacts.",
        ),
        variables=[v.channel(words), v.queue(words), v.long_window(words)],
        sections=[
            Section("", [strip(words), line(5, *_key_figures(words))]),
            kpi_section(words("What customers say", "Ce que disent les clients"), SCORES, words,
                        is_folded=False),
            kpi_section(words("Surveys and answers", "Enquêtes et réponses"), ANSWERS, words),
            kpi_section(words("Self-care", "Selfcare"), SESSIONS, words, is_folded=False),
            kpi_section(words("FAQ", "FAQ"), FAQ, words),
            kpi_section(words("Quality of contacts", "Qualité des contacts"),
                        of_groups("quality"), words),
            kpi_section(words("Staff", "Équipe"), STAFF, words),
            Section(words("By survey and theme", "Par enquête et par thème"),
                    [line(8, *_facets(words))], is_folded=True),
            *further(words, SHOWN, "satisfaction", "selfcare"),
        ],
        refresh="30s",
        shown_from="now-12h",
    )  # fmt: skip


def _key_figures(words: Words) -> list[Panel]:
    def of_centre(title: str, about: str, kpi_id: str, *more: str) -> Panel:
        whole = words("Everything together.", "Tout confondu.")
        return figure(title, f"{about} {whole} `{kpi_id}`", kpi_id, *more)

    return [
        of_centre(
            "CSAT",
            words("Answers in the satisfied band / answers.",
                  "Réponses satisfaites / réponses."), "csat",
        ),
        of_centre(
            "NPS",
            words("100 x (promoters - detractors) / answers.",
                  "100 x (promoteurs - détracteurs) / réponses."), "nps",
        ),
        of_centre(
            words("Effort (CES)", "Effort (CES)"),
            words("Mean effort from 1 to 7, where 7 is the most.",
                  "Effort moyen de 1 à 7, 7 étant le plus grand."), "ces",
        ),
        of_centre(
            words("Solved by self-care alone", "Résolu par le selfcare seul"),
            words("Sessions ended with no hand-over to a person / sessions ended.",
                  "Sessions terminées sans passage à une personne / sessions terminées."),
            "containment_rate", 'state="immediate"',
        ),
    ]  # fmt: skip


def _facets(words: Words) -> list[Panel]:
    needs = words(
        "Shown for the kinds of rows in metrics.by of the settings.",
        "Affiché pour les lignes choisies par metrics.by dans les réglages.",
    )
    return [
        timeseries(
            words("CSAT by survey", "CSAT par enquête"), f"{needs} `vigie_survey_csat_ratio`",
            [target("A", source("csat").of("survey"), "{{survey}}")], "percentunit", decimals=1,
        ),
        timeseries(
            words("NPS by survey", "NPS par enquête"), f"{needs} `vigie_survey_nps`",
            [target("A", source("nps").of("survey"), "{{survey}}")], "none", decimals=1,
        ),
        bars(
            words("Verbatims by theme", "Verbatims par thème"), f"{needs} `vigie_theme_verbatim`",
            [target("A", source("verbatim_count").of("theme"), "{{theme}}", instant=True)],
            "short", decimals=0,
        ),
    ]  # fmt: skip
