"""Opens a source for a file, with errors that the user can act on."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vigie.errors import UserError
from vigie.settings import Settings
from vigie.settings_reader import nearest

if TYPE_CHECKING:
    from aggregators.events import Envelope
    from streams.sources import Refused, Source


def open_source(settings: Settings, name: str, path: Path) -> Source:
    """Return the source of that name, ready to read ``path``.

    Raises:
        UserError: the source is unknown, its settings are wrong, or the file is not readable.
    """
    from streams.sources import SourceSettingsError, build_source

    known = source_names(settings)
    if name not in known:
        raise UserError(f"there is no source {name!r}", nearest(name, known))
    check_readable(path)
    try:
        return build_source(
            name,
            settings.sources,
            file=path.name,
            secret=settings.customer_secret(),
            rules=settings.rules(),
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


def source_events(source: Source, path: Path) -> Iterator[Envelope | Refused]:
    """Give the events and refusals of a whole file.

    Raises:
        UserError: the file breaks off or does not fit the source's settings.
    """
    from streams.sources import SourceSettingsError, read_events

    try:
        yield from read_events(source, path)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"cannot read {path}: {error}", "Is the file whole?") from None
    except SourceSettingsError as error:
        raise UserError(str(error)) from None


def source_names(settings: Settings) -> list[str]:
    """Return what --source takes: the formats and the sources that the settings name."""
    from streams.sources import source_names as names

    return names(settings.sources)
