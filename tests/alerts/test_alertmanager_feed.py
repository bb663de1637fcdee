"""What Alertmanagers are told, against real ones and against stubs that do badly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.alerts.feeding import alerts_of, feeding, fired, ms_of, now_ms, over
from tests.bench.alertmanager import Alertmanager
from tests.bench.receiver import Answer, Receiver, receiving, until
from tests.bench.sample_alerts import an_alert


class TestWhatIsSent:
    async def test_an_open_alert_is_sent_whole(self) -> None:
        """Identity in the labels; everything that changes in the annotations."""
        sales = fired("sales")
        with receiving() as receiver:
            async with feeding(f"{receiver.url}/", token="t0ken", alerts=(sales,)):
                (request, *_) = await receiver.arrived(1)
        (sent,) = request.json()
        assert request.path == "/api/v2/alerts"
        assert request.headers["Authorization"] == "Bearer t0ken"
        assert sent["labels"] == {
            "alertname": "VigieLongestWait", "severity": "critical", "queue": "sales",
            "channel": "voice",
        }  # fmt: skip
        annotations = sent["annotations"]
        assert annotations.pop("description").startswith("Severity: critical\nWhere: sales (voice)")
        assert annotations.pop("acknowledge_url").startswith("https://vigie.example.org/alerts/")
        assert annotations == {
            "summary": "Longest wait - sales (voice) 75 s, limit 60 s",
            "value": "75 s",
            "threshold": "above 60 s",
            "alert_id": "id-sales",
            "state": "firing",
            "runbook_url": "https://example.org/runbooks/wait",
            "dashboard_url": "https://vigie.example.org/?page=alerts",
        }
        assert ms_of(sent["startsAt"]) == sales.fired_ms
        assert ms_of(sent["endsAt"]) > now_ms() + 3 * 400

    async def test_open_alerts_are_repeated_and_resolved_ones_for_a_while(self) -> None:
        """A resolved alert is told for as long as the target asks, an open one for ever."""
        with receiving() as receiver:
            began_s = time.monotonic()
            async with feeding(receiver.url, resolved_for_ms=1_500) as fed:
                fed.put(over(fired("short")), fired("long"))
                await receiver.arrived(1, wanted=lambda one: set(alerts_of(one)) == {"long"})
                await receiver.arrived(6)
        assert set(alerts_of(receiver.requests[-1])) == {"long"}
        receiver.check(
            2, after_s=began_s, before_s=began_s + 1.6, exactly=False,
            wanted=lambda request: "short" in alerts_of(request),
        )  # fmt: skip

    async def test_copies_have_the_same_labels_and_start(self) -> None:
        """A new value, an acknowledgement and another language are the same alert."""
        with receiving() as receiver:
            async with feeding(receiver.url) as fed:
                first = fired("sales")
                fed.put(first)
                await receiver.arrived(2)
                fed.put(replace(first, value=900.0, state="acknowledged", worst=950.0))
                seen = len(receiver.requests)
                await receiver.arrived(seen + 2)
        copies = [alerts_of(request).get("sales") for request in receiver.requests]
        found = [copy for copy in copies if copy is not None]
        assert len({str((copy["labels"], copy["startsAt"])) for copy in found}) == 1
        assert {copy["annotations"]["state"] for copy in found} == {"firing", "acknowledged"}

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    async def test_of_alerts_with_the_same_labels_the_newest_is_sent(
        self, order: tuple[int, int]
    ) -> None:
        """An old resolved alert must not end the new one of the same row."""
        both = (replace(over(fired("sales")), id="old"), replace(fired("sales"), id="new"))
        with receiving() as receiver:
            async with feeding(receiver.url, alerts=tuple(both[n] for n in order)):
                (request, *_) = await receiver.arrived(1)
        assert [one["annotations"]["alert_id"] for one in request.json()] == ["new"]

    async def test_what_never_fired_is_not_sent(self) -> None:
        """A pending alert, and one that ended before it fired, are nobody's business."""
        pending = replace(fired("a"), state="pending", fired_ms=None)
        gone = replace(over(fired("b")), fired_ms=None)
        with receiving() as receiver:
            async with feeding(receiver.url, alerts=(pending, gone, fired("c"))):
                (request, *_) = await receiver.arrived(1)
        assert set(alerts_of(request)) == {"c"}

    async def test_the_watchdog_always_fires(self) -> None:
        """Without any alert there is a sign of life, of the same identity each time."""
        with receiving() as receiver:
            async with feeding(receiver.url, watchdog=True):
                requests = await receiver.arrived(3)
        found = [alerts_of(request)["VigieWatchdog"] for request in requests]
        assert {one["labels"]["severity"] for one in found} == {"info"}
        assert len({one["startsAt"] for one in found}) == 1
        assert found[0]["endsAt"] < found[-1]["endsAt"]

    async def test_the_watchdog_falls_silent_when_nobody_looks_at_the_rules(self) -> None:
        """Alerts go on being repeated; who waits for the watchdog hears of it."""
        with receiving() as receiver:
            async with feeding(receiver.url, watchdog=True, alerts=(fired("sales"),)) as fed:
                await receiver.arrived(1, wanted=lambda one: "VigieWatchdog" in alerts_of(one))
                fed.is_watching = False
                await receiver.arrived(2, wanted=lambda one: "VigieWatchdog" not in alerts_of(one))
                seen = len(receiver.requests)
                later = (await receiver.arrived(seen + 2))[seen:]
        assert {frozenset(alerts_of(one)) for one in later} == {frozenset({"sales"})}

    async def test_no_alert_begins_after_its_end_when_a_clock_went_back(self) -> None:
        """Fired ten minutes from now by a clock that was fast."""
        ahead_ms = now_ms() + 600_000
        fast = an_alert("sales", pending_ms=ahead_ms, fired_ms=ahead_ms)
        with receiving() as receiver:
            async with feeding(receiver.url, alerts=(fast,)):
                (request, *_) = await receiver.arrived(1)
        sent = alerts_of(request)["sales"]
        assert ms_of(sent["startsAt"]) <= now_ms()
        assert ms_of(sent["startsAt"]) < ms_of(sent["endsAt"])

    async def test_a_silenced_alert_is_kept_back_unless_it_is_known_already(self) -> None:
        """To stop repeating a known one would mean that it is over."""
        known, fresh = fired("known"), fired("fresh")
        with receiving() as receiver:
            async with feeding(receiver.url) as fed:
                fed.put(known)
                await receiver.arrived(1, wanted=lambda one: "known" in alerts_of(one))
                fed.held |= {known.id, fresh.id}
                fed.put(fresh)
                seen = len(receiver.requests)
                later = (await receiver.arrived(seen + 2))[seen:]
                assert {frozenset(alerts_of(one)) for one in later} == {frozenset({"known"})}
                fed.held.clear()
                await receiver.arrived(1, wanted=lambda one: "fresh" in alerts_of(one))

    async def test_many_alerts_go_in_parts(self) -> None:
        """1,200 alerts are three requests, none above 500."""
        with receiving() as receiver:
            many = tuple(fired(f"q{n}") for n in range(1_200))
            async with feeding(receiver.url, resend_ms=60_000, alerts=many):
                requests = await receiver.arrived(3)
        assert [len(request.json()) for request in requests] == [500, 500, 200]


class TestWhen:
    async def test_a_change_is_sent_within_a_tenth_of_a_second_and_alone(self) -> None:
        """What has not changed waits for the next resend; a burst of changes is one request."""
        with receiving() as receiver:
            async with feeding(receiver.url, resend_ms=60_000, alerts=(fired("old"),)) as fed:
                await receiver.arrived(1)
                nudged_s = time.monotonic()
                for n in range(5):
                    fed.put(fired(f"q{n}"))
                    await asyncio.sleep(0.004)
                await receiver.arrived(2)
                await asyncio.sleep(0.2)
        receiver.check(1, after_s=nudged_s, before_s=nudged_s + 0.5)
        assert set(alerts_of(receiver.requests[1])) == {f"q{n}" for n in range(5)}

    async def test_a_nudge_without_a_change_sends_nothing(self) -> None:
        """A new value is no reason to call."""
        with receiving() as receiver:
            sales = fired("sales")
            async with feeding(receiver.url, resend_ms=60_000, alerts=(sales,)) as fed:
                await receiver.arrived(1)
                fed.put(replace(sales, value=99.0))
                await asyncio.sleep(0.2)
        assert len(receiver.requests) == 1


class TestFaults:
    """F14, for Alertmanagers."""

    async def test_failures_are_tried_again_with_growing_pauses(self) -> None:
        """500, 429, no answer, drips and a dropped connection: pauses of 1 s to 60 s."""
        with receiving() as receiver:
            receiver.answers.extend(
                (
                    Answer(500),
                    Answer(429, {"Retry-After": "9"}),
                    Answer(manner="hang"),
                    Answer(manner="drip_head"),
                    Answer(manner="drop"),
                )
            )
            async with feeding(
                receiver.url, total_s=0.2, resend_ms=60_000, alerts=(fired("sales"),)
            ) as fed:
                requests = await receiver.arrived(6)
                await until(lambda: fed.feed.failing() == set(), "the success")
        assert fed.pauses == [1.0, 9.0, 4.0, 8.0, 16.0]
        assert {frozenset(alerts_of(request)) for request in requests} == {frozenset({"sales"})}
        assert fed.feed.stats().failed == {
            (0, "http_5xx"): 1, (0, "http_429"): 1, (0, "timeout"): 2, (0, "refused"): 1,
        }  # fmt: skip
        assert fed.feed.stats().sent == {0: 1}

    async def test_what_is_refused_is_not_repeated_before_the_next_resend(self) -> None:
        """A 400 is counted; the same again at once would be refused again."""
        with receiving() as receiver:
            receiver.answers.append(Answer(400))
            async with feeding(receiver.url, resend_ms=1_000, alerts=(fired("sales"),)) as fed:
                (first, *_) = await receiver.arrived(1)
                fed.feed.nudge()
                (_, second, *_) = await receiver.arrived(2)
                assert fed.pauses == []
                assert fed.feed.stats().failed == {(0, "http_4xx"): 1}
        assert second.at_s - first.at_s > 0.8

    async def test_one_that_is_away_delays_no_other(self) -> None:
        """Each Alertmanager is fed by itself: two of three may fail."""
        with receiving(Answer(manner="hang")) as hung, receiving() as good:
            started_s = time.monotonic()
            async with feeding(
                hung.url, "http://127.0.0.1:9", good.url, alerts=(fired("sales"),)
            ) as fed:
                await good.arrived(3)
                assert {1} <= fed.feed.failing() <= {0, 1}
        good.check(3, after_s=started_s, before_s=started_s + 4.0, exactly=False)

    async def test_a_part_that_is_refused_keeps_back_no_other(self) -> None:
        """One bad alert must not silence the next five hundred."""
        with receiving() as receiver:
            receiver.answers.append(Answer(400))
            many = tuple(fired(f"q{n}") for n in range(600))
            async with feeding(receiver.url, resend_ms=60_000, alerts=many):
                requests = await receiver.arrived(2)
        assert [len(request.json()) for request in requests] == [500, 100]


def states(server: Alertmanager) -> dict[str, str]:
    """The queues whose alerts a real Alertmanager holds for firing."""
    return {one["labels"]["queue"]: one["status"]["state"] for one in server.alerts()}


class TestAlertmanagerAway:
    """F13, scaled: a minute is 0.4 s."""

    async def test_after_an_outage_everything_is_there_again(
        self, alertmanager: Alertmanager
    ) -> None:
        """While it is away one alert fires and one ends; back and empty, it learns both."""
        before, ends, begins = fired("before"), fired("ends"), fired("begins")
        async with feeding(alertmanager.url, alerts=(before, ends)) as fed:
            await until(lambda: set(states(alertmanager)) == {"before", "ends"}, "both alerts")
            labels = {str(sorted(one["labels"].items())) for one in alertmanager.alerts()}
            await asyncio.to_thread(alertmanager.stop)
            alertmanager.forget()
            fed.put(begins, over(ends))
            await until(lambda: len(fed.pauses) >= 2, "failures", 20)
            await asyncio.to_thread(alertmanager.start)
            back_s = time.monotonic()
            await until(lambda: set(states(alertmanager)) == {"before", "begins"}, "all", 20)
            assert time.monotonic() - back_s < 5.0
            after = {str(sorted(one["labels"].items())) for one in alertmanager.alerts()}
            assert len(labels & after) == 1
            assert fed.feed.failing() == set()
            fed.put(over(before), over(begins))
            await until(lambda: states(alertmanager) == {}, "the end of both")

    async def test_an_alert_ends_by_itself_when_nobody_repeats_it(
        self, alertmanager: Alertmanager
    ) -> None:
        """It outlives three resends and no more: a dead vigie leaves no alert for ever."""
        async with feeding(alertmanager.url, alerts=(fired("sales"),)):
            await until(lambda: set(states(alertmanager)) == {"sales"}, "the alert")
        (held,) = alertmanager.alerts()
        left_ms = ms_of(held["endsAt"]) - now_ms()
        assert 10_000 < left_ms < 3 * 400 + 16_000


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def telling(tmp_path: Path, receiver: Receiver) -> Iterator[Alertmanager]:
    """An Alertmanager that tells the receiver, one message for each rule."""
    server = Alertmanager(
        tmp_path / "alertmanager",
        {
            "route": {
                "receiver": "hook",
                "group_by": ["alertname"],
                "group_wait": "500ms",
                "group_interval": "1s",
                "repeat_interval": "1h",
            },
            "receivers": [
                {
                    "name": "hook",
                    "webhook_configs": [{"url": f"{receiver.url}/hook", "send_resolved": True}],
                }
            ],
        },
    )
    with ExitStack() as stack:
        stack.callback(server.process.kill)
        server.start()
        yield server


@pytest.mark.component
class TestEndToEnd:
    """From an alert through a real Alertmanager to whoever it tells."""

    async def test_somebody_is_told_once_that_it_fires_and_once_that_it_is_over(
        self, telling: Alertmanager, receiver: Receiver
    ) -> None:
        """Repeats and copies are one firing and one resolved message."""
        sales = fired("sales")
        async with feeding(telling.url, resend_ms=200, alerts=(sales,)) as fed:
            began_s = time.monotonic()
            await receiver.arrived(1)
            await asyncio.sleep(1.5)  # several resends and a group interval
            fed.put(over(sales))
            ended_s = time.monotonic()
            await receiver.arrived(2)
            await asyncio.sleep(1.5)
        receiver.check(1, after_s=began_s, before_s=ended_s)
        receiver.check(2, after_s=began_s, before_s=time.monotonic())
        assert [one.json()["status"] for one in receiver.requests] == ["firing", "resolved"]
        (told,) = receiver.requests[0].json()["alerts"]
        assert told["annotations"]["alert_id"] == "id-sales"

    async def test_five_hundred_alerts_are_few_messages(
        self, telling: Alertmanager, receiver: Receiver
    ) -> None:
        """500 queues at once reach people as a group, not as 500 pages."""
        storm = tuple(fired(f"q{n}") for n in range(500))
        async with feeding(telling.url, resend_ms=500, alerts=storm):
            await receiver.arrived(1)
            await asyncio.sleep(2.5)
        told = [len(one.json()["alerts"]) for one in receiver.requests]
        assert sum(told) >= 500
        assert max(told) == 500
        assert len(told) <= 2
