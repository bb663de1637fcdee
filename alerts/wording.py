"""How messages say numbers, times and names, in English and French.

Names of rows come from outside: nothing of them may steer a terminal, a mail header or a chat.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime

from aggregators.kpis.catalogue import CATALOGUE, Unit
from alerts.plan import Language
from alerts.rules import HEALTH, PIPELINE, Measure, Operator, Where
from alerts.trend import Trend

LONGEST_NAME = 80
NO_BREAK_SPACE = "\u00a0"

HEALTH_NAMES: dict[Language, dict[str, str]] = {
    "en": {
        "data_age_seconds": "time since the newest event",
        "lag_events": "events not yet in the numbers",
        "lag_seconds": "delay of the numbers",
        "view_incomplete": "view incomplete",
        "past_seconds": "age of the events that come in",
        "dead_lettered_per_minute": "events refused per minute",
        "gap_events": "events lost before they were read",
        "rules_not_loaded": "rules not loaded",
        "target_failing": "targets that cannot be reached",
        "journal_unwritten_seconds": "time without a record of the alerts",
    },
    "fr": {
        "data_age_seconds": "temps depuis le dernier événement",
        "lag_events": "événements absents des chiffres",
        "lag_seconds": "retard des chiffres",
        "view_incomplete": "vue incomplète",
        "past_seconds": "âge des événements qui arrivent",
        "dead_lettered_per_minute": "événements refusés par minute",
        "gap_events": "événements perdus avant lecture",
        "rules_not_loaded": "règles non chargées",
        "target_failing": "destinataires injoignables",
        "journal_unwritten_seconds": "temps sans écriture des alertes",
    },
}
"""Names of the measures of vigie itself."""

_OPERATORS: dict[Language, dict[Operator, str]] = {
    "en": {">": "above", ">=": "at least", "<": "below", "<=": "at most"},
    "fr": {">": "au-dessus de", ">=": "au moins", "<": "en dessous de", "<=": "au plus"},
}
_TRENDS: dict[Language, dict[Trend, str]] = {
    "en": {"rising": "rising", "falling": "falling", "steady": "steady"},
    "fr": {"rising": "en hausse", "falling": "en baisse", "steady": "stable"},
}
_CHANNELS: dict[str, str] = {
    "voice": "voix", "email": "e-mail", "messaging": "messagerie", "ticket": "tickets",
    "social": "réseaux", "task": "tâches",
}  # fmt: skip
_ROWS: dict[Language, dict[str, str]] = {
    "en": {
        "pair": "queues", "channel": "channels", "team": "teams", "motive": "motives",
        "survey": "surveys", "theme": "themes", "item": "items", "tool": "tools",
        "segment": "segments",
    },
    "fr": {
        "pair": "files", "channel": "canaux", "team": "équipes", "motive": "motifs",
        "survey": "enquêtes", "theme": "thèmes", "item": "éléments", "tool": "outils",
        "segment": "segments",
    },
}  # fmt: skip
# What a chat would take for a mark-up, a link or a call to everybody.
_HARMLESS = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "`": "'", "@": "＠"})
_ADDRESS = re.compile(r"://")


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    """Return a name from outside as one line of harmless text."""
    kept = "".join(" " if _is_unseen(mark) else mark for mark in text).translate(_HARMLESS)
    return cut(" ".join(_ADDRESS.sub(": ", kept).split()), longest)


def one_line(text: str) -> str:
    """Return a text of the settings without line breaks and control characters."""
    return " ".join("".join(" " if _is_unseen(mark) else mark for mark in text).split())


def cut(text: str, longest: int) -> str:
    """Return at most ``longest`` characters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _is_unseen(mark: str) -> bool:
    """Control, format (also of the direction), surrogate, private and separating characters."""
    return unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def row_text(where: Where, language: Language) -> str:
    """Return the row: ``sales (voice)``."""
    if where.kind == "total":
        return "total"
    if where.kind == PIPELINE:
        return "vigie"
    name = plain(where.name)
    if where.kind == "pair":
        return f"{name} ({_channel(where.channel, language)})"
    return _channel(where.name, language) if where.kind == "channel" else name


def _channel(channel: str, language: Language) -> str:
    return plain(_CHANNELS.get(channel, channel) if language == "fr" else channel)


def rows_text(kind: str, language: Language) -> str:
    """Return what several rows of a kind are called; ``alerts`` where there is no word."""
    return _ROWS[language].get(kind, "alerts" if language == "en" else "alertes")


def operator_text(operator: Operator, language: Language) -> str:
    """Return the operator in words."""
    return _OPERATORS[language][operator]


def trend_text(trend: Trend, language: Language) -> str:
    """Return the trend in a word."""
    return _TRENDS[language][trend]


def measure_text(measure: Measure, language: Language) -> str:
    """Return what is measured: ``service level (standard, 15m)``."""
    kpi = CATALOGUE.get(measure.kpi)
    if kpi is None:
        name = HEALTH_NAMES[language].get(measure.kpi, measure.kpi)
    else:
        name = kpi.english if language == "en" else kpi.french
    details = [plain(label) for label in measure.labels]
    if measure.window:
        details.append(measure.window)
    return f"{name} ({', '.join(details)})" if details else name


def unit_of(measure: Measure) -> Unit:
    """Return the unit: of the catalogue, else by the end of the id."""
    kpi = CATALOGUE.get(measure.kpi)
    if kpi is not None:
        return kpi.unit
    if measure.kpi.endswith("_seconds"):
        return "seconds"
    return "count" if measure.kpi in HEALTH else "number"


def value_text(value: float | None, unit: Unit, language: Language) -> str:
    """Return a figure with its unit: ``75 s``, ``78.5%``, ``1 h 05``."""
    if value is None or not math.isfinite(value):
        return "no value" if language == "en" else "pas de valeur"
    if unit == "seconds":
        return duration_text(value, language)
    if unit == "ratio":
        per_cent = _number(value * 100, 1, language)
        return f"{per_cent}%" if language == "en" else f"{per_cent}{NO_BREAK_SPACE}%"
    if unit == "money":
        # Cents are told in pairs, whole amounts without.
        decimals = 0 if round(value, 2) == round(value) else 2
        return _grouped(f"{value:,.{decimals}f}", language)
    return _number(value, 0 if unit == "count" else 2, language)


def duration_text(seconds: float, language: Language) -> str:
    """Return a length of time: ``0.4 s``, ``75 s``, ``12 min 30 s``, ``1 h 05``, ``3 d 4 h``."""
    if seconds < 0:
        return f"-{duration_text(-seconds, language)}"
    if seconds < 9.95:
        return f"{_number(seconds, 1, language)} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02}"
    days, hours = divmod(hours, 24)
    return f"{days} {'d' if language == 'en' else 'j'} {hours} h"


def instant_text(ms: int) -> str:
    """Return an instant (epoch ms) in UTC: ``2026-11-23T14:03:20Z``."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339(ms: int) -> str:
    """Return an instant (epoch ms) for a machine: ``2026-11-23T14:03:20.250Z``."""
    return f"{instant_text(ms).removesuffix('Z')}.{ms % 1000:03}Z"


def _number(value: float, decimals: int, language: Language) -> str:
    text = f"{value:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return _grouped("0" if text == "-0" else text, language)


def _grouped(text: str, language: Language) -> str:
    if language == "en":
        return text
    return text.replace(",", NO_BREAK_SPACE).replace(".", ",")
