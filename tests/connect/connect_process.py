"""`vigie connect` in a process of its own: settings file, source, then until it is told to end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from streams.connect.connection import Pauses
from vigie.connect import run_connect
from vigie.logging import set_up_logging
from vigie.settings import load_settings

if __name__ == "__main__":
    set_up_logging()
    found = load_settings(Path(sys.argv[1]), os.environ)
    sys.exit(run_connect(found, sys.argv[2], pauses=Pauses(first_s=0.1, longest_s=0.5)))
