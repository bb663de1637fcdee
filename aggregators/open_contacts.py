"""One look at the open contacts of a shard: what is live, what is due and who is at work.

The board looks every second, so all three are read in one pass.
"""

from __future__ import annotations

from typing import TypeAlias

from aggregators.contact import IMPLIED, WAITING, Leg
from aggregators.due import DueFact, broken_promises, leg_due, overdue_answer, overdue_reply
from aggregators.live import LiveSums, at_scope, count_callback, count_conversation, earlier
from aggregators.policy import RESPONSE_EDGES_MS, Rules
from aggregators.shard import Shard
from aggregators.spans import ACW, HOLD, RING, TALK

Running: TypeAlias = tuple[int, int, int, str]
"""(start, kind, 0, queue) of contact work that goes on; -1 and no name where no queue is known."""


_NONE = (-1, "")
_FIRST_EDGE_MS = RESPONSE_EDGES_MS[0]


class OpenContacts:
    """What the open contacts of a shard come to at an instant.

    ``live`` by number of scope, ``due`` facts that the clock brought about, ``running`` by agent.
    """

    __slots__ = ("due", "live", "running")

    def __init__(
        self, shard: Shard, as_of_ms: int, rules: Rules, running: dict[str, list[Running]]
    ) -> None:
        self.live: dict[int, LiveSums] = {}
        self.due: list[DueFact] = []
        self.running = running
        scopes = shard.scopes
        queues = [(0, scope.queue) for scope in scopes.known]
        live, due = self.live, self.due
        for contact in shard.open.values():
            for leg in contact.legs.values():
                since_ms, kind = leg.talk_since_ms, TALK
                if leg.exit == WAITING and leg.enter_ms >= 0:
                    policy = leg.policy
                    waited_ms = as_of_ms - leg.enter_ms
                    limit_ms = policy.max_wait_ms
                    is_lost = limit_ms is not None and waited_ms > limit_ms
                    if leg.booked and (is_lost or waited_ms > policy.threshold_ms):
                        due += leg_due(leg, as_of_ms, rules)
                    if leg.booked and as_of_ms - contact.created_ms > _FIRST_EDGE_MS:
                        due += overdue_answer(contact, leg, as_of_ms, scopes)
                    if is_lost:
                        continue
                    if leg.booked and leg.scope >= 0:
                        _count_waiting(at_scope(live, leg.scope), leg, waited_ms)
                    for agent_id, at_ms in (leg.offers or {}).values():
                        ring = (at_ms, RING, *(queues[leg.scope] if leg.scope >= 0 else _NONE))
                        running.setdefault(agent_id, []).append(ring)
                    continue
                if leg.exit == IMPLIED and leg.booked:
                    due += leg_due(leg, as_of_ms, rules)
                if since_ms >= 0 > leg.talk_end_ms:
                    if as_of_ms - leg.exit_ms > leg.policy.max_handle_ms:
                        continue
                    if leg.hold_since_ms >= 0:
                        since_ms, kind = leg.hold_since_ms, HOLD
                elif leg.acw_since_ms >= 0:
                    since_ms, kind = leg.acw_since_ms, ACW
                    if as_of_ms - since_ms > leg.policy.wrap_up_limit_ms:
                        if leg.booked and leg.exit != IMPLIED:
                            due += leg_due(leg, as_of_ms, rules)
                        continue
                else:
                    continue
                scope = leg.scope
                if leg.booked and scope >= 0:
                    sums = live.get(scope) or at_scope(live, scope)
                    if kind == ACW:
                        sums.in_wrap_up += 1
                    else:
                        sums.in_progress += 1
                        if kind == HOLD:
                            sums.on_hold += 1
                work = (since_ms, kind, *(queues[scope] if scope >= 0 else _NONE))
                known = running.get(leg.agent_id)
                if known is None:
                    running[leg.agent_id] = [work]
                else:
                    known.append(work)
            if contact.callbacks:
                for pending in contact.callbacks.values():
                    count_callback(at_scope(live, pending.leg.scope), pending.requested_ms,
                                   pending.due_ms, as_of_ms)  # fmt: skip
            if contact.reply_due_since_ms >= 0 or contact.ticket == "open":
                count_conversation(live, contact, as_of_ms, scopes)
                due += overdue_reply(contact, as_of_ms, scopes)
                due += broken_promises(contact, as_of_ms, scopes)


def _count_waiting(live: LiveSums, leg: Leg, waited_ms: int) -> None:
    left_ms = leg.policy.threshold_ms - waited_ms
    live.waiting += 1
    live.waited_ms += waited_ms
    live.oldest_enter_ms = earlier(live.oldest_enter_ms, leg.enter_ms)
    live.first_due_ms = earlier(live.first_due_ms, leg.enter_ms + leg.policy.threshold_ms)
    if left_ms < 0:
        live.over_threshold += 1
    for within_ms in leg.policy.at_risk_within_ms:
        at_risk = 0 <= left_ms < within_ms
        live.at_risk[within_ms] = live.at_risk.get(within_ms, 0) + at_risk
    if leg.offers:
        live.ringing += 1
