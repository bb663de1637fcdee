"""``vigie alerts export prometheus``: the rules as rule files of Prometheus with unit tests."""

from __future__ import annotations

import sys
from pathlib import Path

from alerts.export.files import export_files
from alerts.export.links import Links
from alerts.export.measures import Shown
from vigie.alert_plan import rule_path
from vigie.alert_rules_file import read_rule_book
from vigie.errors import UserError
from vigie.settings import Settings


def run_alerts_export(
    settings: Settings, rules: Path | None, output: Path, boards: str = "", pages: str = ""
) -> int:
    """Write the files into a folder, which is made; without ``rules`` those of the settings.

    ``boards`` and ``pages`` are addresses for the links of the alerts: Grafana's, and that of
    vigie's pages. What PromQL cannot say is a comment in the file and a line on standard error.

    Raises:
        UserError: the rules are wrong or the folder cannot be written.
    """
    policies = settings.rules()
    shown = Shown(tuple(settings.windows), tuple(settings.metrics.by))
    book = read_rule_book(rules or rule_path(settings), policies)
    made = export_files(book.rules, shown, policies, links=Links(boards, pages))
    unwritten = [f"{one}: its window is not in the settings" for one in book.left_out]
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in made.files.items():
            (output / name).write_text(text, encoding="utf-8")
            print(output / name)  # noqa: T201
    except OSError as error:
        raise UserError(
            f"cannot write into {output}: {error.strerror}", "Name a writable folder."
        ) from None
    for line in (*unwritten, *made.left_out):
        print(f"vigie: not in the rules: {line}", file=sys.stderr)  # noqa: T201
    return 0
