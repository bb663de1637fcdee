"""Laws of docs/security.md that no other test holds."""

from __future__ import annotations

import ast

from tests.docs.pages import ROOT

ROOMS = ("aggregators", "streams", "exporters", "alerts", "vigie")
UNSAFE = {"pickle", "cPickle", "marshal", "shelve", "dill", "jsonpickle"}
UNSAFE_YAML = {"load", "load_all", "full_load", "unsafe_load", "Loader", "FullLoader"}


def test_nothing_reads_pickle_or_unsafe_yaml() -> None:
    """No room imports what runs code while it reads, YAML is read by its safe loader alone."""
    found = []
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names: set[str] = set()
                if isinstance(node, ast.Import):
                    names = {alias.name.split(".")[0] for alias in node.names} & UNSAFE
                elif isinstance(node, ast.ImportFrom):
                    names = {(node.module or "").split(".")[0]} & UNSAFE
                elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "yaml":
                    names = {node.attr} & UNSAFE_YAML
                found += [f"{path}: {name}" for name in names]
    assert found == []
