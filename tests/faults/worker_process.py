"""``vigie worker`` through its real front door, with intervals that hasten faults.

``python -m tests.faults.worker_process STREAM_JSON --settings FILE worker``: the first argument
holds fields of ``StreamSettings`` that no settings file has (heartbeat and commit interval);
everything else is the command line of vigie.
"""

from __future__ import annotations

import json
import sys

from msgspec.structs import replace

import vigie.stream_settings
import vigie.worker
from streams.settings import StreamSettings
from vigie import cli
from vigie.settings import Settings


def main(given: str, arguments: list[str]) -> int:
    """Run a command of vigie with the given stream settings; return its exit code."""
    changes = json.loads(given)
    made = vigie.stream_settings.stream_settings

    def quick(settings: Settings, *, broker: str | None = None) -> StreamSettings:
        return replace(made(settings, broker=broker), **changes)

    vigie.worker.stream_settings = quick  # type: ignore[attr-defined]
    return cli.run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
