"""The shipped rule files of Prometheus, read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from tests.bench.monitoring_files import PROMETHEUS

RULES = sorted((PROMETHEUS / "rules").glob("*.rules.yml"))
TESTS = sorted((*(PROMETHEUS / "rules").glob("*.test.yml"), *(PROMETHEUS / "tests").glob("*.yml")))


def rules() -> Iterator[dict[str, Any]]:
    """All rules of all files."""
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


@cache
def alerts() -> dict[str, dict[str, Any]]:
    """The alerting rules by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}
