"""The catalogue: every KPI that vigie computes, with its unit, names and formula.

Boards, metrics, API and documents are made from it. ``kind`` N is a gauge of now, R a figure of
a window. ``labels`` name the levels of a dict value, outermost first.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from aggregators.kpis.groups import GROUPS

Unit: TypeAlias = Literal["count", "ratio", "seconds", "number", "money"]
Direction: TypeAlias = Literal["up", "down", "band", "none"]
Group: TypeAlias = str
"""``live``, ``service``, ``waiting``, ``agents``, or a group of :mod:`aggregators.kpis.groups`."""


class Kpi(Struct, frozen=True):
    """One KPI: ``direction`` says which way is better."""

    id: str
    unit: Unit
    kind: Literal["N", "R"]
    labels: tuple[str, ...]
    direction: Direction
    group: Group
    english: str
    french: str
    formula: str


_UNITS: dict[str, Unit] = {
    "n": "count", "r": "ratio", "s": "seconds", "x": "number", "m": "money",
}  # fmt: skip
_DIRECTIONS: dict[str, Direction] = {"+": "up", "-": "down", "=": "band", ".": "none"}

# id {labels} | unit and direction | English | French | formula
_TABLE: dict[tuple[Group, Literal["N", "R"]], str] = {
    ("live", "N"): """
contacts_waiting | n- | contacts waiting | contacts en attente | legs entered and not left, lost or called back
longest_wait_seconds | s- | longest wait now | plus longue attente | now - enter of the oldest waiting leg
longest_wait_breach_seconds | s+ | time until someone has waited too long | temps avant le dépassement du seuil | if nobody answers: first instant enter + X of a waiting leg - now; 0 when one waits beyond X
current_wait_mean_seconds | s- | mean wait of those waiting | attente moyenne en cours | sum of (now - enter) / waiting
contacts_over_threshold | n- | waiting beyond the threshold | au-delà du seuil | waiting with now - enter > X
contacts_at_risk {within} | n- | at risk | à risque | waiting with X - N < now - enter <= X
contacts_ringing | n. | agent offers open | en sonnerie | waiting legs with an open agent offer
contacts_in_progress | n. | in conversation | en conversation | answered and not ended
contacts_on_hold | n- | on hold | en garde | in conversation with a hold open
contacts_in_wrap_up | n. | in wrap-up | en post-appel | ended with wrap-up open
callbacks_scheduled | n- | callbacks scheduled | rappels programmés | callbacks with due time ahead
callbacks_in_queue | n- | callbacks due | rappels à traiter | callbacks whose due time is reached
callback_oldest_age_seconds | s- | oldest callback | plus ancien rappel | now - request of the oldest pending callback
tickets_open | n- | ticket backlog | stock de tickets | opened or reopened and not solved
tickets_unanswered | n- | tickets without first reply | sans première réponse | open with no public reply of a person
ticket_oldest_unanswered_seconds {clock} | s- | oldest unanswered ticket | plus ancien ticket sans réponse | age of the oldest unanswered ticket
tickets_backlog {age} | n- | backlog by age | stock par ancienneté | open tickets by age: younger than 4 hours, 1, 3, 7 days, older
tickets_at_risk {promise} | n- | tickets at risk | tickets à risque | open tickets whose promise is not kept yet and falls due within the time set (1 hour)
tickets_overdue {promise} | n- | tickets overdue | tickets en retard | open tickets whose promise fell due and is not kept
conversations_awaiting_reply | n- | chats that await a reply | en attente d'une réponse | open, last public message from the customer
reply_wait_longest_seconds | s- | longest unanswered message | plus longue attente de réponse | now - first customer message after the last reply
""",
    ("service", "R"): """
contact_volume | n. | contacts received | contacts reçus | contacts created inbound + tickets opened; no value where legs came but no new contacts were told, as in queues
contacts_entered | n. | entered | entrés en file | legs queued, booked when they enter
contacts_offered | n. | offered | présentés | O = answered + abandoned + flow-outs
contacts_answered | n. | answered | décrochés | A
contacts_answered_in_target | n+ | answered within the threshold | décrochés dans le seuil | A with wait <= X
contacts_abandoned | n- | abandoned | abandonnés | B, left in the queue or while ringing
contacts_short_abandoned | n. | short abandons | abandons courts | S, abandoned with wait < short limit
contacts_flow_out {reason} | n- | flow-outs | débordés | F, left otherwise, by reason
contacts_callback_requested | n. | callbacks asked | rappels demandés | R
contacts_lost | n- | contacts lost | contacts perdus | waiting legs closed by the orphan rule, booked at enter + max wait
service_level {variant} | r+ | service level | niveau de service | share handled within X; see the variant
service_level_attained | x+ | target met | objectif tenu | 1 when the headline variant reaches its target, else 0
service_level_breach_seconds | s+ | time until the target is missed | temps avant le passage sous l'objectif | at the pace of the last 5 minutes, until the headline variant is below its target; 0 when it is; no value when the pace keeps it up, nothing counted in the 5 minutes or the window is closed
service_level_shortfall | r- | points under the target | points sous l'objectif | target - headline variant, 0 when the target is met
answer_rate | r+ | answer rate | taux de décroché | A / O
answer_rate_wazo | r+ | answer rate, closed queue left out | taux de décroché, hors fermeture | A / (O - flow-outs with reason closed)
answered_within_rate {le} | r+ | answered in t | décrochés en t s | A with wait <= t / O
agent_answer_rate | r+ | agent answer rate | taux de prise agent | agent offers accepted / closed, canceled ones left out
agent_offers_missed_count | n- | missed by agents | propositions manquées | agent offers closed as timeout, rejected or error
abandonment_rate {variant} | r- | abandonment rate | taux d'abandon | of_offered B / O; short_excluded (B - S) / (O - S); handled_or_abandoned (B - S) / (A + B - S); not_answered (O - A) / O
short_abandon_rate | r- | short abandon rate | taux d'abandons courts | S / O
abandon_wait_mean_seconds | s+ | time to abandon | délai d'abandon | sum of waits of B / B
abandon_band_count {le} | n. | abandons by wait | abandons par tranche | waits of B in bands [previous edge, edge)
ivr_abandon_rate | r- | left in the menu | abandon SVI | abandoned at stage ivr / contacts created inbound
hold_abandon_count | n- | left during hold | abandon en garde | ended by the customer while on hold
flow_out_rate {reason} | r- | flow-out rate | taux de débordement | F / O, by reason
transfer_rate {kind} {scope} | r- | transfer rate | taux de transfert | legs ended by a transfer / A
contacts_transferred | n- | transferred | transférés | legs ended by a transfer
transfers_in_count | n. | transfers received | transferts reçus | legs opened by a transfer
callback_request_rate | r. | callback request rate | demandes de rappel | R / (O + R)
callback_success_rate | r+ | callbacks reached | rappels aboutis | done as reached / done as reached, failed or expired
callback_wait_mean_seconds | s- | wait for callback | délai de rappel | sum of (first reached - due time) / reached
callback_attempts_mean | x- | attempts per callback | tentatives de rappel | attempts / callbacks done
tickets_opened | n. | tickets opened | tickets ouverts | tickets opened
tickets_solved | n. | tickets solved | tickets résolus | tickets solved, counting again after each reopening
""",
    ("waiting", "R"): """
asa_seconds {variant} | s- | average speed of answer | temps moyen d'attente avant décroché | queue: sum of waits of A / A; from_start: sum of (answered - created) / A; all_offered: waits of A, B and F / O; answered_or_abandoned: waits of A and B / (A + B)
wait_quantile_seconds {q} | s- | percentile of wait | centile d'attente | nearest rank over the waits of A
wait_max_seconds | s- | longest wait | attente maximale | longest wait of legs that left
wait_sum_seconds {outcome} | s. | summed waits | attentes cumulées | sum of the waits, by outcome
ring_mean_seconds | s- | mean ring | sonnerie moyenne | sum of rings of accepted agent offers / accepted with a known ring
first_response_seconds {clock} | s- | first response time | temps de première réponse | sum of (first public human reply - created) / conversations that got one
first_response_within_rate {le} | r+ | first response in t | première réponse en t | replied within t / replied within t or t passed without a reply
reply_seconds | s- | later replies | délai de réponse suivant | sum of (agent message - first unanswered customer message) / such pairs
""",
    ("agents", "N"): """
agents_logged_in | n. | agents logged in | agents connectés | distinct agents with an open session
agents_staffed | n. | agents staffed | agents en poste | available, ringing, on a contact or in wrap-up
agents_available | n+ | agents available | agents disponibles | ready, with no contact, wrap-up or agent offer
agents_on_contact | n. | agents on contact | agents en contact | at least one contact in talk or hold
agents_in_wrap_up | n. | agents in wrap-up | agents en post-appel | after-contact work and no contact
agents_ringing | n. | agents ringing | agents en sonnerie | an agent offer open and neither contact nor wrap-up
agents_paused {reason} | n. | agents paused | agents en pause | in a pause, by reason
agents_unresponsive | n- | agents unresponsive | agents sans réponse | heartbeats stopped
agents_other | n. | agents in another state | agents dans un autre état | in a non-productive state that is no pause
agent_free_slots | n+ | free capacity | capacité libre | sum over available agents of slots - open contacts
""",
    ("agents", "R"): """
contacts_handled | n. | handled | contacts traités | answered legs whose handling is done
aht_seconds | s= | average handle time | durée moyenne de traitement | (talk + hold + after-contact work) / handled
talk_mean_seconds | s= | mean talk | conversation moyenne | talk / handled
hold_mean_seconds | s- | mean hold | garde moyenne | hold / handled
hold_mean_per_held_seconds | s- | mean hold of those held | garde moyenne des appels mis en garde | hold / handled with at least one hold
acw_mean_seconds | s= | mean after-contact work | post-appel moyen | after-contact work / handled
handle_part_mean_seconds {part} | s= | parts of the handle time | composantes de la DMT | ring, talk, hold or acw / handled
talk_sum_seconds | s. | summed talk | conversations cumulées | sum of talk of handled legs
hold_rate | r- | contacts put on hold | taux de mise en garde | handled with at least one hold / handled
occupancy {variant} | r= | occupancy | taux d'occupation | wall_clock: occupied / (occupied + available); slot_weighted: contact time / slots x (occupied + available); interacting: interacting / (interacting + communicating + idle); ready_based: (talk + ACW) / ready; ready_based_idle: (ready - idle) / ready; logged_in: (talk + ACW) / logged in; aor: (talk + hold) / logged in
utilisation {variant} | r= | utilisation | taux d'utilisation | logged_in: occupied / logged in; paid: occupied / paid time
availability_rate | r. | available share | taux de disponibilité | available / logged in
pause_rate {reason} | r- | paused share | taux de pause | paused / logged in, by reason
concurrency_mean | x. | contacts at once | simultanéité | contact time / time with at least one contact
agent_logged_in_seconds | s. | logged-in time | temps de connexion | time logged in, summed over agents
agent_contact_seconds | s. | contact time | temps de contact | talk, hold and after-contact work of every contact, summed over agents
""",
}


def _read() -> dict[str, Kpi]:
    catalogue: dict[str, Kpi] = {}
    tables: dict[tuple[Group, Literal["N", "R"]], str] = {
        **_TABLE, **{(group.name, "R"): group.table for group in GROUPS},
    }  # fmt: skip
    for (group, kind), table in tables.items():
        for line in table.strip().splitlines():
            name, shape, english, french, formula = (part.strip() for part in line.split(" | "))
            kpi_id, *labels = name.replace("{", "").replace("}", "").split()
            catalogue[kpi_id] = Kpi(
                kpi_id, _UNITS[shape[0]], kind, tuple(labels), _DIRECTIONS[shape[1]],
                group, english, french, formula,
            )  # fmt: skip
    return catalogue


CATALOGUE: dict[str, Kpi] = _read()
