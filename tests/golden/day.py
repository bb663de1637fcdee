"""A fixed story of three days that has every kind of event, for checkpoints that are kept.

It must never change: the stored checkpoints in this folder were made from it. What a later
version needs on top goes into a story of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from aggregators import events as ev
from aggregators.policy import DAY_MS, HOUR_MS, Hours, QueuePolicy, Rules
from aggregators.shard import Shard

START_MS = 1_717_372_800_000  # 2024-06-03T00:00:00Z, a Monday
END_MS = START_MS + 2 * DAY_MS + 12 * HOUR_MS
TEN = 10 * 3600
DAY = 24 * 3600
GENERATION = 3


def golden_rules() -> Rules:
    """Two named queues with zones, hours and a team; figures by agent."""
    sales = QueuePolicy(
        threshold_ms=20_000, short_limit_ms=10_000, zone="Europe/Paris", team="sellers",
        hours=Hours(tuple(((8 * 60, 20 * 60),) for _ in range(7))),
    )  # fmt: skip
    return Rules(
        queues={("sales", "voice"): sales},
        agent_teams={"A1": "sellers"},
        lateness_ms=HOUR_MS,
        retention_ms=8 * DAY_MS,
        agent_figures=True,
    )


def golden_shards(version: int = 3) -> list[Shard]:
    """The shards of the whole story of a version, one per topic, each as partition 1."""
    shards = []
    for topic, told in golden_story(version).items():
        shard = Shard(topic, 1, golden_rules())
        for event in told:
            shard.apply(event, event.event_time_ms)
        shard.refuse("not_json")
        shard.next_offset = 1_000 + len(told) + 1
        shard.generation = GENERATION
        shards.append(shard)
    return shards


def golden_story(version: int = 3) -> dict[str, list[Any]]:
    """The events of each topic in their order of arrival; customers are there from version 3 on."""
    story = {
        "calls": list(_numbered("calls", _calls())),
        "chats": list(_numbered("chats", _chats())),
        "tickets": list(_numbered("tickets", _tickets())),
        "agents": list(_numbered("agents", _agents())),
        "feedback": list(_numbered("feedback", _feedback())),
        "selfcare": list(_numbered("selfcare", _selfcare())),
        "business": list(_numbered("business", _business())),
    }
    if version >= 3:
        story["customers"] = list(_numbered("customers", _customers()))
    return story


def _numbered(topic: str, events: Iterator[Any]) -> Iterator[Any]:
    """Give every event without an id of its own the next one."""
    for number, event in enumerate(events):
        yield event if event.event_id != "-" else replace(event, event_id=f"{topic}-{number}")


def _tell(kind: type[ev.Envelope], at_s: float, /, **fields: Any) -> Any:
    told = {"v": 1, "event_id": "-", "source": "golden", **fields}
    return kind(event_time_ms=START_MS + round(at_s * 1000), **told)


def _leg(name: str, leg: str = "L1") -> dict[str, Any]:
    return {"contact_id": name, "leg_id": leg}


def _queued(name: str, at_s: float, queue: str = "sales", leg: str = "L1", **more: Any) -> Any:
    more.setdefault("channel", "voice")
    return _tell(ev.ContactQueued, at_s, queue=queue, **_leg(name, leg), **more)


def _answered(name: str, at_s: float, agent: str = "A1", leg: str = "L1", **more: Any) -> Any:
    return _tell(ev.ContactAnswered, at_s, agent_id=agent, **_leg(name, leg), **more)


def _calls() -> Iterator[Any]:
    t = TEN
    yield _tell(ev.ContactCreated, t, contact_id="handled", channel="voice", customer_key="k1")
    yield _queued("handled", t + 5)
    offer = {"offer_id": "o1", "agent_id": "A1", **_leg("handled")}
    yield _tell(ev.AgentOffered, t + 10, **offer)
    yield _tell(ev.AgentOfferMissed, t + 20, outcome="timeout", **offer)
    yield _tell(ev.AgentOffered, t + 21, offer_id="o2", agent_id="A2", **_leg("handled"))
    yield _answered("handled", t + 25, "A2", offer_id="o2")
    yield _tell(ev.HoldStarted, t + 40, hold_id="h1", **_leg("handled"))
    yield _tell(ev.HoldEnded, t + 55, hold_id="h1", **_leg("handled"))
    yield _tell(ev.ContactEnded, t + 100, ended_by="customer", **_leg("handled"))
    yield _tell(ev.WrapUpStarted, t + 100, agent_id="A2", **_leg("handled"))
    yield _tell(ev.WrapUpEnded, t + 130, agent_id="A2", **_leg("handled"))
    yield _queued("abandoned", t + 200)
    yield _tell(ev.ContactAbandoned, t + 245, stage="queue", **_leg("abandoned"))
    yield _queued("short", t + 300)
    yield _tell(ev.ContactAbandoned, t + 305, stage="queue", **_leg("short"))
    yield _tell(ev.ContactCreated, t + 310, contact_id="menu", channel="voice")
    yield _tell(ev.ContactAbandoned, t + 320, stage="ivr", contact_id="menu")
    yield _queued("diverted", t + 400, "billing")
    yield _tell(ev.FlowOut, t + 430, reason="timeout", **_leg("diverted"))
    yield _queued("moved", t + 500)
    yield _answered("moved", t + 512)
    yield _tell(ev.ContactTransferred, t + 560, kind="queue", to_queue="billing", **_leg("moved"))
    yield _queued("moved", t + 560, "billing", "L2", transferred_from="L1")
    yield _answered("moved", t + 600, "A2", "L2")
    yield _tell(ev.ContactEnded, t + 700, ended_by="agent", **_leg("moved", "L2"))
    yield _queued("recalled", t + 800)
    yield _tell(ev.CallbackRequested, t + 830, callback_id="cb", **_leg("recalled"))
    yield _tell(ev.CallbackAttempted, t + 900, contact_id="recalled", callback_id="cb", attempt=1,
                outcome="no_answer")  # fmt: skip
    yield _tell(ev.CallbackDone, t + 999, contact_id="recalled", callback_id="cb",
                outcome="reached")  # fmt: skip
    yield _queued("corrected", t + 1_000)
    first = _answered("corrected", t + 1_010, event_id="first-told")
    yield first
    yield first  # told twice: a duplicate
    yield _answered("corrected", t + 1_030, "A2", event_id="first-told", revision=1)
    yield _tell(ev.ContactEnded, t + 1_090, **_leg("corrected"))
    yield _queued("withdrawn", t + 1_100)
    gone = _tell(
        ev.ContactAbandoned, t + 1_150, stage="queue", event_id="gone", **_leg("withdrawn")
    )
    yield gone
    yield replace(gone, revision=1, retracted=True)  # so the contact waits until it counts as lost
    yield _queued("test-call", t + 1_200, test=True)
    # The next day: what is above is closed, forgotten and coarsened.
    t = DAY + TEN
    yield _queued("tuesday", t)
    yield _answered("tuesday", t + 15)
    yield _tell(ev.ContactEnded, t + 75, **_leg("tuesday"))
    yield _tell(ev.ContactEnded, TEN + 131, **_leg("handled"))  # of a forgotten contact: too late
    yield _queued("told-late", TEN + 2_000)
    yield _tell(ev.ContactAbandoned, TEN + 2_060, stage="queue", **_leg("told-late"))
    # And the one after: something settled, and something of every open kind.
    t = 2 * DAY + 12 * 3600
    yield _queued("lost", t - 6 * 3600)  # nobody tells its end: the clock closes it
    yield _queued("settled", t - 1_800, "billing")
    yield _answered("settled", t - 1_760, "A2")
    yield _tell(ev.ContactEnded, t - 1_700, **_leg("settled"))
    yield _queued("talking", t - 300)
    yield _answered("talking", t - 290)
    yield _tell(ev.HoldStarted, t - 100, hold_id="h2", **_leg("talking"))
    yield _queued("wrapping", t - 250)
    yield _answered("wrapping", t - 220, "A2")
    yield _tell(ev.ContactEnded, t - 90, **_leg("wrapping"))
    yield _tell(ev.WrapUpStarted, t - 90, agent_id="A2", **_leg("wrapping"))
    yield _queued("ringing", t - 60)
    yield _tell(ev.AgentOffered, t - 5, offer_id="o3", agent_id="A3", **_leg("ringing"))
    yield _queued("waiting", t - 40, "billing")
    yield _queued("promised", t - 39)
    yield _tell(ev.CallbackRequested, t - 30, callback_id="cb2", due_at_ms=END_MS + HOUR_MS,
                **_leg("promised"))  # fmt: skip
    yield _answered("answer-first", t - 20, "A1")  # its begin is still on the way


def _chats() -> Iterator[Any]:
    t = TEN
    chat = {"contact_id": "chat-1"}
    yield _tell(ev.ContactCreated, t, channel="chat", **chat)
    yield _tell(ev.MessagePosted, t + 1, message_id="m1", author="customer", queue="web", **chat)
    yield _queued("chat-1", t + 2, "web", channel="chat")
    yield _answered("chat-1", t + 30, "A3")
    yield _tell(ev.MessagePosted, t + 42, message_id="m2", author="agent", agent_id="A3", **chat)
    yield _tell(ev.MessagePosted, t + 50, message_id="m3", author="agent", public=False, **chat)
    yield _tell(ev.MessagePosted, t + 70, message_id="m4", author="customer", **chat)
    yield _tell(ev.ContactEnded, t + 200, channel="chat", **_leg("chat-1"))
    t = 2 * DAY + 12 * 3600
    yield _queued("chat-2", t - 500, "web", channel="chat")
    yield _tell(ev.MessagePosted, t - 499, contact_id="chat-2", message_id="m1", author="customer")
    yield _answered("chat-2", t - 480, "A3")


def _tickets() -> Iterator[Any]:
    t = TEN
    one = {"contact_id": "ticket-1"}
    yield _tell(ev.TicketOpened, t, channel="email", queue="mail", priority="high", **one)
    yield _tell(ev.TicketAssigned, t + 60, agent_id="A4", **one)
    yield _tell(ev.TicketReplied, t + 600, message_id="r1", author="agent", agent_id="A4", **one)
    yield _tell(ev.TicketSolved, t + 700, agent_id="A4", **one)
    yield _tell(ev.TicketReopened, t + 5_000, reopened_by="customer", **one)
    yield _tell(ev.TicketEscalated, t + 5_100, level=2, to_team="experts", **one)
    yield _tell(ev.TicketReplied, t + 5_200, message_id="r2", author="customer", **one)
    yield _tell(ev.TicketSolved, t + 6_000, agent_id="A4", **one)
    yield _tell(ev.TicketOpened, t + 100, contact_id="ticket-2", channel="email", queue="mail")
    yield _tell(ev.TicketMerged, t + 6_100, contact_id="ticket-2", into_contact_id="ticket-1")
    yield _tell(ev.TicketOpened, DAY + t, contact_id="ticket-3", channel="ticket", queue="mail")


def _agents() -> Iterator[Any]:
    t = 2 * DAY + 8 * 3600
    for number in (1, 2):
        agent = {"agent_id": f"A{number}"}
        yield _tell(ev.AgentLogin, t + number, session_id="s1", queues=["sales"], **agent)
        yield _tell(ev.AgentState, t + 10 + number, state="available", **agent)
        yield _tell(ev.AgentState, t + 4_000, state="pause", reason="tea", **agent)
        yield _tell(ev.AgentState, t + 4_600, state="available", **agent)
    yield _tell(ev.AgentHeartbeat, t + 9_000, agent_id="A2")
    yield _tell(ev.AgentState, t + 9_100, state="other", label="training", agent_id="A2")
    yield _tell(ev.AgentLogout, t + 9_500, session_id="s1", agent_id="A2")
    yield _tell(ev.AgentState, t + 3_900, state="other", agent_id="A2")  # told late, in between
    yield _tell(ev.AgentHeartbeat, t + 4 * 3600 - 10, agent_id="A1")


def _feedback() -> Iterator[Any]:
    survey = {"survey_id": "s1", "survey_kind": "csat", "contact_id": "handled"}
    yield _tell(ev.SurveySent, TEN + 200, **survey)
    yield _tell(ev.SurveyAnswered, TEN + 900, score=4, **survey)
    yield _tell(ev.QualityEvaluated, TEN + 950, evaluation_id="q1", agent_id="A1",
                items=[ev.QualityItem(item="greeting", points=3, max=5)])  # fmt: skip


def _selfcare() -> Iterator[Any]:
    session = {"session_id": "bot-1"}
    yield _tell(ev.SelfcareStarted, TEN, tool="bot", **session)
    yield _tell(ev.FaqSearched, TEN + 1, search_id="f1", keyword="bill", result_count=2, **session)
    yield _tell(ev.ArticleViewed, TEN + 2, article_id="a1", **session)
    yield _tell(ev.SelfcareHandedOff, TEN + 3, reason="asked", **session)
    yield _tell(ev.SelfcareContained, TEN + 4, outcome="assumed", session_id="bot-2")


def _business() -> Iterator[Any]:
    euros = ev.Money(amount="12.50", currency="EUR")
    period = {"period_start_ms": START_MS, "period_end_ms": START_MS + DAY_MS, "scope": "all"}
    yield _tell(ev.CartCreated, TEN, cart_id="c1", money=euros)
    yield _tell(ev.CartAbandoned, TEN + 1, cart_id="c1")
    yield _tell(ev.OrderPlaced, TEN + 2, order_id="o1", money=euros)
    yield _tell(ev.CostBooked, TEN + 3, cost_id="k1", kind="salary", money=euros, **period)
    yield _tell(ev.CustomersCounted, TEN + 4, total=10, new_in_period=1, **period)
    yield _tell(ev.StaffCounted, TEN + 5, start=4, end=5, leavers=0, **period)


def _customers() -> Iterator[Any]:
    who, morning_ms = {"customer_key": "k1"}, START_MS + TEN * 1000
    for name, opened_ms, queue in (("c1", morning_ms, "sales"), ("c2", morning_ms + HOUR_MS, None)):
        yield _tell(
            ev.CustomerContact, (opened_ms - START_MS) / 1000 + 300, contact_id=name,
            channel="voice", queue=queue, opened_ms=opened_ms, answered_ms=opened_ms + 20_000,
            ended_ms=opened_ms + 200_000, done_ms=opened_ms + 210_000, outcome="handled",
            handled=True, motive="bill", **who,
        )  # fmt: skip
    yield _tell(ev.CustomerSession, TEN + 60, session_id="bot-1", tool="bot", contained=False,
                started_ms=morning_ms, ended_ms=morning_ms + 3_000,
                handed_off_ms=morning_ms + 3_000, contact_id="c1", **who)  # fmt: skip
    yield _tell(ev.CustomerScore, TEN + 900, survey_id="s1", survey_kind="csat", good=True,
                value_micro=4_000_000, contact_id="c1", **who)  # fmt: skip
    yield _tell(ev.CustomerOrder, TEN + 950, order_id="o1", amount_micro=12_500_000,
                currency="EUR", **who)  # fmt: skip
