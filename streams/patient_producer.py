"""A producer that waits for brokers which are away, as long as it takes.

aiokafka gives a record up when it could not be sent within the timeout of one request. For a
worker that would be the end after half a minute without a broker, although nothing is lost: the
records of a checkpoint are few, each partition has one on its way, and the worker says that it is
not ready. A single request still ends after its own timeout, and is sent again.
"""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaProducer
from faust.transport.drivers import aiokafka as driver

PATIENCE_MS = 24 * 3_600_000


class PatientProducer(AIOKafkaProducer):  # type: ignore[misc]
    """Sends again for a day what a broker did not acknowledge; then the worker stops."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._request_timeout_ms = PATIENCE_MS  # of this object alone: how long a send waits
        self._message_accumulator._batch_ttl = PATIENCE_MS / 1000


class BatchProducer(driver.Producer):
    """Faust's producer over the patient one."""

    @property
    def _producer_type(self) -> type[AIOKafkaProducer]:
        return PatientProducer
