"""``vigie topics list``: the topics that vigie uses and whether they are there."""

from __future__ import annotations

from streams.topics import plan
from vigie.kafka_survey import survey
from vigie.settings import Settings
from vigie.stream_settings import stream_settings


def run_topics_list(settings: Settings) -> int:
    """Print name, partitions and copies of each topic; return 0, or 2 when one is missing.

    Raises:
        UserError: Kafka cannot be reached.
    """
    stream = stream_settings(settings)
    names = [spec.name for spec in plan(stream)]
    found = survey(stream, names).topics
    for name in names:
        facts = found.get(name)
        shown = "missing"
        if facts is not None:
            shown = f"{facts.partitions} partitions, {facts.replication} copies"
        print(f"{name:<40} {shown}")  # noqa: T201
    return 0 if all(name in found for name in names) else 2
