"""The compiled core gives, byte for byte, what the core as Python gives."""

from __future__ import annotations

import json
from pathlib import Path

from tests.compiled.conftest import ROOT, run_python

QUARTERS = 12


def fingerprint(folder: Path) -> list[str]:
    """Return the lines of tests.compiled.fingerprint with the core of a folder."""
    done = run_python(["-P", "-m", "tests.compiled.fingerprint"], folder, {"PYTHONHASHSEED": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.split()


def test_checkpoints_and_boards_of_a_disordered_day_are_the_same_to_the_byte(
    compiled_core: Path,
) -> None:
    """Every quarter of an hour, over all topics, with figures by agent."""
    kind, *compiled = fingerprint(compiled_core)
    other, *interpreted = fingerprint(ROOT)
    assert (kind, other) == ("compiled", "interpreted")
    assert len(set(compiled)) >= QUARTERS
    assert compiled == interpreted


def test_the_laws_of_the_core_hold_for_the_compiled_one(compiled_core: Path) -> None:
    """The tests of the core, unchanged; without those that take parts out of it."""
    done = run_python(
        [
            "-m", "pytest", "-q", "-m", "not interpreted", "-p", "tests.compiled.witness",
            "-p", "no:cacheprovider", "-o", f"pythonpath={compiled_core} .", "tests/aggregators",
        ],
        compiled_core,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout.splitlines()[-1]


def test_the_command_uses_the_compiled_core_and_prints_the_same(
    compiled_core: Path, tmp_path: Path
) -> None:
    """``vigie compute`` of a file, by the front door, with and without it."""
    log = tmp_path / "queue_log"
    log.write_text(
        "1389000000|c1|sales|NONE|ENTERQUEUE||100|1\n"
        "1389000012|c1|sales|A1|CONNECT|12|c1|3\n"
        "1389000100|c1|sales|A1|COMPLETECALLER|12|88|1\n"
    )
    code = (
        "import sys, pathlib; from vigie.compiled import use_compiled, is_compiled;"
        " used = use_compiled({'VIGIE_COMPILED': sys.argv[1]}, pathlib.Path(sys.argv[2]));"
        " from vigie.cli import run; code = run(sys.argv[3:]);"
        " assert used == is_compiled() == (sys.argv[1] != 'off'); sys.exit(code)"
    )
    printed = []
    for switch in ("on", "off"):
        arguments = ["compute", "--source", "asterisk-queue-log", "--json", str(log)]
        room = str(compiled_core.parent)
        done = run_python(["-c", code, switch, room, *arguments], ROOT)
        assert done.returncode == 0, done.stderr[-3000:]
        printed.append(json.loads(done.stdout))
    assert printed[0] == printed[1]
    assert printed[0][0]["windows"]["whole"]["total"]["contacts_answered"] == 1
