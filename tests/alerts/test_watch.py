"""The watch that leads: written before told, told once, and what people ask for is done."""

from __future__ import annotations

import asyncio
import logging

import pytest

from alerts.alert import Silence, record_key
from alerts.desk import ActionLateError, ActionRefusedError
from alerts.journal import MemoryJournal
from alerts.watch import LEAST_S
from tests.alerts import evaluation_boards as boards
from tests.alerts.watch_bench import FULL, Centre, Worker, settle
from tests.bench.receiver import until

# --- written, then told -----------------------------------------------------------------------


async def test_an_alert_is_told_when_it_fires_and_when_it_is_over(centre: Centre) -> None:
    """Each once, and the log keeps the whole story."""
    worker = centre.worker()
    worker.waiting["sales"] = 6
    await worker.second(3)
    assert worker.news() == ["firing sales"]
    worker.waiting["sales"] = 5
    await worker.second(3)
    assert worker.news() == ["firing sales", "resolved sales"]
    (alert,) = centre.log.records("alert")
    story = [(one.what, one.at_ms - boards.NOW_MS) for one in alert.story]
    assert story == [
        ("pending", 1_000), ("fired", 1_000), ("notified", 2_000),
        ("resolved", 4_000), ("notified", 5_000),
    ]  # fmt: skip
    assert centre.log.records("notice") == []


async def test_nothing_is_told_while_it_is_being_written(centre: Centre) -> None:
    """However long the journal takes: no message, no word to the Alertmanagers."""
    worker = centre.worker()
    await worker.second()
    (feed,) = worker.feeds
    worker.waiting["sales"] = 6
    worker.journal.gate.clear()
    turn = asyncio.create_task(worker.watch.turn())
    await settle()
    assert worker.states() == {"sales": "firing"}
    assert (worker.told, feed.nudges, turn.done()) == ([], 0, False)
    worker.journal.gate.set()
    await turn
    await settle()
    assert worker.news() == ["firing sales"]
    assert feed.nudges == 1


async def test_a_second_in_which_nothing_happens_writes_nothing(centre: Centre) -> None:
    """Numbers that merely move are no record."""
    worker = centre.worker()
    worker.waiting["sales"] = 6
    await worker.second(2)
    written = len(worker.journal.commits)
    for callers in (7, 9, 8):
        worker.waiting["sales"] = callers
        await worker.second()
    assert len(worker.journal.commits) == written


async def test_a_message_that_never_arrives_goes_to_somebody_else(centre: Centre) -> None:
    """What delivery reports is written at the next look."""
    worker = centre.worker()
    worker.broken.add("desk")
    worker.waiting["sales"] = 6
    await worker.second(2)
    assert [(one.target, one.instead_of) for one in worker.told] == [("boss", "desk")]
    (alert,) = centre.log.records("alert")
    assert ("undelivered", "desk", "http_4xx") in [(t.what, t.by, t.why) for t in alert.story]


async def test_the_rules_may_change_while_it_leads(centre: Centre) -> None:
    """From the next look on others are judged by; the alert of one that is gone is over."""
    worker = centre.worker()
    worker.waiting["sales"] = 6
    await worker.second()
    worker.watch.use([boards.rule("busy", boards.compare(boards.WAITING, ">", 2.0))])
    await worker.second()
    states = {one.rule_id: one.state for one in worker.watch.book.alerts.values()}
    assert states == {"full": "resolved", "busy": "firing"}


# --- what goes wrong --------------------------------------------------------------------------


async def test_a_look_that_fails_is_not_the_end(
    centre: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    """Also while the journal is away: it is logged and tried again."""
    worker = centre.worker()
    await worker.second()

    def fail() -> None:
        raise ZeroDivisionError

    worker.waiting["sales"] = 6
    worker.at_look = fail
    await worker.second()
    worker.journal.is_away = True
    worker.watch.hear("action:1", b'{"id":"1","what":"silence","at_ms":1,"by":"A"}')
    worker.at_look = lambda: None
    await worker.second()
    worker.at_look = fail
    await worker.second()
    assert [one.levelno for one in caplog.records].count(logging.ERROR) == 2
    worker.journal.is_away = False
    worker.at_look = lambda: None
    await worker.second()
    assert worker.news() == ["firing sales"]


async def test_what_carries_messages_is_made_again_when_that_failed(centre: Centre) -> None:
    """Until then it does not lead, and owes nothing."""
    worker = centre.worker()
    worker.waiting["sales"] = 6

    def fail() -> None:
        raise OSError

    worker.at_tell = fail
    await worker.second(2)
    assert not worker.watch.is_leader
    assert worker.states() == {}
    worker.at_tell = lambda: None
    await worker.second()
    assert worker.news() == ["firing sales"]


async def test_what_delivery_reported_is_written_although_the_look_after_it_failed(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a new leader would send a message that arrived long ago."""
    worker = centre.worker()
    worker.waiting["sales"] = 6
    await worker.second()
    with monkeypatch.context() as patch:
        patch.delattr("alerts.watch.step")
        await worker.second()
    await worker.second()
    assert centre.log.records("notice") == []


# --- what people ask for ----------------------------------------------------------------------


async def asked(worker: Worker, what: str, **fields: object) -> None:
    """Ask, with the seconds that it takes."""
    asking = asyncio.create_task(worker.watch.ask(worker.asks(what, **fields)))
    await settle()
    assert not asking.done()
    await worker.second()
    await asking


async def test_what_is_asked_of_the_leader_has_happened_at_the_next_look(centre: Centre) -> None:
    """And is written by then."""
    worker = centre.worker()
    worker.waiting["sales"] = 6
    await worker.second()
    await asked(worker, "acknowledge")
    assert worker.states() == {"sales": "acknowledged"}
    (alert,) = centre.log.records("alert")
    assert (alert.state, alert.acknowledged_by) == ("acknowledged", "Ada")
    await asked(worker, "release")
    await asked(worker, "snooze", until_ms=centre.clock.now_ms() + 60_000)
    assert worker.states() == {"sales": "firing"}
    assert not worker.watch.is_told(worker.alert())
    assert centre.log.records("action") == []


async def test_a_silence_is_kept_until_somebody_ends_it(centre: Centre) -> None:
    """While it holds, nobody is told."""
    worker = centre.worker()
    await worker.second()
    now_ms = centre.clock.now_ms()
    silence = Silence(id="s", start_ms=now_ms, end_ms=now_ms + 60_000, by="Ada", why="works")
    await asked(worker, "silence", silence=silence)
    worker.waiting["sales"] = 6
    await worker.second()
    assert not worker.watch.is_told(worker.alert())
    assert worker.told == []
    await asked(worker, "end_silence", about="s")
    assert worker.watch.is_told(worker.alert())
    await worker.second()
    assert worker.news() == ["firing sales"]


async def test_what_cannot_be_done_is_refused_with_the_reason(centre: Centre) -> None:
    """At once, or when it is over by the time of the look."""
    worker = centre.worker()
    worker.waiting["sales"] = 6
    await worker.second()
    with pytest.raises(ActionRefusedError, match="there is no such alert"):
        await worker.watch.ask(worker.asks(about="nothing"))
    with pytest.raises(ActionRefusedError, match="nobody has taken the alert"):
        await worker.watch.ask(worker.asks("release"))

    await asked(worker, "acknowledge")
    now_ms = centre.clock.now_ms()
    until = worker.asks("snooze", until_ms=now_ms + 500)
    asking = asyncio.create_task(worker.watch.ask(until))
    await settle()
    await worker.second()
    with pytest.raises(ActionRefusedError, match="it was over before"):
        await asking


async def test_what_nobody_does_is_late(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks does not wait for ever, and may ask again."""
    monkeypatch.setattr("alerts.watch.ASKED_S", 0.01)
    worker = centre.worker()
    worker.waiting["sales"] = 6
    await worker.second()
    for _ in range(2):
        with pytest.raises(ActionLateError):
            async with asyncio.timeout(5):
                await worker.watch.ask(worker.asks())
    await worker.second()
    assert worker.states() == {"sales": "acknowledged"}


async def test_who_asks_twice_for_the_same_hears_of_it_twice(centre: Centre) -> None:
    """A browser that sends a request again; it is done once."""
    worker = centre.worker()
    worker.waiting["sales"] = 6
    await worker.second()
    action = worker.asks()
    asking = [asyncio.create_task(worker.watch.ask(action)) for _ in range(2)]
    await settle()
    await worker.second()
    await asyncio.gather(*asking)
    assert [one.what for one in worker.alert().story].count("acknowledged") == 1


# --- its life ---------------------------------------------------------------------------------


async def test_it_runs_by_itself_on_a_journal_in_memory(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks at once and again soon when asked; ended, it tells nothing any more."""
    monkeypatch.setattr("alerts.watch.EVERY_S", 60.0)
    worker = Worker(centre.log, centre.clock, MemoryJournal())
    worker.waiting["sales"] = 6
    running = asyncio.create_task(worker.watch.run())
    entries = worker.journal.entries
    await until(lambda: worker.news() == ["firing sales"], "the alert")
    await until(lambda: not any(key.startswith("notice:") for key in entries), "the report")
    await worker.watch.ask(worker.asks())
    assert worker.states() == {"sales": "acknowledged"}
    assert record_key(worker.alert()) in entries
    running.cancel()
    await asyncio.wait({running})
    assert not worker.feeds[0].is_running
    assert not worker.watch.is_leading()
    assert worker.watch.delivery is None


async def test_it_closes_the_journal_when_it_ends(centre: Centre) -> None:
    """Also one that never led."""
    worker = Worker(centre.log, centre.clock)
    worker.leads = False
    running = asyncio.create_task(worker.watch.run())
    await settle()
    running.cancel()
    await asyncio.wait({running})
    assert worker.journal.is_closed
    assert list(worker.watch.rules) == [FULL.id]


async def test_it_ends_although_something_is_asked_in_the_same_moment(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What delivery reports wakes it just as it is told to end: it ends."""
    monkeypatch.setattr("alerts.watch.EVERY_S", 60.0)
    worker = Worker(centre.log, centre.clock, MemoryJournal())
    running = asyncio.create_task(worker.watch.run())
    await settle()
    await asyncio.sleep(2 * LEAST_S)  # it rests until it is asked

    worker.watch._asked.set()
    running.cancel()

    done, _ = await asyncio.wait({running}, timeout=5)
    assert done == {running}
