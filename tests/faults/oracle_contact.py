"""The oracle's third part: one contact, from the final version of each of its events."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.oracle_legs import EXITS, Fact, Leg, in_order
from tests.faults.oracle_reading import Event
from tests.faults.oracle_replies import beginning, reply_facts

MAKES_A_LEG = {
    "contact.queued", "contact.agent_offered", "contact.agent_offer_missed", *EXITS,
}  # fmt: skip
"""What is told of a leg before its end; an end of an unknown leg says nothing."""


class ContactView:
    """One contact, from the final version of each of its events."""

    def __init__(self, events: list[Event], topic: str, lateness_ms: int) -> None:
        self.topic = topic
        self.lateness_ms = lateness_ms
        self.events = in_order([event for event in events if not event.get("retracted", False)])
        created = [e for e in self.events if e["type"] == "contact.created"]
        self.created = created[0] if created else None
        has_messages = any(e["type"] == "message.posted" for e in self.events)
        self.began_ms = beginning(self.events)[0] if has_messages else None
        self.ends = [e for e in self.events if e["type"] == "contact.ended" and "leg_id" not in e]
        by_leg: dict[str, list[Event]] = {}
        for event in self.events:
            is_menu = event["type"] == "contact.abandoned" and event["stage"] == "ivr"
            if "leg_id" in event and not is_menu and event["type"] in MAKES_A_LEG:
                by_leg.setdefault(event["leg_id"], [])
        for event in self.events:
            if event.get("leg_id") in by_leg and event["type"] != "message.posted":
                by_leg[event["leg_id"]].append(event)
        self.legs = [Leg(told, self) for told in by_leg.values()]

    def queue_of(self, event: Event) -> str:
        """The queue of an event that may not tell it."""
        created = self.created or {}
        queue: str = event.get("queue") or created.get("queue") or "__unknown__"
        return queue.strip()

    def channel_of(self, event: Event) -> str:
        """The channel of an event that may not tell it."""
        told = event.get("channel") or next(
            (e["channel"] for e in self.events if "channel" in e), ""
        )
        return told or ("chat" if self.topic == "chats" else "voice")

    def facts(self, as_of_ms: int) -> Iterator[Fact]:
        """All that the contact counts for, seen from an instant."""
        created = self.created
        if created is not None and created.get("direction", "in") == "in":
            yield Fact(created["event_time_ms"], "", created["channel"], ("created",))
        for event in self.events:
            if event["type"] == "contact.abandoned" and event["stage"] == "ivr":
                channel = self.channel_of(event)
                yield Fact(event["event_time_ms"], "", channel, ("ivr_abandoned",))
        yield from self._callbacks()
        yield from reply_facts(self)
        for number, leg in enumerate(self.legs):
            yield from leg.facts(as_of_ms, is_first=number == 0)

    def _callbacks(self) -> Iterator[Fact]:
        for done in self.events:
            if done["type"] == "contact.callback_done":
                asked = self._asked(done)
                if asked is not None:
                    at_ms = done["event_time_ms"]
                    yield Fact(
                        at_ms, asked.queue, asked.channel, ("callback_done", done["outcome"])
                    )

    def _asked(self, done: Event) -> Leg | None:
        for leg in self.legs:
            if leg.exit is not None and leg.exit.get("callback_id") == done["callback_id"]:
                return leg
        return None

    def is_over(self) -> bool:
        """Whether nothing of it is open: then it is forgotten once the watermark has passed."""
        done = {e["callback_id"] for e in self.events if e["type"] == "contact.callback_done"}
        for leg in self.legs:
            asked = leg.exit is not None and leg.exit.get("callback_id")
            if asked and asked not in done:
                return False
        if not self.legs:
            return any(e["type"] == "contact.abandoned" for e in self.events)
        return all(leg.is_over() for leg in self.legs)

    @property
    def last_ms(self) -> int:
        """Time of the last event."""
        last: int = self.events[-1]["event_time_ms"]
        return last
