"""The supervisor's board: now, today against a week before, and what the next hours may bring."""

from __future__ import annotations

from exporters.grafana import variables as v
from exporters.grafana.alert_panels import alert_timeline
from exporters.grafana.board import Board
from exporters.grafana.health import strip
from exporters.grafana.kpi_panels import DASHED
from exporters.grafana.layout import Panel, Section, line
from exporters.grafana.panels import of_query, stat, target, timeseries
from exporters.grafana.queries import BY_PAIR, ON_PAIR, PAIR, Source, select, source, total
from exporters.grafana.queue_table import queue_table
from exporters.grafana.risk import risk_table
from exporters.grafana.words import Words

TODAY = 'window="today"'
HOUR = 'window="1h"'
WEEK_H = 168
WEEKS = (1, 2, 3, 4)
"""Earlier weeks of which what is expected is the mean; those that Prometheus has count."""

HOURS = (1, 2, 3, 4)


def supervisor(words: Words) -> Board:
    """Return the board."""
    return Board(
        name="supervisor",
        title=words("vigie supervisor", "vigie : superviseur"),
        about=words(
            "What needs a hand now, whether today is like the same weekday a week before, and what"
            " the next hours may bring.",
            "Où agir maintenant, si aujourd'hui ressemble au même jour de la semaine passée, et ce"
            " que les prochaines heures peuvent apporter.",
        ),
        variables=[v.channel(words), v.queue(words), v.window(words), v.variant(words)],
        sections=[
            Section("", [strip(words)]),
            Section(words("Now", "Maintenant"), [
                line(5, *_now(words)), line(10, risk_table(words)), line(7, alert_timeline(words)),
            ]),
            Section(
                words("Today against the same weekday a week before",
                      "Aujourd'hui comparé au même jour de la semaine passée"),
                [line(5, *_differences(words)), line(9, *_curves(words))],
            ),
            Section(
                words("The next hours, from earlier weeks",
                      "Les prochaines heures, d'après les semaines passées"),
                [(10, [(14, _expected_table(words)), (10, _expected_curve(words))])],
            ),
        ],
        shown_from="now-12h",
    )  # fmt: skip


def _now(words: Words) -> list[Panel]:
    def count(title: str, about: str, kpi_id: str) -> Panel:
        return stat(
            title, f"{about} `{source(kpi_id).name}`", [target("A", total(kpi_id))],
            "short", decimals=0, graph=True,
        )  # fmt: skip

    in_time, offered = total("contacts_answered_in_target"), total("contacts_offered")
    return [
        count(
            words("Waiting", "En attente"),
            words("Contacts that wait now.", "Contacts en attente maintenant."), "contacts_waiting",
        ),
        count(
            words("Beyond the threshold", "Au-delà du seuil"),
            words("Of those who wait, how many have waited beyond their queue's threshold.",
                  "Parmi eux, combien ont dépassé le seuil de leur file."),
            "contacts_over_threshold",
        ),
        count(
            words("In conversation", "En conversation"),
            words("Answered and not ended.", "Décrochés et non terminés."), "contacts_in_progress",
        ),
        stat(
            words("Answered in time, all chosen queues", "Décrochés à temps, files choisies"),
            words(
                "Answered within the threshold / offered, in the chosen window: sums divided. The"
                " level of each queue in its chosen variant is in the table.",
                "Décrochés dans le seuil / présentés, dans la fenêtre choisie : quotient des"
                " sommes. Le niveau de chaque file, selon la variante, est dans la table.",
            ),
            [target("A", f"{in_time} / ({offered} > 0)")], "percentunit", decimals=1, graph=True,
        ),
    ]  # fmt: skip


def _sum(kpi_id: str, offset: str = "") -> str:
    return f"sum({source(kpi_id).of_pairs(window=TODAY)}{offset})"


def _quotient(part: str, whole: str, offset: str = "") -> str:
    return f"{_sum(part, offset)} / ({_sum(whole, offset)} > 0)"


def _mean_wait(offset: str = "") -> str:
    waits = source("wait_sum_seconds").of_pairs('outcome="answered"', window=TODAY)
    return f"sum({waits}{offset}) / ({_sum('contacts_answered', offset)} > 0)"


def _handle_time(offset: str = "") -> str:
    """Return the mean over queues weighted with what each handled: that of all together."""
    handled = source("contacts_handled").of_pairs(window=TODAY) + offset
    aht = source("aht_seconds").of_pairs(window=TODAY) + offset
    return f"sum({aht} * {ON_PAIR} {handled}) / (sum({handled}) > 0)"


def _figures(words: Words) -> list[tuple[str, str, str, str, str]]:
    """Return title, description, unit, today's expression, and that of a week before."""
    week = f" offset {WEEK_H}h"
    return [
        (
            words("Entered today", "Entrés aujourd'hui"),
            words("Legs that entered the chosen queues since the start of their day.",
                  "Entrées dans les files choisies depuis le début de leur journée."),
            "short", _sum("contacts_entered"), _sum("contacts_entered", week),
        ),
        (
            words("Answered in time today", "Décrochés à temps aujourd'hui"),
            words("Answered within the threshold / offered; sums divided.",
                  "Décrochés dans le seuil / présentés ; quotient des sommes."),
            "percentunit", _quotient("contacts_answered_in_target", "contacts_offered"),
            _quotient("contacts_answered_in_target", "contacts_offered", week),
        ),
        (
            words("Abandonment today", "Abandons aujourd'hui"),
            words("Abandoned / offered; sums divided.",
                  "Abandonnés / présentés ; quotient des sommes."),
            "percentunit", _quotient("contacts_abandoned", "contacts_offered"),
            _quotient("contacts_abandoned", "contacts_offered", week),
        ),
        (
            words("Mean wait today", "Attente moyenne aujourd'hui"),
            words("Summed waits of answered legs / answered legs.",
                  "Attentes cumulées des décrochés / décrochés."),
            "s", _mean_wait(), _mean_wait(week),
        ),
        (
            words("Handle time today", "Durée de traitement aujourd'hui"),
            words("Average handle time of all chosen queues: each queue's weighs as many contacts"
                  " as it handled.",
                  "Durée moyenne de traitement des files choisies : chaque file pèse autant de"
                  " contacts qu'elle a traités."),
            "s", _handle_time(), _handle_time(week),
        ),
    ]  # fmt: skip


def _differences(words: Words) -> list[Panel]:
    difference = words(
        "Today so far, less the same weekday a week before at the same time.",
        "Aujourd'hui jusqu'ici, moins le même jour de la semaine passée à la même heure.",
    )
    return [
        stat(
            words("against last week: ", "par rapport à la semaine passée : ") + title.lower(),
            f"{difference} {about}",
            [target("A", f"({now}) - ({then})", instant=True)],
            unit, decimals=0 if unit == "short" else 1,
        )
        for title, about, unit, now, then in _figures(words)[:4]
    ]  # fmt: skip


def _curves(words: Words) -> list[Panel]:
    return [
        timeseries(
            title, about,
            [
                target("A", now, words("today", "aujourd'hui")),
                target("B", then, words("a week before", "une semaine avant")),
            ],
            unit, overrides=[of_query("A", ("custom.lineWidth", 3)), of_query("B", *DASHED)],
        )
        for title, about, unit, now, then in (
            figure for n, figure in enumerate(_figures(words)) if n != 3
        )
    ]  # fmt: skip


def _earlier(of: Source, ahead_h: int) -> str:
    """Return the mean of an hour's entries at this time of the week, ``ahead_h`` hours later."""
    weeks = " or ".join(
        "label_replace("
        f'{of.of_pairs(window=HOUR)} offset {WEEK_H * week - ahead_h}h, "week", "{week}", "", "")'
        for week in WEEKS
    )
    return f"avg {BY_PAIR} ({weeks})"


def _expected_table(words: Words) -> Panel:
    of = source("contacts_entered")
    last = words("last hour", "dernière heure")
    columns = {last: f"max {BY_PAIR} ({of.of_pairs(window=HOUR)})"} | {
        words(f"hour +{h}", f"heure +{h}"): _earlier(of, h) for h in HOURS
    }
    return queue_table(
        words,
        words("Expected contacts by queue", "Contacts attendus par file"),
        words(
            "What entered in the last hour, and what entered on average in the hours to come of"
            " this weekday in the last four weeks, as far as Prometheus kept them. Needs the window"
            " 1h and a retention of four weeks.",
            "Les entrées de la dernière heure, et la moyenne des entrées des heures à venir de ce"
            " jour de semaine sur les quatre dernières semaines, pour autant que Prometheus les"
            " ait gardées. Il faut la fenêtre 1h et quatre semaines de rétention.",
        ),
        columns, "short", sort_by=last, decimals=0,
    )  # fmt: skip


def _expected_curve(words: Words) -> Panel:
    entered = select("vigie_contacts_entered", PAIR, HOUR)
    weeks = " or ".join(
        f'label_replace(sum({entered} offset {WEEK_H * week}h), "week", "{week}", "", "")'
        for week in WEEKS
    )
    panel = timeseries(
        words("Expected, the next four hours", "Attendus, les quatre prochaines heures"),
        words(
            "Entries per hour of all chosen queues at the same time of the earlier weeks: their"
            " mean, and each week.",
            "Entrées par heure des files choisies aux mêmes heures des semaines passées : leur"
            " moyenne, et chaque semaine.",
        ),
        [
            target("A", f"avg({weeks})", words("mean", "moyenne")),
            target("B", weeks, words("{{week}} weeks before", "{{week}} semaines avant")),
        ],
        "short", overrides=[
            of_query("A", ("custom.lineWidth", 3)), of_query("B", ("custom.lineWidth", 1)),
        ],
        last=False,
    )  # fmt: skip
    return {**panel, "timeFrom": "+4h"}
