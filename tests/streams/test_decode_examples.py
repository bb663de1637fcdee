"""Each event type of the schema, by its documented example."""

from __future__ import annotations

import json

import pytest

from aggregators.events import EVENT_TYPES, TOPIC_TYPES, Envelope, event_type
from aggregators.policy import Rules
from streams.decode import EventDecoder

EXAMPLES = r"""
{"v":1,"event_id":"e1","type":"contact.created","source":"demo","event_time_ms":1717397259000,"contact_id":"C1","channel":"voice","customer_key":"k9f2","motive":"billing"}
{"v":1,"event_id":"e2","type":"contact.queued","source":"demo","event_time_ms":1717397259000,"contact_id":"C1","leg_id":"L1","channel":"voice","queue":"billing","position":1}
{"v":1,"event_id":"e3","type":"contact.agent_offered","source":"demo","event_time_ms":1717397260000,"contact_id":"C1","leg_id":"L1","offer_id":"o1","agent_id":"A7"}
{"v":1,"event_id":"e4","type":"contact.agent_offer_missed","source":"demo","event_time_ms":1717397275000,"contact_id":"C1","leg_id":"L1","offer_id":"o1","agent_id":"A7","outcome":"timeout","ring_ms":15000}
{"v":1,"event_id":"e5","type":"contact.answered","source":"demo","event_time_ms":1717397280000,"contact_id":"C1","leg_id":"L1","agent_id":"A8","wait_ms":21000,"ring_ms":4000}
{"v":1,"event_id":"e6","type":"contact.hold_started","source":"demo","event_time_ms":1717397300000,"contact_id":"C1","leg_id":"L1","hold_id":"h1"}
{"v":1,"event_id":"e7","type":"contact.hold_ended","source":"demo","event_time_ms":1717397320000,"contact_id":"C1","leg_id":"L1","hold_id":"h1","hold_ms":20000}
{"v":1,"event_id":"e8","type":"contact.transferred","source":"demo","event_time_ms":1717397400000,"contact_id":"C1","leg_id":"L1","kind":"attended","scope":"internal","to_queue":"tech","escalation":true}
{"v":1,"event_id":"e9","type":"contact.abandoned","source":"demo","event_time_ms":1717397450000,"contact_id":"C2","leg_id":"L1","stage":"queue","wait_ms":34000}
{"v":1,"event_id":"e10","type":"contact.flow_out","source":"demo","event_time_ms":1717397460000,"contact_id":"C3","leg_id":"L1","reason":"timeout","wait_ms":300000}
{"v":1,"event_id":"e11","type":"contact.callback_requested","source":"demo","event_time_ms":1717397470000,"contact_id":"C4","leg_id":"L1","callback_id":"cb1","due_at_ms":1717401070000}
{"v":1,"event_id":"e12","type":"contact.callback_attempted","source":"demo","event_time_ms":1717401080000,"contact_id":"C4","callback_id":"cb1","attempt":1,"agent_id":"A8","outcome":"no_answer"}
{"v":1,"event_id":"e13","type":"contact.callback_done","source":"demo","event_time_ms":1717401380000,"contact_id":"C4","callback_id":"cb1","outcome":"reached","agent_id":"A8"}
{"v":1,"event_id":"e14","type":"contact.ended","source":"demo","event_time_ms":1717397600000,"contact_id":"C1","leg_id":"L2","ended_by":"customer","resolved":true}
{"v":1,"event_id":"e15","type":"contact.wrap_up_started","source":"demo","event_time_ms":1717397600000,"contact_id":"C1","leg_id":"L2","agent_id":"A9"}
{"v":1,"event_id":"e16","type":"contact.wrap_up_ended","source":"demo","event_time_ms":1717397632000,"contact_id":"C1","leg_id":"L2","agent_id":"A9","motive":"billing","resolved":true}
{"v":1,"event_id":"e17","type":"message.posted","source":"demo","event_time_ms":1717397640000,"contact_id":"C5","message_id":"m1","author":"customer"}
{"v":1,"event_id":"t1","type":"ticket.opened","source":"desk","event_time_ms":1713369600000,"contact_id":"ticket:35436","channel":"email","queue":"support","motive":"return","customer_key":"k9f2"}
{"v":1,"event_id":"t2","type":"ticket.assigned","source":"desk","event_time_ms":1713369660000,"contact_id":"ticket:35436","agent_id":"A9","team":"T1"}
{"v":1,"event_id":"t3","type":"ticket.replied","source":"desk","event_time_ms":1713371400000,"contact_id":"ticket:35436","message_id":"m7","author":"agent","agent_id":"A9"}
{"v":1,"event_id":"t4","type":"ticket.solved","source":"desk","event_time_ms":1713374290000,"contact_id":"ticket:35436","agent_id":"A9"}
{"v":1,"event_id":"t5","type":"ticket.reopened","source":"desk","event_time_ms":1713450000000,"contact_id":"ticket:35436","reopened_by":"customer"}
{"v":1,"event_id":"t6","type":"ticket.escalated","source":"desk","event_time_ms":1713450600000,"contact_id":"ticket:35436","level":2,"from_team":"T1","to_team":"T2"}
{"v":1,"event_id":"t7","type":"ticket.merged","source":"desk","event_time_ms":1713450700000,"contact_id":"ticket:35440","into_contact_id":"ticket:35436"}
{"v":1,"event_id":"a1","type":"agent.login","source":"demo","event_time_ms":1717390800000,"agent_id":"A7","team":"T1","queues":["billing","tech"]}
{"v":1,"event_id":"a2","type":"agent.state","source":"demo","event_time_ms":1717394400000,"agent_id":"A7","state":"pause","label":"Lunch","reason":"lunch"}
{"v":1,"event_id":"a3","type":"agent.heartbeat","source":"demo","event_time_ms":1717394520000,"agent_id":"A7"}
{"v":1,"event_id":"a4","type":"agent.logout","source":"demo","event_time_ms":1717419600000,"agent_id":"A7","login_ms":28800000}
{"v":1,"event_id":"s1","type":"survey.sent","source":"svy","event_time_ms":1717398000000,"survey_id":"q1","survey_kind":"csat","contact_id":"C1"}
{"v":1,"event_id":"s2","type":"survey.answered","source":"svy","event_time_ms":1717398600000,"survey_id":"q1","survey_kind":"csat","score":4,"contact_id":"C1","themes":["delay"]}
{"v":1,"event_id":"q1","type":"quality.evaluated","source":"qm","event_time_ms":1717484400000,"evaluation_id":"v1","agent_id":"A8","items":[{"item":"listening","points":4,"max":5,"weight":2},{"item":"clarity","points":5,"max":5,"weight":1},{"item":"compliance","points":3,"max":5,"weight":2}],"errors":["information"]}
{"v":1,"event_id":"f1","type":"selfcare.session_started","source":"faq","event_time_ms":1717398000000,"session_id":"S1","tool":"faq"}
{"v":1,"event_id":"f2","type":"selfcare.faq_searched","source":"faq","event_time_ms":1717398005000,"session_id":"S1","search_id":"r1","keyword":"remboursement","result_count":0}
{"v":1,"event_id":"f3","type":"selfcare.article_viewed","source":"faq","event_time_ms":1717398010000,"session_id":"S1","article_id":"a12"}
{"v":1,"event_id":"f4","type":"selfcare.handed_off","source":"faq","event_time_ms":1717398060000,"session_id":"S1","reason":"failed","contact_id":"C9"}
{"v":1,"event_id":"f5","type":"selfcare.contained","source":"bot","event_time_ms":1717398090000,"session_id":"S2","outcome":"assumed"}
{"v":1,"event_id":"b1","type":"order.placed","source":"shop","event_time_ms":1717398100000,"order_id":"O1","money":{"amount":"60.00","currency":"EUR"},"cart_id":"K1","customer_key":"k9f2"}
{"v":1,"event_id":"b2","type":"cart.created","source":"shop","event_time_ms":1717398050000,"cart_id":"K1","customer_key":"k9f2"}
{"v":1,"event_id":"b3","type":"cart.abandoned","source":"shop","event_time_ms":1717401700000,"cart_id":"K2"}
{"v":1,"event_id":"b4","type":"cost.booked","source":"fin","event_time_ms":1719784800000,"cost_id":"2024-06:salary","scope":"all","kind":"salary","money":{"amount":"11200.00","currency":"EUR"},"period_start_ms":1717192800000,"period_end_ms":1719784800000}
{"v":1,"event_id":"b5","type":"customers.counted","source":"crm","event_time_ms":1719784800000,"scope":"all","total":1050,"new_in_period":200,"period_start_ms":1717192800000,"period_end_ms":1719784800000}
{"v":1,"event_id":"b6","type":"staff.counted","source":"hr","event_time_ms":1719784800000,"scope":"all","start":48,"end":52,"leavers":6,"period_start_ms":1717192800000,"period_end_ms":1719784800000}
{"v":1,"event_id":"contact/calls/C1","type":"customer.contact","source":"vigie","event_time_ms":1717397245000,"revision":43,"customer_key":"k9f2","contact_id":"C1","channel":"voice","queue":"sales","agent_id":"A7","motive":"billing","opened_ms":1717397000000,"answered_ms":1717397012000,"ended_ms":1717397200000,"done_ms":1717397245000,"outcome":"handled","handled":true,"resolved":true}
{"v":1,"event_id":"session/S1","type":"customer.session","source":"vigie","event_time_ms":1717398060000,"revision":32,"customer_key":"k9f2","session_id":"S1","tool":"faq","started_ms":1717398000000,"ended_ms":1717398060000,"contained":false,"handed_off_ms":1717398060000,"contact_id":"C9"}
{"v":1,"event_id":"score/q1/C1","type":"customer.score","source":"vigie","event_time_ms":1717398600000,"revision":16,"customer_key":"k9f2","survey_id":"q1","survey_kind":"csat","value_micro":4000000,"good":true,"contact_id":"C1"}
{"v":1,"event_id":"order/O1","type":"customer.order","source":"vigie","event_time_ms":1717398100000,"revision":8,"customer_key":"k9f2","order_id":"O1","amount_micro":60000000,"currency":"EUR","cart_id":"K1"}
""".strip().splitlines()
TOPICS = {
    str(kind.__struct_config__.tag): [t for t, kinds in TOPIC_TYPES.items() if kind in kinds]
    for kind in EVENT_TYPES
}
KEYS = {"calls": "contact_id", "chats": "contact_id", "tickets": "contact_id"} | {
    "agents": "agent_id", "selfcare": "session_id", "customers": "customer_key",
}  # fmt: skip


@pytest.mark.parametrize("line", EXAMPLES, ids=lambda line: str(json.loads(line)["type"]))
def test_each_documented_example_is_an_event(line: str) -> None:
    """The schema's own examples keep all required fields."""
    told = json.loads(line)
    for topic in TOPICS[told["type"]]:
        key = told[KEYS[topic]].encode() if topic in KEYS else None
        event = EventDecoder(topic, Rules()).decode(line.encode(), key, told["event_time_ms"])
        assert isinstance(event, Envelope), event
        assert event_type(event) == told["type"]


def test_the_examples_cover_all_types() -> None:
    """No type is without an example."""
    assert {json.loads(line)["type"] for line in EXAMPLES} == {
        str(kind.__struct_config__.tag) for kind in EVENT_TYPES
    }
