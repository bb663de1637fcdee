"""What can be written on the command line besides plain words."""

from __future__ import annotations

import re
from typing import Any

import click

from aggregators.windows import parse_window
from vigie.durations import parse_duration_ms


class DurationType(click.ParamType):
    """A duration such as ``20`` (seconds), ``90s`` or ``4h``; becomes milliseconds."""

    name = "duration"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Return milliseconds."""
        if isinstance(value, int):
            return value
        try:
            return parse_duration_ms(str(value))
        except ValueError:
            self.fail(f'{value!r} is not a duration such as 20, "90s" or "4h"', param, ctx)


class WindowType(click.ParamType):
    """A window by its name, such as ``30m``, ``today`` or ``interval_15m_last``."""

    name = "window"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Return the name, checked."""
        try:
            return parse_window(str(value)).name
        except ValueError as error:
            self.fail(str(error), param, ctx)


class SpeedType(click.ParamType):
    """A speed: how many recorded seconds go by in one; ``max`` (None) does not wait at all."""

    name = "speed"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | None:
        """Return the speed, None for ``max``."""
        if value is None or value == "max":
            return None
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if not 0 < speed < float("inf"):
            self.fail(f"{value!r} is neither a number above 0 nor max", param, ctx)
        return speed


class NameType(click.ParamType):
    """A name that may be a part of a topic's: letters, digits, dots, dashes, underscores."""

    name = "name"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Return the name, checked."""
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", str(value)):
            self.fail(
                f"{value!r} is no name: 1 to 60 letters, digits, dots, dashes or underscores",
                param,
                ctx,
            )
        return str(value)


DURATION = DurationType()
NAME = NameType()
WINDOW = WindowType()
SPEED = SpeedType()
