"""Kafka in, Prometheus out: PromQL and the API give the figures of `vigie compute`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from aggregators.events import Envelope
from tests.bench.kafka import Kafka
from tests.bench.process import ComponentError, require_program
from tests.bench.prometheus import Prometheus, Vector
from tests.bench.web import get_text
from tests.e2e.day import MINUTE_MS, now_ms, told_at_once, waiting, write_queue_log, write_simulated
from tests.e2e.front_door import FrontDoor, Running, on_kafka, words

CALLER = "5550100"
WINDOWS = ["4h", "today"]
"""The windows that hold all that was sent, whenever Prometheus looks."""

Row = dict[str, Any]
Values = dict[tuple[str, ...], float]


class Scene(Struct):
    """A worker that read two files, a Prometheus that scrapes it, and the figures of the batch.

    ``served`` is a board of the API from before the second file, ``batch`` the same computed;
    ``queues`` are the rows of the longest windows by queue, of both files.
    """

    door: FrontDoor
    worker: Running
    prometheus: Prometheus
    simulated: Path
    events: list[Envelope]
    served: Row
    batch: Row
    queues: dict[str, Row]

    def values(self, promql: str, *labels: str) -> Values:
        """The result of a query by the values of some labels."""
        return by(self.prometheus.query_while_up(promql), *labels)

    def wait_for(self, promql: str, expected: Values, *labels: str) -> None:
        """Waits until a query gives this; shows what it gives if that never comes."""
        with suppress(ComponentError):
            self.prometheus.wait_for(
                promql, lambda found: by(found, *labels) == expected, timeout_s=15
            )
        assert self.values(promql, *labels) == expected

    def expected(self, kpi: str) -> Values:
        """What the batch says of a KPI, by queue and by its label if it has one."""
        found: dict[tuple[str, ...], float | None] = {}
        for queue, row in self.queues.items():
            value = row[kpi]
            if isinstance(value, dict):
                found.update({(queue, label): inner for label, inner in value.items()})
            else:
                found[(queue,)] = value
        return {place: value for place, value in found.items() if value is not None}


def by(vector: Vector, *labels: str) -> Values:
    """A query's result by the values of some labels, rounded as the JSON of vigie is."""
    found = {
        tuple(dict(place)[label] for label in labels): round(value, 6)
        for place, value in vector.items()
    }
    assert len(found) == len(vector), "the labels do not tell the samples apart"
    return found


@pytest.fixture(scope="module")
def scene(
    kafka: Kafka,
    prefix: str,
    open_door: Callable[..., FrontDoor],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scene]:
    asked_ms = now_ms()
    # The day began twelve hours ago, so that no midnight falls into the test. With ten minutes of
    # lateness most of the hour lies behind the watermark, swept and forgotten, when looked at.
    reset = datetime.fromtimestamp(asked_ms / 1000, UTC) + timedelta(hours=12)
    door = open_door(
        **on_kafka(kafka, prefix),
        defaults={"zone": "UTC", "reset_at": reset.strftime("%H:%M")},
        lateness="10m",
        windows=["15m", "1h", *WINDOWS],
        sources={"asterisk-queue-log": {"source": "asterisk:pbx1"}},
        logging={"format": "json"},
    )
    simulated, queue_log = door.folder / "simulated.jsonl", door.folder / "queue_log"
    # It ends four minutes ago: who waits since then has waited beyond any threshold.
    events = write_simulated(
        simulated, start_ms=asked_ms - 75 * MINUTE_MS, end_ms=asked_ms - 4 * MINUTE_MS, seed=7
    )
    with simulated.open("a") as file:
        for number in (1, 2):  # at least these two go on waiting
            events.append(waiting(f"waiting-{number}", "tech", asked_ms - 4 * MINUTE_MS + number))
            file.write(msgspec.json.encode(events[-1]).decode() + "\n")
    write_queue_log(queue_log, start_s=asked_ms // 1000 - 4200, queue="reception", caller=CALLER)

    created = door.done("topics", "create")
    assert f"created {prefix}calls\n" in created
    assert created.endswith("18 topics created, the others were there\n")
    sent = door.done("send", "--source", "canonical", str(simulated))
    assert sent == f"{len(events)} events sent to {kafka.bootstrap_servers}\n"
    worker = door.start_worker()
    door.wait_for_events(len(events))
    served = door.board()
    windows = [word for name in served["windows"] for word in ("--window", name)]
    (batch,) = door.compute("canonical", simulated, "--at", str(served["as_of_ms"]), *windows)

    sent = door.done("send", "--source", "asterisk-queue-log", str(queue_log))
    assert sent == f"168 events sent to {kafka.bootstrap_servers}\n"
    door.wait_for_events(len(events) + 168)
    (reception,) = door.compute("asterisk-queue-log", queue_log, "--at", str(now_ms()))
    queues = batch["windows"]["4h"]["queues"] | reception["windows"]["4h"]["queues"]
    target = door.url.removeprefix("http://")
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), scrape_jobs(target))
    try:
        prometheus.start()
        prometheus.wait_for('vigie_contacts_offered_total{queue="reception"}')
        yield Scene(door, worker, prometheus, simulated, events, served, batch, queues)
    finally:
        prometheus.process.kill()


def scrape_jobs(target: str) -> dict[str, Any]:
    """The two jobs of operations: what the worker says of itself, and the KPIs."""
    jobs = {"vigie": "/metrics/worker", "vigie-kpi": "/metrics/kpi"}
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "scrape_configs": [
            {"job_name": job, "metrics_path": path, "static_configs": [{"targets": [target]}]}
            for job, path in jobs.items()
        ],
    }


def test_the_api_gives_the_board_of_the_batch_at_its_own_instant(scene: Scene) -> None:
    """Two partitions against one shard: every window, row and KPI is the same, or none in both.

    But for what is told of customers, minutes later: that a replay waits for.
    """
    assert scene.served["as_of"] == scene.batch["as_of"]
    assert list(scene.served["windows"]) == [
        "15m", "1h", "4h", "today",
        "interval_15m", "interval_15m_last", "interval_30m", "interval_30m_last",
    ]  # fmt: skip
    for window, rows in scene.served["windows"].items():
        expected = scene.batch["windows"][window]
        for part in ("queues", "channels", "teams"):
            assert rows[part].keys() == expected[part].keys()
            for name, values in rows[part].items():
                found, batch = told_at_once(values), told_at_once(expected[part][name])
                assert found == batch, (window, part, name)
        assert told_at_once(rows["total"]) == told_at_once(expected["total"]), window


def test_the_file_is_a_busy_hour(scene: Scene) -> None:
    """What is compared below is not nothing: six simulated queues, one by the queue_log."""
    assert len(scene.events) > 3_000
    assert set(scene.queues) == {
        "billing", "tech", "sales", "chat_support", "messaging", "mail", "reception",
    }  # fmt: skip
    assert scene.batch["windows"]["4h"]["total"]["contacts_abandoned"] >= 3
    assert scene.queues["tech"]["contacts_waiting"] >= 2
    reception = scene.queues["reception"]
    assert (reception["contacts_offered"], reception["contacts_answered"]) == (60, 48)
    assert reception["service_level"]["answered_only"] == 1.0
    assert reception["abandonment_rate"]["of_offered"] == 0.2
    assert reception["asa_seconds"]["queue"] == pytest.approx(sum(
        wait for wait in range(60) if wait % 5 != 4) / 48)  # fmt: skip


@pytest.mark.parametrize("window", WINDOWS)
def test_counts_in_promql_are_those_of_the_batch(scene: Scene, window: str) -> None:
    """By outcome and queue."""
    for outcome, kpi in {
        "offered": "contacts_offered",
        "answered": "contacts_answered",
        "abandoned": "contacts_abandoned",
        "abandoned_short": "contacts_short_abandoned",
    }.items():
        promql = f'vigie_window_contacts{{window="{window}",outcome="{outcome}"}}'
        assert scene.values(promql, "queue") == scene.expected(kpi), outcome
    for metric, kpi in {
        "vigie_contacts_entered": "contacts_entered",
        "vigie_contacts_lost": "contacts_lost",
        "vigie_contacts_handled": "contacts_handled",
        "vigie_transfers_in": "transfers_in_count",
    }.items():
        assert scene.values(f'{metric}{{window="{window}"}}', "queue") == scene.expected(kpi), kpi
    assert scene.values(
        f'vigie_contacts_flow_out{{window="{window}"}}', "queue", "reason"
    ) == scene.expected("contacts_flow_out")


@pytest.mark.parametrize("window", WINDOWS)
def test_ratios_and_times_in_promql_are_those_of_the_batch(scene: Scene, window: str) -> None:
    """Every variant of the service level, every percentile; no value is no sample."""
    levels = scene.expected("service_level")
    assert {variant for _, variant in levels} >= {"answered_only", "genesys", "timer_expiry"}
    assert scene.values(f'vigie_service_level_ratio{{window="{window}"}}', "queue", "variant") == {
        place: value for place, value in levels.items() if place[1] != "instant"
    }
    for metric, kpi, label in (
        ("vigie_asa_seconds", "asa_seconds", "variant"),
        ("vigie_abandonment_rate_ratio", "abandonment_rate", "variant"),
        ("vigie_answered_within_rate_ratio", "answered_within_rate", "within"),
        ("vigie_window_wait_percentile_seconds", "wait_quantile_seconds", "q"),
    ):
        found = scene.values(f'{metric}{{window="{window}"}}', "queue", label)
        assert found == scene.expected(kpi), kpi
        assert len(found) > 7
    for metric, kpi in (
        ("vigie_service_level_attained", "service_level_attained"),
        ("vigie_answer_rate_ratio", "answer_rate"),
        ("vigie_wait_max_seconds", "wait_max_seconds"),
        ("vigie_abandon_wait_mean_seconds", "abandon_wait_mean_seconds"),
        ("vigie_aht_seconds", "aht_seconds"),
        ("vigie_talk_mean_seconds", "talk_mean_seconds"),
        ("vigie_acw_mean_seconds", "acw_mean_seconds"),
    ):
        found = scene.values(f'{metric}{{window="{window}"}}', "queue")
        assert found == scene.expected(kpi), kpi
        assert found


def test_who_waits_in_promql_waits_in_the_batch(scene: Scene) -> None:
    """The live gauges: how many, since when, and none of those who wait is in time any more."""
    assert scene.values("vigie_contacts_waiting", "queue") == scene.expected("contacts_waiting")
    longest = scene.values("vigie_oldest_waiting_timestamp_seconds", "queue")
    since = {
        place: round(scene.served["as_of_ms"] / 1000 - wait_s, 3)
        for place, wait_s in scene.expected("longest_wait_seconds").items()
    }
    assert longest == pytest.approx(since)
    assert scene.values("vigie_service_level_instant_ratio", "queue").keys() == longest.keys()
    assert scene.values('vigie_service_level_instant_ratio{queue="tech"}', "queue") == {
        ("tech",): 0.0
    }


def test_sums_in_promql_give_the_total_of_the_batch(scene: Scene) -> None:
    """The ratio of sums, as the documentation writes it, and sums of waits over counts."""
    total = scene.batch["windows"]["4h"]["total"]

    def summed(metric: str, outcome: str) -> str:
        of = f'{{window="4h",queue!="reception",outcome="{outcome}"}}'
        return f"sum({metric}{of})"

    contacts, waits = "vigie_window_contacts", "vigie_window_wait_time_seconds"
    in_time = f"{summed(contacts, 'answered_in_target')} / {summed(contacts, 'offered')}"
    assert scene.values(in_time) == {(): total["service_level"]["abandons_negative"]}
    mean_wait = f"{summed(waits, 'answered')} / {summed(contacts, 'answered')}"
    assert scene.values(mean_wait) == {(): total["asa_seconds"]["queue"]}


def test_counters_and_histograms_come_to_the_same_counts(scene: Scene) -> None:
    """They follow the checkpoints; nothing was corrected, so first outcomes are the outcomes."""
    for outcome in ("offered", "answered", "abandoned"):
        counted = _above_zero(scene.expected(f"contacts_{outcome}"))
        scene.wait_for(f"vigie_contacts_{outcome}_total > 0", counted, "queue")
        if outcome != "offered":
            waits = f'vigie_contact_wait_seconds_count{{outcome="{outcome}"}} > 0'
            assert scene.values(waits, "queue") == counted
    in_time = 'vigie_contact_wait_seconds_bucket{outcome="answered",queue="tech",le=~"90(.0)?"}'
    assert scene.values(in_time, "queue") == scene.values(
        'vigie_contacts_answered_in_target_total{queue="tech"}', "queue"
    )


def _above_zero(values: Values) -> Values:
    return {place: value for place, value in values.items() if value}


READ = 'sum(vigie_events_read_total{topic!~".*customers"})'
"""What sources sent; what vigie tells itself of customers is read as well."""

CONSERVED = (
    "vigie_events_read_total - vigie_events_applied_total - vigie_events_late_total"
    " - vigie_events_duplicate_total"
    " - on(topic, partition) sum by (topic, partition) (vigie_events_dead_lettered_total)"
)
"""read = applied + late + duplicate + dead-lettered, in every partition."""


def test_every_event_read_is_accounted_for_and_a_repeat_changes_no_figure(scene: Scene) -> None:
    """Sending the whole file again: nothing is lost in any count, and no figure moves."""
    read = len(scene.events) + 168
    assert scene.values(READ) == {(): read}
    assert scene.values("sum(vigie_events_dead_lettered_total)") == {(): 0}
    assert scene.values("sum(vigie_partition_owned)") == {(): 16}
    partitions = scene.values(CONSERVED, "topic", "partition")
    assert len(partitions) == 16
    assert set(partitions.values()) == {0}

    scene.door.done("send", "--source", "canonical", str(scene.simulated))
    scene.wait_for(READ, {(): read + len(scene.events)})
    scene.wait_for("sum(vigie_lag_events)", {(): 0})
    assert set(scene.values(CONSERVED, "topic", "partition").values()) == {0}
    assert scene.values("sum(vigie_events_duplicate_total)")[()] > 0
    for window in WINDOWS:
        test_counts_in_promql_are_those_of_the_batch(scene, window)
        test_ratios_and_times_in_promql_are_those_of_the_batch(scene, window)
    test_counters_and_histograms_come_to_the_same_counts(scene)


@pytest.mark.parametrize("path", ["/metrics", "/metrics/kpi", "/metrics/worker"])
def test_promtool_finds_nothing_to_complain_about(scene: Scene, path: str) -> None:
    """The pages of the running worker, with traffic in them."""
    checked = subprocess.run(
        [require_program("promtool", "prometheus"), "check", "metrics"],
        input=get_text(f"{scene.door.url}{path}"),
        capture_output=True,
        text=True,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_both_scrape_jobs_are_healthy(scene: Scene) -> None:
    """Prometheus itself says so, and the view is complete."""
    assert {target["health"] for target in scene.prometheus.targets()} == {"up"}
    assert scene.values("vigie_view_complete") == {(): 1}


def test_no_page_and_no_log_line_names_a_customer_or_a_contact(scene: Scene) -> None:
    """None of the ids that were sent appears, neither in clear nor hashed.

    The drill-down ``/api/queues/{queue}/contacts`` is apart: contact ids are its purpose.
    """
    told = [msgspec.to_builtins(event) for event in scene.events]
    personal = ("contact_id", "customer_key", "event_id", "session_id", "callback_id", "order_id")
    sent = {row[name] for row in told for name in personal if name in row}
    agents = {row["agent_id"] for row in told if "agent_id" in row}
    log = (scene.door.folder / "queue_log").read_text().splitlines()
    sent |= {line.split("|")[1] for line in log}
    assert len(sent) > 3_000
    assert len(agents) > 30
    # The same look at the one page that does show ids finds them.
    contacts = get_text(f"{scene.door.url}/api/queues/tech/contacts")
    assert {"waiting-1", "waiting-2"} <= words(contacts) & sent
    shown = {
        path: get_text(f"{scene.door.url}{path}")
        for path in (
            "/", "/metrics", "/metrics/kpi", "/metrics/worker", "/api/board", "/api/queues",
            "/api/kpis/contacts_waiting", "/readyz",
        )
    } | {"standard output": scene.worker.out, "standard error": scene.worker.err}  # fmt: skip
    for where, text in shown.items():
        assert not words(text) & (sent | agents), where
        assert CALLER not in text, where
    for line in scene.worker.err.splitlines():
        assert {"time", "level", "logger", "message"} <= json.loads(line).keys()
