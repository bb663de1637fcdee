"""The machine of a run, described without naming it."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.measures import Machine
from tests.bench.kafka import LIBS

PACKAGES = ("faust-streaming", "aiokafka", "msgspec", "uvloop")


def describe() -> Machine:
    """Return cores, memory and versions."""
    jar = next(LIBS.glob("kafka-server-[0-9]*.jar"), None)
    versions = {name: version(name) for name in PACKAGES}
    if jar is not None:
        versions["Apache Kafka"] = jar.stem.removeprefix("kafka-server-")
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        system=f"{platform.system()} {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        versions=versions,
    )


def load_per_core() -> float:
    """Return the load of the last minute per core: about 1 means that others work here too."""
    return round(os.getloadavg()[0] / (os.cpu_count() or 1), 2)


def today() -> str:
    """Return the date, UTC."""
    return datetime.now(UTC).date().isoformat()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
