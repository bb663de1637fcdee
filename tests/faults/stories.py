"""Seeded lives of contacts as canonical events: the ordinary, the rare and the contradictory."""

from __future__ import annotations

import random
from typing import Any

Event = dict[str, Any]

QUEUES = ("sales", "billing", "tech", "claims")
FLOW_OUTS = ("timeout", "key", "no_agent", "full", "closed", "divert", "voicemail", "other")


class Story:
    """One contact from its first sign to its end, written by a seeded chance.

    Times are ms since 1970 and never fall; ``topic`` is ``calls`` or ``chats``.
    """

    def __init__(self, contact_id: str, start_ms: int, chance: random.Random) -> None:
        self.contact_id = contact_id
        self.chance = chance
        self.is_chat = chance.random() < 0.2
        self.topic = "chats" if self.is_chat else "calls"
        self.channel = "chat" if self.is_chat else "voice"
        self.second = chance.random() < 0.1
        self.at_ms = start_ms // 1000 * 1000 if self.second else start_ms
        self.events: list[Event] = []

    def later(self, least_ms: int, most_ms: int) -> int:
        """Let time pass."""
        passed_ms = self.chance.randint(least_ms, most_ms)
        if self.second:
            passed_ms = -(-passed_ms // 1000) * 1000
        self.at_ms += passed_ms
        return self.at_ms

    def tell(self, kind: str, /, **fields: Any) -> Event:
        """Write the next event; fields given as None are left out."""
        event: Event = {
            "v": 1,
            "event_id": f"{self.contact_id}:{len(self.events)}",
            "type": kind,
            "source": "faults",
            "event_time_ms": self.at_ms,
            "contact_id": self.contact_id,
        }
        if self.second:
            event["time_quality"] = "second"
        event |= {name: value for name, value in fields.items() if value is not None}
        self.events.append(event)
        return event

    def told(self, measured_ms: int, share: float = 0.4) -> int | None:
        """A duration as the source tells it: not at all, as measured, or a little off."""
        if self.chance.random() > share:
            return None
        if self.chance.random() < 0.1:
            return max(0, measured_ms + self.chance.randint(-1_500, 1_500))
        return measured_ms

    def write(self) -> list[Event]:
        """Write the whole life; the events are in the order of their times."""
        chance = self.chance
        if chance.random() < 0.6:
            self.tell("contact.created", channel=self.channel)
            if chance.random() < 0.05:
                self.later(500, 20_000)
                self.tell("contact.abandoned", stage="ivr", channel=self.channel)
                return self.events
            self.later(0, 15_000)
        self.leg("L1", chance.choice(QUEUES), None)
        return self.events

    def leg(self, leg: str, queue: str, came_from: str | None) -> None:
        """A stay in a queue and what follows."""
        chance = self.chance
        enter_ms = self.at_ms
        self.tell(
            "contact.queued", leg_id=leg, channel=self.channel, queue=queue,
            transferred_from=came_from,
        )  # fmt: skip
        end = chance.choices(
            ("answered", "abandoned", "flow_out", "callback", "waits"), (70, 14, 7, 5, 4)
        )[0]
        self.later(0, 9_000 if chance.random() < 0.5 else 110_000)
        for n in range(chance.choice((0, 0, 0, 1, 2))):
            offer = {
                "leg_id": leg, "offer_id": f"{leg}o{n}", "agent_id": f"A{chance.randint(1, 40)}",
                "queue": queue, "channel": self.channel,
            }  # fmt: skip
            self.tell("contact.agent_offered", **offer)
            since_ms = self.at_ms
            self.later(1_000, 15_000)
            outcome = chance.choice(("timeout", "rejected", "canceled", "error"))
            self.tell("contact.agent_offer_missed", **offer, outcome=outcome,
                      ring_ms=self.told(self.at_ms - since_ms))  # fmt: skip
            self.later(0, 3_000)
        waited_ms = self.at_ms - enter_ms
        if end == "answered":
            self.tell("contact.answered", leg_id=leg, agent_id=f"A{chance.randint(1, 40)}",
                      wait_ms=self.told(waited_ms), queue=queue, channel=self.channel)  # fmt: skip
            if chance.random() < 0.02:  # a second feed tells another end of the wait
                self.later(1, 4_000)
                self.tell("contact.abandoned", leg_id=leg, stage="queue")
            self.talk(leg)
        elif end == "abandoned":
            self.tell("contact.abandoned", leg_id=leg, stage=chance.choice(("queue", "ring")),
                      wait_ms=self.told(waited_ms), queue=queue, channel=self.channel)  # fmt: skip
        elif end == "flow_out":
            self.tell("contact.flow_out", leg_id=leg, reason=chance.choice(FLOW_OUTS),
                      wait_ms=self.told(waited_ms), queue=queue, channel=self.channel)  # fmt: skip
        elif end == "callback":
            self.tell("contact.callback_requested", leg_id=leg, callback_id=f"{leg}cb",
                      wait_ms=self.told(waited_ms), queue=queue, channel=self.channel)  # fmt: skip
            if chance.random() < 0.7:
                self.later(5_000, 60_000)
                self.tell("contact.callback_attempted", callback_id=f"{leg}cb", attempt=1,
                          outcome=chance.choice(("no_answer", "reached")))  # fmt: skip
                self.later(1, 20_000)
                self.tell("contact.callback_done", callback_id=f"{leg}cb",
                          outcome=chance.choice(("reached", "failed", "expired")))  # fmt: skip

    def talk(self, leg: str) -> None:
        """The conversation, holds, its end and what the agent writes down after it."""
        chance = self.chance
        answered_ms = self.at_ms
        held_ms = 0
        if self.is_chat:
            self.write_messages(leg)
        for n in range(chance.choice((0, 0, 0, 1, 2))):
            self.later(1, 30_000)
            self.tell("contact.hold_started", leg_id=leg, hold_id=f"{leg}h{n}")
            since_ms = self.at_ms
            if chance.random() < 0.1:
                break
            self.later(1, 25_000)
            held_ms += self.at_ms - since_ms
            self.tell("contact.hold_ended", leg_id=leg, hold_id=f"{leg}h{n}",
                      hold_ms=self.told(self.at_ms - since_ms))  # fmt: skip
        self.later(1, 120_000)
        way = chance.choices(("ended", "whole", "transferred", "goes on"), (70, 10, 15, 5))[0]
        talk_ms = self.told(max(0, self.at_ms - answered_ms - held_ms), 0.3)
        if way == "goes on":
            return
        if way == "transferred":
            kind = chance.choice(("blind", "attended", "queue"))
            scope = chance.choice(("internal", "internal", "external"))
            self.tell("contact.transferred", leg_id=leg, kind=kind, scope=scope, talk_ms=talk_ms)
        else:
            self.tell("contact.ended", leg_id=leg if way == "ended" else None, talk_ms=talk_ms,
                      ended_by=chance.choice(("customer", "agent", "system")))  # fmt: skip
            if chance.random() < 0.02:
                self.later(1, 2_000)
                self.tell("contact.ended", leg_id=leg)
        self.wrap_up(leg)
        if way == "transferred" and scope == "internal" and len(leg) < 4:
            self.leg(f"{leg}t", chance.choice(QUEUES), leg)

    def write_messages(self, leg: str) -> None:
        """Who wrote what in a chat: the customer, the agent, in public or not, or a bot."""
        for number in range(self.chance.choice((0, 1, 2, 4, 7))):
            self.later(1, 20_000)
            author = self.chance.choices(("customer", "agent", "bot"), (45, 45, 10))[0]
            is_note = author == "agent" and self.chance.random() < 0.2
            self.tell("message.posted", leg_id=leg, message_id=f"{leg}m{number}", author=author,
                      public=False if is_note else None)  # fmt: skip

    def wrap_up(self, leg: str) -> None:
        """After-contact work, told by a beginning, by an end, by both or not at all."""
        chance = self.chance
        way = chance.choices(("none", "both", "end", "open"), (40, 45, 10, 5))[0]
        agent = {"leg_id": leg, "agent_id": "A1"}
        since_ms = self.at_ms
        if way in ("both", "open"):
            self.tell("contact.wrap_up_started", **agent)
        if way in ("both", "end"):
            self.later(1, 40_000)
            acw_ms = self.told(self.at_ms - since_ms)
            self.tell("contact.wrap_up_ended", **agent, acw_ms=acw_ms)
