"""``vigie ingest`` as a process: settings in, requests taken, an orderly end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.ingest import receiver
from benchmarks.ingest_load import SECRET, SOURCE
from tests.ingest.sending import JSON, Bench, queued, signed
from tests.ingest.sending import SECRET as ANOTHER


async def test_a_receiver_of_the_settings_takes_requests_and_ends_with_0(
    bench: Bench, tmp_path: Path
) -> None:
    """Its exit code is looked at by the block: what is under way at SIGTERM is answered."""
    with receiver(bench.streams, tmp_path / "receiver") as (port, _):
        bench.url = f"http://127.0.0.1:{port}"
        path = f"/in/{SOURCE}"
        assert (await bench.post(queued(1), signed(queued(1), secret=SECRET), path)).status == 200
        assert (await bench.post(queued(2), signed(queued(2), secret=ANOTHER), path)).status == 401
        assert (await bench.post(queued(3), JSON, path)).status == 401
        assert await bench.ids() == ["e1"]
    log = (tmp_path / "receiver" / "receiver.log").read_text()
    assert SECRET not in log
    assert "billing" not in log


async def test_a_port_that_is_taken_is_one_line(bench: Bench, tmp_path: Path) -> None:
    """With the settings to change; the same for a second receiver that does not share."""
    await bench.start()
    settings = tmp_path / "vigie.yaml"
    settings.write_text(
        f"kafka: {{bootstrap_servers: '{bench.streams.bootstrap_servers}', "
        f"topic_prefix: '{bench.streams.topic_prefix}'}}\n"
        "sources: {feed: {format: canonical}}\n"
        f"ingest: {{port: {bench.port}, webhooks: {{feed: {{scheme: none}}}}}}\n"
    )
    done = subprocess.run(  # noqa: ASYNC221 - nothing else is to happen meanwhile
        [sys.executable, "-m", "benchmarks.ingest_receiver", str(settings)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert f"cannot listen on 127.0.0.1:{bench.port}" in done.stderr
    assert "set ingest.host and ingest.port" in done.stderr
