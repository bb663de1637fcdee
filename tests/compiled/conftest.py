"""The core of this tree, compiled once for all tests here and kept while its sources last."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from vigie.compiling import compile_core

ROOT = Path(__file__).resolve().parent.parent.parent
CHILD_TIMEOUT_S = 900.0


@pytest.fixture(scope="session")
def compiled_core() -> Path:
    """The folder from which the compiled core is imported."""
    return compile_core(print, ROOT / "build" / "compiled")


def run_python(
    arguments: list[str], folder: Path, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python at the root of the repository, with the core imported from a folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CHILD_TIMEOUT_S,
        check=False,
    )
