"""``vigie topics create``: declares what vigie needs on the broker."""

from __future__ import annotations

import asyncio

import click

from streams import topics
from vigie.settings import Settings
from vigie.stream_settings import stream_settings


def create_topics(settings: Settings, *, dry_run: bool) -> int:
    """Create the missing topics; with ``dry_run`` only list what vigie needs.

    Raises:
        StreamError: the broker does not answer or refuses.
    """
    streams = stream_settings(settings)
    if dry_run:
        for spec in topics.plan(streams):
            config = " ".join(f"{name}={value}" for name, value in sorted(spec.config.items()))
            click.echo(f"{spec.name}  partitions={spec.partitions}  {config}")
        return 0
    created = asyncio.run(topics.create(streams))
    for name in created:
        click.echo(f"created {name}")
    click.echo(f"{len(created)} topics created, the others were there")
    return 0
