"""What happens on the web site without a person: self-care sessions and the shop's baskets."""

from __future__ import annotations

from collections.abc import Mapping
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
    SurveyAnswered,
    SurveySent,
)
from streams.simulator.floor import Line
from streams.simulator.people import People
from streams.simulator.queueing import Queueing
from streams.simulator.record import Record
from streams.simulator.scenario import SelfCareSpec, ShopSpec
from streams.simulator.timeline import Timeline

SEARCHES: tuple[tuple[str, str, float], ...] = (
    ("facture", "facture", 0.9), ("Factures", "facture", 0.9), ("payer ma facture", "facture", 0.8),
    ("remboursement", "remboursement", 0.55), ("Remboursements", "remboursement", 0.55),
    ("livraison", "livraison", 0.92), ("où est mon colis", "livraison", 0.85),
    ("mot de passe", "compte", 0.95), ("Mots de passe", "compte", 0.95),
    ("résiliation", "résiliation", 0.8), ("box internet", "box", 0.85),
    ("code promo", "offre", 0.2), ("codes promo", "offre", 0.2), ("parrainage", "offre", 0.35),
    ("eSIM", "box", 0.3),
)  # fmt: skip
"""What is typed, what it is about, and how often the help pages know an answer."""

HAND_OFF_REASONS = ("asked", "failed", "negative_feedback", "policy")
HELPFUL_SHARE = 0.25
SURVEY_SHARE = 0.1
SILENT_SHARE = 0.08


class Session:
    """One session while it lasts."""

    __slots__ = ("customer_key", "has_found", "motive", "searches", "session_id")

    def __init__(self, session_id: str, customer_key: str, motive: str) -> None:
        self.session_id = session_id
        self.customer_key = customer_key
        self.motive = motive
        self.searches = 0
        self.has_found = False


class SelfCare:
    """Sessions with one tool: a few searches, then contained or handed to a person."""

    __slots__ = ("_lines", "_people", "_queueing", "_record", "_rng", "_spec", "_timeline")

    def __init__(
        self,
        timeline: Timeline,
        record: Record,
        queueing: Queueing,
        spec: SelfCareSpec,
        lines: Mapping[str, Line],
        people: People,
        rng: Random,
    ) -> None:
        self._timeline = timeline
        self._record = record
        self._queueing = queueing
        self._spec = spec
        self._lines = lines
        self._people = people
        self._rng = rng

    def arrive(self) -> None:
        """A customer opens the tool."""
        topics = self._spec.motives or ("other",)
        motive = topics[int(self._rng.random() * len(topics))]
        self.open(self._people.someone(self._rng), motive)

    def open(self, customer_key: str, motive: str) -> None:
        """A session begins."""
        session = Session(self._record.new_id("s"), customer_key, motive)
        self._record.tell(
            SelfcareStarted,
            session_id=session.session_id,
            tool=self._spec.tool,
            customer_key=customer_key,
            motive=motive,
        )
        self._next(session)

    def _next(self, session: Session) -> None:
        delay_ms = 3_000 + round(self._rng.expovariate(1 / 15_000))
        self._timeline.after(delay_ms, self._search, session)

    def _search(self, session: Session) -> None:
        rng, tool = self._rng, self._spec.tool
        fitting = [told for told in SEARCHES if told[1] == session.motive] or SEARCHES
        keyword, _, known = fitting[int(rng.random() * len(fitting))]
        found = rng.random() < known
        session.searches += 1
        session.has_found |= found
        self._record.tell(
            FaqSearched,
            session_id=session.session_id,
            tool=tool,
            search_id=f"r{session.searches}",
            keyword=keyword,
            result_count=1 + int(rng.random() * 9) if found else 0,
        )
        if found:
            self._record.tell(
                ArticleViewed,
                session_id=session.session_id,
                tool=tool,
                article_id=f"a{1 + int(rng.random() * 40)}",
            )
        if rng.random() < 0.4:
            self._next(session)
        else:
            delay_ms = 5_000 + round(rng.expovariate(1 / 30_000))
            self._timeline.after(delay_ms, self._finish, session)

    def _finish(self, session: Session) -> None:
        rng, spec = self._rng, self._spec
        share = spec.hand_off_share if session.has_found else min(1.0, 2 * spec.hand_off_share)
        if spec.hand_off_to is not None and rng.random() < share:
            self._hand_over(session, self._lines[spec.hand_off_to])
            return
        self._vote(session)
        if rng.random() >= SILENT_SHARE:
            self._record.tell(
                SelfcareContained,
                session_id=session.session_id,
                tool=spec.tool,
                outcome="confirmed" if rng.random() < 0.3 else "assumed",
            )
        if spec.follow_up_to is not None and rng.random() < spec.follow_up_share:
            delay_ms = 120_000 + round(rng.expovariate(1 / 5_400_000))
            line = self._lines[spec.follow_up_to]
            self._timeline.after(
                delay_ms, self._queueing.arrive, line, session.customer_key, session.motive
            )

    def _hand_over(self, session: Session, line: Line) -> None:
        contact = self._queueing.arrive(line, session.customer_key, session.motive)
        reason = "failed" if not session.has_found else self._reason()
        self._record.tell(
            SelfcareHandedOff,
            session_id=session.session_id,
            tool=self._spec.tool,
            customer_key=session.customer_key,
            reason=reason,
            contact_id=contact.contact_id,
            queue=line.name,
        )

    def _reason(self) -> str:
        return HAND_OFF_REASONS[int(self._rng.random() * len(HAND_OFF_REASONS))]

    def _vote(self, session: Session) -> None:
        """Some say whether it helped, a few answer a survey later."""
        rng = self._rng
        subject: dict[str, str] = {
            "session_id": session.session_id,
            "customer_key": session.customer_key,
            "channel": "selfcare",
            "motive": session.motive,
        }
        is_pleased = rng.random() < (0.85 if session.has_found else 0.25)
        if rng.random() < HELPFUL_SHARE:
            self._record.tell(
                SurveyAnswered,
                survey_id=self._record.new_id("q"),
                survey_kind="helpful",
                score="yes" if is_pleased else "no",
                **subject,
            )
        elif rng.random() < SURVEY_SHARE:
            subject |= {"survey_id": self._record.new_id("q"), "survey_kind": "csat"}
            self._record.tell(SurveySent, **subject)
            if rng.random() < 0.4:
                score = 5.0 - int(rng.random() * 2) if is_pleased else 1.0 + int(rng.random() * 3)
                delay_ms = round(rng.expovariate(1 / 600_000))
                self._timeline.after(delay_ms, self._answer, subject, score)

    def _answer(self, subject: dict[str, str], score: float) -> None:
        self._record.tell(SurveyAnswered, score=score, **subject)


class Shop:
    """Baskets: bought or given up."""

    __slots__ = ("_people", "_record", "_rng", "_spec", "_timeline")

    def __init__(
        self, timeline: Timeline, record: Record, spec: ShopSpec, people: People, rng: Random
    ) -> None:
        self._timeline = timeline
        self._record = record
        self._spec = spec
        self._people = people
        self._rng = rng

    def arrive(self) -> None:
        """A customer opens a basket."""
        rng = self._rng
        cents = 990 + round(rng.expovariate(1 / 4500))
        cart = {
            "cart_id": self._record.new_id("k"),
            "customer_key": self._people.someone(rng),
            "money": Money(
                amount=f"{cents // 100}.{cents % 100:02d}", currency=self._spec.currency
            ),
        }
        self._record.tell(CartCreated, **cart)
        draw = rng.random()
        bought = draw < self._spec.bought_share
        if not bought and draw > 1.0 - (1.0 - self._spec.bought_share) * self._spec.silent_share:
            return  # nothing more is heard of it
        delay_ms = round(rng.expovariate(1 / 300_000)) if bought else 1_800_000
        self._timeline.after(delay_ms, self._close, cart, bought)

    def _close(self, cart: dict[str, object], bought: bool) -> None:
        if bought:
            self._record.tell(OrderPlaced, order_id=self._record.new_id("o"), **cart)
        else:
            self._record.tell(CartAbandoned, **cart)
