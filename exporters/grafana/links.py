"""Links: from board to board, to the other language, and to the contacts behind a number."""

from __future__ import annotations

from typing import Any

from exporters.grafana.words import Words

VIGIE = "${vigie_url:raw}"


def board_uid(name: str, words: Words) -> str:
    """Return the fixed id of a board, e.g. ``vigie-queue`` and ``vigie-queue-fr``."""
    return f"vigie-{name}" + words("", "-fr")


def to_queue(words: Words, queue: str, channel: str) -> list[dict[str, Any]]:
    """Return the links of a value that belongs to a queue: to the contacts behind it, in vigie,
    and to its board. ``queue`` and ``channel`` are where their names are."""
    name, of = f"${{{queue}:percentencode}}", f"${{{channel}:percentencode}}"
    return [
        {
            "title": words("Contacts of the queue in vigie", "Contacts de la file dans vigie"),
            "url": f"{VIGIE}/?page=queue&queue={name}&channel={of}", "targetBlank": True,
        },
        {
            "title": words("Board of the queue", "Tableau de la file"),
            "url": f"/d/{board_uid('queue', words)}?var-queue={name}"
            "&${__url_time_range}&${datasource:queryparam}&${vigie_url:queryparam}",
            "targetBlank": False,
        },
    ]  # fmt: skip


def to_queue_of_series(words: Words) -> list[dict[str, Any]]:
    """Return the links of a series that has the labels queue and channel."""
    return to_queue(words, "__field.labels.queue", "__field.labels.channel")


def to_queue_of_row(words: Words, queue: str, channel: str) -> list[dict[str, Any]]:
    """Return the links of a table's row with columns of these names."""
    cells = (f'__data.fields["{column}"]' for column in (queue, channel))
    return to_queue(words, *cells)


def to_alerts(words: Words) -> list[dict[str, Any]]:
    """Return the link to vigie's own page of alerts, where they are taken."""
    title = words("Alerts in vigie", "Alertes dans vigie")
    return [{"title": title, "url": f"{VIGIE}/?page=alerts", "targetBlank": True}]


def menu(words: Words, uid: str) -> list[dict[str, Any]]:
    """Return the links at the top of a board: the other boards, the other language, vigie."""
    tag = f"vigie-{words.language}"
    other = uid.removesuffix("-fr") if words.language == "fr" else f"{uid}-fr"
    return [
        _link("dashboards", words("Boards", "Tableaux"), tags=[tag], asDropdown=True),
        _link("link", words("Français", "English"), url=f"/d/{other}", icon="dashboard"),
        _link(
            "link", words("vigie's own wallboard", "Écran de vigie"), url=f"{VIGIE}/",
            includeVars=False, keepTime=False, targetBlank=True,
        ),
    ]  # fmt: skip


def _link(kind: str, title: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind, "title": title, "tooltip": title, "icon": "external link", "tags": [],
        "asDropdown": False, "includeVars": True, "keepTime": True, "targetBlank": False,
        "url": "", **more,
    }  # fmt: skip
