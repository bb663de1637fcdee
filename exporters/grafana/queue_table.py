"""A table with a row for each queue and a column for each query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exporters.grafana.layout import Panel
from exporters.grafana.links import to_queue_of_row
from exporters.grafana.panels import Override, of_field, organize, table, target
from exporters.grafana.words import Words


def queue_table(
    words: Words, title: str, about: str, columns: Mapping[str, str], unit: str, *,
    sort_by: str, decimals: int | None = None, overrides: Sequence[Override] = (),
    large: bool = False,
) -> Panel:  # fmt: skip
    """Return the table; ``columns`` are expressions by queue and channel, by their titles."""
    queue, channel = words("Queue", "File"), words("Channel", "Canal")
    ref_ids = {chr(ord("A") + n): name for n, name in enumerate(columns)}
    values = {f"Value #{ref_id}": name for ref_id, name in ref_ids.items()}
    order = ("queue", "channel", *values)
    names = {**values, "queue": queue, "channel": channel}
    return table(
        title, about,
        [target(ref_id, columns[name], table=True) for ref_id, name in ref_ids.items()],
        unit, decimals=decimals, sort_by=sort_by, large=large,
        overrides=[
            *overrides, of_field(queue, ("links", to_queue_of_row(words, queue, channel))),
        ],
        transformations=[{"id": "merge", "options": {}}, organize(order, names, "Time")],
    )  # fmt: skip
