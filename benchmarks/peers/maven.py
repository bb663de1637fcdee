"""Builds the Kafka Streams peer with Maven, and knows how it is started.

What is built lies in ``build/peers-kafka-streams`` and is left alone while its sources stay.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess

from benchmarks.stage import ROOT, BenchmarkError
from tests.bench.process import require_program

SOURCES = ROOT / "benchmarks" / "peers" / "kafka_streams"
FOLDER = ROOT / "build" / "peers-kafka-streams"
MAIN = "TumblingCount"
BUILD_TIMEOUT_S = 600.0

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def ensure() -> None:
    """Build the peer, unless it is there.

    Raises:
        BenchmarkError: Maven could not; the text is its first error.
    """
    maven = require_program("mvn", "maven")
    require_program("javac", "default-jdk-headless")
    sources = [SOURCES / "pom.xml", SOURCES / f"{MAIN}.java"]
    known = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = FOLDER / f".built-{known[:16]}"
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with FOLDER.with_name(f"{FOLDER.name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if stamp.exists():
            return
        shutil.rmtree(FOLDER, ignore_errors=True)
        pom = str(sources[0])
        try:
            done = subprocess.run(
                [maven, "--batch-mode", "--quiet", "--file", pom, "compile"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=BUILD_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise BenchmarkError(
                f"Maven did not build {MAIN} within {late.timeout:.0f} s"
            ) from late
        if done.returncode:
            raise BenchmarkError(f"Maven cannot build {MAIN}: {first_error(done.stdout)}")
        stamp.touch()


def first_error(printed: str) -> str:
    """Return the first line that Maven marks as an error."""
    for line in _COLOURS.sub("", printed).splitlines():
        if line.startswith("[ERROR]") and (text := line.removeprefix("[ERROR]").strip()):
            return text
    return "it does not say why"


def command() -> list[str]:
    """Return how the peer is started, without its arguments; the JVM has its own settings."""
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    places = f"{FOLDER / 'classes'}:{FOLDER / 'libs'}/*"
    return [require_program("java", "default-jdk-headless"), quiet, "-cp", places, MAIN]


def versions() -> dict[str, str]:
    """Return the versions of Kafka Streams and of Java.

    Raises:
        BenchmarkError: nothing is built.
    """
    jar = next((FOLDER / "libs").glob("kafka-streams-[0-9]*.jar"), None)
    if jar is None:
        raise BenchmarkError(f"there is no Kafka Streams in {FOLDER.name}")
    java = subprocess.run(
        [require_program("java", "default-jdk-headless"), "-version"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    found = re.search(r'version "([^"]+)"', java)
    return {
        "Kafka Streams": jar.stem.removeprefix("kafka-streams-"),
        "Java": "unknown" if found is None else found[1],
    }
