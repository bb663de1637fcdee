"""Opens a source for a file, with errors that the user can act on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vigie.errors import UserError
from vigie.settings import Settings
from vigie.settings_reader import nearest

if TYPE_CHECKING:
    from streams.sources.source import Source


def open_source(settings: Settings, name: str, path: Path) -> Source:
    """Return the source of that name, ready to read ``path``.

    Raises:
        UserError: the source is unknown, its settings are wrong, or the file is not readable.
    """
    from streams.sources import build_source
    from streams.sources.source import SourceSettingsError

    known = source_names()
    if name not in known and name not in settings.sources:
        raise UserError(f"there is no source {name!r}", nearest(name, [*known, *settings.sources]))
    check_readable(path)
    try:
        return build_source(
            name, settings.sources, file=path.name, secret=settings.customer_secret()
        )
    except SourceSettingsError as error:
        raise UserError(str(error)) from None


def check_readable(path: Path) -> None:
    """Raise UserError when the file cannot be opened."""
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise UserError(
            f"cannot read {path}: {error.strerror}", "Give the path of an existing file."
        ) from None


def source_names() -> tuple[str, ...]:
    """Return the formats that vigie reads."""
    from streams.sources import SOURCES

    return tuple(sorted(SOURCES))
