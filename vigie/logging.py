"""Structured logs on standard error: text or one JSON object per line, times in UTC.

Fields are given with ``extra={...}``. Fields that may name a customer are dropped before any
handler sees them, whatever the level.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from vigie.log_repeats import SayOnce

CUSTOMER_FIELDS = frozenset(
    {
        "customer", "customer_id", "customer_key", "customer_name", "caller", "caller_id",
        "callerid", "caller_name", "phone", "phone_number", "msisdn", "ani", "email", "address",
        "name_of_caller", "from_number", "to_number", "body", "raw", "payload",
    }
)  # fmt: skip
"""Names of fields that identify a customer or hold raw input; they never reach a log."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_CHATTY = ("aiokafka", "faust", "mode", "asyncio", "aiohttp.access")


class DropCustomerFields(logging.Filter):
    """Takes customer fields out of a record, also out of mappings one level down."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name in list(vars(record)):
            if name in _STANDARD:
                continue
            value = getattr(record, name)
            if name.lower() in CUSTOMER_FIELDS:
                delattr(record, name)
            elif isinstance(value, dict):
                setattr(record, name, _without_customers(value))
        if isinstance(record.args, dict):
            record.args = {
                key: "[dropped]" if str(key).lower() in CUSTOMER_FIELDS else value
                for key, value in record.args.items()
            }
        return True


class JsonLines(logging.Formatter):
    """One JSON object per line: ``time, level, logger, message``, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        shown: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            shown["error"] = self.formatException(record.exc_info)
        return json.dumps(shown, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """One line per record: time, level, logger, message, then ``name=value`` fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={_quoted(value)}" for name, value in _fields(record).items())
        line = f"{record.getMessage()}{fields}"
        # Line ends and control characters from outside must not forge a line of their own.
        line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
        line = f"{_time(record)} {record.levelname:<7} {record.name} {line}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def set_up_logging(
    level: Literal["debug", "info", "warning", "error"] = "info",
    form: Literal["text", "json"] = "text",
    stream: TextIO | None = None,
) -> None:
    """Send all logs to one handler; libraries speak from warning on unless debugging."""
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    handler.addFilter(DropCustomerFields())
    if level != "debug":
        handler.addFilter(SayOnce(_CHATTY))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    quiet = logging.DEBUG if level == "debug" else max(logging.WARNING, root.level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(quiet)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _quoted(value: Any) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


def _without_customers(fields: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in fields.items() if str(key).lower() not in CUSTOMER_FIELDS}
