"""What the page of a signed link says, in English and French."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from alerts.plan import Language

Words: TypeAlias = Mapping[str, str]

LEVEL_SHAPES = {"critical": "▲", "warning": "◆"}

WORDS: dict[Language, Words] = {
    "en": {
        "critical": "critical",
        "warning": "warning",
        "where": "Where",
        "state": "State",
        "since": "Since",
        "pending": "not firing yet",
        "firing": "nobody has taken it",
        "escalated": "nobody has taken it, others were told",
        "resolved": "over",
        "snoozed": "snoozed",
        "taken": "taken by {by}",
        "by": "Your name",
        "why": "Why (if you like)",
        "take": "I take it",
        "done": "You have it now. It will not be told to others.",
        "failed": "That did not work:",
        "unreachable": "vigie does not answer. Try again.",
        "noscript": "The button needs JavaScript. You can also take the alert on the wallboard.",
        "board": "Open the wallboard",
        "refused": "This link opens nothing",
        "unsigned": "The link is not complete. Copy all of it, or open the wallboard.",
        "expired": "The link is too old. Open the wallboard, or use that of a newer message.",
        "gone": "This alert was over long ago.",
    },
    "fr": {
        "critical": "critique",
        "warning": "avertissement",
        "where": "Où",
        "state": "État",
        "since": "Depuis",
        "pending": "pas encore déclenchée",
        "firing": "personne ne l’a prise en charge",
        "escalated": "personne ne l’a prise en charge, d’autres ont été prévenus",
        "resolved": "terminée",
        "snoozed": "en pause",
        "taken": "prise en charge par {by}",
        "by": "Votre nom",
        "why": "Pourquoi (si vous voulez)",
        "take": "Je m’en charge",
        "done": "Elle est à vous. Personne d’autre ne sera prévenu.",
        "failed": "Cela n’a pas marché :",
        "unreachable": "vigie ne répond pas. Réessayez.",
        "noscript": "Le bouton a besoin de JavaScript. Le tableau permet aussi de la prendre.",
        "board": "Ouvrir le tableau",
        "refused": "Ce lien n’ouvre rien",
        "unsigned": "Le lien n’est pas complet. Copiez-le en entier, ou ouvrez le tableau.",
        "expired": "Le lien est trop ancien. Ouvrez le tableau, ou celui d’un message plus récent.",
        "gone": "Cette alerte est terminée depuis longtemps.",
    },
}


def language_of(accept: str) -> Language:
    """Return the language that an ``Accept-Language`` header likes better; English if neither."""
    best: Language = "en"
    best_weight = 0.0
    for part in accept[:256].split(","):
        tag, _, parameter = part.partition(";")
        name = tag.strip().lower().partition("-")[0]
        try:
            weight = float(parameter.partition("=")[2]) if parameter else 1.0
        except ValueError:
            weight = 0.0
        if weight > best_weight and name in ("en", "fr"):
            best, best_weight = ("fr" if name == "fr" else "en"), weight
    return best
