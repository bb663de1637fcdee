"""What a contact leaves behind: a survey, an order on a sales queue, an evaluation."""

from __future__ import annotations

from random import Random

from aggregators.events import (
    Money,
    OrderPlaced,
    QualityEvaluated,
    QualityItem,
    SurveyAnswered,
    SurveySent,
)
from streams.simulator.contact import Contact, Leg
from streams.simulator.floor import Agent, Line
from streams.simulator.record import Record
from streams.simulator.timeline import Timeline

ANSWERED_SHARE = 0.4
THEMES = ("délai", "amabilité", "compétence", "prix")
KINDS = (("nps", 0.3), ("csat", 0.75), ("ces", 0.9), ("resolution", 1.0))
"""Kinds of surveys, each with where its share of the draws ends."""

GRID = (("accueil", 1.0), ("écoute", 2.0), ("exactitude", 3.0), ("conclusion", 1.0))
ERRORS = ("information", "handling", "greeting")
MOST_POINTS = 5
LOST_PER_VISIT = 0.1


class Aftermath:
    """Surveys, orders and evaluations after ended contacts; the latter with draws of their own."""

    __slots__ = ("_own_rng", "_record", "_rng", "_timeline")

    def __init__(self, timeline: Timeline, record: Record, rng: Random, own_rng: Random) -> None:
        self._timeline = timeline
        self._record = record
        self._rng = rng
        self._own_rng = own_rng

    def of(self, leg: Leg, agent: Agent, resolved: bool) -> None:
        """Plan what follows from the end of this leg's conversation."""
        spec, rng = leg.line.spec, self._rng
        if spec.order_share and resolved and rng.random() < spec.order_share:
            self._order(leg, agent)
        if spec.survey_share and rng.random() < spec.survey_share:
            waited_ms = leg.answered_ms - leg.entered_ms
            self._timeline.after(
                60_000, self._send, leg.contact, leg.line, agent, waited_ms, resolved, rng
            )
        if spec.evaluated_share and self._own_rng.random() < spec.evaluated_share:
            delay_ms = 300_000 + round(self._own_rng.expovariate(1 / 900_000))
            self._timeline.after(delay_ms, self._evaluate, leg, agent)

    def of_ticket(self, contact: Contact, line: Line, agent: Agent) -> None:
        """Plan what follows from a solved ticket; nobody minds a wait of some minutes there."""
        rng = self._own_rng
        if line.spec.survey_share and rng.random() < line.spec.survey_share:
            self._timeline.after(600_000, self._send, contact, line, agent, 60_000, True, rng)

    def _evaluate(self, leg: Leg, agent: Agent) -> None:
        """Somebody listens again and gives points; one in ten finds an error."""
        rng = self._own_rng
        items = [
            QualityItem(
                item=item,
                points=float(min(MOST_POINTS, max(0, round(rng.gauss(4.2, 0.9))))),
                max=float(MOST_POINTS),
                weight=weight,
            )
            for item, weight in GRID
        ]
        errors = [ERRORS[int(rng.random() * len(ERRORS))]] if rng.random() < 0.1 else None
        self._record.tell(
            QualityEvaluated,
            evaluation_id=self._record.new_id("v"),
            items=items,
            errors=errors,
            knockout=errors is not None and rng.random() < 0.1,
            contact_id=leg.contact.contact_id,
            agent_id=agent.agent_id,
            queue=leg.line.name,
            team=agent.team_name,
            channel=leg.line.channel,
            motive=leg.contact.motive,
        )

    def _order(self, leg: Leg, agent: Agent) -> None:
        cents = 1990 + round(self._rng.expovariate(1 / 6000))
        self._record.tell(
            OrderPlaced,
            order_id=self._record.new_id("o"),
            money=Money(amount=f"{cents // 100}.{cents % 100:02d}", currency="EUR"),
            contact_id=leg.contact.contact_id,
            agent_id=agent.agent_id,
            customer_key=leg.contact.customer_key,
        )

    def _send(
        self,
        contact: Contact,
        line: Line,
        agent: Agent,
        waited_ms: int,
        resolved: bool,
        rng: Random,
    ) -> None:
        subject = {
            "contact_id": contact.contact_id,
            "customer_key": contact.customer_key,
            "agent_id": agent.agent_id,
            "queue": line.name,
            "team": agent.team_name,
            "channel": line.channel,
            "motive": contact.motive,
            "survey_id": self._record.new_id("q"),
        }
        draw = rng.random()
        subject["survey_kind"] = next(kind for kind, until in KINDS if draw < until)
        self._record.tell(SurveySent, **subject)
        if rng.random() < ANSWERED_SHARE:
            lost = min(0.4, waited_ms / 600_000) + LOST_PER_VISIT * (contact.visit - 1)
            delay_ms = 20_000 + round(rng.expovariate(1 / 600_000))
            self._timeline.after(delay_ms, self._answer, subject, lost, resolved, rng)

    def _answer(self, subject: dict[str, str], lost: float, resolved: bool, rng: Random) -> None:
        """The longer the wait, the more visits and the less was solved, the worse the score."""
        content = 0.92 - lost - (0.0 if resolved else 0.3)
        content = min(1.0, max(0.0, rng.gauss(content, 0.2)))
        match subject["survey_kind"]:
            case "nps":
                score = round(10 * content)
            case "ces":  # 7 is the most effort
                score = 7 - round(6 * content)
            case "resolution":
                score = int(resolved)
            case _:
                score = 1 + round(4 * content)
        themes = [THEMES[int(rng.random() * len(THEMES))]] if rng.random() < 0.3 else None
        self._record.tell(SurveyAnswered, score=float(score), themes=themes, **subject)
