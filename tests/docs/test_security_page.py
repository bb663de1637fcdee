"""Laws of docs/security.md that no other test holds."""

from __future__ import annotations

import ast
import ssl
import subprocess
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import msgspec

from tests.bench.process import Process
from tests.docs.commands import Session
from tests.docs.pages import ROOT, blocks

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


def test_tls_and_a_user_come_in_five_minutes_as_the_page_says(tmp_path: Path) -> None:
    """Its commands with its files: a certificate, a password, the demo, and curl as anna."""
    session = Session(tmp_path, None)
    password = "correct horse battery"
    address = f"https://localhost:{session.port}"
    served: Process | None = None
    asked: list[str] = []
    for block in blocks("docs/security.md"):
        if block.note == "file":
            (tmp_path / block.about).write_text(block.text)
        if block.language != "sh":
            continue
        for shown in block.text.replace("\\\n", " ").splitlines():
            if shown.endswith(" run"):
                command = ["bash", "-ec", f"exec {shown}"]
                served = Process("vigie", command, tmp_path, session.env)
                served.start(lambda: _answers(address, tmp_path / "cert.pem"))
                continue
            line = shown.replace("hash anna", f"hash anna --password '{password}'")
            login = line.replace("--user anna", f"--silent --user 'anna:{password}'")
            typed = login.replace("https://localhost:8080", address)
            ran = subprocess.run(
                ["bash", "-ec", typed],
                cwd=tmp_path,
                env=session.env,
                capture_output=True,
                text=True,
            )
            assert ran.returncode == 0, f"{shown}\n{ran.stdout}{ran.stderr}"
            asked += [ran.stdout] if shown.startswith("curl") else []
    assert served is not None
    assert served.stop() == 0, served.tail()
    assert [msgspec.json.decode(one) for one in asked] == [{"name": "anna", "role": "supervisor"}]


def _answers(address: str, certificate: Path) -> bool:
    try:
        context = ssl.create_default_context(cafile=str(certificate))
        with urlopen(f"{address}/readyz", context=context, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
