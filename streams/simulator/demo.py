"""The demo centre: six queues day and night, one of them in trouble."""

from __future__ import annotations

from streams.simulator.scenario import (
    Duration,
    OfficeSpec,
    QueueSpec,
    Scenario,
    SelfCareSpec,
    Shift,
    ShopSpec,
    TeamSpec,
)

DAY_CURVE: tuple[float, ...] = (
    0.62, 0.60, 0.58, 0.58, 0.60, 0.64, 0.70, 0.78, 0.90, 1.00, 1.04, 1.02,
    0.94, 0.92, 1.00, 1.02, 1.00, 0.98, 0.94, 0.88, 0.80, 0.74, 0.68, 0.64,
)  # fmt: skip
"""Never quiet, so that the demo lives at whatever hour it is started."""


CUSTOMERS = 120_000
_SELFCARE_MOTIVES = (
    "facture", "livraison", "compte", "remboursement", "résiliation", "box", "offre",
)  # fmt: skip


def _shifts(day: int, evening: int, night: int) -> tuple[Shift, ...]:
    """Three shifts of 8 h 15 that cover 24 hours, a quarter of an hour of it twice."""
    return (Shift(day, 360, 495), Shift(evening, 840, 495), Shift(night, 1320, 495))


# Whatever the hour, far fewer than the calls of `tech` need: nobody stays on for who comes next,
# somebody waits for minutes nearly always, and some ask to be called back in any half hour.
_TOO_FEW = (
    Shift(5, 360, 480), Shift(2, 540, 480), Shift(1, 720, 480), Shift(4, 840, 480),
    Shift(4, 1320, 480),
)  # fmt: skip


def demo_scenario() -> Scenario:
    """Return the centre of ``make run``.

    About 54 agents by day and 37 at night, times of Europe/Paris. Voice billing, tech (too few
    agents: long waits, and many give up, which keeps it finite) and sales; live chat, messaging,
    mail; a bot and help pages; a small shop; an office that books costs, customers and staff.
    """
    billing = QueueSpec(
        name="billing", channel="voice", per_hour=150.0, curve=DAY_CURVE, overdispersion=0.02,
        motives=("facture", "paiement", "remboursement", "contrat"),
        patience=Duration(240.0), ivr=Duration(18.0, 0.4), ivr_abandon_share=0.03,
        ring=Duration(4.0, 0.5), missed_share=0.02, talk=Duration(190.0, 0.9),
        hold_share=0.15, hold_abandon_share=0.03, wrap_up=Duration(35.0, 0.6),
        transfer_share=0.05, transfer_to="tech", external_transfer_share=0.01,
        resolved_share=0.86, repeat_share=0.3, redial_share=0.3, survey_share=0.3,
        evaluated_share=0.05,
    )  # fmt: skip
    tech = QueueSpec(
        name="tech", channel="voice", per_hour=115.0, curve=DAY_CURVE, overdispersion=0.03,
        motives=("panne internet", "box", "installation", "débit"),
        patience=Duration(660.0), ivr=Duration(22.0, 0.4), ivr_abandon_share=0.04,
        ring=Duration(4.5, 0.5), missed_share=0.03, talk=Duration(290.0, 0.9),
        hold_share=0.3, hold=Duration(55.0, 0.8), hold_abandon_share=0.04,
        wrap_up=Duration(50.0, 0.6), transfer_share=0.03, transfer_to="billing",
        external_transfer_share=0.02, callback_after_s=90.0, callback_share=0.2,
        resolved_share=0.74, repeat_share=0.35, redial_share=0.35, survey_share=0.3,
        evaluated_share=0.05, selfcare_after_s=100.0, selfcare_share=0.06, selfcare_to="bot",
    )  # fmt: skip
    sales = QueueSpec(
        name="sales", channel="voice", per_hour=84.0, curve=DAY_CURVE, overdispersion=0.02,
        motives=("commande", "offre", "résiliation"),
        patience=Duration(150.0), ivr=Duration(12.0, 0.4), ivr_abandon_share=0.02,
        ring=Duration(3.5, 0.5), missed_share=0.01, talk=Duration(240.0, 0.8),
        hold_share=0.08, wrap_up=Duration(45.0, 0.6), transfer_share=0.02,
        transfer_to="billing", max_wait_s=75.0, overflow_to="billing",
        resolved_share=0.9, repeat_share=0.2, redial_share=0.2, survey_share=0.2,
        order_share=0.3, evaluated_share=0.05,
    )  # fmt: skip
    chat_support = QueueSpec(
        name="chat_support", channel="chat", per_hour=95.0, curve=DAY_CURVE, overdispersion=0.02,
        motives=("livraison", "compte", "facture"),
        patience=Duration(150.0), ring=Duration(4.0, 0.5), missed_share=0.02,
        talk=Duration(32.0, 0.7), turns=(3, 8), wrap_up=Duration(20.0, 0.6),
        transfer_share=0.0, resolved_share=0.85, repeat_share=0.2, redial_share=0.2,
        survey_share=0.35, evaluated_share=0.05,
    )  # fmt: skip
    messaging = QueueSpec(
        name="messaging", channel="messaging", per_hour=45.0, curve=DAY_CURVE,
        overdispersion=0.02, motives=("livraison", "compte", "offre"),
        patience=Duration(1500.0), ring=Duration(6.0, 0.5), missed_share=0.01,
        talk=Duration(75.0, 0.9), turns=(2, 6), wrap_up=Duration(20.0, 0.6),
        resolved_share=0.85, repeat_share=0.2, survey_share=0.2,
    )  # fmt: skip
    mail = QueueSpec(
        name="mail", channel="email", per_hour=90.0, curve=DAY_CURVE, overdispersion=0.03,
        motives=("réclamation", "facture", "retour", "contrat"), talk=Duration(270.0, 0.8),
        survey_share=0.3,
    )  # fmt: skip
    return Scenario(
        name="demo",
        zone="Europe/Paris",
        queues=(billing, tech, sales, chat_support, messaging, mail),
        teams=(
            TeamSpec(name="front", queues=("billing", "sales"), shifts=_shifts(26, 26, 18)),
            TeamSpec(name="tech", queues=("tech",), shifts=_TOO_FEW),
            TeamSpec(
                name="digital",
                queues=("chat_support", "messaging", "billing"),
                shifts=_shifts(12, 12, 9),
                slots={"chat": 3, "messaging": 4},
            ),
            TeamSpec(name="mail", queues=("mail",), shifts=_shifts(9, 9, 6)),
        ),
        selfcare=(
            SelfCareSpec(
                tool="bot", per_hour=75.0, curve=DAY_CURVE, hand_off_share=0.25,
                hand_off_to="chat_support", motives=_SELFCARE_MOTIVES,
                follow_up_share=0.05, follow_up_to="chat_support",
            ),
            SelfCareSpec(
                tool="faq", per_hour=110.0, curve=DAY_CURVE, motives=_SELFCARE_MOTIVES,
                follow_up_share=0.05, follow_up_to="messaging",
            ),
        ),
        shop=ShopSpec(per_hour=45.0, curve=DAY_CURVE, silent_share=0.3),
        office=OfficeSpec(
            customers=CUSTOMERS,
            cost_per_hour={
                "voice": 1500.0, "chat": 200.0, "messaging": 60.0, "email": 120.0, "selfcare": 12.0,
            },
        ),
        customers=CUSTOMERS,
    )  # fmt: skip
