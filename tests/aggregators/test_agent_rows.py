"""Figures by agent, and the queues that an agent counts in."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aggregators.board import Board, board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from tests.aggregators.story import answered, ended, fold, look, queued, rules, s


def by_agent(**queues: QueuePolicy) -> Rules:
    """Rules with figures by agent and a policy per queue."""
    policies = {(name, "voice"): policy for name, policy in queues.items()}
    return msgspec.structs.replace(rules(), agent_figures=True, queues=policies)


def call(contact: str, at_s: float, wait_s: float, queue: str) -> list[Any]:
    """A call that agent A1 takes after a wait and holds for 30 s."""
    return [
        queued(contact, at_s, queue=queue),
        answered(contact, at_s + wait_s),
        ended(contact, at_s + wait_s + 30),
    ]


@pytest.mark.proves("contacts_answered_in_target", "contacts_handled")
def test_the_answers_of_an_agent_are_judged_by_the_threshold_of_each_queue() -> None:
    """A wait of 15 s is inside 20 s and outside 10 s, whoever answers."""
    with_rules = by_agent(
        quick=QueuePolicy(threshold_ms=10_000), easy=QueuePolicy(threshold_ms=20_000)
    )
    told = [*call("c1", 0, 15, "quick"), *call("c2", 100, 15, "easy"), *call("c3", 200, 8, "quick")]
    agent = look(fold(told, with_rules), at_s=400).windows["whole"].agents["A1"]
    assert agent["contacts_answered"] == 3
    assert agent["contacts_answered_in_target"] == 2
    assert agent["contacts_handled"] == 3
    assert agent["talk_mean_seconds"] == 30.0


def test_an_agent_counts_in_the_queues_of_the_latest_contacts_of_all_shards_together() -> None:
    """After 20 contacts in `new`, `old` is behind, however the contacts lie in the shards."""
    with_rules = by_agent()
    told = [call("c0", 0, 5, "old")]
    told += [call(f"c{number}", 100 * number, 5, "new") for number in range(1, 21)]
    running = [queued("c30", 3000, queue="now"), answered("c30", 3005)]

    def seen(shards: int) -> Board:
        parts = [Shard("calls", number, with_rules) for number in range(shards)]
        for number, story in enumerate([*told, running]):
            for event in story:
                parts[number % shards].apply(event, event.event_time_ms)
        return board(parts, s(3010), with_rules, ["whole"])

    for shards in (1, 2, 4, 8):
        queues = seen(shards).windows["whole"].queues
        on_contact = {name: values["agents_on_contact"] for name, values in queues.items()}
        assert on_contact == {"old": 0, "new": 1, "now": 1}, shards
