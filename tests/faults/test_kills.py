"""Kills of one worker while events flow: at random points, at every named phase, politely."""

from __future__ import annotations

import asyncio

from aiokafka.admin import AIOKafkaAdminClient

from streams.failpoints import DURING_RECOVERY, DURING_REVOKE, NAMES
from tests.faults.conftest import OpenRun
from tests.faults.product_state import durable_shards
from tests.faults.run import Run
from tests.faults.traffic import UNRULY

KILLS = 20
STOP_WITHIN_S = 10.0


def test_twenty_kills_at_random_points_change_no_number(open_run: OpenRun) -> None:
    """SIGKILL again and again, whatever the worker is at: every event counts once."""
    with open_run("SIGKILL at random points") as run:
        traffic = run.traffic(UNRULY)
        run.send(traffic, 5_000)
        run.flow(traffic, 600)
        run.begin()
        for _ in range(KILLS):
            run.idle(run.chance.choice((run.chance.uniform(0, 2.5), run.chance.uniform(2, 5))))
            run.kill()
            run.begin()
        run.stop_flow()
        run.judge()


def test_a_kill_at_every_named_phase_changes_no_number(open_run: OpenRun) -> None:
    """The worker dies exactly where it hurts: between fetch, fold, checkpoint and commit."""
    with open_run("SIGKILL at each of the 8 failpoints") as run:
        traffic = run.traffic(UNRULY)
        run.send(traffic, 3_000)
        run.start()
        run.flow(traffic, 800)
        run.kill()
        for name in NAMES:
            die_at(run, name)
        run.begin()
        run.stop_flow()
        run.judge()


def die_at(run: Run, name: str) -> None:
    """Start a worker that dies at a failpoint; where others are needed, they come and go."""
    # A start passes the revocation once, with nothing to give back.
    passage = {DURING_REVOKE: 2, DURING_RECOVERY: 1}.get(name, run.chance.randint(1, 12))
    failpoint = f"{name}:{passage}"
    worker = run.begin(failpoint=failpoint)
    if name == DURING_REVOKE:
        run.world.await_ready(worker)
        run.begin(2)
    run.await_own_death(1, name)
    if name == DURING_REVOKE:
        run.stop(2)


def test_an_orderly_end_leaves_nothing_to_be_read_again(open_run: OpenRun) -> None:
    """SIGTERM while events flow: exit code 0 in time, the last checkpoint durable and committed."""
    with open_run("SIGTERM while events flow") as run:
        traffic = run.traffic(UNRULY)
        run.send(traffic, 3_000)
        run.flow(traffic, 600)
        for _ in range(3):
            run.start()
            run.idle(run.chance.uniform(0, 1.5))
            assert run.stop() < STOP_WITHIN_S
            durable = asyncio.run(durable_shards(run.world.streams, run.world.rules))
            assert asyncio.run(committed(run)) == {
                where: shard.next_offset for where, shard in durable.items()
            }
        run.stop_flow()
        worker = run.start()
        run.judge()
        assert [value for _, value in worker.samples("vigie_events_replayed_total") if value] == []


async def committed(run: Run) -> dict[tuple[str, int], int]:
    """The committed offsets of the contact topics."""
    streams = run.world.streams
    admin = AIOKafkaAdminClient(bootstrap_servers=streams.bootstrap_servers)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(streams.app_id)
    finally:
        await admin.close()
    return {
        (tp.topic, tp.partition): at.offset
        for tp, at in offsets.items()
        if tp.topic in run.world.names
    }
