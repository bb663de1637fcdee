"""Laws of the fold: order, duplicates, corrections, splits and checkpoints change nothing."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.board import Rows, board
from aggregators.counts import Outcome
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from tests.aggregators.story import (
    T0,
    abandoned,
    answered,
    ended,
    event,
    flow_out,
    fold,
    kpis,
    look,
    queued,
    rules,
    s,
)

WINDOWS = ["1m", "5m", "1h", "interval_15m", "whole"]


@st.composite
def contacts(draw: st.DrawFn) -> list[Any]:
    """A few contacts of all shapes, with unique event ids and times in whole seconds."""
    events: list[Any] = []
    for n in range(draw(st.integers(1, 5))):
        name = f"c{n}"
        at = draw(st.integers(0, 3000))
        queue = draw(st.sampled_from(["q", "r"]))

        def more(low: int = 0, high: int = 90) -> int:
            nonlocal at
            at += draw(st.integers(low, high))
            return at

        if draw(st.booleans()):
            events.append(event(ev.ContactCreated, at, contact_id=name, channel="voice"))
        events.append(queued(name, more(), queue=queue))
        for k in range(draw(st.integers(0, 2))):
            offer = {"contact_id": name, "leg_id": "L1", "offer_id": f"o{k}", "agent_id": f"A{k}"}
            events.append(event(ev.AgentOffered, more(), **offer))
            if draw(st.booleans()):
                events.append(event(ev.AgentOfferMissed, more(), outcome="timeout", **offer))
        match draw(st.sampled_from(["answered", "abandoned", "flow_out", "waiting", "callback"])):
            case "abandoned":
                events.append(abandoned(name, more()))
            case "flow_out":
                events.append(flow_out(name, more()))
            case "callback":
                events.append(
                    event(ev.CallbackRequested, more(), contact_id=name, leg_id="L1",
                          callback_id="cb")
                )  # fmt: skip
                if draw(st.booleans()):
                    events.append(
                        event(ev.CallbackDone, more(1), contact_id=name, callback_id="cb",
                              outcome="reached")
                    )  # fmt: skip
            case "answered":
                events.append(answered(name, more(), agent="A1"))
                if draw(st.booleans()):
                    hold = {"contact_id": name, "leg_id": "L1", "hold_id": "h"}
                    events.append(event(ev.HoldStarted, more(1), **hold))
                    if draw(st.booleans()):
                        events.append(event(ev.HoldEnded, more(1), **hold))
                if draw(st.booleans()):
                    events.append(
                        event(ev.ContactTransferred, more(1), contact_id=name, leg_id="L1",
                              kind="queue", to_queue="r")
                    )  # fmt: skip
                    events.append(queued(name, at, leg="L2", queue="r", transferred_from="L1"))
                    if draw(st.booleans()):
                        events.append(answered(name, more(), leg="L2", agent="A2"))
                elif draw(st.booleans()):
                    events.append(ended(name, more(1)))
                    if draw(st.booleans()):
                        wrap = {"contact_id": name, "leg_id": "L1", "agent_id": "A1"}
                        events.append(event(ev.WrapUpStarted, more(), **wrap))
                        if draw(st.booleans()):
                            events.append(event(ev.WrapUpEnded, more(), **wrap))
    return sorted(events, key=lambda e: e.event_time_ms)


def figures(shard: Shard, at_s: float = 4000) -> dict[str, Rows]:
    return board([shard], s(at_s), shard.rules, WINDOWS).windows


def cells(shard: Shard) -> dict[int, dict[int, dict[int, int]]]:
    """All facts by minute, by scope name order independent of when scopes were first seen."""
    known = shard.scopes.known
    return {
        minute: {
            hash((key >> 16, known[key & 0xFFFF])): {k: n for k, n in cell.items() if n}
            for key, cell in row.cells.items()
            if any(cell.values())
        }
        for minute, row in shard.slices.rows.items()
        if any(any(cell.values()) for cell in row.cells.values())
    }


def spans(shard: Shard) -> dict[str, list[Any]]:
    """All finished spans by agent, with the names of their scopes."""
    known = shard.scopes.known
    return {
        agent: sorted((*span[:4], known[span.scope]) for span in found)
        for agent, found in shard.spans.by_agent.items()
    }


@settings(max_examples=200, deadline=None)
@given(contacts(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_numbers(events: list[Any], rnd: random.Random) -> None:
    """Every KPI after any permutation equals the KPI of the sorted input."""
    shuffled = list(events)
    rnd.shuffle(shuffled)
    straight, mixed = fold(events), fold(shuffled)
    assert cells(mixed) == cells(straight)
    assert figures(mixed) == figures(straight)
    assert spans(mixed) == spans(straight)


@settings(max_examples=100, deadline=None)
@given(contacts(), st.randoms(use_true_random=False))
def test_events_told_twice_count_once(events: list[Any], rnd: random.Random) -> None:
    """A repeated event id is a duplicate, wherever it comes again."""
    told = list(events)
    for again in rnd.sample(events, k=min(len(events), 5)):
        told.insert(rnd.randrange(len(told) + 1), again)
    shard = fold(told)
    assert figures(shard) == figures(fold(events))
    assert shard.counts.duplicate == len(told) - len(events)
    assert shard.counts.read == shard.counts.applied + shard.counts.duplicate


@settings(max_examples=100, deadline=None)
@given(contacts(), st.data())
def test_a_checkpoint_at_any_place_changes_nothing(events: list[Any], data: st.DataObject) -> None:
    """Encode, decode and go on: the same cells, spans, figures and totals as without a stop."""
    cut = data.draw(st.integers(0, len(events)))
    shard = fold(events[:cut])
    checkpoint = shard.encode()
    restored = Shard.decode(checkpoint.record, checkpoint.rows, shard.rules)
    assert figures(restored) == figures(shard)
    assert restored.durable_totals == shard.totals
    for item in events[cut:]:
        shard.apply(item, item.event_time_ms)
        restored.apply(item, item.event_time_ms)
    assert cells(restored) == cells(shard)
    assert spans(restored) == spans(shard)
    assert figures(restored) == figures(shard)
    assert restored.totals == shard.totals
    assert restored.counts == shard.counts
    unstopped = fold(events)
    assert cells(shard) == cells(unstopped)
    assert spans(shard) == spans(unstopped)
    assert shard.totals == unstopped.totals
    assert shard.counts == unstopped.counts
    assert shard.fold.conflicts == unstopped.fold.conflicts


@settings(max_examples=60, deadline=None)
@given(contacts())
def test_the_parts_of_two_shards_add_up_to_the_whole(events: list[Any]) -> None:
    """Splitting the contacts over partitions changes no figure."""
    odd = [e for e in events if int(e.contact_id[1:]) % 2]
    even = [e for e in events if not int(e.contact_id[1:]) % 2]
    made = rules()
    split = board([fold(odd), fold(even)], s(4000), made, WINDOWS)
    whole = board([fold(events)], s(4000), made, WINDOWS)
    assert split.windows == whole.windows


@settings(max_examples=60, deadline=None)
@given(contacts(), st.integers(1, 3600))
def test_a_figure_of_now_needs_no_event(events: list[Any], later_s: int) -> None:
    """Folding a heartbeat of the clock (nothing) never changes what the clock alone gives."""
    shard = fold(events)
    assert figures(shard, 3500 + later_s) == figures(fold(events), 3500 + later_s)


def test_a_correction_replaces_the_old_contribution() -> None:
    """The higher revision counts; the lower one told again is a duplicate."""
    first = answered("c", 30, event_id="x")
    moved = answered("c", 12, event_id="x", revision=1)
    shard = fold([queued("c", 0), first, moved, first])
    found = look(shard, at_s=100).windows["whole"].total
    assert found["contacts_answered"] == 1
    assert found["asa_seconds"]["queue"] == 12.0  # type: ignore[index]
    assert shard.counts.duplicate == 1


def test_a_correction_of_a_packed_contact_counts_once_in_the_totals() -> None:
    """A checkpoint packs what is settled; a withdrawn answer told again is no second contact."""
    call = [queued("c", 0), answered("c", 30, event_id="x"), ended("c", 60)]
    gone = answered("c", 30, event_id="x", revision=1, retracted=True)
    again = answered("c", 30, event_id="x", revision=2)
    shard = fold(call)
    for item in (gone, again):
        checkpoint = shard.encode()
        shard = Shard.decode(checkpoint.record, checkpoint.rows, shard.rules)
        shard.apply(item, item.event_time_ms)
    unstopped = fold([*call, gone, again])
    assert shard.totals == unstopped.totals
    assert next(iter(shard.totals.values())).answered == 1
    assert cells(shard) == cells(unstopped)


def test_a_retracted_fact_is_gone() -> None:
    """A queued leg that is withdrawn leaves no trace in any figure."""
    enter = queued("c", 0, event_id="x")
    gone = queued("c", 0, event_id="x", revision=1, retracted=True)
    found = look(fold([enter, gone]), at_s=100).windows["whole"].total
    assert (found["contacts_entered"], found["contacts_waiting"]) == (0, 0)


def test_a_merged_ticket_leaves_every_figure() -> None:
    """Whenever it merged, it was never there."""
    opened = event(ev.TicketOpened, 0, contact_id="t", channel="email", queue="mail")
    merged = event(ev.TicketMerged, 50, contact_id="t", into_contact_id="u")
    found = look(fold([opened, merged], topic="tickets"), at_s=100).windows["whole"].total
    assert (found["tickets_open"], found["tickets_opened"]) == (0, 0)


def test_the_loss_of_a_leg_is_undone_when_its_end_comes_later() -> None:
    """Lost at the maximal wait, answered an hour after: answered once, lost never."""
    other = [queued("d", hour * 3600, queue="r") for hour in range(1, 8)]
    lost = fold([queued("c", 0), *other])
    assert "c" in lost.closed
    assert look(lost, at_s=7 * 3600 + 1).windows["whole"].queues["q"]["contacts_lost"] == 1
    lost.apply(answered("c", 7 * 3600 + 5), s(7 * 3600 + 5))
    row = look(lost, at_s=7 * 3600 + 9).windows["whole"].queues["q"]
    assert (row["contacts_lost"], row["contacts_answered"]) == (0, 1)


def test_a_late_duplicate_of_a_forgotten_contact_is_refused() -> None:
    """What cannot be told from a repetition any more is too late, never counted twice."""
    call = [queued("c", 0), answered("c", 5), ended("c", 50)]
    shard = fold([*call, queued("d", 5 * 3600)])
    assert shard.apply(call[1], s(5 * 3600)) is Outcome.TOO_LATE
    assert shard.counts.reasons == {"too_late": 1}
    assert look(shard, at_s=5 * 3600 + 1).windows["whole"].total["contacts_answered"] == 1


def test_a_forgotten_contact_that_is_named_again_has_no_second_past() -> None:
    """A wrap-up told hours later makes it known anew; its first events still count once."""
    call = [queued("c", 0), answered("c", 5), ended("c", 50)]
    shard = fold([*call, queued("d", 5 * 3600)])
    wrap_up = event(ev.WrapUpEnded, 5 * 3600 + 1, contact_id="c", leg_id="L1", agent_id="A1")
    assert shard.apply(wrap_up, s(5 * 3600 + 1)) is Outcome.APPLIED
    assert [shard.apply(item, s(5 * 3600 + 2)) for item in call] == [Outcome.TOO_LATE] * 3
    found = look(shard, at_s=5 * 3600 + 3).windows["whole"].queues["q"]
    assert (found["contacts_answered"], found["contacts_handled"]) == (1, 1)


def test_an_answer_without_a_known_wait_counts_although_its_call_is_over() -> None:
    """After the lateness it is an answered contact of unknown wait (inputs.md, rule 4.5)."""
    call = [answered("c", 30, queue="q", channel="voice"), ended("c", 60)]
    found = look(fold([*call, queued("d", 9_000)]), at_s=9_001).windows["whole"].queues["q"]
    assert (found["contacts_entered"], found["contacts_answered"]) == (2, 1)
    assert found["contacts_handled"] == 1


def test_a_corrected_first_sign_does_not_end_a_late_contact() -> None:
    """Told late and corrected, it waits for its legs as it would uncorrected."""
    shard = fold([queued("d", 5 * 3600)])
    first = event(ev.ContactCreated, 0, contact_id="c", channel="voice", event_id="x")
    again = event(ev.ContactCreated, 0, contact_id="c", channel="voice", event_id="x", revision=1)
    told = [first, again, queued("c", 5), abandoned("c", 9)]
    assert [shard.apply(item, s(5 * 3600)) for item in told] == [Outcome.LATE] * 4
    found = look(shard, at_s=5 * 3600 + 1).windows["whole"].queues["q"]
    assert found["contacts_abandoned"] == 1


def test_a_late_fact_of_a_new_contact_enters_the_history() -> None:
    """Behind the watermark and within retention it counts, and is counted as late."""
    shard = fold([queued("d", 5 * 3600), abandoned("d", 5 * 3600 + 60)])
    for item in (queued("c", 0), abandoned("c", 30)):
        assert shard.apply(item, s(5 * 3600)) is Outcome.LATE
    assert shard.counts.late == 2
    found = look(shard, at_s=5 * 3600 + 61).windows["whole"].total
    assert found["contacts_abandoned"] == 2


def test_coarse_rows_sum_to_the_same_windows() -> None:
    """After days, slices melt into minutes and quarters; the whole stays the same."""
    made = Rules(channels={"voice": QueuePolicy(threshold_ms=20_000)})
    legs: list[Any] = []
    for i in range(400):
        at = i * 600
        legs += [queued(f"c{i}", at), answered(f"c{i}", at + i % 40), ended(f"c{i}", at + 300)]
    shard = fold(legs, made)
    kept_all = fold(legs, rules())
    assert {row.level for row in shard.slices.rows.values()} == {0, 1, 2}
    end = 400 * 600
    for window in ("1h", "4h", "24h", "whole"):
        coarse = board([shard], s(end), made, [window]).windows[window].total
        fine = board([kept_all], s(end), made, [window]).windows[window].total
        for kpi in ("contacts_answered", "asa_seconds", "service_level", "aht_seconds"):
            assert coarse[kpi] == fine[kpi]
    checkpoint = shard.encode()
    again = Shard.decode(checkpoint.record, checkpoint.rows, made)
    assert (
        board([again], s(end), made, WINDOWS).windows
        == board([shard], s(end), made, WINDOWS).windows
    )


def test_test_traffic_is_in_nothing() -> None:
    """Flagged events are read and ignored."""
    shard = fold([queued("c", 0, test=True)])
    assert look(shard, at_s=5).windows["whole"].total["contacts_entered"] == 0
    assert (shard.counts.read, shard.counts.ignored) == (1, 1)


def test_an_answer_told_with_its_wait_implies_when_the_leg_entered() -> None:
    """No queued event ever came: entered = answered - wait; the queued event changes nothing."""
    told = answered("c", 30, wait_ms=12_000, queue="q", channel="voice")
    assert kpis([told], 60)["asa_seconds"]["queue"] == 12.0  # type: ignore[index]
    both = fold([told, queued("c", 18)])
    found = look(both, at_s=60).windows["whole"].total
    assert (found["contacts_entered"], found["contacts_answered"]) == (1, 1)


def test_an_answer_without_any_wait_counts_in_volumes_once_the_lateness_has_passed() -> None:
    """Until then it waits for its queued event; after, it is in no mean."""
    shard = fold([answered("c", 30, queue="q", channel="voice")])
    early = look(shard, at_s=100).windows["whole"].total
    assert early["contacts_answered"] == 0
    late = look(shard, at_s=30 + 3601).windows["whole"].total
    assert late["contacts_answered"] == 1
    assert late["asa_seconds"]["queue"] is None  # type: ignore[index]
    assert s(0) == T0
