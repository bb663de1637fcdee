"""A receiver by itself in a process: ``python -m benchmarks.ingest_receiver SETTINGS``."""

from __future__ import annotations

import sys
from pathlib import Path

from vigie.ingest import run_ingest
from vigie.settings import load_settings

if __name__ == "__main__":
    sys.exit(run_ingest(load_settings(Path(sys.argv[1]), {})))
