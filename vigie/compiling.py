"""``vigie compile``: the core (fold, slices, KPIs) to machine code with mypyc.

Each module becomes an extension module beside its source, in a copy of the package. Left as Python
are those that define what mypyc cannot make: msgspec's structs, protocols and enumerations.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from vigie.compiled import CORE, ROOM, compiled_folder, core_folder
from vigie.errors import UserError

_SETUP = """\
import sys
from mypyc.build import mypycify
from setuptools import setup

flags = ["--ignore-missing-imports", "--follow-imports=silent", "--explicit-package-bases"]
setup(
    name="vigie-core",
    packages=[],
    py_modules=[],
    ext_modules=mypycify(
        [*sys.argv[2:], *flags], opt_level="3", debug_level="0", group_name="vigie_core"
    ),
    script_args=["build_ext", "--build-lib", sys.argv[1], "--build-temp", sys.argv[1] + "-temp"],
)
"""
_PROOF = f"import {CORE}.shard as core; print(core.__file__)"


def compile_core(say: Callable[[str], None], room: Path = ROOM) -> Path:
    """Compile the core as it is imported now; return its folder. What is there already is kept.

    Raises:
        UserError: a tool is missing, or the compilation failed.
    """
    folder = compiled_folder(room)
    if folder.is_dir():
        say(f"compiled already: {folder}")
        return folder
    _check_tools()
    sources = core_folder()
    try:
        room.mkdir(parents=True, exist_ok=True)
        workshop = tempfile.TemporaryDirectory(prefix="core-", dir=room)
    except OSError as error:
        raise UserError(
            f"{room} cannot be written ({error.strerror})", "Run it as who owns the environment."
        ) from None
    with workshop as name:
        made = Path(name) / "made"
        copied = Path(name) / "sources"
        for target in (copied, made):
            shutil.copytree(sources, target / CORE, ignore=shutil.ignore_patterns("__pycache__"))
        modules = compilable(sources)
        say(f"compiling {len(modules)} modules of the core; that takes one to three minutes")
        _run([sys.executable, "-c", _SETUP, str(made), *modules], copied)
        proof = _run([sys.executable, "-c", _PROOF], made)
        if not proof.strip().endswith(".so"):
            raise UserError(f"the compiled core is not used: {proof}", "Please report this.")
        made.rename(folder)
    for other in room.glob("core-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    say(f"compiled: {folder}")
    return folder


def compilable(folder: Path) -> list[str]:
    """Return the modules that can be compiled, as paths from the folder above the package."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(folder.parent)
        if path.name != "__init__.py" and _has_only_plain_classes(
            importlib.import_module(".".join(relative.with_suffix("").parts))
        ):
            found.append(relative.as_posix())
    return found


def _has_only_plain_classes(module: ModuleType) -> bool:
    return not any(_is_special(kind) for kind in _own_classes(module))


def _own_classes(module: ModuleType) -> Iterable[type[Any]]:
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield value


def _is_special(kind: type[Any]) -> bool:
    return issubclass(kind, (msgspec.Struct, Enum)) or getattr(kind, "_is_protocol", False)


def _check_tools() -> None:
    for tool in ("mypyc", "setuptools"):
        if find_spec(tool) is None:
            raise UserError(
                f"{tool} is not installed in {sys.prefix}",
                f"Run {sys.executable} -m pip install mypy setuptools.",
            )
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    compiler = os.environ.get("CC", "gcc").split()[0]
    if shutil.which(compiler) is None or not headers.is_file():
        missing = compiler if shutil.which(compiler) is None else headers.name
        raise UserError(
            f"a C compiler and the headers of Python are needed, and {missing} is not there",
            "On Debian: apt install gcc python3-dev.",
        )


def _run(command: list[str], folder: Path) -> str:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 - this Python, with arguments of our own
        command, cwd=folder, env={**environ, "PYTHONPATH": str(folder)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()
        errors = [line for line in lines if "error" in line.lower()] or lines[-1:]
        raise UserError(f"the core could not be compiled: {'; '.join(errors[:3])}")
    return done.stdout
