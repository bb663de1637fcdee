"""The wallboard: what one acts on now, legible from across the room."""

from __future__ import annotations

from aggregators.kpis.norms import NORMS
from exporters.grafana import variables as v
from exporters.grafana.alert_panels import alert_timeline
from exporters.grafana.board import Board
from exporters.grafana.health import strip
from exporters.grafana.layout import Panel, Section, line
from exporters.grafana.panels import BAD, GOOD, PLAIN, Target, colour, of_query, stat, target
from exporters.grafana.queries import ON_PAIR, VARIANT, kpi, total
from exporters.grafana.risk import TARGET, THRESHOLD, risk_table
from exporters.grafana.words import Words

DIGITS_PX = 64
"""48 pt: legible at ten metres on a wall."""

LEVEL = kpi("service_level", VARIANT)
LOWEST = f"bottomk(1, {LEVEL} - {TARGET})"
"""The queue furthest below its own target, as the distance to it."""

LONGEST = f"topk(1, {kpi('longest_wait_seconds')} / {THRESHOLD})"
"""The wait that is longest measured by the threshold of its own queue."""

READY = f"bottomk(1, {kpi('agents_available')} and {ON_PAIR} {kpi('contacts_waiting')} > 0)"
WAITING = f"sum({kpi('contacts_waiting')})"
TOO_LONG = f"sum({kpi('contacts_over_threshold')})"
AT_RISK = f"sum({kpi('contacts_at_risk')})"
SHARE = f"{total('contacts_abandoned')} / ({total('contacts_offered')} > 0)"
ALLOWED = NORMS["abandonment_rate"]["target"]
NEXT = f"min({kpi('longest_wait_breach_seconds')})"


def wallboard(words: Words) -> Board:
    """Return the board."""
    return Board(
        name="wallboard",
        title=words("vigie wallboard", "vigie : écran mural"),
        about=words(
            "Now: six numbers, each beside what it is held against, the queues by risk, and the"
            " alerts of the last hour. Show it in kiosk mode (add ?kiosk to the address).",
            "Maintenant : six chiffres, chacun avec son repère, les files par risque et les"
            " alertes de la dernière heure. À afficher en mode kiosque (ajouter ?kiosk à"
            " l'adresse).",
        ),
        variables=[v.channel(words), v.queue(words), v.window(words), v.variant(words)],
        sections=[Section("", [
            strip(words),
            line(6, *(_number(words, *number) for number in _numbers(words))),
            line(3, *_held_against(words)),
            line(9, risk_table(words, large=True)),
            line(7, alert_timeline(words)),
        ])],
        refresh="5s",
        hides_address=True,
    )  # fmt: skip


def _numbers(words: Words) -> list[tuple[str, str, str, list[Target], str]]:
    """Return title, description, unit, the queries (A is good, B is bad), text for no value."""
    nobody = words("nobody waits", "personne n'attend")
    by_queue = "{{queue}}"

    def both(good: str, good_text: str, bad: str, bad_text: str) -> list[Target]:
        return [
            target("A", good, f"✔ {good_text}", instant=True),
            target("B", bad, f"▲ {bad_text}", instant=True),
        ]

    return [
        (
            words("Service level, lowest queue", "Niveau de service, file la plus basse"),
            words(
                "The queue furthest below its own target, in the chosen window and variant.",
                "La file la plus loin sous son propre objectif, pour la fenêtre et la variante"
                " choisies.",
            ),
            "percentunit",
            both(
                f"({LOWEST} >= 0) + {ON_PAIR} {TARGET}",
                words("on target", "objectif tenu") + f" · {by_queue}",
                f"({LOWEST} < 0) + {ON_PAIR} {TARGET}",
                words("below target", "sous l'objectif") + f" · {by_queue}",
            ),
            words("no contacts", "aucun contact"),
        ),
        (
            words("Waiting", "En attente"),
            words(
                "Contacts that wait now, in all chosen queues together.",
                "Contacts en attente maintenant, toutes files choisies confondues.",
            ),
            "short",
            both(
                f"{WAITING} and on () ({TOO_LONG} == 0)",
                words("all within the threshold", "tous dans le seuil"),
                f"{WAITING} and on () ({TOO_LONG} > 0)",
                words("some beyond the threshold", "au-delà du seuil"),
            ),
            nobody,
        ),
        (
            words("Longest wait", "Plus longue attente"),
            words(
                "The wait that is longest measured by the threshold of its own queue.",
                "L'attente la plus longue, mesurée au seuil de sa propre file.",
            ),
            "dthms",
            both(
                f"({LONGEST} <= 1) * {ON_PAIR} {THRESHOLD}",
                words("within the threshold", "dans le seuil") + f" · {by_queue}",
                f"({LONGEST} > 1) * {ON_PAIR} {THRESHOLD}",
                words("beyond the threshold", "au-delà du seuil") + f" · {by_queue}",
            ),
            nobody,
        ),
        (
            words("Agents ready where people wait", "Agents prêts là où l'on attend"),
            words(
                "The fewest agents ready in a queue in which somebody waits. Never summed: an"
                " agent in several queues counts in each.",
                "Le plus petit nombre d'agents prêts dans une file où quelqu'un attend. Jamais"
                " additionné : un agent de plusieurs files compte dans chacune.",
            ),
            "short",
            both(
                f"{READY} > 0", words("ready", "prêts") + f" · {by_queue}",
                f"{READY} == 0", words("nobody", "personne") + f" · {by_queue}",
            ),
            nobody,
        ),
        (
            words("Abandonment", "Abandons"),
            words(
                "Abandoned / offered in the chosen window, all chosen queues together (sums"
                " divided, never ratios averaged).",
                "Abandonnés / présentés dans la fenêtre choisie, toutes files choisies confondues"
                " (quotient des sommes, jamais une moyenne de taux).",
            ),
            "percentunit",
            both(
                f"{SHARE} <= {ALLOWED}", words("within the limit", "dans la limite"),
                f"{SHARE} > {ALLOWED}", words("too many", "trop"),
            ),
            words("no contacts", "aucun contact"),
        ),
        (
            words("Next wait too long in", "Prochain dépassement dans"),
            words(
                "If nobody answers: time until somebody has waited beyond the threshold of their"
                " queue. 0: somebody has.",
                "Si personne ne décroche : temps avant que quelqu'un dépasse le seuil de sa file."
                " 0 : c'est déjà le cas.",
            ),
            "dthms",
            both(
                f"{NEXT} > 0", words("left to act", "pour agir"),
                f"{NEXT} == 0", words("too late for someone", "déjà trop tard"),
            ),
            nobody,
        ),
    ]  # fmt: skip


def _number(
    words: Words, title: str, about: str, unit: str, targets: list[Target], no_value: str
) -> Panel:
    return stat(
        title, about, targets, unit, decimals={"percentunit": 0, "short": 0}.get(unit),
        overrides=[of_query("A", colour(GOOD)), of_query("B", colour(BAD))],
        named=True, filled=True, value_px=DIGITS_PX, no_value=no_value,
    )  # fmt: skip


def _held_against(words: Words) -> list[Panel]:
    """Return what each number is held against, from the settings where they say it."""
    plain = of_query("A", colour(PLAIN))

    def small(title: str, about: str, unit: str, *targets: Target) -> Panel:
        return stat(
            title, about, targets, unit, decimals={"percentunit": 0, "short": 0}.get(unit),
            overrides=[plain], named=len(targets) > 1,
        )  # fmt: skip

    def one(expr: str) -> Target:
        return target("A", expr, instant=True)

    setting = words(
        "From the settings of the queue, read from the series that vigie exposes.",
        "Réglage de la file, lu dans la série exposée par vigie.",
    )
    return [
        small(
            words("Target", "Objectif"), f"{setting} `vigie_service_level_target_ratio`",
            "percentunit", one(f"{TARGET} and {ON_PAIR} {LOWEST}"),
        ),
        small(
            words("Beyond the threshold", "Au-delà du seuil"),
            words(
                "Of those who wait, how many have waited beyond the threshold of their queue."
                " Should be 0.",
                "Parmi ceux qui attendent, combien ont dépassé le seuil de leur file. Doit être"
                " à 0.",
            ),
            "short", one(TOO_LONG),
        ),
        small(
            words("Threshold", "Seuil"), f"{setting} `vigie_service_level_threshold_seconds`",
            "dthms", one(f"{THRESHOLD} and {ON_PAIR} {LONGEST}"),
        ),
        small(
            words("Waiting in that queue", "En attente dans cette file"),
            words(
                "Who waits in the queue with the fewest agents ready: at least one agent should"
                " be ready.",
                "Combien attendent dans la file qui a le moins d'agents prêts : il en faut au"
                " moins un.",
            ),
            "short", one(f"{kpi('contacts_waiting')} and {ON_PAIR} {READY}"),
        ),
        small(
            words("Limit", "Limite"),
            words(
                "A default of this project; the settings have no limit for it.",
                "Une valeur par défaut de ce projet ; les réglages n'ont pas de limite pour cela.",
            ),
            "percentunit", one(f"vector({ALLOWED})"),
        ),
        small(
            words("At risk", "À risque"),
            words(
                "Who passes the threshold soon, within the time of the settings. Should be 0.",
                "Qui dépassera bientôt le seuil, dans le délai des réglages. Doit être à 0.",
            ),
            "short", one(AT_RISK),
        ),
    ]  # fmt: skip
