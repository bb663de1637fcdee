"""docs/production.md says what the files of the stack say."""

from __future__ import annotations

import re
from pathlib import Path

from tests.compose.rules import RULES
from tests.compose.stack_files import SECRETS, Service, laid_out, make_secrets, services, stack
from tests.docs.pages import blocks, text_of

PAGE = "docs/production.md"
TEXT = text_of(PAGE)


def rows(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading."""
    below = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def opened(service: Service) -> str:
    """Where a service is opened, as the page writes it."""
    ports = [re.sub(r"\$\{\w+:-(\d+)\}:\d+", r"\1", port) for port in service.get("ports", ())]
    return ", ".join(ports) or "–"


def test_the_first_step_prints_what_the_page_shows(tmp_path: Path) -> None:
    """Word for word."""
    (shown,) = [block.text for block in blocks(PAGE) if block.language == "console"]
    folder = laid_out(tmp_path / "stack")
    for name in SECRETS:
        (folder / "secrets" / name).unlink()
    command, _, expected = shown.partition("\n")
    assert command == "$ sh deploy/secrets.sh"
    assert make_secrets(folder).stdout == expected


def test_every_service_is_listed_with_its_port_and_its_volume() -> None:
    """And none that is not there."""
    listed = {row[0].strip("`"): row for row in rows("What runs")}
    assert set(listed) == set(services())
    for name, service in services().items():
        assert listed[name][2] == opened(service), name
        volumes = {text.split(":")[0] for text in service.get("volumes", ())} & {
            *stack()["volumes"]
        }
        assert set(re.findall(r"volume `([\w-]+)`", listed[name][3])) == volumes, name


def test_every_secret_is_listed() -> None:
    """With how to rotate it."""
    listed = [name for row in rows("Secrets") for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(listed) == sorted(SECRETS)
    assert all(row[2] for row in rows("Secrets"))


def test_the_limits_of_memory_are_those_of_the_file() -> None:
    """In the unit of the page."""
    for name, shown, _ in rows("How large"):
        number, unit = shown.split()[:2]
        limit = services()[name.strip("`")]["mem_limit"]
        mebibytes = int(limit[:-1]) * (1024 if limit.endswith("g") else 1)
        assert mebibytes == float(number) * (1024 if unit == "GiB" else 1), name


def test_commands_name_services_that_exist() -> None:
    """Whatever comes after the words of compose."""
    words = r"docker compose (?:exec|restart|logs|ps|run)(?: -\S+| \S*\d+m| \"\S+\")* (\w+)"
    named = set(re.findall(words, TEXT))
    assert named
    assert named <= set(services())
    for line in re.findall(r"--force-recreate ([a-z ]+)`", TEXT):
        assert set(line.split()) <= set(services()), line


def test_variables_of_the_page_are_those_of_the_file() -> None:
    """A line in .env that does nothing would be a trap."""
    read = set(re.findall(r"\$\{(\w+):", str(stack())))
    named = set(re.findall(r"`((?:BOARD|GRAFANA|PROMETHEUS)_\w+)", TEXT))
    assert named == {name for name in read if not name.endswith("_FILE")}


def test_figures_of_the_page_are_those_of_the_files() -> None:
    """Days and bytes of Prometheus, rules of the table, partitions, time to end in."""
    prometheus = services()["prometheus"]["command"]
    assert "--storage.tsdb.retention.time=90d" in prometheus
    assert "--storage.tsdb.retention.size=20GB" in prometheus
    assert "keeps 90 days or 20 GB" in TEXT
    assert f"| {len(RULES)} rules of security and care" in TEXT
    assert services()["worker"]["stop_grace_period"] == "30s"
    assert "A worker has 30 s" in TEXT
