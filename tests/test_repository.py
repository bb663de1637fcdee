"""Laws of the repository itself: what is in it, what is not, and who may import whom."""

from __future__ import annotations

import ast
import gzip
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOMS = ("aggregators", "streams", "exporters", "alerts", "vigie")
TOP_LEVEL = (*ROOMS, "tests", "benchmarks", "docs", "pyproject.toml", "README.md", "Makefile")
CODE = {".py", ".js", ".css", ".html"}
VAGUE = {"utils", "util", "helpers", "helper", "managers", "manager", "common", "misc"}
LONGEST_FILE = 400

# Put together here, so that this file does not break its own law.
NOT_OURS = re.compile(
    "|".join(
        [
            *(rf"(?<![\w.{{}}/-])/{top}/" for top in ("work", "root", "home")),
            *("pypi" + r"\.org", "python" + "hosted", "--(extra-)?index" + "-url"),
        ]
    )
)
ALLOWED = {
    "aggregators": {"aggregators"},
    "streams": {"aggregators", "streams"},
    "exporters": {"aggregators", "exporters"},
    "alerts": {"aggregators", "exporters", "alerts"},
    "vigie": set(ROOMS),
}
IMPURE = {
    *("asyncio", "concurrent", "ctypes", "http", "io", "logging", "multiprocessing", "os"),
    *("pathlib", "random", "secrets", "select", "shutil", "socket", "sqlite3", "ssl", "subprocess"),
    *("tempfile", "threading", "time", "urllib", "uuid"),
}
CLOCKS = {"now", "utcnow", "today"}


@pytest.fixture(scope="module")
def kept(repository: Path) -> list[Path]:
    """The files of the repository: those that git has, or would take with `git add`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return sorted(
        path for name in listed.split("\0") if name and (path := repository / name).is_file()
    )


def text_of(path: Path) -> str:
    """The text of a file, empty for pictures and the like."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def imports(path: Path) -> Iterator[str]:
    """Dotted names of the modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(text_of(path), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def modules(kept: list[Path], repository: Path, room: str) -> list[Path]:
    """The Python files of a room."""
    return [p for p in kept if p.suffix == ".py" and p.relative_to(repository).parts[0] == room]


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_the_agreed_names_stand_at_the_top_level(
    name: str, kept: list[Path], repository: Path
) -> None:
    """Each room has something in it that git keeps."""
    assert any(path.relative_to(repository).parts[0] == name for path in kept)


def test_no_file_names_a_machine_or_a_package_index(kept: list[Path]) -> None:
    """A clone works anywhere: no absolute path of somebody's machine, no host of an index."""
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in kept
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if NOT_OURS.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("lock", ["run.txt", "test.txt", "peers.txt"])
def test_every_locked_package_has_one_version_and_hashes(lock: str, repository: Path) -> None:
    """Nothing is installed whose content is not known beforehand."""
    text = (repository / "requirements" / lock).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.match(
            r"[a-z0-9-]+(\[[a-z,]+\])?==[^ ]+ ( *; .*?)?.*--hash=sha256:[0-9a-f]{64}", line
        )


def test_the_test_lock_holds_the_versions_of_the_run_lock(repository: Path) -> None:
    """What is tested is what runs."""
    run, test = (
        set(
            re.findall(r"^\S+==\S+", (repository / "requirements" / lock).read_text(), re.MULTILINE)
        )
        for lock in ("run.txt", "test.txt")
    )
    assert run - test == set()


def test_no_file_of_code_is_longer_than_400_lines(kept: list[Path]) -> None:
    """One idea, one file."""
    long = {p: n for p in kept if p.suffix in CODE and (n := text_of(p).count("\n")) > LONGEST_FILE}
    assert long == {}


def test_no_module_has_a_name_that_says_nothing(kept: list[Path]) -> None:
    """Names are the trade's: nothing is called utils, helpers, managers or common."""
    assert [p for p in kept if p.suffix == ".py" and {p.stem, p.parent.name} & VAGUE] == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(
    room: str, kept: list[Path], repository: Path
) -> None:
    """The front door knows all, the core knows nobody."""
    wrong = [
        f"{path}: {name}"
        for path in modules(kept, repository, room)
        for name in imports(path)
        if (top := name.split(".")[0]) in {*ROOMS, "tests", "benchmarks"}
        and top not in ALLOWED[room]
    ]
    assert wrong == []


def test_the_core_knows_no_clock_no_chance_and_no_edge(kept: list[Path], repository: Path) -> None:
    """The fold is a function: standard library without clocks and files, msgspec, compression."""
    pure = (set(sys.stdlib_module_names) - IMPURE) | {"aggregators", "msgspec", "cramjam"}
    for path in modules(kept, repository, "aggregators"):
        assert [name for name in imports(path) if name.split(".")[0] not in pure] == [], path
        read = [
            ast.unparse(node)
            for node in ast.walk(ast.parse(text_of(path)))
            if isinstance(node, ast.Attribute)
            and node.attr in CLOCKS
            and ast.unparse(node.value).split(".")[-1] in {"datetime", "date", "time"}
        ]
        assert read == [], path


def test_every_imported_package_is_a_declared_dependency(
    kept: list[Path], repository: Path
) -> None:
    """Nothing works only because another package happens to bring it."""
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    declared = {
        re.split(r"[\[<>=!~ ;]", line)[0].lower().replace("_", "-")
        for line in project["dependencies"]
    }
    brought_by = packages_distributions()
    undeclared = {
        f"{path.relative_to(repository)}: {top}"
        for room in ROOMS
        for path in modules(kept, repository, room)
        for name in imports(path)
        if (top := name.split(".")[0]) not in {*sys.stdlib_module_names, *ROOMS}
        and not declared & {d.lower().replace("_", "-") for d in brought_by.get(top, [])}
    }
    assert undeclared == set()


def test_no_line_of_the_shared_data_is_in_the_repository(
    kept: list[Path], shared_data: Path
) -> None:
    """The public samples have licences of their own: none of their rows is copied here."""
    ours = {
        line.strip()
        for path in kept
        if path.parent.name != "requirements"
        for line in text_of(path).splitlines()
    }
    samples = [
        path
        for path in sorted(shared_data.rglob("*"))
        if path.is_file()
        and path.name != "SOURCE.txt"
        and "check" not in path.relative_to(shared_data).parts
    ]
    assert samples
    for sample in samples:
        assert distinctive_rows(sample) & ours == set(), sample


def distinctive_rows(sample: Path) -> set[str]:
    """Some rows of a data file, from all over it, that nobody writes by chance."""
    opener = gzip.open if sample.suffix == ".gz" else open
    with opener(sample, "rt", encoding="utf-8", errors="replace") as lines:
        rows = [
            row
            for _, line in zip(range(200_000), lines, strict=False)
            if len(row := line.strip()) >= 40 and len(re.findall(r"\d", row)) >= 12
        ]
    return set(rows[:: max(1, len(rows) // 2_000)])
