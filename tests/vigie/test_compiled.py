"""Which core is imported: never one that was compiled of other sources."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from vigie import compiled
from vigie.compiled import compiled_folder, digest, use_compiled
from vigie.compiling import compilable, compile_core
from vigie.errors import UserError

CORE = Path(compiled.core_folder())


def test_a_digest_follows_every_source_and_its_place(tmp_path: Path) -> None:
    """A changed byte, another name, another file give another one; what is no source does not."""
    folder = tmp_path / "core"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    found = [digest(folder)]
    (folder / "notes.txt").write_text("nothing")
    assert digest(folder) == found[0]
    (folder / "a.py").write_text("x = 2\n")
    found.append(digest(folder))
    (folder / "b.py").write_text("")
    found.append(digest(folder))
    (folder / "b.py").rename(folder / "c.py")
    found.append(digest(folder))
    assert len(set(found)) == 4


def test_only_the_core_of_these_very_sources_is_used(tmp_path: Path) -> None:
    """In a process of its own, as a front door would: another folder is passed over."""
    room = tmp_path / "room"
    (room / "core-0123456789abcdef" / "aggregators").mkdir(parents=True)
    code = (
        "import pathlib, sys; from vigie.compiled import use_compiled;"
        " print(use_compiled({}, pathlib.Path(sys.argv[1])), sys.path[0] == sys.argv[2])"
    )

    def asked() -> str:
        command = [sys.executable, "-c", code, str(room), str(compiled_folder(room))]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert asked() == "False False"
    (compiled_folder(room) / "aggregators").mkdir(parents=True)
    assert asked() == "True True"


def test_it_changes_nothing_once_the_core_was_imported(tmp_path: Path) -> None:
    """Half of one and half of the other would be worse than either."""
    importlib.import_module("aggregators.shard")
    compiled_folder(tmp_path).mkdir()
    before = list(sys.path)
    assert not use_compiled({}, tmp_path)
    assert sys.path == before


def test_structs_protocols_and_enumerations_stay_python() -> None:
    """The fold is compiled, its events and settings are not."""
    found = compilable(CORE)
    assert {"aggregators/shard.py", "aggregators/contact_fold.py", "aggregators/slices.py"} <= {
        *found
    }
    others = {"aggregators/contact_events.py", "aggregators/policy.py", "aggregators/counts.py"}
    assert others.isdisjoint(found)


def test_without_a_compiler_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left behind."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(UserError) as refused:
        compile_core(print, tmp_path / "room")
    assert str(refused.value) == (
        "a C compiler and the headers of Python are needed, and gcc is not there."
        " On Debian: apt install gcc python3-dev."
    )
    assert not (tmp_path / "room").exists()


def test_what_is_compiled_already_is_kept(tmp_path: Path) -> None:
    """A second call does nothing."""
    compiled_folder(tmp_path).mkdir()
    said: list[str] = []
    assert compile_core(said.append, tmp_path) == compiled_folder(tmp_path)
    assert said == [f"compiled already: {compiled_folder(tmp_path)}"]
