"""Logs are structured, in UTC, and name no customer."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from vigie.log_repeats import SayOnce
from vigie.logging import set_up_logging


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(form: Literal["text", "json"], level: Literal["debug", "info"] = "info") -> io.StringIO:
    stream = io.StringIO()
    set_up_logging(level, form, stream)
    return stream


def test_a_json_line_is_one_object_with_its_fields() -> None:
    """Time, level, logger, message, then what the caller added."""
    stream = written("json")
    logging.getLogger("vigie.test").info("dead letter %s", "bad_time", extra={"partition": 3})
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info", "logger": "vigie.test", "message": "dead letter bad_time", "partition": 3,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["text", "json"])
def test_customer_fields_never_reach_a_log(form: Literal["text", "json"]) -> None:
    """Neither as fields, nor inside a mapping, nor as named arguments of the message."""
    stream = written(form, "debug")
    log = logging.getLogger("vigie.test")
    log.debug("in", extra={"caller": "canary", "contact": {"phone": "canary", "queue": "q1"}})
    log.info("from %(email)s at %(queue)s", {"email": "canary", "queue": "q2"})
    assert "canary" not in stream.getvalue()
    assert "q1" in stream.getvalue()
    assert "q2" in stream.getvalue()


def test_text_from_outside_cannot_forge_a_line() -> None:
    """Line ends and escape sequences are written out."""
    stream = written("text")
    logging.getLogger("vigie.test").info("queue %s", "a\n2026-01-01 INFO forged\x1b[2J")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_an_exception_stays_one_json_line() -> None:
    """The traceback is a field."""
    stream = written("json")
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("vigie.test").exception("failed")
    assert "ValueError: broken" in json.loads(stream.getvalue())["error"]


def test_what_a_library_repeats_is_said_once_and_counted() -> None:
    """Without a broker the Kafka client says the same eighty times a second; we say all we say."""
    times_s = iter((100.0, 100.1, 109.9, 110.1))
    once = SayOnce(("aiokafka",), lambda: next(times_s))
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(once)
    for name in ("aiokafka.client", "vigie.test"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.propagate = False
    try:
        for _ in range(4):
            logging.getLogger("aiokafka.client").error("no node %d", 1)
            logging.getLogger("vigie.test").warning("still here")
    finally:
        for name in ("aiokafka.client", "vigie.test"):
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).propagate = True
    assert stream.getvalue().splitlines() == [
        "no node 1", "still here", "still here", "still here",
        "no node 1 (2 more like it)", "still here",
    ]  # fmt: skip
