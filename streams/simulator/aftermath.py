"""What a contact leaves behind: a survey that some answer, an order on a sales queue."""

from __future__ import annotations

from random import Random

from aggregators.events import Money, OrderPlaced, SurveyAnswered, SurveySent
from streams.simulator.contact import Leg
from streams.simulator.floor import Agent
from streams.simulator.record import Record
from streams.simulator.timeline import Timeline

ANSWERED_SHARE = 0.4
THEMES = ("délai", "amabilité", "compétence", "prix")


class Aftermath:
    """Surveys and orders after ended contacts."""

    __slots__ = ("_record", "_rng", "_timeline")

    def __init__(self, timeline: Timeline, record: Record, rng: Random) -> None:
        self._timeline = timeline
        self._record = record
        self._rng = rng

    def of(self, leg: Leg, agent: Agent, resolved: bool) -> None:
        """Plan what follows from the end of this leg's conversation."""
        spec, rng = leg.line.spec, self._rng
        if spec.order_share and resolved and rng.random() < spec.order_share:
            self._order(leg, agent)
        if spec.survey_share and rng.random() < spec.survey_share:
            self._timeline.after(60_000, self._send, leg, agent, resolved)

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

    def _send(self, leg: Leg, agent: Agent, resolved: bool) -> None:
        rng = self._rng
        subject = {
            "contact_id": leg.contact.contact_id,
            "customer_key": leg.contact.customer_key,
            "agent_id": agent.agent_id,
            "queue": leg.line.name,
            "team": agent.team_name,
            "channel": leg.line.channel,
            "motive": leg.contact.motive,
            "survey_id": self._record.new_id("q"),
            "survey_kind": "nps" if rng.random() < 0.3 else "csat",
        }
        self._record.tell(SurveySent, **subject)
        if rng.random() < ANSWERED_SHARE:
            delay_ms = 20_000 + round(rng.expovariate(1 / 600_000))
            waited_ms = leg.answered_ms - leg.entered_ms
            self._timeline.after(delay_ms, self._answer, subject, waited_ms, resolved)

    def _answer(self, subject: dict[str, str], waited_ms: int, resolved: bool) -> None:
        """The longer the wait and the less was solved, the worse the score."""
        rng = self._rng
        content = 0.92 - min(0.4, waited_ms / 600_000) - (0.0 if resolved else 0.3)
        content = min(1.0, max(0.0, rng.gauss(content, 0.2)))
        nps = subject["survey_kind"] == "nps"
        score = round(10 * content) if nps else 1 + round(4 * content)
        themes = [THEMES[int(rng.random() * len(THEMES))]] if rng.random() < 0.3 else None
        self._record.tell(SurveyAnswered, score=float(score), themes=themes, **subject)
