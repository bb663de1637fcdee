"""Reads a Dockerfile and a .dockerignore, as far as ours go."""

from __future__ import annotations

import fnmatch
import json
import re
from pathlib import Path
from typing import NamedTuple

from tests.compose.stack_files import ROOT


class Step(NamedTuple):
    """One instruction and the number of its stage, from 0."""

    stage: int
    word: str
    text: str


def steps(text: str) -> list[Step]:
    """The instructions of a Dockerfile; those before the first FROM are of stage -1."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    found, stage = [], -1
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        stage += word == "FROM"
        found.append(Step(stage, word, " ".join(rest.split())))
    return found


def health_command(text: str) -> list[str]:
    """The command of the health check of a Dockerfile."""
    (step,) = [step for step in steps(text) if step.word == "HEALTHCHECK"]
    command: list[str] = json.loads(step.text.partition("CMD ")[2])
    return command


def sent_to_builder(folder: Path = ROOT) -> list[Path]:
    """The files of a folder that its .dockerignore lets through, relative to it.

    Our patterns only: ``*``, ``!name`` for a file or a folder, ``**/name``.
    """
    lines = (folder / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    let_in = [one.removeprefix("!") for one in patterns if one.startswith("!")]
    left_out = [one.removeprefix("**/") for one in patterns if one.startswith("**/")]
    assert len(let_in) + len(left_out) + 1 == len(patterns)
    found = []
    for name in let_in:
        path = folder / name
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [one.relative_to(folder) for one in inside if one.is_file()]
    return [
        path
        for path in found
        if not any(fnmatch.fnmatch(part, glob) for part in path.parts for glob in left_out)
    ]
