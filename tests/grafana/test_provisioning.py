"""The provisioning files against what Grafana documents of them, and against what they refer to."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.grafana.board_parts import FOLDER, ROOT, boards, variables

HERE = ROOT / "grafana" / "provisioning"


def exact(properties: dict[str, Any], *, required: tuple[str, ...]) -> dict[str, Any]:
    """An object of these fields and no others: Grafana takes no notice of a misspelt one."""
    return {
        "type": "object", "properties": properties, "required": list(required),
        "additionalProperties": False,
    }  # fmt: skip


TEXT = {"type": "string", "minLength": 1}
BOOL = {"type": "boolean"}
UID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$"}
DURATION = {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"}

PROMETHEUS_DATA = exact(
    {
        "httpMethod": {"enum": ["GET", "POST"]},
        "timeInterval": DURATION,
        "queryTimeout": DURATION,
        "manageAlerts": BOOL,
        "alertmanagerUid": UID,
        "prometheusType": {"enum": ["Prometheus", "Cortex", "Mimir", "Thanos"]},
        "prometheusVersion": TEXT,
        "cacheLevel": {"enum": ["Low", "Medium", "High", "None"]},
        "incrementalQuerying": BOOL,
        "disableMetricsLookup": BOOL,
        "customQueryParameters": TEXT,
        "exemplarTraceIdDestinations": {"type": "array"},
    },
    required=("httpMethod", "timeInterval"),
)
ALERTMANAGER_DATA = exact(
    {
        "implementation": {"enum": ["prometheus", "mimir", "cortex"]},
        "handleGrafanaManagedAlerts": BOOL,
    },
    required=("implementation",),
)
DATASOURCES = exact(
    {
        "apiVersion": {"const": 1},
        "prune": BOOL,
        "deleteDatasources": {"type": "array"},
        "datasources": {
            "type": "array",
            "items": {
                **exact(
                    {
                        "name": TEXT,
                        "uid": UID,
                        "type": {"enum": ["prometheus", "alertmanager"]},
                        "access": {"enum": ["proxy", "direct"]},
                        "orgId": {"type": "integer", "minimum": 1},
                        "url": {"type": "string", "pattern": "^https?://[^/$]+$"},
                        "basicAuth": BOOL,
                        "basicAuthUser": TEXT,
                        "withCredentials": BOOL,
                        "isDefault": BOOL,
                        "editable": BOOL,
                        "version": {"type": "integer"},
                        "jsonData": {"type": "object"},
                        "secureJsonData": {"type": "object"},
                    },
                    required=("name", "uid", "type", "access", "url"),
                ),
                "allOf": [
                    {
                        "if": {"properties": {"type": {"const": kind}}},
                        "then": {"properties": {"jsonData": data}},
                    }
                    for kind, data in (
                        ("prometheus", PROMETHEUS_DATA),
                        ("alertmanager", ALERTMANAGER_DATA),
                    )
                ],
            },
        },
    },
    required=("apiVersion", "datasources"),
)
PROVIDERS = exact(
    {
        "apiVersion": {"const": 1},
        "providers": {
            "type": "array",
            "items": exact(
                {
                    "name": TEXT,
                    "orgId": {"type": "integer", "minimum": 1},
                    "folder": {"type": "string"},
                    "folderUid": UID,
                    "type": {"const": "file"},
                    "disableDeletion": BOOL,
                    "updateIntervalSeconds": {"type": "integer", "minimum": 1},
                    "allowUiUpdates": BOOL,
                    "options": exact(
                        {"path": {"type": "string", "pattern": "^/"},
                         "foldersFromFilesStructure": BOOL},
                        required=("path",),
                    ),
                },
                required=("name", "folder", "type", "options"),
            ),
        },
    },
    required=("apiVersion", "providers"),
)  # fmt: skip
FILES = {"datasources/vigie.yaml": DATASOURCES, "dashboards/vigie.yaml": PROVIDERS}


def read(name: str) -> Any:
    """A file of the folder."""
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def test_the_folder_holds_these_files_only() -> None:
    """Grafana would read others too."""
    found = {path.relative_to(HERE).as_posix() for path in HERE.rglob("*") if path.is_file()}
    assert found == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_nothing_that_grafana_does_not_document(name: str) -> None:
    """Field by field."""
    assert [
        error.message for error in Draft202012Validator(FILES[name]).iter_errors(read(name))
    ] == []


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("datasources/vigie.yaml", ("datasources", 0, "jsonData", "timeInterval"), 5),
        ("datasources/vigie.yaml", ("datasources", 1, "jsonData", "httpMethod"), "POST"),
        ("datasources/vigie.yaml", ("datasources", 0, "editible"), False),
        ("dashboards/vigie.yaml", ("providers", 0, "options", "path"), "boards/en"),
        ("dashboards/vigie.yaml", ("providers", 1, "allowUIUpdates"), False),
    ],
)
def test_a_mistake_in_a_file_is_found(
    name: str, place: tuple[str | int, ...], value: object
) -> None:
    """A wrong type, a field of the other data source, a misspelt one, a relative path."""
    file = read(name)
    inner = file
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert list(Draft202012Validator(FILES[name]).iter_errors(file))


def test_the_boards_find_their_data_source() -> None:
    """By the uid that is the default of every board; only that one is the default of Grafana."""
    sources = {source["uid"]: source for source in read("datasources/vigie.yaml")["datasources"]}
    assert list(sources) == ["vigie-prometheus", "vigie-alertmanager"]
    assert [uid for uid, source in sources.items() if source["isDefault"]] == ["vigie-prometheus"]
    for path in boards():
        assert variables(path)["datasource"]["current"]["value"] in sources
    prometheus = sources["vigie-prometheus"]["jsonData"]
    assert prometheus["alertmanagerUid"] in sources
    assert not any(source["editable"] for source in sources.values())
    assert not any("secureJsonData" in source for source in sources.values())


def test_the_data_sources_are_services_of_the_stack_and_the_interval_is_its() -> None:
    """Else $__rate_interval would be too short or too long."""
    stack = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    sources = {source["uid"]: source for source in read("datasources/vigie.yaml")["datasources"]}
    for source in sources.values():
        host, _, port = source["url"].removeprefix("http://").partition(":")
        assert host in stack["services"]
        assert port == {"prometheus": "9090", "alertmanager": "9093"}[host]
    scrapes = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    interval = sources["vigie-prometheus"]["jsonData"]["timeInterval"]
    assert scrapes["global"]["scrape_interval"] == interval


def test_each_language_has_its_folder() -> None:
    """Where the stack mounts the boards; titles are unique within a folder; nothing is edited."""
    stack = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    mounts = [mount.split(":") for mount in stack["services"]["grafana"]["volumes"]]
    inside = {there: here for here, there, *_ in mounts}
    assert inside["/etc/grafana/provisioning"] == "./grafana/provisioning"
    providers = read("dashboards/vigie.yaml")["providers"]
    assert [provider["folder"] for provider in providers] == ["vigie", "vigie (français)"]
    for provider in providers:
        mounted, _, language = provider["options"]["path"].rpartition("/")
        assert (ROOT / inside[mounted]).resolve() == FOLDER
        titles = [board["title"] for path, board in boards().items() if path[:2] == language]
        assert len(titles) == len(set(titles)) == 9
        assert provider["allowUiUpdates"] is False
