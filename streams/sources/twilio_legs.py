"""Which stay in a queue a body of Twilio speaks of: as far as it says so itself, else by memory."""

from __future__ import annotations

from msgspec import Struct

from streams.reasons import Reason
from streams.sources.body import BodyError
from streams.sources.twilio_bodies import Fact
from streams.sources.twilio_tasks import Stay, Task


class Told(Struct, frozen=True):
    """The ids, times (ms since 1970) and ages (ms) of a body about a task.

    ``initiating`` is the reservation that begins a transfer, ``transfer`` the transfer's sid.
    """

    task: str
    at_ms: int
    reservation: str | None
    worker: str | None
    queue_sid: str | None
    queue_name: str | None
    entered_ms: int | None
    age_in_queue_ms: int | None
    age_ms: int | None
    transfer: str | None
    initiating: str | None
    initiating_worker: str | None

    @property
    def queue(self) -> str | None:
        """What the queue is known by: its sid, else its name."""
        return self.queue_sid or self.queue_name

    def stay(self, task: Task) -> Stay | None:
        """Return the stay that the task is in; None where no queue is told and none known."""
        if self.transfer:
            return task.open(self.transfer, self.queue or "", self.at_ms)
        latest = task.latest(is_open=True)
        if self.queue is not None and self.entered_ms is not None:
            if latest is not None and latest.by_transfer:
                return latest
            return task.stay(self.queue, self.entered_ms)
        known = task.latest(self.queue, is_open=True) or (None if self.queue else task.latest())
        if known is not None or self.queue is None:
            return known
        age_ms = self.age_ms if self.age_in_queue_ms is None else self.age_in_queue_ms
        return task.stay(self.queue, self.at_ms - (age_ms or 0))

    def leg(self, task: Task) -> str | None:
        """Return the leg of the body's reservation, None where it cannot be known."""
        reservation = self.reservation or ""
        leg = task.legs.get(reservation)
        begun = task.transfer
        if leg is not None:
            return leg
        if self.transfer and reservation != self.initiating:
            leg = task.open(self.transfer, self.queue or "", self.at_ms).leg_id
        elif begun and not begun.is_over and reservation != begun.reservation:
            leg = begun.sid
        else:
            stay = self._of_itself(task) or self.stay(task)
            leg = None if stay is None else stay.leg_id
        if leg is not None:
            task.hold(reservation, leg)
        return leg

    def initiating_leg(self, task: Task) -> str | None:
        """Return the leg that a transfer leads away from, None where it cannot be known."""
        leg = task.legs.get(self.initiating or task.taken_by or "")
        if leg is not None:
            return leg
        stay = self._of_itself(task)
        if stay is None:
            others = [known for known in task.stays.values() if known.leg_id != self.transfer]
            stay = max(others, key=lambda known: known.entered_ms, default=None)
        return None if stay is None else stay.leg_id

    def wait_ms(self, stay: Stay) -> int | None:
        """Return how long the customer waited in a stay; None where its own times tell it."""
        if stay.by_transfer:  # the ages are of the task's first stay
            return None
        if self.age_in_queue_ms is not None:
            return self.age_in_queue_ms
        if stay.is_told:
            return None
        return self.age_ms if self.entered_ms is None else max(0, self.at_ms - self.entered_ms)

    def need_reservation(self, fact: Fact) -> None:
        """Refuse a body without the reservation or the worker. Raises BodyError."""
        fact.body.need("ReservationSid")
        fact.body.need("WorkerSid")

    def need_transfer(self, fact: Fact) -> str:
        """Return the transfer's sid. Raises BodyError where there is none."""
        return self.transfer or fact.body.need("TaskTransferSid")

    def _of_itself(self, task: Task) -> Stay | None:
        if self.queue is None or self.entered_ms is None:
            return None
        return task.stay(self.queue, self.entered_ms)


def read(fact: Fact) -> Told:
    """Read what a body says of a task.

    Raises:
        BodyError: it names no task, or an age is no duration.
    """
    body = fact.body
    transfer = body.text("TaskTransferSid")
    if transfer is None and body.word("ResourceType") == "transfer":
        transfer = body.text("ResourceSid")
    ages = []
    for path in ("TaskAgeInQueue", "TaskAge"):
        age_ms = body.seconds_ms(path)
        if age_ms is not None and not 0 <= age_ms <= fact.at_ms:
            raise BodyError(Reason.BAD_VALUE, f"{body.where(path)} is no age in seconds")
        ages.append(age_ms)
    return Told(
        task=body.need("TaskSid"),
        at_ms=fact.at_ms,
        reservation=body.text("ReservationSid"),
        worker=body.text("WorkerSid"),
        queue_sid=body.text("TaskQueueSid"),
        queue_name=body.text("TaskQueueName"),
        entered_ms=body.time_ms("TaskQueueEnteredDate"),
        age_in_queue_ms=ages[0],
        age_ms=ages[1],
        transfer=transfer,
        initiating=body.text("TransferInitiatingReservationSid"),
        initiating_worker=body.text("TransferInitiatingWorkerSid"),
    )
