"""The core as machine code, where ``vigie compile`` was run; else as Python. Numbers are the same.

The compiled core lies beside the environment, in a folder named after its sources, the interpreter
and the machine. What was compiled of other sources is never found, so it cannot be used by mistake.
This module imports nothing of vigie: it decides where the core is imported from.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

CORE = "aggregators"
SWITCH = "VIGIE_COMPILED"
"""Environment variable: ``off`` runs the sources although there is a compiled core."""
ROOM = Path(sys.prefix) / "share" / "vigie"


def core_folder() -> Path:
    """Return the folder of the core's package, as it is imported now."""
    found = find_spec(CORE)
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0])


def digest(folder: Path) -> str:
    """Return what names a compiled core: its sources, this interpreter and this machine."""
    parts = hashlib.sha256(f"{EXTENSION_SUFFIXES[0]} {platform.machine()}".encode())
    for path in sorted(folder.rglob("*.py")):
        parts.update(f"\0{path.relative_to(folder).as_posix()}\0".encode())
        parts.update(path.read_bytes())
    return parts.hexdigest()[:16]


def compiled_folder(room: Path = ROOM) -> Path:
    """Return where the compiled core of the sources of now is, or would be."""
    return room / f"core-{digest(core_folder())}"


def use_compiled(environ: Mapping[str, str], room: Path = ROOM) -> bool:
    """Import the core from where it is compiled; return whether it is.

    To be called before anything of the core is imported; later it changes nothing.
    """
    if CORE in sys.modules or environ.get(SWITCH, "").lower() == "off" or not room.is_dir():
        return False
    folder = compiled_folder(room)
    if not folder.is_dir():
        return False
    sys.path.insert(0, str(folder))
    return True


def is_compiled() -> bool:
    """Tell whether the core that runs is the compiled one."""
    shard = sys.modules.get(f"{CORE}.shard")
    name = getattr(shard, "__file__", "")
    return name.endswith(tuple(EXTENSION_SUFFIXES))
