"""Which test proves which KPI: read from the marks of the tests, without running them.

A test says ``@pytest.mark.proves("csat", "csat_mean")`` of the KPIs whose numbers it holds to
literal ones, and ``@pytest.mark.example(25)`` of the worked example that it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

TESTS = Path(__file__).parents[1] / "tests"


class Proofs(Struct):
    """Tests, as ``tests/aggregators/test_x.py::test_y``, by KPI id and by number of example."""

    kpis: dict[str, list[str]] = field(default_factory=dict)
    examples: dict[int, list[str]] = field(default_factory=dict)


def read_proofs(folder: Path = TESTS) -> Proofs:
    """Return what the marks of all tests in a folder say, in the order of files and lines."""
    found = Proofs()
    for path in sorted(folder.rglob("test_*.py")):
        place = path.relative_to(folder.parent).as_posix()
        for name, mark, values in marks(path.read_text(encoding="utf-8")):
            test = f"{place}::{name}"
            for value in values:
                if mark == "proves" and isinstance(value, str):
                    tests = found.kpis.setdefault(value, [])
                elif mark == "example" and isinstance(value, int):
                    tests = found.examples.setdefault(value, [])
                else:
                    continue
                if test not in tests:
                    tests.append(test)
    return found


def marks(source: str) -> Iterator[tuple[str, str, list[object]]]:
    """Yield (name of the test, name of the mark, what the mark is given) of a test file."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if not node.name.startswith("test_"):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call):
                called = ast.unparse(decorator.func)
                given: list[object] = [
                    arg.value for arg in decorator.args if isinstance(arg, ast.Constant)
                ]
                if called.startswith("pytest.mark."):
                    yield node.name, called.removeprefix("pytest.mark."), given
