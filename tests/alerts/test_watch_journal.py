"""The watch while the journal fails, and while others lead: nothing lost, nothing told twice."""

from __future__ import annotations

import asyncio
import logging

import pytest

from alerts.watch import UNWRITTEN_S
from tests.alerts import evaluation_boards as boards
from tests.alerts.watch_bench import Centre, Worker, full, settle


def tell_unwritten(worker: Worker) -> None:
    """Let it tell what is not written."""
    worker.at_send = lambda _notice: None


# --- the journal fails ------------------------------------------------------------------------


async def test_alerts_go_on_in_memory_while_the_journal_is_away(centre: Centre) -> None:
    """Told of after ten seconds and not before; of what comes later at once; all of it once, also
    when the journal is back."""
    worker = centre.worker()
    await worker.second()
    worker.journal.is_away = True
    await full(worker)
    began_s = centre.clock.s
    await worker.second(int(UNWRITTEN_S) - 1)
    assert worker.states() == {"sales": "firing"}
    assert (worker.told, worker.watch.unwritten_s()) == ([], UNWRITTEN_S - 1)
    tell_unwritten(worker)
    await worker.second()
    assert worker.news() == ["firing sales"]
    assert worker.watch.unwritten_s() == centre.clock.s - began_s == UNWRITTEN_S
    await full(worker, "care")
    worker.waiting["sales"] = 0
    await worker.second(2)
    told = ["firing sales", "firing care", "resolved sales"]
    assert worker.news() == told
    assert worker.watch.journal_failures == 14
    assert centre.log.records("alert") == []

    worker.journal.is_away = False
    await worker.second(3)
    assert worker.news() == told
    assert worker.watch.unwritten_s() == 0
    states = {one.where.name: one.state for one in centre.log.records("alert")}
    assert states == {"sales": "resolved", "care": "firing"}
    assert centre.log.records("notice") == []


async def test_a_short_trouble_is_written_late_and_told_then(
    centre: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    """One line when it begins and one when it ends, however often it fails in between."""
    caplog.set_level(logging.INFO)
    worker = centre.worker()
    await worker.second()
    caplog.clear()
    worker.journal.is_away = True
    await full(worker)
    await worker.second(5)
    worker.journal.is_away = False
    await worker.second()
    assert worker.news() == ["firing sales"]
    assert [one.message for one in caplog.records] == [
        "the journal of alerts is not written (away); trying again",
        "the journal of alerts takes what happened again",
    ]


async def test_a_message_that_waits_while_the_journal_comes_back_is_sent_once(
    centre: Centre,
) -> None:
    """It is handed out unwritten and again when it is written."""
    worker = centre.worker()
    tell_unwritten(worker)
    await worker.second()
    worker.journal.is_away = True
    worker.line.clear()
    await full(worker)
    await worker.second(12)
    worker.journal.is_away = False
    await worker.second(2)
    worker.line.set()
    await worker.second(2)
    assert worker.news() == ["firing sales"]


async def test_a_journal_that_takes_its_time_to_fail_is_counted_from_the_beginning(
    centre: Centre,
) -> None:
    """Kafka says no only after ten seconds: by then people have waited long enough."""
    worker = centre.worker()
    tell_unwritten(worker)
    await worker.second()
    worker.waiting["sales"] = 6
    worker.journal.is_away = True
    worker.journal.gate.clear()
    turn = asyncio.create_task(worker.watch.turn())
    await settle()
    centre.clock.s += UNWRITTEN_S
    worker.journal.gate.set()
    await turn
    await settle()
    assert worker.news() == ["firing sales"]


async def test_who_fails_to_become_the_leader_tells_nothing(centre: Centre) -> None:
    """Without the journal nobody knows what was told before; when others lead it owes nothing."""
    worker = centre.worker()
    worker.journal.is_away = True
    await full(worker)
    await worker.second(15)
    assert (worker.told, worker.states()) == ([], {})
    assert worker.watch.unwritten_s() == 15
    worker.leads = False
    await worker.second()
    assert worker.watch.unwritten_s() == 0


@pytest.mark.parametrize("is_deaf", [False, True])
async def test_what_may_have_been_written_is_written_again_and_told_once(
    centre: Centre, is_deaf: bool
) -> None:
    """Whether its own records come back before it leads again or only then."""
    worker = centre.worker()
    await worker.second()
    worker.journal.is_unclear = True
    worker.journal.is_deaf = is_deaf
    await full(worker)
    assert worker.told == []
    assert len(centre.log.records("alert")) == 1
    worker.journal.is_unclear = worker.journal.is_deaf = False
    await worker.second(3)
    assert worker.news() == ["firing sales"]
    assert [one.what for one in worker.alert().story] == ["pending", "fired", "notified"]


async def test_its_own_old_records_do_not_undo_what_it_did_since(centre: Centre) -> None:
    """The journal is heard some time after it was written."""
    worker = centre.worker()
    await worker.second()
    worker.journal.is_deaf = True
    await full(worker)
    worker.waiting["sales"] = 0
    await worker.second()
    assert worker.states() == {"sales": "resolved"}
    late = worker.journal.pending
    worker.journal.is_deaf = False
    while late:
        worker.watch.hear(*late.pop(0))
        assert worker.states() == {"sales": "resolved"}
    await worker.second(2)
    assert worker.news() == ["firing sales", "resolved sales"]


# --- others lead ------------------------------------------------------------------------------


async def test_who_lost_the_journal_knows_what_it_says_and_tells_nothing_any_more(
    centre: Centre,
) -> None:
    """It was paused: another one wrote meanwhile. Its messages under way are dropped."""
    first, second = centre.worker(), centre.worker(leads=False)
    first.line.clear()
    await full(first)
    second.leads = True
    await full(second)
    assert second.news() == ["firing sales"]

    first.waiting["care"] = 6
    await first.second()
    assert not first.watch.is_leading()
    assert first.watch.delivery is None
    assert first.watch.unwritten_s() == 0
    assert [feed.is_running for feed in first.feeds] == [False]
    assert first.watch.book.alerts == second.watch.book.alerts
    assert first.states() == {"sales": "firing"}
    first.line.set()
    centre.lead(second)
    await first.second(2)
    assert first.told == []


async def test_who_no_longer_leads_stops_at_once(centre: Centre) -> None:
    """Without a word from the journal; later it follows what others write."""
    first, second = centre.worker(), centre.worker(leads=False)
    await full(first)
    centre.lead(second)
    assert not first.watch.is_leading()
    await first.second()
    assert [feed.is_running for feed in first.feeds] == [False]
    await second.second(2)
    assert first.watch.book.alerts == second.watch.book.alerts
    assert first.states() == {"sales": "resolved"}


async def test_the_same_leader_keeps_what_was_not_written(centre: Centre) -> None:
    """Nobody wrote while the journal was away."""
    worker = centre.worker()
    await worker.second()
    worker.journal.is_away = True
    await full(worker)
    fired_ms = worker.alert().fired_ms
    await worker.second(3)
    worker.journal.is_away = False
    await worker.second()
    assert centre.log.records("alert")[0].fired_ms == fired_ms
    assert len(worker.feeds) == 1


async def test_a_leader_that_comes_after_another_drops_what_it_had_not_written(
    centre: Centre,
) -> None:
    """What it decided alone is not what happened: the other one has decided since."""
    first, second = centre.worker(), centre.worker(leads=False)
    await first.second()
    first.journal.is_away = True
    await full(first)
    second.leads = True
    await second.second()
    second.leads = False
    first.journal.is_away = False
    first.waiting["sales"] = 0
    await first.second(3)
    assert first.states() == {}
    assert first.told == second.told == []
    assert centre.log.records("alert") == []
    assert first.watch.is_leading()
    assert [feed.is_running for feed in first.feeds] == [False, True]


async def test_what_an_earlier_term_saw_is_no_reason_to_page(centre: Centre) -> None:
    """A wait of ten minutes that is suddenly there may be of the past, and has to last a minute;
    had it been seen to begin, it would be told at once."""
    worker = centre.worker()
    worker.watch.use([boards.rule("wait", boards.compare(boards.WAIT, ">", 60.0))])
    await full(worker)
    worker.leads = False
    await worker.second(600)
    worker.leads, worker.wait_s = True, 600.0
    await worker.second(60)
    assert worker.states() == {"sales": "pending"}
    await worker.second()
    assert worker.states() == {"sales": "firing"}


async def test_a_crash_between_writing_and_telling_loses_nothing(centre: Centre) -> None:
    """The next leader tells what is owed, with the same id, and nobody tells it again."""
    first = centre.worker()
    first.line.clear()
    await full(first)
    (owed,) = centre.log.records("notice")
    first.crash()
    second = centre.worker()
    await full(second)
    assert second.told == [owed]
    await second.second(2)
    assert second.news() == ["firing sales"]
    third = centre.worker(leads=False)
    assert third.watch.book.alerts == second.watch.book.alerts
    assert third.watch.book.notices == {}
    centre.lead(third)
    await full(third)
    assert third.told == []


async def test_what_arrived_but_was_not_noted_is_sent_again_with_the_same_id(
    centre: Centre,
) -> None:
    """A receiver that knows ids is told once."""
    first = centre.worker()
    await full(first)
    first.crash()
    second = centre.worker()
    await full(second)
    assert first.told == second.told
    assert len(second.told) == 1


# --- who follows ------------------------------------------------------------------------------
