"""Writes the boards: ``python -m exporters.grafana [--check] [--vigie-url URL] [--out FOLDER]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from exporters.grafana.board import board_json
from exporters.grafana.boards import BOARDS
from exporters.grafana.variables import DEFAULT_VIGIE_URL
from exporters.grafana.words import LANGUAGES, Words

FOLDER = Path(__file__).parents[2] / "grafana" / "boards"


def written_boards(vigie_url: str = DEFAULT_VIGIE_URL) -> Iterator[tuple[str, str]]:
    """Yield path (from the folder of boards) and text of every board, English first."""
    for language in LANGUAGES:
        words = Words(language)
        for make in BOARDS:
            board = make(words)
            text = json.dumps(board_json(board, words, vigie_url), ensure_ascii=False, indent=1)
            yield f"{language}/{board.name}.json", text + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the boards, or with ``--check`` only say which are old (exit code 1 if any)."""
    parser = argparse.ArgumentParser(
        prog="python -m exporters.grafana",
        description="Writes the Grafana boards, in English and French, from the KPI catalogue.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing, say what is old")
    parser.add_argument(
        "--vigie-url", default=DEFAULT_VIGIE_URL, metavar="URL",
        help=f"address of vigie in links to contacts (default {DEFAULT_VIGIE_URL})",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=FOLDER, metavar="FOLDER",
        help="folder for en/ and fr/ (default grafana/boards of the repository)",
    )  # fmt: skip
    asked = parser.parse_args(arguments)
    url: str = asked.vigie_url.rstrip("/")
    if not url.startswith(("http://", "https://")):
        parser.error(f"--vigie-url {asked.vigie_url}: begin it with http:// or https://")
    folder: Path = asked.out
    boards = dict(written_boards(url))
    old = [name for name, text in boards.items() if not _is_current(folder / name, text)]
    found = (path.relative_to(folder).as_posix() for path in folder.glob("*/*.json"))
    gone = sorted(name for name in found if name not in boards)
    if asked.check:
        for name in (*old, *gone):
            sys.stdout.write(f"{folder / name} is old: run python -m exporters.grafana\n")
        return 1 if old or gone else 0
    for name, text in boards.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in gone:
        sys.stdout.write(f"{folder / name} is no board any more: remove it\n")
    return 0


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
