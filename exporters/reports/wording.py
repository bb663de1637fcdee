"""The words of reports in English and French. Names of KPIs are those of the catalogue."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from aggregators.kpis.catalogue import CATALOGUE
from exporters.reports.plan import Language

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "daily": "Day report", "weekly": "Week report", "week": "Week from {} to {}",
        "so_far": "up to {}",
        "all": "Everything", "queues": "Queues", "channels": "Channels", "teams": "Teams",
        "without": "without", "colon": ": ",
        "lead": "At a glance", "by_queue": "By queue", "by_channel": "By channel",
        "course": "Through the day", "course_week": "Through the week",
        "worst": "Hardest intervals", "alerts": "Alerts", "quality": "About these numbers",
        "abandonment": "Abandonment", "agents": "Handling", "satisfaction": "Satisfaction",
        "resolution": "Resolution", "selfcare": "Self-care",
        "expressions": "Searched for and not found",
        "queue": "Queue", "channel": "Channel", "offered": "Offered", "answered": "Answered",
        "abandoned": "Abandoned", "level": "Service level", "asa": "Mean wait",
        "longest": "Longest wait", "aht": "Handle time", "when": "When", "total": "Total",
        "offered_short": "Off.", "answered_short": "Ans.", "abandoned_short": "Aband.",
        "level_short": "SL", "asa_short": "Wait", "longest_short": "Longest", "aht_short": "AHT",
        "missed_short": "Late",
        "missed": "Not in time", "stood": "alert: {}", "figure": "Figure", "value": "Value",
        "out_of": "Out of", "usual": "Usual", "expression": "Expression", "searches": "Searches",
        "change": "Change",
        "target": "target {}", "target_met": "target {} met",
        "target_missed": "target {} missed",
        "usual_is": "{}: {} ({}–{} in {} weeks)", "usual_only": "usual: {} ({} weeks)",
        "last_week": "a week before: {}", "no_weeks": "no earlier weeks known",
        "better": "better than usual", "worse": "worse than usual",
        "higher": "higher than usual", "lower": "lower than usual", "usual_word": "as usual",
        "small": "few contacts: {}", "provisional": "provisional",
        "small_mark": "* fewer than {} contacts: take it with care",
        "worst_note": "Intervals with the most contacts that were not answered in time.",
        "nothing_missed": "Every contact was answered in time.",
        "level_note": "Service level as {}.",
        "searched": "{} searches without an answer.",
        "searched_scope": "{} searches without an answer, of all of the centre.",
        "error": "Counts may be up to {} too low.",
        "no_alerts": "No alert fired.",
        "fired": "{} fired", "mtta": "taken after {} on average",
        "mttr": "over after {} on average",
        "lasted": "lasted {}", "still": "not over yet",
        "taken": "taken after {}", "taken_by": "taken by {} after {}",
        "not_taken": "nobody took it",
        "worst_value": "worst: {}", "more_alerts": "and {} more",
        "acknowledged": "took it", "released": "gave it back", "snoozed": "snoozed it",
        "somebody": "somebody",
        "critical": "critical", "warning": "warning",
        "is_late": "Sent late: it was due on {} at {}.",
        "is_open": "The stretch still runs: these numbers will change.",
        "incomplete": "Parts of the numbers were missing when this was made: all counts are at"
        " least as shown.",
        "known_from": "vigie knows everything only from {} {} on: the time before is missing.",
        "counted": "Since the report before: {} events came late, {} were refused.",
        "uncounted": "How many events came late or were refused is told from the next report on.",
        "made": "Made on {} at {} ({}).",
        "complete": "The numbers were complete when this was made.",
        "no_data": "No contact in this stretch.",
        "by_interval": "by interval", "by_day": "by day",
        "plot_volume": "Answered and abandoned contacts {}",
        "plot_level": "Service level {}, and its target",
        "volume_alt": "Contacts {}: {} offered, {} answered, {} abandoned; the most at {}"
        " ({} offered).",
        "level_alt": "Service level {}: {} in all{}; lowest at {} ({}).",
        "target_alt": ", target {}",
        "few": "few contacts", "footer": "Sent by vigie. Whoever receives this is named in its"
        " settings (reports).",
        "csv": "All numbers are in the attached table.",
        "seen_in": "whole centre",
    },
    "fr": {
        "daily": "Rapport du jour", "weekly": "Rapport de la semaine",
        "week": "Semaine du {} au {}", "so_far": "jusqu'à {}",
        "all": "Tout le centre", "queues": "Files", "channels": "Canaux", "teams": "Équipes",
        "without": "sans", "colon": " : ",
        "lead": "En un coup d'œil", "by_queue": "Par file", "by_channel": "Par canal",
        "course": "Au fil de la journée", "course_week": "Au fil de la semaine",
        "worst": "Créneaux les plus difficiles", "alerts": "Alertes",
        "quality": "À propos de ces chiffres",
        "abandonment": "Abandons", "agents": "Traitement", "satisfaction": "Satisfaction",
        "resolution": "Résolution", "selfcare": "Selfcare",
        "expressions": "Cherché et non trouvé",
        "queue": "File", "channel": "Canal", "offered": "Présentés", "answered": "Décrochés",
        "abandoned": "Abandonnés", "level": "Niveau de service", "asa": "Attente moy.",
        "longest": "Attente max.", "aht": "DMT", "when": "Quand", "total": "Total",
        "offered_short": "Prés.", "answered_short": "Déc.", "abandoned_short": "Aband.",
        "level_short": "NS", "asa_short": "Att.", "longest_short": "Max.", "aht_short": "DMT",
        "missed_short": "H. délai",
        "missed": "Hors délai", "stood": "alerte : {}", "figure": "Chiffre", "value": "Valeur",
        "out_of": "Sur", "usual": "Habituel", "expression": "Expression",
        "searches": "Recherches", "change": "Évolution",
        "target": "objectif {}", "target_met": "objectif {} tenu",
        "target_missed": "objectif {} manqué",
        "usual_is": "{} : {} ({} à {} sur {} semaines)",
        "usual_only": "d'habitude : {} ({} semaines)",
        "last_week": "une semaine avant : {}", "no_weeks": "pas de semaine antérieure connue",
        "better": "mieux que d'habitude", "worse": "moins bien que d'habitude",
        "higher": "plus que d'habitude", "lower": "moins que d'habitude",
        "usual_word": "comme d'habitude",
        "small": "peu de contacts : {}", "provisional": "provisoire",
        "small_mark": "* moins de {} contacts : à lire avec prudence",
        "worst_note": "Créneaux qui ont le plus de contacts non décrochés dans le seuil.",
        "nothing_missed": "Tous les contacts ont été décrochés dans le seuil.",
        "level_note": "Niveau de service selon {}.",
        "searched": "{} recherches sans réponse.",
        "searched_scope": "{} recherches sans réponse, dans tout le centre.",
        "error": "Les comptes peuvent être trop bas de {} au plus.",
        "no_alerts": "Aucune alerte.",
        "fired": "{} déclenchées", "mtta": "prises en charge après {} en moyenne",
        "mttr": "terminées après {} en moyenne",
        "lasted": "durée {}", "still": "pas encore terminée",
        "taken": "prise en charge après {}", "taken_by": "prise en charge par {} après {}",
        "not_taken": "prise en charge par personne",
        "worst_value": "pire valeur : {}", "more_alerts": "et {} de plus",
        "acknowledged": "prend en charge", "released": "rend", "snoozed": "met en pause",
        "somebody": "quelqu'un",
        "critical": "critique", "warning": "avertissement",
        "is_late": "Envoyé en retard : prévu {} à {}.",
        "is_open": "La période est encore en cours : ces chiffres vont changer.",
        "incomplete": "Une partie des chiffres manquait à la préparation : tous les comptes sont"
        " au moins ceux affichés.",
        "known_from": "vigie ne connaît tout qu'à partir de {} {} : ce qui précède manque.",
        "counted": "Depuis le rapport précédent : {} événements en retard, {} refusés.",
        "uncounted": "Le nombre d'événements en retard ou refusés sera donné à partir du prochain"
        " rapport.",
        "made": "Préparé {} à {} ({}).",
        "complete": "Les chiffres étaient complets à la préparation.",
        "no_data": "Aucun contact sur cette période.",
        "by_interval": "par créneau", "by_day": "par jour",
        "plot_volume": "Contacts décrochés et abandonnés {}",
        "plot_level": "Niveau de service {}, et son objectif",
        "volume_alt": "Contacts {} : {} présentés, {} décrochés, {} abandonnés ; le plus"
        " à {} ({} présentés).",
        "level_alt": "Niveau de service {} : {} en tout{} ; au plus bas à {} ({}).",
        "target_alt": ", objectif {}",
        "few": "peu de contacts", "footer": "Envoyé par vigie. Les destinataires sont nommés dans"
        " ses réglages (reports).",
        "csv": "Tous les chiffres sont dans le tableau joint.",
        "seen_in": "tout le centre",
    },
}  # fmt: skip
"""Phrase by language and name; ``{}`` is filled in."""

_CHANNELS: Mapping[str, str] = {
    "voice": "voix", "email": "e-mail", "messaging": "messagerie", "ticket": "tickets",
    "social": "réseaux", "task": "tâches",
}  # fmt: skip
_LABELS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "of_offered": "of those offered", "short_excluded": "without short ones",
        "queue": "", "immediate": "", "wall_clock": "", "no_repeat": "without a repeat",
        "declared": "declared by the agent", "none": "", "first": "after a first contact",
        "contact": "of all contacts", "final": "", "provisional": "",
    },
    "fr": {
        "of_offered": "des présentés", "short_excluded": "hors abandons courts",
        "queue": "", "immediate": "", "wall_clock": "", "no_repeat": "sans réitération",
        "declared": "déclaré par l'agent", "none": "", "first": "après un premier contact",
        "contact": "de tous les contacts", "final": "", "provisional": "",
    },
}  # fmt: skip
LONGEST_NAME = 60


def kpi_text(kpi_id: str, labels: tuple[str, ...], language: Language) -> str:
    """Return the name of a KPI: ``first contact resolution (without a repeat, 7d)``.

    The variant of the service level is told once, below its table.
    """
    kpi = CATALOGUE[kpi_id]
    name = kpi.english if language == "en" else kpi.french
    known = _LABELS[language]
    shown = () if kpi_id == "service_level" else labels
    if kpi_id == "asa_seconds" and labels == ("queue",):
        shown = ()
    details = [known.get(label, plain(label)) for label in shown]
    told = ", ".join(detail for detail in details if detail)
    name = name[:1].upper() + name[1:]
    return f"{name} ({told})" if told else name


def channel_text(channel: str, language: Language) -> str:
    """Return the name of a channel."""
    return plain(_CHANNELS.get(channel, channel) if language == "fr" else channel)


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    """Return a name or note from outside as one line without anything unseen."""
    kept = "".join(" " if _is_unseen(mark) else mark for mark in text)
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _is_unseen(mark: str) -> bool:
    """Control, format (also of the direction), surrogate, private and separating characters."""
    return unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
