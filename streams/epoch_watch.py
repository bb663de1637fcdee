"""Looks now and then whether the topics are still those whose events are in the shards.

A topic that is deleted and created anew under a running worker can have the worker's offset
again before anybody notices; the next events would be taken for the continuation of the old ones.
"""

from __future__ import annotations

import asyncio
import logging
from typing import NoReturn

from streams.checkpoint import require_same
from streams.registry import Registry
from streams.settings import StreamSettings
from streams.topic_epoch import read_epochs

log = logging.getLogger(__name__)


async def watch_epochs(settings: StreamSettings, registry: Registry) -> NoReturn:
    """Compare every ``epoch_interval_ms``, until a topic is another one.

    Raises:
        CheckpointError: a topic was created anew, or has more partitions than before.
    """
    while True:
        await asyncio.sleep(settings.epoch_interval_ms / 1000)
        known = {tp.topic: owned.writer.epoch for tp, owned in registry.items()}
        try:
            now = await read_epochs(settings, known)
        except Exception as error:  # noqa: BLE001 - most likely the broker is away
            log.debug("the topics could not be compared: %s", error)
            continue
        for topic, epoch in known.items():
            if topic in now:
                require_same(topic, epoch, now[topic])
