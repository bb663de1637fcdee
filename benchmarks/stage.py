"""Where benchmarks run: a Kafka of their own, and children whose answer is one line of JSON."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from tests.bench.kafka import Kafka
from tests.bench.process import ComponentError
from vigie.compiled import SWITCH

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
CHILD_TIMEOUT_S = 600.0


class BenchmarkError(Exception):
    """A run that says nothing; the text tells why and what to do."""


@contextmanager
def own_kafka() -> Iterator[Kafka]:
    """Start Apache Kafka on loopback in a temporary folder; nothing of it is left at the end."""
    with tempfile.TemporaryDirectory(prefix="vigie-benchmark-") as folder:
        broker = Kafka(Path(folder))
        try:
            broker.start()
            yield broker
        finally:
            broker.kill()


def ask_child(module: str, arguments: list[str], kind: type[T], *, is_compiled: bool = False) -> T:
    """Run a module of the benchmarks in a process of its own; return what its last line says.

    With ``is_compiled`` it uses the compiled core, else never.

    Raises:
        BenchmarkError: it failed; the text is the end of what it wrote.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", module, *arguments],
        cwd=ROOT,
        env={**os.environ, SWITCH: "on" if is_compiled else "off"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CHILD_TIMEOUT_S,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise BenchmarkError(f"{module} failed with code {done.returncode}:\n{done.stderr[-2000:]}")
    return msgspec.json.decode(lines[-1], type=kind)


def finish(work: Callable[[], int]) -> int:
    """Run a benchmark; what the reader can repair becomes one line and exit code 2."""
    try:
        return work()
    except (BenchmarkError, ComponentError, pytest.fail.Exception, OSError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2


def keep(figures: msgspec.Struct, path: Path | None) -> None:
    """Write figures as JSON for :mod:`benchmarks.report`, where a file was named."""
    if path is not None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
