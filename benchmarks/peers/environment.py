"""Makes ``build/peers-venv``, where the peers live that vigie itself does not depend on.

``python -m benchmarks.peers.environment`` says in one line what it did. The versions and hashes
are those of ``requirements/peers.txt``; an environment made of this very lock is left alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

from benchmarks.stage import ROOT, BenchmarkError, finish

LOCK = ROOT / "requirements" / "peers.txt"
FOLDER = ROOT / "build" / "peers-venv"
PYTHON = FOLDER / "bin" / "python"
INSTALL_TIMEOUT_S = 600.0


def ensure(folder: Path = FOLDER, lock: Path = LOCK) -> bool:
    """Make the environment of the lock, unless it is there; return whether it was made.

    Raises:
        BenchmarkError: pip could not install something; the text is its last line.
    """
    stamp = folder / f".locked-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Two benchmarks at once: the second one waits, and finds the environment made.
    with folder.with_name(f"{folder.name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if stamp.exists():
            return False
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        # As in the Makefile: all of the lock comes as wheels for x86-64.
        wheels = ["--only-binary", ":all:"] if platform.machine() == "x86_64" else []
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        _run([*pip, "install", "--quiet", "--require-hashes", *wheels, "-r", str(lock)])
        stamp.touch()
        return True


def version_of(package: str, folder: Path = FOLDER) -> str:
    """Return the version that is installed there.

    Raises:
        BenchmarkError: it is not installed.
    """
    places = [str(place) for place in folder.glob("lib/python*/site-packages")]
    for found in distributions(name=package, path=places):
        return found.version
    raise BenchmarkError(f"{package} is not in {folder.name}")


def _run(command: list[str]) -> None:
    quiet = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        done = subprocess.run(
            command,
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise BenchmarkError(
            f"the peers' environment is not made within {late.timeout:.0f} s"
        ) from late
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        why = said[-1] if said else f"exit code {done.returncode}"
        raise BenchmarkError(f"the peers of {LOCK.name} cannot be installed: {why}")


def main() -> int:
    """Make it and say so."""
    made = ensure()
    name = FOLDER.relative_to(ROOT)
    print(f"{name}: {'made of' if made else 'is already that of'} {LOCK.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
