"""Sources: one file per format that turns lines into canonical events.

A source is asked for by format (``asterisk-queue-log``, ``csv``, ``canonical``) or by the name it
has in the ``sources`` section of the settings (``calls_csv``), which says the format itself
(``format: csv``); a section with a ``created`` column is a ``csv`` source without saying so.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from aggregators.events import Envelope
from aggregators.policy import Rules
from streams.reasons import MAX_MESSAGE_BYTES, Reason
from streams.sources.asterisk_queue_log import AsteriskQueueLog
from streams.sources.canonical import CanonicalSource
from streams.sources.csv_log import CsvLog
from streams.sources.payloads import PayloadSource
from streams.sources.source import (
    Refused,
    Source,
    SourceLine,
    SourceSettingsError,
    refused,
)

__all__ = [
    "FORMATS",
    "Refused",
    "Source",
    "SourceLine",
    "SourceSettingsError",
    "build_source",
    "format_of",
    "platform",
    "read_events",
    "read_lines",
    "source_names",
]

_PLATFORMS: Mapping[str, tuple[str, str]] = {
    "amazon-connect": ("amazon_connect", "AmazonConnect"),
    "asterisk-ami": ("asterisk_ami", "AsteriskAmi"),
    "chatwoot": ("chatwoot", "Chatwoot"),
    "freeswitch": ("freeswitch", "FreeSwitch"),
    "freshchat": ("freshchat", "Freshchat"),
    "genesys-cloud": ("genesys_cloud", "GenesysCloud"),
    "intercom": ("intercom", "Intercom"),
    "json": ("json_mapping", "JsonMapping"),
    "twilio-taskrouter": ("twilio_taskrouter", "TwilioTaskRouter"),
    "webex-contact-center": ("webex_contact_center", "WebexContactCenter"),
    "zendesk": ("zendesk", "Zendesk"),
}
"""Format to module of this package and class; imported when it is asked for."""

FORMATS: tuple[str, ...] = tuple(sorted(("asterisk-queue-log", "canonical", "csv", *_PLATFORMS)))
"""The formats that vigie reads."""

_BUILD: dict[str, Callable[[str, Mapping[str, Any], str, bytes, Rules], Source]] = {
    "asterisk-queue-log": lambda name, settings, file, secret, _: AsteriskQueueLog(
        name, settings, file=file, secret=secret
    ),
    "canonical": lambda name, settings, file, _, rules: CanonicalSource(
        name, settings, file=file, rules=rules
    ),
    "csv": lambda name, settings, file, secret, _: CsvLog(name, settings, file=file, secret=secret),
}


def build_source(
    name: str,
    mapping: Mapping[str, Any],
    *,
    file: str = "-",
    secret: bytes = b"",
    rules: Rules | None = None,
) -> Source:
    """Return the source of a name: a format, or a key of ``mapping``.

    ``mapping`` is the ``sources`` section of the settings. ``file`` is the file's name, of which
    only the last part enters ids. ``secret`` keys the hashes of customer ids; without one they
    are dropped. ``rules`` have the themes of free text. The format ``csv`` uses the only ``csv``
    source that is configured.

    Raises:
        SourceSettingsError: there is no such source, or its settings are wrong.
    """
    configured = {key: _section(key, value) for key, value in mapping.items()}
    if name in configured:
        settings = configured[name]
        form = format_of(name, settings)
    elif name == "csv":
        name, settings = _only_csv(configured)
        form = "csv"
    elif name in FORMATS:
        settings, form = {}, name
    else:
        names = ", ".join(source_names(mapping))
        raise SourceSettingsError(f"source {name!r} is unknown; the sources are: {names}")
    file, rules = Path(file).name, rules or Rules()
    if form in _PLATFORMS:
        return platform(form)(name, settings, file=file, secret=secret, rules=rules)
    return _BUILD[form](name, settings, file, secret, rules)


def platform(form: str) -> type[PayloadSource]:
    """Return the class of a platform's format. Raises KeyError for another format."""
    module, kind = _PLATFORMS[form]
    found: type[PayloadSource] = getattr(import_module(f"{__name__}.{module}"), kind)
    return found


def source_names(mapping: Mapping[str, Any]) -> list[str]:
    """Return all names that :func:`build_source` knows: the formats and the configured ones."""
    return sorted({*FORMATS, *mapping})


def read_events(source: Source, path: Path) -> Iterator[Envelope | Refused]:
    """Give the events and refusals of a whole file, in file order; ``.gz`` is unpacked.

    Raises:
        OSError: the file cannot be read.
        SourceSettingsError: the file does not fit the source's settings.
    """
    for line in read_lines(path, source.encoding):
        if isinstance(line, Refused):
            yield line
        else:
            yield from source.feed(line)
    yield from source.finish()


def read_lines(path: Path, encoding: str) -> Iterator[SourceLine | Refused]:
    """Give the lines of a file; lines that are too long or not of the encoding are refused."""
    number = 0
    with _open(path, encoding) as handle:
        while text := handle.readline(MAX_MESSAGE_BYTES + 1):
            number += 1
            whole = text.endswith("\n")
            line = SourceLine(number, text.removesuffix("\n").removesuffix("\r"))
            if not whole and len(text) > MAX_MESSAGE_BYTES:
                while (rest := handle.readline(MAX_MESSAGE_BYTES)) and not rest.endswith("\n"):
                    pass
                detail = f"the line is longer than {MAX_MESSAGE_BYTES} characters"
                yield refused(Reason.TOO_LARGE, detail, path.name, line)
            elif not _is_text(line.text):
                detail = f"the line is not {encoding}, or holds NUL; set the source's encoding"
                yield refused(Reason.NOT_UTF8, detail, path.name, line)
            else:
                yield line


def _open(path: Path, encoding: str) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, errors="surrogateescape", newline="\n")
    return path.open(encoding=encoding, errors="surrogateescape", newline="\n")


def _is_text(text: str) -> bool:
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:  # a byte that could not be decoded
        return False
    return True


def _section(name: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise SourceSettingsError(f"sources.{name}: must be a mapping of settings")
    return value


def format_of(name: str, section: Any) -> str:
    """Return the format of a source of the settings.

    Raises:
        SourceSettingsError: it says none, or one that there is not.
    """
    settings = _section(name, section)
    form = settings.get("format")
    if form is None:
        form = name if name in FORMATS else "csv" if "created" in settings else None
    if form not in FORMATS:
        raise SourceSettingsError(
            f"sources.{name}.format: must be one of {', '.join(FORMATS)}, not {form!r}"
        )
    return str(form)


def _only_csv(configured: Mapping[str, Mapping[str, Any]]) -> tuple[str, Mapping[str, Any]]:
    found = {
        key: value
        for key, value in configured.items()
        if value.get("format") == "csv" or ("format" not in value and "created" in value)
    }
    if len(found) == 1:
        return next(iter(found.items()))
    if not found:
        raise SourceSettingsError(
            "sources: no csv source is configured; add one with a column mapping, "
            "such as sources.calls_csv with created, queue and answered"
        )
    raise SourceSettingsError(
        f"sources: several csv sources are configured; name one: {', '.join(sorted(found))}"
    )
