"""Queues, tries and pauses: what becomes of a message when its target does badly."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Notice
from alerts.delivery import pause_after
from alerts.message import Message
from alerts.notify import Undelivered, guard
from alerts.notify.guard import GuardedSession
from alerts.notify.webhook import WebhookSender
from alerts.plan import Language, Plan, WebhookTarget
from tests.alerts.post import Post, Target
from tests.bench.receiver import Answer, Receiver, receiving, until
from tests.bench.sample_alerts import a_message, a_notice


class TestTrying:
    async def test_a_message_is_delivered_and_reported_once(self) -> None:
        """Offered again while it is on its way, or just after, it is not sent again."""
        desk = Target()
        post = Post(desk=desk)
        post.delivery.offer(a_notice())
        post.delivery.offer(a_notice())
        async with post.running() as delivery:
            await post.settled(1)
            delivery.offer(a_notice())
            delivery.offer(a_notice(id="last"))
            await post.settled(2)
        assert desk.tried == post.delivered == ["notice-1", "last"]

    async def test_an_id_that_is_used_anew_is_a_new_message(self) -> None:
        """A notice made later is told although one with its id was delivered."""
        post = Post(desk=(desk := Target()))
        async with post.running() as delivery:
            delivery.offer(a_notice())
            await post.settled(1)
            delivery.offer(a_notice(made_ms=a_notice().made_ms + 1_000))
            await post.settled(2)
        assert len(desk.taken) == 2

    async def test_a_failing_target_is_tried_with_growing_pauses(self) -> None:
        """The pauses double up to a minute; each try is counted by its reason."""
        failures = [Undelivered("http_5xx", is_final=False) for _ in range(8)]
        post = Post(desk=Target(*failures))
        async with post.running() as delivery:
            delivery.offer(a_notice())
            await post.settled(1)
        assert post.pauses == [1.5, 3.0, 6.0, 12.0, 24.0, 45.0, 45.0, 45.0]
        assert post.delivered == ["notice-1"]
        assert post.delivery.stats().failed == {("desk", "http_5xx"): 8}
        assert post.delivery.stats().sent == {"desk": 1}

    async def test_a_message_that_arrives_ends_the_growing(self) -> None:
        """The pauses of the next trouble begin small again."""
        desk = Target(*(Undelivered("refused", is_final=False) for _ in range(3)))
        post = Post(desk=desk)
        async with post.running() as delivery:
            delivery.offer(a_notice(id="one"))
            await post.settled(1)
            desk.failures.append(Undelivered("refused", is_final=False))
            delivery.offer(a_notice(id="two"))
            await post.settled(2)
        assert post.pauses == [1.5, 3.0, 6.0, 1.5]

    @given(st.integers(min_value=0, max_value=5_000), st.floats(min_value=0, max_value=1))
    def test_every_pause_is_between_a_second_and_a_minute(self, n: int, chance: float) -> None:
        """Neither a hammering nor a silence, however often it failed."""
        assert 1.0 <= pause_after(n, chance) <= 60.0

    async def test_a_plea_for_patience_is_heard_up_to_a_minute(self) -> None:
        """Retry-After lengthens a pause, never beyond 60 s, and never shortens it."""
        asks = [
            Undelivered("http_429", is_final=False, retry_after_s=asked_s)
            for asked_s in (20.0, 900.0, 0.1)
        ]
        post = Post(desk=Target(*asks))
        async with post.running() as delivery:
            delivery.offer(a_notice())
            await post.settled(1)
        assert post.pauses == [20.0, 60.0, 6.0]

    async def test_a_final_refusal_is_reported_at_once(self) -> None:
        """What the target never wants is not sent twice."""
        desk = Target(Undelivered("http_4xx", is_final=True))
        post = Post(desk=desk)
        async with post.running() as delivery:
            delivery.offer(a_notice())
            await post.settled(1)
            assert delivery.failing() == {"desk"}
        assert (post.failed, post.pauses) == ([("notice-1", "http_4xx")], [])
        assert len(desk.tried) == 1

    async def test_after_a_quarter_of_an_hour_it_gives_up(self) -> None:
        """Then whoever comes next is to be told; those that waited as long go with it."""
        desk = Target()
        desk.always = Undelivered("refused", is_final=False)
        post = Post(desk=desk)
        async with post.running() as delivery:
            for n in range(3):
                delivery.offer(a_notice(id=f"n{n}", group=f"g{n}"))
            await post.settled(3)
        assert sorted(post.failed) == [(f"n{n}", "gave_up") for n in range(3)]
        assert 900 <= post.now_s < 1_020
        assert len(desk.tried) < 30

    async def test_a_message_that_nobody_wants_holds_up_no_other(self) -> None:
        """While one is put off the others of its target go; those of its group keep their order."""
        desk = Target()
        desk.poison = "bad"
        post = Post(desk=desk)
        for name, group in (("bad", "a"), ("after-bad", "a"), ("b1", "b"), ("b2", "b")):
            post.delivery.offer(a_notice(id=name, group=group))
        async with post.running():
            await post.settled(4)
        assert post.delivered == ["b1", "b2", "bad", "after-bad"]

    async def test_a_target_that_recovers_is_not_failing_any_more(self) -> None:
        """One message that arrives ends the trouble."""
        post = Post(desk=Target(Undelivered("invalid", is_final=True)))
        async with post.running() as delivery:
            delivery.offer(a_notice(id="one"))
            delivery.offer(a_notice(id="two"))
            await post.settled(2)
            assert delivery.failing() == set()


class TestIndependence:
    async def test_a_hung_target_delays_no_other(self) -> None:
        """Each target has its own queue and its own worker."""
        desk, boss = Target(), Target()
        desk.is_hung = True
        post = Post(desk=desk, boss=boss)
        async with post.running() as delivery:
            delivery.offer(a_notice(id="d"))
            for n in range(4):
                delivery.offer(a_notice(id=f"b{n}", target="boss"))
            await post.settled(4)
            assert post.delivered == [f"b{n}" for n in range(4)]
            await until(lambda: ("desk", "timeout") in delivery.stats().failed, "the time-out")

    async def test_a_full_queue_is_reported_so_that_another_is_told(self) -> None:
        """The queue is bounded; what does not fit is failed, not forgotten."""
        desk = Target()
        desk.is_hung = True
        post = Post(desk=desk)
        for n in range(8):
            post.delivery.offer(a_notice(id=f"n{n}"))
        assert post.delivery.stats().queued == {"desk": 5}
        async with post.running():
            await post.settled(3)
        assert post.failed == [(f"n{n}", "queue_full") for n in (5, 6, 7)]
        assert post.delivery.stats().lost == {("desk", "queue_full"): 3}

    async def test_a_target_that_is_gone_is_reported(self) -> None:
        """A notice may be older than the settings."""
        post = Post(desk=Target())
        async with post.running() as delivery:
            delivery.offer(a_notice(target="gone"))
            await post.settled(1)
        assert post.failed == [("notice-1", "no_target")]

    async def test_nothing_to_say_any_more_is_as_good_as_said(self) -> None:
        """A notice whose alerts nobody knows any more is not owed for ever."""
        post = Post(desk=(desk := Target()))
        post.composed = lambda _notice, _language: None
        async with post.running() as delivery:
            delivery.offer(a_notice())
            await post.settled(1)
        assert (post.delivered, desk.tried) == (["notice-1"], [])

    async def test_a_message_is_written_when_it_is_sent_in_the_language_of_its_target(self) -> None:
        """It shows the newest value, not that of when it was queued."""
        boss = Target(Undelivered("timeout", is_final=False))
        post = Post(boss=boss)
        titles = iter(["75 s", "90 s"])
        post.composed = lambda notice, language: a_message(language=language, title=next(titles))
        async with post.running() as delivery:
            delivery.offer(a_notice(target="boss"))
            await post.settled(1)
        assert [(one.language, one.title) for one in boss.taken] == [("fr", "90 s")]


class TestFaults:
    async def test_a_message_that_cannot_be_written_is_failed(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A fault in one message stops neither its queue nor the others."""
        post = Post(desk=Target())

        def compose_good(notice: Notice, _language: Language) -> Message:
            return {"good": a_message(id="good")}[notice.id]

        post.composed = compose_good
        async with post.running() as delivery:
            delivery.offer(a_notice(id="bad"))
            delivery.offer(a_notice(id="good"))
            await post.settled(2)
        assert (post.failed, post.delivered) == ([("bad", "invalid")], ["good"])
        assert "the message bad could not be written" in caplog.text

    async def test_a_fault_of_a_sender_is_tried_again_and_shows_no_secret(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The text of an unknown error may hold a URL: only its kind is logged."""
        caplog.set_level(logging.DEBUG)
        post = Post(desk=Target(RuntimeError("https://hooks.example/T0PS3CRET")))
        async with post.running() as delivery:
            delivery.offer(a_notice())
            await post.settled(1)
        assert post.delivered == ["notice-1"]
        assert post.delivery.stats().failed == {("desk", "error"): 1}
        assert "RuntimeError" in caplog.text
        assert "T0PS3CRET" not in caplog.text

    async def test_a_report_that_fails_stops_nothing(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The next message goes out all the same."""
        post = Post(desk=(desk := Target()))
        seen = []

        async def fail_once(notice: Notice) -> None:
            seen.append(notice.id)
            if len(seen) == 1:
                raise ValueError("nobody listens")

        monkeypatch.setattr(post.delivery, "_on_delivered", fail_once)
        async with post.running() as delivery:
            delivery.offer(a_notice(id="one"))
            delivery.offer(a_notice(id="two"))
            await until(lambda: len(seen) == 2, "both reports")
        assert [one.id for one in desk.taken] == ["one", "two"]
        assert "could not be reported" in caplog.text

    async def test_what_was_not_reported_before_a_stop_is_sent_after_it(self) -> None:
        """A stop in the middle loses nothing that is queued."""
        desk = Target()
        desk.is_hung = True
        post = Post(desk=desk)
        async with post.running() as delivery:
            delivery.offer(a_notice(id="one"))
            delivery.offer(a_notice(id="two"))
            await until(lambda: desk.tried == ["one"], "the first try")
        assert (post.delivered, post.failed) == ([], [])
        desk.is_hung = False
        async with post.running():
            await post.settled(2)
        assert post.delivered == ["one", "two"]


class TestOverHttp:
    """F14: a real receiver that does badly in each of the ways."""

    @asynccontextmanager
    async def hooked(self, receiver: Receiver) -> AsyncIterator[Post]:
        target = WebhookTarget(id="desk", url=receiver.url, secret=b"k" * 32)
        async with GuardedSession(["127.0.0.1"], total_s=0.15) as session:
            post = Post(Plan(targets={"desk": target}), desk=WebhookSender(target, session))
            async with post.running():
                yield post

    async def test_a_target_that_fails_in_every_way_gets_the_message_once_it_can(self) -> None:
        """500, 429, 503, no answer, drips and a dropped connection are tried again, in order."""
        with receiving() as receiver:
            receiver.answers.extend(
                (
                    Answer(500),
                    Answer(429, {"Retry-After": "17"}),
                    Answer(503),
                    Answer(manner="hang"),
                    Answer(manner="drip_head"),
                    Answer(manner="drop"),
                )
            )
            async with self.hooked(receiver) as post:
                post.delivery.offer(a_notice())
                await post.settled(1)
        assert post.delivered == ["notice-1"]
        assert post.pauses == [1.5, 17.0, 6.0, 12.0, 24.0, 45.0]
        assert {request.headers["webhook-id"] for request in receiver.requests} == {"notice-1"}
        assert post.delivery.stats().failed == {
            ("desk", "http_5xx"): 2,
            ("desk", "http_429"): 1,
            ("desk", "timeout"): 2,
            ("desk", "refused"): 1,
        }

    @pytest.mark.parametrize("status", [400, 410, 302])
    async def test_a_refused_message_is_sent_exactly_once(self, status: int) -> None:
        """Counted and reported, but not repeated."""
        with receiving() as receiver:
            receiver.answers.append(Answer(status))
            async with self.hooked(receiver) as post:
                post.delivery.offer(a_notice(id="refused"))
                post.delivery.offer(a_notice(id="taken"))
                await post.settled(2)
        sent = [request.headers["webhook-id"] for request in receiver.requests]
        assert sent == ["refused", "taken"]
        assert post.failed == [("refused", "http_3xx" if status == 302 else "http_4xx")]

    async def test_an_answer_whose_body_drips_is_an_answer(self) -> None:
        """The target has the message: sending it again would be a second page."""
        with receiving(Answer(200, manner="drip_body")) as receiver:
            async with self.hooked(receiver) as post:
                post.delivery.offer(a_notice())
                await post.settled(1)
        assert (post.delivered, len(receiver.requests)) == (["notice-1"], 1)


def test_the_longest_plea_for_patience_is_the_longest_pause() -> None:
    """Both bounds are one minute."""
    assert guard.LONGEST_RETRY_AFTER_S == 60.0
