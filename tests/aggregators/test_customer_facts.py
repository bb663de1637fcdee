"""The facts of customers with one record, and the scopes of all: shortcuts that change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.dossiers import places as places_module
from aggregators.dossiers.customer import CustomerKind, facts_together
from aggregators.dossiers.customer_records import record_of
from aggregators.dossiers.places import Places
from aggregators.policy import CustomerRules, Rules
from aggregators.scopes import Scopes
from tests.aggregators.customer_story import at, contact, score, session

HOURS = st.sampled_from([0.0, 1.0, 23.9, 24.0, 24.3, 48.0, 72.5, 168.0, 169.0])
MAYBE = st.sampled_from([None, "a", "b"])

CONTACTS = st.builds(
    contact, st.just("k"), st.just("c"), HOURS, st.sampled_from([0.0, 6.0, 1500.0]),
    channel=st.sampled_from(["voice", "chat", "selfcare"]),
    direction=st.sampled_from(["in", "in", "out"]),
    queue=MAYBE, team=MAYBE, agent_id=MAYBE, motive=MAYBE, handled=st.booleans(),
    resolved=st.sampled_from([None, True, False]), transfers=st.integers(0, 2),
    escalated=st.booleans(),
) | st.builds(contact, st.just("k"), st.just("c"), HOURS, ended_ms=st.none())  # fmt: skip
SESSIONS = st.builds(session, st.just("k"), st.just("s"), HOURS, tool=MAYBE, motive=MAYBE) | (
    st.builds(session, st.just("k"), st.just("s"), HOURS, handed_off_ms=st.just(at(1)),
              contact_id=MAYBE)
)  # fmt: skip
SCORES = st.builds(
    score, st.just("k"), st.just("c"), HOURS, st.booleans(), st.sampled_from(["csat", "nps"])
)
RULES = st.builds(
    Rules,
    customers=st.builds(
        CustomerRules, match=st.sampled_from(["motive", "customer"]), strict=st.booleans(),
        often_from=st.integers(1, 3),
    ),
    agent_figures=st.booleans(),
    agent_teams=st.sampled_from([{}, {"a": "t"}]),
    max_queues=st.integers(1, 3),
    max_names=st.integers(1, 3),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(CONTACTS | SESSIONS | SCORES, HOURS, RULES)
def test_one_record_comes_to_what_it_does_among_many(
    event: Any, swept_h: float, rules: Rules
) -> None:
    """The short way of a single record and the way of any number give the same facts in order."""
    records = [record_of(event)]
    places, others = (Places(rules, Scopes(rules)) for _ in range(2))
    facts = CustomerKind().facts(records, at(swept_h), places)
    assert facts == facts_together(records, at(swept_h), others)


PLACES = st.tuples(
    MAYBE, st.sampled_from([None, "voice", "chat"]), MAYBE, MAYBE,
    st.lists(st.tuples(st.sampled_from(["motive", "tool"]), MAYBE), max_size=2),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(PLACES, max_size=30), RULES, st.integers(1, 20))
def test_scopes_that_are_known_are_those_that_would_be_found(
    told: list[Any], rules: Rules, most: int
) -> None:
    """At the limits of queues and names too, and however many are kept."""
    kept, anew = Scopes(rules), Scopes(rules)
    places = Places(rules, kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places_module, "MOST_KNOWN", most)
        for place in told:
            assert places.of(*place) == Places(rules, anew).of(*place)
            assert len(places.known) <= most
    assert (kept.known, kept.dropped) == (anew.known, anew.dropped)
