"""``vigie sources``: what there is, what a format needs, and what a sample file becomes."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from streams.sources import FORMATS, build_source
from streams.sources.asterisk_queue_log import _NAMES as QUEUE_LOG_SETTINGS
from streams.sources.csv_mapping import _KNOWN as CSV_SETTINGS
from vigie.cli import run
from vigie.sources_about import FILES, about

ROOT = Path(__file__).parents[2]
_BLOCK = re.MULTILINE | re.DOTALL
SETTINGS = """
sources:
  desk:
    format: json
    topic: tickets
    event_id: "{id}"
    type: {path: status, map: {Open: ticket.opened, Solved: ticket.solved, Closed: ignore}}
    event_time: {path: at, format: "%d %b %Y %H:%M", zone: Europe/Paris}
    contact_id: "desk:{id}"
    queue: {path: group}
  calls_csv:
    zone: UTC
    created: {col: a}
    queue: q
    answered: {col: b}
"""
SAMPLE = """\
{"id": 1, "status": "Open", "at": "17 Apr 2024 19:18", "group": "Support"}
{"id": 2, "status": "Solved", "at": "17 Apr 2024 19:19"}
{"id": 3, "status": "Closed", "at": "17 Apr 2024 19:20"}
{"id": 4, "status": "Odd\\u001b[31m", "at": "17 Apr 2024 19:20"}
{"id": 5, "status": "Open", "at": "yesterday"}
no json
"""
TRIED = """\
ticket.opened              2024-04-17T17:18:00Z      contact=desk:1  queue=Support  channel=ticket
ticket.solved              2024-04-17T17:19:00Z      contact=desk:2  channel=ticket
not understood  sample.jsonl:4  unmapped_source: status has a word that \
sources.desk.type.map does not have
not understood  sample.jsonl:5  bad_time: at is not of the format %d %b %Y %H:%M
not understood  sample.jsonl:6  not_json: the body is no JSON
ignored         1 x status closed
2 events (ticket.opened 1, ticket.solved 1); 1 ignored; \
3 not understood (bad_time 1, not_json 1, unmapped_source 1)
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("VIGIE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(SETTINGS)
    (tmp_path / "sample.jsonl").write_text(SAMPLE)


def test_a_dry_run_shows_events_what_was_ignored_and_what_was_not_understood(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In the order of the file, with the place of what was not understood, and a summary."""
    arguments = ["--settings", "s.yaml", "sources", "try", "sample.jsonl", "--source", "desk"]
    assert run(arguments) == 0
    assert capsys.readouterr().out == TRIED


def test_a_dry_run_as_json_has_one_object_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Whole events for jq, refusals with their redacted body, and the counts at the end."""
    arguments = ["--settings", "s.yaml", "sources", "try", "--source", "desk", "--json"]
    assert run([*arguments, "sample.jsonl"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [next(iter(line)) for line in lines] == [
        "event", "event", "refused", "refused", "refused", "summary",
    ]  # fmt: skip
    assert lines[0]["event"] == {
        "v": 1, "type": "ticket.opened", "event_id": "1", "source": "desk",
        "event_time_ms": 1_713_374_280_000, "time_quality": "second", "contact_id": "desk:1",
        "channel": "ticket", "queue": "Support",
    }  # fmt: skip
    assert lines[4]["refused"]["position"] == "sample.jsonl:6"
    assert lines[5]["summary"] == {
        "events": {"ticket.opened": 1, "ticket.solved": 1},
        "ignored": {"status closed": 1},
        "refused": {"bad_time": 1, "not_json": 1, "unmapped_source": 1},
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no json\n", 1),
        ("", 1),
        ('{"id": 3, "status": "Closed", "at": "17 Apr 2024 19:20"}\n', 0),
    ],
)
def test_code_1_when_nothing_was_understood(
    text: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is left out on purpose was understood."""
    (tmp_path / "other.jsonl").write_text(text)
    arguments = ["--settings", "s.yaml", "sources", "try", "--source", "desk", "other.jsonl"]
    assert run(arguments) == code
    assert capsys.readouterr().out.startswith(("not", "0 events", "ignored"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["try", "--source", "desc", "sample.jsonl"],
         "vigie: there is no source 'desc'. Did you mean desk?"),
        (["try", "--source", "desk", "nowhere"], "vigie: cannot read nowhere: No such file"),
        (["describe", "jsn"], "vigie: there is no source 'jsn'. Did you mean json?"),
    ],
)  # fmt: skip
def test_what_the_user_can_repair_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As for every command."""
    assert run(["--settings", "s.yaml", "sources", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)


def test_a_wrong_mapping_stops_the_dry_run_with_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The path of the setting comes first."""
    (tmp_path / "s.yaml").write_text(SETTINGS.replace("ticket.solved", "ticket.done"))
    arguments = ["--settings", "s.yaml", "sources", "try", "--source", "desk", "sample.jsonl"]
    assert run(arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith("vigie: sources.desk.type.map.solved: must be one of agent.heartbeat")


def test_a_format_is_described_with_its_needs_settings_and_guide(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By the format, and by the name of a source of the settings."""
    assert run(["sources", "describe", "json"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("json: Any JSON body, by a mapping\n\naccepts\n  - one JSON object")
    assert "\nneeds on the platform's side\n  - a webhook" in told
    assert "\n  event_time\n      {path: ..., format: ..., zone: ...}" in told
    assert "\n  queues\n      Ids of the platform to names of queues.\n" in told
    assert told.endswith("\nguide: docs/sources/json.md\n")
    assert max(map(len, told.splitlines())) <= 100
    assert run(["--settings", "s.yaml", "sources", "describe", "desk"]) == 0
    assert capsys.readouterr().out == told


def test_the_settings_of_the_file_formats_are_all_described() -> None:
    """What is described is what is read."""
    described = {
        form: {word for name in told.settings for word in name.split(", ")}
        for form, told in FILES.items()
    }
    assert described == {
        "asterisk-queue-log": set(QUEUE_LOG_SETTINGS),
        "canonical": {"format"},
        "csv": set(CSV_SETTINGS),
    }


def test_formats_and_configured_sources_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each name first on its line, then what it is."""
    assert run(["--settings", "s.yaml", "sources", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted([*FORMATS, "calls_csv", "desk"])
    told = dict(line.split(maxsplit=1) for line in lines)
    assert told["desk"] == "Any JSON body, by a mapping (of the settings, format json)"
    assert told["calls_csv"] == "Call logs as CSV (of the settings, format csv)"
    assert told["webex-contact-center"] == "Webex Contact Center"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_what_it_is_and_has_a_guide(form: str) -> None:
    """Title, what it accepts and needs, settings, and a guide that is there."""
    told = about(form)
    assert told.title
    assert told.accepts
    assert told.needs
    assert all(told.settings.values())
    page, _, heading = told.guide.partition("#")
    text = (ROOT / page).read_text()
    headings = [
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    ]
    assert not heading or heading in headings


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_a_row_in_the_table_of_sources(form: str) -> None:
    """The table of docs/sources is written by hand; its links lead to the guides."""
    text = (ROOT / "docs" / "sources" / "README.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|") and f"`{form}`" in line]
    assert len(rows) == 1
    links = re.findall(r"\]\(([^)#]+)", rows[0])
    assert links
    assert all((ROOT / "docs" / "sources" / link).is_file() for link in links)


def test_what_the_guide_of_mappings_shows_is_what_comes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its settings, its sample and its output belong together."""
    text = (ROOT / "docs" / "sources" / "json.md").read_text()
    for name, content in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", text, _BLOCK):
        (tmp_path / name).write_text(content)
    [(command, output)] = re.findall(r"^```console\n\$ vigie ([^\n]+)\n(.*?)^```$", text, _BLOCK)
    assert run(command.split()) == 0
    assert capsys.readouterr().out == output


def test_all_the_yaml_of_the_guides_of_mappings_and_webex_is_taken() -> None:
    """Blocks with sources are built; a block of events is one with what they share."""
    found = 0
    for page in ("json.md", "webex-contact-center.md"):
        text = (ROOT / "docs" / "sources" / page).read_text()
        for block in re.findall(r"^```yaml\n(.*?)^```$", text, _BLOCK):
            given = yaml.safe_load(block)
            shared = {"event_id": "{id}", "event_time": {"path": "t"}, "contact_id": "{id}",
                      "leg_id": "1", "agent_id": {"path": "a"}, "format": "json"}  # fmt: skip
            for name, section in given.get("sources", {"x": {**shared, **given}}).items():
                build_source(name, {name: section})
                found += 1
    assert found == 3
