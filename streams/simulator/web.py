"""What happens on the web site without a person: self-care sessions and the shop's baskets."""

from __future__ import annotations

from random import Random

from aggregators.events import (
    ArticleViewed,
    CartAbandoned,
    CartCreated,
    FaqSearched,
    Money,
    OrderPlaced,
    SelfcareContained,
    SelfcareHandedOff,
    SelfcareStarted,
)
from streams.simulator.floor import Line
from streams.simulator.queueing import Queueing
from streams.simulator.record import Record
from streams.simulator.scenario import SelfCareSpec, ShopSpec
from streams.simulator.timeline import Timeline

KEYWORDS = ("facture", "remboursement", "box internet", "mot de passe", "résiliation", "livraison")
HAND_OFF_REASONS = ("asked", "failed", "negative_feedback", "policy")


class SelfCare:
    """Sessions with one tool: a few searches, then contained or handed to a person."""

    __slots__ = ("_line", "_queueing", "_record", "_rng", "_spec", "_timeline")

    def __init__(
        self,
        timeline: Timeline,
        record: Record,
        queueing: Queueing,
        spec: SelfCareSpec,
        line: Line | None,
        rng: Random,
    ) -> None:
        self._timeline = timeline
        self._record = record
        self._queueing = queueing
        self._spec = spec
        self._line = line
        self._rng = rng

    def arrive(self) -> None:
        """A customer opens the tool."""
        session_id = self._record.new_id("s")
        customer_key = f"{self._rng.getrandbits(128):032x}"
        self._record.tell(
            SelfcareStarted,
            session_id=session_id,
            tool=self._spec.tool,
            customer_key=customer_key,
        )
        self._next(session_id, customer_key, 1)

    def _next(self, session_id: str, customer_key: str, search: int) -> None:
        delay_ms = 3_000 + round(self._rng.expovariate(1 / 15_000))
        self._timeline.after(delay_ms, self._search, session_id, customer_key, search)

    def _search(self, session_id: str, customer_key: str, search: int) -> None:
        rng, tool = self._rng, self._spec.tool
        found = rng.random() < 0.8
        self._record.tell(
            FaqSearched,
            session_id=session_id,
            tool=tool,
            search_id=f"r{search}",
            keyword=KEYWORDS[int(rng.random() * len(KEYWORDS))],
            result_count=1 + int(rng.random() * 9) if found else 0,
        )
        if found:
            self._record.tell(
                ArticleViewed,
                session_id=session_id,
                tool=tool,
                article_id=f"a{1 + int(rng.random() * 40)}",
            )
        if rng.random() < 0.4:
            self._next(session_id, customer_key, search + 1)
        else:
            delay_ms = 5_000 + round(rng.expovariate(1 / 30_000))
            self._timeline.after(delay_ms, self._finish, session_id, customer_key)

    def _finish(self, session_id: str, customer_key: str) -> None:
        rng = self._rng
        if self._line is None or rng.random() >= self._spec.hand_off_share:
            self._record.tell(
                SelfcareContained,
                session_id=session_id,
                tool=self._spec.tool,
                outcome="confirmed" if rng.random() < 0.3 else "assumed",
            )
            return
        contact = self._queueing.arrive(self._line, customer_key)
        self._record.tell(
            SelfcareHandedOff,
            session_id=session_id,
            tool=self._spec.tool,
            reason=HAND_OFF_REASONS[int(rng.random() * len(HAND_OFF_REASONS))],
            contact_id=contact.contact_id,
            queue=self._line.name,
        )


class Shop:
    """Baskets: bought or given up."""

    __slots__ = ("_record", "_rng", "_spec", "_timeline")

    def __init__(self, timeline: Timeline, record: Record, spec: ShopSpec, rng: Random) -> None:
        self._timeline = timeline
        self._record = record
        self._spec = spec
        self._rng = rng

    def arrive(self) -> None:
        """A customer opens a basket."""
        rng = self._rng
        cents = 990 + round(rng.expovariate(1 / 4500))
        cart = {
            "cart_id": self._record.new_id("k"),
            "customer_key": f"{rng.getrandbits(128):032x}",
            "money": Money(
                amount=f"{cents // 100}.{cents % 100:02d}", currency=self._spec.currency
            ),
        }
        self._record.tell(CartCreated, **cart)
        bought = rng.random() < self._spec.bought_share
        delay_ms = round(rng.expovariate(1 / 300_000)) if bought else 1_800_000
        self._timeline.after(delay_ms, self._close, cart, bought)

    def _close(self, cart: dict[str, object], bought: bool) -> None:
        if bought:
            self._record.tell(OrderPlaced, order_id=self._record.new_id("o"), **cart)
        else:
            self._record.tell(CartAbandoned, **cart)
